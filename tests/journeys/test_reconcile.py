"""Apps that say yes and do otherwise are found out, and put right, through real sockets."""

import json
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.databases import prepared_home
from tests.journeys.company import Company
from tests.journeys.conftest import Typed
from tests.sandboxes import running_sandbox

from seatkeeper.bootstrap import Installation
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.gallery.abilities import Lies
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.reconcile import Found
from seatkeeper.service_provider.forgetful import is_dropped
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

LOOK = Wish(reconcile=True)
REPAIR = Wish(reconcile=True, repair=True)


async def faults(company: Company, spec: str) -> None:
    """Have the app behave so from now on."""
    async with httpx.AsyncClient() as visitor:
        answer = await visitor.put(f"{company.box.site}/_sandbox/faults", content=spec)
    assert answer.is_success, answer.text


async def edit(company: Company, name: str, **values: object) -> None:
    """Change an account by hand, as somebody in the app would."""
    account = await company.account(name)
    assert account is not None
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    }
    async with company.box.client() as by_hand:
        answer = await by_hand.patch(f"/Users/{account['id']}", json=body)
    assert answer.is_success, answer.text


async def titles(company: Company) -> dict[str, str | None]:
    """Return everybody's title as the app has it."""
    users = (await company.box.dump())["users"]
    return {one["userName"].partition("@")[0].casefold(): one.get("title") for one in users}


@pytest.mark.fault("T18")
async def test_what_a_liar_never_kept_is_found_and_written_again(tmp_path: Path) -> None:
    liar = gallery_app("shape-liar")
    lies = next(
        lies
        for lies in (Lies(drops=0.2, seed=seed, lowers=("userName",)) for seed in range(5_000))
        if [is_dropped(lies, at) for at in range(1, 9)] == [False] * 3 + [True] + [False] * 4
    )
    app = msgspec.structs.replace(liar, sandbox=msgspec.structs.replace(liar.sandbox, lies=lies))
    async with running_sandbox(app, tmp_path / "app.db") as box:
        opened = Installation.open(Settings(home=prepared_home(tmp_path / "home")))
        company = Company(opened, app.id, box)
        for name in ("Ada", "Bo", "Cy"):
            await company.person(name, jobTitle="Engineer")
        await company.connect(people=("Ada", "Bo", "Cy"))
        await company.run()
        await company.change("Bo", jobTitle="Director")
        await company.run()  # the fourth write, which is never kept
        before = await titles(company)

        looked = await company.run(LOOK)
        [found] = await opened.ledger.findings(app.id)
        unchanged = await titles(company)
        repaired = await company.run(REPAIR)
        after = await titles(company)
        clean = await company.run(LOOK)
        await opened.close()
    assert before == unchanged == {"ada": "Engineer", "bo": "Engineer", "cy": "Engineer"}
    assert (looked.counters.checked, looked.counters.differing) == (3, 1)
    assert found.found is Found.NOT_APPLIED
    assert [(one.path, one.written, one.found) for one in found.differences] == [
        ("title", "Director", "Engineer")
    ]
    assert repaired.counters.updated == 1
    assert after["bo"] == "Director"
    assert clean.counters.differing == 0


@pytest.mark.fault("T18")
async def test_an_app_that_drops_titles_is_not_written_to_for_ever(generic: Company) -> None:
    for name in ("ada", "bo"):
        await generic.person(name, jobTitle="Engineer")
    await generic.connect(people=("ada", "bo"))
    await generic.run()
    await faults(generic, "PATCH /Users: drops title")
    await generic.change("ada", jobTitle="Director")
    await generic.run()

    sent = []
    for _ in range(5):
        await generic.requests_since()
        await generic.run(REPAIR)
        asked = await generic.requests_since()
        sent.append(sum(one.method == "PATCH" for one in asked))

    [found] = await generic.opened.ledger.findings(generic.app_id)
    assert sent == [1, 1, 0, 0, 0]
    assert found.found is Found.KEPT_OTHERWISE
    await generic.nothing_more()


async def test_a_stale_answer_is_not_taken_for_drift_once_it_is_old(generic: Company) -> None:
    for name in ("ada", "bo"):
        await generic.person(name, jobTitle="Engineer")
    await generic.connect(people=("ada", "bo"))
    await generic.run()
    await faults(generic, "GET /Users: stale writes=1 times=1")
    await edit(generic, "ada", title="Engineer")
    await generic.requests_since()

    cycle = await generic.run(REPAIR)

    assert cycle.counters.differing == 0
    assert {one.method for one in await generic.requests_since()} == {"GET"}


