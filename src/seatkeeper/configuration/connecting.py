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
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, FormerSecret, SettingsVersion, StoredApp

KEPT: Final = dt.timedelta(hours=24)
"""So long the token is kept that was replaced. (Console design, 4.)"""

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
    keep_old: bool = False,
) -> StoredApp:
    """Put a new token in the place of the stored one, with its last day where it is known.

    The old one is kept for a day where ``keep_old`` says so, and forgotten otherwise.
    """
    stored = await configuration.app(app_id)
    await check_unchanged(configuration, stored, version)
    before = settings_of(stored)
    after = msgspec.structs.replace(before, secret_expires=expires.strip())
    checked_settings(gallery_app(before.gallery), after)
    old = (before.tenant_url, before.secret_expires) if keep_old else None
    return await _save(configuration, stored, after, actor, usable_secret(token), keep_old=old)


async def kept_token(
    configuration: Configuration, stored: StoredApp, now: dt.datetime
) -> FormerSecret | None:
    """Return what is known of the old token of an app, while it is kept and may be used again.

    Never for another host than it was sent to: whoever may edit the URL would receive it.
    """
    former = await configuration.former_secret(stored.application.id)
    if former is None or now - former.since >= KEPT:
        return None
    return None if forgets_secret(former.tenant_url, settings_of(stored).tenant_url) else former


async def old_token(
    configuration: Configuration, stored: StoredApp, now: dt.datetime
) -> tuple[str, str]:
    """Return the old token of an app and its last day. Raises ``InvalidValue`` without one."""
    app_id = stored.application.id
    gone = InvalidValue(
        "The old token is not kept any more.", advice="Generate another one in the app."
    )
    former = await kept_token(configuration, stored, now)
    if former is None:
        raise gone
    token = await configuration.reveal_former_secret(app_id)
    if await configuration.former_secret(app_id) != former:
        raise gone  # rotated between the two reads: this token may be another host's
    return token.decode(), former.expires


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
    keep_old: tuple[str, str] | None = None,
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
        keep_old=keep_old,
    )
