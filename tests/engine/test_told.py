"""People are told what they have to know, once, and that it is over; nothing told is lost."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.engine.world import World
from tests.mail_server import running_mail_server

from seatkeeper.engine.notices import token_notices
from seatkeeper.engine.silence import SilenceWatch
from seatkeeper.errors import CredentialsRejected, Refused, Unreachable
from seatkeeper.notify.mail import MailPost
from seatkeeper.provisioning.calendar import Calendar, read_window
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import Health, Work
from seatkeeper.provisioning.schedule import Schedule
from seatkeeper.provisioning.telling import Channel, Listener

pytestmark = pytest.mark.anyio

IT = Listener(Channel.MAIL, "it@larkspur.example")
HOUR = dt.timedelta(hours=1)
REFUSED = CredentialsRejected("The app refused the token.", advice="Enter a new one.")
STOPPED = "Seatkeeper: provisioning to 15Five has stopped"
AGAIN = "Seatkeeper: provisioning to 15Five works again"
SECRETS = ("sesame-4711", "Payroll-Zurich")


async def staffed(world: World, *names: str) -> None:
    for name in names or ("Ada",):
        await world.hire(name)
    await world.connect()
    await world.assign(*(names or ("Ada",)))


@pytest.mark.fault("T5")
async def test_an_app_that_stops_is_told_once_and_so_is_that_it_works_again(world: World) -> None:
    await staffed(world)
    world.plant("any", REFUSED, times=2)

    told = []
    for _ in range(4):
        await world.run()
        told.append(await world.mails())

    assert told == [[STOPPED], [STOPPED], [STOPPED, AGAIN], [STOPPED, AGAIN]]


async def test_another_reason_to_stop_is_told_and_the_end_once(world: World) -> None:
    await staffed(world)
    world.plant("any", REFUSED)
    await world.run()
    await world.mails()
    world.plant("any", Unreachable("The app is away."))
    await world.run()
    await world.mails()

    await world.run()

    assert await world.mails() == [STOPPED, STOPPED, AGAIN]


async def test_a_stop_that_nobody_was_told_of_has_no_end_to_be_told(world: World) -> None:
    await staffed(world)
    world.plant("any", Unreachable("The app is away."))

    await world.run()
    await world.run()

    assert await world.mails() == []


async def test_who_was_given_up_is_told_apart_from_who_is_tried_again(world: World) -> None:
    await staffed(world, "Ada")
    world.plant("create", Refused("No."), times=9)
    await world.run()
    first = await world.mails()

    world.now += dt.timedelta(days=29)
    await world.run()

    assert first == ["Seatkeeper: 1 record could not be provisioned to 15Five"]
    assert (await world.mails())[1:] == ["Seatkeeper: 1 record at 15Five was given up"]


async def test_no_message_holds_values_of_people_or_secrets(world: World) -> None:
    people = [f"Person{number}" for number in range(8)]
    for name in people:
        await world.hire(name, department=SECRETS[1])
    await world.connect()
    await world.assign(*people)
    await world.run()
    for name in people:
        await world.change(name, department="Sales")
    await world.connect(filters=f"  users: {{department EQUALS: {SECRETS[1]}}}")
    world.plant("any", Refused("No.", said=SECRETS[0]), times=3)

    with running_mail_server() as server:
        post = MailPost(server.host, server.port, sender="sk@larkspur.example", starttls=False)
        await world.run()
        await world.posting(post, IT).round()

    told = "\n".join(str(mail) for mail in server.messages)
    assert "removals at 15Five wait" in told
    assert "Person0" in told
    assert not [one for one in (*SECRETS, "person0@") if one in told]


@pytest.mark.fault("L9")
async def test_a_mail_server_that_is_down_stops_no_cycle_and_loses_no_mail(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world)
    world.plant("any", REFUSED)
    with running_mail_server() as server:
        port = server.port
    post = MailPost("127.0.0.1", port, sender="sk@larkspur.example", starttls=False)
    await world.run()

    in_vain = await world.posting(post, IT).round()
    cycle = await world.run()
    world.now += HOUR
    with running_mail_server() as server:
        back = MailPost(server.host, server.port, sender="sk@larkspur.example", starttls=False)
        arrived = [await world.posting(back, IT).round() for _ in range(3)]

    assert (in_vain, cycle.state) == (0, CycleState.DONE)
    assert arrived == [2, 0, 0]
    assert [str(mail["Subject"]) for mail in server.messages] == [STOPPED, AGAIN]


async def test_a_parcel_whose_sender_was_killed_is_sent_by_the_next_under_the_same_name(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world)
    world.plant("any", REFUSED)
    await world.run()
    await world.mails()
    [before] = await world.ledger.due_parcels(world.now)
    assert await world.ledger.take_parcel(before.id, now=world.now)  # and then it was killed

    with running_mail_server() as server:
        post = MailPost(server.host, server.port, sender="sk@larkspur.example", starttls=False)
        at_once = await world.posting(post, IT).round()
        world.now += HOUR / 4
        later = await world.posting(post, IT).round()

    assert (at_once, later) == (0, 1)
    assert [str(mail["Message-ID"]) for mail in server.messages] == [
        f"<{before.key}@larkspur.example>"
    ]


async def test_two_processes_that_tell_at_once_tell_once(any_world: World) -> None:
    world = any_world
    await staffed(world)
    world.plant("any", REFUSED)
    await world.run()

    with running_mail_server() as server:
        post = MailPost(server.host, server.port, sender="sk@larkspur.example", starttls=False)
        for _ in range(2):
            await world.posting(post, IT).round()
        [parcel] = await world.ledger.deliveries()
        taken = [await world.ledger.take_parcel(parcel.id, now=world.now) for _ in range(2)]

    assert len(server.messages) == 1
    assert taken == [False, False]


def watch(world: World, schedule: Schedule) -> SilenceWatch:
    async def schedules() -> list[Schedule]:
        return [schedule]

    async def names() -> dict[str, str]:
        return {world.app: "15Five"}

    return SilenceWatch(world.ledger, world.ledger, schedules, names, intervals=2)


EVERY_40_MINUTES = Schedule("15five", on=True, interval=dt.timedelta(minutes=40), version=1)


async def test_two_intervals_without_a_cycle_are_told_and_so_is_the_next_cycle(
    world: World,
) -> None:
    await staffed(world)
    await world.run()
    looking = watch(world, EVERY_40_MINUTES)

    early = await looking.look(world.now + HOUR)
    world.now += 2 * HOUR
    late = await looking.look(world.now)
    told = await world.mails()
    await world.run()

    assert (early, late) == ([], ["15five"])
    assert told == ["Seatkeeper: no cycle of 15Five has ended since 2026-03-02 09:00 UTC"]
    assert (await world.mails())[1:] == [AGAIN]


@pytest.mark.parametrize(
    "schedule",
    [
        replace(EVERY_40_MINUTES, on=False),
        replace(EVERY_40_MINUTES, interval=dt.timedelta(days=1)),
        replace(EVERY_40_MINUTES, calendar=Calendar(windows=(read_window("0 3 * * *"),))),
    ],
    ids=["switched off", "once a day", "at three in the night"],
)
async def test_an_app_whose_time_has_not_come_is_not_silent(
    world: World, schedule: Schedule
) -> None:
    await staffed(world)
    await world.run()

    assert await watch(world, schedule).look(world.now + 3 * HOUR) == []


async def test_an_app_that_stopped_is_told_of_for_that_and_not_as_silent(world: World) -> None:
    await staffed(world)
    await world.run()
    world.plant("any", REFUSED, times=99)
    await world.change("Ada", jobTitle="Head")
    await world.run()

    assert await watch(world, EVERY_40_MINUTES).look(world.now + 9 * HOUR) == []


async def test_a_long_cycle_that_gets_on_is_no_silence_and_one_that_hangs_is(world: World) -> None:
    await staffed(world, "Ada", "Bo", "Cy")
    await world.run()
    for name in ("Ada", "Bo", "Cy"):
        await world.change(name, jobTitle="Head")
    world.batch = 1
    world.stopping = lambda: True
    await world.run()
    looking = watch(world, EVERY_40_MINUTES)
    await looking.look(world.now + HOUR)
    world.stopping = lambda: False
    world.plant("update", Unreachable("Away."), skip=1)
    moved = await world.run()
    await world.ledger.write(world.app, Work(health=Health()))

    getting_on = await looking.look(world.now + 3 * HOUR)
    hanging = await looking.look(world.now + 6 * HOUR)

    assert not moved.finished
    assert (getting_on, hanging) == ([], ["15five"])


def test_nothing_is_told_of_tokens_when_none_ends() -> None:
    assert token_notices([]) == []
