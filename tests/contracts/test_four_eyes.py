"""Where two people must agree, no way leads around the second: on each kind of store."""

from dataclasses import replace

import pytest

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import DEFAULT_ACCESS, Application, Assignment, Kind
from seatkeeper.errors import AlreadyDecided, InvalidValue, NeedsAnother
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.journal import Work
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.undo import TAKEN_BACK
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey

APP = Application("15five", "15five", "15Five")
ANA, BEN, ZOE = "ana@larkspur.example", "ben@larkspur.example", "zoe@larkspur.example"
STRICT = {"guard": {"four_eyes": True}}


class Office:
    """An app whose removals need two people, and three administrators."""

    def __init__(self, database: Database) -> None:
        self.configuration = SqlConfiguration(database, MasterKey(b"k" * 32))
        self.directory = SqlDirectory(database)
        self.ledger = SqlLedger(database)
        self.administrators = SqlAdministrators(database)
        self.person = ""

    async def opened(self) -> "Office":
        await self.configuration.save_app(APP, STRICT, actor="test", expected_version=0)
        now = utc_now()
        for email in (ANA, BEN, ZOE):
            self.administrators.invite(email, "administrator", actor="test", now=now)
        made = await self.directory.create_user(
            UserEdit({"userPrincipalName": "bo@larkspur.example"}), actor="hr"
        )
        self.person = made.id
        return self

    async def leaves_by(self, actor: str) -> None:
        """Take the person out of a group that is assigned."""
        group = await self.directory.create_group("Sales", actor="hr")
        await self.directory.assign(
            Assignment("15five", Kind.GROUP, group.id, DEFAULT_ACCESS), actor="hr"
        )
        await self.directory.change_members(group.id, add=[self.person], actor="hr")
        await self.directory.change_members(group.id, remove=[self.person], actor=actor)

    async def held(self, **other: object) -> None:
        now = utc_now()
        hold = Hold(
            "h1", Kind.USER, self.person, Removal.ACCESS, "Bo", "digest", "many", "left", now
        )
        made = replace(hold, **other)  # type: ignore[arg-type]
        await self.ledger.write("15five", Work(holds=[made]))

    async def approves(self, who: str, *, signed_in: bool = True) -> HoldState:
        [(_, hold)] = await self.ledger.decide(
            ["h1"],
            HoldState.APPROVED,
            word=f"{who} agrees",
            until=None,
            actor=who,
            now=utc_now(),
            signed_in=signed_in,
        )
        return hold.state

    async def hold(self) -> Hold:
        found = await self.ledger.hold_named("h1")
        assert found is not None
        return found[1]


@pytest.fixture
async def office(database: Database) -> Office:
    return await Office(database).opened()


async def test_the_first_word_asks_and_the_second_person_approves(office: Office) -> None:
    await office.held()

    first = await office.approves(ANA)
    asked = await office.hold()
    second = await office.approves(BEN)
    done = await office.hold()

    assert (first, second) == (HoldState.OPEN, HoldState.APPROVED)
    assert (asked.asked_by, asked.asked_word) == (ANA, f"{ANA} agrees")
    assert (done.decided_by, done.asked_by) == (BEN, ANA)
    actions = [one.action for one in await office.configuration.audit(action="removal.")]
    assert actions == ["removal.decided", "removal.asked"]


async def test_the_same_person_twice_is_one_person(office: Office) -> None:
    await office.held()
    await office.approves(ANA)

    with pytest.raises(NeedsAnother, match="You asked already"):
        await office.approves(ANA)

    assert (await office.hold()).state is HoldState.OPEN


async def test_who_caused_it_asks_and_does_not_approve(office: Office) -> None:
    await office.leaves_by(ANA)
    await office.held()

    first = await office.approves(ANA)
    with pytest.raises(NeedsAnother):
        await office.approves(ANA)
    second = await office.approves(BEN)

    assert (first, second) == (HoldState.OPEN, HoldState.APPROVED)


