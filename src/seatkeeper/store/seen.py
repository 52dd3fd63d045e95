"""Directory, configuration and ledger as a page of the console sees them: asked once in a look.

Beside the walk. What is listed here is what several parts of one page ask for themselves;
outside of a look nothing differs from the classes below.
"""

from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.once import once


class SeenConfiguration(SqlConfiguration):
    """Configuration of which a page asks once what it asks."""

    app = once(SqlConfiguration.app)
    apps = once(SqlConfiguration.apps)


class SeenDirectory(SqlDirectory):
    """A directory of which a page asks once what it asks."""

    user = once(SqlDirectory.user)
    users = once(SqlDirectory.users)
    group = once(SqlDirectory.group)
    groups = once(SqlDirectory.groups)
    assignments = once(SqlDirectory.assignments)


class SeenLedger(SqlLedger):
    """A ledger of which a page asks once what it asks."""

    cycles = once(SqlLedger.cycles)
    escrows_of = once(SqlLedger.escrows_of)
    facts = once(SqlLedger.facts)
    health = once(SqlLedger.health)
    held_counts = once(SqlLedger.held_counts)
    last_change = once(SqlLedger.last_change)
    learned_rates = once(SqlLedger.learned_rates)
    log = once(SqlLedger.log)
    position = once(SqlLedger.position)
