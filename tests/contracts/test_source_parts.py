"""What is counted of a source that took people away: by part, within a day; on each store."""

import datetime as dt

import pytest
from tests.contracts.test_holds import held
from tests.contracts.test_inbound import Client, group, person

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Application, Kind
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.journal import Work
from seatkeeper.provisioning.shrinking import Of, Part, Shrunk, Went
from seatkeeper.scim.messages import ENTERPRISE_USER, Json
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey

TEAM = [f"sailor{number}" for number in range(6)]
EVERYBODY = Part("hr", Of.EVERYBODY)
DECK = Part("hr", Of.DEPARTMENT, "deck", "Deck")
OFF: Json = {"op": "replace", "path": "active", "value": False}


class Delivery:
    """A source whose six sailors work on deck, and what is counted of it."""

    def __init__(self, database: Database) -> None:
        self.hr = Client(database, "hr")
        self.directory = SqlDirectory(database)
        self.ledger = SqlLedger(database)
        self.configuration = SqlConfiguration(database, MasterKey(b"k" * 32))
        self.ids = {name: self.hire(name) for name in TEAM}

    def hire(self, name: str, department: str = "Deck") -> str:
        work: Json = {"department": department}
        return self.hr.post("/Users", person(name, **{ENTERPRISE_USER: work}))

    def off(self, *names: str) -> None:
        for name in names:
            self.hr.patch(f"/Users/{self.ids[name]}", OFF)

    async def record(self, name: str) -> str:
        return (await self.directory.user(f"{name}@larkspur.example")).id

    async def counted(
        self, *, hours: int = 24, after: int | None = None, more_than: int = 3
    ) -> dict[Of, Went]:
        since = utc_now() - dt.timedelta(hours=hours)
        found = await self.ledger.parts_left("app", since=since, after=after, more_than=more_than)
        return {one.part.of: one for one in found}


@pytest.fixture
def delivery(database: Database) -> Delivery:
    return Delivery(database)


async def test_whom_a_source_switched_off_or_deleted_is_gone_from_it_and_from_the_department(
    delivery: Delivery,
) -> None:
    delivery.off(*TEAM[:3])
    delivery.hr.send("DELETE", f"/Users/{delivery.ids[TEAM[3]]}")

    found = await delivery.counted()

    gone = frozenset([await delivery.record(name) for name in TEAM[:4]])
    assert found == {
        Of.EVERYBODY: Went(EVERYBODY, 2, gone),
        Of.DEPARTMENT: Went(DECK, 2, gone),
    }


async def test_who_came_back_is_not_gone_and_a_replacement_is_counted(delivery: Delivery) -> None:
    delivery.off(*TEAM[:5])
    delivery.hr.patch(
        f"/Users/{delivery.ids[TEAM[0]]}", {"op": "replace", "path": "active", "value": True}
    )
    delivery.hire("newcomer", "DECK")

    found = await delivery.counted()

    assert (found[Of.EVERYBODY].now, len(found[Of.EVERYBODY].gone)) == (3, 4)
    assert (found[Of.DEPARTMENT].now, found[Of.DEPARTMENT].came) == (3, 1)
    assert found[Of.DEPARTMENT].before == 6


async def test_a_department_that_is_called_otherwise_all_at_once_has_lost_its_people(
    delivery: Delivery,
) -> None:
    misspelt: Json = {"op": "replace", "path": f"{ENTERPRISE_USER}:department", "value": "Dekc"}
    for name in TEAM[:5]:
        delivery.hr.patch(f"/Users/{delivery.ids[name]}", misspelt)

    found = await delivery.counted()

    assert (found[Of.DEPARTMENT].part, found[Of.DEPARTMENT].now) == (DECK, 1)
    assert len(found[Of.DEPARTMENT].gone) == 5
    assert Of.EVERYBODY not in found


async def test_a_group_is_counted_also_when_it_is_gone_and_by_its_last_name(
    delivery: Delivery,
) -> None:
    crew = delivery.hr.post("/Groups", group("Crew", delivery.ids.values()))
    delivery.hr.send("PUT", f"/Groups/{crew}", group("Crew", [delivery.ids[TEAM[5]]]))
    smaller = await delivery.counted()

    delivery.hr.send("DELETE", f"/Groups/{crew}")
    nobody = await delivery.counted()

    assert (smaller[Of.GROUP].now, len(smaller[Of.GROUP].gone)) == (1, 5)
    assert (nobody[Of.GROUP].now, len(nobody[Of.GROUP].gone)) == (0, 6)
    assert nobody[Of.GROUP].part.label == "Crew"


async def test_members_who_are_all_replaced_in_one_request_leave_a_group_as_large_as_it_was(
    delivery: Delivery,
) -> None:
    others = [delivery.hire(f"relief{number}") for number in range(6)]
    crew = delivery.hr.post("/Groups", group("Crew", delivery.ids.values()))

    delivery.hr.send("PUT", f"/Groups/{crew}", group("Crew", others))

    found = (await delivery.counted())[Of.GROUP]
    assert (found.now, len(found.gone), found.came, found.before) == (6, 6, 6, 6)


async def test_few_are_not_worth_a_count_and_what_people_do_by_hand_is_theirs(
    delivery: Delivery,
) -> None:
    delivery.off(TEAM[0])
    for name in TEAM[1:]:
        found = await delivery.directory.user(f"{name}@larkspur.example")
        await delivery.directory.edit_user(found.id, UserEdit(enabled=False), actor="ana")

    assert await delivery.counted() == {}


async def test_what_happened_before_that_day_is_no_matter(delivery: Delivery) -> None:
    delivery.off(*TEAM)

    assert await delivery.counted(hours=-1) == {}


async def test_an_app_that_was_away_for_longer_counts_all_that_it_has_not_looked_at(
    delivery: Delivery,
) -> None:
    seen = await delivery.ledger.last_change()
    delivery.off(*TEAM[:4])

    away = await delivery.counted(hours=-1, after=seen)
    there = await delivery.counted(hours=-1, after=await delivery.ledger.last_change())

    assert len(away[Of.EVERYBODY].gone) == 4
    assert there == {}


async def test_what_waits_is_counted_for_as_long_as_it_waits_and_looked_at_when_all_are_back(
    delivery: Delivery,
) -> None:
    await delivery.configuration.save_app(
        Application("app", "15five", "App"), {}, actor="test", expected_version=0
    )
    hold = held("sailor", shrunk=Shrunk(DECK, 20, 6, 8))
    await delivery.ledger.write("app", Work(holds=[hold]))

    waiting = await delivery.counted(hours=-1)
    before = await delivery.ledger.spoken_about("app", utc_now())
    for number in range(2):
        delivery.hire(f"back{number}")
    after = await delivery.ledger.spoken_about("app", utc_now())

    assert waiting == {Of.DEPARTMENT: Went(DECK, 6, held_before=20)}
    assert (before, after) == ([], [(Kind.USER, "sailor")])
    assert (await delivery.ledger.holds("app"))[0][1] == hold
