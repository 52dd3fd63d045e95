"""Where people are pushed in: tokens, rules and the SCIM service of sources.

Joins the service's door with the store. What a source may change is decided by the rules.
"""

import datetime as dt
from collections.abc import Sequence

from starlette.types import ASGIApp

from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.directory.token_ends import TokenEnd, token_ends
from seatkeeper.service_provider.inbound import inbound_app
from seatkeeper.service_provider.profile import directory_profile
from seatkeeper.settings import Settings
from seatkeeper.store.database import Database
from seatkeeper.store.inbound import SqlInbound
from seatkeeper.store.inbound_rules import SourceRules
from seatkeeper.store.inbound_source import Source
from seatkeeper.store.inbound_tokens import SourceTokens
from seatkeeper.store.records import folded


class Sources:
    """The sources of one database. ``tokens`` let them in, ``rules`` say what counts of them."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.tokens = SourceTokens(database)
        self.rules = SourceRules(database)
        self._settings = settings
        self._database = database

    def source(self, name: str) -> Source:
        """Return a source with the rules in force for it."""
        administrators = frozenset(folded(one) for one in self._settings.administrator_names)
        rules = self.rules.current(name)
        mappings, keys_of = inbound_mappings(rules.settings), directory_profile().keys_of
        return Source(
            name, mappings, keys_of, administrators, rules.settings.matching, rules.version
        )

    def keeper(self, name: str) -> SqlInbound:
        """Return the resources that a source has pushed into the directory."""
        return SqlInbound(self._database, self.source(name))

    def service(self) -> ASGIApp:
        """Return the SCIM service at which sources push people in."""
        return inbound_app(self.tokens.holder, self.keeper, directory_profile())

    def token_ends(self, now: dt.datetime) -> Sequence[TokenEnd]:
        """Return which tokens of sources end soon or have ended, the most urgent first."""
        return token_ends(self.tokens.tokens(), now)
