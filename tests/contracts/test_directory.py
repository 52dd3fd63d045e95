"""What every directory promises; run on each kind of database."""

import datetime as dt

import pytest

from seatkeeper.directory.model import (
    DEFAULT_ACCESS,
    Application,
    AppRole,
    Assignment,
    Kind,
    Subject,
    User,
    Value,
    Verb,
)
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import UserEdit
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.secrets import MasterKey

NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
STAFF = AppRole("r-1", "User", "User")
OLD_ROLE = AppRole("r-2", "Old", "Old", enabled=False)


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    return SqlDirectory(database)


@pytest.fixture
async def app(database: Database) -> Application:
    application = Application("15five", "15five", "15Five", (STAFF, OLD_ROLE))
    configuration = SqlConfiguration(database, MasterKey(b"k" * 32))
    await configuration.save_app(application, {}, actor="grace", expected_version=0)
    return application


async def person(directory: SqlDirectory, name: str, **values: str) -> User:
    attributes = {"userPrincipalName": f"{name}@contoso.com", **values}
    return await directory.create_user(UserEdit(attributes), actor="grace")


async def told(directory: SqlDirectory, after: int = 0) -> list[tuple[Subject, Verb, str]]:
    return [(c.subject, c.verb, c.record_id) for c in await directory.changes(after=after)]


async def test_many_are_found_by_their_user_names_in_any_case(directory: SqlDirectory) -> None:
    ada, gone, _other = [await person(directory, name) for name in ("Ada", "Bo", "Cy")]
    await directory.delete_user(gone.id, actor="grace", now=NOW)

    found = await directory.users_named(["ADA@contoso.com", "bo@contoso.com", "nobody@contoso.com"])

    assert [one.id for one in found] == sorted([ada.id, gone.id])
    assert await directory.users_named([]) == []


async def test_who_came_and_went_since_then_is_told_without_the_rest(
    directory: SqlDirectory,
) -> None:
    early = await person(directory, "Ada")
    after = await directory.last_change()
    bo = await person(directory, "Bo")
    group = await directory.create_group("Sales", actor="grace")
    await directory.change_members(group.id, add=[bo.id], actor="grace")
    await directory.edit_user(bo.id, UserEdit({"jobTitle": "Seller"}), actor="grace")
    await directory.edit_user(early.id, UserEdit(enabled=False), actor="grace")

    verbs = (Verb.CREATED, Verb.DISABLED)
    every = await directory.changes(after=0)
    newer = await directory.changes_of_people(after=after, since=every[0].at, verbs=verbs)
    all_of_them = await directory.changes_of_people(after=0, since=every[0].at, verbs=verbs)
    tomorrow = every[-1].at + dt.timedelta(days=1)

    assert [(one.verb, one.record_id) for one in newer] == [
        (Verb.CREATED, bo.id),
        (Verb.DISABLED, early.id),
    ]
    assert [one.record_id for one in all_of_them] == [early.id, bo.id, early.id]
    assert await directory.changes_of_people(after=0, since=tomorrow, verbs=verbs) == []


async def test_a_joiner_is_found_by_id_name_and_mail_in_any_case(directory: SqlDirectory) -> None:
    ada = await person(directory, "Ada", mail="Ada.Lovelace@Contoso.com")

    found = [
        await directory.user(who) for who in (ada.id, "ADA@contoso.com", "ada.lovelace@contoso.COM")
    ]

    assert found == [ada, ada, ada]


async def test_a_mail_that_two_people_have_names_nobody(directory: SqlDirectory) -> None:
    await person(directory, "ada", mail="team@contoso.com")
    await person(directory, "bob", mail="team@contoso.com")

    with pytest.raises(NotFound, match="Several"):
        await directory.user("team@contoso.com")


async def test_every_kind_of_value_comes_back_as_it_was(directory: SqlDirectory) -> None:
    attributes: dict[str, Value | None] = {
        "userPrincipalName": "zoë@contoso.com",
        "skills": ("maths", "poems"),
        "extension_abc_Shoe": "42",
    }

    zoe = await directory.create_user(UserEdit(attributes, enabled=False), actor="grace")

    assert await directory.user(zoe.id) == User(
        zoe.id, {n: v for n, v in attributes.items() if v is not None}, enabled=False
    )


@pytest.mark.parametrize("name", ["ADA", "ada"])
async def test_a_name_is_given_once_ignoring_case(directory: SqlDirectory, name: str) -> None:
    await person(directory, "Ada")

    with pytest.raises(InvalidValue, match="belongs to somebody else"):
        await person(directory, name)


async def test_a_name_in_another_unicode_form_is_the_same_name(directory: SqlDirectory) -> None:
    await person(directory, "zo\u00eb")

    with pytest.raises(InvalidValue, match="belongs to somebody else"):
        await person(directory, "zoe\u0308")


