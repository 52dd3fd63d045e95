"""Who is told about an app, and about all: read, judged, printed, and turned into listeners.

Before the walk. An app's document names addresses of its own; the settings of
the installation name those that hear of every app. Whether a webhook's name may
be connected to is judged when it is, as for an app's URL.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import yaml

from seatkeeper.configuration.address import is_loopback, url_fault
from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import Notification
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.message import CHOOSABLE, Topic
from seatkeeper.provisioning.telling import Channel, Listener

_FIELDS: Final = ("email", "on_failure", "webhook", "kinds")
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\".]+(\.[^\s@,;<>\".]+)+")
_KINDS: Final = tuple(one.value for one in CHOOSABLE)
MOST_ADDRESSES: Final = 20


def read_notification(reading: Reading, node: yaml.Node | None) -> Notification:
    """Return what a document says about who is told."""
    if node is None:
        return Notification()
    told = reading.fields(node, _FIELDS)
    kinds = []
    for item in reading.items(told.get("kinds")):
        name = reading.text(item)
        if name not in _KINDS:
            hint = closest(name, _KINDS)
            reading.fault(item, f"{shown(name)} is no kind of message.{hint}")
        kinds.append(name)
    return Notification(
        email=reading.text(told.get("email")),
        on_failure=reading.boolean(told.get("on_failure"), default=False),
        webhook=reading.text(told.get("webhook")),
        kinds=tuple(dict.fromkeys(kinds)),
    )


def print_notification(notification: Notification) -> dict[str, object]:
    """Return it as a document has it; empty where nobody is named."""
    if notification == Notification():
        return {}
    plain: dict[str, object] = {
        "email": notification.email,
        "on_failure": notification.on_failure,
    }
    if notification.webhook:
        plain["webhook"] = notification.webhook
    if notification.kinds:
        plain["kinds"] = list(notification.kinds)
    return plain


def notification_faults(notification: Notification) -> list[str]:
    """Return what is wrong with it, as sentences."""
    faults = address_faults(notification.email, notification.webhook)
    faults += [f"{shown(one)} is no kind of message." for one in _strangers(notification.kinds)]
    if notification.on_failure and not (notification.email or notification.webhook):
        faults.append("on_failure needs the e-mail address or the webhook that is told.")
    return faults


def address_faults(emails: str, webhook: str) -> list[str]:
    """Return what is wrong with these addresses; several e-mail addresses have commas between."""
    named = addresses(emails)
    faults = [f"{shown(one)} is no e-mail address." for one in named if not _EMAIL.fullmatch(one)]
    if emails.strip() and not named:
        faults.append(f"{shown(emails)} is no e-mail address.")
    if len(named) > MOST_ADDRESSES:
        faults.append(f"At most {MOST_ADDRESSES} addresses are told; name a mailing list.")
    if webhook:
        fault = url_fault(webhook, allow_loopback=_is_here(webhook), what="The webhook's URL")
        faults += [fault] if fault else []
    return faults


def addresses(emails: str) -> list[str]:
    """Return the e-mail addresses in a text with commas between them, each once."""
    return list(dict.fromkeys(one for part in emails.split(",") if (one := part.strip())))


def listeners_of(app_id: str, notification: Notification) -> list[Listener]:
    """Return who hears of this app; nobody where it is switched off."""
    if not notification.on_failure:
        return []
    return _listeners(notification.email, notification.webhook, notification.kinds, app_id)


def listeners_of_all(emails: str, webhook: str, kinds: str) -> list[Listener]:
    """Return who hears of every app. Raises ``InvalidValue`` for settings that cannot be used."""
    named = addresses(kinds)
    faults = address_faults(emails, webhook)
    faults += [
        f"{shown(one)} is no kind of message.{closest(one, _KINDS)}" for one in _strangers(named)
    ]
    if faults:
        raise InvalidValue(
            " ".join(faults),
            advice="Check SEATKEEPER_NOTIFY_EMAIL, SEATKEEPER_NOTIFY_WEBHOOK and "
            "SEATKEEPER_NOTIFY_KINDS.",
        )
    return _listeners(emails, webhook, named, None)


def notification_facts(notification: Notification) -> Mapping[str, str]:
    """Return what differs visibly between two of them, in words."""
    return {
        "notification": notification.email,
        "mail on failure": "yes" if notification.on_failure else "no",
        "webhook": notification.webhook,
        "kinds of messages": ", ".join(notification.kinds),
    }


def _listeners(
    emails: str, webhook: str, kinds: Sequence[str], app_id: str | None
) -> list[Listener]:
    topics = frozenset(Topic(one) for one in kinds) if kinds else frozenset(Topic)
    pairs = [(Channel.MAIL, one) for one in addresses(emails)]
    pairs += [(Channel.WEBHOOK, webhook)] if webhook else []
    return [Listener(channel, address, topics, app_id) for channel, address in pairs]


def _strangers(kinds: Sequence[str]) -> list[str]:
    return [one for one in kinds if one not in _KINDS]


def _is_here(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
