"""What was noticed about one request: which rule of the RFC it met or broke, and where.

Beside the walk. A tester reads findings in the sandbox's inspector; an
ordinary client never sees them. They hold names and places, never values.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a request stands to one rule."""

    MET = "met"
    BROKEN = "broken"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """``rule`` is the RFC's number and section, ``where`` the place in the request.

    ``quirk`` names the departure where it has a name; it follows from the rest.
    """

    rule: str
    where: str
    text: str
    verdict: Verdict = Verdict.BROKEN
    quirk: str = field(default="", compare=False)
