"""The product's own engine, as every app of the gallery judges its client."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.databases import prepared_home
from tests.journeys.company import Company, complaints, settle_larkspur
from tests.sandboxes import running_sandbox, unhurried

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.sample_company import sample_groups
from seatkeeper.clock import utc_now
from seatkeeper.gallery.schema import GalleryApp, load_gallery
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

GALLERY = list(load_gallery())
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CREW = [f"c{number:03}" for number in range(120)]  # more than any app's page, or members per PATCH


@contextlib.asynccontextmanager
async def company_of(app: GalleryApp, folder: Path, report: Path) -> AsyncIterator[Company]:
    """Open an installation beside a stand-in that writes a report at its end."""
    async with running_sandbox(app, folder / "app.db", report=report) as box:
        opened = Installation.open(Settings(home=prepared_home(folder / "home")))
        try:
            yield Company(opened, app.id, box)
        finally:
            await opened.close()


async def hire_everybody(company: Company) -> None:
    """Fill a company with three lines of managers and groups larger than a page."""
    await company.person("chair", jobTitle="Chair")
    for name in ("lead0", "lead1", "lead2"):
        await company.person(name, manager="chair", jobTitle="Lead")
    for number, name in enumerate(CREW):
        await company.person(name, manager=f"lead{number % 3}", jobTitle="Engineer")
    await company.group("Everybody", "chair", "lead0", "lead1", "lead2", *CREW)
    await company.group("Day", *CREW[:110])
    await company.group("Night")


async def were_there_already(company: Company, *names: str) -> None:
    """Give people accounts that somebody else made in the app before."""
    async with company.box.client() as somebody:
        for name in names:
            mails = [{"type": "work", "value": f"{name}@larkspur.example"}]
            name_there = f"{name}@larkspur.example"
            body = {"schemas": [USER], "userName": name_there, "active": True, "emails": mails}
            answer = await somebody.post("/Users", json=body, headers={"User-Agent": "by hand"})
            assert answer.status_code == 201


async def a_year_passes(company: Company) -> None:
    """Change titles, managers, names and shifts; people leave in each way there is."""
    for name in CREW[:7]:
        await company.change(name, jobTitle="Director")
    await company.change("lead2", manager="lead0")
    await company.change("c008", manager="lead2", jobTitle=None)
    await company.change("c009", userPrincipalName="nina@larkspur.example")
    await company.change("c010", enabled=False)
    await company.leave("Everybody", "c011")
    await company.leave("Day", *CREW[:105])
    await company.join("Night", *CREW[:103])
    await company.opened.directory.delete_user(company.ids["c012"], actor="test", now=utc_now())
    await company.person("new", manager="lead1")
    await company.join("Everybody", "new")


@pytest.mark.parametrize("app_id", GALLERY)
async def test_no_app_has_a_complaint_about_a_company_and_its_year(
    app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, report = unhurried(app_id), tmp_path / "report.json"
    monkeypatch.setattr("seatkeeper.bootstrap.apps.gallery_app", unhurried)
    async with company_of(app, tmp_path, report) as company:
        await hire_everybody(company)
        await were_there_already(company, "c003", "c110", "lead1")
        await company.connect(groups=["Everybody", "Day", "Night"])

        initial = await company.run()
        await a_year_passes(company)
        changes = await company.run()
        nothing = await company.run()

        accounts = (await company.box.dump())["users"]
        night = await company.members("Night")
    said = json.loads(report.read_text("utf-8"))
    assert (initial.counters.failed, changes.counters.failed) == (0, 0)
    assert nothing.counters.requests == 0
    assert len(accounts) >= 124
    assert night is not None
    assert len(night) >= 102
    assert said["requests"] > 150
    assert said["remarks"] == []


async def test_the_engine_provisions_a_company_without_a_complaint(company: Company) -> None:
    await settle_larkspur(company)

    await company.run()
    await company.change("jason.hanson", jobTitle="Chair")
    await company.change("mary.griffiths", enabled=False)
    group = next(one for one in sample_groups() if one.assigned)
    await company.leave(group.display_name, group.members[0].partition("@")[0])
    await company.run()
    await company.run()

    assert await complaints(company) == []


async def test_a_small_team_that_is_looked_up_one_by_one_is_no_complaint(company: Company) -> None:
    await company.person("boss")
    for name in ("ana", "ben", "cleo"):
        await company.person(name, manager="boss")
    await company.group("Sales", "ana", "ben", "cleo")
    await company.connect(groups=["Sales"])

    await company.run()
    await company.leave("Sales", "ben")
    await company.run()
    await company.join("Sales", "ben")
    await company.run()

    assert await complaints(company) == []
