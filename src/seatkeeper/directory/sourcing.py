"""Whose a record is, and what a source of people may therefore do with it.

At the source of the walk:

    [source change] -> scope -> map -> match -> plan -> export -> log

A person or group belongs to the source that created it, for as long as the
directory holds it. What was made by hand or by an import belongs to no source.
Nothing changes hands because two names are equal, only when somebody says so.
An ``externalId`` tells a source's own people only: it is that source's word.
``docs/inbound.md`` has the same table for people; how records are found is the
store's part.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.directory.attributes import GROUP_ATTRIBUTES, user_attribute
from seatkeeper.directory.model import Kind


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a record that the directory has.

    ``source``: the source that created it, none for what was made by hand or
    by an import. ``shown``: that source still sees it. ``administrator``: it
    is a person who administers Seatkeeper.
    """

    source: str | None
    shown: bool = True
    administrator: bool = False


EXTERNAL_ID: Final = "externalId"
USER_NAME: Final = "userName"
MATCHING: Final = (EXTERNAL_ID, USER_NAME)
"""By what a source's people are known; the first that finds somebody decides."""


@dataclass(frozen=True, slots=True)
class Own:
    """A record that a source pushed in before; ``shown``: it did not delete it since."""

    record_id: str
    shown: bool


class Ruling(StrEnum):
    """What becomes of a source's wish."""

    CREATE = "create"
    RESTORE = "restore"
    CHANGE = "change"
    EXISTS = "exists"
    NOT_THEIRS = "not_theirs"
    BY_HAND = "by_hand"
    ADMINISTRATOR = "administrator"


REFUSALS = {
    Ruling.EXISTS: "This source has one with this name or externalId already.",
    Ruling.NOT_THEIRS: "The directory has one with this name that belongs to another source.",
    Ruling.BY_HAND: (
        "The directory has one with this name that no source created. "
        "It is not taken over; whoever runs Seatkeeper can give it to this source by name."
    ),
    Ruling.ADMINISTRATOR: "This person administers Seatkeeper, and no source may change them.",
}
"""What a refused source is told: never anything of the person but what it said itself."""


def recognised(
    by_external_id: Sequence[Own], by_name: str | None, matching: Sequence[str]
) -> str | None:
    """Return which record somebody who is pushed in is, or none: somebody new.

    ``by_external_id`` are the source's own with that value, ``by_name`` the
    record of the directory with that name. Several whom the source deleted and
    who share one ``externalId`` cannot be told apart by it; then the name decides.
    """
    for rule in matching:
        if rule == USER_NAME and by_name is not None:
            return by_name
        if rule == EXTERNAL_ID:
            shown = [one for one in by_external_id if one.shown]
            if shown or len(by_external_id) == 1:
                return (shown or by_external_id)[0].record_id
    return None


def arrival(source: str, holder: Holder | None) -> Ruling:
    """Decide what a new resource becomes whose name the directory's ``holder`` has (none: free)."""
    if holder is None:
        return Ruling.CREATE
    if holder.administrator:
        return Ruling.ADMINISTRATOR
    if holder.source is None:
        return Ruling.BY_HAND
    if holder.source != source:
        return Ruling.NOT_THEIRS
    return Ruling.EXISTS if holder.shown else Ruling.RESTORE


def changing(source: str, holder: Holder) -> Ruling:
    """Decide whether a source may change or delete a record that the directory has."""
    if holder.administrator:
        return Ruling.ADMINISTRATOR
    if holder.source is None:
        return Ruling.BY_HAND
    return Ruling.CHANGE if holder.source == source else Ruling.NOT_THEIRS


def may_write(
    source: str, holder: Holder, kind: Kind, attribute: str, mapped: Collection[str]
) -> bool:
    """Whether a source may write one attribute of a record.

    Only of what is its own, only what its mappings name, and never what the
    directory gives itself (``objectId``).
    """
    if changing(source, holder) is not Ruling.CHANGE or attribute not in mapped:
        return False
    known = user_attribute(attribute) if kind is Kind.USER else GROUP_ATTRIBUTES.get(attribute)
    return known is not None and known.writable
