"""Walk a YAML text as nodes, so that every fault has its line and column.

Before the walk. Nothing is built that the document did not ask for by a known
field: aliases are followed only where a field is read, so they cannot grow;
tags are refused, and words such as ``on`` stay the words they are.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import yaml

from seatkeeper.directory.people_row import closest, shown
from seatkeeper.errors import Fault, InvalidFile

MOST_BYTES: Final = 5 * 1_048_576
MOST_ALIASES: Final = 100
DEEPEST: Final = 80
"""Levels of a document: a scoping filter has up to 32 of its own, two here for each."""

SHOWN_FAULTS: Final = 20


class _Mark(Protocol):
    """A place in the text; both of PyYAML's loaders have their own type for it."""

    line: int
    column: int


_NULL: Final = "tag:yaml.org,2002:null"
_ADVICE: Final = "Correct the lines named and run the command again."
_TRUE: Final = ("true", "on", "yes")
_FALSE: Final = ("false", "off", "no")


class Reading:
    """One file being read, with the faults found so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node, text: str) -> None:
        """Note a fault where ``node`` begins."""
        self._at(node.start_mark, text)

    def whole(self, text: str) -> None:
        """Note a fault of the file as a whole."""
        self.faults.append(Fault(0, text))

    def finish(self) -> None:
        """Raise ``InvalidFile`` if there was a fault."""
        if self.faults:
            faults = sorted(self.faults, key=lambda fault: fault.line)
            raise InvalidFile(self.name, faults[:SHOWN_FAULTS], total=len(faults), advice=_ADVICE)

    def documents(self, text: str) -> list[yaml.Node]:
        """Return the documents in ``text`` that are not empty."""
        if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            self.faults.append(Fault(0, f"The file has more than {MOST_BYTES:,} bytes."))
            return []
        try:
            self._bounded(text)
            return [] if self.faults else _documents(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            words = " ".join(one for one in (error.context, error.problem) if one)
            self._at(mark, f"The file is not YAML: {words}.")
        except (yaml.YAMLError, RecursionError) as error:
            said = str(error).splitlines()[0]
            self.faults.append(Fault(0, f"The file is not YAML: {said}."))
        return []

    def fields(self, node: yaml.Node, known: tuple[str, ...]) -> Mapping[str, yaml.Node]:
        """Return the fields of a mapping; unknown and repeated ones are faults."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"Fields are expected here: {', '.join(known)}.")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                self.fault(key, f"There is no field {shown(name)} here.{closest(name, known)}")
            elif name in found:
                self.fault(key, f"The field {name} is there twice.")
            else:
                found[name] = value
        return {name: value for name, value in found.items() if value.tag != _NULL}

    def items(self, node: yaml.Node | None) -> list[yaml.Node]:
        """Return the items of a list; none is an empty one."""
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.fault(node, "A list is expected here.")
        return []

    def text(self, node: yaml.Node | None, default: str = "") -> str:
        """Return a text just as it is written, whatever YAML would make of it."""
        if node is None:
            return default
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.fault(node, "One text is expected here.")
        return default

    def optional_text(self, node: yaml.Node | None) -> str | None:
        """Return a text, or none where the field is absent."""
        return None if node is None else self.text(node)

    def word(self, node: yaml.Node | None, words: tuple[str, ...], default: str) -> str:
        """Return one of ``words``; ``on`` and ``off`` also as the booleans they mean in YAML."""
        if node is None:
            return default
        text = self.text(node)
        lowered = text.lower()
        if "on" in words and lowered in _TRUE:
            return "on"
        if "off" in words and lowered in _FALSE:
            return "off"
        if text not in words:
            self.fault(node, f"{shown(text)} is none of {', '.join(words)}.")
            return default
        return text

    def boolean(self, node: yaml.Node | None, *, default: bool) -> bool:
        """Return true or false."""
        if node is None:
            return default
        text = self.text(node).lower()
        if text not in (*_TRUE, *_FALSE):
            self.fault(node, "true or false is expected here.")
        return text in _TRUE

    def whole_number(self, node: yaml.Node | None) -> int | None:
        """Return a whole number, or none where the field is absent."""
        if node is None:
            return None
        text = self.text(node)
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        self.fault(node, "A whole number is expected here.")
        return None

    def _at(self, mark: _Mark | None, text: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        self.faults.append(Fault(line, f"Column {column}: {text}" if mark else text))

    def _bounded(self, text: str) -> None:
        """Refuse tags, too many aliases and too deep nesting before any node is made."""
        aliases = depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            aliases += isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if aliases > MOST_ALIASES or depth > DEEPEST:
                what = f"{MOST_ALIASES} aliases" if depth <= DEEPEST else f"{DEEPEST} levels"
                self._at(event.start_mark, f"The file has more than {what}.")
                return
            if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
                self._at(event.start_mark, "Tags (!...) are not allowed.")
                return


def _documents(text: str) -> list[yaml.Node]:
    return [node for node in _composed(text) if node.tag != _NULL]


def _composed(text: str) -> Iterator[yaml.Node]:
    yield from yaml.compose_all(text, Loader=yaml.SafeLoader)
