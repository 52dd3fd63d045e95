"""What the documentation names is there: files, links, commands, settings."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import seatkeeper
from seatkeeper.cli.demo import things_to_try
from seatkeeper.cli.main import app
from seatkeeper.cli.sample_company import sample_expectations, sample_groups
from seatkeeper.errors import ConnectorError, RecordError, SeatkeeperError
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS
from seatkeeper.provisioning.outcome import log_code
from seatkeeper.provisioning.plan import Reason
from seatkeeper.provisioning.reconcile import Found
from seatkeeper.scim.dialect import QUIRKS
from seatkeeper.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLACE = re.compile(r"`((?:src|tests|docs|tools|requirements)/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TYPED = re.compile(r"^\s*(?:\.venv/bin/)?seatkeeper ([a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_place_and_link_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    places = [ROOT / one for one in PLACE.findall(text)]
    links = [page.parent / one for one in LINK.findall(text) if ":" not in one]

    assert [str(one) for one in (*places, *links) if not one.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_types_exists(page: Path) -> None:
    typed = set(TYPED.findall(page.read_text(encoding="utf-8")))

    known = {name for name in app if not name.startswith("-")}

    assert typed - known == set()


def test_the_pages_on_settings_and_commands_name_all_of_them() -> None:
    reference = ROOT / "docs" / "reference"
    settings = (reference / "settings.md").read_text(encoding="utf-8")
    commands = (reference / "command-line.md").read_text(encoding="utf-8")

    missing = [n for n in Settings.__struct_fields__ if f"SEATKEEPER_{n.upper()}" not in settings]
    unnamed = [n for n in app if not n.startswith("-") and f"{n}" not in commands]

    assert missing == []
    assert unnamed == []


def test_the_page_on_the_mapping_language_shows_every_function_with_its_arguments() -> None:
    page = (ROOT / "docs" / "reference" / "mapping-language.md").read_text(encoding="utf-8")

    told = {one.name: one.signature for one in FUNCTIONS.values()}
    roles = {name for name in told if "RoleAssignment" in name}  # shown with their one argument

    assert [
        sign for name, sign in told.items() if f"`{sign}`" not in page and name not in roles
    ] == []
    assert [name for name in roles if f"`{name}([appRoleAssignments])`" not in page] == []


def test_the_page_on_scim_names_every_departure_with_its_rule() -> None:
    page = (ROOT / "docs" / "reference" / "scim.md").read_text(encoding="utf-8")

    assert [
        one.name for one in QUIRKS if f"| `{one.name}` | {one.says} | {one.rule} |" not in page
    ] == []


def test_the_readme_types_what_the_demo_says_to_type() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    said = things_to_try("http://127.0.0.1:8080", "http://localhost:8081", 250)

    typed = re.findall(r"^\s*(\.venv/bin/seatkeeper .+)$", said, re.MULTILINE)
    assert len(typed) == 7
    assert [one for one in typed if one not in readme] == []


def test_the_readme_counts_the_sample_company_as_it_is() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())

    outcomes = [one.outcome for one in sample_expectations().values()]

    assert f"({len(outcomes)} people, {len(sample_groups())} groups," in readme
    assert f"{outcomes.count('provisioned')} people get their account." in readme


def kinds_of(base: type[SeatkeeperError]) -> set[type[SeatkeeperError]]:
    """Return an error and everything that is one, wherever in the program it is defined."""
    return {base, *(kind for one in base.__subclasses__() for kind in kinds_of(one))}


def test_every_code_of_the_log_is_explained_and_no_other() -> None:
    for module in pkgutil.walk_packages(seatkeeper.__path__, "seatkeeper."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
    errors = kinds_of(RecordError) | kinds_of(ConnectorError)
    can_be_said = {one.code for one in errors - {RecordError}} | {one.value for one in Reason}
    can_be_said |= {one.value for one in Found}
    can_be_said |= {"UnableToResolveReferenceAttributeValue", log_code(SeatkeeperError(""))}

    page = (ROOT / "docs/reference/log.md").read_text(encoding="utf-8")
    table = page.split("## Codes")[1].split("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == can_be_said