@pytest.mark.fault("T26")
async def test_an_app_put_back_to_yesterday_is_brought_up_to_date(generic: Company) -> None:
    names = ("ada", "bo", "cy")
    for name in names:
        await generic.person(name, jobTitle="Engineer")
    await generic.group("Crew", "ada", "bo")
    await generic.connect(people=names, groups=["Crew"])
    await generic.run()
    async with httpx.AsyncClient(base_url=generic.box.site) as visitor:
        await visitor.post("/_sandbox/snapshots", json={"name": "yesterday"})
        await generic.person("dee", jobTitle="Engineer")
        await generic.join("Crew", "dee")
        await generic.leave("Crew", "ada")
        await generic.change("cy", jobTitle="Director")
        await generic.run()
        await visitor.post("/_sandbox/snapshots/yesterday/restore")
    generic.seen = 0

    cycle = await generic.run(REPAIR)

    assert cycle.counters.created + cycle.counters.updated >= 3
    assert await generic.members("Crew") == ["bo", "dee"]
    assert (await titles(generic))["cy"] == "Director"
    assert (await generic.run(LOOK)).counters.differing == 0


async def test_somebody_types_reconcile_and_sees_what_differs(
    company: Company, typed: Typed
) -> None:
    for name in ("ada", "bo"):
        await company.person(name, jobTitle="Engineer")
    await company.connect(people=("ada", "bo"))
    await company.run()
    never, first, _ = await typed("reconcile", "15five", "--last")
    await edit(company, "ada", title="Queen")
    async with company.box.client() as by_hand:
        stranger = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "zoe@elsewhere.example",
            "active": True,
            "emails": [{"value": "zoe@elsewhere.example", "type": "work", "primary": True}],
            "name": {"givenName": "Zoe", "familyName": "Else"},
        }
        assert (await by_hand.post("/Users", json=stranger)).is_success

    looked, told, _ = await typed("reconcile", "15five")
    last, kept, _ = await typed("reconcile", "15five", "--last", "--json")
    _, status, _ = await typed("status", "15five")
    _, why, _ = await typed("explain", "15five", "ada@larkspur.example")
    _, log, _ = await typed("logs", "15five", "--user", "ada@larkspur.example", "--json")
    repaired, done, _ = await typed("run", "15five", "--reconcile")
    clean, after, _ = await typed("reconcile", "15five")
    wrong, _, complaint = await typed("reconcile", "15five", "--last", "--repair")

    assert (never, looked, last, repaired, clean, wrong) == (0, 2, 2, 0, 0, 1)
    assert "never read again" in first
    assert "title: Queen (written: Engineer; changed in the app)" in told
    assert "managed by nobody" in told
    assert "seatkeeper reconcile 15five --repair" in told
    codes = {one["code"] for one in json.loads(kept)["findings"]}
    assert codes == {"AttributeDrift", "AccountUnmanaged"}
    assert "1 changed in the app" in status
    assert "1 managed by nobody" in status
    assert "title was Queen where Engineer was written" in " ".join(why.split())
    assert "AttributeDrift" in log
    assert "1 updated" in done
    assert "managed by nobody" in after
    assert "changed in the app" not in after
    assert (await titles(company))["ada"] == "Engineer"
    assert "--last" in complaint


async def test_only_the_person_named_is_reported(company: Company, typed: Typed) -> None:
    for name in ("ada", "bo"):
        await company.person(name, jobTitle="Engineer")
    await company.connect(people=("ada", "bo"))
    await company.run()
    await edit(company, "ada", title="Queen")
    await edit(company, "bo", title="King")
    await company.person("zoe")
    none, nobody, _ = await typed("reconcile", "15five", "--user", "zoe@larkspur.example")

    looked, told, _ = await typed("reconcile", "15five", "--user", "ada@larkspur.example", "--json")

    assert (none, looked) == (0, 2)
    assert "Nobody who was to be read has an account" in nobody
    assert [one["display_name"] for one in json.loads(told)["findings"]] == ["Ada Larsen"]
