"""Who may do what in the console, and that somebody always can administer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.administration.model import (
    ROLES,
    Administrator,
    Permission,
    Role,
    checked_email,
    checked_name,
    require_another,
    role_of,
)
from seatkeeper.administration.routes import ROUTES
from seatkeeper.errors import InvalidValue

people = st.lists(
    st.builds(
        Administrator,
        id=st.sampled_from(["ana", "bo", "cy", "dee"]),
        email=st.just("x@larkspur.example"),
        name=st.just("X"),
        role=st.sampled_from(Role),
        ready=st.booleans(),
    ),
    unique_by=lambda one: one.id,
)


def somebody(role: Role, *apps: str) -> Administrator:
    return Administrator("ana", "ana@larkspur.example", "Ana", role, frozenset(apps))


@given(permission=st.sampled_from(Permission))
def test_each_role_may_what_those_before_it_may(permission: Permission) -> None:
    answers = [somebody(role, "15five").may(permission, "15five") for role in Role]

    assert answers == sorted(answers)


def test_a_viewer_reads_and_nothing_else() -> None:
    viewer = somebody(Role.VIEWER)

    allowed = {one for one in Permission if viewer.may(one, "15five")}

    assert allowed == {Permission.ANYBODY, Permission.OWN, Permission.READ}


@pytest.mark.parametrize("permission", [Permission.RUN, Permission.CONFIGURE])
def test_an_app_admin_works_on_their_own_apps_only(permission: Permission) -> None:
    ana = somebody(Role.APP_ADMIN, "15five")

    assert ana.may(permission, "15five")
    assert not ana.may(permission, "payroll")
    assert not ana.may(permission)
    assert ana.may(Permission.READ, "payroll")


def test_every_permission_names_its_roles_and_no_route_changes_for_anybody_unseen() -> None:
    changing = {
        path
        for (method, path), permission in ROUTES.items()
        if method != "GET" and permission is Permission.ANYBODY
    }

    assert set(ROLES) == set(Permission)
    assert changing == {"/sign-in", "/sign-in/code", "/links/{link}"}


@given(everybody=people, leaving=st.sampled_from(["ana", "bo", "cy", "dee"]))
def test_somebody_can_administer_after_whoever_leaves(
    everybody: list[Administrator], leaving: str
) -> None:
    able = {one.id for one in everybody if one.ready and one.role is Role.ADMINISTRATOR}

    try:
        require_another(everybody, leaving)
    except InvalidValue:
        assert able == {leaving}
    else:
        assert not able or able - {leaving}


@pytest.mark.parametrize(
    ("word", "apps", "said"),
    [
        ("king", [], "is no role"),
        ("app-admin", [], "needs apps"),
        ("viewer", ["15five"], "not of some apps"),
    ],
)
def test_a_role_that_cannot_be_is_refused(word: str, apps: list[str], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        role_of(word, apps)


def test_a_role_is_read_with_or_without_its_hyphen() -> None:
    assert role_of("app-admin", ["15five"]) is role_of("app admin", ["15five"]) is Role.APP_ADMIN
    assert role_of("viewer") is Role.VIEWER


@pytest.mark.parametrize("text", ["", "ana", "@x.example", "ana@", "a@b@c", "a b@c", "a\x00@c"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not an e-mail address"):
        checked_email(text)


def test_an_address_is_compared_without_case() -> None:
    assert checked_email(" Ana@Larkspur.Example ") == "ana@larkspur.example"


@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "Ana\x1b[1m"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a name"):
        checked_name(text)


def test_a_name_stands_in_one_line() -> None:
    assert checked_name(" Ana \n Lovelace ") == "Ana Lovelace"
