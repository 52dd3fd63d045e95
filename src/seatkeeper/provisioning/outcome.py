"""Decide what follows from a failure: when to try again, and what it means for the app.

    source change -> scope -> map -> match -> plan -> [export] -> log

Pure: the moment is an argument. The numbers are those of our profile
(reliability 5 and 6). It repeats nothing itself; the engine does.
"""

import datetime as dt
from typing import Final

from seatkeeper.errors import ConnectorError, LinkHeld, RecordError, Remedy, SeatkeeperError
from seatkeeper.provisioning.profile import SEATKEEPER, Profile

NO_RETRY_AFTER: Final = dt.timedelta(days=2)
"""So far ahead nobody is put off."""

TRANSIENT_WAITS: Final = (0.5, 2.0, 8.0)
"""Most seconds before each further try of a request that failed on the app's side."""

AWAY_WAITS: Final = (10, 30, 60, 120, 300)
"""Seconds before each probe of an app that is not there; then every ten minutes."""

_AWAY_LAST: Final = 600
_CREDENTIALS: Final = 3600


SETTLING: Final = 35.0
"""Seconds after we stopped waiting for an answer in which a request may still act (P2)."""


def backoff(attempt: int, chance: float) -> float:
    """Return the seconds before another try: anything up to the limit, by ``chance`` of 0 to 1.

    Drawn over the whole length, so that those who failed together do not come back together.
    """
    return TRANSIENT_WAITS[attempt] * chance


def next_retry(
    error: SeatkeeperError,
    attempts: int,
    first: dt.datetime,
    now: dt.datetime,
    profile: Profile = SEATKEEPER,
) -> dt.datetime | None:
    """Return when a record that failed so is tried again; none: not by itself."""
    return None if isinstance(error, LinkHeld) else retry_at(attempts, first, now, profile)


def retry_at(
    attempts: int, first: dt.datetime, now: dt.datetime, profile: Profile = SEATKEEPER
) -> dt.datetime | None:
    """Return when a record that failed ``attempts`` times is due again, or none: given up.

    One that is given up stays visible until somebody acts.
    """
    if now - first >= dt.timedelta(days=profile.days):
        return None
    if attempts <= len(profile.steps):
        return now + profile.steps[attempts - 1]
    return now + profile.daily


def stops_the_app(error: SeatkeeperError) -> bool:
    """Whether this failure concerns the whole app, so that no other record can succeed."""
    return isinstance(error, ConnectorError) and error.remedy in {
        Remedy.AWAY,
        Remedy.CREDENTIALS,
        Remedy.SETUP,
    }


def next_probe(remedy: Remedy, attempts: int, now: dt.datetime) -> dt.datetime:
    """Return when an app that stopped is tried again (a change or a person may come first)."""
    if remedy is Remedy.AWAY:
        seconds = AWAY_WAITS[attempts - 1] if attempts <= len(AWAY_WAITS) else _AWAY_LAST
    else:
        seconds = _CREDENTIALS
    return now + dt.timedelta(seconds=seconds)


def log_code(error: SeatkeeperError) -> str:
    """Return the code that the provisioning log shows for this failure."""
    return error.code if isinstance(error, RecordError | ConnectorError) else "InternalError"
