"""Show what the commands found, for people; ``--json`` prints the same mappings as they are.

After the walk: nothing is decided here, and nothing is read but the argument.
Every function takes the plain mapping that ``--json`` prints and returns what
rich prints; fields that are absent are left out. Text from the directory or an
app is never taken as markup, and its control characters are shown as signs,
so that a name cannot repaint somebody's terminal.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TextIO, TypeAlias

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.membership import SHOWN, Some
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.words import number_of

Plain: TypeAlias = Mapping[str, object]

NARROWEST: Final = 80
BAR: Final = 20
_OUTCOMES: Final = (
    "checked", "differing",
    "created", "updated", "disabled", "deleted", "skipped", "failed", "waiting from before", "held",
)  # fmt: skip

_RESULT_STYLES: Final = {
    "success": "green",
    "warning": "yellow",
    "skipped": "dim",
    "waiting": "yellow",
    "held": "yellow",
    "failure": "red",
    "failed": "red",
}
_ACTION_STYLES: Final = {"create": "green", "disable": "yellow", "delete": "red"}
_CHECK_SIGNS: Final = {"passed": ("✓", "green"), "failed": ("✕", "red")}


def show(view: RenderableType, out: TextIO) -> None:
    """Print a view; colours only where ``out`` is a terminal that has not asked for none."""
    console = Console(file=out, highlight=False, soft_wrap=False)
    if not out.isatty():
        console.width = max(console.width, NARROWEST)
    console.print(view)


def progress_line(progress: Plain) -> str:
    """Return one line with bar, share, rate and time left.

    Reads ``kind``, ``state``, ``requests`` (while it plans and knows no total), ``done``,
    ``total``, ``per_second``, ``seconds_left``.
    """
    done, total = _number(progress, "done"), _number(progress, "total")
    if progress.get("state") == "planning" and not total:
        asked = _number(progress, "requests")
        return f"{clean(progress.get('kind', 'cycle'))}: planning, {asked:,.0f} questions asked"
    share = min(1.0, done / total) if total else 1.0
    filled = int(share * BAR)
    parts = [
        f"{clean(progress.get('kind', 'cycle'))} [{'#' * filled}{'.' * (BAR - filled)}]",
        f"{done:,.0f} of {total:,.0f} ({share:.0%})",
    ]
    if rate := _number(progress, "per_second"):
        parts.append(f"{rate:,.0f} a second")
    if progress.get("seconds_left") is not None:
        parts.append(f"{duration(_number(progress, 'seconds_left'))} left")
    return ", ".join([" ".join(parts[:2]), *parts[2:]])


def status_view(apps: Sequence[Plain]) -> RenderableType:
    """Show where each app stands.

    Reads ``app``, ``name``, ``status``, ``scope``, ``every``, ``next_cycle``,
    ``quarantine``, ``held``, ``users``, ``deactivated``, ``groups``, ``progress``
    (of the running cycle) and ``last_cycle`` with its counts.
    """
    if not apps:
        return Text("No app is configured yet. Add one with: seatkeeper apply FILE.yaml")
    return Group(*(_app_view(app) for app in apps))


def logs_view(entries: Sequence[Plain]) -> RenderableType:
    """Show log entries: when, who, what was done, how it ended, what changed and why.

    Reads ``at``, ``display_name`` (else ``record``), ``action``, ``status``,
    ``changes`` (``path``, ``old``, ``new``), ``code``, ``reason``, ``advice``.
    """
    if not entries:
        return Text("Nothing was logged for this.")
    table = _table()
    table.add_column("Time", max_width=10, overflow="fold")
    table.add_column("Person", max_width=20, overflow="fold")
    table.add_column("Action", no_wrap=True)
    table.add_column("Result", no_wrap=True)
    table.add_column("What changed, and why", ratio=1, overflow="fold")
    for entry in entries:
        table.add_row(
            _text(str(entry.get("at", "")).replace("T", " ")[:19]),
            _person(entry),
            _action(entry),
            _styled(entry.get("status", ""), _RESULT_STYLES),
            _happened(entry),
        )
    return table


def explain_view(explanation: Plain) -> RenderableType:
    """Show why somebody has an account or none: the answer, then each check with its facts.

    Reads ``answer``, ``checks`` (``name``, ``state`` of ``passed``, ``failed``,
    ``open``, ``not_reached``, ``facts`` as a list or mapping) and ``advice``.
    """
    parts: list[RenderableType] = [_text(explanation.get("answer", ""), "bold"), Text("")]
    for number, check in enumerate(_plains(explanation.get("checks")), start=1):
        sign, style = _CHECK_SIGNS.get(str(check.get("state")), ("–", "dim"))
        line = Text.assemble(f"{number} ", (sign, style), " ", clean(check.get("name", "")))
        if check.get("state") == "not_reached":
            line.append(" (not reached)", "dim")
        parts.append(line)
        parts += [Text(f"    {fact}", style="dim") for fact in _facts(check.get("facts"))]
    if explanation.get("standing"):
        parts += [Text(""), _text(explanation["standing"], "yellow")]
    if explanation.get("advice"):
        parts += [Text(""), _text(explanation["advice"])]
    return Group(*parts)


def clean(value: object) -> str:
    """Return a value as one line of printable text; none is a dash, true and false are words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(clean(one) for one in value)
    return "".join(c if c.isprintable() else "�" for c in str(value))


