"""Turn an app on or off, pause it, let it go on: once for every door.

Before the walk. A paused app is off for the engine, and beside its settings
stands who paused it, when and why; turning it on by any way ends the pause.
Nothing is lost meanwhile: changes wait in the directory's feed.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.applying import (
    PAUSE,
    beside_settings,
    change_settings,
    check_connectable,
    settings_of,
)
from seatkeeper.configuration.settings import from_plain, to_plain
from seatkeeper.errors import BadInput
from seatkeeper.ports import Configuration, StoredApp

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused an app, when, and why (nothing: no reason was given)."""

    by: str
    at: dt.datetime
    reason: str


def pause_of(stored: StoredApp) -> Pause | None:
    """Return the pause that holds, or none where nobody paused the app."""
    kept = stored.settings.get(PAUSE)
    if not isinstance(kept, Mapping):
        return None
    at = dt.datetime.fromisoformat(str(kept["at"]))
    return Pause(str(kept["by"]), at, str(kept["reason"]))


def runs_by_itself(stored: StoredApp) -> bool:
    """Whether the schedule starts cycles of this app."""
    settings = settings_of(stored)
    return settings.status == "on" and settings.mode == "automatic"


async def switch_on(configuration: Configuration, app_id: str, *, actor: str) -> StoredApp:
    """Turn an app on; its next cycle begins at once. A pause ends.

    Raises ``BadInput`` where it has no tenant URL or no token yet.
    """
    stored = await configuration.app(app_id)
    check_connectable(stored)
    await configuration.reveal_secret(app_id)  # a key that is gone is said now, not by the engine
    return await change_settings(configuration, app_id, actor=actor, status="on", mode="automatic")


async def switch_off(configuration: Configuration, app_id: str, *, actor: str) -> StoredApp:
    """Turn an app off: a cycle that runs ends after the batch at hand. A pause becomes an off."""
    stored = await configuration.app(app_id)
    if pause_of(stored) is None:
        return await change_settings(configuration, app_id, actor=actor, status="off")
    beside = {name: one for name, one in beside_settings(stored).items() if name != PAUSE}
    return await configuration.save_app(
        stored.application,
        {**to_plain(settings_of(stored)), **beside},
        actor=actor,
        expected_version=stored.version,
    )


async def pause(
    configuration: Configuration, app_id: str, *, actor: str, reason: str, now: dt.datetime
) -> StoredApp:
    """Stop an app for a while, and keep who did so and why.

    Raises ``BadInput`` for an app that is not on.
    """
    stored = await configuration.app(app_id)
    if pause_of(stored) is not None:
        raise BadInput(f"{app_id} is paused already.", advice="Resume it when it shall go on.")
    if not runs_by_itself(stored):
        raise BadInput(
            f"{app_id} is off, so there is nothing to pause.", advice="Nothing is sent to it."
        )
    off = from_plain({**to_plain(settings_of(stored)), "status": "off"})
    kept = {
        "by": actor,
        "at": now.isoformat(timespec="seconds"),
        "reason": reason.strip()[:LONGEST_REASON],
    }
    return await configuration.save_app(
        stored.application,
        {**to_plain(off), **beside_settings(stored), PAUSE: kept},
        actor=actor,
        expected_version=stored.version,
        action="app.pause",
    )


async def resume(configuration: Configuration, app_id: str, *, actor: str) -> StoredApp:
    """Let a paused app go on with what waited. Raises ``BadInput`` where it is not paused."""
    stored = await configuration.app(app_id)
    if pause_of(stored) is None:
        raise BadInput(f"{app_id} is not paused.", advice="Turn it on where it shall run.")
    on = from_plain({**to_plain(settings_of(stored)), "status": "on"})
    return await configuration.save_app(
        stored.application,
        {**to_plain(on), **beside_settings(stored, on)},
        actor=actor,
        expected_version=stored.version,
        action="app.resume",
    )
