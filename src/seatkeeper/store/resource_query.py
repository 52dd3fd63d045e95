"""A filter as SQL: what an index answers, exactly where it can, else as far as it can.

An edge beside the walk. ``compile_filter`` says what a filter means; this page
says which rows can possibly meet it, and whether those are all and only they.
Texts of a filter are always bound, never part of a statement.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from seatkeeper.scim.attribute import Attribute, Type
from seatkeeper.scim.comparison import moment
from seatkeeper.scim.names import fold, is_core
from seatkeeper.scim.quirks import boolean_from_text
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import (
    And,
    AttributePath,
    Comparison,
    Filter,
    HasElement,
    Not,
    Operator,
    Or,
    Present,
    Scalar,
)
from seatkeeper.store.resource_file import stamp
from seatkeeper.store.resource_keys import ABSENT, key_of_text, plain_key
from seatkeeper.store.resource_rows import is_id
from seatkeeper.store.resource_tables import KEYS, LONGEST_KEY, MEMBERS, RESOURCES

Condition: TypeAlias = sa.ColumnElement[bool]
ONE, SOME, MANY = 0, 1, 2
_RELATED: Final = {"Group": "members.value", "User": "groups.value"}
_MOMENTS: Final = {
    "meta.created": RESOURCES.c.created,
    "meta.lastModified": RESOURCES.c.modified,
}
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """What SQL knows of a filter: at least every row that meets it, and only those if ``exact``.

    ``test`` asks it of one row of ``resources``; none where nothing is known.
    ``seqs`` lists the numbers of the rows that an index finds; none where it
    finds none. ``rank`` says how many they may be: one, some, many.
    """

    test: Condition | None
    seqs: "sa.Select[Any] | sa.CompoundSelect[Any] | None" = None
    rank: int = MANY
    exact: bool = True

    def among(self) -> Condition:
        """Return the condition on ``resources`` that are of the kind already."""
        if self.seqs is not None and self.rank < MANY:
            return RESOURCES.c.seq.in_(self.seqs)
        return sa.true() if self.test is None else self.test

    def rows(self, kind: str, *, after: int | None = None, whole: bool = False) -> Condition:
        """Return the condition on ``resources`` of that kind, with numbers over ``after``.

        With ``whole`` all rows that meet it are read, else perhaps only the first.
        """
        if self.seqs is not None and (whole or self.rank < MANY):
            # The list has rows of this kind alone. With less to choose from, SQLite
            # goes by the list, and never along the table from ``after`` on.
            listed = RESOURCES.c.seq.in_(self.seqs)
            return listed if after is None else sa.and_(listed, RESOURCES.c.seq + 0 > after)
        conditions: list[Condition] = [RESOURCES.c.kind == kind]
        if self.test is not None:
            conditions.append(self.test)
        if after is not None:
            conditions.append(RESOURCES.c.seq > after)
        return sa.and_(*conditions)


_UNKNOWN: Final = Part(None, exact=False)
_ALWAYS: Final = Part(sa.true())
_NEVER: Final = Part(sa.false())


@dataclass(frozen=True, slots=True)
class Indexed:
    """What of one kind is indexed: the names of its keys, and whether some under a name are cut.

    ``seq_of`` finds the number of an id, so that a database plans for that
    very group and not for one of middling size.
    """

    kind: str
    schema: ResourceSchema
    names: frozenset[str]
    has_cut: Callable[[str], bool]
    seq_of: Callable[[str], int | None]

    def part(self, tree: Filter, *, negated: bool = False) -> Part:
        """Return what SQL knows of ``tree``, or of its opposite."""
        match tree:
            case Not(inner):
                return self.part(inner, negated=not negated)
            case And(parts):
                found = [self.part(one, negated=negated) for one in parts]
                return _some(found) if negated else _every(found)
            case Or(parts):
                found = [self.part(one, negated=negated) for one in parts]
                return _every(found) if negated else _some(found)
            case Comparison(path, Operator.NE, value) if path.where is None:
                # No value is equal: asked as its opposite, which an index can count.
                return self.part(Comparison(path, Operator.EQ, value), negated=not negated)
            case _:
                leaf = self._leaf(tree)
                return _opposite(leaf) if negated else leaf

    def _leaf(self, tree: "Comparison | Present | HasElement") -> Part:
        path = tree.path
        attribute = self._attribute(path)
        if attribute is None:
            return _UNKNOWN
        if path.where is not None:
            return self._chosen(tree, attribute, path.where)
        if isinstance(tree, HasElement):
            return _UNKNOWN
        found = key_name(path, attribute, null=_is_null(tree))
        if found is None:
            return _UNKNOWN
        name, leaf = found
        if isinstance(tree, Present):
            return self._present(name)
        if tree.value is None:
            return self._null(name, tree.op)
        return self._compared(name, leaf, tree.op, tree.value)

    def _attribute(self, path: AttributePath) -> Attribute | None:
        if path.schema is not None and not is_core(path.schema):
            return None
        return self.schema.attribute(path)

    def _chosen(
        self, tree: "Comparison | Present | HasElement", attribute: Attribute, where: Filter
    ) -> Part:
        """Return what is known where only some elements count: those that ``where`` chooses."""
        inside = self._inside(attribute, where)
        if isinstance(tree, HasElement):
            return inside
        parts = [inside]
        if isinstance(tree, Comparison):
            if tree.value is None or tree.op is Operator.NE:
                return _UNKNOWN  # those whom nothing was chosen from meet it too
            found = key_name(tree.path, attribute, null=False)
            if found is not None:
                parts.append(self._compared(*found, tree.op, tree.value))
        return replace(_every(parts), exact=False)

    def _inside(self, attribute: Attribute, where: Filter) -> Part:
        match where:
            case And(parts):
                # Each part may be met by another element, so this is too many.
                return replace(_every([self._inside(attribute, p) for p in parts]), exact=False)
            case Or(parts):
                return _some([self._inside(attribute, part) for part in parts])
            case Comparison(path, op, value):
                part = self._own_value(path, attribute)
                if part is None or value is None or op is Operator.NE:
                    return _UNKNOWN
                return self._compared(f"{attribute.name}.{part.name}", part, op, value)
            case Present(path):
                part = self._own_value(path, attribute)
                return _UNKNOWN if part is None else self._present(f"{attribute.name}.{part.name}")
            case _:
                return _UNKNOWN

    def _own_value(self, path: AttributePath, attribute: Attribute) -> Attribute | None:
        plain = path.schema is None and path.where is None and path.sub is None
        return attribute.part("value") if plain and path.name.casefold() == "value" else None

    # --- one attribute ---

    def _present(self, name: str) -> Part:
        if name == "id":
            return _ALWAYS
        if name == _RELATED.get(self.kind):
            mine = _member_columns(self.kind)[0]
            return Part(sa.exists().where(mine == RESOURCES.c.seq))
        if name in self.names:
            return self._keyed(name, _between(b"\0", ABSENT), MANY)
        return _UNKNOWN

    def _null(self, name: str, op: Operator) -> Part:
        if name not in self.names or op not in (Operator.EQ, Operator.NE):
            return _UNKNOWN
        absent = self._keyed(name, KEYS.c.value == ABSENT, SOME)
        return absent if op is Operator.EQ else _opposite(absent)

    def _compared(self, name: str, leaf: Attribute, op: Operator, value: Scalar) -> Part:
        if op is Operator.NE:
            return _opposite(self._compared(name, leaf, Operator.EQ, value))
        if name == "active":
            return self._active(value) if op is Operator.EQ else _UNKNOWN
        column = _MOMENTS.get(name)
        if column is not None:
            return self._moment(column, op, value)
        if name not in self.names and name not in ("id", _RELATED.get(self.kind)):
            return _UNKNOWN
        if not isinstance(value, str):
            return _NEVER  # texts are kept here, and nothing else is equal to one
        if name == "id":
            return self._id(value) if op is Operator.EQ else _UNKNOWN
        if name == _RELATED.get(self.kind):
            return self._related(value) if op is Operator.EQ else _UNKNOWN
        return self._text(name, op, value if leaf.case_exact else fold(value))

    def _id(self, value: str) -> Part:
        if not is_id(value):
            return _NEVER
        mine = RESOURCES.c.id == value
        return Part(mine, _numbers(mine, RESOURCES.c.kind == self.kind), ONE)

    def _related(self, value: str) -> Part:
        seq = self.seq_of(value)
        if seq is None:
            return _NEVER
        mine, others = _member_columns(self.kind)
        test = sa.exists().where(mine == RESOURCES.c.seq, others == seq)
        listed = sa.select(mine.label("seq")).where(others == seq)
        if self.kind != "Group":  # groups can be members too
            listed = _numbers(RESOURCES.c.kind == self.kind, RESOURCES.c.seq.in_(listed))
        return Part(test, listed, SOME)

    def _active(self, value: Scalar) -> Part:
        truth = boolean_from_text(value)
        if not isinstance(truth, bool):
            return _NEVER
        test = RESOURCES.c.active == int(truth)
        return Part(test, _numbers(RESOURCES.c.kind == self.kind, test), MANY)

    def _moment(self, column: sa.Column[str], op: Operator, value: Scalar) -> Part:
        at = moment(value) if isinstance(value, str) else None
        if at is None:
            return _UNKNOWN
        try:
            at = at.astimezone(dt.UTC)
        except OverflowError:
            return _UNKNOWN
        # What is kept has milliseconds; a moment between two of them is equal to none.
        between = at.microsecond % 1_000 > 0
        text = stamp(at)
        match op:
            case Operator.EQ:
                test = sa.false() if between else column == text
            case Operator.GT:
                test = column > text
            case Operator.GE:
                test = column > text if between else column >= text
            case Operator.LT:
                test = column <= text if between else column < text
            case Operator.LE:
                test = column <= text
            case _:
                return _UNKNOWN
        return Part(test, _numbers(RESOURCES.c.kind == self.kind, test), SOME)

    def _text(self, name: str, op: Operator, text: str) -> Part:
        key = plain_key(text)
        if op is Operator.EQ:
            return self._keyed(name, KEYS.c.value == key_of_text(text), ONE)
        if len(key) > LONGEST_KEY:
            return _UNKNOWN
        if op in (Operator.CO, Operator.EW):
            meets = _ends(key) if op is Operator.EW else _Where(KEYS.c.value, key) > 0
            if self.has_cut(name):
                return _UNKNOWN
            return self._keyed(name, _between(b"", ABSENT) & meets, SOME)
        match op:
            case Operator.SW:
                condition = _between(key, _after_all_that_begin_with(key))
            case Operator.GT:
                condition = _between(b"", ABSENT) & (KEYS.c.value > key)
            case Operator.GE:
                condition = _between(key, ABSENT)
            case Operator.LT:
                condition = KEYS.c.value < key
            case _:
                condition = KEYS.c.value <= key
        return self._keyed(name, condition, SOME)

    def _keyed(self, name: str, condition: Condition, rank: int) -> Part:
        test = sa.exists().where(KEYS.c.seq == RESOURCES.c.seq, KEYS.c.name == name, condition)
        seqs = sa.select(KEYS.c.seq).where(KEYS.c.kind == self.kind, KEYS.c.name == name, condition)
        return Part(test, seqs, rank)


def key_name(
    path: AttributePath, attribute: Attribute, *, null: bool
) -> tuple[str, Attribute] | None:
    """Return the name under which a path's values are indexed, and their attribute."""
    if attribute.type is not Type.COMPLEX:
        return None if path.sub else (attribute.name, attribute)
    if path.sub is None and null:
        return None  # whether anything is there is asked of all parts
    part = attribute.part(path.sub or "value")
    return None if part is None else (f"{attribute.name}.{part.name}", part)


