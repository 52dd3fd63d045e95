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


def mistaken(file: Path) -> Path:
    """Return a file with a document that is not one, for its status is neither on nor off."""
    wrong = file.with_name("wrong.yaml")
    wrong.write_text("app: 15five\ngallery: 15five\nstatus: perhaps\n", encoding="utf-8")
    return wrong


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


async def test_the_plan_of_a_document_that_switches_the_app_on_says_that_it_begins_at_once(
    company: Company, typed: Typed, edited: Path
) -> None:
    off = switched_off(edited)
    await typed("apply", str(off))

    _, stays_off, _ = await typed("plan", "15five", "--with", str(off))
    _, goes_on, _ = await typed("plan", "15five", "--with", str(edited))

    assert "begins at once" not in stays_off
    said = "With this document applied the app is on: a running server begins at once."
    assert said in " ".join(goes_on.split())


async def test_a_mistake_in_a_document_that_is_only_looked_at_says_that_nothing_was_changed(
    company: Company, typed: Typed, edited: Path
) -> None:
    wrong = mistaken(edited)

    status, _, complaint = await typed("plan", "15five", "--with", str(wrong))

    assert status == 1
    assert "apply again" not in complaint
    assert "nothing was changed" in complaint
    assert "run the command again" in complaint


async def test_a_version_that_was_restored_says_from_which(
    company: Company, typed: Typed, edited: Path
) -> None:
    await typed("apply", str(edited))
    await typed("versions", "restore", "15five", "1")

    _, listed, _ = await typed("versions", "list", "15five")

    assert "restored from 1: mapping of users: title" in " ".join(listed.split())
    assert listed.count("restored from") == 1