async def test_the_name_of_somebody_deleted_stays_theirs(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")
    await directory.delete_user(ada.id, actor="grace", now=NOW)

    with pytest.raises(InvalidValue, match=r"deleted user.*Restore"):
        await person(directory, "ada")


async def test_a_misspelt_attribute_is_refused_with_the_right_one(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")

    with pytest.raises(InvalidValue, match="jobTitle"):
        await directory.edit_user(ada.id, UserEdit({"jobtitel": "Countess"}), actor="grace")

    assert await directory.last_change() == 1


async def test_a_mover_is_told_with_the_names_of_what_changed(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada", jobTitle="Engineer", city="London")

    edit = UserEdit({"jobTitle": "Director", "city": None, "country": ""})
    await directory.edit_user(ada.id, edit, actor="grace")

    (change,) = await directory.changes(after=1)
    assert (change.verb, change.actor) == (Verb.UPDATED, "grace")
    assert change.detail == {"attributes": ["city", "jobTitle"]}


async def test_an_edit_that_changes_nothing_writes_nothing(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada", jobTitle="Engineer")

    await directory.edit_user(ada.id, UserEdit({"jobTitle": "Engineer"}, True, ""), actor="grace")

    assert await directory.last_change() == 1


async def test_a_leaver_is_disabled_deleted_restored_and_told(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")

    await directory.edit_user(ada.id, UserEdit(enabled=False), actor="grace")
    await directory.edit_user(ada.id, UserEdit(enabled=True), actor="grace")
    await directory.delete_user(ada.id, actor="grace", now=NOW)
    deleted = await directory.user(ada.id)
    await directory.restore_user(ada.id, actor="grace")

    verbs = [verb for _, verb, _ in await told(directory, after=1)]
    assert verbs == [Verb.DISABLED, Verb.ENABLED, Verb.DELETED, Verb.RESTORED]
    assert (deleted.deleted_at, deleted.active) == (NOW, False)
    assert await directory.user(ada.id) == ada


async def test_a_manager_must_exist_and_be_somebody_else(directory: SqlDirectory) -> None:
    ada, bob = await person(directory, "ada"), await person(directory, "bob")

    with pytest.raises(NotFound):
        await directory.edit_user(ada.id, UserEdit(manager_id="nobody"), actor="grace")
    with pytest.raises(InvalidValue):
        await directory.edit_user(ada.id, UserEdit(manager_id=ada.id), actor="grace")
    await directory.edit_user(ada.id, UserEdit(manager_id=bob.id), actor="grace")
    await directory.edit_user(bob.id, UserEdit(manager_id=ada.id), actor="grace")

    assert await directory.reports_of(bob.id) == [ada.id]
    assert await directory.reports_of(ada.id) == [bob.id]


async def test_a_purge_takes_along_whatever_pointed_at_the_person(
    directory: SqlDirectory, app: Application
) -> None:
    ada, bob = await person(directory, "ada", displayName="Ada"), await person(directory, "bob")
    staff = await directory.create_group("Staff", actor="grace")
    await directory.change_members(staff.id, add=[ada.id], actor="grace")
    await directory.assign(Assignment(app.id, Kind.USER, ada.id), actor="grace")
    await directory.edit_user(bob.id, UserEdit(manager_id=ada.id), actor="grace")
    before = await directory.last_change()

    await directory.purge_user(ada.id, actor="grace")

    assert await told(directory, before) == [
        (Subject.MEMBERSHIP, Verb.DELETED, staff.id),
        (Subject.ASSIGNMENT, Verb.DELETED, ada.id),
        (Subject.USER, Verb.UPDATED, bob.id),
        (Subject.USER, Verb.PURGED, ada.id),
    ]
    assert (await directory.user(bob.id)).manager_id is None
    assert await directory.users([ada.id]) == {}
    last = (await directory.changes(after=before))[-1]
    assert last.detail == {"user_name": "ada@contoso.com", "display_name": "Ada"}


async def test_only_who_was_deleted_long_enough_ago_is_purged(directory: SqlDirectory) -> None:
    ada, bob = await person(directory, "ada"), await person(directory, "bob")
    await directory.delete_user(ada.id, actor="grace", now=NOW - dt.timedelta(days=31))
    await directory.delete_user(bob.id, actor="grace", now=NOW - dt.timedelta(days=29))

    purged = await directory.purge_expired(now=NOW)

    assert purged == 1
    assert set(await directory.users([ada.id, bob.id])) == {bob.id}


async def test_people_come_in_pages_and_in_bulk(directory: SqlDirectory) -> None:
    for number in range(7):
        await directory.create_user(
            UserEdit({"userPrincipalName": f"u{number}"}), actor="grace", user_id=f"id-{number}"
        )

    first = await directory.all_users(limit=4)
    rest = await directory.all_users(after=first[-1].id, limit=4)
    bulk = await directory.users([f"id-{number}" for number in range(1200)])

    assert [user.id for user in [*first, *rest]] == [f"id-{number}" for number in range(7)]
    assert len(bulk) == 7


async def test_members_joined_twice_are_members_once(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")
    staff = await directory.create_group("Staff", actor="grace")
    board = await directory.create_group("Board", actor="grace")
    before = await directory.last_change()

    for _ in range(2):
        await directory.change_members(staff.id, add=[ada.id, board.id], actor="grace")

    assert await directory.last_change() == before + 2
    kinds = {m.member_id: m.member_kind for m in await directory.memberships(staff.id)}
    assert kinds == {ada.id: Kind.USER, board.id: Kind.GROUP}
    assert await directory.groups_of(ada.id) == [staff]


async def test_a_group_is_never_its_own_member(directory: SqlDirectory) -> None:
    staff = await directory.create_group("Staff", actor="grace")

    with pytest.raises(InvalidValue):
        await directory.change_members(staff.id, add=[staff.id], actor="grace")


async def test_a_deleted_group_ends_its_memberships(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")
    staff = await directory.create_group("Staff", actor="grace")
    await directory.change_members(staff.id, add=[ada.id], actor="grace")

    await directory.delete_group(staff.id, actor="grace")

    assert await directory.groups_of(ada.id) == []
    assert [s for s, _, _ in await told(directory, 3)] == [Subject.MEMBERSHIP, Subject.GROUP]


async def test_a_group_is_renamed_unless_the_name_is_taken(directory: SqlDirectory) -> None:
    staff = await directory.create_group("Staff", actor="grace")
    await directory.create_group("Board", actor="grace")

    renamed = await directory.edit_group(staff.id, {"displayName": "Crew"}, actor="grace")
    with pytest.raises(InvalidValue):
        await directory.edit_group(staff.id, {"displayName": "Board"}, actor="grace")

    assert await directory.group("Crew") == renamed


async def test_an_assignment_has_one_role_at_a_time(
    directory: SqlDirectory, app: Application
) -> None:
    ada = await person(directory, "ada")
    before = await directory.last_change()

    for role in (DEFAULT_ACCESS, STAFF.id, STAFF.id):
        await directory.assign(Assignment(app.id, Kind.USER, ada.id, role), actor="grace")

    assert await directory.assignments(app.id) == [Assignment(app.id, Kind.USER, ada.id, STAFF.id)]
    assert [v for _, v, _ in await told(directory, before)] == [Verb.CREATED, Verb.UPDATED]


async def test_a_group_is_assigned_with_the_groups_inside_it_or_without(
    directory: SqlDirectory, app: Application
) -> None:
    staff = await directory.create_group("Staff", actor="grace")
    before = await directory.last_change()

    for nested in (True, True, False, True):
        given = Assignment(app.id, Kind.GROUP, staff.id, STAFF.id, nested)
        await directory.assign(given, actor="grace")
        assert await directory.assignments(app.id) == [given]
    await directory.unassign(app.id, staff.id, actor="grace")

    told = await directory.changes(after=before)
    assert [(one.verb, one.nested, one.detail.get("attributes")) for one in told] == [
        (Verb.CREATED, True, None),
        (Verb.UPDATED, True, ["nested"]),
        (Verb.UPDATED, True, ["nested"]),
        (Verb.DELETED, True, None),
    ]


async def test_a_change_of_a_direct_assignment_reaches_no_further(
    directory: SqlDirectory, app: Application
) -> None:
    staff = await directory.create_group("Staff", actor="grace")
    before = await directory.last_change()

    for role in (STAFF.id, DEFAULT_ACCESS):
        await directory.assign(Assignment(app.id, Kind.GROUP, staff.id, role), actor="grace")
    await directory.delete_group(staff.id, actor="grace")

    told = [one for one in await directory.changes(after=before) if one.app_id]
    assert [(one.verb, one.nested) for one in told] == [
        (Verb.CREATED, False),
        (Verb.UPDATED, False),
        (Verb.DELETED, False),
    ]


async def test_the_audit_trail_says_how_far_an_assignment_reached(
    directory: SqlDirectory, database: Database, app: Application
) -> None:
    staff = await directory.create_group("Staff", actor="grace")
    for nested in (False, True):
        given = Assignment(app.id, Kind.GROUP, staff.id, STAFF.id, nested)
        await directory.assign(given, actor="grace")

    await directory.unassign(app.id, staff.id, actor="grace")

    entries = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit()
    said = [(one.action, one.before, one.after) for one in entries if "assignment" in one.action]
    assert said == [
        ("assignment.end", {"role": STAFF.id, "nested": True}, None),
        ("assignment.set", {"role": STAFF.id}, {"role": STAFF.id, "nested": True}),
        ("assignment.set", None, {"role": STAFF.id}),
    ]


async def test_a_person_is_never_assigned_with_nested_groups(
    directory: SqlDirectory, app: Application
) -> None:
    ada = await person(directory, "ada")

    with pytest.raises(InvalidValue, match="no groups inside a person"):
        await directory.assign(
            Assignment(app.id, Kind.USER, ada.id, STAFF.id, nested=True), actor="grace"
        )

    assert await directory.assignments(app.id) == []


async def test_a_role_that_is_not_on_offer_is_refused_with_those_that_are(
    directory: SqlDirectory, app: Application
) -> None:
    ada = await person(directory, "ada")

    with pytest.raises(InvalidValue, match="r-1"):
        await directory.assign(Assignment(app.id, Kind.USER, ada.id, OLD_ROLE.id), actor="grace")


async def test_nobody_is_assigned_to_an_app_that_is_not_there(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")

    with pytest.raises(NotFound):
        await directory.assign(Assignment("slack", Kind.USER, ada.id), actor="grace")


async def test_ending_an_assignment_twice_tells_it_once(
    directory: SqlDirectory, app: Application
) -> None:
    ada = await person(directory, "ada")
    await directory.assign(Assignment(app.id, Kind.USER, ada.id), actor="grace")
    before = await directory.last_change()

    for _ in range(2):
        await directory.unassign(app.id, ada.id, actor="grace")

    assert await told(directory, before) == [(Subject.ASSIGNMENT, Verb.DELETED, ada.id)]


async def test_who_is_gone_for_good_is_known_by_the_last_name(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada", displayName="Ada Larsen")
    first = await directory.create_group("Sales", actor="grace")
    await directory.delete_group(first.id, actor="grace")
    between = await directory.last_change()
    second = await directory.create_group("Sales", actor="grace")
    await directory.delete_group(second.id, actor="grace")
    await directory.purge_user(ada.id, actor="grace")

    by_name = [
        await directory.former(Kind.USER, who) for who in ("Ada Larsen", "ADA@contoso.com", ada.id)
    ]
    names = await directory.former_names([ada.id, first.id, second.id, "nobody"])
    later = await directory.former_names([first.id, second.id], after=between)

    assert by_name == [(ada.id, "Ada Larsen")] * 3
    assert await directory.former(Kind.GROUP, "Sales") == (second.id, "Sales")
    assert names == {ada.id: "Ada Larsen", first.id: "Sales", second.id: "Sales"}
    assert later == {second.id: "Sales"}
    with pytest.raises(NotFound, match="no group 'Ada Larsen'"):
        await directory.former(Kind.GROUP, "Ada Larsen")


async def test_what_took_somebodys_access_is_found_in_the_feed(
    directory: SqlDirectory, app: Application
) -> None:
    ada, bo, cem = [await person(directory, one) for one in ("ada", "bo", "cem")]
    sales = await directory.create_group("Sales", actor="grace")
    other = await directory.create_group("Choir", actor="grace")
    for group in (sales, other):
        await directory.change_members(group.id, add=[ada.id, bo.id], actor="grace")
    await directory.assign(Assignment(app.id, Kind.GROUP, sales.id, STAFF.id), actor="grace")
    await directory.edit_user(cem.id, UserEdit(enabled=False), actor="hr")

    await directory.change_members(sales.id, remove=[ada.id], actor="lead")
    await directory.change_members(other.id, remove=[ada.id], actor="grace")
    left = await directory.lost(app.id, ada.id, assignment=True)
    never = await directory.lost(app.id, bo.id, assignment=True)
    await directory.unassign(app.id, sales.id, actor="grace")
    ended = await directory.lost(app.id, bo.id, assignment=True)
    disabled = await directory.lost(app.id, cem.id, assignment=False)

    assert left is not None
    assert (left.record_id, left.other_id, left.actor) == (sales.id, ada.id, "lead")
    assert never is None
    assert ended is not None
    assert (ended.subject, ended.record_id) == (Subject.ASSIGNMENT, sales.id)
    assert disabled is not None
    assert (disabled.verb, disabled.actor) == (Verb.DISABLED, "hr")


async def test_whoever_names_nobody_gets_advice(directory: SqlDirectory) -> None:
    await person(directory, "ada", displayName="Ada Larsen")
    await directory.create_group("Sales", actor="grace")

    assert await directory.hint(Kind.USER, "Ada Larsen") == "Did you mean ada@contoso.com?"
    assert "--group" in await directory.hint(Kind.USER, "Sales")
    assert "user name" in await directory.hint(Kind.USER, "x")
    assert "display name" in await directory.hint(Kind.GROUP, "x")
