"""What the console carries of others is what was looked at, and pages find every file."""

import re
import subprocess
import sys
from pathlib import Path

from seatkeeper.console import language
from seatkeeper.console.templates import Templates
from seatkeeper.console.words import hue, initials

ROOT = Path(__file__).parents[2]


def test_vendored_files_are_those_of_the_lock() -> None:
    checked = subprocess.run([sys.executable, ROOT / "tools/vendor.py", "--check"], check=False)

    assert checked.returncode == 0


def test_the_style_sheet_names_fonts_by_addresses_that_are_answered() -> None:
    templates = Templates()
    [css] = [address for address, name in templates.addresses.items() if name == "app.css"]

    named = re.findall(r'url\("([^"]+)"\)', bytes(templates.file("app.css").body).decode())

    assert css.endswith(".css")
    assert len(named) == 3
    assert set(named) <= set(templates.addresses)


def test_the_padded_language_makes_every_text_longer_and_keeps_its_places() -> None:
    language.speak(language.PADDED)
    try:
        padded, plural = language._("Skip to %(place)s"), language.ngettext("one", "many", 2)
    finally:
        language.speak(language.ENGLISH)

    assert len(padded) >= 1.4 * len("Skip to %(place)s")
    assert "%(place)s" in padded
    assert plural.startswith("[many")
    assert language._("Skip to content") == "Skip to content"


def test_initials_are_of_the_first_and_the_last_name_and_never_empty() -> None:
    assert initials("Ana Maria Reyes") == "AR"
    assert initials("  ") == "?"
    assert initials("<b>") == "B"
    assert initials("李小龙") == "李"
    assert hue("a-1") == hue("a-1")
