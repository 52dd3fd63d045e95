"""Weigh the word of somebody about a removal that two people must agree to.

Beside the guard, pure. Two people: whoever caused the removal or asked for it is
one, and another approves. Where nobody of the console caused it, such as where a
source did, the first word asks and the second one approves. Who is who is found by
the store: one person is one administrator, however many sessions they have, and
what the command line calls its user is nobody here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.errors import NeedsAnother
from seatkeeper.provisioning.guard import Hold

LOOSENED: Final = "four_eyes.loosened"
"""What the audit trail calls it when the rule, or the limits under it, let go more than before."""

SWITCHED_OFF: Final = "four eyes switched off"


class Weight(StrEnum):
    """What a word is worth: it ``ASKS`` for another one, or it ``APPROVES``."""

    ASKS = "asks"
    APPROVES = "approves"


class CauseKind(StrEnum):
    """What a removal came from."""

    LEFT_GROUP = "left group"
    UNASSIGNED = "unassigned"
    GROUP_UNASSIGNED = "group unassigned"
    DISABLED = "disabled"
    DELETED = "deleted"
    SETTINGS = "settings"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class RemovalCause:
    """What led to a removal, by whom and when; ``group_id`` where a group is the reason.

    ``administrator``: the actor is somebody who may sign in to the console.
    """

    kind: CauseKind
    at: dt.datetime
    actor: str
    group_id: str = ""
    administrator: bool = False


def weigh(who: str, hold: Hold, cause: RemovalCause | None, *, signed_in: bool) -> Weight:
    """Return what the approval of ``who`` is worth.

    Raises ``NeedsAnother`` where it is worth nothing: nobody is signed in, or the same
    person asked already.
    """
    name = hold.display_name or hold.record_id
    if not signed_in:
        raise NeedsAnother(
            "Two people must agree to this removal, each signed in to the console; the command "
            "line does not know who you are. Nothing was changed.",
            advice="Approve it on the page Approvals. Keeping it (reject) is open to you here.",
        )
    caused = cause is not None and cause.administrator
    causer = cause.actor if cause is not None and caused else ""
    if hold.asked_by == who:
        raise NeedsAnother(
            f"You asked already that this is taken away from {name}. Nothing was changed.",
            advice="Somebody else must approve it.",
        )
    if hold.asked_by:
        if causer == who:
            raise NeedsAnother(
                f"You caused that this is taken away from {name}. Nothing was changed.",
                advice="Somebody else must approve it.",
            )
        return Weight.APPROVES
    return Weight.APPROVES if caused and causer != who else Weight.ASKS


_LOOSE = frozenset({"name", "interval_seconds", "timing", "notification", "status", "mode",
                    "reconcile", "profile", "secret_expires", "requests_per_second",
                    "bulk"})  # fmt: skip
"""Settings that decide about nobody's access."""


def decides_about_access(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether an edit of an app's settings may have taken somebody's access away."""
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return bool(changed - _LOOSE)


def loosened(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """Return how an edit loosens what holds removals where two people must agree, or nothing.

    ``before`` and ``after`` are the plain settings of an app.
    """
    old, new = _guard(before), _guard(after)
    if not old.get("four_eyes"):
        return ""
    if not new.get("four_eyes"):
        return SWITCHED_OFF
    if old.get("enabled", True) and not new.get("enabled", True):
        return "limits switched off"
    other = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    return "limits changed" if other - {"four_eyes", "enabled", "reason"} else ""


def _guard(settings: Mapping[str, object]) -> Mapping[str, object]:
    guard = settings.get("guard")
    return guard if isinstance(guard, Mapping) else {}


def needs_two(settings: Mapping[str, object]) -> bool:
    """Whether an app's plain settings ask for the word of two people."""
    return bool(_guard(settings).get("four_eyes"))


def four_eyes_subject(app_id: str) -> str:
    """Return what the audit trail calls the rule of two people of an app."""
    return f"{app_id}/four-eyes"