def _is_null(tree: "Comparison | Present") -> bool:
    return isinstance(tree, Present) or tree.value is None


def _every(parts: Sequence[Part]) -> Part:
    """Return what is known where all parts hold: one index leads, the rest is asked of its rows."""
    exact = all(part.exact for part in parts)
    known = [part for part in parts if part.test is not None]
    if not known:
        return replace(_UNKNOWN, exact=exact)
    leading = min(known, key=lambda part: (part.seqs is None, part.rank))
    tests = [part.test for part in known if part.test is not None]
    if leading.seqs is None:
        return Part(sa.and_(*tests), exact=exact)
    others = [part.test for part in known if part is not leading and part.test is not None]
    seqs = _numbers(RESOURCES.c.seq.in_(leading.seqs), *others) if others else leading.seqs
    return Part(sa.and_(*tests), seqs, leading.rank, exact)


def _some(parts: Sequence[Part]) -> Part:
    """Return what is known where one part holds: an index finds them if one finds each part."""
    tests = [part.test for part in parts if part.test is not None]
    if len(tests) < len(parts):
        return _UNKNOWN
    listed = [sa.select(part.seqs.subquery().c.seq) for part in parts if part.seqs is not None]
    exact = all(part.exact for part in parts)
    seqs = sa.union(*listed) if len(listed) == len(parts) else None
    return Part(sa.or_(*tests), seqs, max(part.rank for part in parts), exact)


