"""Laws of the schema JSON: nothing is lost, nothing changes by itself, an edit shows alone."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.configuration.sync_schema.schemas import (
    APP,
    START,
    Plain,
    documents,
    exported,
    imported,
    valid_settings,
)

from seatkeeper.configuration.settings import AppSettings
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.text import (
    from_stored,
    parse_schema,
    print_schema,
    stored_text,
)
from seatkeeper.configuration.sync_schema.walk import Walk

often = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@often
@given(plain=documents())
def test_what_was_imported_is_exported_as_it_was(plain: Plain) -> None:
    found = imported(plain)

    again = exported(found, plain)

    assert stored_text(again) == stored_text(plain)


@often
@given(plain=documents())
def test_the_same_document_twice_changes_nothing(plain: Plain) -> None:
    once = imported(plain)

    assert imported(plain, once) == once


@often
@given(wanted=valid_settings())
def test_settings_come_back_from_their_own_export(wanted: AppSettings) -> None:
    plain = exported(wanted)

    assert imported(plain, wanted) == wanted
    assert exported(imported(plain)) == plain


@often
@given(plain=documents(), edited=valid_settings())
def test_an_edit_shows_in_the_kept_document_and_comes_back_from_it(
    plain: Plain, edited: AppSettings
) -> None:
    kept = copy.deepcopy(plain)

    after = exported(edited, kept)

    assert kept == plain
    assert imported(after, edited) == edited
    assert exported(edited, after) == after
    assert exported(imported(after), after) == after


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('abc"é', max_size=3), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(plain=st.dictionaries(st.text("abc", max_size=2), JSON, max_size=3))
def test_the_text_of_a_document_is_read_as_the_same_document(plain: Plain) -> None:
    walk = Walk()

    read = parse_schema(walk, print_schema(plain).encode())

    assert (read, walk.faults) == (plain, [])
    assert list(from_stored(stored_text(plain))) == list(plain)


@settings(deadline=None)
@given(
    content=st.binary(max_size=40) | JSON.map(lambda one: stored_text({"a": one})[5:-1].encode())
)
def test_any_bytes_are_a_document_or_told_why(content: bytes) -> None:
    walk = Walk()

    read = parse_schema(walk, content)

    assert (read is None) is bool(walk.faults)


@often
@given(plain=documents(), data=st.data())
def test_a_damaged_document_is_refused_in_words_or_read(plain: Plain, data: st.DataObject) -> None:
    _damage(plain, data)

    walk = Walk()

    found = import_schema(walk, APP, START, plain)

    assert walk.faults or exported(found.settings, plain) == plain


def _damage(value: Any, data: st.DataObject) -> None:
    """Put something else at one place of the document."""
    while True:
        if isinstance(value, dict) and value:
            key: Any = data.draw(st.sampled_from(sorted(value)))
        elif isinstance(value, list) and value:
            key = data.draw(st.integers(0, len(value) - 1))
        else:
            return
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            value[key] = data.draw(st.sampled_from([None, 7, "", "zz", [], {}, [1], {"a": 1}]))
            return
        value = inner
