"""Check one row of a people file: which columns there are, and what each cell may hold.

Stands before the walk, at the door of the directory:

    [source change] -> scope -> map -> match -> plan -> export -> log

A row says what shall become true of one person. Here it is decided whether
the row can be used; where rows come from and how lines are counted is the
connector's part (``connectors.people_files``), and whether a manager or a
group exists is the directory's.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.attributes import USER_ATTRIBUTES, Type, checked, user_attribute
from seatkeeper.directory.model import Value
from seatkeeper.errors import Fault, InvalidValue

USER_NAME: Final = "userPrincipalName"
GROUPS: Final = "groups"
MANAGER: Final = "manager"
ENABLED: Final = "accountEnabled"

LONGEST_GROUP_NAME: Final = 256
"""Most characters of a group's display name, as in the reference directory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be used, in the terms of ``ports.PersonRow``."""

    line: int
    user_name: str
    attributes: Mapping[str, Value | None]
    enabled: bool | None
    manager: str | None
    groups: tuple[str, ...] | None


def column_faults(names: Sequence[str]) -> list[str]:
    """Return what is wrong with a file's columns; empty where they can be used."""
    faults = [fault for name in dict.fromkeys(names) if (fault := _column_fault(name))]
    faults += [
        f"The column {shown(name)} is there {names.count(name)} times."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if USER_NAME not in names:
        faults.append(f"The column {USER_NAME} is missing; it says who a row is about.")
    return faults


def cells_from_text(names: Sequence[str], texts: Sequence[str]) -> dict[str, object]:
    """Give the cells of a file that only knows text the types of their attributes.

    An empty cell is null. Lists are separated by semicolons, so a value that
    holds one itself needs a JSONL file. Text that is of no such type stays
    text, for ``read_row`` to refuse.
    """
    return {
        name: _typed(name, text) if text else None for name, text in zip(names, texts, strict=True)
    }


def read_row(line: int, cells: Mapping[str, object]) -> Row | list[Fault]:
    """Return the row, or every fault in it.

    An absent cell leaves what the person has, null or empty clears it. A
    leading ``=`` or ``+`` is text like any other.
    """
    faults: list[str] = []
    attributes: dict[str, Value | None] = {}
    for name, cell in cells.items():
        if name in (GROUPS, MANAGER, ENABLED):
            continue
        if (fault := _column_fault(name)) is not None:
            faults.append(fault)
            continue
        try:
            attributes[name] = _value(name, cell)
        except InvalidValue as error:
            faults.append(error.message)
    enabled = _enabled(cells, faults)
    manager = _manager(cells, faults)
    groups = _groups(cells, faults)
    user_name = attributes.get(USER_NAME)
    if not isinstance(user_name, str):
        if not any(fault.startswith(USER_NAME) for fault in faults):
            faults.append(f"{USER_NAME} is empty; it says who the row is about.")
    elif user_name != user_name.strip() or not user_name.isprintable():
        faults.append(f"{USER_NAME} {shown(user_name)} has spaces at an end or hidden characters.")
    if faults:
        return [Fault(line, text) for text in faults]
    return Row(line, str(user_name), attributes, enabled, manager, groups)


def shown(text: str) -> str:
    """Return a value of the file as it may stand in a message: short, printable, quoted."""
    cut = text if len(text) <= 60 else text[:59] + "…"
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + "'"


def closest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean X?`` for a misspelt name, or nothing where none is near."""
    by_folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {by_folded[near[0]]}?" if near else ""


def _column_fault(name: str) -> str | None:
    if name == GROUPS:
        return None
    attribute = user_attribute(name)
    if attribute is None:
        hint = closest(name, [*USER_ATTRIBUTES, GROUPS])
        return f"There is no attribute {shown(name)}.{hint}"
    return None if attribute.writable else f"{name} is given by the directory and cannot be set."


def _typed(name: str, text: str) -> object:
    attribute = user_attribute(name)
    if name == GROUPS or (attribute is not None and attribute.type is Type.STRINGS):
        return [part for one in text.split(";") if (part := one.strip())]
    if name == ENABLED:
        return {"true": True, "false": False}.get(text.strip().casefold(), text)
    return text


def _value(name: str, cell: object) -> Value | None:
    attribute = user_attribute(name)
    assert attribute is not None  # noqa: S101 - its column was checked just before
    if cell is None:
        return None
    if attribute.type is Type.STRINGS:
        if not isinstance(cell, list) or not all(isinstance(one, str) for one in cell):
            raise InvalidValue(f"{name} takes a list of texts.")
        return checked(attribute, tuple(cell))
    if not isinstance(cell, str):
        raise InvalidValue(f"{name} takes one text.")
    return checked(attribute, cell)


def _enabled(cells: Mapping[str, object], faults: list[str]) -> bool | None:
    if ENABLED not in cells:
        return None
    cell = cells[ENABLED]
    if isinstance(cell, bool):
        return cell
    faults.append(f"{ENABLED} takes true or false, and cannot be empty.")
    return None


def _manager(cells: Mapping[str, object], faults: list[str]) -> str | None:
    if MANAGER not in cells:
        return None
    cell = cells[MANAGER]
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _text(MANAGER, cell, faults)
    faults.append(f"{MANAGER} takes the userName of a person.")
    return None


def _groups(cells: Mapping[str, object], faults: list[str]) -> tuple[str, ...] | None:
    if GROUPS not in cells:
        return None
    cell = cells[GROUPS]
    if cell is None:
        return ()
    if not isinstance(cell, list) or not all(isinstance(one, str) for one in cell):
        faults.append(f"{GROUPS} takes a list of display names.")
        return None
    if any(len(name) > LONGEST_GROUP_NAME for name in cell):
        faults.append(f"{GROUPS} has a name longer than {LONGEST_GROUP_NAME} characters.")
        return None
    names = (_text(GROUPS, name, faults) for name in cell)
    return tuple(dict.fromkeys(name for name in names if name))


def _text(name: str, text: str, faults: list[str]) -> str:
    attribute = USER_ATTRIBUTES["displayName"]
    try:
        value = checked(attribute, text)
    except InvalidValue as error:
        faults.append(error.message.replace(attribute.name, name, 1))
        return ""
    return value if isinstance(value, str) else ""
