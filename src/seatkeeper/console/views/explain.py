"""Prepare the page that says why somebody has (not) an account in an app.

After the walk, pure: the explanation and the facts beside it go in, frozen values
go out. What is decided stands in ``provisioning.explain``; here it is only put
in an order that people read: the answer, each check with what it read, the fix.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.views.checks import CheckLine, Known, check_lines, moment_of
from seatkeeper.console.views.values import Pill, Time
from seatkeeper.console.words import visible
from seatkeeper.directory.model import Kind
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.explain import Explanation, Verdict
from seatkeeper.provisioning.plan import Reason

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Fix:
    """A place that solves it; ``route`` is that of the page, which may not be there."""

    route: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class ExplainPage:
    """Everything that the page shows beside the history."""

    record_id: str
    name: str
    kind: str
    app_id: str
    app: str
    there: bool
    pill: Pill
    answer: str
    more: str
    since: str
    standing: str
    checks: Sequence[CheckLine]
    chain: Sequence[tuple[str, str]]
    fixes: Sequence[Fix]
    account: str
    next_try: Time | None
    missing: Sequence[tuple[str, str, str, str]]
    members: Sequence[tuple[str, str]]
    members_left: bool


def explain_page(explained: Explanation, known: Known, name: str, now: dt.datetime) -> ExplainPage:
    """Return the page for one record and one app."""
    facts, rules = known.facts, known.rules
    answer, more = _answer(explained)
    checks = check_lines(explained, known, now)
    return ExplainPage(
        record_id=facts.record_id,
        name=visible(name, _LONGEST) or facts.record_id,
        kind=facts.kind.value,
        app_id=rules.app_id,
        app=visible(rules.app_name, 60),
        there=facts.record is not None,
        pill=_pill(explained.verdict),
        answer=visible(answer, 600),
        more=visible(more, 1_000),
        since=visible(explained.since, 300),
        standing=visible(known.standing, 400),
        checks=checks,
        chain=_chain(checks, known),
        fixes=list(_fixes(explained, known)),
        account=visible(explained.account_id, 200),
        next_try=moment_of(explained.next_try, now),
        missing=[
            (one.record_id, visible(one.name, 60), short_path(one.path), visible(one.why, 300))
            for one in explained.missing
        ],
        members=list(_members(explained)),
        members_left=explained.members is not None and explained.members.compared is not None,
    )


def _answer(explained: Explanation) -> tuple[str, str]:
    """Return the sentence that answers, and what follows it; since when is told apart."""
    text = explained.answer
    if explained.since:
        text = text.replace(f" {explained.since}", "", 1)
    if explained.verdict is Verdict.WAITS:
        return text, ""
    end = text.find(". ")
    return (text, "") if end < 0 else (text[: end + 1], text[end + 2 :])


def _pill(verdict: Verdict) -> Pill:
    return {
        Verdict.IN_STEP: Pill(_("In step"), "create"),
        Verdict.PARTLY: Pill(_("Partly in step"), "disable"),
        Verdict.INACTIVE: Pill(_("Deactivated"), "quiet"),
        Verdict.OUT_OF_SCOPE: Pill(_("Not in the app"), "quiet"),
        Verdict.LEFT_ALONE: Pill(_("Left alone"), "quiet"),
        Verdict.TO_CREATE: Pill(_("Comes with the next cycle"), "update"),
        Verdict.TO_UPDATE: Pill(_("Changes with the next cycle"), "update"),
        Verdict.TO_DISABLE: Pill(_("To be deactivated"), "disable"),
        Verdict.TO_DELETE: Pill(_("To be deleted"), "danger"),
        Verdict.HELD: Pill(_("Held"), "disable"),
        Verdict.WAITS: Pill(_("Needs attention"), "disable"),
        Verdict.UNKNOWN: Pill(_("Not known"), "quiet"),
    }[verdict]


def _chain(checks: Sequence[CheckLine], known: Known) -> Sequence[tuple[str, str]]:
    """Return the reason in a few links: in the directory, assigned, in scope, account."""
    words = {
        "active": _("Directory"),
        "assigned": _("Assignment"),
        "filters": _("Scope"),
        "values": _("Values"),
        "match": _("Account"),
        "write": known.rules.app_name,
    }
    return [(words[one.name], one.state) for one in checks if one.name in words]


def _fixes(explained: Explanation, known: Known) -> Iterator[Fix]:
    app, record = known.rules.app_id, known.facts.record_id
    if explained.verdict is Verdict.HELD and known.hold is not None:
        yield Fix(
            "/approvals/{approval}", f"/approvals/{known.hold.id}", _("Decide about the removal")
        )
        return
    failing = next((one for one in explained.checks if one.passed is False), None)
    if failing is None:
        return
    person = f"/{'people' if known.facts.kind is Kind.USER else 'groups'}/{record}"
    places = {
        "active": Fix("/people/{id}", person, _("Look at them in the directory")),
        "assigned": Fix("/apps/{app}/assignments", f"/apps/{app}/assignments",
                        _("Assign them or a group of theirs")),
        "filters": Fix("/apps/{app}/scope", f"/apps/{app}/scope", _("Change the scope")),
        "values": Fix("/people/{id}", person, _("See what the directory has of them")),
        "match": Fix("/apps/{app}/mappings", f"/apps/{app}/mappings",
                     _("Look at how accounts are matched")),
        "write": Fix("/apps/{app}/connection", f"/apps/{app}/connection",
                     _("Test the connection")),
    }  # fmt: skip
    if failing.name == "active" and known.facts.record is None:
        return
    if explained.code == "LinkHeld" or explained.code == Reason.HELD:
        yield Fix("/approvals", "/approvals", _("Decide in Approvals"))
    if failing.name in places:
        yield places[failing.name]
    if failing.name == "values":
        address = f"/apps/{app}/mappings"
        yield Fix("/apps/{app}/mappings", address, _("Change the mapping"))


def _members(explained: Explanation) -> Iterator[tuple[str, str]]:
    members = explained.members
    if members is None:
        return
    yield _("In the directory"), f"{members.total:,}"
    if members.compared is not None:
        yield _("Compared, so that what follows is at least"), f"{members.compared:,}"
    yield _("In the app, as last written"), f"{members.held:,}"
    for words, some in (
        (_("Will be added"), members.add),
        (_("Will be added with a new account"), members.coming),
        (_("Will be removed"), members.remove),
        (_("Will be written again"), members.again),
    ):
        if some.count:
            yield words, visible(some.text, 300)
    if members.waiting:
        yield _("Without an account"), f"{members.waiting:,}"
