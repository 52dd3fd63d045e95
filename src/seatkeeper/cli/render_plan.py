"""Show a plan, and the four steps of one record, for people.

After the walk: every function takes the plain mapping that ``--json`` prints
and decides nothing. Text from the directory or an app goes through ``clean``.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from seatkeeper.cli.render import (
    Plain,
    change_ends,
    clean,
    duration,
    is_member,
    member_lines,
)
from seatkeeper.facts.words import clause_text, short_path
from seatkeeper.provisioning.forecast import ANSWERS
from seatkeeper.provisioning.membership import Some
from seatkeeper.words import number_of

MOST_MEMBERS: Final = 20
"""Members of a group that a plan names; --json and a kept plan have them all."""

_STYLES: Final = {
    "create": "green",
    "link": "green",
    "disable": "yellow",
    "delete": "red",
    "hold": "red",
    "fail": "red",
    "skip": "dim",
    "unlink": "dim",
}
_SIGNS: Final = {
    "success": ("✓", "green"),
    "warning": ("!", "yellow"),
    "skipped": ("–", "dim"),
    "failure": ("✕", "red"),
}
_TITLES: Final = {"import": "Import", "scoping": "Scope", "matching": "Match", "export": "Action"}


def plan_view(plan: Plain) -> RenderableType:
    """Show a plan: what for, whom, and which values and requests.

    Reads ``app``, ``kind``, ``causes`` (``cause``, ``counts``, ``records``),
    ``counts``, ``forecast``, ``waiting``, ``held`` and ``note``.
    """
    causes = _plains(plan.get("causes"))
    parts: list[RenderableType] = []
    for cause in causes:
        title = Text.assemble((clean(cause.get("cause")), "bold"), f": {_counted(cause)}")
        parts += [title, *(record_view(one) for one in _plains(cause.get("records"))), Text("")]
    if not plan.get("changes_planned"):
        parts.append(Text(f"Nothing would be sent: {_why_nothing(plan)}."))
    counts = plan.get("counts")
    if isinstance(counts, Mapping):
        said = ", ".join(f"{clean(n)} {clean(w)}" for w, n in counts.items() if w != "requests")
        asked = _requests(int(str(counts.get("requests", 0))), int(str(plan.get("lookups", 0))))
        head = f"{clean(plan.get('app'))}, {clean(plan.get('kind'))} cycle"
        parts.append(Text(f"{head}: {said}; {asked}"))
    parts += _takes(plan)
    parts += _held(plan)
    if plan.get("note"):
        parts.append(Text(clean(plan["note"]), "yellow"))
    parts.append(Text("Nothing has been sent."))
    return Group(*parts)


def steps_view(record: Plain) -> RenderableType:
    """Show one record's four steps with all their facts.

    Reads ``display_name`` and ``steps`` (``type``, ``status``, ``text``, ``details``).
    """
    parts: list[RenderableType] = [Text(clean(record.get("display_name")), "bold")]
    for number, step in enumerate(_plains(record.get("steps")), start=1):
        sign, style = _SIGNS.get(str(step.get("status")), ("–", "dim"))
        title = _TITLES.get(str(step.get("type")), clean(step.get("type")))
        parts.append(
            Text.assemble(f"  {number} ", (sign, style), f" {title}: {clean(step.get('text'))}")
        )
        details = step.get("details")
        if isinstance(details, Mapping):
            parts += [_fact(name, value) for name, value in details.items()]
    return Group(*parts)


def record_view(record: Plain) -> RenderableType:
    """Show one record of a plan: what would be done, which values, which requests."""
    if record.get("steps"):
        return steps_view(record)
    action = str(record.get("action"))
    reason = f" ({clean(record['reason'])})" if record.get("reason") else ""
    lines: list[RenderableType] = [
        Text.assemble(
            "  ",
            (f"{action:8}", _STYLES.get(action, "")),
            clean(record.get("display_name") or record.get("record")),
            (reason, "dim"),
        )
    ]
    changes = _plains(record.get("changes"))
    lines += [
        Text(
            f"      {short_path(clean(one.get('path')))}: "
            f"{' -> '.join(_value(end) for end in change_ends(one))}"
        )
        for one in changes
        if not is_member(one)
    ]
    lines += [Text(f"      {one}") for one in member_lines(changes, most=MOST_MEMBERS)]
    for name in ("waiting", "requests"):
        said = record.get(name)
        if isinstance(said, list):
            lines += [Text(f"      {clean(one)}", "dim") for one in said]
    if record.get("code") and record.get("advice") and action != "hold":
        lines.append(Text(f"      {clean(record['code'])}: {clean(record['advice'])}", "yellow"))
    return Group(*lines)


def _takes(plan: Plain) -> list[RenderableType]:
    """Return how long a plan would take, and until when, if it began now."""
    foretold = plan.get("forecast")
    if not isinstance(foretold, Mapping) or not foretold.get("requests"):
        return []
    requests = number_of(int(str(foretold["requests"])), "request")
    took = duration(float(str(foretold["about_seconds"])))
    bound = foretold["bound_by"]
    pace = "as fast as the app answers" if bound == ANSWERS else f"at {clean(bound)}"
    ends = dt.datetime.fromisoformat(str(foretold["done_at"]))
    begins = ends - dt.timedelta(seconds=float(str(foretold["seconds"])))
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return [Text(f"About {requests}, {took} {pace}: done about {until} UTC.")]


def _held(plan: Plain) -> list[RenderableType]:
    """Return what waits for a person, of this plan or from before."""
    held = plan.get("held")
    if not isinstance(held, int) or not held:
        return []
    waits = "waits" if held == 1 else "wait"
    text = f"{number_of(held, 'removal')} {waits} for approval. Decide with: seatkeeper approvals"
    records = [one for cause in _plains(plan.get("causes")) for one in _plains(cause["records"])]
    whys = dict.fromkeys(clean(one["held"]) for one in records if one.get("held"))
    return [Text(text, "yellow"), *(Text(f"  {why}", "dim") for why in whys)]


def _why_nothing(plan: Plain) -> str:
    """Return how the records of a plan stand that sends nothing, the worst first."""
    counts = plan.get("counts")
    planned: Plain = counts if isinstance(counts, Mapping) else {}
    said = [
        f"{number_of(n, 'record')} {one if n == 1 else many}"
        for n, one, many in (
            (int(str(planned.get("fail", 0))), "fails", "fail"),
            (int(str(plan.get("held", 0))), "waits for approval", "wait for approval"),
            (int(str(planned.get("skip", 0))), "is left out by a rule", "are left out by a rule"),
            (int(str(plan.get("waiting", 0))), "waits after a failure", "wait after a failure"),
            (int(str(planned.get("unchanged", 0))), "is in step", "are in step"),
        )
        if n
    ]
    return ", ".join(said) or "everything is in step"


def _requests(writes: int, lookups: int) -> str:
    if not lookups:
        return number_of(writes, "request")
    parts = f"{number_of(lookups, 'look-up')}, {number_of(writes, 'write')}"
    return f"{number_of(writes + lookups, 'request')} ({parts})"


def _fact(name: object, value: object) -> Text:
    clauses = _plains(value)
    if clauses:
        value = [clause_text(one) for one in clauses]
    if isinstance(value, list | tuple) and len(value) > MOST_MEMBERS:
        value = Some(len(value), tuple(clean(one) for one in value[:MOST_MEMBERS])).text
    return Text(f"      {short_path(clean(name))}: {clean(value)}", "dim")


def _value(value: object) -> str:
    return "empty" if value is None else clean(value)


def _counted(cause: Plain) -> str:
    counts = cause.get("counts")
    if not isinstance(counts, Mapping):
        return ""
    return ", ".join(f"{clean(n)} {clean(word)}" for word, n in counts.items())


def _plains(value: object) -> list[Plain]:
    if not isinstance(value, list | tuple):
        return []
    return [one for one in value if isinstance(one, Mapping)]
