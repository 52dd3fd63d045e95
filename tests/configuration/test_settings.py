"""Settings of an app: what fits, what follows for the mappings, what forgets the token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seatkeeper.configuration.address import forgets_secret, url_fault
from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.settings import (
    AppSettings,
    MappingChange,
    Notification,
    default_settings,
    effective_mappings,
    from_plain,
    to_plain,
)
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import DefaultMapping, gallery_app

APP = gallery_app("15five")
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
START = default_settings(APP)


def users(*changes: MappingChange) -> AppSettings:
    return replace(START, users=changes)


def mapping_onto(target: str, found: AppSettings) -> DefaultMapping:
    return next(one for one in effective_mappings(APP, found)[0] if one.target == target)


def test_an_app_that_was_just_added_fits_and_does_nothing_yet() -> None:
    found = checked_settings(APP, START)

    assert (found.mode, found.status, found.scope) == ("manual", "off", "assigned")
    assert found.interval_seconds == 2400
    assert found.exclude_default_access is True


def test_without_changes_the_mappings_are_those_of_the_gallery() -> None:
    assert APP.groups is not None

    assert effective_mappings(APP, START) == (APP.users.mappings, APP.groups.mappings)


def test_a_change_of_the_source_keeps_what_it_does_not_speak_of() -> None:
    changed = mapping_onto("userName", users(MappingChange("userName", attribute="mail")))

    assert changed == DefaultMapping("userName", attribute="mail", matching=1)


def test_a_constant_takes_the_place_of_an_attribute() -> None:
    changed = mapping_onto("title", users(MappingChange("title", constant="Colleague")))

    assert changed == DefaultMapping("title", constant="Colleague")


def test_a_default_value_can_be_given_and_taken_away() -> None:
    given_one = users(MappingChange("title", default="Colleague"))
    taken = users(MappingChange("title", default=""))

    assert mapping_onto("title", given_one).default == "Colleague"
    assert mapping_onto("title", taken).default is None


def test_a_removed_mapping_is_gone_and_the_others_keep_their_place() -> None:
    left, _ = effective_mappings(APP, users(MappingChange("title", remove=True)))

    assert left == tuple(one for one in APP.users.mappings if one.target != "title")


def test_groups_can_be_switched_off() -> None:
    assert effective_mappings(APP, replace(START, groups_enabled=False))[1] is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (MappingChange("tilte", constant="x"), "Did you mean title?"),
        (MappingChange("title", attribute="jobTitel"), "Did you mean jobTitle?"),
        (MappingChange("id", attribute="objectId"), "id is given by the app"),
        (MappingChange("title", attribute="jobTitle", constant="x"), "exactly one of"),
        (MappingChange("title", expression=""), "The expression is empty"),
        (MappingChange("title", expression="[jobTitle]" * 1001), "at most 10,000"),
        (MappingChange("title", expression="Not(" * 65), "over 64 levels"),
        (MappingChange("title", expression="Lowercase([mail])"), "Did you mean `ToLower`?"),
        (MappingChange("title", expression="ToLower([jobTitel])"), "Did you mean [jobTitle]?"),
        (MappingChange("title", expression="Append([mail],\n Left([x)"), "line 2, character 7"),
        (MappingChange("title", expression="Left([skills], 3)"), "[skills] is a list"),
        (MappingChange("title", expression="[skills]"), "title holds one value"),
        (MappingChange("title", expression="Append([manager], 1)"), "[manager] is a reference"),
        (MappingChange("title", expression="Guid()"), "would change in every cycle"),
        (MappingChange("title", expression='Replace([mail], , "(?=x)", , "")'), "pattern looks"),
        (MappingChange("title", attribute="skills"), "Item([skills], 1)"),
        (MappingChange("title", attribute="IsSoftDeleted"), "is computed"),
        (MappingChange("title", applies="multi_value_add"), "is for lists"),
        (MappingChange("title", when_null="default"), "no default to write"),
        (MappingChange("title", attribute="manager"), "only one of them is a reference"),
        (MappingChange(MANAGER, attribute="mail"), "only one of them is a reference"),
        (MappingChange(MANAGER, constant="Bo"), "only an attribute can be mapped"),
        (MappingChange("title", matching=-1), "0 (none) to 100"),
        (MappingChange("userName", matching=0), "No matching attribute is left"),
        (MappingChange("userName", remove=True), "requires userName"),
        (MappingChange("title", remove=True, constant="x"), "nothing else can be said"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_in_words(change: MappingChange, says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        checked_settings(APP, users(change))

    assert says in caught.value.message


def test_two_changes_of_one_mapping_are_refused() -> None:
    twice = users(MappingChange("title", constant="a"), MappingChange("title", constant="b"))

    with pytest.raises(InvalidValue, match="title is mapped twice"):
        checked_settings(APP, twice)


def test_a_mapping_of_groups_is_checked_against_the_attributes_of_groups() -> None:
    wrong = replace(START, groups=(MappingChange("displayName", attribute="jobTitle"),))

    with pytest.raises(InvalidValue, match="The directory has no attribute 'jobTitle'"):
        checked_settings(APP, wrong)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(START, interval_seconds=0), "1 second to 366 days"),
        (replace(START, name=" "), "name needs"),
        (replace(START, notification=Notification("it at larkspur")), "no e-mail address"),
        (replace(START, notification=Notification("a@b.example\nBcc: c@d.example")), "no e-mail"),
        (replace(START, notification=Notification(on_failure=True)), "needs the e-mail address"),
        (replace(START, status="on", tenant_url="https://a.example"), "only in mode automatic"),
        (replace(START, status="on", mode="automatic"), "only with a tenant URL"),
        (replace(START, tenant_url="a.example/scim"), "write https://a.example/scim"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_in_words(wrong: AppSettings, says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        checked_settings(APP, wrong)

    assert says in caught.value.message


def test_stored_settings_with_a_field_nobody_knows_are_refused() -> None:
    with pytest.raises(InvalidValue, match="intervall"):
        from_plain({**to_plain(START), "intervall": 5})


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("larkspur.15five.com/scim/v2", "no scheme"),
        ("http://larkspur.15five.com/scim", "not encrypted"),
        ("ftp://larkspur.15five.com", "write https://"),
        ("https://", "no host"),
        ("https://user:pw@a.example", "user name or password"),
        ("https://a.example/scim?x=1", "? or #"),
        ("https://a.example:22/", "port 22"),
        ("https://a.example:99999/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://a.example/ scim", "spaces"),
        ("http://127.0.0.1:8081/scim/v2", "allow_loopback: true"),
        ("http://localhost./scim", "allow_loopback: true"),
        ("http://[::1]:8081/", "allow_loopback: true"),
    ],
)
def test_a_tenant_url_that_cannot_be_set_is_told_why(url: str, says: str) -> None:
    assert says in (url_fault(url, allow_loopback=False) or "")


def test_loopback_is_for_stand_ins_on_this_machine_only() -> None:
    assert url_fault("http://127.0.0.1:8081/scim/v2", allow_loopback=True) is None
    assert "stand-in" in (url_fault("https://a.example/", allow_loopback=True) or "")


@pytest.mark.parametrize(
    ("old", "new", "forgets"),
    [
        ("https://a.example/scim", "https://A.example:443/scim/v2/", False),
        ("https://a.example/scim", "https://a.example:8443/scim", True),
        ("https://a.example/scim", "http://a.example/scim", True),
        ("https://a.example/scim", "https://b.example/scim", True),
        ("https://a.example/scim", "https://a.example.evil.example/scim", True),
        ("https://a.example/scim", "https://a.example@evil.example/scim", True),
        ("https://a.example/scim", "", True),
        ("", "https://a.example/scim", True),
        ("https://a.example:bad/", "https://a.example:bad/", True),
    ],
)
def test_the_token_is_forgotten_when_the_url_leads_elsewhere(
    old: str, new: str, *, forgets: bool
) -> None:
    assert forgets_secret(old, new) is forgets


CHANGES = st.lists(
    st.builds(
        MappingChange,
        st.sampled_from(["title", "name.givenName"]),
        constant=st.none() | st.text(max_size=5),
        default=st.none() | st.text(max_size=5),
        applies=st.sampled_from([None, "always", "on_create"]),
        matching=st.none() | st.integers(0, 3),
    ),
    max_size=2,
    unique_by=lambda change: change.target,
).map(tuple)


@settings(deadline=None)
@given(changes=CHANGES, interval=st.integers(1, 10**6), groups=st.booleans())
def test_stored_settings_are_read_as_they_were(
    changes: tuple[MappingChange, ...], interval: int, *, groups: bool
) -> None:
    before = replace(START, users=changes, interval_seconds=interval, groups_enabled=groups)

    assert from_plain(to_plain(before)) == before
