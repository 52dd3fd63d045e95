"""Whatever bytes arrive: plain JSON within limits, or a refusal in SCIM's words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scim.people import USERS, ada

from seatkeeper.scim.bulk import read_bulk
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.limits import BodyLimits, measure, read_body
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import fold, identity, is_empty, same
from seatkeeper.scim.patch import apply_patch
from seatkeeper.scim.query import read_search
from seatkeeper.scim.validation import received

SMALL = BodyLimits(size=1_000, levels=4, keys=3, text=10)


@pytest.mark.parametrize(
    ("raw", "status", "scim_type"),
    [
        (b"", 400, "invalidSyntax"),
        (b"[]", 400, "invalidSyntax"),
        (b'"x"', 400, "invalidSyntax"),
        (b"\xef\xbb\xbf{}", 400, "invalidSyntax"),
        (b'{"a": NaN}', 400, "invalidSyntax"),
        (b'{"a": Infinity}', 400, "invalidSyntax"),
        (b'{"a": 1e999}', 400, "invalidSyntax"),
        (b'{"a": "\xff"}', 400, "invalidSyntax"),
        (b'{"a": "\\ud800"}', 400, "invalidSyntax"),
        (b'{"\\ud800": 1}', 400, "invalidSyntax"),
        (b"[" * 100_000, 400, "invalidSyntax"),
        (b'{"a":' * 100_000, 400, "invalidSyntax"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "invalidSyntax"),
        (b'{"a": 9223372036854775808}', 400, "invalidValue"),
        (b'{"a": [-9223372036854775809]}', 400, "invalidValue"),
        (b'{"a": ' + b"9" * 5_000 + b"}", 400, "invalidSyntax"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', 400, "invalidValue"),
        (b'{"' + b"x" * 70_000 + b'": 1}', 400, "invalidValue"),
        (json.dumps({str(at): at for at in range(1_001)}).encode(), 400, "invalidSyntax"),
        (json.dumps({"a": [1] * 10_001}).encode(), 413, "tooMany"),
        (json.dumps({"a": [[1] * 9_000] * 60}).encode(), 413, ""),
        (b" " * (10 * 1024 * 1024 + 1), 413, ""),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(raw: bytes, status: int, scim_type: str) -> None:
    with pytest.raises(ScimError) as caught:
        read_body(raw)

    assert (caught.value.status, caught.value.scim_type) == (status, scim_type)


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    assert read_body(b'{"a": 1, "a": 2}') == {"a": 2}


def test_a_body_at_its_limits_is_read() -> None:
    value: Json = {"a": [["x" * 10], 2**63 - 1], "b": -(2**63), "c": None}

    measure(value, SMALL)


@pytest.mark.parametrize("value", [[[[[1]]]], {"a": {"b": {"c": {"d": 1}}}}])
def test_a_level_more_is_one_too_many(value: Json) -> None:
    with pytest.raises(ScimError):
        measure(value, SMALL)


@pytest.mark.parametrize(
    ("raw", "is_read"),
    [
        (b'{"a":' * 30 + b'{"b":1}' + b"}" * 30, True),
        (b'{"a":' * 31 + b'{"b":1}' + b"}" * 31, False),
        (b'{"a":9223372036854775807}', True),
        (b'{"a" :\n\t9223372036854775808}', False),
        (b'{"a":[1,-9223372036854775809]}', False),
        (b'{"a":"99999999999999999999", "b": "x:99999999999999999999"}', True),
        (b'{"a":12345678901234567890.5}', True),
    ],
)
def test_a_short_body_is_held_to_the_same_limits_as_a_long_one(raw: bytes, is_read: bool) -> None:
    found = []
    for body in (raw, raw + b" " * 2_000):
        try:
            found.append(bool(read_body(body)))
        except ScimError:
            found.append(False)

    assert found == [is_read, is_read]


NAMES = st.sampled_from(
    ["schemas", "Operations", "op", "path", "value", "userName", "emails", "filter", "data", "id"]
)
WORDS = st.sampled_from(
    [
        "add",
        "Remove",
        "replace",
        'emails[type eq "work"].value',
        "active",
        "members",
        "bulkId:a",
        "",
    ]
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    WORDS | st.text(max_size=6) | st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES | st.text(max_size=6), VALUES, max_size=6)


@given(body=BODIES, cut=st.integers(0, 5), junk=st.binary(max_size=3))
@settings(deadline=None, max_examples=1_500)
def test_any_bytes_end_in_an_answer_or_a_refusal(body: Resource, cut: int, junk: bytes) -> None:
    raw = json.dumps(body).encode()
    raw = raw[: len(raw) - cut] + junk
    try:
        read = read_body(raw)
    except ScimError:
        return
    for use in (
        lambda: received(read, USERS),
        lambda: apply_patch(ada(), read, USERS),
        lambda: read_search(read),
        lambda: read_bulk(read),
    ):
        try:
            use()
        except ScimError as error:
            assert error.status in (400, 413)  # noqa: PT017


@pytest.mark.parametrize(
    ("one", "other"),
    [("ADA", "ada"), ("Straße", "STRASSE"), ("Zoe\u0308", "ZO\u00cb"), ("ＡＤＡ", "ada")],
)
def test_two_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(one=VALUES, other=VALUES)
def test_values_have_one_identity_exactly_if_they_are_the_same(one: Json, other: Json) -> None:
    assert (identity(one) == identity(other)) is same(one, other)
    assert same(one, one)


def test_true_is_not_the_number_one_and_nothing_is_empty() -> None:
    assert not same(True, 1)
    assert identity(True) != identity(1)
    assert not same({"a": [True]}, {"a": [1]})
    assert not same([1], [1, 2])
    assert same({"a": [1, None]}, {"a": [1.0, None]})
    nothing: list[Json] = [None, "", [], {}]
    assert all(map(is_empty, nothing))
    assert not is_empty(0)
    assert not is_empty(False)
