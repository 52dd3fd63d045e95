"""One page of what is wanted: by index where that is exact, else by looking at each candidate.

An edge beside the walk. ``resource_query`` says what SQL knows of a filter;
this page counts, orders and cuts. A page begins after the last row of the one
before, by that row's place in the order and never by a count, so that rows
which come and go in between move nobody out of sight.
"""

import datetime as dt
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.scim.attribute import Type
from seatkeeper.scim.errors import InvalidCursor
from seatkeeper.scim.filter import print_filter
from seatkeeper.scim.holding import Found, Stored, Wanted, reference, whole
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.names import is_core
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.sorting import Sort, SortKey
from seatkeeper.scim.syntax import Not
from seatkeeper.store.resource_counts import count_of
from seatkeeper.store.resource_file import stamp
from seatkeeper.store.resource_keys import ABSENT, holds_cut_keys, key_of_text
from seatkeeper.store.resource_lookup import key_asked, looked_up
from seatkeeper.store.resource_members import related, seq_of
from seatkeeper.store.resource_query import Indexed, Part
from seatkeeper.store.resource_rows import WHOLE, stored
from seatkeeper.store.resource_tables import KEYS, RESOURCES
from seatkeeper.store.upsert import PIECE, pieces

_COLUMNS: Final = {
    "id": RESOURCES.c.id,
    "meta.created": RESOURCES.c.created,
    "meta.lastModified": RESOURCES.c.modified,
}
_ORDERED: Final = KEYS.alias("ordered")
_TEXT, _MOMENT = 3, 2
"""First parts of the keys by which ``Sort`` compares texts and moments."""
_LAST: Final[SortKey] = (9, 0, "")
_LONGEST_POSITION: Final = 200_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an order; ``key`` is none where the order is that of creation."""

    key: SortKey | None
    seq: int


def find(db: sa.Connection, kind: str, wanted: Wanted, names: frozenset[str]) -> Found:
    """Return one page. A position that was not given for this order is 400."""
    asked = key_asked(wanted, names)
    if asked is not None:
        found = looked_up(db, kind, *asked, most=wanted.limit)
        if found is not None:
            return found
    return _Search(db, kind, wanted, names).found()


class _Search:
    def __init__(self, db: sa.Connection, kind: str, wanted: Wanted, names: frozenset[str]) -> None:
        self._db = db
        self._kind = kind
        self._wanted = wanted
        self._names = names
        self._after = _place(wanted)
        tree = wanted.filter
        # What a filter may not ask is refused, whether or not anybody has to be looked at.
        self._meets = None if tree is None else compile_filter(tree, wanted.schema)
        self._part = Part(sa.true()) if tree is None else self._indexed.part(tree)

    @cached_property
    def _indexed(self) -> Indexed:
        schema = self._wanted.schema
        return Indexed(self._kind, schema, self._names, self._is_cut, self._seq_of)

    def _seq_of(self, resource_id: str) -> int | None:
        return seq_of(self._db, resource_id)

    def _is_cut(self, name: str) -> bool:
        return holds_cut_keys(self._db, self._kind, name)

    def found(self) -> Found:
        column = self._order_column()
        if not self._part.exact or (self._wanted.sort is not None and column is None):
            return self._looked_for()
        total = self._total()
        if self._wanted.limit <= 0:
            return Found([], total, "")
        rows = self._db.execute(self._page_query(column)).all()
        page = [stored(row) for row in rows[: self._wanted.limit]]
        following = ""
        if len(rows) > len(page):
            last = rows[len(page) - 1]
            following = self._position(self._key(page[-1]), last.seq)
        return Found(page, total, following)

    # --- by index ---

    def _total(self) -> int:
        if self._wanted.filter is None:
            return count_of(self._db, self._kind)
        if self._part.seqs is None:
            others = self._indexed.part(Not(self._wanted.filter))
            if others.exact and others.seqs is not None:
                return count_of(self._db, self._kind) - self._counted(others)
        return self._counted(self._part)

    def _counted(self, part: Part) -> int:
        query = sa.select(sa.func.count()).where(part.rows(self._kind, whole=True))
        query = query.select_from(RESOURCES)
        return int(self._db.execute(query).scalar_one())

    def _page_query(self, column: "sa.Column[Any] | None") -> "sa.Select[Any]":
        sort, query = self._wanted.sort, sa.select(*WHOLE)
        if column is None or sort is None:
            after = None if self._after is None else self._after.seq
            query = query.where(self._part.rows(self._kind, after=after))
            query = query.order_by(RESOURCES.c.seq)
        else:
            seq = RESOURCES.c.seq
            if column is _ORDERED.c.value:
                seq = _ORDERED.c.seq
                # Of the kind is the key, or two indexes would be asked for one.
                query = query.join(_ORDERED, seq == RESOURCES.c.seq)
                query = query.where(_ORDERED.c.kind == self._kind, _ORDERED.c.name == _name(sort))
                query = query.where(self._part.among())
            else:
                query = query.where(RESOURCES.c.kind == self._kind, self._part.among())
            if self._after is not None and self._after.key is not None:
                at = _column_value(column, self._after.key)
                query = query.where(
                    *_follows(column, seq, at, self._after.seq, descending=sort.descending)
                )
            query = query.order_by(column.desc() if sort.descending else column, seq)
        if self._after is None:
            query = query.offset(self._wanted.offset)
        return query.limit(self._wanted.limit + 1)

    def _order_column(self) -> "sa.Column[Any] | None":
        """Return the column that has the wanted order exactly, or none."""
        sort = self._wanted.sort
        if sort is None or sort.path.where is not None:
            return None
        if sort.path.schema is not None and not is_core(sort.path.schema):
            return None
        name = _name(sort)
        if name in _COLUMNS:
            return _COLUMNS[name]
        attribute = self._wanted.schema.attribute(sort.path)
        if attribute is None or attribute.multi_valued or attribute.type is Type.COMPLEX:
            return None
        if sort.path.sub is not None or name not in self._names or self._is_cut(name):
            return None
        return _ORDERED.c.value

    # --- by looking ---

    def _looked_for(self) -> Found:
        """Look at every candidate, in pieces; keep no more of them than lead up to the page's end.

        Only here does a search read bodies that it does not return.
        """
        total, beyond = 0, 0
        room = self._wanted.limit + (0 if self._after is not None else self._wanted.offset)
        best: list[tuple[SortKey | None, int]] = []

        def following() -> Iterator[tuple[SortKey | None, int]]:
            nonlocal total, beyond
            for seq, body in self._candidates():
                total += 1
                key = None if self._wanted.sort is None else self._wanted.sort.key(body)
                if self._is_after(key, seq):
                    beyond += 1
                    yield key, seq

        sort = self._wanted.sort
        if sort is None or room <= 0:
            for one in following():
                if len(best) < room:
                    best.append(one)
        else:
            leading = heapq.nlargest if sort.descending else heapq.nsmallest
            best = leading(room, following(), key=lambda pair: pair[0] or _LAST)
        chosen = best[room - self._wanted.limit :] if self._wanted.limit > 0 else []
        by_seq = self._by_seq([seq for _, seq in chosen])
        position = self._position(*chosen[-1]) if chosen and beyond > len(best) else ""
        return Found([by_seq[seq] for _, seq in chosen], total, position)

    def _is_after(self, key: SortKey | None, seq: int) -> bool:
        after, sort = self._after, self._wanted.sort
        if after is None:
            return True
        if sort is None or key is None or after.key is None or key == after.key:
            return seq > after.seq
        return key < after.key if sort.descending else key > after.key

    def _candidates(self) -> Iterator[tuple[int, Resource]]:
        last = 0
        asked = "" if self._wanted.filter is None else print_filter(self._wanted.filter)
        if self._wanted.sort is not None:
            asked += str(self._wanted.sort.path)
        # Members and groups are only read where somebody asks for them.
        with_related = ("members" if self._kind == "Group" else "groups") in asked.casefold()
        query = sa.select(*WHOLE).order_by(RESOURCES.c.seq).limit(PIECE)
        while True:
            more = self._part.rows(self._kind, after=last)
            rows = self._db.execute(query.where(more)).all()
            others = related(self._db, self._kind, [r.seq for r in rows]) if with_related else {}
            for row in rows:
                body = self._whole(stored(row), others.get(row.seq, ()))
                if self._part.exact or self._meets is None or self._meets(body):
                    yield row.seq, body
            if len(rows) < PIECE:
                return
            last = rows[-1].seq

    def _by_seq(self, seqs: Sequence[int]) -> dict[int, Stored]:
        found: dict[int, Stored] = {}
        for piece in pieces(seqs):
            query = sa.select(*WHOLE).where(RESOURCES.c.seq.in_(piece))
            found.update((row.seq, stored(row)) for row in self._db.execute(query))
        return found

    def _whole(self, one: Stored, others: Sequence[Stored] = ()) -> Resource:
        base = self._wanted.base
        named = [reference(other, f"{base}/{other.kind}s/{other.id}") for other in others]
        return whole(one, self._wanted.schema, f"{base}/{one.kind}s/{one.id}", named)

    # --- positions ---

    def _key(self, one: Stored) -> SortKey | None:
        sort = self._wanted.sort
        return None if sort is None else sort.key(self._whole(one))

    def _position(self, key: SortKey | None, seq: int) -> str:
        return json.dumps([_order(self._wanted), key, seq], separators=(",", ":"))


def _name(sort: Sort) -> str:
    return str(replace(sort.path, schema=None))


def _order(wanted: Wanted) -> str:
    sort = wanted.sort
    return "" if sort is None else f"{'-' if sort.descending else '+'}{sort.path}"


def _place(wanted: Wanted) -> Place | None:
    if not wanted.after:
        return None
    try:
        if len(wanted.after) > _LONGEST_POSITION:
            raise ValueError("longer than any")
        order, key, seq = json.loads(wanted.after)
        place = Place(None if key is None else (int(key[0]), key[1], str(key[2])), int(seq))
        fits = order == _order(wanted) and (key is None) == (wanted.sort is None)
        if not fits or (isinstance(place.key, tuple) and not isinstance(place.key[1], int | float)):
            raise ValueError("of another order")
        if not 0 <= place.seq < 2**63:
            raise ValueError("no number of ours")
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise InvalidCursor("The cursor was not made here. Begin without a cursor.") from error
    return place


def _column_value(column: "sa.Column[Any]", key: SortKey) -> str | bytes:
    """Return what a sorted column holds for the row of that key."""
    rank, number, text = key
    if column is _ORDERED.c.value:
        return key_of_text(text) if rank == _TEXT else ABSENT
    if rank == _MOMENT:
        return stamp(dt.datetime.fromtimestamp(number, dt.UTC))
    return text


def _follows(
    column: "sa.Column[Any]",
    seq: "sa.Column[int]",
    at: str | bytes,
    after: int,
    *,
    descending: bool,
) -> "list[sa.ColumnElement[bool]]":
    """Return the conditions on whoever comes after a place; the first is for the index alone."""
    later = column < at if descending else column > at
    onwards = column <= at if descending else column >= at
    return [onwards, sa.or_(later, sa.and_(column == at, seq > after))]
