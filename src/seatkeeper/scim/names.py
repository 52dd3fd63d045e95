"""How SCIM compares names and texts: attribute names without case, texts folded (RFC 7643 2.1).

Beside the walk. One rule for "the same, ignoring case" is used wherever it
counts: filters, uniqueness, sorting, matching elements. Otherwise two accounts
could be unique to the store and equal to a filter.
"""

import unicodedata

from seatkeeper.scim.messages import Json, Resource


def is_core(schema: str) -> bool:
    """Say whether the URN names a core schema, whose attributes stand at the top level."""
    return schema.casefold().startswith("urn:ietf:params:scim:schemas:core:")


def key_of(holder: Resource, name: str) -> str | None:
    """Return the key under which ``holder`` has ``name``, whatever its case."""
    if name in holder:
        return name
    folded = name.casefold()
    for key in holder:  # a loop, because what is not there is asked for most often
        if key.casefold() == folded:
            return key
    return None


def get(holder: Resource, name: str) -> Json:
    """Return the value of ``name``, whatever its case, or none."""
    key = key_of(holder, name)
    return None if key is None else holder[key]


def fold(text: str) -> str:
    """Return a text as it is compared where case does not count.

    Full-width letters become plain ones, letters are composed, case is folded:
    what RFC 8265 asks of user names (RFC 7644 5), and harmless elsewhere.
    """
    if text.isascii():
        return text.lower()
    plain = "".join(
        unicodedata.normalize("NFKC", letter)
        if unicodedata.east_asian_width(letter) in "FH"
        else letter
        for letter in text
    )
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", plain).casefold())


def is_empty(value: Json) -> bool:
    """Say whether a value counts as absent: null, an empty text, list or object (RFC 7643 2.5)."""
    return value is None or value == "" or value == [] or value == {}


def same(one: Json, other: Json) -> bool:
    """Say whether two values are one; unlike Python, ``true`` is not the number 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def identity(value: Json) -> object:
    """Return something hashable that is equal exactly for the values that are ``same``."""
    if isinstance(value, dict):
        return frozenset((key, identity(part)) for key, part in value.items())
    if isinstance(value, list):
        return tuple(identity(part) for part in value)
    return (isinstance(value, bool), value)
