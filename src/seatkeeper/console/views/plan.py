"""Prepare a plan as a page: what it would do, to whom, for which cause, down to the request.

After the walk, pure: a kept plan, some of its records and what happened since go
in, frozen values go out. Whether a plan may be carried out is decided here from
its age and what changed; that it still holds for a person, by the engine.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.plan_rows import (
    PlanPerson,
    PlanRow,
    mark_of,
    outlook_words,
    plan_person,
    plan_row,
)
from seatkeeper.console.views.values import Time
from seatkeeper.console.words import clock, number, span, visible
from seatkeeper.ports.plans import KeptPlan, PlanCause, PlanState
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.forecast import ANSWERS, Forecast, rough
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.preview import Outlook, PlannedRecord
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts

STALE_AFTER: Final = dt.timedelta(minutes=15)
TAKES_AWAY: Final = frozenset({Outlook.DISABLE, Outlook.DELETE})

AWAY: Final = "away"
"""The filter that shows everybody who would lose access, deactivated or deleted."""

TILES: Final = (
    Outlook.CREATE,
    Outlook.UPDATE,
    Outlook.LINK,
    Outlook.DISABLE,
    Outlook.DELETE,
    Outlook.HOLD,
    Outlook.FAIL,
    Outlook.SKIP,
    Outlook.UNLINK,
)


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which records of a plan are shown: ``only`` is an outlook or ``AWAY``, empty: all."""

    only: str = ""
    by_name: bool = False
    after: int = -1

    @property
    def verbs(self) -> Collection[Outlook]:
        """The outlooks that are shown; none means all."""
        if self.only == AWAY:
            return TAKES_AWAY
        return [one for one in Outlook if one.value == self.only]

    @property
    def query(self) -> dict[str, str]:
        """The filter as the query of an address."""
        return {
            **({"verb": self.only} if self.only else {}),
            **({"by": "person"} if self.by_name else {}),
            **({"after": str(self.after)} if self.after >= 0 else {}),
        }


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """The record that is shown in full, with its facts of now and the rules it was planned by."""

    place: int
    record: PlannedRecord
    facts: Facts | None = None
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the plan that filters the list."""

    text: str
    count: str
    address: str
    chosen: bool
    mark: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The whole page of a kept plan. ``base`` is its address, ``undone`` a cycle it takes back.

    ``views`` are the ways to read it, ``away`` leads to those who would lose access, ``named``
    says that it was made for people who were named; ``lines`` say what would be saved, of a plan
    that was made for settings which are not in force.
    """

    base: str
    undone: int
    number: int
    title: str
    made: Time
    author: str
    age: str
    summary: str
    note: str
    tiles: Sequence[Tile]
    views: Sequence[tuple[str, str, bool]]
    by_name: bool
    rows: Sequence[PlanRow]
    person: PlanPerson | None
    older: str
    first: str
    stale: str
    does: int
    takes_away: int
    away: str
    holds: int
    deletes: int
    version: int
    digest: str
    named: bool
    lines: Sequence[str]


def plan_page(
    plan: KeptPlan,
    found: Sequence[tuple[int, PlannedRecord]],
    now: dt.datetime,
    *,
    asked: PlanFilter,
    limit: int,
    person: PersonAsked | None,
    called: Called,
    changed_since: int,
    settings_changed: bool,
    on: bool,
    undone: int = 0,
    takes: Forecast | None = None,
) -> PlanPage:
    """Return a page of a ready plan. ``found`` may hold one record over ``limit``.

    ``undone`` is the number of the cycle that the plan takes back, if it does; ``takes`` how
    long it would take, of a plan that was not carried out yet.
    """
    counters = dict(plan.counters or {})
    base = (
        f"/apps/{plan.app_id}/cycles/{undone}/undo"
        if undone
        else f"/apps/{plan.app_id}/plan/{plan.number}"
    )
    does = sum(counters.get(one.value, 0) for one in Outlook if one.does_something)
    older = replace(asked, after=found[limit - 1][0]) if len(found) > limit else None
    return PlanPage(
        base=base,
        undone=undone,
        number=plan.number,
        title=_title(plan, on=on, undone=undone),
        made=Time(plan.at.isoformat(timespec="seconds"), clock(plan.at, now)),
        author=visible(plan.actor, 120),
        age=_age((now - plan.at).total_seconds()),
        summary=_summary(counters, takes if does else None, now),
        note=visible(plan.note, 400),
        tiles=_tiles(counters, base, asked, undone=bool(undone)),
        views=[
            (_address(base, replace(asked, by_name=by_name, after=-1)), words, chosen)
            for by_name, words, chosen in (
                (False, _("By cause"), not asked.by_name),
                (True, _("By person"), asked.by_name),
            )
        ],
        by_name=asked.by_name,
        rows=_rows(
            plan, found[:limit], base, asked, person.place if person is not None else None, called
        ),
        person=None if person is None else _person(person, called, base),
        older=_address(base, older) if older is not None else "",
        first=_address(base, replace(asked, after=-1)) if asked.after >= 0 else "",
        stale=stale_words(plan, now, changed_since, settings_changed=settings_changed),
        does=does,
        takes_away=sum(counters.get(one.value, 0) for one in TAKES_AWAY),
        away=_address(base, PlanFilter(AWAY)),
        holds=counters.get(Outlook.HOLD.value, 0),
        deletes=counters.get(Outlook.DELETE.value, 0),
        version=plan.settings_version,
        digest=plan.action_digest,
        named=plan.kind == CycleKind.ON_DEMAND,
        lines=[visible(one, 300) for one in plan.proposal.lines] if plan.proposal else (),
    )


