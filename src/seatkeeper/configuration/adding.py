"""Add an app of the gallery as one of one's own: off, connected to nothing, with the defaults.

Before the walk. A second instance of the same app gets another id and name, so
that two tenants of one product stand beside each other. It decides nothing
about who is in scope: an app that was just added has nobody assigned.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.documents import APP_ID
from seatkeeper.configuration.rules import application_of
from seatkeeper.configuration.settings import default_settings, to_plain
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.ports import Configuration, StoredApp

LONGEST_ID: Final = 63


def free_id(app: GalleryApp, taken: Collection[str]) -> str:
    """Return the id that a new instance gets unless somebody says otherwise."""
    return app.id if app.id not in taken else f"{app.id}-{_number(app.id, '-', taken)}"


def free_name(app: GalleryApp, taken: Collection[str]) -> str:
    """Return the name that a new instance gets unless somebody says otherwise."""
    return app.name if app.name not in taken else f"{app.name} {_number(app.name, ' ', taken)}"


async def add_app(
    configuration: Configuration, app: GalleryApp, app_id: str, name: str, *, actor: str
) -> StoredApp:
    """Create an instance of a gallery app, off, and return it.

    Raises ``InvalidValue`` for an id that is taken or cannot be one, and for such a name.
    """
    app_id, name = app_id.strip(), name.strip()
    if not APP_ID.fullmatch(app_id):
        raise InvalidValue(
            "This id cannot be used.",
            advice="Take small letters, digits and - in between, at most 63.",
        )
    taken = await _ids(configuration)
    if app_id in taken:
        raise InvalidValue(
            f"There is an app with the id {app_id} already.",
            advice=f"{free_id(app, taken)} is free.",
        )
    settings = checked_settings(app, msgspec.structs.replace(default_settings(app), name=name))
    return await configuration.save_app(
        application_of(app_id, app, name), to_plain(settings), actor=actor, expected_version=0
    )


async def _ids(configuration: Configuration) -> Sequence[str]:
    return [one.application.id for one in await configuration.apps()]


def _number(stem: str, between: str, taken: Collection[str]) -> int:
    number = 2
    while f"{stem}{between}{number}" in taken:
        number += 1
    return number
