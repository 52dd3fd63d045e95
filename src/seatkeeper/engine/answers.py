"""Answer questions about one record: why (not), what the next cycle does, where a value comes from.

    [source change -> scope -> map -> match -> plan] -> export -> log

Shell around ``provisioning.explain`` and ``provisioning.provenance``: it reads
what they need of one record, of those it waits for and of those who ask for the
same values. It asks the app nothing, writes nothing, and decides nothing.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.choosing import PAGE, touched_ids
from seatkeeper.engine.rivals import rivals_now, walk_records
from seatkeeper.errors import AmbiguousSource, RecordError, SeatkeeperError
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.explain import Explanation, Remembered, Verdict, explain
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.journal import Escrow, MemberDifference
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.match import Claim, check_claims, claims, others_asking
from seatkeeper.provisioning.membership import SHOWN, Membership, Missing, some_of
from seatkeeper.provisioning.naming import MEMBERS, Called, ends, new_account
from seatkeeper.provisioning.plan import Delete, Reason, Skip, Update, gives_access_back
from seatkeeper.provisioning.provenance import Origin, members_origin, names_members, origin
from seatkeeper.provisioning.reconcile import Finding
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.rules import Rules, ScopeSetting
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, decide, takes

MOST_NEW: Final = 2_000
"""Most records that are judged for the sake of another: rivals, members who come back."""

COMPARED: Final = 10_000
COMPARED_OF_MORE: Final = 1_000
"""Members of a group that are compared for whoever does not want to wait, and how many of more."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Whom to ask about one app, at one moment."""

    ledger: Ledger
    rules: Rules
    now: dt.datetime

    async def explain(
        self, kind: Kind, record_id: str, *, name: str = "", quickly: bool = False
    ) -> Explanation:
        """Say why a record has (not) an account, and what the next cycle does with it.

        ``name`` is what it is called where neither directory nor link know it any more.
        ``quickly``: of a large group only some members are compared, and the answer says so.
        """
        [facts] = await self._facts(kind, [record_id])
        if name:
            facts = replace(facts, names={**facts.names, record_id: name})
        asked = self._decided(facts)
        known = await self._remembered(facts, asked)
        ends = await self._ends(asked)
        facts = await self._naming_managers(self._with_new(facts, ends))
        answer = self._decided(facts)
        known = replace(
            known,
            missing={one: end.why_no_account for one, end in ends.items()},
            coming=_come(facts, asked, answer),
            members=await self._members(facts, answer, quickly=quickly),
        )
        return explain(facts, self.rules, known)

    async def origin(self, kind: Kind, record_id: str, path: str) -> Origin:
        """Say where one value of a record's account comes from.

        Raises ``InvalidValue`` for a path that nothing is mapped onto.
        """
        [facts] = await self._facts(kind, [record_id])
        if names_members(facts, self.rules, path):
            return members_origin(facts, self.rules, await self.explain(kind, record_id))
        ends = await self._ends(self._decided(facts))
        missing = {one: end.why_no_account for one, end in ends.items()}
        facts = await self._naming_managers(self._with_new(facts, ends))
        return origin(facts, self.rules, path, missing)

    async def _facts(self, kind: Kind, ids: Collection[str]) -> Sequence[Facts]:
        return await self.ledger.facts(
            self.rules.app_id, kind, ids, memberships=self.rules.reads_memberships
        )

    def _decided(self, facts: Facts) -> Answer | None:
        if self.rules.mapping(facts.kind) is None:
            return None
        try:
            return decide(facts, self.rules)
        except RecordError:
            return None

    async def _remembered(self, facts: Facts, answer: Answer | None) -> Remembered:
        app_id = self.rules.app_id
        escrow = await self.ledger.escrow(app_id, facts.kind, facts.record_id)
        logged = await self.ledger.log(app_id, record_id=facts.record_id, limit=1)
        return Remembered(
            escrow,
            escrow is not None and await self._next_cycle_looks(escrow, answer),
            logged[0][1] if logged else None,
            await self._rivals(facts, self._takes(facts.kind, answer)),
            hold=await self._hold(facts) if facts.link is not None else None,
            checked_at=await self.ledger.checked_at(app_id, facts.kind, facts.record_id),
            found=await self._found(facts),
            undone_members=await self._undone_members(facts),
        )

    async def _undone_members(self, facts: Facts) -> int:
        """Return how many memberships of a group were taken back and are left alone."""
        if facts.kind is not Kind.GROUP:
            return 0
        held = await self.ledger.undone(self.rules.app_id, facts.kind, facts.record_id)
        return sum(one.path == MEMBERS for one in held)

    async def _found(self, facts: Facts) -> Finding | None:
        """Return what was not as written when the record's account was read last, or none."""
        key = (facts.kind, facts.record_id)
        every = await self.ledger.findings(self.rules.app_id, record=key)
        mine = facts.link.account_id if facts.link is not None else ""
        return next((one for one in every if one.account_id == mine), None)

    async def _hold(self, facts: Facts) -> Hold | None:
        """Return what keeps a removal of access from being sent: no word yet, or one against it."""
        found = await self.ledger.holds(
            self.rules.app_id,
            states=(HoldState.OPEN, HoldState.KEPT),
            record=(facts.kind, facts.record_id),
        )
        for _, hold in found:
            over = hold.until is not None and hold.until <= self.now
            if hold.what is not Removal.MEMBERS and not over:
                return hold
        return None

    async def _next_cycle_looks(self, escrow: Escrow, answer: Answer | None) -> bool:
        """Whether a cycle that began now would look at a record that failed."""
        if escrow.retry_at is not None and escrow.retry_at <= self.now:
            return True
        looked_at = await self._looked_at(escrow.kind)
        if looked_at is None or escrow.record_id in looked_at:
            return True
        if escrow.code != AmbiguousSource.code:
            return False
        return await self._woken(escrow, self._takes(escrow.kind, answer), looked_at)

    async def _looked_at(self, kind: Kind) -> Collection[str] | None:
        """Return whose change a cycle that began now would look at; none: it looks at everybody."""
        position = await self.ledger.position(self.rules.app_id)
        if position is None or position.digest != self.rules.digest:
            return None
        newest = await self.ledger.last_change()
        users, groups = await touched_ids(self.ledger, self.rules, after=position.seq, to=newest)
        return users if kind is Kind.USER else groups

    async def _woken(
        self, escrow: Escrow, taken: Sequence[Claim], looked_at: Collection[str]
    ) -> bool:
        """Whether somebody at whom the cycle looks stops asking for the value that was shared."""
        app_id, kind = self.rules.app_id, escrow.kind
        stored = await self.ledger.rivals(app_id, kind, taken)
        others = {one for them in stored.values() for one, _ in them if one in looked_at}
        asked: dict[str, Collection[Claim]] = {}
        for facts, walked in await walk_records(self.ledger, self.rules, kind, others):
            if not isinstance(walked, SeatkeeperError):
                asked[facts.record_id] = self._claims(kind, walked)
            elif facts.link is None:  # an account would hold on to the values it has
                asked[facts.record_id] = ()
        return escrow.record_id in await self.ledger.woken(app_id, kind, asked)

    def _claims(self, kind: Kind, answer: Answer) -> Collection[Claim]:
        mapping = self.rules.mapping(kind)
        if mapping is None or answer.desired is None:
            return ()
        return claims(answer.desired, mapping)

    def _takes(self, kind: Kind, answer: Answer | None) -> Sequence[Claim]:
        mapping = self.rules.mapping(kind)
        return takes(answer, mapping) if answer is not None and mapping is not None else ()

    async def _rivals(self, facts: Facts, taken: Sequence[Claim]) -> Mapping[Claim, Sequence[str]]:
        """Return who else asks for the unique values that a record would take, judged anew."""
        if not taken:
            return {}
        edited = await self._new(facts.kind)
        now = await rivals_now(self.ledger, self.rules, facts.kind, taken, edited=edited)
        return others_asking(taken, now, facts.record_id)

    async def _new(self, kind: Kind) -> Collection[str]:
        """Return at whom the next cycle looks anew, unless they are more than ``MOST_NEW``."""
        looked_at = await self._looked_at(kind)
        if looked_at is None:
            everybody = self.rules.scope is ScopeSetting.ALL
            looked_at = await self.ledger.candidates(
                self.rules.app_id, kind, everybody=everybody, limit=MOST_NEW + 1
            )
        return looked_at if len(looked_at) <= MOST_NEW else ()

    async def _ends(self, answer: Answer | None) -> Mapping[str, Explanation]:
        """Explain whoever a reference waits for, but not whom those wait for in turn."""
        ids = set(answer.waiting.values()) if answer is not None else set()
        return {one.record_id: await self._alone(one) for one in await self._facts(Kind.USER, ids)}

    def _with_new(self, facts: Facts, ends: Mapping[str, Explanation]) -> Facts:
        """Return the facts with the accounts that the next cycle makes for the record's ends."""
        if not self.rules.can_create(Kind.USER):
            return facts
        made = [one for one, end in ends.items() if end.verdict is Verdict.TO_CREATE]
        return replace(
            facts, accounts={**facts.accounts, **{one: new_account(one) for one in made}}
        )

    async def _alone(self, facts: Facts) -> Explanation:
        known = await self._remembered(facts, self._decided(facts))
        return explain(facts, self.rules, known)

    async def _members(
        self, facts: Facts, answer: Answer | None, *, quickly: bool
    ) -> Membership | None:
        """Return a group's members as the next cycle would compare them; none where it does not."""
        if facts.kind is not Kind.GROUP or not _compares_members(answer):
            return None
        group = (self.rules.app_id, facts.record_id)
        total, held = await self.ledger.member_counts(*group)
        most = COMPARED_OF_MORE if quickly and max(total, held) > COMPARED else None
        difference = await self.ledger.member_difference(*group, among=most)
        add = [one.member_id for one in difference.add]
        remove = await self._removed(difference)
        again = [one for one in await self._given_back(facts.record_id) if one not in add]
        coming = await self._coming(difference.unresolved)
        absent = [one for one in difference.unresolved if one not in coming]
        lists = (add, remove, again, coming, absent)
        first = await self._named([one for some in lists for one in some[:SHOWN]])
        names = {one.record_id: one.display_name for one in first.values()}
        missing = [
            Missing("members", one, names.get(one, one), await self._why_missing(first.get(one)))
            for one in absent[:SHOWN]
        ]
        return Membership(
            total - len(absent),
            held,
            some_of(add, names),
            some_of(remove, names),
            some_of(again, names),
            len(absent),
            tuple(missing),
            some_of(coming, names),
            compared=most,
        )

    async def _coming(self, ids: Sequence[str]) -> list[str]:
        """Return who of these gets an account in the next cycle, of the first ``MOST_NEW``."""
        coming: set[str] = set()
        for kind in Kind:
            if not self.rules.can_create(kind) or self.rules.mapping(kind) is None:
                continue
            for start in range(0, min(len(ids), MOST_NEW), PAGE):
                coming |= await self._made(kind, ids[start : start + PAGE])
        return [one for one in ids if one in coming]

    async def _made(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Return for whom of these the next cycle makes or links an account."""
        walked = await walk_records(self.ledger, self.rules, kind, ids)
        asking = [(one.record_id, needs) for one, needs in walked if isinstance(needs, NeedsMatch)]
        escrows = await self.ledger.escrows_of(self.rules.app_id, kind, list(ids))
        wanted = {claim for _, needs in asking for claim in needs.claims}
        edited = await self._new(kind) if wanted else ()
        rivals = await rivals_now(self.ledger, self.rules, kind, wanted, edited=edited)
        made = set()
        for record_id, needs in asking:
            escrow = escrows.get(record_id)
            if escrow is not None and not await self._next_cycle_looks(escrow, needs):
                continue
            try:
                check_claims(needs.claims, others_asking(needs.claims, rivals, record_id))
            except RecordError:
                continue
            made.add(record_id)
        return made

    async def _removed(self, difference: MemberDifference) -> list[str]:
        """Return whom the cycle takes out; an account that it deletes leaves every group itself."""
        ids = [one.member_id for one in difference.remove]
        deleted: set[str] = set()
        for kind in Kind:
            for start in range(0, len(ids), PAGE):
                for facts in await self._facts(kind, ids[start : start + PAGE]):
                    answer = self._decided(facts) if facts.link is not None else None
                    if isinstance(answer, Decided) and isinstance(answer.action, Delete):
                        deleted.add(facts.record_id)
        return [one for one in ids if one not in deleted]

    async def _given_back(self, group_id: str) -> list[str]:
        """Return members of a group in the app who get their access back, if few are looked at."""
        looked_at = await self._new(Kind.USER)
        back = [
            facts.record_id
            for facts, answer in await walk_records(self.ledger, self.rules, Kind.USER, looked_at)
            if isinstance(answer, Decided)
            and isinstance(answer.action, Update)
            and gives_access_back(answer.action.changes, self.rules.users)
        ]
        groups = await self.ledger.linked_groups_of(self.rules.app_id, back)
        return sorted(groups.get(group_id, ()))

    async def _why_missing(self, facts: Facts | None) -> str:
        if facts is None:
            return "has no account"
        return (await self._alone(facts)).why_no_account

    async def _named(self, ids: Collection[str]) -> Mapping[str, Facts]:
        """Return the facts of these people and groups; an id says not which it is."""
        return {
            facts.record_id: facts
            for kind in Kind
            for facts in await self._facts(kind, ids)
            if facts.record is not None or facts.link is not None
        }

    async def _naming_managers(self, facts: Facts) -> Facts:
        """Return the facts with the names of the manager, and of the one the account has."""
        app_id, known = self.rules.app_id, facts.link.known if facts.link is not None else {}
        accounts = dict(facts.accounts)
        for path in self.rules.users.reference_paths & known.keys():
            account = str(known[path])
            record_id = await self.ledger.linked_record(app_id, Kind.USER, account)
            if record_id is not None:
                accounts[record_id] = account
        manager = facts.record.manager_id if isinstance(facts.record, User) else None
        ids = {*accounts, *([manager] if manager is not None else [])}
        names = {one.record_id: one.display_name for one in await self._facts(Kind.USER, ids)}
        return replace(facts, accounts=accounts, names={**facts.names, **names})


def _come(facts: Facts, before: Answer | None, after: Answer | None) -> Mapping[str, str]:
    """Return the references that waited and do no more, each with its end's name."""
    waited = facts.named(before.waiting) if before is not None else {}
    still = after.waiting if after is not None else waited
    return {path: name for path, name in waited.items() if path not in still}


async def called(ledger: Ledger, rules: Rules, changes: Iterable[Modified]) -> Called:
    """Return whom the references among these changes lead to, as far as they are linked."""
    found = ends(changes, rules)
    names = await ledger.account_names(rules.app_id, {account for _, account in found})
    return {end: names[end[1]] for end in found if end[1] in names}


def _compares_members(answer: Answer | None) -> bool:
    """Whether a cycle that looks at this group compares its members."""
    if answer is None or not answer.scope.entitled:
        return False
    if isinstance(answer, NeedsMatch):
        return True
    if isinstance(answer.action, Delete):
        return False
    return not isinstance(answer.action, Skip) or answer.action.reason is Reason.IN_SYNC
