"""Show one line of a connection test for people.

After the walk: it takes the plain mapping that ``--json`` prints and decides nothing.
"""

from collections.abc import Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from seatkeeper.cli.render import clean

_SIGNS: Final = {"passed": ("✓", "green"), "failed": ("✕", "red"), "not reached": ("·", "dim")}


def check_view(plain: Mapping[str, object]) -> RenderableType:
    """Show one check: its sign and words, then the app's own, what to do, and the requests."""
    result = str(plain["result"])
    sign, style = _SIGNS[result]
    if result == "failed" and not plain["needed"]:
        sign, style = "–", "yellow"
    words = clean(plain["message"]) or "not reached"
    parts: list[RenderableType] = [
        Text.assemble((f"{sign} ", style), (f"{clean(plain['check'])}: ", "bold"), words)
    ]
    if plain["said"]:
        parts.append(Text(f"    It said: “{clean(plain['said'])}”"))
    if plain["advice"]:
        parts.append(Text(f"    {clean(plain['advice'])}"))
    requests = plain["requests"]
    if isinstance(requests, list):
        parts += [Text(f"    {clean(one)}", "dim") for one in requests]
    return Group(*parts)
