"""Call the other end of a reference by name, where people read what was or would be sent.

    source change -> scope -> map -> match -> plan -> export -> [log]

What is sent, kept and compared is the id of an account; nobody knows a manager
or a member by that. Pure: which values of a list of changes are such ids, and
how they are called; the names come from the ledger.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.log import Modified, shown
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts

MEMBERS: Final = "members"

HIDDEN: Final = "[Redact]"
"""What stands in the place of a value that no log and no plan shows."""

End: TypeAlias = tuple[str, str]
"""The path of a reference, and the id of the account at its other end."""

Called: TypeAlias = Mapping[End, str]
"""The name of whom such an account belongs to."""

NOBODY: Final[Called] = {}

_NEW_ACCOUNT: Final = "\0new account of "


def new_account(record_id: str) -> str:
    """Return what stands for the id of an account that the cycle at hand only makes."""
    return f"{_NEW_ACCOUNT}{record_id}"


def ends(changes: Iterable[Modified], rules: Rules) -> set[End]:
    """Return the references among these changes, those that were and those that come."""
    paths = {*rules.users.reference_paths, MEMBERS}
    return {
        (one.path, account)
        for one in changes
        if one.path in paths
        for account in (one.old, one.new)
        if account is not None
    }


def by_name(change: Modified, called: Called) -> Modified:
    """Return the change with its ends called by name; unknown ones stay as they are."""
    old, new = (_named(change.path, value, called) for value in (change.old, change.new))
    return Modified(change.path, old, new)


def by_name_alone(change: Modified, called: Called) -> Modified:
    """Return the change with its ends called by nothing but their names, for a list."""
    old, new = (
        value if value is None else called.get((change.path, value), value)
        for value in (change.old, change.new)
    )
    return Modified(change.path, old, new)


def shown_by_name(facts: Facts, value: TargetValue) -> str | None:
    """Return a value as people read it, an account at the end of a reference by name if known."""
    name = facts.called(value)
    return shown(value) if name is None else with_account(name, str(value))


def with_account(name: str, account: str) -> str:
    """Return how an account is called of which one may want to know the id, too."""
    if account.startswith(_NEW_ACCOUNT):
        return f"{name} (account made in the same cycle)"
    return f"{name} (account {account})"


def _named(path: str, account: str | None, called: Called) -> str | None:
    name = called.get((path, account)) if account is not None else None
    return account if name is None or account is None else with_account(name, account)
