"""An edit of an app's settings is looked at before anybody makes it."""

from pathlib import Path

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

pytestmark = pytest.mark.journey


@pytest.fixture
async def edited(company: Company, typed: Typed, tmp_path: Path) -> Path:
    """Ada has an account; a file holds the app's document with another source for the title."""
    await company.person("ada", jobTitle="Seller", department="Sales")
    await company.group("Sales", "ada")
    await company.connect(groups=["Sales"])
    await company.run()
    _, text, _ = await typed("export-config", "15five")
    file = tmp_path / "edited.yaml"
    assert "mappings:" not in text
    mapped = "mappings:\n  users:\n    - {target: title, attribute: department}\n"
    file.write_text(text + mapped, encoding="utf-8")
    return file


def switched_off(file: Path) -> Path:
    """Return a file with the same document, in which the app is off."""
    text = file.read_text(encoding="utf-8")
    assert "status: on" in text
    off = file.with_name("off.yaml")
    off.write_text(text.replace("status: on", "status: off"), encoding="utf-8")
    return off


async def test_the_plan_of_an_edit_shows_whom_it_would_change_and_nothing_stays(
    company: Company, typed: Typed, edited: Path
) -> None:
    before = await typed("versions", "list", "15five")

    status, out, _ = await typed("plan", "15five", "--with", str(edited))

    assert status == 2
    assert "title: Seller -> Sales" in out
    assert "mapping of users: title" in out
    assert "The app was not asked" in out
    assert (await typed("plan", "15five"))[0] == 0
    assert await typed("versions", "list", "15five") == before


async def test_one_person_under_an_edit_shows_the_four_steps(
    company: Company, typed: Typed, edited: Path
) -> None:
    status, out, _ = await typed(
        "plan", "15five", "--with", str(edited), "--user", "ada@larkspur.example"
    )

    assert status == 2
    assert "Seller -> Sales" in out


async def test_a_plan_of_an_edit_cannot_be_kept(
    company: Company, typed: Typed, edited: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"

    status, _, err = await typed("plan", "15five", "--with", str(edited), "--out", str(kept))

    assert status == 1
    assert "for the settings in force" in err
    assert not kept.exists()


async def test_a_file_without_the_apps_document_names_what_it_holds(
    company: Company, typed: Typed, edited: Path
) -> None:
    status, _, err = await typed("plan", "generic-scim", "--with", str(edited))

    assert status != 0
    assert "it holds 15five" in err


async def test_who_applies_an_edit_of_an_app_that_is_on_is_told_that_it_begins_at_once(
    company: Company, typed: Typed, edited: Path
) -> None:
    off = switched_off(edited)

    _, while_off, _ = await typed("apply", str(off))
    _, switched_on, _ = await typed("apply", str(edited))
    _, nothing, _ = await typed("apply", str(edited))
    _, restored, _ = await typed("versions", "restore", "15five", "1")

    assert "begins at once" not in while_off
    assert "seatkeeper plan 15five --with FILE" in switched_on
    assert "begins at once" not in nothing
    assert "begins at once" in restored
