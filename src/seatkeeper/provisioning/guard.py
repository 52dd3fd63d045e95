"""Hold removals that are too many to be meant: the deletion guard.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure: the removals of a whole plan go in, with what was decided about them
before and what left lately; which may be sent and which wait for a person
comes out (reliability 8). It never stops a create or an update, and it does
not look at single records: whether somebody loses access is the walk's decision.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.last_administrators import Administrators, Mark, nobody_left
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.shrinking import Shrinkage, Shrunk, Went, shrinkage
from seatkeeper.words import number_of

WINDOW: Final = dt.timedelta(hours=24)
"""How far back removals count that left without anybody's word."""

HELD_ADVICE: Final = "Decide with: seatkeeper approvals"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many without a person's word: a number that is always allowed, or a part of all."""

    at_least: int
    percent: float

    def of(self, total: int) -> int:
        """Return how many may leave where there are ``total``."""
        return max(self.at_least, int(total * self.percent / 100))

    def __str__(self) -> str:
        return f"{self.percent:g} %, at least {self.at_least}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one app. Not ``on``: only who is ``protected`` and last administrators wait.

    ``access_in_a_day`` counts over ``WINDOW``, the others in one cycle. ``source_in_a_day`` is
    how many of a source's people, of one department or group, it may take away within it.
    ``protected`` are user names, folded. ``four_eyes``: what waits for the word of two people
    goes on waiting for it, also where the limits are switched off meanwhile. ``administrators``
    says what marks an administrator of the app.
    """

    on: bool = True
    access: Limit = Limit(3, 2)
    access_in_a_day: Limit = Limit(3, 5)
    groups: Limit = Limit(1, 5)
    members: Limit = Limit(20, 10)
    values: Limit = Limit(10, 10)
    protected: frozenset[str] = frozenset()
    four_eyes: bool = False
    source_in_a_day: Limit = Limit(3, 20)
    administrators: Mark | None = None

    def in_a_cycle(self, what: Removal) -> Limit:
        """Return the limit of one cycle."""
        return {
            Removal.ACCESS: self.access,
            Removal.GROUP: self.groups,
            Removal.MEMBERS: self.members,
            Removal.VALUE: self.values,
        }[what]


@dataclass(frozen=True, slots=True)
class Planned:
    """One removal of a plan. ``paths``: values that become empty; ``members``: who leaves a group.

    ``digest`` stands for exactly this removal: another one asks anew.
    """

    kind: Kind
    record_id: str
    what: Removal
    display_name: str
    digest: str
    reason: str = ""
    count: int = 1
    paths: tuple[str, ...] = ()
    protected: bool = False
    members: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[Kind, str, Removal]:
        """What names a hold: one for each record and kind of removal."""
        return self.kind, self.record_id, self.what

    @property
    def counts_for(self) -> tuple[tuple[Removal, str], ...]:
        """Which counts it adds to: that of its kind, or one for each value that becomes empty."""
        return tuple((self.what, path) for path in self.paths or ("",))

    def takes(self, administrators: Administrators) -> frozenset[str]:
        """Return which administrators of the app are none any more after it."""
        match self.what:
            case Removal.ACCESS | Removal.RIGHTS:
                return administrators.people & {self.record_id}
            case Removal.GROUP | Removal.MEMBERS if self.record_id == administrators.group_id:
                whole = self.what is Removal.GROUP
                return administrators.people if whole else administrators.people & self.members
            case _:
                return frozenset()


class HoldState(StrEnum):
    """What was decided. ``OPEN`` waits for a person, ``KEPT`` until its end date."""

    OPEN = "open"
    APPROVED = "approved"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Hold:
    """One removal that waits, or about which somebody decided.

    ``why`` is what the guard said, ``reason`` the reason chain of the record, ``word`` what the
    person who decided gave as a reason. ``asked_by`` gave the first of two words, where two
    people must agree. ``shrunk``: it waits because a source came back short.
    """

    id: str
    kind: Kind
    record_id: str
    what: Removal
    display_name: str
    digest: str
    why: str
    reason: str
    since: dt.datetime
    count: int = 1
    state: HoldState = HoldState.OPEN
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    word: str = ""
    until: dt.datetime | None = None
    asked_by: str = ""
    asked_at: dt.datetime | None = None
    asked_word: str = ""
    shrunk: Shrunk | None = None

    @property
    def key(self) -> tuple[Kind, str, Removal]:
        """What names a hold: one for each record and kind of removal."""
        return self.kind, self.record_id, self.what

    def keeps(self, now: dt.datetime) -> bool:
        """Whether somebody's word keeps what was to be taken away, for now."""
        return self.state is HoldState.KEPT and (self.until is None or now < self.until)

    def sentence(self, name: str, app: str) -> str:
        """Say that somebody keeps access although the rules ask for its end, and by whose word."""
        keeps = f"{name} keeps access to {app}, although not entitled any more"
        if self.state is HoldState.KEPT:
            lasts = f" until {self.until:%Y-%m-%d}" if self.until else ""
            return f"{keeps}: {self.decided_by} decided so{lasts} ({self.word})."
        return f"{keeps}: the removal waits for approval {self.id}. {self.why}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the limits are compared with.

    ``managed`` is how many there are of each: people and groups with an account, memberships
    written. ``left`` is how many left in this cycle before, ``left_today`` within ``WINDOW``,
    each without a person's word. ``parts`` is what sources took away within it,
    ``administrators`` who administers the app.
    """

    managed: Mapping[Removal, int] = field(default_factory=dict)
    left: Mapping[Removal, int] = field(default_factory=dict)
    left_today: Mapping[Removal, int] = field(default_factory=dict)
    parts: Sequence[Went] = ()
    administrators: Administrators = field(default_factory=Administrators)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who waits, with why; whose account is kept by somebody's word; who was approved.

    ``free`` may leave without a word. ``shrunk``: which of those held wait for a source.
    """

    held: tuple[tuple[Planned, str], ...] = ()
    kept: tuple[tuple[Planned, Hold], ...] = ()
    approved: tuple[Planned, ...] = ()
    free: tuple[Planned, ...] = ()
    shrunk: Mapping[tuple[Kind, str, Removal], Shrunk] = field(default_factory=dict)


