"""The command that shows which mappings are in force: mappings.

On top of everything. What is in force is worked out by ``configuration.rules``
from the gallery and the app's document; this page words it.
"""

import cyclopts
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.out import DONE, installation, speak
from seatkeeper.cli.parameters import AppId, Json
from seatkeeper.facts.mappings import mapping_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.mapping.model import Applies, Mapping, ObjectMapping, WhenNull
from seatkeeper.provisioning.provenance import source_text


def register(app: cyclopts.App) -> None:
    """Add this command to the command line."""
    app.command(mappings)


async def mappings(app_id: AppId, /, *, json: Json = False) -> int:
    """Show the mappings in force: the gallery's with the changes of the app's document."""
    async with installation() as opened:
        rules = await opened.rules(app_id)
    plain: Plain = {
        "app": app_id,
        "users": [mapping_plain(one) for one in rules.users.mappings],
        "groups": None
        if rules.groups is None
        else [mapping_plain(one) for one in rules.groups.mappings],
    }
    parts: list[RenderableType] = [Text("People", "bold"), _table(rules.users)]
    if rules.groups is not None:
        parts += [Text(""), Text("Groups", "bold"), _table(rules.groups)]
    else:
        parts += [Text(""), Text("Groups are off.")]
    speak([plain], Group(*parts), json=json)
    return DONE


def _table(mapped: ObjectMapping) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("Onto", "From", "Rules"):
        table.add_column(title, overflow="fold")
    for one in mapped.mappings:
        table.add_row(Text(one.target), Text(source_text(one)), Text(", ".join(_rules(one))))
    return table


def _rules(one: Mapping) -> list[str]:
    """Return in words what is not as with most mappings."""
    return [
        word
        for word, holds in (
            (f"matching {one.matching}", bool(one.matching)),
            ("required", one.required),
            ("unique", one.unique),
            ("letter case counts", one.case_exact),
            (one.applies.value.replace("_", " "), one.applies is not Applies.ALWAYS),
            (f"when empty: {one.when_null.value}", one.when_null is not WhenNull.CLEAR),
            (f"default {one.default}", one.default is not None),
        )
        if holds
    ]
