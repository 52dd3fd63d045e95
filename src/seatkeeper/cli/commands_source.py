"""Commands about the rules of sources: source apply, show, list, versions, restore."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import cyclopts
from rich.table import Table
from rich.text import Text

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.commands_config import text_of
from seatkeeper.cli.out import DONE, FAILED, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import DryRun, Json
from seatkeeper.clock import utc_now
from seatkeeper.configuration.inbound import SourceSettings
from seatkeeper.configuration.source_documents import (
    SourceDocument,
    print_source,
    read_source,
    source_differences,
)
from seatkeeper.store.inbound_anew import tell_anew
from seatkeeper.store.inbound_rules import RulesVersion
from seatkeeper.store.inbound_tokens import check_source
from seatkeeper.words import number_of

_MOST_SHOWN = 20


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    source = cyclopts.App(name="source", help="Rules of HR systems that push people in by SCIM.")
    source.command(apply)
    source.command(shown, name="show")
    source.command(listed, name="list")
    source.command(versions)
    source.command(restore)
    app.command(source)


async def apply(path: Path, /, *, dry_run: DryRun = False, json: Json = False) -> int:
    """Give a source the rules of this YAML document, and carry them over to its people at once.

    Parameters
    ----------
    path
        The document: source, matching, users, groups.
    """
    document = read_source(path.name, text_of(path))
    async with installation() as opened:
        return await _made_so(opened, document, dry_run=dry_run, json=json)


async def shown(source: str, version: int | None = None, /, *, json: Json = False) -> int:
    """Print a source's rules as a document that source apply reads.

    Parameters
    ----------
    source
        The name of the source, such as hr.
    version
        An earlier version of its rules.
    """
    check_source(source)
    async with installation() as opened:
        rules = opened.sources.rules
        found = rules.current(source) if version is None else rules.version(source, version)
    plain = {"source": source, "version": found.version, **found.settings.to_plain()}
    speak([plain], print_source(SourceDocument(source, found.settings)).rstrip(), json=json)
    return DONE


async def listed(*, json: Json = False) -> int:
    """List every source that has rules, a token, or people."""
    async with installation() as opened:
        rules = opened.sources.rules
        found = [(name, rules.current(name)) for name in rules.names()]
    if not found and not json:
        show("There are no sources. Make one with `seatkeeper token create --source NAME`.")
        return DONE
    table = _table("Source", "Rules", "Known by")
    for name, one in found:
        version = str(one.version) if one.version else "as every source"
        table.add_row(Text(name), Text(version), Text(", ".join(one.settings.matching)))
    plains = [
        {"source": name, "version": one.version, "matching": list(one.settings.matching)}
        for name, one in found
    ]
    speak(plains, table, json=json)
    return DONE


async def versions(source: str, /, *, json: Json = False) -> int:
    """List every version of a source's rules, newest first.

    Parameters
    ----------
    source
        The name of the source.
    """
    check_source(source)
    async with installation() as opened:
        found = opened.sources.rules.versions(source)
    rows = list(zip(found, [*found[1:], None], strict=True))
    table = _table("Version", "When", "Who", "What it changed")
    for one, before in rows:
        at = f"{one.at:%Y-%m-%d %H:%M:%S}" if one.at else ""
        what = "; ".join(_changes(before, one)) or "as every source"
        table.add_row(*(Text(cell) for cell in (str(one.version), at, one.actor, what)))
    plains = [
        {
            "version": one.version,
            "at": one.at.isoformat() if one.at else None,
            "actor": one.actor,
            "changes": _changes(before, one),
        }
        for one, before in rows
    ]
    speak(plains, table, json=json)
    return DONE


async def restore(
    source: str,
    version: int,
    /,
    *,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Give a source the rules of an earlier version; 0 is what every source has.

    Parameters
    ----------
    source
        The name of the source.
    version
        The number of the version.
    """
    check_source(source)
    async with installation() as opened:
        document = SourceDocument(source, opened.sources.rules.version(source, version).settings)
        return await _made_so(opened, document, dry_run=dry_run, json=json)


async def _made_so(
    opened: Installation, document: SourceDocument, *, dry_run: bool, json: bool
) -> int:
    """Keep the rules where they differ, tell them of everybody, and say what came of it."""
    check_source(document.source)
    before = opened.sources.rules.current(document.source).settings
    lines = source_differences(before, document.settings)
    changed, refused = 0, list[str]()
    if not dry_run:
        changed, refused = await asyncio.to_thread(_carried, opened, document, lines)
    if json:
        plain = {"source": document.source, "changes": lines, "applied": not dry_run}
        print_json({**plain, "carried_over": changed, "refused": refused})
        return FAILED if refused else DONE
    verb = "would change" if dry_run else "changed"
    show("\n".join([f"{document.source}: {verb if lines else 'nothing to change'}",
                    *(f"  {line}" for line in lines)]))  # fmt: skip
    if changed:
        show(f"  told anew of {number_of(changed, 'person or group', 'people and groups')}")
    for text in refused[:_MOST_SHOWN]:
        show(f"  not told: {text}")
    if len(refused) > _MOST_SHOWN:
        show(f"  and {len(refused) - _MOST_SHOWN} more; correct them and apply again")
    return FAILED if refused else DONE


def _carried(
    opened: Installation, document: SourceDocument, lines: Sequence[str]
) -> tuple[int, list[str]]:
    if lines:
        opened.sources.rules.save(document.source, document.settings, actor=actor(), now=utc_now())
    return tell_anew(opened.database, opened.sources.source(document.source), utc_now())


def _changes(before: RulesVersion | None, one: RulesVersion) -> list[str]:
    return source_differences(SourceSettings() if before is None else before.settings, one.settings)


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table
