"""The deletion guard in an app's document: read, print, check, and what it means to the walk.

Before the walk. Whether anything is held is decided by ``provisioning.guard``.
"""

from collections.abc import Mapping
from typing import Final

import yaml

from seatkeeper.configuration.administrator_mark import mark_in_words, print_mark, read_mark
from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import DeletionGuard, GuardLimit
from seatkeeper.provisioning.guard import Limit, Limits
from seatkeeper.provisioning.last_administrators import Mark

_LIMITS: Final = (
    "access", "access_in_a_day", "groups", "members", "values", "source_in_a_day"
)  # fmt: skip
_FIELDS: Final = ("enabled", "reason", "protected", "four_eyes", "administrators", *_LIMITS)


def read_guard(reading: Reading, node: yaml.Node | None) -> DeletionGuard:
    """Return what a document says; what it leaves out is as the guard begins."""
    if node is None:
        return DeletionGuard()
    fields = reading.fields(node, _FIELDS)
    begins = DeletionGuard()
    enabled = reading.boolean(fields.get("enabled"), default=True)
    reason = reading.text(fields.get("reason"))
    if not enabled and not reason:
        reading.fault(
            node, "Who switches the guard off says why: add reason, such as 'moving to new groups'."
        )
    limits = {name: _limit(reading, fields, name, getattr(begins, name)) for name in _LIMITS}
    protected = tuple(reading.text(one) for one in reading.items(fields.get("protected")))
    four_eyes = reading.boolean(fields.get("four_eyes"), default=False)
    return DeletionGuard(
        enabled=enabled,
        reason=reason,
        protected=protected,
        four_eyes=four_eyes,
        administrators=read_mark(reading, fields.get("administrators")),
        **limits,
    )


def _limit(
    reading: Reading, fields: Mapping[str, yaml.Node], name: str, default: GuardLimit
) -> GuardLimit:
    if name not in fields:
        return default
    said = reading.fields(fields[name], ("at_least", "percent"))
    at_least = reading.whole_number(said.get("at_least"))
    percent = reading.whole_number(said.get("percent"))
    if percent is not None and percent > 100:
        reading.fault(said["percent"], "A percentage is at most 100.")
    return GuardLimit(
        at_least=default.at_least if at_least is None else at_least,
        percent=default.percent if percent is None else percent,
    )


def print_guard(guard: DeletionGuard) -> dict[str, object]:
    """Return what differs from how the guard begins, as a document says it."""
    begins = DeletionGuard()
    plain: dict[str, object] = {}
    if not guard.enabled:
        plain |= {"enabled": False, "reason": guard.reason}
    for name in _LIMITS:
        limit = getattr(guard, name)
        if limit != getattr(begins, name):
            plain[name] = {"at_least": limit.at_least, "percent": limit.percent}
    if guard.protected:
        plain["protected"] = list(guard.protected)
    if guard.four_eyes:
        plain["four_eyes"] = True
    if mark := print_mark(guard.administrators):
        plain["administrators"] = mark
    return plain


def guard_in_words(guard: DeletionGuard) -> str:
    """Return the guard in one line, for the difference that ``apply`` shows."""
    eyes = "; two people must agree" if guard.four_eyes else ""
    if mark := mark_in_words(guard.administrators):
        eyes = f"; administrators are marked by {mark}{eyes}"
    if not guard.enabled:
        return f"off ({guard.reason}){eyes}"
    said = [f"{name.replace('_', ' ')} {_plain(getattr(guard, name))}" for name in _LIMITS]
    protected = f"; protected: {', '.join(guard.protected)}" if guard.protected else ""
    return f"{', '.join(said)}{protected}{eyes}"


def limits_of(guard: DeletionGuard, mark: Mark | None = None) -> Limits:
    """Return the limits as the walk knows them; ``mark`` is what marks the app's administrators."""
    parts = {name: _plain(getattr(guard, name)) for name in _LIMITS}
    return Limits(
        guard.enabled,
        parts["access"],
        parts["access_in_a_day"],
        parts["groups"],
        parts["members"],
        parts["values"],
        frozenset(one.casefold() for one in guard.protected),
        guard.four_eyes,
        parts["source_in_a_day"],
        mark,
    )


def _plain(limit: GuardLimit) -> Limit:
    return Limit(limit.at_least, limit.percent)
