"""What one source pushed in, and what of it became a change of the directory.

At the source of the walk: rows of the source and rows of the directory change
in one transaction, so that neither ever says what the other does not know.
Who is in a group is asked of the directory alone. Whose a record is decides
``directory.sourcing``, what a resource means ``provisioning.inbound``; this
page finds, keeps and refuses. Methods block; one object speaks for one source.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TypeVar

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.directory.sourcing import (
    EXTERNAL_ID,
    USER_NAME,
    Holder,
    Own,
    Ruling,
    arrival,
    changing,
    may_write,
    recognised,
)
from seatkeeper.errors import InvalidValue, NotFound, RecordError
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.inbound import (
    Difference,
    Said,
    difference,
    said,
)
from seatkeeper.scim.errors import NotThere, Taken, UnfitValue
from seatkeeper.scim.holding import Found, Stored, Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.store import edits
from seatkeeper.store.database import Database
from seatkeeper.store.inbound_members import change_members
from seatkeeper.store.inbound_names import (
    GROUP,
    check_texts,
    check_user_name,
    losing_is_a_conflict,
    named,
    user_name_of,
)
from seatkeeper.store.inbound_reading import (
    Row,
    groups_of,
    known_by,
    members_of,
    one_of,
    page_of,
    related_of,
    stored_of,
)
from seatkeeper.store.inbound_rules import said_at
from seatkeeper.store.inbound_source import Refusal, Source
from seatkeeper.store.inbound_tables import KEYS, RESOURCES, forget_resource
from seatkeeper.store.known import known_user
from seatkeeper.store.news import News
from seatkeeper.store.records import folded

T = TypeVar("T")


class SqlInbound:
    """The users and groups of one source, over the directory."""

    def __init__(self, database: Database, source: Source) -> None:
        self._database = database
        self._source = source

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource, and create or restore what it stands for.

        A name that the directory knows is 409, unless it is of somebody whom
        this source deleted: they come back, under a new id.
        """

        def work(connection: Connection, news: News) -> Stored:
            wanted = self._said(kind, values)
            record_id = self._arrived(connection, kind, values, wanted, news)
            row = {
                "id": str(uuid.uuid4()),
                "source": self._source.name,
                "kind": kind,
                "record_id": record_id,
                "body": values,
                "created_at": now,
                "modified_at": now,
                "version": 1,
                "rules": self._source.rules,
                "deleted_at": None,
            }
            connection.execute(insert(RESOURCES), [row])
            self._index(connection, kind, str(row["id"]), values)
            made = one_of(connection, self._source.name, kind, str(row["id"]))
            if members:
                added = MemberChange(MemberWrite.ADD, tuple(members))
                change_members(connection, made, added, news)
            return stored_of(made)

        return self._write(kind, work)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource of this source, or raise 404."""
        name = self._source.name
        return self._database.read_now(lambda c: stored_of(one_of(c, name, kind, resource_id)))

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
        *,
        allow: Callable[[Stored], None] | None = None,
    ) -> Stored:
        """Replace the values by what ``change`` makes of them, and tell the directory what is new.

        What the source repeats changes nothing, so that a correction by hand
        stays until the source has something else to say.
        """

        def work(connection: Connection, news: News) -> Stored:
            held = one_of(connection, self._source.name, kind, resource_id, lock=True)
            if allow is not None:
                allow(stored_of(held))
            self._permit(connection, held)
            values = change(held.body)
            moved = [change_members(connection, held, one, news) for one in members]
            anew = held.rules != self._source.rules
            if values == held.body and not any(moved) and not anew:
                return stored_of(held)
            if values != held.body or anew:
                self._tell(connection, held, values, news)
                connection.execute(delete(KEYS).where(KEYS.c.resource_id == resource_id))
                self._index(connection, kind, resource_id, values)
            changed: dict[str, object] = {"rules": self._source.rules}
            if values != held.body or any(moved):
                changed |= {"body": values, "modified_at": now, "version": held.version + 1}
            mine = update(RESOURCES).where(RESOURCES.c.id == resource_id)
            connection.execute(mine.values(**changed))
            return stored_of(one_of(connection, self._source.name, kind, resource_id))

        return self._write(kind, work)

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] | None = None
    ) -> None:
        """Soft-delete a person in the directory, or remove a group with its assignments."""

        def work(connection: Connection, news: News) -> None:
            held = one_of(connection, self._source.name, kind, resource_id, lock=True)
            if allow is not None:
                allow(stored_of(held))
            self._permit(connection, held)
            forgotten = delete(KEYS).where(KEYS.c.resource_id == resource_id)
            mine = RESOURCES.c.id == resource_id
            now = utc_now()
            if kind != GROUP:  # by this they are known when they come back under another name
                forgotten = forgotten.where(KEYS.c.name != EXTERNAL_ID)
            connection.execute(forgotten)
            if kind == GROUP:
                connection.execute(delete(RESOURCES).where(mine))
                edits.delete_group(connection, held.record_id, news)
            else:
                connection.execute(update(RESOURCES).where(mine).values(deleted_at=now))
                edits.delete_user(connection, held.record_id, now, news)

        self._write(kind, work)

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of this source's resources, in the order of their creation."""
        name, keys_of = self._source.name, self._source.keys_of
        return self._database.read_now(lambda c: page_of(c, name, kind, wanted, keys_of))

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return those members of a group that are this source's own."""
        return self._database.read_now(lambda c: members_of(c, self._source.name, group_id))

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        """Return this source's groups that somebody is a direct member of."""
        return self._database.read_now(lambda c: groups_of(c, self._source.name, member_id))

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each of these groups, or the groups of each of these people."""
        return self._database.read_now(lambda c: related_of(c, self._source.name, kind, ids))

    # --- inside one transaction ---

    def _write(self, kind: str, work: Callable[[Connection, News], T]) -> T:
        def told(connection: Connection) -> T:
            news = News(self._source.actor)
            found = work(connection, news)
            news.write(connection)
            return found

        try:
            return self._database.write_now(told)
        except Refusal as refusal:
            if refusal.ruling is not Ruling.EXISTS:
                self._note(kind, refusal)
            raise
        except IntegrityError as error:
            raise Taken("Another one has this name, or took it just now.") from error
        except (InvalidValue, RecordError) as error:
            raise UnfitValue(str(error)) from error
        except NotFound as error:
            raise NotThere(f"There is no {kind} with that id.") from error

    def _note(self, kind: str, refusal: Refusal) -> None:
        """Say in the audit trail that a source reached for what is not its own."""

        def work(connection: Connection) -> None:
            news = News(self._source.actor)
            said_so = {"kind": kind, "reason": refusal.ruling.value}
            news.audit("inbound.refused", refusal.record_id, None, said_so)
            news.write(connection)

        self._database.write_now(work)

    def _said(self, kind: str, values: Resource) -> Said:
        check_texts(values)
        return said(values, self._source.mappings.of(kind))

    def _arrived(
        self, connection: Connection, kind: str, values: Resource, wanted: Said, news: News
    ) -> str:
        """Create or restore what a new resource stands for; return its internal id."""
        by_name = named(connection, kind, wanted)
        known = self._known(connection, kind, values)
        record_id = recognised(known, by_name, self._matching(kind))
        if by_name is not None and by_name != record_id:
            self._refuse_name(connection, kind, by_name)
        holder = None if record_id is None else self._holder(connection, kind, record_id)
        name = str(wanted.attributes.get("userPrincipalName", ""))
        if kind != GROUP and folded(name) in self._source.administrators:
            raise Refusal(Ruling.ADMINISTRATOR, record_id or "")
        ruling = arrival(self._source.name, holder)
        if ruling is Ruling.CREATE:
            return self._created(connection, kind, wanted, news)
        if ruling is not Ruling.RESTORE or record_id is None:
            raise Refusal(ruling, record_id or "")
        new = difference(
            self._said_last(connection, kind, record_id, wanted),
            wanted,
            self._source.mappings.of(kind),
        )
        forget_resource(connection, record_id)
        if kind == GROUP:
            edits.edit_group(connection, record_id, new.attributes, news)
            return record_id
        check_user_name(wanted)
        edits.restore_user(connection, record_id, news)
        user = known_user(connection, record_id)
        edits.edit_user(connection, user, self._edit(connection, kind, new), news)
        return record_id

    def _known(self, connection: Connection, kind: str, values: Resource) -> Sequence[Own]:
        """Return those of this source, living or deleted by it, with the same externalId."""
        found = self._source.keys_of(kind, values).lookups.get(EXTERNAL_ID, ())
        if not any(found) or EXTERNAL_ID not in self._matching(kind):
            return []
        return known_by(connection, self._source.name, kind, found[0])

    def _matching(self, kind: str) -> Sequence[str]:
        """Return by what resources are known; groups by their name alone."""
        return (USER_NAME,) if kind == GROUP else self._source.matching

    def _said_last(self, connection: Connection, kind: str, record_id: str, wanted: Said) -> Said:
        """Return what this source said before its resource went; of one given to it, nothing yet.

        Nothing said means that nothing is taken away, but whether the person is
        enabled is told anew.
        """
        asked = select(RESOURCES.c.body, RESOURCES.c.rules)
        row = connection.execute(asked.where(RESOURCES.c.record_id == record_id)).first()
        if row is None or not row.body:
            return Said({}, not wanted.enabled)
        return said_at(connection, self._source, row.rules, kind, row.body)

    def _created(self, connection: Connection, kind: str, wanted: Said, news: News) -> str:
        new = difference(None, wanted, self._source.mappings.of(kind))
        given = {name: value for name, value in new.attributes.items() if value is not None}
        if kind == GROUP:
            with losing_is_a_conflict(connection, kind, wanted, ""):
                return edits.create_group(connection, given, None, news).id
        check_user_name(wanted)
        edit = self._edit(connection, kind, new)
        with losing_is_a_conflict(connection, kind, wanted, ""):
            return edits.create_user(connection, edit, None, news).id

    def _tell(self, connection: Connection, held: Row, values: Resource, news: News) -> None:
        """Carry what is new in ``values`` over into the directory."""
        mapping = self._source.mappings.of(held.kind)
        now = self._said(held.kind, values)
        new = difference(
            said_at(connection, self._source, held.rules, held.kind, held.body), now, mapping
        )
        holder = self._holder(connection, held.kind, held.record_id)
        self._check_name_free(connection, held, now, new)
        self._check_known_free(connection, held, values)
        mapped = {one.target for one in mapping.mappings}
        kind = Kind.GROUP if held.kind == GROUP else Kind.USER
        for name in new.attributes:
            if not may_write(self._source.name, holder, kind, name, mapped):
                raise UnfitValue(f"{name} is not this source's to write.")
        if held.kind == GROUP:
            with losing_is_a_conflict(connection, held.kind, now, held.record_id):
                edits.edit_group(connection, held.record_id, new.attributes, news)
            return
        check_user_name(now)
        if new.enabled:
            edits.restore_user(connection, held.record_id, news)
        user = known_user(connection, held.record_id)
        edit = self._edit(connection, held.kind, new)
        with losing_is_a_conflict(connection, held.kind, now, held.record_id):
            edits.edit_user(connection, user, edit, news)

    def _edit(self, connection: Connection, kind: str, new: Difference) -> UserEdit:
        manager = new.manager
        if manager:
            try:
                manager = one_of(connection, self._source.name, kind, manager).record_id
            except NotThere as error:
                raise UnfitValue(
                    "manager.value must be the id of a person whom this source created."
                ) from error
        return UserEdit(new.attributes, new.enabled, manager)

    def _check_name_free(
        self, connection: Connection, held: Row, now: Said, new: Difference
    ) -> None:
        if not new.attributes.keys() & {"userPrincipalName", "displayName"}:
            return
        other = named(connection, held.kind, now)
        name = str(now.attributes.get("userPrincipalName", ""))
        if held.kind != GROUP and folded(name) in self._source.administrators:
            raise Refusal(Ruling.ADMINISTRATOR, held.record_id)
        if other is not None and other != held.record_id:
            self._refuse_name(connection, held.kind, other)

    def _refuse_name(self, connection: Connection, kind: str, other: str) -> NoReturn:
        """Refuse a name that another record has, for the reason that it is whose it is."""
        ruling = arrival(self._source.name, self._holder(connection, kind, other))
        raise Refusal(Ruling.EXISTS if ruling is Ruling.RESTORE else ruling, other)

    def _check_known_free(self, connection: Connection, held: Row, values: Resource) -> None:
        """Refuse an externalId by which another of this source is known."""
        if values.get(EXTERNAL_ID) == held.body.get(EXTERNAL_ID):
            return
        others = self._known(connection, held.kind, values)
        for one in others:
            if one.shown and one.record_id != held.record_id:
                raise Refusal(Ruling.EXISTS, one.record_id)

    def _permit(self, connection: Connection, held: Row) -> None:
        ruling = changing(self._source.name, self._holder(connection, held.kind, held.record_id))
        if ruling is not Ruling.CHANGE:
            raise Refusal(ruling, held.record_id)

    def _holder(self, connection: Connection, kind: str, record_id: str) -> Holder:
        asked = select(RESOURCES.c.source, RESOURCES.c.deleted_at)
        row = connection.execute(asked.where(RESOURCES.c.record_id == record_id)).first()
        administers = kind != GROUP and user_name_of(connection, record_id) in (
            self._source.administrators
        )
        if row is None:
            return Holder(None, administrator=administers)
        return Holder(row.source, row.deleted_at is None, administers)

    def _index(self, connection: Connection, kind: str, resource_id: str, values: Resource) -> None:
        keys = self._source.keys_of(kind, values)
        claimed = set(keys.unique)
        looked = {(name, value) for name, found in keys.lookups.items() for value in found}
        rows = [
            {
                "resource_id": resource_id,
                "name": name,
                "value": value,
                "source": self._source.name,
                "kind": kind,
                "claimed": (name, value) in claimed,
            }
            for name, value in sorted(looked | claimed)
        ]
        if rows:
            connection.execute(insert(KEYS), rows)
