"""Find who administers an app, in what was last written to it or read.

Beside the walk. Reading queries only; what marks an administrator is
``provisioning.last_administrators``'s to say. Only accounts whose values name the mark somewhere
are read.
"""

from sqlalchemy import Connection, Text, func, or_, select, type_coerce

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.last_administrators import Administrators, Mark, administrators
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.tables import canonical, groups


def administrators_of(connection: Connection, app_id: str, mark: Mark) -> Administrators:
    """Return who administers an app, and which group says so."""
    people = select(t.links.c.record_id, t.links.c.known).where(
        t.links.c.app_id == app_id, t.links.c.kind == Kind.USER.value
    )
    if mark.group:
        group_id = _group(connection, app_id, mark.group)
        members = select(t.link_members.c.member_id).where(
            t.link_members.c.app_id == app_id, t.link_members.c.group_id == group_id
        )
        people = people.where(t.links.c.record_id.in_(members))
    else:
        group_id = ""
        kept = func.lower(type_coerce(t.links.c.known, Text()))
        said = [func.lower(canonical(one)[1:-1]) for one in sorted(mark.values)]
        people = people.where(or_(*(func.replace(kept, one, "") != kept for one in said)))
    known = {row.record_id: row.known for row in connection.execute(people)}
    return Administrators(administrators(mark, known), group_id)


def _group(connection: Connection, app_id: str, name: str) -> str:
    """Return the record of a group that has an account, by its name now or its last one."""
    called = func.coalesce(groups.c.display_name, t.links.c.display_name)
    asked = (
        select(t.links.c.record_id)
        .outerjoin_from(t.links, groups, groups.c.id == t.links.c.record_id)
        .where(
            t.links.c.app_id == app_id,
            t.links.c.kind == Kind.GROUP.value,
            func.lower(called) == func.lower(name),
        )
        .order_by(t.links.c.record_id)
    )
    return str(connection.scalars(asked).first() or "")
