"""The token commands as somebody types them."""

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.cli.conftest import Typed


def test_a_token_is_shown_once_and_listed_without_itself(typed: Typed) -> None:
    made = json.loads(typed("token", "create", "--source", "hr", "--json")[1])

    listed = typed("token", "list", "--json")[1]
    shown = typed("token", "list")[1]

    [one] = [json.loads(line) for line in listed.splitlines()]
    assert made["token"] not in listed + shown
    assert (one["id"], one["source"], one["state"]) == (made["id"], "hr", "usable")
    assert one["last_four"] == made["token"][-4:]
    assert one["may"] == ["users", "groups"]
    assert one["last_used_at"] is None
    assert made["id"] in shown


def test_for_people_the_token_stands_on_a_line_of_its_own(typed: Typed) -> None:
    status, out, _ = typed("token", "create", "--source", "hr", "--may", "users,read-only")

    assert status == 0
    assert [line for line in out.split() if line.startswith("sk_scim_")]
    assert "/scim/v2" in out


def test_an_empty_list_says_how_to_make_one(typed: Typed) -> None:
    assert "token create" in typed("token", "list")[1]


def test_a_revoked_token_says_so_and_a_second_time_changes_nothing(typed: Typed) -> None:
    made = json.loads(typed("token", "create", "--source", "hr", "--json")[1])

    first = json.loads(typed("token", "revoke", made["id"], "--json")[1])
    second = json.loads(typed("token", "revoke", made["id"], "--json")[1])

    assert first["state"] == "revoked"
    assert second == first


@pytest.mark.parametrize(
    ("expires", "days"), [("90d", 90), ("never", None), ("2999-12-31", 300_000)]
)
def test_a_token_ends_when_it_was_told_to(typed: Typed, expires: str, days: int | None) -> None:
    words = ("token", "create", "--source", "hr", "--expires", expires, "--json")

    made = json.loads(typed(*words)[1])

    if days is None:
        assert made["expires_at"] is None
    else:
        end = dt.datetime.fromisoformat(made["expires_at"])
        assert (end - dt.datetime.fromisoformat(made["created_at"])).days >= days


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--source", "H R"), "cannot name a source"),
        (("--source", ""), "cannot name a source"),
        (("--source", "x" * 65), "cannot name a source"),
        (("--source", "hr", "--may", "everything"), "no permission 'everything'"),
        (("--source", "hr", "--expires", "soon"), "'soon' is no expiry"),
        (("--source", "hr", "--expires", "0d"), "'0d' is no expiry"),
        (("--source", "hr", "--expires", "2001-01-01"), "expired before it was made"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    typed: Typed, words: tuple[str, ...], said: str
) -> None:
    status, _, err = typed("token", "create", *words)

    assert status == 1
    assert said in err
    assert typed("token", "list", "--json")[1] == ""


def test_an_unknown_id_is_refused(typed: Typed) -> None:
    status, _, err = typed("token", "revoke", "nothing")

    assert status == 1
    assert "token list" in err


def test_people_and_groups_change_hands_by_name_only(typed: Typed, tmp_path: Path) -> None:
    people = "userPrincipalName,groups\nada@larkspur.example,Sales\n"
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    typed("import-people", "people.csv")

    first = typed("people", "give", "ada@larkspur.example", "--to", "hr")[1]
    second = typed("people", "give", "ada@larkspur.example", "--to", "hr")[1]
    back = json.loads(
        typed("people", "give", "ada@larkspur.example", "--to", "nobody", "--json")[1]
    )
    group = typed("groups", "give", "Sales", "--to", "hr")[1]

    assert first == "ada@larkspur.example belongs to hr now (before: nobody).\n"
    assert second == "ada@larkspur.example belongs to hr already.\n"
    assert back == {"name": "ada@larkspur.example", "before": "hr", "now": "nobody"}
    assert group == "Sales belongs to hr now (before: nobody).\n"


@pytest.mark.parametrize("words", [("--to", "hr"), ("ada@x", "--to", "hr"), ("--to", "H R")])
def test_nobody_changes_hands_who_is_not_there(typed: Typed, words: tuple[str, ...]) -> None:
    status, out, err = typed("people", "give", *words)

    assert (status, out) == (1, "")
    assert err.startswith("Error: ")
