"""What an expression is once it was read, and its one canonical way to be written.

    source change -> scope -> [map] -> match -> plan -> export -> log

Nodes compare by meaning: where they stood in the text (``at``) does not
count. ``printed`` and ``parser.parse`` are each other's inverse.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class AttributeRef:
    """``[name]``: the value of one source attribute."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted constant; ``value`` is without quotes and escapes."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A bare integer as it was written: ``12``, ``-10`` or ``&HF7``."""

    digits: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word; only ``vbTextCompare`` and ``vbBinaryCompare`` are any."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; none is an argument that was not given."""

    name: str
    arguments: tuple["Node | None", ...]
    at: int = field(default=0, compare=False)

    def argument(self, place: int) -> "Node | None":
        """Return the argument at ``place`` (from 0), or none where it was not given."""
        return self.arguments[place] if place < len(self.arguments) else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and one of the six operators; only ever a condition."""

    operator: str
    left: "Node"
    right: "Node"
    at: int = field(default=0, compare=False)


Node: TypeAlias = AttributeRef | Text | Number | Word | Call | Comparison


def printed(node: Node) -> str:
    """Return the canonical text: arguments joined by ``, ``, one not given as nothing."""
    match node:
        case AttributeRef(name):
            return f"[{name}]"
        case Text(value):
            return quoted(value)
        case Number(text) | Word(text):
            return text
        case Call(name, arguments):
            inside = ", ".join("" if one is None else printed(one) for one in arguments)
            return f"{name}({inside})"
        case Comparison(operator, left, right):  # pragma: no branch - nothing else is a node
            return f"{printed(left)} {operator} {printed(right)}"


def quoted(value: str) -> str:
    r"""Return a text as a quoted constant.

    A backslash is doubled only where it would otherwise be read as an escape,
    so that patterns such as ``\d`` stay as administrators write them.
    """
    out = []
    for place, character in enumerate(value):
        following = value[place + 1 : place + 2]
        if character == '"':
            out.append('\\"')
        elif character == "\\" and following in {"", "\\", '"'}:
            out.append("\\\\")
        else:
            out.append(character)
    return f'"{"".join(out)}"'


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, outermost first."""
    yield node
    match node:
        case Call(_, arguments):
            for one in arguments:
                if one is not None:
                    yield from walk(one)
        case Comparison(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case _:
            return


def attributes_read(node: Node) -> tuple[str, ...]:
    """Return the names of the attributes an expression reads, each once, in order."""
    names = [one.name for one in walk(node) if isinstance(one, AttributeRef)]
    return tuple(dict.fromkeys(names))


def functions_called(node: Node) -> frozenset[str]:
    """Return the names of the functions an expression calls."""
    return frozenset(one.name for one in walk(node) if isinstance(one, Call))
