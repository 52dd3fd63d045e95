"""Whether an attribute path can be written to, before anybody's value depends on it.

Before the walk. A gallery file or a setting that names a path is judged here
once; afterwards every path is known to be readable and every list element
known to be one that can be made.
"""

from collections.abc import Iterable

from seatkeeper.scim.difference import place_of
from seatkeeper.scim.messages import ScimError
from seatkeeper.scim.path import described


def path_fault(path: str, kind: str, *, multi_valued: bool = False) -> str:
    """Return why values cannot be written to ``path``, as a sentence; empty if they can.

    ``kind`` is the type of the attribute, as a gallery file names it.
    """
    try:
        place = place_of(path, kind)
    except ScimError as error:
        return f"{path[:200]!r} is no attribute path: {error.message}"
    if not place.path.name:
        return f"{path} names an extension; name one of its attributes."
    if place.path.where is not None and described(place.path.where) is None:
        return (
            f"{path} has a filter that does not say which element to make; use eq, as in "
            'emails[type eq "work"].value.'
        )
    if multi_valued and (place.path.where is not None or place.path.sub is not None):
        return f"{path} is part of an element; only an attribute itself can hold several values."
    if multi_valued and kind == "boolean":
        return f"{path} holds several values, which true and false cannot be."
    if kind == "complex" and not multi_valued:
        return f"{path} is complex; name the part that is written, or make it multi_valued."
    return ""


def doubled(paths: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return pairs of paths (each with its type) that name one and the same place."""
    seen: dict[str, str] = {}
    found = []
    for path, kind in paths:
        place = str(place_of(path, kind).path).casefold()
        if place in seen:
            found.append((seen[place], path))
        seen.setdefault(place, path)
    return found
