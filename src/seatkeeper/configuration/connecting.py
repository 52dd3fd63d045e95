"""Save how an app is reached and who hears of its failures, when somebody types it by hand.

Before the walk. Only these settings change; everything else about the app stays.
An address that leads to another host forgets the token, unless a new one comes
with it: nobody sends a stored token to a host of their own by editing a URL.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from seatkeeper.configuration.address import forgets_secret
from seatkeeper.configuration.applying import (
    REFERENCE,
    beside_settings,
    settings_in,
    settings_of,
)
from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.meanwhile import check_unchanged
from seatkeeper.configuration.secrets import STORED, usable_secret
from seatkeeper.configuration.settings import AppSettings, to_plain
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, SettingsVersion, StoredApp

_LOOKED_AT: Final = 300


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form of a connection holds; an empty ``token`` leaves the stored one."""

    tenant_url: str
    token: str = ""
    secret_expires: str = ""
    allow_loopback: bool = False
    email: str = ""
    on_failure: bool = False


def typed_of(settings: AppSettings) -> Typed:
    """Return what the form shows of an app's settings; the token is never among it."""
    return Typed(
        settings.tenant_url,
        secret_expires=settings.secret_expires,
        allow_loopback=settings.allow_loopback,
        email=settings.notification.email,
        on_failure=settings.notification.on_failure,
    )


async def save_connection(
    configuration: Configuration, app_id: str, typed: Typed, *, version: int, actor: str
) -> StoredApp:
    """Save what was typed, if the app is still at that version.

    Raises ``InvalidValue`` for what cannot be used, ``ChangedMeanwhile`` where somebody was
    quicker; nothing is written then.
    """
    stored = await configuration.app(app_id)
    await check_unchanged(configuration, stored, version)
    before = settings_of(stored)
    told = msgspec.structs.replace(
        before.notification, email=typed.email.strip(), on_failure=typed.on_failure
    )
    after = msgspec.structs.replace(
        before,
        tenant_url=typed.tenant_url.strip(),
        secret_expires=typed.secret_expires.strip(),
        allow_loopback=typed.allow_loopback,
        notification=told,
    )
    checked_settings(gallery_app(before.gallery), after)
    secret = usable_secret(typed.token) if typed.token.strip() else None
    old, new = before.tenant_url, after.tenant_url
    forgets = secret is None and bool(old) and forgets_secret(old, new)
    return await _save(configuration, stored, after, actor, secret, forgets=forgets)


async def switch_token(
    configuration: Configuration,
    app_id: str,
    token: str,
    expires: str,
    *,
    version: int,
    actor: str,
) -> StoredApp:
    """Put a new token in the place of the stored one, with its last day where it is known."""
    stored = await configuration.app(app_id)
    await check_unchanged(configuration, stored, version)
    before = settings_of(stored)
    after = msgspec.structs.replace(before, secret_expires=expires.strip())
    checked_settings(gallery_app(before.gallery), after)
    return await _save(configuration, stored, after, actor, usable_secret(token))


def changed_at(stored: StoredApp, history: Sequence[SettingsVersion]) -> dt.datetime | None:
    """Return when address or token of an app changed last; none where that is not known."""
    url, since = settings_of(stored).tenant_url, None
    for version in history:
        if settings_in(version.settings).tenant_url != url:
            break
        since = version.at
    moments = [one for one in (since, stored.secret_since) if one is not None]
    return max(moments, default=None)


async def who_added_token(configuration: Configuration, app_id: str) -> str:
    """Return who changed the token of an app last, as far as the newest of the trail says."""
    entries = await configuration.audit(action="app.", limit=_LOOKED_AT)
    for entry in entries:
        if entry.subject == app_id and entry.after is not None and "secret" in entry.after:
            return entry.actor
    return ""


async def _save(
    configuration: Configuration,
    stored: StoredApp,
    settings: AppSettings,
    actor: str,
    secret: bytes | None,
    *,
    forgets: bool = False,
) -> StoredApp:
    beside = beside_settings(stored)
    if secret is not None:
        beside[REFERENCE] = STORED
    return await configuration.save_app(
        stored.application,
        {**to_plain(settings), **beside},
        actor=actor,
        expected_version=stored.version,
        secret=secret,
        forget_secret=forgets,
    )
