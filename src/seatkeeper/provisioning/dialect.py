r"""Patterns as .NET writes them, in the spelling of RE2.

    source change -> [scope -> map] -> match -> plan -> export -> log

Beside ``pattern``: it walks a pattern once, writes it anew where the two
dialects differ, and refuses at its character what RE2 cannot do (look-around,
back-references) or what RE2 would silently understand otherwise
(``[a-z-[aeiou]]``, ``\C``). It compiles nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

DIGIT: Final = r"\p{Nd}"
WORD: Final = r"\p{L}\p{Mn}\p{Nd}\p{Pc}"
SPACE: Final = r"\f\n\r\t\v\x{85}\p{Z}"
NO_WORD: Final = (
    r"\p{Mc}\p{Me}\p{Nl}\p{No}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{S}\p{Z}\p{Cc}\p{Cf}\p{Co}"
)
NO_SPACE: Final = (
    r"\x00-\x08\x0e-\x1f!-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
)
_CLASSES: Final = {"d": DIGIT, "w": WORD, "s": SPACE}
_INSIDE: Final = {**_CLASSES, "D": r"\P{Nd}", "W": NO_WORD, "S": NO_SPACE}
_CONTROLS: Final = frozenset("tnrvfa")
_ANCHORS: Final = frozenset("bBAz")
_NAME = re.compile(r"[^\W\d]\w*")
_FLAGS = re.compile(r"\(\?(?P<flags>[a-zA-Z-]*)(?P<end>[:)])")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|c([A-Za-z])")
_OCTAL = re.compile(r"0[0-7]{0,2}")
_PROPERTY = re.compile(r"[pP]\{(\w+)\}")
_REFUSED: Final = (
    ("(?=", "looks ahead"),
    ("(?!", "looks ahead"),
    ("(?<=", "looks behind"),
    ("(?<!", "looks behind"),
    ("(?>", "has an atomic group"),
    ("(?(", "has a condition"),
)


class PatternFault(ValueError):
    """A pattern that cannot be used; the message says why, ``at`` where (from 0)."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at

    @property
    def placed(self) -> str:
        """The message with the character of the pattern where it went wrong, if that is known."""
        return f"{self} (at its character {self.at + 1})" if self.at else str(self)


@dataclass(frozen=True, slots=True)
class Translation:
    """A pattern for RE2, with Unicode classes and (``ascii``) without.

    ``names`` has each group in the order of RE2: its name, or none.
    """

    text: str
    ascii: str
    names: tuple[str | None, ...]


def translated(text: str) -> Translation:
    """Return a .NET pattern in RE2's spelling. Raises ``PatternFault`` at what has none."""
    walk = _Walk(text)
    while not walk.ended:
        walk.step()
    return Translation("".join(walk.out), "".join(walk.plain), tuple(walk.names))


