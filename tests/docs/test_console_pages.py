"""What the pages on the console name is in the console, and their pictures are those of a run."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from tests.browser.tutorial import STATIONS

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted((DOCS / "console").glob("*.md"))
HEAVIEST: Final = 150_000

_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_NAMED: Final = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?!\*)")
_ELSEWHERE: Final = frozenset({
    "Features", "Integrations", "SCIM 2.0", "Generate OAuth token",
    "15Five", "Add 15Five", "User", "Save", "App admin", "Everyone in Sales",
})  # fmt: skip
"""What stands in 15Five, is a name, or comes from the gallery and the roles."""


def said_by_the_console() -> str:
    """Return every text of the console as one, with what is filled in left out."""
    places = (ROOT / "src/seatkeeper/console").rglob("*")
    texts = [one.read_text("utf-8") for one in places if one.suffix in (".html", ".py")]
    return re.sub(r"%\(\w+\)[sd] ?", "", "\n".join(texts))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_control_that_a_page_names_is_in_the_console(page: Path) -> None:
    named = {" ".join(one.split()) for one in _NAMED.findall(page.read_text("utf-8"))}
    said = said_by_the_console()

    unknown = [one for one in named - _ELSEWHERE if re.sub(r"\b[\dn]+ | \d+$", "", one) not in said]

    assert unknown == []


def pictures_made() -> set[str]:
    """Return the names of the pictures that ``make screenshots`` makes."""
    made = _screenshots()
    steps = {f"first-steps-{name}" for name, _button in made.FIRST_STEPS if name}
    return {
        *(one.name for one in made.PICTURES),
        *steps,
        *(f"tutorial-{one}" for one in made.TUTORIAL),
    }


def test_every_picture_is_small_described_and_made_again_by_one_command() -> None:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    shown = [
        (described, (page.parent / place).resolve())
        for page in pages
        for described, place in _PICTURE.findall(page.read_text("utf-8"))
    ]
    drawn = [file for _described, file in shown if file.suffix == ".png"]

    assert [file.name for described, file in shown if len(described) < 20] == []
    assert [file.name for file in drawn if file.stat().st_size > HEAVIEST] == []
    assert {file.stem for file in drawn} == pictures_made()
    assert {file.stem for file in (DOCS / "images").glob("*.png")} == pictures_made()


def test_the_tutorial_shows_stations_of_the_way_that_the_browser_goes() -> None:
    page = (DOCS / "console/tutorial-15five.md").read_text("utf-8")
    shown = re.findall(r"images/tutorial-(\w+)\.png", page)

    assert shown == list(_screenshots().TUTORIAL)
    assert [one for one in STATIONS if one in shown] == shown


def _screenshots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "tools/screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
