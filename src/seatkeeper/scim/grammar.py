"""The grammar of SCIM's filters and attribute paths: text in, tree out (RFC 7644 figure 1).

Beside the walk. A tokenizer and a recursive descent; every fault is a
``ScimError`` with its position, and the limits hold while reading, so a
hostile text costs no more than a short one. What a tree means is decided in
``filter`` and ``path``.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from seatkeeper.scim.errors import refusal_of
from seatkeeper.scim.syntax import (
    And,
    AttributePath,
    Comparison,
    Filter,
    HasElement,
    Not,
    Operator,
    Or,
    Present,
    Scalar,
)

LONGEST: Final = 4_096
DEEPEST: Final = 32
MOST_NODES: Final = 200

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:$-]))
      | (?P<word>[A-Za-z$_][\w$:.\-]*)
      | (?P<sub>\.[A-Za-z$_][\w$\-]*)
      | (?P<mark>[()\[\]])
    )""",
    re.VERBOSE | re.ASCII,
)
_URNS: Final = tuple(
    re.compile(shape, re.IGNORECASE | re.ASCII)
    for shape in (
        # SCIM 2.0: ...:2.0:User, and an attribute after a colon.
        r"(?P<schema>urn:.+:\d+(?:\.\d+)*:[A-Za-z]\w*)(?::(?P<rest>[^:]+))?",
        # SCIM 1.1: the version comes last, and the attribute after a dot.
        r"(?P<schema>urn:.+:\d+(?:\.\d+)*)(?:\.(?P<rest>[A-Za-z$_][^:]*))?",
        # An extension without a version of its own.
        r"(?P<schema>urn:.+:(?:User|Group))(?::(?P<rest>[^:]+))?",
    )
)
_NAME: Final = re.compile(r"[A-Za-z$_][\w$\-]*", re.ASCII)
_KEYWORDS: Final = {"true": True, "false": False, "null": None}
_ORDERED: Final = {Operator.GT, Operator.GE, Operator.LT, Operator.LE}
_TEXTUAL: Final = {Operator.CO, Operator.SW, Operator.EW}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class Reader:
    """Recursive descent over one text; ``path`` reads attribute paths with it too.

    ``scim_type`` is what a fault is called: invalidFilter, or invalidPath.
    """

    def __init__(self, text: str, scim_type: str = "invalidFilter") -> None:
        self._scim_type = scim_type
        self._tokens: list[_Token] = []
        self._at = 0
        self._nodes = 0
        self._depth = 0
        self._inside_brackets = False
        if len(text) > LONGEST:
            self._fail(f"longer than {LONGEST} characters", 0)
        self._end = len(text)
        self._split(text)

    def _split(self, text: str) -> None:
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                while text[at].isspace():
                    at += 1
                self._fail("a character that does not belong here", at)
            kind = str(found.lastgroup)
            self._tokens.append(_Token(kind, found[kind], found.start(kind)))
            at = found.end()

    def _fail(self, what: str, start: int | None = None) -> NoReturn:
        if start is None:
            token = self._peek()
            start = token.start if token else self._end
        noun = "filter" if self._scim_type == "invalidFilter" else "path"
        raise refusal_of(self._scim_type, f"The {noun} has {what}, at position {start}.")

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self, kind: str, wanted: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != kind:
            self._fail(f"no {wanted} where one is needed")
        self._at += 1
        return token

    def _takes(self, kind: str, *texts: str) -> bool:
        token = self._peek()
        if token is None or token.kind != kind or token.text.casefold() not in texts:
            return False
        self._at += 1
        return True

    def _node(self) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._fail(f"more than {MOST_NODES} conditions")

    def at_end(self) -> None:
        """Refuse anything that follows a finished tree."""
        if self._peek() is not None:
            self._fail("something after its end")

    def disjunction(self) -> Filter:
        """Read ``a or b or c``, the weakest binding."""
        parts = [self._conjunction()]
        while self._takes("word", "or"):
            parts.append(self._conjunction())
        if len(parts) == 1:
            return parts[0]
        self._node()
        return Or(tuple(parts))

    def _conjunction(self) -> Filter:
        parts = [self._condition()]
        while self._takes("word", "and"):
            parts.append(self._condition())
        if len(parts) == 1:
            return parts[0]
        self._node()
        return And(tuple(parts))

    def _condition(self) -> Filter:
        self._node()
        if self._is_negation():
            self._at += 1
            return Not(self._group(")"))
        token = self._peek()
        if token is not None and token.text == "(" and token.kind == "mark":
            return self._group(")")
        return self._comparison()

    def _is_negation(self) -> bool:
        """``not`` negates only before a parenthesis; elsewhere it is an attribute's name."""
        token = self._peek()
        if token is None or token.kind != "word" or token.text.casefold() != "not":
            return False
        after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
        return after is not None and after.kind == "mark" and after.text == "("

    def _group(self, closing: str) -> Filter:
        """Read what stands between the bracket that comes next and ``closing``."""
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(f"more than {DEEPEST} levels")
        self._at += 1
        tree = self.disjunction()
        if not self._takes("mark", closing):
            self._fail(f"no {closing!r} where one is needed")
        self._depth -= 1
        return tree

    def _comparison(self) -> Filter:
        path = self.attribute_path()
        token = self._peek()
        word = token.text.casefold() if token is not None and token.kind == "word" else ""
        if word == "pr":
            self._at += 1
            return Present(path)
        if word not in set(Operator):
            if path.where is not None and path.sub is None:
                return HasElement(path)
            self._fail("no operator where one is needed")
        self._at += 1
        op = Operator(word)
        return Comparison(path, op, self._value(op))

    def attribute_path(self) -> AttributePath:
        """Read ``[urn:]name[filter].sub``."""
        word = self._next("word", "attribute")
        schema, name, sub = self._names(word)
        where = None
        token = self._peek()
        if name and sub is None and token is not None and token.text == "[":
            if self._inside_brackets:
                self._fail("brackets within brackets")
            self._inside_brackets = True
            where = self._group("]")
            self._inside_brackets = False
            after = self._peek()
            if after is not None and after.kind == "sub":
                self._at += 1
                sub = after.text[1:]
        return AttributePath(schema, name, where, sub)

    def _names(self, word: _Token) -> tuple[str | None, str, str | None]:
        schema: str | None = None
        rest = word.text
        if rest[:4].casefold() == "urn:":
            found = next((one for shape in _URNS if (one := shape.fullmatch(rest))), None)
            if found is None:
                schema, _, rest = rest.rpartition(":")
            elif found["rest"] is None:
                return found["schema"], "", None
            else:
                schema, rest = found["schema"], found["rest"]
        name, dot, sub = rest.partition(".")
        if not _NAME.fullmatch(name) or (dot and not _NAME.fullmatch(sub)):
            self._fail("a name that no attribute can have", word.start)
        return schema, name, sub or None

    def _value(self, op: Operator) -> Scalar:
        token = self._peek()
        if token is None or token.kind not in ("string", "number", "word"):
            self._fail("no value where one is needed")
        value = self._literal(token)
        if op in _TEXTUAL and not isinstance(value, str):
            self._fail(f"{op} with something that is not text")
        if op in _ORDERED and (value is None or isinstance(value, bool)):
            self._fail(f"{op} with something that has no order")
        self._at += 1
        return value

    def _literal(self, token: _Token) -> Scalar:
        if token.kind == "word":
            folded = token.text.casefold()
            if folded not in _KEYWORDS:
                self._fail("a value without quotes")
            return _KEYWORDS[folded]
        try:
            value = json.loads(token.text)
        except ValueError:
            self._fail("a value that is not JSON")
        if isinstance(value, str):
            if any("\ud800" <= letter <= "\udfff" for letter in value):
                self._fail("half a character")
            return value
        return self._number(value)

    def _number(self, value: object) -> int | float:
        if isinstance(value, float) and math.isfinite(value):
            return value
        if not isinstance(value, int) or not -(2**63) <= value < 2**63:
            self._fail("a number that is too large")
        return value
