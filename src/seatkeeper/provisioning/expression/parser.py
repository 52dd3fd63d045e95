"""Read an expression: text in, tree out, or a fault that points at the character.

    source change -> scope -> [map] -> match -> plan -> export -> log

It knows the grammar (mapping language 1) and nothing of the functions: which
exist and what they take is judged in ``check``.
"""

import re
from dataclasses import dataclass
from typing import Final

from seatkeeper.errors import BadInput
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
)

LONGEST: Final = 10_000
"""Characters that an expression may have."""

DEEPEST: Final = 64
"""Levels of calls inside calls."""

WORDS: Final = ("vbTextCompare", "vbBinaryCompare")
OPERATORS: Final = ("<>", ">=", "<=", "=", ">", "<")

LARGEST: Final = 2**63 - 1
"""Whole numbers have 64 bits, as in the reference."""

_ABSENT = re.compile("[\0\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n\u00a0\ufeff]*")
_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?\d+(?![\w.])", re.ASCII)
_HEX = re.compile(r"&[Hh][0-9A-Fa-f]{1,16}(?!\w)")
_JOINS = re.compile(r"(?:AND|OR)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the text: ``at`` counts characters from 0, line and column from 1."""

    at: int
    line: int
    column: int


class ExpressionFault(BadInput):
    """An expression that cannot be read or would never work; ``at`` is where (from 0)."""

    code = "expression.fault"

    def __init__(self, message: str, at: int, *, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.at = at


def spot(text: str, at: int) -> Spot:
    """Return where character ``at`` stands."""
    before = text[:at]
    return Spot(at, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)


def pointed(text: str, fault: ExpressionFault) -> str:
    """Return the fault with its line of the expression and a caret below the character."""
    where = spot(text, fault.at)
    line = text.split("\n")[where.line - 1]
    start = max(0, where.column - 61)
    piece = "".join(one if one.isprintable() else " " for one in line[start : start + 120])
    caret = " " * (where.column - 1 - start) + "^"
    return f"{fault} (line {where.line}, character {where.column})\n  {piece}\n  {caret}"


def parse(text: str) -> Node:
    """Return the tree of an expression. Raises ``ExpressionFault`` at what does not fit."""
    if len(text) > LONGEST:
        raise ExpressionFault(
            f"The expression has {len(text):,} characters; at most {LONGEST:,} are read.", LONGEST
        )
    if absent := _ABSENT.search(text):
        raise ExpressionFault(
            f"{absent[0]!r} is no character of a text.", absent.start(), advice="Leave it out."
        )
    reader = _Reader(text)
    if reader.ended():
        raise ExpressionFault("The expression is empty.", 0, advice="Write for example [mail].")
    node = reader.value(1)
    if not reader.ended():
        raise reader.unexpected("Here the expression should have ended")
    return node


class _Reader:
    """Walks the text once, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def ended(self) -> bool:
        self._skip()
        return self._at >= len(self._text)

    def value(self, level: int) -> Node:
        self._skip()
        at = self._at
        first = self._text[at : at + 1]
        if first == "[":
            return self._attribute()
        if first == '"':
            return self._string()
        if found := _NUMBER.match(self._text, at) or _HEX.match(self._text, at):
            self._at = found.end()
            return _number(found[0], at)
        if found := _NAME.match(self._text, at):
            self._at = found.end()
            return self._call_or_word(found[0], at, level)
        raise self.unexpected("A value is missing here")

    def unexpected(self, what: str) -> ExpressionFault:
        self._skip()
        found = self._text[self._at : self._at + 1]
        if not found:
            return ExpressionFault(f"{what}: the expression ends too early.", self._at)
        return ExpressionFault(f"{what}: found {found!r}.", self._at, advice=self._advice(found))

    def _advice(self, found: str) -> str:
        before = self._text[: self._at].rstrip()[-1:]
        if self._text.startswith(("&H", "&h"), self._at):
            return "A hex number has 1 to 16 digits after &H."
        if found in "+&*/-":
            return "There is no arithmetic; texts are put together with Append or Join."
        if found in "'\u201c\u201d\u2018\u2019":
            return 'Texts stand in straight double quotes: "like this".'
        if _JOINS.match(self._text, self._at):
            return "There is no AND and no OR; put one IIF into another."
        if found == "!" or (found in "=<>" and before in {"=", "<", ">"}):
            return "The comparisons are =, <>, <, <=, > and >=."
        if found in "=<>":
            return "Comparisons stand only in the condition of IIF or in CBool."
        return ""

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        assert found is not None  # noqa: S101 - the pattern matches the empty text, too
        self._at = found.end()

    def _attribute(self) -> AttributeRef:
        at = self._at
        end = self._text.find("]", at)
        if end < 0:
            raise ExpressionFault("The attribute opened here is not closed by ].", at)
        name = self._text[at + 1 : end].strip()
        if not name or "[" in name or not name.isprintable():
            raise ExpressionFault("Between [ and ] stands the name of one attribute.", at)
        self._at = end + 1
        return AttributeRef(name, at)

    def _string(self) -> Text:
        at = self._at
        out: list[str] = []
        place = at + 1
        while place < len(self._text):
            character = self._text[place]
            if character == '"':
                self._at = place + 1
                return Text("".join(out), at)
            following = self._text[place + 1 : place + 2]
            if character == "\\" and following and following in '"\\':
                out.append(following)
                place += 2
            else:
                out.append(character)
                place += 1
        raise ExpressionFault('The text opened here is not closed by ".', at)

    def _call_or_word(self, name: str, at: int, level: int) -> Node:
        self._skip()
        if self._text[self._at : self._at + 1] != "(":
            if name in WORDS:
                return Word(name, at)
            raise ExpressionFault(f"{name[:60]} stands alone.", at, advice=_meant(name[:60]))
        if level > DEEPEST:
            raise ExpressionFault(f"Calls are nested over {DEEPEST} levels deep.", at)
        self._at += 1
        return Call(name, self._arguments(name, at, level), at)

    def _arguments(self, name: str, at: int, level: int) -> tuple[Node | None, ...]:
        found: list[Node | None] = []
        while True:
            found.append(self._argument(level))
            self._skip()
            mark = self._text[self._at : self._at + 1]
            if mark == "":
                raise ExpressionFault(f"The arguments of {name} are not closed by ).", at)
            if mark not in ",)":
                raise self.unexpected(f"The arguments of {name} go on with , or end with )")
            self._at += 1
            if mark == ")":
                return () if found == [None] else tuple(found)

    def _argument(self, level: int) -> Node | None:
        self._skip()
        if self._text[self._at : self._at + 1] in {",", ")", ""}:
            return None
        left = self.value(level + 1)
        self._skip()
        for operator in OPERATORS:
            if self._text.startswith(operator, self._at):
                at = self._at
                self._at += len(operator)
                return Comparison(operator, left, self.value(level + 1), at)
        return left


def _number(digits: str, at: int) -> Number:
    if digits[0] != "&" and (len(digits) > 20 or not -LARGEST <= int(digits) <= LARGEST):
        raise ExpressionFault(
            f"{digits[:20]}... is larger than a whole number can be.",
            at,
            advice=f"At most {LARGEST}; write a longer one as a text.",
        )
    return Number(digits, at)


def _meant(name: str) -> str:
    if name == "IgnoreAttributeFlow":
        return 'Give "" and put IgnoreFlowIfNullOrEmpty(...) around the whole.'
    return f'Write "{name}" for a text, [{name}] for an attribute, {name}(...) for a function.'
