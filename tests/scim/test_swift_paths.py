"""What is read and written swiftly is what the rules of paths say, whatever an app holds."""

import copy
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Json, Resource, ScimError
from seatkeeper.scim.path import is_nothing, parse_path, read, write
from seatkeeper.scim.swift_paths import reader_of, spelled_alike, writer_of
from seatkeeper.scim.syntax import AttributePath

PATHS = [
    "userName", "name", "name.givenName", "name.familyName", "emails", "emails.value",
    'emails[value eq "a"].display',
    'emails[type eq "work"].value', 'emails[type eq "work"].display', 'emails[type eq "work"]',
    'emails[type eq "home"].value', 'emails[primary eq true].value', 'emails[value eq "a"].type',
    'emails[type eq "work"].type', 'emails[type ne "work"].value', f"{USER}:userName",
    f"{ENTERPRISE_USER}:department", f"{ENTERPRISE_USER}:manager.value", ENTERPRISE_USER,
    f'{ENTERPRISE_USER}:emails[type eq "work" and primary eq true].value',
]  # fmt: skip
NAMES = ["userName", "name", "givenName", "emails", "department", "manager", ENTERPRISE_USER]
NAMES += ["value", "type", "display", "primary"]
KEYS = st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name, name.upper()]))
LEAVES = st.sampled_from(["", "a", "work", "WORK", "home"]) | st.booleans() | st.none()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
RESOURCES = st.dictionaries(KEYS, VALUES, max_size=6)


@given(resource=RESOURCES, text=st.sampled_from(PATHS))
@example(resource={"EMAILS": {"Type": "work", "VALUE": "a"}}, text='emails[type eq "work"].value')
def test_a_swift_reader_reads_what_the_path_names(resource: Resource, text: str) -> None:
    path = parse_path(text)

    found = reader_of(path)(resource)

    assert found == read(resource, path)


@given(
    values=st.lists(
        st.tuples(
            st.sampled_from(PATHS),
            LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(KEYS, LEAVES, max_size=2),
        ),
        max_size=6,
        unique_by=lambda one: one[0],
    )
)
@example(values=[("emails", ["a"]), ('emails[type eq "work"].value', "b")])
@example(values=[("name", "a"), ("name.givenName", "b")])
@example(values=[(ENTERPRISE_USER, "a"), (f"{ENTERPRISE_USER}:department", "b")])
def test_a_new_resource_gets_what_the_path_would_write(values: list[tuple[str, Json]]) -> None:
    wanted = [(parse_path(text), _spelled(value)) for text, value in values]

    swift, swift_error = _made(wanted, swiftly=True)
    plain, plain_error = _made(wanted, swiftly=False)

    assert (swift, swift_error) == (plain, plain_error)
    assert swift is None or list(swift) == list(plain or {})


def test_two_spellings_of_one_name_are_told() -> None:
    alike = ["userName", "name.givenName", "name.familyName", f"{ENTERPRISE_USER}:department"]

    assert spelled_alike(parse_path(one) for one in alike)
    assert not spelled_alike(parse_path(one) for one in ["userName", "USERNAME"])
    assert not spelled_alike(parse_path(one) for one in ["name.givenName", "name.givenname"])
    assert not spelled_alike(parse_path(one) for one in ["userName", f"{USER}:username"])
    assert not spelled_alike(
        parse_path(one)
        for one in [f"{ENTERPRISE_USER}:division", f"{ENTERPRISE_USER.upper()}:title"]
    )


def _spelled(value: Json) -> Json:
    """The caller's own objects are spelled as the paths are."""
    if not isinstance(value, dict):
        return value
    names = {name.casefold(): name for name in NAMES}
    return {names[key.casefold()]: held for key, held in value.items()}


def _made(
    values: Sequence[tuple[AttributePath, Json]], *, swiftly: bool
) -> tuple[Resource | None, str]:
    """The resource that the values make, or the error that one of them is."""
    made: Resource = {}
    try:
        for path, value in values:
            put = writer_of(path) if swiftly else None
            if put is None or is_nothing(value):
                made = write(made, path, copy.deepcopy(value))
            else:
                put(made, copy.deepcopy(value))
    except ScimError as error:
        return None, str(error)
    return made, ""