def change_ends(change: Plain) -> tuple[object, object]:
    """Return what a value was and becomes, managers and members by name where that is known."""
    old, new = change.get("old"), change.get("new")
    return change.get("old_name", old), change.get("new_name", new)


def is_member(change: Plain) -> bool:
    """Whether a change adds or removes one member of a group."""
    return change.get("path") == MEMBERS


def member_lines(changes: Sequence[Plain], *, most: int) -> list[str]:
    """Return who is added to a group and who is removed, a line each, only the first by name."""
    ends = [change_ends(change) for change in changes if is_member(change)]
    added = [clean(new) for old, new in ends if old is None]
    removed = [clean(old) for old, new in ends if old is not None]
    return [
        f"{MEMBERS}: {word} {Some(len(names), tuple(names[:most])).text}"
        for word, names in (("added", added), ("removed", removed))
        if names
    ]


def duration(seconds: float) -> str:
    """Return ``3 s``, ``2 min 5 s`` or ``1 h 4 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def _day_line(today: Plain) -> str:
    number, idle = _number(today, "cycles"), _number(today, "idle_cycles")
    cycles = number_of(int(number), "cycle") + (f", {idle:,.0f} of them idle" if idle else "")
    return f"{cycles}: {counted(today) or 'no change'}"


def _app_view(app: Plain) -> RenderableType:
    state = str(app.get("status", ""))
    title = Text.assemble(
        (clean(app.get("name") or app.get("app")), "bold"),
        f" ({clean(app.get('app'))})  ",
        (clean(state), "green" if state == "on" else "yellow"),
    )
    app = {**app, "accounts": _accounts(app)}
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, name in (
        ("Quarantined", "quarantine"),
        ("Scope", "scope"),
        ("Every", "every"),
        ("Next cycle", "next_cycle"),
        ("Accounts", "accounts"),
        ("Groups", "groups"),
    ):
        if app.get(name) not in (None, ""):
            facts.add_row(label, _text(_moment(app[name]), "red" if name == "quarantine" else ""))
    slowed = app.get("slowed_down")
    if isinstance(slowed, Mapping):
        said = ", ".join(f"{_number(slowed, one):.0%} of {clean(one)}" for one in slowed)
        facts.add_row("Slowed down to", _text(said))
    causes = app.get("waiting_causes")
    if isinstance(causes, Mapping) and causes:
        said = ", ".join(f"{_number(causes, code):,.0f} {code}" for code in causes)
        hint = f"seatkeeper logs {clean(app.get('app'))} --status failure"
        facts.add_row("Waiting", _text(f"{said} (more: {hint})", "yellow"))
    reconciled = app.get("reconciled")
    if isinstance(reconciled, Mapping):
        facts.add_row("App read", _text(_reconciled_line(reconciled)))
    held = round(_number(app, "held"))
    if held:
        waits = "waits" if held == 1 else "wait"
        text = f"{number_of(held, 'removal')} {waits} for approval (seatkeeper approvals)"
        facts.add_row("Held", _text(text, "yellow"))
    progress, last = app.get("progress"), app.get("last_cycle")
    if isinstance(progress, Mapping):
        facts.add_row("Now", _text(progress_line(progress)))
    if isinstance(last, Mapping):
        facts.add_row("Last cycle", _text(_cycle_line(last)))
    today = app.get("today")
    if isinstance(today, Mapping):
        facts.add_row("Today", _text(_day_line(today)))
    return Group(title, facts, Text(""))


def _moment(value: object) -> object:
    """Return a moment in UTC as people write it; any other text as it is."""
    text = str(value)
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("+00:00") else value


def _accounts(app: Plain) -> str:
    if app.get("users") is None:
        return ""
    count, inactive = f"{_number(app, 'users'):,.0f}", _number(app, "deactivated")
    return f"{count}, of them {inactive:,.0f} deactivated" if inactive else count


def _reconciled_line(reconciled: Plain) -> str:
    """Say when the app was read again last, and what came of it."""
    counts, unchecked = reconciled.get("counts"), _plains(reconciled.get("unchecked"))
    said = []
    if isinstance(counts, Mapping):
        said = [f"{_number(counts, words):,.0f} {clean(words)}" for words in counts]
    if unchecked:
        said.append(f"not checked: {', '.join(clean(one.get('what')) for one in unchecked)}")
    return f"{clean(reconciled.get('ended_at'))}: {', '.join(said) or 'all as it was written'}"


def _cycle_line(cycle: Plain) -> str:
    parts = [str(_moment(clean(cycle[name]))) for name in ("kind", "ended_at") if cycle.get(name)]
    if cycle.get("seconds") is not None:
        parts.append(f"took {duration(_number(cycle, 'seconds'))}")
    return f"{', '.join(parts)}: {counted(cycle) or 'nothing to do'}"


def counted(counts: Plain) -> str:
    """Return ``2 created, 1 request``: what a cycle came to; empty where that is nothing.

    Whoever failed waits, and is counted once.
    """
    before = max(0.0, _number(counts, "waiting") - _number(counts, "failed"))
    told = {**counts, "waiting from before": before}
    said = [f"{_number(told, name):,.0f} {name}" for name in _OUTCOMES if told.get(name)]
    if counts.get("requests"):
        said.append(number_of(round(_number(counts, "requests")), "request"))
    return ", ".join(said)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1))


def _happened(entry: Plain) -> Text:
    changes = _plains(entry.get("changes"))
    lines = [_changed(change) for change in changes if not is_member(change)]
    lines += member_lines(changes, most=SHOWN)
    reason = " ".join(clean(entry[name]) for name in ("reason", "advice") if entry.get(name))
    if entry.get("code") not in (None, "", "Success"):
        reason = f"{clean(entry['code'])}: {reason}" if reason else clean(entry["code"])
    return Text("\n".join([*lines, *([reason] if reason else [])]))


def _changed(change: Plain) -> str:
    path = short_path(clean(change.get("path")))
    old, new = change_ends(change)
    if old is None:
        return f"{path} = {clean(new)}"
    return f"{path}: {clean(old)} → {clean(new)}"


def _person(entry: Plain) -> Text:
    return _text(entry.get("display_name") or entry.get("record") or "")


def _action(entry: Plain) -> Text:
    return _styled(entry.get("action", ""), _ACTION_STYLES)


def _styled(value: object, styles: Mapping[str, str]) -> Text:
    return _text(value, styles.get(str(value).lower(), ""))


def _text(value: object, style: str = "") -> Text:
    return Text(clean(value), style=style)


def _plains(value: object) -> list[Plain]:
    if not isinstance(value, list | tuple):
        return []
    return [one for one in value if isinstance(one, Mapping)]


def _facts(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{clean(name)}: {clean(fact)}" for name, fact in value.items()]
    return [clean(fact) for fact in value] if isinstance(value, list | tuple) else []


def _number(values: Plain, name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
