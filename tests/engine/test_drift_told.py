"""What a look at an app finds is told: once when it is new, or for as long as it waits."""

import copy
import json

import pytest
from tests.engine.test_reconcile import LOOK, NIGHTLY, PEOPLE, REPAIR, in_step
from tests.engine.world import Wish, World
from tests.mail_server import running_mail_server
from tests.notify.test_webhook import post as webhook_post
from tests.webhook_receiver import running_receiver

from seatkeeper.directory.model import Kind
from seatkeeper.notify.channels import Channels
from seatkeeper.notify.mail import MailPost
from seatkeeper.provisioning.message import Topic
from seatkeeper.provisioning.telling import Channel, Listener

pytestmark = pytest.mark.anyio

IT = Listener(Channel.MAIL, "it@larkspur.example")
ONE = "Seatkeeper: 1 account at 15Five is not as it was written"
TWO = "Seatkeeper: 2 accounts at 15Five are not as they were written"
WAIT = "Seatkeeper: repairs of 5 accounts at 15Five wait for your word"


async def restored_from_a_backup(world: World) -> None:
    """Have everybody promoted, and then yesterday's backup put back in the app."""
    await in_step(world)
    backup = copy.deepcopy(world.target.held)
    for name in PEOPLE:
        await world.change(name, jobTitle="Director")
    await world.run()
    world.target.held.update(backup)


async def test_a_title_changed_in_the_app_is_told_once_however_often_it_is_found(
    any_world: World,
) -> None:
    world = any_world
    await in_step(world)
    world.account("Ada")["title"] = "Queen"

    for _ in range(3):
        await world.run(LOOK)

    assert await world.mails() == [ONE]


async def test_what_is_found_beside_it_later_is_told_with_it(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    await world.run(LOOK)
    await world.mails()

    world.account("Bob")["title"] = "King"
    await world.run(LOOK)

    assert await world.mails() == [ONE, TWO]


async def test_where_less_is_found_than_before_nobody_is_told_again(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    world.account("Bob")["title"] = "King"
    await world.run(LOOK)
    await world.mails()

    world.account("Bob")["title"] = "Engineer"
    await world.run(LOOK)

    assert await world.mails() == [TWO]


async def test_a_change_that_comes_back_after_it_was_gone_is_told_again(world: World) -> None:
    await in_step(world)
    for title in ("Queen", "Engineer", "Queen"):
        world.account("Ada")["title"] = title
        await world.run(LOOK)
        await world.mails()

    assert await world.mails() == [ONE, ONE]


async def test_what_was_seen_by_somebody_who_looked_at_one_person_is_told_as_well(
    world: World,
) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"

    await world.run(Wish(users=(world.ids["Ada"],), reconcile=True))
    await world.run(LOOK)

    assert await world.mails() == [ONE]


async def test_what_a_repair_puts_right_needs_nobody_and_is_not_told(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"

    await world.run(NIGHTLY)

    assert await world.mails() == []


async def test_accounts_that_nobody_manages_are_reported_and_mailed_to_nobody(
    world: World,
) -> None:
    await in_step(world)
    world.target.held[next(iter(world.target.held))]["x"] = {"userName": "zoe@elsewhere.example"}

    cycle = await world.run(LOOK)

    assert cycle.counters.differing == 1
    assert await world.mails() == []


async def test_repairs_that_are_withheld_are_told_once_and_again_in_the_daily_digest(
    any_world: World,
) -> None:
    world = any_world
    await restored_from_a_backup(world)
    for _ in range(3):
        await world.run(NIGHTLY)
    at_first = await world.mails()

    world.now = world.now.replace(day=world.now.day + 1)
    next_day = await world.mails()

    assert at_first == [WAIT]
    assert next_day == [WAIT, WAIT]


async def test_drift_that_is_only_reported_is_in_no_digest(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    await world.run(LOOK)
    await world.mails()

    world.now = world.now.replace(day=world.now.day + 2)

    assert await world.mails() == [ONE]


async def test_a_word_for_the_repairs_ends_the_matter(world: World) -> None:
    await restored_from_a_backup(world)
    await world.run(NIGHTLY)
    await world.mails()

    await world.run(REPAIR)

    assert await world.ledger.open_notices(world.app) == {}
    world.now = world.now.replace(day=world.now.day + 2)
    assert await world.mails() == [WAIT]


async def test_cycles_that_look_at_nothing_leave_it_open(world: World) -> None:
    await restored_from_a_backup(world)
    await world.run(NIGHTLY)

    await world.run()

    [waiting] = (await world.ledger.open_notices(world.app)).values()
    assert waiting.topic is Topic.REPAIRS


async def test_mail_and_webhook_name_who_and_what_to_do_and_no_values(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    del world.target.held[Kind.USER][world.account_id("Bob")]

    with running_mail_server() as server, running_receiver() as receiver:
        mail_post = MailPost(server.host, server.port, sender="sk@larkspur.example", starttls=False)
        hook = Listener(Channel.WEBHOOK, receiver.url)
        cycle = await world.run(LOOK)
        await world.posting(Channels(mail_post, webhook_post()), IT, hook).round()

    [mail], [hooked] = server.messages, receiver.received
    parts = [mail.get_body(["plain"]), mail.get_body(["html"])]
    words = [part.get_content() for part in parts if part is not None]
    told = json.loads(hooked.body)["messages"][0]
    assert len(words) == 2
    for fact in ("Changed in the app: 1. Gone from the app: 1.", "Ada", "Bob", "--last", cycle.id):
        assert all(fact in one for one in (*words, hooked.body.decode()))
    assert (told["topic"], told["count"]) == ("drift", 2)
    assert not [one for one in (*words, hooked.body.decode()) if "Queen" in one or "ada@" in one]