async def test_who_caused_it_is_not_the_second_word_either(office: Office) -> None:
    lin = "lin@larkspur.example"
    await office.leaves_by(lin)  # who may not sign in to the console yet, so two others must agree
    await office.held()
    asked = await office.approves(BEN)
    office.administrators.invite(lin, "administrator", actor="test", now=utc_now())

    with pytest.raises(NeedsAnother, match="You caused that this is taken away from Bo"):
        await office.approves(lin)

    assert (asked, (await office.hold()).state) == (HoldState.OPEN, HoldState.OPEN)
    assert await office.approves(ZOE) is HoldState.APPROVED


async def test_of_what_somebody_caused_another_approves_at_once(office: Office) -> None:
    await office.leaves_by(ANA)
    await office.held()

    assert await office.approves(BEN) is HoldState.APPROVED


async def test_what_a_source_caused_needs_two_words(office: Office) -> None:
    await office.leaves_by("scim: hr")
    await office.held()

    assert await office.approves(BEN) is HoldState.OPEN


async def test_who_saved_the_settings_that_did_it_does_not_approve(office: Office) -> None:
    changed = {**STRICT, "user_filter": {"all": []}}
    await office.configuration.save_app(APP, changed, actor=ANA, expected_version=1)
    await office.held()

    assert await office.approves(ANA) is HoldState.OPEN


async def test_who_renamed_the_app_caused_nothing(office: Office) -> None:
    changed = {**STRICT, "name": "Fifteen"}
    await office.configuration.save_app(APP, changed, actor=ANA, expected_version=1)
    await office.held()

    assert await office.approves(BEN) is HoldState.OPEN


async def test_who_asked_for_an_undo_does_not_approve_what_it_takes_away(office: Office) -> None:
    await office.configuration.record_decision(ANA, "cycle.undo", "15five", {"cycle": 1})
    await office.held(reason=TAKEN_BACK)

    assert await office.approves(ANA) is HoldState.OPEN
    assert await office.approves(BEN) is HoldState.APPROVED


async def test_the_command_line_is_nobody(office: Office) -> None:
    await office.held()
    await office.approves(ANA)

    with pytest.raises(NeedsAnother, match="command line does not know who you are"):
        await office.approves("root", signed_in=False)


async def test_a_cycle_in_between_does_not_forget_who_asked_unless_it_is_another_removal(
    office: Office,
) -> None:
    await office.held()
    await office.approves(ANA)

    await office.held()
    same = await office.hold()
    await office.held(digest="another")
    other = await office.hold()

    assert (same.asked_by, other.asked_by) == (ANA, "")


async def test_one_is_enough_to_keep_it_and_that_stands(office: Office) -> None:
    await office.held()
    await office.approves(ANA)

    await office.ledger.decide(
        ["h1"],
        HoldState.KEPT,
        word="stays",
        until=None,
        actor=ZOE,
        now=utc_now(),
        signed_in=True,
    )

    with pytest.raises(AlreadyDecided, match="zoe"):
        await office.approves(BEN)


async def test_the_rule_is_not_switched_off_while_removals_wait(office: Office) -> None:
    await office.held()

    for settings in ({}, {"guard": {"enabled": False, "reason": "x"}}):
        with pytest.raises(InvalidValue, match="cannot be switched off"):
            await office.configuration.save_app(APP, settings, actor=ANA, expected_version=1)

    assert (await office.configuration.app("15five")).settings == STRICT


@pytest.mark.parametrize(
    ("settings", "how"),
    [
        ({}, "four eyes switched off"),
        ({"guard": {"four_eyes": True, "enabled": False, "reason": "x"}}, "limits switched off"),
        (
            {"guard": {"four_eyes": True, "access": {"at_least": 900, "percent": 90}}},
            "limits changed",
        ),
    ],
)
async def test_whoever_loosens_it_stands_in_the_audit_trail_by_a_line_of_its_own(
    office: Office, settings: dict[str, object], how: str
) -> None:
    await office.configuration.save_app(APP, settings, actor=ANA, expected_version=1)

    [line] = await office.configuration.audit_about(["15five/four-eyes"])
    assert (line.actor, line.action, line.after) == (ANA, "four_eyes.loosened", {"how": how})
