"""Who may sign in to the console, and what their role lets them do.

Pure, beside the walk: nothing that is provisioned depends on it. It decides
from an administrator and a permission alone; who is signed in, and on which
app a request works, is found at the door. (Reliability and security, 16.)
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.errors import InvalidValue


class Role(StrEnum):
    """What somebody is in the console; each may also do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APP_ADMIN = "app admin"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a route asks for."""

    ANYBODY = "anybody"
    OWN = "own"
    READ = "read"
    RUN = "run"
    CONFIGURE = "configure"
    ADMINISTER = "administer"


_EVERY_ROLE: Final = frozenset(Role)

ROLES: Final[Mapping[Permission, frozenset[Role]]] = {
    Permission.ANYBODY: _EVERY_ROLE,
    Permission.OWN: _EVERY_ROLE,
    Permission.READ: _EVERY_ROLE,
    Permission.RUN: frozenset({Role.OPERATOR, Role.APP_ADMIN, Role.ADMINISTRATOR}),
    Permission.CONFIGURE: frozenset({Role.APP_ADMIN, Role.ADMINISTRATOR}),
    Permission.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}
"""Which roles have a permission. ``ANYBODY`` needs no sign-in at all, ``OWN`` is one's own."""

_OF_AN_APP: Final = frozenset({Permission.RUN, Permission.CONFIGURE})


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who may sign in; ``apps`` says of which apps an app admin is one.

    Who was invited and has not chosen a passphrase yet is not ``ready``.
    """

    id: str
    email: str
    name: str
    role: Role
    apps: frozenset[str] = frozenset()
    ready: bool = True

    def may(self, permission: Permission, app: str | None = None) -> bool:
        """Whether the role has this permission, for an app admin on this app.

        Without an app, running and configuring is refused to an app admin:
        what works on all apps also works on those of others.
        """
        if self.role not in ROLES[permission]:
            return False
        if self.role is Role.APP_ADMIN and permission in _OF_AN_APP:
            return app in self.apps
        return True


def role_of(word: str, apps: Collection[str] = ()) -> Role:
    """Return the role of that name.

    Raises ``InvalidValue`` for no role, an app admin of no app, or apps for another role.
    """
    try:
        role = Role(word.replace("-", " "))
    except ValueError as error:
        raise InvalidValue(
            f"{word!r} is no role.", advice=f"Use {', '.join(one.value for one in Role)}."
        ) from error
    if role is Role.APP_ADMIN and not apps:
        raise InvalidValue("An app admin needs apps.", advice="Name at least one app's id.")
    if role is not Role.APP_ADMIN and apps:
        raise InvalidValue(
            f"The role {role.value} is not of some apps.",
            advice="Name apps for an app admin only.",
        )
    return role


def require_another(everybody: Collection[Administrator], leaving: str) -> None:
    """Raise ``InvalidValue`` where nobody else could administer once this one no longer does.

    Who was invited and cannot sign in yet does not count. (Reliability and security, 16.)
    """
    able = {one.id for one in everybody if one.ready and one.role is Role.ADMINISTRATOR}
    if able == {leaving}:
        raise InvalidValue(
            "This is the last administrator; nothing was changed.",
            advice="Make somebody else administrator first, who has signed in once.",
        )


def checked_email(text: str) -> str:
    """Return an e-mail address as it is compared. Raises ``InvalidValue`` where it is none.

    Whether mail arrives there is not asked: it only names somebody.
    """
    email = text.strip().lower()
    local, at, domain = email.partition("@")
    if not (local and at and domain) or "@" in domain or len(email) > 254 or not _plain(email):
        raise InvalidValue(
            "This is not an e-mail address.", advice="Write it like ana@larkspur.example."
        )
    return email


def checked_name(text: str) -> str:
    """Return a person's name in one line. Raises ``InvalidValue`` for an empty or endless one."""
    name = " ".join(text.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidValue(
            "This is not a name.", advice="Write 1 to 100 characters without control characters."
        )
    return name


def _plain(text: str) -> bool:
    return text.isprintable() and not any(letter.isspace() for letter in text)
