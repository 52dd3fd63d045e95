"""Bugs that an engine of this kind could have; each lives here as a patch and nowhere else.

They prove that the simulation can fail: every one must be caught by some of the first seeds.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from seatkeeper.directory.model import Kind
from seatkeeper.engine import doubt, exporter, guarding, lost_answers, sender
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.sent import Sent
from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.provisioning.guard import Judgement, Planned, judge
from seatkeeper.provisioning.journal import Escrow, MemberDifference, Work
from seatkeeper.provisioning.plan import Disable, Update, known_after
from seatkeeper.store import ledger_write
from seatkeeper.store.ledger import SqlLedger


async def _nothing(*_args: object, **_named: object) -> None:
    return None


@contextmanager
def a_create_is_repeated_without_a_look() -> Iterator[None]:
    """After a lost answer the account is not looked up."""
    with (
        patch.object(sender, "look_in_doubt", _nothing),
        patch.object(lost_answers, "look_in_doubt", _nothing),
    ):
        yield


@contextmanager
def a_late_create_is_forgotten() -> Iterator[None]:
    """A record is given up although its request may still act."""
    honest = lost_answers.look_in_doubt

    async def look(context: AppContext, sent: Sent, *, doubtful: bool, late: bool) -> Any:
        return await honest(context, sent, doubtful=doubtful, late=False)

    with (
        patch.object(sender, "look_in_doubt", look),
        patch.object(lost_answers, "look_in_doubt", look),
    ):
        yield


@contextmanager
def what_was_lost_is_read_back_at_once() -> Iterator[None]:
    """An account is read although the lost request about it may still act."""
    with patch.object(lost_answers, "until_settled", _nothing):
        yield


@contextmanager
def a_lost_change_comes_over_a_newer_one() -> Iterator[None]:
    """An account is written although an older request about it may still act."""
    with patch.object(Unanswered, "about", lambda *_: 0.0):
        yield


@contextmanager
def the_watermark_runs_ahead() -> Iterator[None]:
    """A cycle ends at the newest change instead of the last one that it looked at."""
    honest = SqlLedger.write

    async def write(self: SqlLedger, app_id: str, work: Work) -> None:
        if work.position is not None:
            newest = await self.last_change()
            work = replace(work, position=replace(work.position, seq=newest))
        await honest(self, app_id, work)

    with patch.object(SqlLedger, "write", write):
        yield


@contextmanager
def what_failed_counts_as_written() -> Iterator[None]:
    """The values of an update are taken as known although the app did not take them."""
    honest = sender.send

    async def send(context: AppContext, sent: Sent) -> Sent:
        await honest(context, sent)
        if sent.error is not None and isinstance(sent.action, Update | Disable):
            known = sent.facts.link.known if sent.facts.link else {}
            sent.account_id = sent.action.account_id
            sent.known = known_after(known, sent.action.changes)
        return sent

    with patch.object(exporter, "send", send):
        yield


@contextmanager
def a_reference_that_waits_is_never_healed() -> Iterator[None]:
    """A manager or member who gets an account later is not written."""

    async def healable(*_args: object, **_named: object) -> Sequence[str]:
        return []

    with patch.object(SqlLedger, "healable", healable):
        yield


@contextmanager
def members_are_merged() -> Iterator[None]:
    """Members are added and never removed."""
    honest = SqlLedger.member_difference

    async def difference(
        self: SqlLedger, app_id: str, group_id: str, **part: Any
    ) -> MemberDifference:
        return replace(await honest(self, app_id, group_id, **part), remove=())

    with patch.object(SqlLedger, "member_difference", difference):
        yield


@contextmanager
def interrupted_members_are_forgotten() -> Iterator[None]:
    """What was about to be written of a group is not written down before it is sent."""
    with patch.object(ledger_write, "_intend_members", lambda *_: None):
        yield


@contextmanager
def a_page_begins_too_late() -> Iterator[None]:
    """The first of each page of people is left out."""
    honest = SqlLedger.candidates

    async def candidates(self: SqlLedger, app_id: str, kind: Kind, **named: Any) -> Sequence[str]:
        page = await honest(self, app_id, kind, **named)
        return page[1:] if len(page) > 1 else page

    with patch.object(SqlLedger, "candidates", candidates):
        yield


@contextmanager
def what_was_on_its_way_is_not_looked_up() -> Iterator[None]:
    """After a crash a create is planned anew from the present values alone."""
    with patch.object(doubt, "_made", _nothing):
        yield


@contextmanager
def who_waits_is_not_tried_again() -> Iterator[None]:
    """Escrow is a grave."""

    async def due(*_args: object, **_named: object) -> Sequence[Escrow]:
        return []

    with patch.object(SqlLedger, "due", due):
        yield


@contextmanager
def removals_are_counted_per_record() -> Iterator[None]:
    """The guard looks at each removal alone, not at the whole plan."""

    def judge_alone(planned: Iterable[Planned], *more: Any) -> Judgement:
        judged = [judge([one], *more) for one in planned]
        return Judgement(
            tuple(x for one in judged for x in one.held),
            tuple(x for one in judged for x in one.kept),
            tuple(x for one in judged for x in one.approved),
            tuple(x for one in judged for x in one.free),
        )

    with patch.object(guarding, "judge", judge_alone):
        yield


@contextmanager
def a_day_ends_with_each_cycle() -> Iterator[None]:
    """Who left in earlier cycles of the day does not count."""
    with patch.object(guarding, "WINDOW", dt.timedelta(0)):
        yield


@contextmanager
def a_hold_is_forgotten_after_a_crash() -> Iterator[None]:
    """What is held is written down only in the entry of its cycle."""
    with patch.object(ledger_write, "write_holds", lambda *_: None):
        yield


@contextmanager
def a_lost_lease_is_not_noticed() -> Iterator[None]:
    """Who was stopped for longer than the lease goes on to send."""
    with patch.object(Holder, "_check", lambda *_: None):
        yield


@contextmanager
def what_a_lost_engine_had_in_flight_is_touched_at_once() -> Iterator[None]:
    """Who takes over does not wait for requests that may still arrive."""
    with patch.object(Holder, "in_flight_for", lambda *_: 0.0):
        yield


PLANTED = (
    a_create_is_repeated_without_a_look,
    the_watermark_runs_ahead,
    what_failed_counts_as_written,
    a_reference_that_waits_is_never_healed,
    members_are_merged,
    a_page_begins_too_late,
    what_was_on_its_way_is_not_looked_up,
    who_waits_is_not_tried_again,
    removals_are_counted_per_record,
    a_day_ends_with_each_cycle,
    a_hold_is_forgotten_after_a_crash,
    a_lost_lease_is_not_noticed,
)

RARE = (
    a_late_create_is_forgotten,
    what_was_lost_is_read_back_at_once,
    a_lost_change_comes_over_a_newer_one,
    interrupted_members_are_forgotten,
    what_a_lost_engine_had_in_flight_is_touched_at_once,
)
"""Bugs that fewer than one seed in 500 shows; ``tests/engine`` has a test for each of them."""
