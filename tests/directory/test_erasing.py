"""Which texts mention somebody, and what is left of a text without them."""

from collections.abc import Mapping

import pytest

from seatkeeper.directory.erasing import InTheWay, Traces, refusal, traces_of

ANA = Traces(
    frozenset({"Ana Silva", "ana.silva@larkspur.example"}), frozenset({"7", "acc-1234567890"})
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ana Silva", "(erased)"),
        ("manager: Ana Silva has no account", "manager: (erased) has no account"),
        ("ANA SILVA and Ana Silvana", "(erased) and Ana Silvana"),
        ("mailto:ana.silva@larkspur.example.", "mailto:(erased)."),
        ("7", "(erased)"),
        ("7 members", "7 members"),
        ("/Users/7?attributes=id", "/Users/(erased)?attributes=id"),
        ("/Users/77", "/Users/77"),
        ("acc-1234567890, acc-2", "(erased), acc-2"),
        ("Diana Silva", "Diana Silva"),
    ],
)
def test_names_are_found_as_words_and_short_ids_as_whole_values(text: str, left: str) -> None:
    assert ANA.erased(text) == left


def test_data_are_looked_through_whatever_their_shape() -> None:
    plain = {"who": ["Ana Silva", 7, None, True], "n": {"Ana Silva": "x"}, "t": ("7", "8")}

    left = ANA.erased(plain)

    assert left == {
        "who": ["(erased)", 7, None, True],
        "n": {"(erased)": "x"},
        "t": ["(erased)", "8"],
    }
    assert ANA.in_text(plain)
    assert not ANA.in_text({"who": ("Bo",), "n": 7})


def test_a_short_name_is_found_alone_and_never_inside_a_text() -> None:
    al = Traces(frozenset({"Al"}), frozenset())

    assert al.erased(["Al", "Al Gore", "total"]) == ["(erased)", "Al Gore", "total"]


def test_every_name_ever_held_is_looked_for_and_somebody_else_s_is_not() -> None:
    held: list[Mapping[str, object]] = [
        {"displayName": "Ana Silva", "proxyAddresses": ["SMTP:ana@x.example"], "jobTitle": "Clerk"},
        {"displayName": "Ana Costa", "otherMails": ("a@y.example",), "mail": None},
    ]

    found = traces_of(held, ["id-1", ""]).without({"ana costa"})

    assert found.names == {"Ana Silva", "ana@x.example", "a@y.example"}
    assert found.ids == {"id-1"}
    assert Traces().erased("Ana") == "Ana"


def test_what_is_in_the_way_is_said_whole_and_each_advice_once() -> None:
    reasons = [InTheWay("She has an account in 15Five.", "Take it away first.")] * 2

    error = refusal("Ana Silva", reasons)

    assert error.message.startswith("Ana Silva cannot be erased yet. She has")
    assert error.message.endswith("Nothing was erased.")
    assert error.advice == "Take it away first."


def test_what_is_looked_for_are_names_in_both_spellings_and_ids() -> None:
    assert {"Ana Silva", "ana silva", "7", "acc-1234567890"} <= set(ANA.texts)
