"""What an open page asks for by itself says so in its address, so that no session lives from it."""

import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from seatkeeper.console.visit import by_itself

BY_ITSELF = re.compile(
    r'http-equiv="refresh"|hx-sse:connect=|hx-trigger="[^"]*\b(?:load|every|revealed|intersect)\b'
)
SAYS_SO = re.compile(r"unasked=1|\bby_itself\b|\bagain_at\b")
OF_SCRIPTS = re.compile(r"\b(?:fetch|setInterval|EventSource|XMLHttpRequest|ajax)\b")


def templates(folder: Traversable, below: str = "") -> Iterator[tuple[str, str]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from templates(one, f"{below}{one.name}/")
        elif one.name.endswith(".html"):
            yield f"{below}{one.name}", one.read_text()


def asking_by_itself(template: str) -> list[str]:
    """Return the elements of a template that ask the server while nobody does anything."""
    return [f"<{one}" for one in template.split("<") if BY_ITSELF.search(one)]


def test_no_template_asks_by_itself_without_saying_so() -> None:
    every = dict(templates(resources.files("seatkeeper.console") / "templates"))

    found = {name: asking_by_itself(text) for name, text in every.items()}

    assert {name for name, asking in found.items() if asking} >= {
        "activity.html",
        "connection_checks.html",
        "explain.html",
        "home.html",
        "overview.html",
        "plan.html",
        "ui/live.html",
        "ui/overview.html",
        "undo_none.html",
        "welcome_on.html",
    }
    silent = [one for asking in found.values() for one in asking if not SAYS_SO.search(one)]
    assert silent == []


def test_no_script_of_ours_asks_for_anything_by_itself() -> None:
    static = resources.files("seatkeeper.console") / "static"
    ours = [one.read_text() for one in static.iterdir() if one.name.endswith(".js")]

    assert ours != []
    assert [OF_SCRIPTS.findall(text) for text in ours] == [[] for _one in ours]


def test_an_address_says_that_it_is_asked_by_itself_before_its_fragment() -> None:
    told = [by_itself(one) for one in ("/", "/events?seen=a.b", "/apps/15five?order=4#order")]

    assert told == [
        "/?unasked=1",
        "/events?seen=a.b&unasked=1",
        "/apps/15five?order=4&unasked=1#order",
    ]