def _rows(
    plan: KeptPlan,
    found: Sequence[tuple[int, PlannedRecord]],
    base: str,
    asked: PlanFilter,
    chosen: int | None,
    called: Called,
) -> Sequence[PlanRow]:
    rows: list[PlanRow] = []
    told = ""
    for place, record in found:
        address = f"{_address(base, asked, person=str(place))}#person"
        if asked.by_name:
            rows.append(
                plan_row(
                    place,
                    record,
                    address,
                    chosen=place == chosen,
                    cause=record.cause,
                    called=called,
                )
            )
            continue
        cause = _cause_at(plan, place)
        new = cause is not None and cause.cause != told
        heading = None
        if cause is not None and new:
            told, heading = cause.cause, (cause.cause, sum(cause.counts.values()))
        rows.append(
            plan_row(place, record, address, chosen=place == chosen, heading=heading, called=called)
        )
    return rows


def _person(asked: PersonAsked, called: Called, base: str) -> PlanPerson:
    row = plan_row(asked.place, asked.record, base, chosen=True)
    return plan_person(row, asked.record, called, facts=asked.facts, rules=asked.rules)


def _title(plan: KeptPlan, *, on: bool, undone: int) -> str:
    if undone:
        return _("What undoing cycle %(number)s will do") % {"number": undone}
    if plan.kind == CycleKind.ON_DEMAND:
        return _("What provisioning them now will do")
    if plan.proposal is not None:
        return _("What this change will do")
    return _("What the next cycle will do") if on else _("What will happen when you turn it on")


def _age(seconds: float) -> str:
    if seconds < 10:
        return _("just now")
    return _("%(span)s ago") % {"span": span(seconds)}


def _summary(counters: Mapping[str, int], takes: Forecast | None, now: dt.datetime) -> str:
    requests = takes.requests if takes is not None else counters.get("requests", 0)
    said = {
        "requests": ngettext("%(count)s request", "%(count)s requests", requests)
        % {"count": number(requests)}
    }
    if takes is None or not requests:
        return _("Nothing has been changed. It would take %(requests)s.") % said
    said["time"] = span(rough(takes.seconds))
    said["end"] = clock(now + dt.timedelta(seconds=takes.seconds), now)
    if takes.bound_by == ANSWERS:
        return (
            _(
                "Nothing has been changed. It would take about %(requests)s, %(time)s as fast as "
                "the app answers: done about %(end)s."
            )
            % said
        )
    said["limit"] = takes.bound_by
    return (
        _(
            "Nothing has been changed. It would take about %(requests)s, %(time)s at %(limit)s: "
            "done about %(end)s."
        )
        % said
    )


def _tiles(
    counters: Mapping[str, int], base: str, asked: PlanFilter, *, undone: bool
) -> list[Tile]:
    words = outlook_words()
    always: Sequence[Outlook] = (Outlook.CREATE, Outlook.UPDATE, Outlook.DISABLE, Outlook.FAIL)
    if undone:  # it makes no accounts, and what it cannot do is what it leaves as it is
        always = (Outlook.UPDATE, Outlook.DISABLE, Outlook.SKIP)
    made = [
        Tile(
            words[one],
            number(counters.get(one.value, 0)),
            _address(
                base,
                replace(asked, only="" if one.value == asked.only else one.value, after=-1),
            ),
            one.value == asked.only,
            mark_of(one),
        )
        for one in TILES
        if counters.get(one.value) or one in always
    ]
    if undone:
        return made
    unchanged = number(counters.get("unchanged", 0))
    return [*made, Tile(_("No change"), unchanged, "", chosen=False, mark="unchanged")]


def _cause_at(plan: KeptPlan, place: int) -> PlanCause | None:
    return next((one for one in reversed(plan.causes) if one.place <= place), None)


def stale_words(
    plan: KeptPlan, now: dt.datetime, changed_since: int, *, settings_changed: bool
) -> str:
    """Return why a plan should be looked at again, or nothing."""
    if plan.state is not PlanState.READY or plan.order_id is not None:
        return ""
    if settings_changed:
        return _("The app's settings changed since this plan was made.")
    if changed_since:
        return ngettext(
            "%(count)s person or group changed since.",
            "%(count)s people and groups changed since.",
            changed_since,
        ) % {"count": number(changed_since)}
    if now - plan.at > STALE_AFTER:
        return _("This plan is older than 15 minutes.")
    return ""


def _address(base: str, asked: PlanFilter, **more: str) -> str:
    query = {**asked.query, **more}
    return f"{base}?{urlencode(query)}" if query else base
