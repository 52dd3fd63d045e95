"""Read faults from a text such as ``POST /Users: 5% 500; *: latency 50ms..400ms``.

Beside the walk, and pure: a text comes in, rules come out, or one error that
points at its place and says what was probably meant. What a rule does to a
request is decided in ``decision``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from seatkeeper.directory.people_row import closest
from seatkeeper.errors import BadInput
from seatkeeper.sandbox.faults.model import READS, WRITES, Rule, Rules, Where, Window
from seatkeeper.sandbox.faults.scenarios import SCENARIOS, written_out
from seatkeeper.sandbox.faults.words import KINDS, WINDOW_OPTIONS, Flawed, Given, seconds, whole

MOST_CHARACTERS: Final = 20_000
MOST_RULES: Final = 100
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SETS: Final = {"reads": READS, "writes": WRITES, "*": frozenset[str]()}
_ENTRY: Final = re.compile(r"[^;\n]+")
_WORD: Final = re.compile(r"\S+")
_STEP: Final = re.compile(r"[A-Za-z0-9._~-]+|\*")
_CHANCE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    at: int


class InvalidFaults(BadInput):
    """A text that names no faults; ``at`` is the place of the character, from 1."""

    code = "sandbox.faults"

    def __init__(self, message: str, *, at: int, line: int) -> None:
        place = f"Line {line}, character {at}" if line > 1 else f"Character {at}"
        super().__init__(
            f"{place} of the faults: {message}",
            advice="Write such as: POST /Users: 5% 500; reads: latency 50ms..400ms",
        )
        self.at = at


def read_faults(text: str) -> Rules:
    """Return the rules that a text names; none for an empty one. Raises ``InvalidFaults``."""
    reader = _Reader(text)
    if len(text) > MOST_CHARACTERS:
        reader.fail(MOST_CHARACTERS, f"More than {MOST_CHARACTERS:,} characters are not read.")
    rules = tuple(reader.rules())
    if len(rules) > MOST_RULES:
        reader.fail(0, f"{len(rules)} faults are too many; at most {MOST_RULES} are kept.")
    return rules


class _Reader:
    """One text being read."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fail(self, at: int, message: str) -> NoReturn:
        before = self._text[:at]
        raise InvalidFaults(
            message, at=at - (before.rfind("\n") + 1) + 1, line=before.count("\n") + 1
        )

    def rules(self) -> Iterator[Rule]:
        # A remark is blanked, not cut out, so that places stay what they are.
        plain = re.sub(r"#[^\n]*", lambda found: " " * len(found[0]), self._text)
        for found in _ENTRY.finditer(plain):
            entry, start = found[0], found.start()
            if not entry.strip():
                continue
            head, colon, rest = entry.partition(":")
            if not colon:
                yield from self._scenario(_words(entry, start))
                continue
            where = self._where(_words(head, start), start)
            at = start + len(head) + 1
            for part in rest.split(","):
                yield self._rule(where, _words(part, at), at)
                at += len(part) + 1

    def _where(self, words: list[_Word], at: int) -> Where:
        if not words or len(words) > 2:
            self.fail(at, "Before the colon stand a method and a path, such as POST /Users, or *.")
        methods: frozenset[str] = frozenset()
        if not words[0].text.startswith("/"):
            methods = self._methods(words[0])
        elif len(words) == 2:
            self.fail(words[1].at, "After the path stands the colon. The method comes first.")
        last = words[-1]
        if last.text.startswith("/"):
            return Where(methods, self._path(last))
        if len(words) == 2:
            self.fail(last.at, f'A path begins with a slash: "/{last.text}".')
        return Where(methods)

    def _methods(self, word: _Word) -> frozenset[str]:
        if word.text.casefold() in _SETS:
            return _SETS[word.text.casefold()]
        for name in word.text.split(","):
            if name.upper() not in _METHODS:
                known = (*_METHODS, *_SETS, *SCENARIOS)
                self.fail(word.at, f'"{name}" is no method.{_meant(name, known)}')
        return frozenset(name.upper() for name in word.text.split(","))

    def _path(self, word: _Word) -> tuple[str, ...]:
        steps = tuple(step for step in word.text.split("/") if step)
        for step in steps:
            if not _STEP.fullmatch(step):
                self.fail(word.at, f'"{step}" is no step of a path. Write such as /Users/*.')
        return steps

    def _rule(self, where: Where, words: list[_Word], at: int) -> Rule:
        if not words:
            self.fail(at, "A fault is missing here, such as 5% 500.")
        chance = 1.0
        rest = words
        if words[0].text.endswith("%"):
            chance, rest = self._chance(words[0]), words[1:]
            if not rest:
                self.fail(words[0].at, "After the chance stands the fault, such as 5% 500.")
        name = rest[0].text.casefold()
        kind = KINDS.get("STATUS" if name.isascii() and name.isdecimal() else name)
        if kind is None:
            if name in SCENARIOS:
                self.fail(rest[0].at, f'"{name}" is a scenario and stands alone, without colon.')
            meant = _meant(name, [one for one in KINDS if one != "STATUS"])
            self.fail(rest[0].at, f'"{rest[0].text}" is no kind of fault.{meant}')
        given = self._given(rest, kind.options)
        try:
            made = kind.make(given)
            window = _window(given)
        except Flawed as error:
            self.fail(_place(rest, error.word), str(error))
        return Rule(where, chance, made, window, " ".join(word.text for word in rest))

    def _chance(self, word: _Word) -> float:
        found = _CHANCE.fullmatch(word.text)
        if found is None or not 0 <= float(found[1]) <= 100:
            self.fail(word.at, f'"{word.text}" is no chance. Write 0% to 100%, such as 2.5%.')
        return float(found[1]) / 100

    def _given(self, words: list[_Word], options: Mapping[str, str]) -> Given:
        plain: list[str] = []
        named: dict[str, str] = {}
        for word in words[1:]:
            name, equals, value = word.text.partition("=")
            if not equals:
                plain.append(word.text)
                continue
            known = (*options, *WINDOW_OPTIONS)
            if name.casefold() not in known:
                here = words[0].text
                self.fail(word.at, f'"{name}" is no option of {here}.{_meant(name, known)}')
            if name.casefold() in named:
                self.fail(word.at, f'"{name}" is there twice.')
            named[name.casefold()] = value
        return Given(words[0].text, tuple(plain), named)

    def _scenario(self, words: list[_Word]) -> Iterator[Rule]:
        name = words[0].text.casefold()
        scenario = SCENARIOS.get(name)
        if scenario is None:
            message = f'"{words[0].text}" is no scenario'
            meant = _meant(name, SCENARIOS)
            self.fail(words[0].at, f"{message}.{meant} Other faults have a colon: POST: 500.")
        chosen: dict[str, str] = {}
        for word in words[1:]:
            option, _, value = word.text.partition("=")
            if option.casefold() not in scenario.defaults or not value:
                known = ", ".join(f"{one}=" for one in scenario.defaults) or "none"
                self.fail(word.at, f'"{word.text}" is no option of {name}. It has these: {known}.')
            if not re.fullmatch(r"[A-Za-z0-9.]+", value):
                self.fail(word.at, f'"{value}" is no value of {option}.')
            chosen[option.casefold()] = value
        try:
            return iter(read_faults(written_out(scenario, chosen)))
        except InvalidFaults as error:
            self.fail(words[0].at, f"{name} with these options is not possible. {error.message}")


def _window(given: Given) -> Window:
    after = whole(given, "after", default=0)
    lasting = given.named.get("for")
    requests, time = None, None
    if lasting is not None and lasting.isdecimal():
        requests = whole(given, "for", default=1)
    elif lasting is not None:
        time = seconds(lasting)
    times = whole(given, "times", default=1) if "times" in given.named else None
    return Window(after, requests, time, times)


def _words(text: str, start: int) -> list[_Word]:
    return [_Word(found[0], start + found.start()) for found in _WORD.finditer(text)]


def _place(words: list[_Word], flawed: str) -> int:
    """Return where the word stands that a fault cannot use."""
    for word in reversed(words):
        if word.text == flawed or word.text.endswith(f"={flawed}"):
            return word.at
    return words[0].at


def _meant(name: str, known: Iterable[str]) -> str:
    names = list(known)
    return closest(name, names) or f" There are: {', '.join(names)}."
