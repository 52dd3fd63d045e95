"""The administrators commands as somebody types them who lost access."""

import json

import pytest
from tests.cli.conftest import Typed


def test_an_empty_list_says_where_the_first_comes_from(typed: Typed) -> None:
    assert "seatkeeper serve" in typed("administrators", "list")[1]


def test_somebody_is_invited_listed_given_a_role_and_removed(typed: Typed) -> None:
    invited = json.loads(typed("administrators", "invite", "Ana@Larkspur.example", "--json")[1])
    changed = json.loads(
        typed(
            "administrators",
            "role",
            "ana@larkspur.example",
            "app-admin",
            "--apps",
            "15five",
            "--json",
        )[1]
    )
    listed = typed("administrators", "list")[1]
    removed = typed("administrators", "remove", "ana@larkspur.example")

    assert invited["link"].startswith("http://127.0.0.1:8080/links/")
    assert (invited["role"], invited["state"]) == ("viewer", "invited")
    assert (changed["role"], changed["apps"]) == ("app admin", ["15five"])
    assert "ana@larkspur.example" in listed
    assert removed == (0, "ana@larkspur.example may no longer sign in.\n", "")
    assert typed("administrators", "list", "--json")[1] == ""


def test_the_link_stands_on_a_line_of_its_own(typed: Typed) -> None:
    status, out, _ = typed("administrators", "invite", "ana@larkspur.example", "--role", "operator")

    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("  http://127.0.0.1:8080/links/")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["invite", "ana"], "not an e-mail address"),
        (["invite", "ana@x.example", "--role", "king"], "is no role"),
        (["role", "ana@x.example", "viewer"], "is called ana@x.example"),
        (["remove", "ana@x.example"], "administrators list"),
        (["remove-second-factor", "ana@x.example"], "is called ana@x.example"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_cannot_be_is_said(words: list[str], said: str, typed: Typed) -> None:
    status, _, err = typed("administrators", *words)

    assert status == 1
    assert said in " ".join(err.split())


def test_who_has_no_second_factor_loses_none(typed: Typed) -> None:
    typed("administrators", "invite", "ana@larkspur.example")

    status, _, err = typed("administrators", "remove-second-factor", "ana@larkspur.example")

    assert status == 1
    assert "ana@larkspur.example has no second factor" in " ".join(err.split())