def judge(
    planned: Iterable[Planned],
    holds: Mapping[tuple[Kind, str, Removal], Hold],
    numbers: Numbers,
    limits: Limits,
    now: dt.datetime,
) -> Judgement:
    """Decide about every removal of a plan.

    A word counts for exactly the removal that it was given about, a hold stays until somebody
    decides, or the source for whose sake it waits is full again. Last administrators wait in
    any case. Of the rest, either all of one kind may leave or none; of values that become
    empty, all of one path.
    """
    short = shrinkage(numbers.parts, limits.source_in_a_day.of)
    shrunk: dict[tuple[Kind, str, Removal], Shrunk] = {}
    held: list[tuple[Planned, str]] = []
    kept: list[tuple[Planned, Hold]] = []
    approved: list[Planned] = []
    unsaid: list[tuple[Planned, Hold | None]] = []
    rest: list[Planned] = []
    for one in planned:
        hold = holds.get(one.key)
        if hold is not None and hold.keeps(now) and hold.digest == one.digest:
            kept.append((one, hold))
        elif hold is not None and hold.keeps(now):
            held.append((one, _kept_another(hold)))
        elif hold is not None and hold.digest == one.digest and hold.state is HoldState.APPROVED:
            approved.append(one)
        else:
            unsaid.append((one, hold))
    last = _last([one for one, _ in unsaid], approved, holds, numbers.administrators)
    for one, hold in unsaid:
        if waits := _waits(one, hold, short, limits, last.get(one.key, "")):
            held.append((one, str(waits)))
            if isinstance(waits, Shrunk):
                shrunk[one.key] = waits
        else:
            rest.append(one)
    counts: Counter[tuple[Removal, str]] = Counter()
    for one in rest:
        counts.update(dict.fromkeys(one.counts_for, one.count))
    whys = {each: too_many(*each, count, numbers, limits) for each, count in counts.items()}
    free: list[Planned] = []
    for one in rest:
        why = next((whys[each] for each in one.counts_for if whys[each]), "")
        if why:
            held.append((one, why))
        else:
            free.append(one)
    return Judgement(tuple(held), tuple(kept), tuple(approved), tuple(free), shrunk)


