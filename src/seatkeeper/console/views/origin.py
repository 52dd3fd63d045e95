"""Prepare the answer to "where does this value come from". Pure, after the walk."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatkeeper.console.language import _
from seatkeeper.console.words import visible
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.provenance import Origin


@dataclass(frozen=True, slots=True)
class OriginStep:
    """One part of an expression and what it gave; ``level`` is how deep it stands."""

    text: str
    gave: str
    level: int


@dataclass(frozen=True, slots=True)
class OriginCard:
    """One value's way from the directory into the account."""

    path: str
    answer: str
    source: str
    inputs: Sequence[tuple[str, str]]
    steps: Sequence[OriginStep]
    wanted: str
    known: str


def origin_card(origin: Origin) -> OriginCard:
    """Return it in words; what is empty is called so."""
    return OriginCard(
        path=visible(short_path(origin.path), 120),
        answer=visible(origin.sentence, 800),
        source=visible(origin.source, 400),
        inputs=[(visible(name, 80), _told(value)) for name, value in origin.inputs],
        steps=[
            OriginStep(visible(one.text, 300), visible(one.fault, 300) or _told(one.result),
                       min(one.level, 6))
            for one in origin.steps
        ],
        wanted=_told(origin.wanted),
        known=_told(origin.known),
    )  # fmt: skip


def _told(value: object) -> str:
    if isinstance(value, list | tuple):
        value = "; ".join(str(one) for one in value)
    return visible(value, 300) or _("empty")
