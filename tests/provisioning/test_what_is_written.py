"""Every cell of the tables "What is written when" in docs/reference/mappings.md, by the real code.

``python -m tests.provisioning.test_what_is_written`` prints the tables as the
code has them.
"""

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seatkeeper.directory.model import Kind, User, Value
from seatkeeper.errors import MappingFailed
from seatkeeper.provisioning.account import TargetValue, ValueChange, Write
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.mapping.evaluate import Circumstances, want_user
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Direct,
    Mapping,
    Nothing,
    ObjectMapping,
    ValueType,
    WhenNull,
)
from seatkeeper.provisioning.plan import differences
from seatkeeper.provisioning.reference import resolve

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mappings.md"
ONE = Mapping("title", Direct("jobTitle"))
LIST = Mapping("skills", Direct("skills"), multi_valued=True)
BOSS = Mapping("manager", Direct("manager"), ValueType.REFERENCE)
MAPPINGS: MappingType[str, dict[str, Any]] = {
    "always": {},
    "always, case counts": {"case_exact": True},
    "always, `when_null: skip`": {"when_null": WhenNull.SKIP},
    "always, `when_null: default`": {"when_null": WhenNull.DEFAULT, "default": "d"},
    "always, with a default": {"default": "d"},
    "always, required": {"required": True},
    "always, matching": {"matching": 1},
    "always, `IgnoreFlowIfNullOrEmpty`": {
        "source": compiled("IgnoreFlowIfNullOrEmpty([jobTitle])")
    },
    "on_create": {"applies": Applies.ON_CREATE},
    "on_create, with a default": {"applies": Applies.ON_CREATE, "default": "d"},
    "value_add": {"applies": Applies.VALUE_ADD},
    "multi_value_add": {"applies": Applies.MULTI_VALUE_ADD},
    "if_empty": {"applies": Applies.IF_EMPTY},
    "a default alone": {"applies": Applies.IF_EMPTY, "source": Nothing(), "default": "d"},
}
KINDS = {"One value": ONE, "Several values": LIST, "A manager": BOSS}
ACCOUNTS: MappingType[str, tuple[str, ...]] = {
    "One value": ("no account", "nothing", "`b`", "`B`", "`a`", "`a`, found"),
    "Several values": (
        "no account", "nothing", "`C`, `b`", "`b`", "`a`, `b`, `c`", "`a`", "`a`, `b`, found",
    ),
    "A manager": ("no account", "nothing", "`b`", "`a`", "`a`, found"),
}  # fmt: skip
SOURCES: MappingType[str, tuple[str, ...]] = {
    "One value": ("`b`", "nothing"),
    "Several values": ("`b`, `c`", "nothing"),
    "A manager": ("`b`", "`z`, without account", "nothing"),
}


@dataclass(frozen=True)
class Cell:
    """One cell: the table, its row and column, and what stands in it."""

    table: str
    mapping: str
    source: str
    account: str
    written: str

    def __str__(self) -> str:
        return f"{self.table}: {self.mapping}, {self.source} onto {self.account}"


def cells() -> list[Cell]:
    """Return every cell of the page."""
    found = []
    for table in KINDS:
        text = PAGE.read_text(encoding="utf-8").split(f"### {table}\n")[1].split("\n#")[0]
        rows = [
            [part.strip() for part in line.strip("| ").split(" | ")]
            for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
        ]
        for row in rows[2:]:
            found += [
                Cell(table, row[0], row[1], account, cell)
                for account, cell in zip(rows[0][2:], row[2:], strict=True)
            ]
    return found


CELLS = cells() if PAGE.exists() else []


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_the_page_says_is_what_is_written(cell: Cell) -> None:
    assert written(cell.table, cell.mapping, cell.source, cell.account) == cell.written


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_was_written_is_not_written_again(cell: Cell) -> None:
    assert written(cell.table, cell.mapping, cell.source, cell.account, again=True) in (
        "-",
        cell.written if cell.written.startswith("fails") else "-",
    )


