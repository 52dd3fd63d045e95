"""Larkspur Robotics, the sample company that ``demo`` provisions, at any size.

Before the walk: here are people, groups and assignments as plain values, and
what shall become of everybody, written down by hand for the awkward cases and
computed from the groups for the rest, without asking the code under
demonstration. The first 250 people come from files that
``tools/make_sample.py`` wrote; further ones are the same people under other
names, so any number is the same at every run.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from seatkeeper.connectors.people_files import person_row
from seatkeeper.directory.people_row import Row, read_row
from seatkeeper.errors import InvalidValue
from seatkeeper.ports import PersonRow

SAMPLE_SIZE: Final = 250
FEWEST_FOR_EDITS: Final = 100
DOMAIN: Final = "larkspur.example"


class SampleGroup(msgspec.Struct, frozen=True, rename="camel"):
    """One group, who is in it, and whether it is assigned to the app."""

    display_name: str
    description: str
    assigned: bool
    members: tuple[str, ...]


class DirectAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """One person assigned by name; ``role`` none is Default Access."""

    user_principal_name: str
    role: str | None


class Expectation(msgspec.Struct, frozen=True):
    """What shall become of one person, with the code that the log shows and a sentence why."""

    outcome: Literal["provisioned", "skipped", "failed", "not assigned"]
    code: str
    why: str


class _Groups(msgspec.Struct, frozen=True):
    groups: tuple[SampleGroup, ...]
    direct: tuple[DirectAssignment, ...]


@dataclass(frozen=True, slots=True)
class SampleEdits:
    """The edits that ``demo`` makes between its cycles; people by userName, groups by name."""

    title_of: str
    new_title: str
    joiner: str
    joined_group: str
    leaver: str
    left_group: str
    disabled: str
    report: str
    new_manager: str
    renamed_group: str
    new_group_name: str


def sample_people(n: int = SAMPLE_SIZE) -> Iterator[PersonRow]:
    """Return ``n`` people with their managers and groups, managers mostly before reports."""
    memberships = _groups_by_person()
    for number in range(n):
        base, generation = number % SAMPLE_SIZE, number // SAMPLE_SIZE
        cells = _cells()[base] if generation == 0 else _varied(base, generation)
        manager = cells.get("manager")
        if isinstance(manager, str) and not _is_among(manager, n):
            cells = {**cells, "manager": None}
        row = read_row(number + 1, cells)
        if not isinstance(row, Row):
            raise InvalidValue(f"Person {number + 1} of the sample cannot be used: {row[0].text}")
        yield replace(person_row(row), groups=memberships.get(_name(base), ()))


def sample_groups(n: int = SAMPLE_SIZE) -> tuple[SampleGroup, ...]:
    """Return the 14 groups with those of the first ``n`` people who are in them."""
    return tuple(
        msgspec.structs.replace(
            group,
            members=tuple(
                _named(_position(member), generation)
                for generation in range(_generations(n))
                for member in group.members
                if _position(member) + generation * SAMPLE_SIZE < n
            ),
        )
        for group in _arrangement().groups
    )


def sample_direct_assignments(n: int = SAMPLE_SIZE) -> tuple[DirectAssignment, ...]:
    """Return the people assigned by name; they are few at any size, and never copied."""
    return tuple(one for one in _arrangement().direct if _position(one.user_principal_name) < n)


def sample_expectations(n: int = SAMPLE_SIZE) -> dict[str, Expectation]:
    """Return what shall become of each of the first ``n`` people, by userName.

    The awkward cases are judged as written down; one of the two people who
    share an e-mail address is fine while the other is not among the ``n``.
    """
    awkward = _awkward()
    shared = [name for name, one in awkward.items() if one.code == "DuplicateSourceEntries"]
    alone = not all(_position(name) < n for name in shared)
    direct = {one.user_principal_name for one in _arrangement().direct if one.role}
    assigned = {
        member for group in _arrangement().groups if group.assigned for member in group.members
    }
    found: dict[str, Expectation] = {}
    for number in range(n):
        base, generation = number % SAMPLE_SIZE, number // SAMPLE_SIZE
        name = _name(base)
        if generation == 0 and name in awkward and not (alone and name in shared):
            found[name] = awkward[name]
        elif name in assigned:
            found[_named(base, generation)] = _PROVISIONED_BY_GROUP
        elif generation == 0 and name in direct:
            found[name] = _PROVISIONED_DIRECTLY
        else:
            found[_named(base, generation)] = _NOT_ASSIGNED
    return found


def sample_edits(n: int = SAMPLE_SIZE) -> SampleEdits:
    """Choose whom the demo edits: everyday people, each touched by one edit only.

    Raises ``InvalidValue`` for a company too small to have one of each.
    """
    if n < FEWEST_FOR_EDITS:
        raise InvalidValue(
            f"A company of {n} is too small for the demo's edits.",
            advice=f"Use at least {FEWEST_FOR_EDITS}.",
        )
    people = [_cells()[number] for number in range(min(n, SAMPLE_SIZE))]
    bosses = {cells.get("manager") for cells in people}
    quiet = [
        str(cells["userPrincipalName"])
        for cells in people
        if cells["userPrincipalName"] not in bosses | set(_awkward()) | _in_a_loop()
    ]
    by_only_group = {
        group.display_name: [name for name in quiet if _only_through(name, group)]
        for group in _arrangement().groups
        if group.assigned
    }
    engineers = by_only_group["Engineering"]
    designers = by_only_group["Product and Design"]
    joiner = next(
        name
        for name in quiet
        if not _assigned_groups(name)
        and name not in {one.user_principal_name for one in _arrangement().direct}
    )
    report = designers[1]
    managers = [name for name in by_only_group["Finance"] if name != report]
    return SampleEdits(
        title_of=by_only_group["Everyone in Sales"][0],
        new_title="Principal Account Executive",
        joiner=joiner,
        joined_group="Engineering",
        leaver=designers[0],
        left_group="Product and Design",
        disabled=engineers[0],
        report=report,
        new_manager=managers[0],
        renamed_group="People Team",
        new_group_name="People and Culture",
    )


def sample_digest(n: int = SAMPLE_SIZE) -> str:
    """Return the SHA-256 that an import of ``n`` sample people goes by when it is restarted."""
    return hashlib.sha256(f"{n}\n".encode() + _file("people.jsonl")).hexdigest()


def sample_file(n: int = SAMPLE_SIZE) -> Iterator[str]:
    """Return the lines of a people file with ``n`` people, for ``import-people`` to read."""
    for row in sample_people(n):
        cells: dict[str, object] = dict(row.attributes)
        cells |= {"accountEnabled": row.enabled, "groups": list(row.groups or ())}
        if row.manager:
            cells["manager"] = row.manager
        yield json.dumps(cells, ensure_ascii=False) + "\n"


_PROVISIONED_BY_GROUP: Final = Expectation("provisioned", "Success", "Is in an assigned group.")
_PROVISIONED_DIRECTLY: Final = Expectation("provisioned", "Success", "Is assigned by name.")
_NOT_ASSIGNED: Final = Expectation(
    "not assigned", "NotEffectivelyEntitled", "Is neither assigned nor in an assigned group."
)


def _file(name: str) -> bytes:
    return (resources.files("seatkeeper.cli") / "sample" / name).read_bytes()


@cache
def _cells() -> tuple[Mapping[str, object], ...]:
    return tuple(json.loads(line) for line in _file("people.jsonl").splitlines())


@cache
def _arrangement() -> _Groups:
    return msgspec.json.decode(_file("groups.json"), type=_Groups)


@cache
def _awkward() -> dict[str, Expectation]:
    return msgspec.json.decode(_file("expectations.json"), type=dict[str, Expectation])


@cache
def _positions() -> dict[str, int]:
    return {str(cells["userPrincipalName"]): at for at, cells in enumerate(_cells())}


def _position(name: str) -> int:
    return _positions()[name]


@cache
def _groups_by_person() -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(group.display_name for group in _arrangement().groups if name in group.members)
        for name in _positions()
    }


@cache
def _in_a_loop() -> frozenset[str]:
    managers = {str(cells["userPrincipalName"]): cells.get("manager") for cells in _cells()}
    return frozenset(
        name
        for name, manager in managers.items()
        if isinstance(manager, str) and managers[manager] == name
    )


def _assigned_groups(name: str) -> list[str]:
    return [
        group.display_name
        for group in _arrangement().groups
        if group.assigned and name in group.members
    ]


def _only_through(name: str, group: SampleGroup) -> bool:
    return _assigned_groups(name) == [group.display_name]


def _generations(n: int) -> int:
    return -(-n // SAMPLE_SIZE)


def _name(base: int) -> str:
    return str(_cells()[base]["userPrincipalName"])


def _named(base: int, generation: int) -> str:
    """Return the userName of a copy: ``ana.ruiz@`` becomes ``ana.ruiz-2@`` in the second 250."""
    local, _, domain = _name(base).partition("@")
    return f"{local}@{domain}" if generation == 0 else f"{local}-{generation + 1}@{domain}"


def _is_among(manager: str, n: int) -> bool:
    local, _, domain = manager.partition("@")
    name, _, suffix = local.rpartition("-")
    if suffix.isdigit() and f"{name}@{domain}" in _positions():
        return _position(f"{name}@{domain}") + (int(suffix) - 1) * SAMPLE_SIZE < n
    return _position(manager) < n


def _varied(base: int, generation: int) -> dict[str, object]:
    """Return a copy of one person under another name, without what made them awkward."""
    cells = dict(_cells()[base])
    name = _named(base, generation)
    surname = f"{cells['surname']} {generation + 1}"
    cells |= {
        "userPrincipalName": name,
        "mail": name,
        "mailNickname": name.partition("@")[0],
        "surname": surname,
        "displayName": f"{cells['givenName']} {surname}",
        "employeeId": f"LR{10_001 + base + generation * SAMPLE_SIZE}",
        "accountEnabled": True,
    }
    manager = cells.get("manager")
    if not isinstance(manager, str):
        cells["manager"] = _name(0)
    elif _name(base) in _in_a_loop():
        cells["manager"] = _named(0, generation)
    else:
        cells["manager"] = _named(_position(manager), generation)
    return cells
