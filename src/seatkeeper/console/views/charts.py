"""The geometry of charts: bars, strips and segments, as parts of a hundred.

After the walk, pure. Numbers go in, places go out; which numbers they are and
what they are called is said by whoever asks. Widths and places are percentages,
so that letters keep their size however wide a chart is; heights are pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 140
"""Pixels of the room for bars."""

THIN: Final = 3
"""What did nothing is still seen."""

LEAST: Final = 2
"""However small beside the others, a part that is not nothing has so many pixels."""


@dataclass(frozen=True, slots=True)
class Part:
    """One block: from the left and its width in percent, from the top and its height in pixels."""

    x: str
    y: str
    width: str
    height: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``title`` is what it says when pointed at. ``gap``: nothing was there at all."""

    title: str
    parts: Sequence[Part]
    middle: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A word along the axis."""

    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What one bar shows, before it has a place; ``values`` are pairs of count and tone.

    No values: nothing is drawn, and a ``gap`` is marked as one.
    """

    title: str
    values: Sequence[tuple[int, str]]
    gap: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with their axis; ``most`` is what the highest stands for."""

    bars: Sequence[Bar]
    marks: Sequence[Mark]
    most: int


def stacked(stacks: Sequence[Stack]) -> Chart:
    """Return bars side by side, each with its parts on top of each other."""
    most = max((sum(count for count, _ in one.values) for one in stacks), default=0)
    slot = 100 / max(1, len(stacks))
    bars, marks = [], []
    for place, one in enumerate(stacks):
        left, middle = place * slot, _percent(place * slot + slot / 2)
        parts = _piled(one, left + slot * 0.15, slot * 0.7, most)
        bars.append(Bar(one.title, parts, middle, one.gap))
        if one.mark:
            marks.append(Mark(_percent(left), one.mark))
    return Chart(bars, marks, most)


def segments(values: Sequence[tuple[int, str]], total: int) -> Sequence[Part]:
    """Return parts of one bar of full width, side by side; what is left of ``total`` stays free."""
    total = max(total, sum(count for count, _ in values))
    found, left = [], 0.0
    for count, tone in values:
        if count:
            width = 100 * count / total
            found.append(Part(_percent(left), "0", _percent(width), "100%", tone))
            left += width
    return found


def strip(days: Sequence[tuple[str, str]]) -> Sequence[Bar]:
    """Return one bar for each pair of words and tone: low and grey, middle, or high.

    How high says the same as the tone, for who does not see colours.
    """
    heights = {"quiet": 6, "create": 20}
    slot = 100 / max(1, len(days))
    found = []
    for place, (title, tone) in enumerate(days):
        height = heights.get(tone, 32)
        left = _percent(place * slot + slot * 0.1)
        part = Part(left, str(32 - height), _percent(slot * 0.8), str(height), tone)
        found.append(Bar(title, [part], _percent(place * slot + slot / 2)))
    return found


def _piled(stack: Stack, left: float, width: float, most: int) -> list[Part]:
    if not stack.values:
        return []
    x, wide = _percent(left), _percent(width)
    if not any(count for count, _ in stack.values):
        return [Part(x, str(HEIGHT - THIN), wide, str(THIN), "quiet")]
    found, top = [], float(HEIGHT)
    for count, tone in stack.values:
        if count:
            height = max(float(LEAST), (HEIGHT - 8) * count / most)
            top = max(0.0, top - height)
            found.append(Part(x, f"{top:.1f}", wide, f"{height:.1f}", tone))
    return found


def _percent(value: float) -> str:
    return f"{value:.2f}%"
