"""Faults that belong together, under one name.

Beside the walk, and data: each is a text of the fault language with places
for its options.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, its options with what they are if not given, and the faults it stands for."""

    about: str
    text: str
    defaults: Mapping[str, str] = field(default_factory=dict)


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "token-expires": Scenario(
        "each token stops working after its first requests; a new one works",
        "*: token-expired after={after}",
        {"after": "100"},
    ),
    "no-rights": Scenario(
        "the token belongs to somebody without admin permission",
        "*: token-without-rights after={after}",
        {"after": "0"},
    ),
    "outage": Scenario(
        "the app is away for a while, then back",
        "*: 503 after={after} for={for}",
        {"after": "50", "for": "20s"},
    ),
    "flaky": Scenario(
        "some requests fail, some answers are lost",
        "*: {rate}% 500, {rate}% 503, 1% closed; writes: 1% lost",
        {"rate": "3"},
    ),
    "rate-storm": Scenario(
        "far too many requests, said in every form of Retry-After",
        "*: {rate}% 429 retry-after=1s, {rate}% 429 retry-after=date:1s, "
        "{rate}% 429, {rate}% 429 retry-after=nonsense",
        {"rate": "8"},
    ),
    "eventually-consistent": Scenario(
        "what was written can be read only later",
        "reads: stale age={age}",
        {"age": "2s"},
    ),
    "slow": Scenario(
        "mostly quick, sometimes very slow",
        "*: latency p50={p50} p99={p99}",
        {"p50": "80ms", "p99": "3s"},
    ),
    "lost-answers": Scenario(
        "writes are carried out, and some are never answered",
        "writes: {rate}% lost",
        {"rate": "10"},
    ),
    "garbled": Scenario(
        "some answers are no SCIM",
        "*: {rate}% html, {rate}% truncated, {rate}% wrong-type",
        {"rate": "3"},
    ),
    "careless": Scenario(
        "an app that accepts and keeps something else",
        "writes: drops title, folds-case, duplicates",
    ),
}


def written_out(scenario: Scenario, chosen: Mapping[str, str]) -> str:
    """Return the faults that a scenario stands for, with these options."""
    return scenario.text.format_map({**scenario.defaults, **chosen})
