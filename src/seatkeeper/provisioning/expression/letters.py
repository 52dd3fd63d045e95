"""Letters: small and capital by culture, and which plain letters stand for marked ones.

    source change -> scope -> [map] -> match -> plan -> export -> log

Case follows .NET: letter by letter, never by context, never one letter into
two; only Turkish, Azeri and Lithuanian have rules of their own (mapping
language 3, 4).
"""

import re
import unicodedata
from typing import Final

from seatkeeper.provisioning.expression.values import EvaluationFailed

LETTERS: Final = {
    "\u00e6": "ae", "\u00c6": "AE", "\u00f8": "oe", "\u00d8": "OE", "\u0153": "oe", "\u0152": "OE",
    "\u00df": "ss", "\u1e9e": "SS", "\u0142": "l", "\u0141": "L", "\u0131": "i",
}  # fmt: skip
"""Plain letters for those that no decomposition takes apart."""

_CULTURE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_FIXED: Final = frozenset("\u0130\u0131")
"""The dotted capital and the dotless small i: only Turkish and Azeri change their case."""

_TURKIC: Final = frozenset({"tr", "az"})
_ABOVE: Final = "\u0307"
_ACCENTS: Final = "\u0300\u0301\u0303"


def lowered(text: str, culture: str) -> str:
    """Return the text in small letters. Raises ``EvaluationFailed`` for a name of no culture."""
    language = _language(culture)
    if language in _TURKIC:
        text = text.replace("I", "\u0131").replace("\u0130", "i")
    elif language == "lt":
        text = _dotted(text)
    if text.isascii():
        return text.lower()
    return "".join(_one(character, character.lower()) for character in text)


def raised(text: str, culture: str) -> str:
    """Return the text in capital letters. Raises ``EvaluationFailed`` for a name of no culture."""
    language = _language(culture)
    if language in _TURKIC:
        text = text.replace("i", "\u0130").replace("\u0131", "I")
    elif language == "lt":
        text = re.sub(f"([ij\u012f]){_ABOVE}", r"\1", text)
    if text.isascii():
        return text.upper()
    return "".join(_one(character, character.upper()) for character in text)


def culture_fault(culture: str) -> str:
    """Return what is wrong with the name of a culture, or nothing."""
    if not culture or _CULTURE.fullmatch(culture):
        return ""
    return f"{culture[:40]!r} names no culture; write it like en-US."


def _language(culture: str) -> str:
    if fault := culture_fault(culture):
        raise EvaluationFailed(fault)
    return culture.partition("-")[0].lower()


def _one(character: str, changed: str) -> str:
    return changed if len(changed) == 1 and character not in _FIXED else character


def _dotted(text: str) -> str:
    """Return the text with the dot that Lithuanian keeps on i and j below an accent."""
    apart = unicodedata.normalize("NFD", text)
    with_dot = re.sub(f"([IJ])(?=[{_ACCENTS}])", lambda one: one[1].lower() + _ABOVE, apart)
    return text if with_dot == apart else unicodedata.normalize("NFC", with_dot)
