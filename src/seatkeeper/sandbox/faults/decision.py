"""Decide what one request meets.

Beside the walk, and pure: rules, the request, chance and what was counted come
in as arguments. Chance depends on the seed and on the request's number alone,
so the same requests in the same order meet the same faults. Only a rule that
lasts for a time (``for=20s``) also depends on the clock.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Final, TypeAlias, TypeVar

from seatkeeper.sandbox.faults.model import (
    READS,
    STORING,
    Between,
    Counters,
    Drop,
    Duplicate,
    ExpireToken,
    Fault,
    FoldCase,
    LogNormal,
    RequestFacts,
    Rule,
    Rules,
    Stale,
    Wait,
)

Draw: TypeAlias = Callable[[int, str], float]
"""Returns chance in [0, 1) for a rule's number and what is drawn (``met``, ``wait``)."""
LONGEST_WAIT: Final = 600.0
_Z99: Final = NormalDist().inv_cdf(0.99)
_Key = TypeVar("_Key", int, str)


def draw_of(seed: int, number: int) -> Draw:
    """Return the chance of the request with that number."""

    def draw(rule: int, what: str) -> float:
        digest = hashlib.sha256(f"{seed}:{number}:{rule}:{what}".encode()).digest()
        return (int.from_bytes(digest[:8], "big") >> 11) / 2**53

    return draw


def decide(
    rules: Rules, facts: RequestFacts, draw: Draw, counters: Counters, now: float
) -> Fault | None:
    """Return what the request meets, or none.

    Waits add up and changes of what is kept join; of spoiled answers the first
    wins. ``now`` is in seconds and only ever compared with ``counters.began``.
    """
    met: list[int] = []
    fault = Fault((), "")
    texts: list[str] = []
    for index, rule in enumerate(rules):
        if not _is_open(index, rule, facts, counters, now):
            continue
        if rule.chance < 1 and draw(index, "met") >= rule.chance:
            continue
        match rule.kind:
            case Wait(latency):
                fault = replace(fault, wait=fault.wait + _seconds(latency, draw(index, "wait")))
            case Drop() | FoldCase() | Duplicate() | Stale() as kept:
                fault = replace(fault, kept=(*fault.kept, kept))
            case answer:
                if fault.answer is not None:
                    continue
                fault = replace(fault, answer=answer)
        met.append(index)
        texts.append(rule.text)
    if not met:
        return None
    return replace(fault, rules=tuple(met), text=", ".join(texts))


def counted(
    rules: Rules, facts: RequestFacts, fault: Fault | None, counters: Counters, now: float
) -> Counters:
    """Return the counters after this request."""
    if not rules:
        by_token = _more(counters.by_token, (facts.token,) if facts.token else ())
        return replace(counters, requests=counters.requests + 1, by_token=by_token)
    covered = [
        index for index, rule in enumerate(rules) if rule.where.covers(facts.method, facts.path)
    ]
    begun = {
        index: now
        for index in covered
        if index not in counters.began and _has_begun(index, rules[index], facts, counters)
    }
    return Counters(
        requests=counters.requests + 1,
        seen=_more(counters.seen, covered),
        met=_more(counters.met, fault.rules if fault else ()),
        began={**counters.began, **begun},
        by_token=_more(counters.by_token, (facts.token,) if facts.token else ()),
    )


def _is_open(index: int, rule: Rule, facts: RequestFacts, counters: Counters, now: float) -> bool:
    if not rule.where.covers(facts.method, facts.path) or not _suits(rule, facts.method):
        return False
    window, before = rule.window, _count(index, rule, facts, counters)
    if before < window.after:
        return False
    if window.requests is not None and before >= window.after + window.requests:
        return False
    if window.times is not None and counters.met.get(index, 0) >= window.times:
        return False
    return window.seconds is None or now - counters.began.get(index, now) < window.seconds


def _suits(rule: Rule, method: str) -> bool:
    """Say whether a change of what is kept or read can happen with this method at all."""
    match rule.kind:
        case Stale():
            return method in READS
        case Drop() | FoldCase() | Duplicate():
            return method in STORING
        case _:
            return True


def _count(index: int, rule: Rule, facts: RequestFacts, counters: Counters) -> int:
    """Return how many requests went before, as this rule counts: a token's own, or its own."""
    if isinstance(rule.kind, ExpireToken):
        return counters.by_token.get(facts.token, 0)
    return counters.seen.get(index, 0)


def _has_begun(index: int, rule: Rule, facts: RequestFacts, counters: Counters) -> bool:
    return _count(index, rule, facts, counters) >= rule.window.after


def _seconds(latency: Between | LogNormal, chance: float) -> float:
    match latency:
        case Between(low, high):
            return low + (high - low) * chance
        case LogNormal(p50, p99):
            # Both ends are cut off, where the curve runs to nothing and to for ever.
            likely = min(max(chance, 1e-6), 1 - 1e-6)
            spread = math.log(p99 / p50) / _Z99
            wait = p50 * math.exp(spread * NormalDist().inv_cdf(likely))
            return min(wait, LONGEST_WAIT)


def _more(counts: Mapping[_Key, int], keys: Sequence[_Key]) -> Mapping[_Key, int]:
    return {**counts, **{key: counts.get(key, 0) + 1 for key in keys}}