def test_the_page_has_a_row_for_each_way_of_flowing() -> None:
    shown = {(cell.table, cell.mapping, cell.source, cell.account) for cell in CELLS}

    assert shown == {
        (table, mapping, source, account)
        for table in KINDS
        for mapping in MAPPINGS
        if possible(table, mapping)
        for source in SOURCES[table]
        if mapping != "a default alone" or source == SOURCES[table][0]
        for account in ACCOUNTS[table]
    }


def possible(table: str, mapping: str) -> bool:
    """Whether settings allow this mapping onto this kind of attribute."""
    if table == "A manager":
        return mapping in ("always", "on_create", "if_empty", "always, `when_null: skip`")
    if table == "Several values":
        return "matching" not in mapping and "required" not in mapping and "Ignore" not in mapping
    return mapping != "multi_value_add"


def written(table: str, kind: str, source: str, account: str, *, again: bool = False) -> str:
    """Return in words what the first plan, or the one after it, writes."""
    mapping = replace(KINDS[table], **MAPPINGS[kind])
    several = table == "Several values"
    found, creating = account.endswith(", found"), account == "no account"
    about = Circumstances(creating=creating or found)
    whole = ObjectMapping(Kind.USER, (mapping,))
    try:
        wanted = resolve(want_user(person(source), whole, about), {"b": "b"}).desired
    except MappingFailed as error:
        return f"fails: {error.code}"
    if creating:
        made = {**wanted.always, **wanted.on_create}
        changes = tuple(ValueChange(path, None, value) for path, value in made.items())
        known = made
    else:
        held = listed(account.removesuffix(", found"))
        known = {} if not held else {mapping.target: held if several else held[0]}
        changes = differences(known, wanted, whole, adopting=found)
        if found:
            known = {path: known[path] for path in wanted.always if path in known}
    if again:
        known = {**known, **{one.path: one.new for one in changes if one.new is not None}}
        for one in changes:
            if one.new is None:
                del known[one.path]
        later = resolve(want_user(person(source), whole, Circumstances(creating=False)), {"b": "b"})
        changes = differences(known, later.desired, whole)
    return "; ".join(words(one) for one in changes) or "-"


def person(source: str) -> User:
    values = listed(source)
    if not values:
        return User("ada", {})
    attributes: dict[str, Value] = {"jobTitle": values[0], "skills": values}
    return User("ada", attributes, manager_id=values[0])


def listed(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`(\w+)`", text))


def words(change: ValueChange) -> str:
    if isinstance(change.old, tuple) or isinstance(change.new, tuple):
        return _list_words(change)
    match change.write:
        case Write.ADD:
            return f"`{change.new}`"
        case Write.REPLACE:
            return f"`{change.new}`"
        case Write.REMOVE:
            return "cleared"


def _list_words(change: ValueChange) -> str:
    def texts(value: TargetValue | None) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else ()

    gained = [f"+`{one}`" for one in texts(change.new) if one not in texts(change.old)]
    lost = [f"-`{one}`" for one in texts(change.old) if one not in texts(change.new)]
    return " ".join([*gained, *lost])


def page_tables() -> str:
    """Return the tables as the code has them."""
    lines = []
    for table in KINDS:
        accounts = ACCOUNTS[table]
        lines += [f"### {table}", "", f"| Mapping | Directory | {' | '.join(accounts)} |"]
        lines += ["|---" * (len(accounts) + 2) + "|"]
        for mapping in MAPPINGS:
            if not possible(table, mapping):
                continue
            for source in SOURCES[table]:
                if mapping == "a default alone" and source != SOURCES[table][0]:
                    continue
                row = [written(table, mapping, source, account) for account in accounts]
                lines.append(f"| {mapping} | {source} | {' | '.join(row)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page_tables())
