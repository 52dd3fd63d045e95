"""Prepare the scope editor: a filter as rows of a form, and who would leave and join.

After the walk, pure. The form holds what the reference's filters can say, any of
some groups, each all of its conditions, and membership beside them; a tree that
says more is shown in words and left to the document. Who is in is judged by
the walk's own ``scope_of``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seatkeeper.configuration.filters import in_words, stored_filter
from seatkeeper.console.language import _
from seatkeeper.console.words import visible
from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.condition import model
from seatkeeper.provisioning.condition.model import Clause, Condition, MemberOf
from seatkeeper.provisioning.condition.operators import OPERATORS
from seatkeeper.provisioning.condition.plain import to_plain
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts, scope_of

MEMBER: Final = "member of group"
"""What stands in the place of an attribute where membership is asked for."""

MOST_GROUPS: Final = 20
MOST_ROWS: Final = 20
NAMED: Final = 200
"""So many of those who would leave or join are named."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition of the form, as typed. Several wanted values stand one to a line."""

    attribute: str = ""
    operator: str = "EQUALS"
    values: str = ""

    @property
    def empty(self) -> bool:
        """Whether the row says nothing."""
        return not (self.attribute or self.values)


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The filter as groups of rows; none where the tree says more than rows can."""

    groups: Sequence[Sequence[Row]]
    words: str
    fits: bool = True

    @property
    def with_blanks(self) -> Sequence[Sequence[Row]]:
        """The groups with one more row each, and one more group, to be filled in."""
        return [*([*rows, Row()] for rows in self.groups), [Row()]]


@dataclass
class Effect:
    """Who is in scope before and after a change, of those who were looked at."""

    before: int = 0
    after: int = 0
    looked_at: int = 0
    all_looked_at: bool = True
    leaving: int = 0
    joining: int = 0
    leave: list[tuple[str, str, str]] = field(default_factory=list)
    join: list[tuple[str, str, str]] = field(default_factory=list)

    def judge(self, facts: Facts, now: Rules, then: Rules) -> None:
        """Count one record in; a person who leaves or joins is named with the reason."""
        was, will = scope_of(facts, now), scope_of(facts, then)
        self.looked_at += 1
        self.before += was.usable
        self.after += will.usable
        who = (facts.record_id, visible(facts.display_name, 80), visible(will.reason, 200))
        if was.usable and not will.usable:
            self.leaving += 1
            self.leave += [who] if len(self.leave) < NAMED else []
        elif will.usable and not was.usable:
            self.joining += 1
            self.join += [who] if len(self.join) < NAMED else []


def operators() -> Sequence[str]:
    """Return the operators' names in their documented order."""
    return list(OPERATORS)


def form_of(plain: Mapping[str, Any] | None) -> FilterForm:
    """Return a stored filter as a form."""
    condition = stored_filter(plain)
    words = in_words(plain)
    if condition is None:
        return FilterForm((), words)
    groups = [_rows(one) for one in _parts(condition)]
    if any(rows is None for rows in groups):
        return FilterForm((), words, fits=False)
    return FilterForm([rows for rows in groups if rows is not None], words)


def form_sent(sent: Mapping[str, str]) -> FilterForm:
    """Return the form as it was typed, without what was left blank."""
    groups = []
    for group in range(MOST_GROUPS):
        rows = [
            Row(
                sent.get(f"g{group}r{row}a", "")[:300].strip(),
                sent.get(f"g{group}r{row}o", "")[:60],
                sent.get(f"g{group}r{row}v", "")[:20_000],
            )
            for row in range(MOST_ROWS)
            if f"g{group}r{row}a" in sent
        ]
        kept = [row for row in rows if not row.empty]
        groups += [kept] if kept else []
    return FilterForm(groups, "")


def filter_of(form: FilterForm) -> dict[str, object] | None:
    """Return the filter that a form describes, as settings keep it; none: no filter.

    Raises ``InvalidValue`` for a row without an attribute.
    """
    groups = [model.All(tuple(_condition(row) for row in rows)) for rows in form.groups]
    if not groups:
        return None
    return to_plain(groups[0] if len(groups) == 1 else model.Any(tuple(groups)))


def _condition(row: Row) -> Condition:
    if not row.attribute:
        raise InvalidValue(
            "A condition names no attribute.", advice="Choose one, or empty the row."
        )
    lines = tuple(line.strip() for line in row.values.splitlines() if line.strip())
    if row.attribute == MEMBER:
        if len(lines) != 1:
            raise InvalidValue(
                _("A condition on membership names one group."),
                advice=_("Write the group's name."),
            )
        return MemberOf(lines[0])
    return Clause(row.attribute, row.operator, lines)


def _parts(condition: Condition) -> Sequence[Condition]:
    if isinstance(condition, model.Any) and not condition.name:
        return condition.nodes
    return (condition,)


def _rows(condition: Condition) -> Sequence[Row] | None:
    """Return a group as rows, or none where it holds more than conditions."""
    parts = condition.nodes if isinstance(condition, model.All) else (condition,)
    rows = []
    for part in parts:
        match part:
            case Clause(attribute, operator, values, None):
                rows.append(Row(attribute, operator, "\n".join(values)))
            case MemberOf(group):
                rows.append(Row(MEMBER, "EQUALS", group))
            case _:
                return None
    return rows