def _opposite(part: Part) -> Part:
    if not part.exact or part.test is None:
        return _UNKNOWN
    return Part(sa.not_(part.test))


def _numbers(*conditions: Condition) -> "sa.Select[Any]":
    return sa.select(RESOURCES.c.seq).where(*conditions).correlate(None)


def _member_columns(kind: str) -> tuple[sa.Column[int], sa.Column[int]]:
    """Return the column of ``members`` that holds ``kind``, and the one across."""
    if kind == "Group":
        return MEMBERS.c.group_seq, MEMBERS.c.member_seq
    return MEMBERS.c.member_seq, MEMBERS.c.group_seq


def _between(low: bytes, high: bytes) -> Condition:
    return sa.and_(KEYS.c.value >= low, KEYS.c.value < high)


def _after_all_that_begin_with(key: bytes) -> bytes:
    # No byte of a text is 0xff, so the last one can always be raised.
    return key[:-1] + bytes([key[-1] + 1]) if key else ABSENT


def _ends(key: bytes) -> Condition:
    if not key:
        return sa.true()
    start = sa.func.length(KEYS.c.value) - (len(key) - 1)
    return sa.and_(start > 0, sa.func.substr(KEYS.c.value, start) == key)


class _Where(FunctionElement[int]):
    """Where in a key some bytes begin, counted from 1; 0 where they are not in it."""

    inherit_cache = True
    type = sa.Integer()


@compiles(_Where, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Where, "postgresql")
def _position(element: Any, compiler: Any, **options: Any) -> str:
    return f"pg_catalog.position({compiler.process(element.clauses, **options)})"
