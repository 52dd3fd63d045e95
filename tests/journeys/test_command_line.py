"""Every command as somebody types it: words for people, JSON for programs, exit statuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.databases import prepared_home

from seatkeeper.cli.main import run

pytestmark = pytest.mark.journey

DOCUMENT = """\
app: 15five
gallery: 15five
connection:
  tenant_url: http://127.0.0.1:8999/scim/v2
  secret_token: env:SEATKEEPER_SECRET_APP
  allow_loopback: true
mode: automatic
assignments:
  - {group: Sales, role: User}
"""
PEOPLE = """\
userPrincipalName,displayName,mail,manager,groups
boss@larkspur.example,Bo Boss,boss@larkspur.example,,Sales
ada@larkspur.example,Ada,ada@larkspur.example,boss@larkspur.example,Sales
"""

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into an empty installation; get exit status, output and complaints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(prepared_home(tmp_path / "home")))
    monkeypatch.setenv("SEATKEEPER_SECRET_APP", "a-token")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.yaml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")

    def type_it(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return type_it


def test_an_empty_installation_says_what_to_do_first(typed: Typed) -> None:
    status, out, _ = typed("status")

    assert status == 0
    assert "seatkeeper apply" in out


def test_people_and_configuration_come_in_and_a_second_time_changes_nothing(typed: Typed) -> None:
    imported = json.loads(typed("import-people", "people.csv", "--json")[1])

    dry = typed("apply", "app.yaml", "--dry-run")
    first = typed("apply", "app.yaml")
    second = typed("apply", "app.yaml")

    assert imported["created"] == 2
    assert "would change" in dry[1]
    assert "assignment: group Sales added as User" in first[1]
    assert "nothing to change" in second[1]
    assert "a-token" not in first[1] + second[1]


def test_what_is_exported_is_applied_without_a_change(typed: Typed, tmp_path: Path) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")

    exported = typed("export-config")[1]
    (tmp_path / "again.yaml").write_text(exported, encoding="utf-8")
    again = json.loads(typed("apply", "again.yaml", "--json")[1])

    assert "env:SEATKEEPER_SECRET_APP" in exported
    assert "a-token" not in exported
    assert again["changes"] == []


def test_a_connection_that_cannot_be_made_is_tested_line_by_line(typed: Typed) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")

    status, words, _ = typed("test-connection", "15five", "--verbose")
    _, lines, _ = typed("test-connection", "15five", "--verbose", "--json")

    made = [json.loads(line) for line in lines.splitlines()]
    assert status == 1
    assert "✓ address" in words
    assert "✕ encryption: 127.0.0.1, port 8999, refuses connections." in words
    assert "· token: not reached" in words
    assert [one["result"] for one in made[:3]] == ["passed", "failed", "not reached"]
    assert len(made) == 8


def test_another_port_in_the_address_forgets_the_token_and_says_so(
    typed: Typed, tmp_path: Path
) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")
    moved = DOCUMENT.replace(":8999", ":8998").replace("env:SEATKEEPER_SECRET_APP", "stored")
    (tmp_path / "moved.yaml").write_text(moved, encoding="utf-8")

    applied = typed("apply", "moved.yaml")
    status, _, complaint = typed("test-connection", "15five")

    assert applied[0] == 0
    assert status == 1
    assert "no secret token" in complaint
    assert json.loads(typed("status", "15five", "--json")[1])["has_secret"] is False


def test_an_app_that_is_away_fails_in_words_without_a_traceback(typed: Typed) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")

    status, out, complaint = typed("run", "15five")

    assert status == 1
    assert "Nothing is lost" in out
    assert "Traceback" not in out + complaint


def test_explain_answers_for_somebody_never_touched(typed: Typed) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")

    told = json.loads(typed("explain", "15five", "ada@larkspur.example", "--json")[1])

    assert told["verdict"] == "to be created"
    assert [check["check"] for check in told["checks"]][:2] == ["active", "assigned"]


def test_a_group_inside_an_assigned_group_gives_access_where_the_document_says_nested(
    typed: Typed, tmp_path: Path
) -> None:
    typed("import-people", "people.csv")
    typed("groups", "create", "Company")
    document = DOCUMENT.replace("{group: Sales, role: User}", "{group: Company, role: User}")
    nested = document.replace("role: User", "role: User, nested: true")
    (tmp_path / "app.yaml").write_text(document, encoding="utf-8")
    (tmp_path / "nested.yaml").write_text(nested, encoding="utf-8")
    typed("apply", "app.yaml")

    added = json.loads(typed("groups", "add", "Company", "--group", "Sales", "--json")[1])
    before = typed("explain", "15five", "ada@larkspur.example")[1]
    change = typed("apply", "nested.yaml")[1]
    again = typed("apply", "nested.yaml")[1]
    after = typed("explain", "15five", "ada@larkspur.example")[1]
    exported = typed("export-config", "15five")[1]

    assert added["members"] == ["group Sales"]
    assert "is not assigned" in before
    assert "assignment: group Company: User -> User, with its nested groups" in change
    assert "nothing to change" in again
    assert "through group Company > Sales, role User" in after
    assert "nested: true" in exported
    typed("groups", "remove", "Company", "--group", "Sales")
    assert "is not assigned" in typed("explain", "15five", "ada@larkspur.example")[1]


def test_a_group_that_would_be_inside_itself_is_refused(typed: Typed) -> None:
    typed("groups", "create", "Company")

    status, _, complaint = typed("groups", "add", "Company", "--group", "Company")

    assert status == 1
    assert "cannot be its own member" in complaint


def test_people_and_groups_are_changed_by_name(typed: Typed) -> None:
    typed("import-people", "people.csv")

    title = typed("people", "set", "ada@larkspur.example", "jobTitle=Lead")
    wrong = typed("people", "set", "ada@larkspur.example", "jobTitel=Lead")
    left = json.loads(typed("groups", "remove", "Sales", "ada@larkspur.example", "--json")[1])
    off = json.loads(typed("people", "disable", "ada@larkspur.example", "--json")[1])

    assert title[0] == 0
    assert wrong[0] == 1
    assert "jobTitle" in wrong[2]
    assert left["members"] == ["boss@larkspur.example"]
    assert off["accountEnabled"] is False


@pytest.mark.parametrize("words", [("nonsense",), ("explain",), ("status", "--nonsense")])
def test_wrong_usage_ends_with_sixty_four(typed: Typed, words: tuple[str, ...]) -> None:
    assert typed(*words)[0] == 64


@pytest.mark.parametrize(
    "words",
    [("status", "nobody"), ("run", "nobody"), ("apply", "missing.yaml"), ("gallery", "show", "x")],
)
def test_what_is_not_there_is_said_and_ends_with_one(typed: Typed, words: tuple[str, ...]) -> None:
    status, _, complaint = typed(*words)

    assert status == 1
    assert complaint.startswith("Error: ")
    assert "Traceback" not in complaint


@pytest.mark.parametrize("shape", ["table", "csv", "jsonl"])
def test_an_empty_log_is_shown_in_every_shape(typed: Typed, shape: str) -> None:
    assert typed("logs", "--format", shape)[0] == 0


def test_the_audit_trail_names_who_changed_what_and_is_whole(typed: Typed) -> None:
    typed("import-people", "people.csv")
    typed("apply", "app.yaml")

    rows = [json.loads(line) for line in typed("audit", "list", "--json")[1].splitlines()]

    assert any(row["subject"] == "15five" and row["actor"].startswith("cli:") for row in rows)
    assert "a-token" not in json.dumps(rows)
    assert json.loads(typed("audit", "verify", "--json")[1])["whole"] is True
