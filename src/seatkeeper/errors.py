"""The errors Seatkeeper raises on purpose, as one tree.

    SeatkeeperError
    ├── BadInput                 what was typed or handed in cannot be used as it is
    │   ├── InvalidFile          a file with faults, each with its line
    │   ├── InvalidValue         one value that its attribute does not take
    │   ├── NotFound             no person, group, app or order answers to that name
    │   │   └── LinkUsedUp       a one-time link is unknown, too old, or was used
    │   ├── AlreadyDecided       somebody else decided first, and that stands
    │   ├── NeedsAnother         two people must agree, and this one cannot be the second
    │   ├── WrongPassphrase      nobody is signed in by what was typed
    │   ├── WrongCode            what was typed is no code of the second factor that is right now
    │   ├── SignInOver           the passphrase was right too long ago; signing in begins again
    │   ├── NotYet               something else must be done first
    │   ├── SlowedDown           after many failures an attempt to sign in was not looked at
    │   └── ScimError            what SCIM answers with an error; its own tree is in ``scim.errors``
    ├── Occupied                 another process holds what only one may hold
    ├── StoreUnusable            the database cannot be used as it is
    ├── KeyMissing               secrets cannot be opened with the key at hand
    ├── RecordError              one record cannot be provisioned; everybody else goes on
    │   ├── MatchingValueMissing
    │   ├── AmbiguousTarget      several accounts answer to one record
    │   ├── AmbiguousSource      several records claim one account
    │   ├── LinkHeld             the account cannot be confirmed as theirs; a person decides
    │   ├── PlanOutdated         what was reviewed is not what would be done now
    │   │   └── AlreadyDone      the account is as it was to become
    │   └── MappingFailed        a mapped value cannot be made from this record
    └── ConnectorError           anything a target or source did (``remedy`` says what helps)
        ├── Unreachable          away: nothing was sent, or the app is not there
        ├── LeaseLost            away: another process may work for the app; nothing was sent
        ├── InDoubt              doubt: sent, and the answer was lost
        ├── CredentialsRejected  credentials: 401, or 403 on everything
        ├── Incompatible         setup: something answers, but not SCIM as we need it
        ├── Throttled            slow: the app asks us to wait
        ├── Transient            transient: 5xx for one request
        └── Refused              record: this request cannot succeed as it is
            ├── Conflict         a value that must be unique belongs to somebody else
            └── Vanished         heal: the account is gone

Callers branch on the class or on ``remedy``, never on the text of a message.
Messages hold counts, ids and the app's own words; no secrets. ``advice`` says
what a person can do about it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Remedy(StrEnum):
    """What helps, by retry class (reliability: errors and retry)."""

    TRANSIENT = "transient"
    SLOW = "slow"
    DOUBT = "doubt"
    RECORD = "record"
    HEAL = "heal"
    AWAY = "away"
    CREDENTIALS = "credentials"
    SETUP = "setup"


class SeatkeeperError(Exception):
    """Root of everything Seatkeeper raises on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class BadInput(SeatkeeperError):
    """What was typed or handed in cannot be used; nothing was changed."""

    code = "input.invalid"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a file: where (``line`` counts from 1; 0 is the whole file) and what."""

    line: int
    text: str


class InvalidFile(BadInput):
    """A file has faults; nothing of it was used. ``faults`` holds the first twenty."""

    code = "input.file"

    def __init__(self, name: str, faults: Sequence[Fault], *, total: int, advice: str = "") -> None:
        noun = "fault" if total == 1 else "faults"
        super().__init__(f"{name} has {total} {noun}; nothing was changed.", advice=advice)
        self.faults = tuple(faults)
        self.total = total


class InvalidValue(BadInput):
    """One value that its attribute does not take."""

    code = "input.value"


class NotFound(BadInput):
    """No person, group, app or order answers to that name."""

    code = "input.not_found"


class AlreadyDecided(BadInput):
    """Somebody else decided first, and that stands; nothing was changed.

    ``state`` is what was decided, ``by`` whom, ``at`` when, with which ``word``; ``names`` are
    those it is about, of what the second decision named.
    """

    code = "input.decided"

    def __init__(
        self, state: str, by: str, at: dt.datetime | None, word: str, names: Sequence[str]
    ) -> None:
        when = f" at {at:%Y-%m-%d %H:%M} UTC" if at else ""
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        super().__init__(
            f"{by} decided{when} about {', '.join(names[:3])}{more}: {state} ({word}). "
            "That stands; nothing of yours was changed.",
            advice="See what still waits: seatkeeper approvals. To decide anew, add --instead.",
        )
        self.state, self.by, self.at, self.word, self.names = state, by, at, word, tuple(names)


class NeedsAnother(BadInput):
    """Two people must agree, and this one cannot be the second; nothing was changed."""

    code = "input.needs_another"


class LinkUsedUp(NotFound):
    """A one-time link is unknown, older than it may be, or was used."""

    code = "link.used_up"


class NotYet(BadInput):
    """What was asked for can be done once something else is; ``advice`` says what."""

    code = "input.not_yet"


class WrongPassphrase(BadInput):
    """E-mail address and passphrase do not belong together; which is wrong is not said."""

    code = "sign_in.wrong"


class WrongCode(BadInput):
    """What was typed is no code of the second factor that is right now and was not used."""

    code = "sign_in.code"


class SignInOver(BadInput):
    """The passphrase was right, but its code came too late or something changed meanwhile."""

    code = "sign_in.over"


class SlowedDown(BadInput):
    """After many failures an attempt to sign in was not looked at, right or wrong.

    ``seconds`` says after how many the next one is.
    """

    code = "sign_in.slowed"
    seconds: int = 1


class Occupied(SeatkeeperError):
    """Another process holds what only one may hold, such as the engine's role."""

    code = "engine.occupied"


