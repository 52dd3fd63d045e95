"""Turn references between records into references between accounts, in time.

    source change -> scope -> [map] -> match -> [plan] -> export -> log

A manager or member can only be written once the other end has an account. So
people are ordered along the reporting line; what still has no account is left
out, said, and remembered as waiting, and written when the missing end appears.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seatkeeper.provisioning.account import TargetValue, TargetValues
from seatkeeper.provisioning.mapping.evaluate import Desired


@dataclass(frozen=True, slots=True)
class Resolved:
    """Desired values with references resolved; ``waiting`` maps a path to the missing record."""

    desired: Desired
    waiting: Mapping[str, str]


def resolve(desired: Desired, accounts: Mapping[str, str]) -> Resolved:
    """Replace record ids by account ids.

    ``accounts`` maps record ids to account ids. A reference whose end has no
    account is left out and returned in ``waiting``.
    """
    values: dict[str, TargetValue] = dict(desired.always)
    waiting: dict[str, str] = {}
    for path, record in desired.references.items():
        account = accounts.get(str(record))
        if account is None:
            waiting[path] = str(record)
        else:
            values[path] = account
    return Resolved(replace(desired, always=values, references={}), waiting)


def levels(managers: Mapping[str, str | None]) -> dict[str, int]:
    """Return for each record when it can be written: after its manager.

    ``managers`` maps each record about to be created to its manager's record
    id. A manager outside the mapping does not delay anybody. A loop cannot be
    ordered: its members, and nobody else, ignore the link that closes it, so
    one of them is written without manager and healed in the second pass.
    """
    found: dict[str, int] = {}
    for start in sorted(managers):
        chain: list[str] = []
        seen: set[str] = set()
        at: str | None = start
        while at is not None and at in managers and at not in found and at not in seen:
            seen.add(at)
            chain.append(at)
            at = managers[at]
        base = found[at] + 1 if at is not None and at in found else 0
        for distance, record in enumerate(reversed(chain)):
            found[record] = base + distance
    return found


def reference_values(values: TargetValues) -> set[str]:
    """Return the record ids that these reference values name."""
    return {str(value) for value in values.values()}
