"""Write down what became of what was sent: account, references, log, or the failure.

    source change -> scope -> map -> match -> plan -> [export -> log]

Shell: from one ``Sent`` to everything that becomes true with it. It decides
nothing new; ``outcome`` says what a failure means, ``booking`` how it is said.
"""

from collections.abc import Sequence
from dataclasses import replace

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, intent_of, plain_exchanges
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.ordering import claims_given_up
from seatkeeper.engine.sent import Sent
from seatkeeper.errors import InDoubt, SeatkeeperError, Throttled, Transient
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.provisioning.journal import EntryState, MemberWrite, Waiting
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Adopt, Delete, Disable, Skip, Update, gives_access_back
from seatkeeper.provisioning.removal import Removal, has_arrived


async def book(booking: Booking, sent: Sent) -> None:
    """Write down one outcome, also the half of one that was done before it failed.

    A step on the way to what was planned leaves the record planned.
    """
    context, facts = booking.context, sent.facts
    context.asked(sent.trace.exchanges, retry=sent.entry.retry)
    if not sent.started and sent.error is None and not sent.account_id:
        booking.entry(replace(sent.entry, state=EntryState.PLANNED))
        return
    _book_account(booking, sent)
    key = (facts.kind, facts.record_id)
    if context.undo is not None:
        pass  # whom the record waits for is for the next ordinary cycle to say
    elif facts.kind is Kind.GROUP:
        booking.waiting[key] = [
            Waiting(facts.kind, facts.record_id, "members", missing) for missing in sent.unresolved
        ]
    else:
        booking.waiting[key] = [
            Waiting(facts.kind, facts.record_id, path, missing)
            for path, missing in sent.decided.waiting.items()
        ]
    if sent.error is None and isinstance(sent.action, Skip) and not sent.started:
        booking.entry(replace(sent.entry, state=EntryState.DONE))
    elif sent.error is None:
        unfinished = sent.interim or sent.more
        _book_success(booking, sent, EntryState.PLANNED if unfinished else EntryState.DONE)
        if sent.left_out is not None:
            await booking.waits(facts, sent.left_out)
    elif context.stopped is not None and (
        (sent.doubtful and not sent.waits_in_doubt) or _passes(sent.error)
    ):
        if sent.done:  # the half that was done before the app stopped
            _book_success(booking, sent, EntryState.PLANNED)
        again = intent_of(sent.entry, sent.action)
        booking.entry(again if sent.doubtful else replace(sent.entry, state=EntryState.PLANNED))
    else:
        lost = intent_of(sent.entry, sent.action).changes if sent.waits_in_doubt else ()
        await booking.failed(
            facts, sent.error, entry=sent.entry, decided=sent.decided, trace=sent.trace, doubt=lost
        )


def _passes(error: SeatkeeperError) -> bool:
    """Whether a failure says nothing of the record, once the app as a whole has stopped."""
    return stops_the_app(error) or isinstance(error, InDoubt | Transient | Throttled)


def _book_success(booking: Booking, sent: Sent, state: EntryState) -> None:
    facts = sent.facts
    if state is EntryState.DONE:
        booking.context.arrived(facts.record_id)
    booking.succeeded(
        facts,
        sent.decided,
        sent.action,
        sent.entry,
        account_id=sent.account_id or (facts.link.account_id if facts.link else None),
        exchanges=plain_exchanges(sent.trace.exchanges),
        matched=_matched(sent),
        unresolved=len(sent.unresolved),
        word=sent.word,
        members=_member_rows(facts.kind, sent.added, sent.removed),
        state=state,
        interim=sent.interim,
        counts=not sent.continued,
        left_out=sent.left_out,
    )


def _book_account(booking: Booking, sent: Sent) -> None:
    facts = sent.facts
    if sent.error is None and not sent.interim:
        freed = claims_given_up(booking.context, facts, sent.action)
        booking.freed += [(facts.kind, claim) for claim in freed]
    if sent.held and facts.link is not None:
        booking.links.append(facts.link.hold())
        return
    if sent.gone and not sent.remade:
        booking.unlink(facts)
        booking.forgotten.append(facts.record_id)  # should they come back, it is all written again
        return
    if isinstance(sent.action, Delete) and sent.error is None:
        booking.unlink(facts)
        booking.forgotten.append(facts.record_id)  # an account that is gone is in no group any more
    elif sent.account_id is not None and sent.known is not None:
        if sent.error is None and isinstance(sent.action, Disable) and sent.action.release:
            booking.unlink(facts)
        else:
            _link(booking, sent, sent.account_id, sent.known)
    _count_removals(booking, sent)
    booking.members_added.extend(sent.added)
    booking.members_removed.extend(sent.removed)


def _count_removals(booking: Booking, sent: Sent) -> None:
    """Count what left without anybody's word, and end the hold of members who left with one."""
    kind, record_id, free = sent.facts.kind, sent.facts.record_id, booking.context.free
    if sent.removed:
        key = (kind, record_id, Removal.MEMBERS)
        booking.ended_holds.append(key)
        booking.removed[Removal.MEMBERS] += len(sent.removed) if key in free else 0
    for what in (Removal.ACCESS, Removal.GROUP, Removal.VALUE):
        if (kind, record_id, what) in free and not sent.interim and _took(booking, sent, what):
            booking.removed[what] += 1


def _took(booking: Booking, sent: Sent, what: Removal) -> bool:
    """Whether what was to leave has left, also where no answer said so."""
    if sent.error is None:
        return True
    mapping = booking.context.rules.mapping(sent.facts.kind)
    changes = sent.action.changes if isinstance(sent.action, Update | Disable) else ()
    known = sent.known
    return mapping is not None and known is not None and has_arrived(what, changes, known, mapping)


def _link(booking: Booking, sent: Sent, account_id: str, known: TargetValues) -> None:
    booking.link(sent.facts, account_id, known)
    # Memberships and references to a new or re-activated account are written again.
    if sent.remade:
        booking.forgotten.append(sent.facts.record_id)
        booking.context.linked_now += 1
    elif _reactivates(booking.context, sent):
        booking.unsure.append(sent.facts.record_id)
        booking.context.linked_now += 1


def _reactivates(context: AppContext, sent: Sent) -> bool:
    return (
        sent.facts.kind is Kind.USER
        and isinstance(sent.action, Update)
        and gives_access_back(sent.action.changes, context.rules.users)
    )


def _matched(sent: Sent) -> str:
    if sent.facts.link is not None and not sent.remade:
        return f"is linked to account {sent.facts.link.account_id}"
    if sent.word == "create":
        return f"found the account {sent.account_id} that an interrupted request had made"
    if isinstance(sent.action, Update | Adopt):
        return f"found account {sent.account_id}"
    return "no account matched"


def _member_rows(
    kind: Kind, added: Sequence[MemberWrite], removed: Sequence[MemberWrite]
) -> tuple[Modified, ...]:
    """Return membership changes as the log shows them: one row per member."""
    if kind is not Kind.GROUP:
        return ()
    return (
        *(Modified("members", None, one.account_id) for one in added),
        *(Modified("members", one.account_id, None) for one in removed),
    )
