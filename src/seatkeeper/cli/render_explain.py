"""Show where a value comes from, and what a change would lead to, for people.

After the walk: every function takes the plain mapping that ``--json`` prints
and decides nothing. Text from the directory or an app goes through ``clean``.
"""

from collections.abc import Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from seatkeeper.cli.render import Plain, clean
from seatkeeper.cli.render_plan import record_view
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.words import number_of

MOST: Final = 20
"""People that are named before the rest is a number; --json has them all.

Whoever loses access or an account is always named.
"""

_REMOVALS: Final = ("delete", "disable")


def origin_view(origin: Plain) -> RenderableType:
    """Show one value's way. Reads what ``facts.explain.origin_plain`` gives."""
    parts: list[RenderableType] = [Text(clean(origin["answer"]), "bold"), Text("")]
    path, source = short_path(clean(origin["path"])), clean(origin["source"])
    verb = "come" if path == MEMBERS else "is made"
    parts.append(Text(f"  {path} {verb} from {source}"))
    inputs = origin["inputs"]
    if isinstance(inputs, Mapping):
        parts += [
            Text(f"    {clean(name)}: {_value(value)}", "dim") for name, value in inputs.items()
        ]
    steps = origin["steps"]
    if isinstance(steps, list):
        parts += [_step(one) for one in steps if isinstance(one, Mapping)]
    parts += [
        Text(f"  should be: {_value(origin['wanted'])}"),
        Text(f"  last written or read: {_value(origin['known'])}"),
    ]
    return Group(*parts)


def whatif_view(plain: Plain) -> RenderableType:
    """Show what would follow. Reads what ``facts.explain.whatif_plain`` gives."""
    parts: list[RenderableType] = [
        Text.assemble((f"If {clean(plain['name'])} {clean(plain['if'])}:", "bold")),
        *_without_effect(plain["without_effect"]),
        Text(f"  now:  {clean(plain['before'])}"),
        Text(f"  then: {clean(plain['after'])}"),
        Text(""),
        Text(clean(plain["answer"])),
        *_held(plain.get("held")),
    ]
    affected = plain["affected"]
    if isinstance(affected, list):
        removals = [one for one in affected if one["action"] in _REMOVALS]
        others = [one for one in affected if one["action"] not in _REMOVALS]
        parts += [record_view(one) for one in [*removals, *others[:MOST]]]
        parts += _rest(len(others))
    stay = plain["stay"]
    if isinstance(stay, list) and stay:
        parts.append(Text(f"Nothing changes for {len(stay)}:"))
        parts += [Text(f"  {clean(one['name'])} ({clean(one['reason'])})") for one in stay[:MOST]]
        parts += _rest(len(stay))
    apps = plain["other_apps"]
    if isinstance(apps, Mapping):
        parts += [
            Text(f"Also read by {clean(app)}: {clean([short_path(one) for one in paths])}")
            for app, paths in apps.items()
        ]
    if plain["open"]:
        text = "The app was not asked: an account that is there already would be linked."
        parts.append(Text(text))
    parts.append(Text("Nothing was changed, and nothing has been sent.", "dim"))
    return Group(*parts)


def _held(held: object) -> list[RenderableType]:
    if not isinstance(held, Mapping):
        return []
    count = number_of(len(held["names"]), "of these removals", "of these removals")
    text = f"The deletion guard would keep back {count} until somebody approves: {held['why']}"
    return [Text(clean(text), "yellow")]


def _without_effect(said: object) -> list[RenderableType]:
    return [Text(f"  {clean(one)}", "yellow") for one in said] if isinstance(said, list) else []


def _rest(count: int) -> list[RenderableType]:
    return [Text(f"  and {count - MOST} more (--json names them)", "dim")] if count > MOST else []


def _step(step: Mapping[str, object]) -> Text:
    level = step["level"]
    indent = "  " * (level if isinstance(level, int) else 0)
    gave = step["fault"] or _value(step["result"])
    return Text(f"    {indent}{clean(step['text'])} gives {gave}", "dim")


def _value(value: object) -> str:
    return "empty" if value is None else clean(value)
