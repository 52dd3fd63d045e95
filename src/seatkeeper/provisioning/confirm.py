"""Decide whether a linked account is still the record's, and what follows where it cannot be told.

    source change -> scope -> map -> [match] -> plan -> export -> log

Pure. An id says whose account it is only in the tenant that gave it. Where the
app's address changed, or many accounts are gone, links are held until their
accounts answer to the values last known there (reliability T8, T8a). It asks
nobody; the engine does.
"""

from collections.abc import Sequence
from typing import Final

from seatkeeper.errors import LinkHeld
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.match import Question, questions

LOOKED_AT: Final = 20
"""Other accounts that are looked at before the first one that is gone is made anew."""

_MOST_GONE: Final = 3
_OF_LINKED: Final = 50
_MOST_OF_SOME: Final = 1


def asked_of(link: Link, mapping: ObjectMapping) -> Sequence[Question]:
    """Return what to ask the app for, by the values last known there, strongest first."""
    return questions(Desired(dict(link.known)), mapping)


def confirmed(link: Link, account: Account) -> Link:
    """Return the link to the account that answered, which knows only what was read there."""
    known = {path: account.values[path] for path in link.known if path in account.values}
    return Link(link.kind, link.record_id, account.id, known, link.display_name, link.since)


def check_held(link: Link, app_id: str) -> None:
    """Raise ``LinkHeld`` for a link whose account is not confirmed."""
    if link.held:
        raise LinkHeld(
            f"Nobody in the app answers to what account {link.last_id} was last known by. "
            "Its address leads elsewhere than before, or many accounts are gone.",
            advice="Check the tenant URL, and whether somebody emptied the app. A full cycle "
            "looks again. If the accounts shall be made anew: "
            f"seatkeeper restart {app_id} --reset links,watermark",
        )


def too_many_gone(gone: int, linked: int) -> bool:
    """Whether more accounts are gone than one cycle makes anew by itself (fault T8)."""
    return gone > max(_MOST_GONE, linked // _OF_LINKED)


def many_may_be_gone(gone: int, looked_at: int, linked: int) -> bool:
    """Judge by some other accounts whether somebody may have emptied the app.

    ``gone`` of ``looked_at`` others are gone beside the one that was met. Where
    all were looked at they are simply counted; of a few that stand for many, two
    are too many.
    """
    if looked_at >= linked - 1:
        return too_many_gone(gone + 1, linked)
    return gone > _MOST_OF_SOME