class _Walk:
    """Goes through a pattern from left to right, inside classes and outside."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._class_began = -1
        self.out: list[str] = []
        self.plain: list[str] = []
        self.names: list[str | None] = []

    @property
    def ended(self) -> bool:
        return self._at >= len(self._text)

    def step(self) -> None:
        """Read one token."""
        character = self._text[self._at]
        if character == "\\":
            self._escape()
        elif self._class_began >= 0:
            self._in_class(character)
        elif character == "[":
            self._open_class()
        elif self._text.startswith("(?", self._at):
            self._group()
        else:
            if character == "(":
                self.names.append(None)
            self._put(character, 1)

    def _put(self, text: str, read: int, *, plain: str | None = None) -> None:
        self.out.append(text)
        self.plain.append(text if plain is None else plain)
        self._at += read

    def _open_class(self) -> None:
        self._put("[", 1)
        if self._text.startswith("^", self._at):
            self._put("^", 1)
        self._class_began = self._at
        if self._text.startswith("]", self._at):  # the first ] is a character
            self._put("\\]", 1)

    def _in_class(self, character: str) -> None:
        if character == "]":
            self._class_began = -1
        elif character == "[":
            if self._text[self._at - 1] == "-" and self._at - 1 > self._class_began:
                raise PatternFault(
                    "The pattern takes one class from another, which patterns here cannot do.",
                    self._at - 1,
                )
            character = "\\["
        self._put(character, 1)

    def _group(self) -> None:
        for mark, why in _REFUSED:
            if self._text.startswith(mark, self._at):
                raise PatternFault(f"The pattern {why}, which patterns here cannot do.", self._at)
        if self._text.startswith("(?#", self._at):
            end = self._text.find(")", self._at)
            self._at = end + 1 if end >= 0 else len(self._text)
            return
        for mark, close in (("(?<", ">"), ("(?'", "'"), ("(?P<", ">")):
            if self._text.startswith(mark, self._at):
                self._named_group(len(mark), close)
                return
        found = _FLAGS.match(self._text, self._at)
        if found is None or not set(found["flags"]) <= set("ims-"):
            raise PatternFault(
                "The pattern sets an option that is not known; there are i, m and s.", self._at
            )
        self._put(found[0], len(found[0]))

    def _named_group(self, begin: int, close: str) -> None:
        end = self._text.find(close, self._at + begin)
        name = self._text[self._at + begin : end] if end >= 0 else ""
        if not _NAME.fullmatch(name):
            raise PatternFault("A group's name is one word and begins with a letter.", self._at)
        if name in self.names:
            raise PatternFault(f"Two groups are called {name[:60]}.", self._at)
        self.names.append(name)
        self._put(f"(?P<{name}>", end + 1 - self._at)

    def _escape(self) -> None:
        inside = self._class_began >= 0
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in _INSIDE:
            self._class(letter, inside=inside)
        elif letter in _CONTROLS or (letter in _ANCHORS and not inside):
            self._put(f"\\{letter}", 2)
        elif letter == "Z" and not inside:
            self._put(r"\z", 2)
        elif letter == "b":
            self._put(r"\x08", 2)
        elif letter == "e":
            self._put(r"\x1b", 2)
        elif found := _OCTAL.match(self._text, self._at + 1):
            self._put(rf"\x{{{int(found[0], 8):x}}}", 1 + len(found[0]))
        elif found := _HEX.match(self._text, self._at + 1):
            self._put(rf"\x{{{self._code(found):x}}}", 1 + len(found[0]))
        elif found := _PROPERTY.match(self._text, self._at + 1):
            if found[1].startswith("Is"):
                raise PatternFault(
                    f"Blocks of characters such as {found[1][:30]} are not known; "
                    "name a category or a script, such as \\p{Lu} or \\p{Greek}.",
                    self._at,
                )
            self._put(f"\\{found[0]}", 1 + len(found[0]))
        else:
            self._literal(letter, inside=inside)

    def _class(self, letter: str, *, inside: bool) -> None:
        if inside:
            written = _INSIDE[letter]
        elif letter in _CLASSES:
            written = f"[{_CLASSES[letter]}]"
        else:
            written = f"[^{_CLASSES[letter.lower()]}]"
        self._put(written, 2, plain=f"\\{letter}")

    def _code(self, found: re.Match[str]) -> int:
        if found[3]:
            return ord(found[3].upper()) - 64
        code = int(found[1] or found[2], 16)
        if 0xD800 <= code <= 0xDFFF:
            raise PatternFault("The pattern holds half a character.", self._at)
        return code

    def _literal(self, letter: str, *, inside: bool) -> None:
        if letter in "123456789k" and letter and not inside:
            raise PatternFault(
                "The pattern refers back to an earlier group, which patterns here cannot do.",
                self._at,
            )
        if not letter or letter.isalnum() or letter == "_":
            raise PatternFault(f"\\{letter} is no escape that patterns know.", self._at)
        self._put(f"\\{letter}" if letter.isascii() else letter, 2)
