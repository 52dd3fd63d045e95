"""Believable people and groups for a stand-in, the same for the same seed.

Beside the walk, and pure: numbers come in, resources come out. Ids, values and
memberships depend on seed and number alone, so a larger company begins with
the smaller one.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.scim.holding import Stored
from seatkeeper.scim.messages import ENTERPRISE_USER, Resource
from seatkeeper.service_provider.profile import GROUPS, USERS, Profile

MOST_PEOPLE: Final = 1_000_000
PREFILL_BATCH: Final = 500
_DOMAIN: Final = "prefill.example"
_CREATED: Final = "2024-01-01T08:00:00.000Z"
_SPACE: Final = uuid.UUID("6f1d7a52-0d0e-4f0a-9f53-5ea7c0ffee00")
_GIVEN: Final = (
    "Ada", "Amara", "Anneli", "Bao", "Camille", "Chidi", "Dalia", "Diego", "Elif", "Emeka",
    "Fatima", "Finn", "Gita", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jamal", "Jun",
    "Karin", "Kofi", "Leila", "Luca", "Mai", "Marek", "Nadia", "Noah", "Olga", "Omar",
    "Priya", "Quentin", "Rosa", "Ruben", "Sana", "Sven", "Tariq", "Uma", "Wanda", "Zoë",
)  # fmt: skip
_FAMILY: Final = (
    "Abara", "Almeida", "Bergström", "Castillo", "Chen", "Dubois", "Eriksen", "Farah", "García",
    "Haddad", "Ito", "Jansen", "Kaya", "Keller", "Kowalski", "Larsen", "Lopez", "Mbeki",
    "Mehta", "Moreau", "Müller", "Nakamura", "Nguyen", "Novak", "O'Brien", "Okafor", "Park",
    "Petrova", "Quist", "Rossi", "Sato", "Schmidt", "Silva", "Tanaka", "Usman", "Vargas",
    "Weber", "Yilmaz", "Zhang", "Zieliński",
)  # fmt: skip
_DEPARTMENTS: Final = ("Engineering", "Sales", "Support", "Finance", "People", "Marketing")
_TITLES: Final = ("Analyst", "Specialist", "Engineer", "Coordinator", "Lead", "Director")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some resources, and who of them is in which group."""

    resources: Sequence[Stored]
    members: Sequence[tuple[str, str]]


def batches(people: int, seed: int, profile: Profile) -> Iterator[Batch]:
    """Return the groups, where the app has any, and then the people in batches."""
    has_groups = any(kind.name == GROUPS for kind in profile.kinds)
    if has_groups and people:
        yield Batch([_group(seed, name) for name in _DEPARTMENTS], ())
    for start in range(0, people, PREFILL_BATCH):
        numbers = range(start, min(people, start + PREFILL_BATCH))
        members = [(_group_id(seed, _department(seed, n)), _person_id(seed, n)) for n in numbers]
        yield Batch([_person(seed, n) for n in numbers], members if has_groups else ())


def _person(seed: int, number: int) -> Stored:
    given, family = _pick(seed, number, "given", _GIVEN), _pick(seed, number, "family", _FAMILY)
    plain = "".join(letter for letter in f"{given}.{family}".casefold() if letter.isascii())
    mail = f"{plain.replace(chr(39), '')}.{number + 1}@{_DOMAIN}"
    department = _department(seed, number)
    enterprise: Resource = {
        "employeeNumber": str(100_001 + number),
        "department": department,
    }
    if number:
        enterprise["manager"] = {"value": _person_id(seed, (number - 1) // 8)}
    values: Resource = {
        "userName": mail,
        "name": {"givenName": given, "familyName": family},
        "displayName": f"{given} {family}",
        "title": f"{department} {_pick(seed, number, 'title', _TITLES)}",
        "emails": [{"type": "work", "value": mail, "primary": True}],
        "active": _number(seed, number, "active") % 25 != 0,
        ENTERPRISE_USER: enterprise,
    }
    return Stored(USERS, _person_id(seed, number), values, _CREATED, _CREATED, 1)


def _group(seed: int, name: str) -> Stored:
    values: Resource = {"displayName": name}
    return Stored(GROUPS, _group_id(seed, name), values, _CREATED, _CREATED, 1)


def _department(seed: int, number: int) -> str:
    return _pick(seed, number, "department", _DEPARTMENTS)


def _person_id(seed: int, number: int) -> str:
    return str(uuid.uuid5(_SPACE, f"{seed}:person:{number}"))


def _group_id(seed: int, name: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{seed}:group:{name}"))


def _pick(seed: int, number: int, what: str, of: Sequence[str]) -> str:
    return of[_number(seed, number, what) % len(of)]


def _number(seed: int, number: int, what: str) -> int:
    digest = hashlib.sha256(f"{seed}:{number}:{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
