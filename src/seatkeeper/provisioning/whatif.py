"""Say what a change of the directory would lead to, from a plan that was made after it.

    [source change -> scope -> map -> match -> plan] -> export -> log

Pure, beside ``preview``: a plan and the facts of everybody whom the change
touches go in, who is affected and who stays as they are comes out, with the
reasons. It decides nothing: the plan was made by the functions of a cycle.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.provisioning.condition.judge import values_of
from seatkeeper.provisioning.condition.model import Clause, every_node
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts, scope_of
from seatkeeper.words import number_of

_WORST_FIRST: Final = (Outlook.DELETE, Outlook.DISABLE)


@dataclass(frozen=True, slots=True)
class Stays:
    """Somebody whom the change touches and who keeps an account that is as it should be."""

    record_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What would follow: records with what would be done, and those who stay.

    ``affected`` begins with those who lose their account, then those who lose
    access: whoever reads only the beginning has read the worst.
    ``open_ones``: for some the app would be asked first whether it has their
    account already, so that a create may turn out to be a link.
    """

    affected: tuple[PlannedRecord, ...]
    stays: tuple[Stays, ...]

    @property
    def lose(self) -> tuple[PlannedRecord, ...]:
        """Those who would lose access or their account."""
        return tuple(one for one in self.affected if one.verb in _WORST_FIRST)

    @property
    def open_ones(self) -> bool:
        """Whether a look-up in the app would come before somebody's account is made."""
        return any(one.verb is Outlook.CREATE for one in self.affected)

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        if not self.affected:
            return "Nothing would be sent because of it."
        count = {verb: sum(one.verb is verb for one in self.affected) for verb in Outlook}
        words = ", ".join(f"{n} {verb.value}" for verb, n in count.items() if n)
        requests = sum(len(one.requests) for one in self.affected)
        return f"The next cycle would do this: {words}; {number_of(requests, 'request')}."


def consequences(
    plan: Preview, anyway: Preview, touched: Iterable[Facts], rules: Rules
) -> Consequences:
    """Return what the plan does with the records that a change touches.

    What would be done ``anyway``, without the change, is no consequence: what
    waited and is tried again, and all that follows from that.
    """
    without = {replace(one, cause="") for one in anyway.records}
    caused = (one for one in plan.records if replace(one, cause="") not in without)
    affected = tuple(sorted(caused, key=_place))
    named = {one.record_id for one in affected}
    stays = tuple(
        Stays(facts.record_id, facts.display_name, scope_of(facts, rules).reason)
        for facts in touched
        if facts.record_id not in named and facts.link is not None and scope_of(facts, rules).usable
    )
    return Consequences(affected, tuple(sorted(stays, key=lambda one: (one.name, one.record_id))))


def _place(one: PlannedRecord) -> int:
    return _WORST_FIRST.index(one.verb) if one.verb in _WORST_FIRST else len(_WORST_FIRST)


def readers(names: Iterable[str], rules: Rules) -> list[str]:
    """Return the paths of an app that are made of any of these attributes."""
    asked = set(names)
    objects = [one for one in (rules.users, rules.groups) if one is not None]
    return [
        one.target for mapped in objects for one in mapped.mappings if asked.intersection(one.reads)
    ]


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried out of one record: attributes by name, groups as id to name."""

    attributes: Collection[str] = ()
    joins: Mapping[str, str] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    unassigned: bool = False
    removed: bool = False


def hollow(
    tried: Tried,
    before: Facts,
    after: User | Group | None,
    rules: Rules,
    *,
    member_of: Collection[str],
) -> tuple[str, ...]:
    """Return a sentence for each part of what is tried out that cannot change anything.

    ``after`` is the record once its attributes are edited, ``member_of`` the
    ids of the groups it is a direct member of before. A premise that does not
    hold is otherwise answered with silence, which reads like "no harm done".
    """
    return (
        *_hollow_edits(tried.attributes, before, after, rules),
        *_hollow_moves(tried, before.display_name, member_of),
        *_hollow_ends(tried, before, rules),
    )


def _hollow_edits(
    names: Collection[str], before: Facts, after: User | Group | None, rules: Rules
) -> Iterator[str]:
    was = values_of(before.record) if before.record is not None else {}
    will = values_of(after) if after is not None else {}
    for name in names:
        if not _is_read(name, before.kind, rules):
            yield (
                f"No mapping, filter or matching rule of {rules.app_name} reads {name}: another "
                "value changes nothing there."
            )
        elif was.get(name) == will.get(name):
            yield f"{before.display_name} has this {name} already."


def _is_read(name: str, kind: Kind, rules: Rules) -> bool:
    """Whether anything that decides about a record of this kind looks at the attribute."""
    if name == "accountEnabled" and kind is Kind.USER:
        return True
    condition = rules.user_filter if kind is Kind.USER else rules.group_filter
    nodes = every_node(condition) if condition is not None else ()
    if any(isinstance(node, Clause) and node.attribute == name for node in nodes):
        return True
    if kind is Kind.GROUP and name == "displayName" and rules.reads_memberships:
        return True
    mapped = rules.mapping(kind)
    return mapped is not None and any(name in one.reads for one in mapped.mappings)


def _hollow_moves(tried: Tried, who: str, member_of: Collection[str]) -> Iterator[str]:
    for group, name in tried.joins.items():
        if group in member_of:
            yield f"{who} is a member of {name} already: joining it changes nothing."
    for group, name in tried.leaves.items():
        if group not in member_of:
            yield f"{who} is not a direct member of {name}: leaving it changes nothing."


def _hollow_ends(tried: Tried, before: Facts, rules: Rules) -> Iterator[str]:
    who, record = before.display_name, before.record
    if tried.unassigned and not any(one.group_id is None for one in before.grants):
        ways = "; ".join(one.path for one in before.grants)
        where = f"assigned only {ways}" if ways else f"not assigned to {rules.app_name}"
        yield f"{who} is {where}: there is no direct assignment to end."
    if tried.removed and isinstance(record, User) and record.deleted_at is not None:
        yield f"{who} was deleted on {record.deleted_at:%Y-%m-%d} already."
