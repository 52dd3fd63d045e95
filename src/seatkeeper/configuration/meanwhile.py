"""Refuse a form that was opened before somebody else saved, and say what they changed.

Before the walk. Who saves second is never allowed to undo unseen what the first
one did; nothing is written, and what was typed stays with the form.
"""

import datetime as dt
from collections.abc import Sequence

from seatkeeper.configuration.applying import settings_in, settings_of
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.errors import InvalidValue
from seatkeeper.ports import Configuration, StoredApp


class ChangedMeanwhile(InvalidValue):
    """Somebody else saved the app since the form was opened; ``lines`` say what they changed."""

    def __init__(self, actor: str, at: dt.datetime | None, lines: Sequence[str]) -> None:
        when = f" at {at:%H:%M} UTC on {at.day} {at:%b}" if at is not None else ""
        super().__init__(
            f"Changed by {actor or 'somebody else'}{when}.",
            advice="Nothing of yours was saved. Look at what they changed, then save again.",
        )
        self.lines = lines


async def check_unchanged(configuration: Configuration, stored: StoredApp, version: int) -> None:
    """Raise ``ChangedMeanwhile`` where ``version`` is not the present one of the app."""
    if stored.version == version:
        return
    app_id = stored.application.id
    history = await configuration.history(app_id)
    seen = next((one.settings for one in history if one.version == version), None)
    lines = (
        []
        if seen is None
        else differences(
            AppDocument(app_id, settings_in(seen)), AppDocument(app_id, settings_of(stored))
        )
    )
    raise ChangedMeanwhile(history[0].actor, history[0].at, lines)
