"""Call by their last names those who are gone from the directory for good.

At the source of the walk: rows of groups and purged people are deleted, but the
feed keeps how they were called when they went. People ask for a name, and read
names, long after. Whoever names nobody gets advice. Reading queries only; it
decides nothing.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, or_, select

from seatkeeper.directory.finding import search_key
from seatkeeper.directory.model import Kind, Subject, Verb
from seatkeeper.errors import NotFound
from seatkeeper.store.records import chunks, folded, user_of
from seatkeeper.store.tables import changes, groups, users

_GOES: Final = {Kind.USER: (Subject.USER, Verb.PURGED), Kind.GROUP: (Subject.GROUP, Verb.DELETED)}


def former_names(connection: Connection, ids: Collection[str], after: int) -> dict[str, str]:
    """Return the last names of those of ``ids`` that went for good after a change."""
    found: dict[str, str] = {}
    for some in chunks(ids):
        gone = (changes.c.seq > after, changes.c.record_id.in_(some))
        rows = connection.execute(_goings(*Kind).where(*gone))
        found |= {row.record_id: _name(row) for row in rows}
    return found


def former(connection: Connection, kind: Kind, who: str) -> tuple[str, str]:
    """Return id and last name of who is gone, the latest first. Raises ``NotFound``."""
    by_id = _goings(kind).where(changes.c.record_id == who).order_by(changes.c.seq.desc())
    row = connection.execute(by_id.limit(1)).first()  # along an index; names are looked through
    if row is not None:
        return row.record_id, _name(row)
    for row in connection.execute(_goings(kind).order_by(changes.c.seq.desc())):
        user_name = str(row.detail.get("user_name", ""))
        if who in {row.record_id, _name(row)} or folded(who) == folded(user_name):
            return row.record_id, _name(row)
    raise NotFound(f"There is no {kind} {who!r}, and nobody gone had that name.")


def hint(connection: Connection, kind: Kind, who: str) -> str:
    """Return advice for whoever named nobody: a group of that name, or people called so."""
    if kind is Kind.GROUP:
        return "Give the group's display name, letter by letter, or its id."
    if connection.execute(select(groups.c.id).where(groups.c.display_name == who)).first():
        return "There is a group of that name: say so with --group."
    named = (users.c.name_key == search_key(who), users.c.display_name == who)  # along an index
    called = select(users).where(*named).order_by(users.c.user_name).limit(3)
    names = " or ".join(user_of(row).user_name for row in connection.execute(called))
    return f"Did you mean {names}?" if names else "Give the user name, e-mail address or id."


def _goings(*kinds: Kind) -> Select[Any]:
    """Return the query of the changes with which records of these kinds went for good."""
    ends = [
        and_(changes.c.subject == _GOES[kind][0].value, changes.c.verb == _GOES[kind][1].value)
        for kind in kinds
    ]
    return select(changes.c.record_id, changes.c.detail).where(or_(*ends))


def _name(row: Row[Any]) -> str:
    return str(row.detail.get("display_name", row.record_id))
