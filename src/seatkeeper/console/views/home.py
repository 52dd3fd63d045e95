"""What Home shows: whether all is well, each app, what waits for somebody, who joins and leaves.

After the walk, pure. How one app is, is decided in ``app_card``; here it is
decided what is said of all of them together.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.app_card import AppCard, app_card
from seatkeeper.console.views.standing import standing
from seatkeeper.console.views.values import Plain, Time, time_at
from seatkeeper.console.words import visible, whole
from seatkeeper.directory.model import Change, Subject, Verb
from seatkeeper.directory.token_ends import Stage, TokenEnd
from seatkeeper.provisioning.held import HeldKind
from seatkeeper.provisioning.secret_ends import SecretEnd

WEEK: Final = dt.timedelta(days=7)
LOOKED_AT: Final = 2_000
"""So many of the newest changes of the directory are looked at for who joins and leaves."""

NAMED: Final = 6
"""So many of them are named."""

_JOINS: Final = (Verb.CREATED, Verb.RESTORED)
_LEAVES: Final = (Verb.DISABLED, Verb.DELETED)

MOVES: Final = (*_JOINS, *_LEAVES)
"""What happens to people by which they join or leave."""


@dataclass(frozen=True, slots=True)
class TokenBand:
    """A source that needs a new token; ``ended``: nothing of it arrives any more."""

    title: str
    means: str
    todo: str
    ended: bool


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What is known of one app: the plain facts, who waits, and what is held."""

    plain: Plain
    waiting_people: tuple[int, int]
    held: Sequence[HeldKind]


@dataclass(frozen=True, slots=True)
class AppRow:
    """One app of the table."""

    card: AppCard
    step: str
    scope: str
    share: str
    need: int
    last: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that waits for a person; ``kind`` picks its button."""

    kind: str
    tone: str
    app: str
    title: str
    text: str
    since: Time | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody who joined or left."""

    id: str
    name: str
    at: Time


@dataclass(frozen=True, slots=True)
class Moves:
    """Who joined, or left, this week: so many, and the newest of them by name."""

    count: str
    newest: Sequence[Move]


@dataclass(frozen=True, slots=True)
class HomePage:
    """The whole page. ``refreshing`` only while a cycle runs."""

    answer: str
    tone: str
    as_of: Time
    tokens: Sequence[TokenBand]
    rows: Sequence[AppRow]
    waiting: Sequence[WaitingLine]
    refreshing: bool


def home_page(
    apps: Sequence[AppFacts],
    now: dt.datetime,
    ends: Sequence[TokenEnd],
    secrets: Sequence[SecretEnd] = (),
) -> HomePage:
    """Return what Home shows of these apps at this moment.

    ``ends`` are tokens of sources that end soon, ``secrets`` those of apps.
    """
    rows = [_row(one, now) for one in apps]
    cards = [one.card for one in rows]
    answer, tone = _answer(cards)
    return HomePage(
        answer=answer,
        tone=tone,
        as_of=Time(now.isoformat(timespec="seconds"), f"{now:%H:%M} UTC"),
        tokens=[
            TokenBand(end.title, end.meaning, end.todo, end.stage is Stage.ENDED) for end in ends
        ],
        rows=rows,
        waiting=[
            *(line for one, row in zip(apps, rows, strict=True) for line in _lines(one, row, now)),
            *(_token_line(one) for one in secrets),
        ],
        refreshing=any(card.progress and not card.progress.paused for card in cards),
    )


def moved(changes: Sequence[Change], now: dt.datetime) -> tuple[list[str], list[str]]:
    """Return ids of who joined and who left within a week, newest first, each once.

    Who came and went again counts by the newest of both.
    """
    last: dict[str, tuple[Verb, int]] = {}
    for one in changes:
        if one.subject is Subject.USER and now - one.at <= WEEK and one.verb in MOVES:
            last[one.record_id] = (one.verb, one.seq)
    newest = sorted(last, key=lambda record: -last[record][1])
    joined = [one for one in newest if last[one][0] in _JOINS]
    return joined, [one for one in newest if last[one][0] in _LEAVES]