class StoreUnusable(SeatkeeperError):
    """The database cannot be used: newer than the program, read-only, full or away."""

    code = "store.unusable"


class KeyMissing(SeatkeeperError):
    """A secret was sealed with a key that is not at hand; nothing was sent."""

    code = "key.missing"


class RecordError(SeatkeeperError):
    """One record cannot be provisioned as it is; everybody else goes on.

    ``code`` is public: it stands in the provisioning log, where possible in
    the words that administrators know from the reference service.
    """

    code = "RecordError"


class MatchingValueMissing(RecordError):
    """Every matching attribute of this record is empty, so no account can be found or made."""

    code = "ImportSkipped"


class AmbiguousTarget(RecordError):
    """Several accounts answer to one record.

    Nothing was sent: choosing one could hand a stranger's account to this
    person. Make the value unique in the app, or match on another attribute.
    """

    code = "DuplicateTargetEntries"


class AmbiguousSource(RecordError):
    """Several records claim one account; none of them gets it until they differ."""

    code = "DuplicateSourceEntries"


class LinkHeld(RecordError):
    """The record's account cannot be confirmed; nothing is written there and none is made.

    Either the app's address leads elsewhere than before, or many accounts are
    gone at once. Making them anew needs a person's word.
    """

    code = "LinkHeld"


class PlanOutdated(RecordError):
    """What somebody reviewed is not what would be done now; nothing of it was sent."""

    code = "PlanOutdated"


class AlreadyDone(PlanOutdated):
    """The account already is what somebody reviewed that it becomes; there was nothing to send."""

    code = "RedundantExport"


class MappingFailed(RecordError):
    """A mapped value cannot be made from this record."""

    code = "MappingFailed"


class ConnectorError(SeatkeeperError):
    """Anything a target or source did that stopped one request.

    ``said`` holds the app's own words, cut to 200 characters, without control
    characters; ``status`` the HTTP status where one came.
    """

    code = "ConnectorError"
    remedy: ClassVar[Remedy] = Remedy.RECORD

    def __init__(
        self, message: str, *, advice: str = "", said: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.said = said
        self.status = status


class Unreachable(ConnectorError):
    """The app is not there: name, connection or TLS failed before anything was sent."""

    code = "Unreachable"
    remedy = Remedy.AWAY


class LeaseLost(ConnectorError):
    """Held up for longer than its lease lasts, this process sends and writes nothing more."""

    code = "LeaseLost"
    remedy = Remedy.AWAY

    def __init__(self, app_id: str) -> None:
        super().__init__(
            f"This process was held up, and another one may work for {app_id} by now.",
            advice="Nothing more is sent from here; the cycle goes on where the app is worked for.",
        )


class InDoubt(ConnectorError):
    """The request was sent and its answer was lost; it is looked up before it is repeated."""

    code = "Timeout"
    remedy = Remedy.DOUBT


class CredentialsRejected(ConnectorError):
    """The app refused the token (401), or refuses everything to it (403)."""

    code = "Unauthorized"
    remedy = Remedy.CREDENTIALS


class Incompatible(ConnectorError):
    """Something answers at the address, but not as the SCIM service that is expected."""

    code = "SystemForCrossDomainIdentityManagementServiceIncompatible"
    remedy = Remedy.SETUP


class TooManyFailures(ConnectorError):
    """So many writes were refused that the app is at fault, or what is sent to it as a whole."""

    code = "EncounteredEscrowProportionThreshold"
    remedy = Remedy.SETUP


class Throttled(ConnectorError):
    """The app asks us to wait; ``retry_after`` in seconds where it said how long."""

    code = "TooManyRequests"
    remedy = Remedy.SLOW

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        advice: str = "",
        said: str = "",
        status: int | None = 429,
    ) -> None:
        super().__init__(message, advice=advice, said=said, status=status)
        self.retry_after = retry_after


class Transient(ConnectorError):
    """The app failed on its own side (5xx) for this request."""

    code = "InternalServerError"
    remedy = Remedy.TRANSIENT


class Refused(ConnectorError):
    """The app understood and said no; repeating it as it is cannot help."""

    code = "UnprocessableEntity"
    remedy = Remedy.RECORD


class Conflict(Refused):
    """A value that must be unique in the app belongs to somebody else (409)."""

    code = "EntryConflict"


class Vanished(Refused):
    """The account is gone from the app (404 on an id we know)."""

    code = "InvalidAnchor"
    remedy = Remedy.HEAL
