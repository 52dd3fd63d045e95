"""The rules of each source, every version of them.

At the source of the walk. Version 0 are the rules that every source has; each
edit is a new version, and nothing is ever rewritten. Which version a record was
last told under stands with the record. Methods block.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from seatkeeper.configuration.inbound import SourceSettings, inbound_mappings, settings_in
from seatkeeper.errors import NotFound
from seatkeeper.provisioning.inbound import Said, said
from seatkeeper.scim.messages import Resource
from seatkeeper.store.database import Database
from seatkeeper.store.inbound_source import Source
from seatkeeper.store.inbound_tables import RESOURCES, RULES, TOKENS
from seatkeeper.store.inbound_tokens import check_source
from seatkeeper.store.news import News


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """One version of a source's rules; ``at`` none: what every source begins with."""

    version: int
    settings: SourceSettings
    actor: str = ""
    at: dt.datetime | None = None


BEGINNING = RulesVersion(0, SourceSettings())


class SourceRules:
    """What administrators decided for sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self, source: str) -> RulesVersion:
        """Return the rules in force; the beginning where nobody decided anything."""
        asked = _newest(source).limit(1)
        row = self._database.read_now(lambda c: c.execute(asked).first())
        return BEGINNING if row is None else _version(row)

    def versions(self, source: str) -> Sequence[RulesVersion]:
        """Return every version, newest first, the beginning last."""
        rows = self._database.read_now(lambda c: c.execute(_newest(source)).all())
        return [*(_version(row) for row in rows), BEGINNING]

    def version(self, source: str, number: int) -> RulesVersion:
        """Return one version. Raises ``NotFound``."""
        known = self.versions(source)
        for one in known:
            if one.version == number:
                return one
        raise NotFound(
            f"{source} has no version {number} of its rules.",
            advice=f"It has 0 to {known[0].version}.",
        )

    def names(self) -> Sequence[str]:
        """Return every source that has rules, a token, or people."""

        def work(connection: Connection) -> list[str]:
            found: set[str] = set()
            for table in (RULES, TOKENS, RESOURCES):
                found |= set(connection.scalars(select(table.c.source).distinct()))
            return sorted(found)

        return self._database.read_now(work)

    def save(
        self, source: str, settings: SourceSettings, *, actor: str, now: dt.datetime
    ) -> RulesVersion:
        """Keep a new version, in force from now on. Raises ``InvalidValue`` for a bad name."""
        check_source(source)

        def work(connection: Connection) -> RulesVersion:
            row = connection.execute(_newest(source).limit(1)).first()
            before = BEGINNING if row is None else _version(row)
            made = RulesVersion(before.version + 1, settings, actor, now)
            kept = {"source": source, "version": made.version, "settings": settings.to_plain()}
            connection.execute(insert(RULES), [{**kept, "actor": actor, "at": now}])
            news = News(actor)
            news.audit("source.apply", source, before.settings.to_plain(), settings.to_plain())
            news.write(connection)
            return made

        return self._database.write_now(work)


def said_at(
    connection: Connection, source: Source, version: int, kind: str, body: Resource
) -> Said:
    """Return what a resource said when it was told, by that version of the rules."""
    if version == source.rules:
        return said(body, source.mappings.of(kind))
    asked = select(RULES.c.settings).where(RULES.c.source == source.name)
    plain = connection.scalar(asked.where(RULES.c.version == version))
    then = inbound_mappings(None if plain is None else settings_in(plain))
    return said(body, then.of(kind))


def _newest(source: str) -> Any:
    return select(RULES).where(RULES.c.source == source).order_by(RULES.c.version.desc())


def _version(row: Row[Any]) -> RulesVersion:
    return RulesVersion(row.version, settings_in(row.settings), row.actor, row.at)
