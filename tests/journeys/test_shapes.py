"""A small company in every app of the gallery: whatever its habits, the accounts are right."""

from pathlib import Path

import msgspec
import pytest
from tests.databases import prepared_home
from tests.journeys.company import Company, company_with, complaints
from tests.sandboxes import running_sandbox

from seatkeeper.bootstrap import Installation
from seatkeeper.gallery.abilities import Lies
from seatkeeper.gallery.schema import gallery_app, load_gallery
from seatkeeper.service_provider.forgetful import is_dropped
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

GALLERY = list(load_gallery())


@pytest.mark.parametrize("app_id", GALLERY)
async def test_a_small_company_is_provisioned_and_then_changed_without_a_complaint(
    app_id: str, tmp_path: Path
) -> None:
    async with company_with(app_id, tmp_path) as company:
        for name in ("Ada", "bo", "cy"):
            await company.person(name, jobTitle="Engineer")
        await company.group("Crew", "Ada", "bo")
        await company.connect(people=["cy"], groups=["Crew"])
        await company.run()
        await company.change("bo", jobTitle="Director")
        await company.join("Crew", "cy")
        await company.leave("Crew", "Ada")

        await company.run()

        dump = await company.box.dump()
        accounts = {one["userName"].partition("@")[0].casefold(): one for one in dump["users"]}
        names = {one["id"]: name for name, one in accounts.items()}
        [crew] = dump["groups"]
        await company.requests_since()
        await company.nothing_more()
        said = await complaints(company)
    assert said == []
    assert {name: (one["title"], one["active"]) for name, one in accounts.items()} == {
        "ada": ("Engineer", False),
        "bo": ("Director", True),
        "cy": ("Engineer", True),
    }
    assert sorted(names[one] for one in crew["members"]) == ["bo", "cy"]


async def test_an_account_that_was_never_kept_is_made_at_the_next_change(tmp_path: Path) -> None:
    liar = gallery_app("shape-liar")
    lies = next(
        lies
        for lies in (Lies(drops=0.2, seed=seed) for seed in range(1_000))
        if [is_dropped(lies, at) for at in range(1, 6)] == [True, False, False, False, False]
    )
    app = msgspec.structs.replace(liar, sandbox=msgspec.structs.replace(liar.sandbox, lies=lies))
    async with running_sandbox(app, tmp_path / "app.db") as box:
        opened = Installation.open(Settings(home=prepared_home(tmp_path / "home")))
        company = Company(opened, app.id, box)
        await company.person("ada", jobTitle="Engineer")
        await company.connect(people=["ada"])
        await company.run()
        before = await company.account("ada")
        await company.change("ada", jobTitle="Director")

        await company.run()

        after = await company.account("ada")
        await opened.close()
    assert before is None
    assert after is not None
    assert after["title"] == "Director"
