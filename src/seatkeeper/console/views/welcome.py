"""What the first steps show: where somebody is, and what comes next. Pure, after the walk.

Nothing is kept of the wizard itself: how far somebody is follows from what is
there (people, an app, a token, assignments, accounts), so it can be left at any
moment and gone on with on another day, or on the command line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.words import visible
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.cycle import Cycle, CycleState
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview

STEPS: Final = ("people", "app", "who", "plan", "on")
MOST_NAMED: Final = 30


@dataclass(frozen=True, slots=True)
class Begun:
    """How far somebody is. ``people`` is how many there are, counted up to 500."""

    people: int = 0
    app_id: str = ""
    app_name: str = ""
    connected: bool = False
    assigned: bool = False
    created: bool = False
    on: bool = False

    def done(self, step: str) -> bool:
        """Whether a step needs nobody any more."""
        return {
            "people": self.people > 0,
            "app": self.connected,
            "who": self.assigned,
            "plan": self.created,
            "on": self.on,
        }[step]

    @property
    def next(self) -> str:
        """The address of the first step that is not done."""
        return next((f"/welcome/{one}" for one in STEPS if not self.done(one)), "/welcome/done")


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the stepper."""

    name: str
    address: str
    done: bool
    here: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One value of an account before and after."""

    path: str
    old: str
    new: str
    same: bool = False


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What would be done for one person. ``creates``: an account would be made."""

    name: str
    answer: str
    creates: bool
    does_something: bool
    in_step: bool
    reason: str
    advice: str
    changes: Sequence[ChangeRow]
    requests: Sequence[str]


@dataclass(frozen=True, slots=True)
class WholePlan:
    """What the first cycle would do: numbers, names, and who cannot be done."""

    answer: str
    counts: Sequence[tuple[str, str]]
    names: Sequence[tuple[str, str]]
    more: int
    failing: Sequence[tuple[str, str]]
    note: str


@dataclass(frozen=True, slots=True)
class Going:
    """How far the first cycle is."""

    done: bool
    text: str
    value: int
    of: int
    counts: Sequence[tuple[str, str]]
    tone: str


def stepper(begun: Begun, here: str) -> Sequence[StepRow]:
    """Return the steps with where somebody is; the first, who they are, is behind them."""
    names = {
        "people": _("Your people"),
        "app": _("Your first app"),
        "who": _("Who"),
        "plan": _("Plan"),
        "on": _("Turn on"),
    }
    rows = [StepRow(_("You"), "", done=True, here=False)]
    rows += [StepRow(names[one], f"/welcome/{one}", begun.done(one), one == here) for one in STEPS]
    return rows


def people_words(count: int, most: int) -> str:
    """Say how many people are there, as far as they were counted."""
    if count >= most:
        return _("%(num)s people or more are in your directory") % {"num": most}
    words = ngettext(
        "%(num)s person is in your directory", "%(num)s people are in your directory", count
    )
    return words % {"num": count}


def trial_plan(record: PlannedRecord, app: str) -> TrialPlan:
    """Return the plan for one person in words."""
    name = visible(record.display_name)
    answers: Mapping[Outlook, str] = {
        Outlook.CREATE: _("%(who)s gets an account in %(app)s"),
        Outlook.UPDATE: _("The account of %(who)s in %(app)s is updated"),
        Outlook.LINK: _("%(who)s has an account in %(app)s already; it is linked"),
        Outlook.FAIL: _("%(who)s cannot get an account in %(app)s"),
        Outlook.HOLD: _("What happens to %(who)s in %(app)s waits for a person"),
    }
    answer = answers.get(record.verb, _("Nothing happens to %(who)s in %(app)s"))
    if record.in_step:
        answer = _("%(who)s has an account in %(app)s, and nothing differs")
    return TrialPlan(
        name,
        answer % {"who": name, "app": visible(app, 60)},
        record.verb is Outlook.CREATE,
        record.verb.does_something,
        record.in_step,
        visible(record.reason, 400),
        visible(record.advice, 400),
        [
            ChangeRow(short_path(one.path), visible(one.old, 200), visible(one.new, 200))
            for one in record.changes
        ],
        [visible(one, 2_000) for one in record.requests],
    )


def whole_plan(preview: Preview) -> WholePlan:
    """Return the plan of the first cycle in words."""
    words = {
        Outlook.CREATE: _("created"),
        Outlook.UPDATE: _("updated"),
        Outlook.LINK: _("linked"),
        Outlook.DISABLE: _("deactivated"),
        Outlook.DELETE: _("deleted"),
        Outlook.UNLINK: _("let go"),
    }
    to_do = [one for one in preview.records if one.verb in words]
    failing = [one for one in preview.records if one.verb is Outlook.FAIL]
    answer = ngettext(
        "%(num)s account or group changes when you turn it on",
        "%(num)s accounts and groups change when you turn it on",
        len(to_do),
    ) % {"num": len(to_do)}
    if not to_do:
        answer = _("Nothing has to change when you turn it on")
    counts = [
        (words[verb], str(sum(one.verb is verb for one in to_do)))
        for verb in words
        if any(one.verb is verb for one in to_do)
    ]
    counts.append((_("no change"), str(preview.counters["unchanged"])))
    if failing:
        counts.append((_("cannot be done"), str(len(failing))))
    return WholePlan(
        answer,
        counts,
        [(visible(one.display_name), words[one.verb]) for one in to_do[:MOST_NAMED]],
        max(0, len(to_do) - MOST_NAMED),
        [(visible(one.display_name), visible(one.reason, 300)) for one in failing[:MOST_NAMED]],
        visible(preview.note, 400),
    )


def going(cycle: Cycle | None) -> Going:
    """Return how far the first cycle is; none: it has not begun yet."""
    if cycle is None:
        return Going(False, _("It begins in a moment"), 0, 0, (), "update")
    counters = cycle.counters
    numbers = [
        (_("created"), counters.created),
        (_("updated"), counters.updated),
        (_("linked"), counters.linked),
        (_("skipped"), counters.skipped),
        (_("failed"), counters.failed),
    ]
    counts = [(name, str(count)) for name, count in numbers if count]
    if cycle.finished:
        failed = counters.failed or counters.waiting
        text = _("The first cycle is done")
        return Going(True, text, 1, 1, counts, "disable" if failed else "create")
    if cycle.note and cycle.state is not CycleState.PLANNING:
        return Going(False, visible(cycle.note, 400), cycle.done, cycle.total, counts, "danger")
    if not cycle.total:
        return Going(False, _("Looking at everybody"), 0, 0, counts, "update")
    words = ngettext("%(done)s of %(num)s record", "%(done)s of %(num)s records", cycle.total)
    text = words % {"done": cycle.done, "num": cycle.total}
    return Going(False, text, cycle.done, cycle.total, counts, "update")
