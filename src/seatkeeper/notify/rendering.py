"""How a parcel looks: a subject, plain text, HTML, and the JSON of a webhook.

After the walk, pure but for the templates that are read with the program. Every
topic is shown by the same two templates, because every message has the same
parts; nothing in a message can add a header, a line of another kind or a tag.
"""

from collections.abc import Mapping
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from seatkeeper.provisioning.message import Message
from seatkeeper.provisioning.telling import Parcel
from seatkeeper.words import number_of

_TEMPLATES: Final = Environment(
    loader=PackageLoader("seatkeeper.notify"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def one_line(text: str) -> str:
    """Return ``text`` without line breaks or controls, so that it stays in its place."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


_TEMPLATES.filters["one_line"] = one_line


def subject(parcel: Parcel) -> str:
    """Return the subject: the message's own, or how many there are."""
    if parcel.digest:
        return f"Seatkeeper: {number_of(len(parcel.messages), 'matter')} still open"
    if len(parcel.messages) == 1:
        return one_line(f"Seatkeeper: {parcel.messages[0].title}")
    return f"Seatkeeper: {number_of(len(parcel.messages), 'message')}"


def as_text(parcel: Parcel, url: str) -> str:
    """Return the parcel as plain text; ``url`` is where the status page is."""
    return _TEMPLATES.get_template("parcel.txt").render(_facts(parcel, url)).strip() + "\n"


def as_html(parcel: Parcel, url: str) -> str:
    """Return the parcel as a page of HTML that loads nothing and links only to ``url``."""
    return _TEMPLATES.get_template("parcel.html").render(_facts(parcel, url))


def as_plain(parcel: Parcel, key: str, at: str, url: str) -> dict[str, object]:
    """Return the parcel as a webhook's body holds it."""
    return {
        "id": key,
        "type": "seatkeeper.digest" if parcel.digest else "seatkeeper.messages",
        "timestamp": at,
        "url": url,
        "messages": [_plain(one) for one in parcel.messages],
    }


def _facts(parcel: Parcel, url: str) -> Mapping[str, object]:
    return {
        "messages": parcel.messages,
        "digest": parcel.digest,
        "subject": subject(parcel),
        "url": url,
    }


def _plain(message: Message) -> dict[str, object]:
    return {
        "topic": message.topic.value,
        "app": message.app_id or None,
        "app_name": message.app_name or None,
        "title": message.title,
        "happened": message.happened,
        "since": message.since.isoformat(timespec="seconds") if message.since else None,
        "count": message.count or None,
        "names": list(message.names),
        "means": message.means,
        "todo": message.todo,
        "commands": list(message.commands),
        "cycle": message.cycle_id or None,
        "cycle_number": message.cycle_number or None,
    }
