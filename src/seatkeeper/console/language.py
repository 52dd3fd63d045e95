"""In which language the console speaks: one for the process, English unless said otherwise.

Beside the walk. All words of the console's own go through ``_`` and ``ngettext``
here, in Python and in templates alike. What the engine wrote down (answers,
reasons, the app's own words) is shown as it was written. ``padded`` is the
pseudo-language of tests: every text 40 % longer, so that a layout which only
fits English is seen. (Console design, 9 and 15.8.)
"""

import gettext
from importlib import resources
from typing import Final

ENGLISH: Final = "en"
PADDED: Final = "padded"


class _Padded(gettext.NullTranslations):
    """English with four tenths more of it, and brackets that show where a text was cut."""

    def gettext(self, message: str) -> str:
        more = max(1, len(message) * 2 // 5)
        return f"[{message}{'·' * (more - 1)}]" if message.strip() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(super().ngettext(msgid1, msgid2, n))


class _Spoken:
    """What the process speaks now."""

    translations: gettext.NullTranslations = gettext.NullTranslations()


def speak(language: str) -> None:
    """Let the console of this process speak a language; English where it has no catalogue."""
    if language == PADDED:
        _Spoken.translations = _Padded()
        return
    folder = str(resources.files("seatkeeper.console") / "locale")
    _Spoken.translations = gettext.translation(
        "console", folder, languages=[language], fallback=True
    )


def _(text: str) -> str:
    """Return a text of the console in the language it speaks."""
    return _Spoken.translations.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the text for one or for many; ``%(count)s`` and the like are left to the caller."""
    return _Spoken.translations.ngettext(one, many, count)
