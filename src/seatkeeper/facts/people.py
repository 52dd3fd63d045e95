"""One person and one group of the directory, as plain data."""

from seatkeeper.directory.model import Group, User
from seatkeeper.facts.plain import Plain


def user_plain(user: User, *, manager: str, groups: list[str]) -> Plain:
    """Return one person with the manager's user name and the names of their groups."""
    return {
        "id": user.id,
        "userPrincipalName": user.user_name,
        "displayName": user.display_name,
        "accountEnabled": user.enabled,
        "deletedAt": user.deleted_at.isoformat() if user.deleted_at else None,
        "manager": manager,
        "managerId": user.manager_id,
        "groups": groups,
        "attributes": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in user.attributes.items()
        },
    }


def group_plain(group: Group, members: list[str] | None = None) -> Plain:
    """Return one group."""
    return {"id": group.id, "displayName": group.display_name, "members": members or []}