def _last(
    planned: Sequence[Planned],
    approved: Sequence[Planned],
    holds: Mapping[tuple[Kind, str, Removal], Hold],
    people: Administrators,
) -> Mapping[tuple[Kind, str, Removal], str]:
    """Return which removals would leave the app without an administrator, with words.

    Whose removal waits already may be gone with the next word, so they do not count as staying.
    """
    taken = {one.key: theirs for one in planned if (theirs := one.takes(people))}
    if not taken:
        return {}
    gone = frozenset[str]().union(*(one.takes(people) for one in approved))
    waiting = {
        hold.record_id
        for hold in holds.values()
        if hold.state is HoldState.OPEN and hold.what in {Removal.ACCESS, Removal.RIGHTS}
    }
    return nobody_left(taken, gone, waiting, people.people)


def _kept_another(hold: Hold) -> str:
    """Say why what somebody kept is asked about anew, rather than let go or kept unseen."""
    return (
        f"{hold.decided_by} kept something else of it ({hold.word}); what would be taken away "
        "now is another removal, so decide again."
    )


def _waits(
    one: Planned, hold: Hold | None, short: Shrinkage, limits: Limits, last: str
) -> str | Shrunk:
    """Return why one removal waits however many others leave, empty where it does not."""
    if one.protected:
        return f"{one.display_name} is protected."
    if last:
        return last
    if hold is not None and hold.state is HoldState.OPEN and (limits.on or limits.four_eyes):
        if hold.shrunk is None:
            return hold.why
        if still := short.still(hold.shrunk):
            return still
    if not limits.on or one.what in {Removal.VALUE, Removal.RIGHTS}:
        return ""
    missed = short.people if one.kind is Kind.USER else short.groups
    return missed.get(one.record_id) or ""


def judge_one(
    one: Planned,
    holds: Mapping[tuple[Kind, str, Removal], Hold],
    numbers: Numbers,
    limits: Limits,
    now: dt.datetime,
    *,
    others: int,
) -> str | None:
    """Return why one removal of a plan waits, empty where it may leave.

    ``others`` is how many more of its kind the plan has at most. None: who else leaves has to
    be known exactly, because so many may be too many.
    """
    judged = judge([one], holds, numbers, limits, now)
    if judged.kept:
        return f"Kept: {judged.kept[0][1].word}"
    if judged.approved:
        return ""
    short = shrinkage(numbers.parts, limits.source_in_a_day.of)
    people = numbers.administrators
    last = _last([one], (), holds, people).get(one.key, "")
    if one.takes(people) and (others or people.group_id) and not (last or one.protected):
        return None
    if waits := _waits(one, holds.get(one.key), short, limits, last):
        return str(waits)
    many = any(too_many(*each, one.count + others, numbers, limits) for each in one.counts_for)
    return None if many else ""


def too_many(what: Removal, path: str, count: int, numbers: Numbers, limits: Limits) -> str:
    """Return why so many removals of one kind wait for a person, or nothing where they may go."""
    if not limits.on or what is Removal.RIGHTS:
        return ""
    total = numbers.managed.get(what, 0)
    limit = limits.in_a_cycle(what)
    asked = count + numbers.left.get(what, 0)
    if asked > limit.of(total):
        return (
            f"{_of(what, path, asked, total)} in one cycle; the guard lets "
            f"{limit.of(total)} go by themselves ({limit})."
        )
    if what is not Removal.ACCESS:
        return ""
    limit = limits.access_in_a_day
    asked = count + numbers.left_today.get(what, 0)
    if asked > limit.of(total):
        return (
            f"{_of(what, path, asked, total)} within a day; the guard lets "
            f"{limit.of(total)} go by themselves ({limit})."
        )
    return ""


def _of(what: Removal, path: str, count: int, total: int) -> str:
    of = f" of {total:,}" if count <= total else ""  # accounts just found are not managed yet
    if what is Removal.ACCESS:
        lose = "loses" if count == 1 else "lose"
        return f"{number_of(count, 'person', 'people')}{of} {lose} access"
    if what is Removal.GROUP:
        return f"{number_of(count, 'group')}{of} would be deleted"
    if what is Removal.MEMBERS:
        end = "ends" if count == 1 else "end"
        return f"{number_of(count, 'membership')}{of} {end}"
    becomes = "becomes" if count == 1 else "become"
    return f"{number_of(count, 'value')} of {path}{f',{of},' if of else ''} {becomes} empty"


def hold_id(app_id: str, planned: Planned) -> str:
    """Return the short name by which people decide about exactly this removal.

    What comes to be another removal has another name, so a word never covers more than was shown.
    """
    said = f"{app_id}\n{planned.kind}\n{planned.record_id}\n{planned.what}\n{planned.digest}"
    return hashlib.sha256(said.encode()).hexdigest()[:8]