def moves(
    ids: Sequence[str],
    names: Mapping[str, str],
    changes: Sequence[Change],
    now: dt.datetime,
    *,
    more: bool,
) -> Moves:
    """Return so many people in words; ``more``: earlier changes of the week were not looked at."""
    at = {one.record_id: one.at for one in changes if one.subject is Subject.USER}
    newest = [
        Move(one, visible(names.get(one) or _("(no name)"), 60), time_at(at[one], now))
        for one in ids[:NAMED]
    ]
    return Moves(f"{len(ids):,}{'+' if more else ''}", newest)


def _row(facts: AppFacts, now: dt.datetime) -> AppRow:
    card = app_card(facts.plain, now)
    people = standing(facts.plain, facts.waiting_people, facts.held)
    need = whole(facts.plain.get("waiting")) + sum(one.count for one in facts.held)
    last = ", ".join(one.text for one in card.last.counts[:1]) if card.last else ""
    return AppRow(card, f"{people.step:,}", f"{people.scope:,}", people.share, need, last)


def _lines(facts: AppFacts, row: AppRow, now: dt.datetime) -> list[WaitingLine]:
    """Return what waits for somebody in one app, each with one thing to do."""
    card, found = row.card, []
    if card.band is not None:
        text = f"{card.band.happened} {card.band.means}"
        tone = "danger" if card.pill.tone == "danger" else "disable"
        found.append(WaitingLine("stopped", tone, card.id, card.band.title, text, card.band.since))
    if facts.held:
        since = time_at(min(one.since for one in facts.held), now)
        count = sum(one.count for one in facts.held)
        title = ngettext(
            "%(num)s removal in %(app)s is held", "%(num)s removals in %(app)s are held",
            count,
        ) % {"num": f"{count:,}", "app": card.name}  # fmt: skip
        text = _("More than may leave at once without a person's word. Everything else continues.")
        found.append(WaitingLine("held", "disable", card.id, title, text, since))
    waiting = whole(facts.plain.get("waiting"))
    if waiting:
        title = ngettext(
            "%(num)s person or group fails in %(app)s", "%(num)s people and groups fail in %(app)s",
            waiting,
        ) % {"num": f"{waiting:,}", "app": card.name}  # fmt: skip
        causes = ", ".join(f"{one.count} × {one.text}" for one in card.causes[:3])
        found.append(WaitingLine("failing", "disable", card.id, title, causes))
    return found


def _token_line(end: SecretEnd) -> WaitingLine:
    tone = "danger" if end.stage is Stage.ENDED else "disable"
    return WaitingLine("token", tone, end.app_id, visible(end.title, 120), end.meaning)


def _answer(cards: Sequence[AppCard]) -> tuple[str, str]:
    on = [card for card in cards if card.on or card.progress]
    needy = [card for card in cards if not card.well]
    if not cards:
        return _("No app is connected yet."), "quiet"
    if len(needy) == 1:
        return _("%(app)s needs your attention.") % {"app": needy[0].name}, "disable"
    if needy:
        return _("%(some)s of %(all)s apps need your attention.") % {
            "some": f"{len(needy):,}",
            "all": f"{len(cards):,}",
        }, "disable"
    if not on:
        return _("Every app is off. Nothing is sent."), "quiet"
    if any(card.last is None and not card.progress for card in on):
        return _("Nothing is wrong, but not every app has run yet."), "quiet"
    if len(on) == 1:
        return _("%(app)s is well.") % {"app": on[0].name}, "create"
    if len(on) == len(cards):
        return _("All %(num)s apps are well.") % {"num": f"{len(on):,}"}, "create"
    return _("All %(num)s apps that are on are well.") % {"num": f"{len(on):,}"}, "create"
