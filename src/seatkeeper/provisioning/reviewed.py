"""Whether what somebody reviewed is still what would be done, and if not, what changed.

    source change -> scope -> map -> match -> [plan -> export] -> log

A digest stands for an action in a form that is the same before and after the
accounts of one plan exist: a reference is named by the person at its other end.
Pure: it compares, and raises ``PlanOutdated`` in words; what is sent otherwise
is decided by ``plan`` alone.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from seatkeeper.directory.model import Group, User
from seatkeeper.errors import AlreadyDone, PlanOutdated
from seatkeeper.provisioning.account import TargetValue, ValueChange
from seatkeeper.provisioning.journal import MemberDifference
from seatkeeper.provisioning.log import Modified, modified, shown
from seatkeeper.provisioning.mapping.model import Direct, ValueType
from seatkeeper.provisioning.plan import (
    Action,
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
)
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, account_of, outlook
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Decided, Facts

ADVICE = "Make the plan anew and review it again."


def action_digest(facts: Facts, action: Action, rules: Rules, *, account: bool = True) -> str:
    """Return what stands for this action; equal digests send equal requests.

    ``account=False`` leaves out whose account it is: for what follows on a
    create, when no id was known yet.
    """
    return _digest(
        {
            "verb": outlook(action).value,
            "account": account_of(action) if account else None,
            "changes": _changes(facts, action, rules),
            "release": getattr(action, "release", False),
            "adopts": isinstance(action, Update) and action.found is not None,
            "skip": action.reason.value if isinstance(action, Skip) else None,
        }
    )


def part_digests(facts: Facts, first: Action, whole: Action, rules: Rules) -> tuple[str, ...]:
    """Return the digests of what may come of ``whole`` while an end of a reference is missing.

    ``first`` is what is decided without the missing accounts. It counts only if
    it is a part of the whole: taking an old manager away is not.
    """
    parts: list[str] = []
    before, after = _changes(facts, first, rules), _changes(facts, whole, rules)
    if all(change in after for change in before):
        parts.append(action_digest(facts, first, rules))
    rest = [change for change in after if change not in before]
    if rest:
        parts.append(_later_digest(rest))
    return tuple(parts)


def later_digest(facts: Facts, action: Action, rules: Rules) -> str:
    """Return the digest of an update as one that follows on a create has it."""
    return _later_digest(_changes(facts, action, rules))


def in_sync_digest() -> str:
    """Return the digest of a group that differs in its members only."""
    return _digest(
        {
            "verb": Outlook.SKIP.value,
            "account": None,
            "changes": [],
            "release": False,
            "adopts": False,
            "skip": Reason.IN_SYNC.value,
        }
    )


def facts_digest(facts: Facts) -> str:
    """Return what stands for everything a decision was made from, the rules apart."""
    record, link = facts.record, facts.link
    said: dict[str, object] = {"id": facts.record_id, "kind": facts.kind.value}
    if isinstance(record, User):
        said |= {
            "attributes": _plain(record.attributes),
            "enabled": record.enabled,
            "manager": record.manager_id,
            "deleted": record.deleted_at.isoformat() if record.deleted_at else None,
        }
    elif isinstance(record, Group):
        said |= {"attributes": _plain(record.attributes), "name": record.display_name}
    if facts.member_of:
        said["groups"] = sorted(facts.member_of)
    said["grants"] = sorted([one.role_id, one.group_id or ""] for one in facts.grants)
    if link is not None:
        said |= {"account": link.account_id, "known": _plain(link.known)}
    return _digest(said)


def check_planned(
    then: PlannedRecord, now: PlannedRecord | None, rules: Rules, facts: Facts
) -> None:
    """Let a reviewed record through if it would be planned in the same way now.

    Raises ``PlanOutdated`` with what changed since. ``now`` is none when
    nothing would be done with the record any more. Fewer members of a group
    than reviewed are let through: some of them may have been written since.
    """
    if now is None or not now.verb.does_something:
        raise _outdated(then, now, facts, rules)
    same = bool(now.digests) and now.digests[0] in then.digests
    came = [one for one in now.add if one not in then.add]
    went = [one for one in now.remove if one not in then.remove]
    if same and not came and not went:
        return
    if came or went:
        names = ", ".join(str(one.new or one.old) for one in now.changes if one.path == "members")
        text = f"The members to be changed are others than reviewed; now they are {names}."
        raise PlanOutdated(text, advice=ADVICE)
    raise PlanOutdated(
        _what_changed(then, now.verb, now.changes, now.account_id, now.reason, rules, facts),
        advice=ADVICE,
    )


def check_sending(then: PlannedRecord, facts: Facts, decided: Decided, rules: Rules) -> None:
    """Let a reviewed record's request leave if it is still the one that was reviewed.

    The last look, with the accounts that the plan itself has made. Raises
    ``PlanOutdated`` with what changed since.
    """
    action = decided.action
    allowed = set(then.digests)
    if action_digest(facts, action, rules) in allowed or later_digest(facts, action, rules) in (
        allowed
    ):
        return
    verb = outlook(action)
    if isinstance(action, Skip) and not action.release:
        now = PlannedRecord(facts.kind, facts.record_id, "", verb, reason=action.text)
        raise _outdated(then, now, facts, rules)
    changed = _what_changed(
        then, verb, modified(action), account_of(action), decided.scope.reason, rules, facts
    )
    raise PlanOutdated(changed, advice=ADVICE)


def reviewed_members(then: PlannedRecord, difference: MemberDifference) -> MemberDifference:
    """Return only those membership changes that were reviewed; the rest waits for a cycle."""
    return replace(
        difference,
        add=[one for one in difference.add if one.member_id in then.add],
        remove=[one for one in difference.remove if one.member_id in then.remove],
    )


def _outdated(
    then: PlannedRecord, now: PlannedRecord | None, facts: Facts, rules: Rules
) -> PlanOutdated:
    """Return why nothing would be done now; of what is done already there is nothing to review."""
    if now is not None and now.verb is Outlook.FAIL:
        return PlanOutdated(f"It cannot be carried out now: {now.reason}", advice=ADVICE)
    if _done(then, facts, rules):
        return AlreadyDone("It is already done: the account is as it was to become.")
    why = f" ({now.reason})" if now is not None and now.reason else ""
    text = f"It is no longer planned; nothing would be done now{why}."
    return PlanOutdated(text, advice=ADVICE)


def _done(then: PlannedRecord, facts: Facts, rules: Rules) -> bool:
    """Whether the account is known to be as it was to become; references are not compared."""
    if then.verb in {Outlook.DELETE, Outlook.UNLINK} or facts.link is None:
        return facts.link is None and then.verb in {Outlook.DELETE, Outlook.UNLINK}
    mapping = rules.mapping(facts.kind)
    types = {one.target: one.type for one in mapping.mappings} if mapping is not None else {}
    known = facts.link.known
    return all(
        shown(known.get(one.path)) == one.new
        for one in then.changes
        if types.get(one.path) is not ValueType.REFERENCE
    )


def _what_changed(
    then: PlannedRecord,
    verb: Outlook,
    changes: Sequence[Modified],
    account_id: str | None,
    reason: str,
    rules: Rules,
    facts: Facts,
) -> str:
    if verb is not then.verb:
        why = f" ({reason})" if reason else ""
        return (
            f"It was to be {_past(then.verb)} when the plan was made, and now {_past(verb)}{why}."
        )
    before = {one.path: one for one in then.changes if one.path != "members"}
    after = {one.path: one for one in changes if one.path != "members"}
    said = []
    for path in dict.fromkeys([*before, *after]):
        old, new = before.get(path), after.get(path)
        if (old.new if old else None) == (new.new if new else None) and old and new:
            if old.old != new.old:
                said.append(
                    f"the app's {path} was {_word(old.old)} when the plan was made "
                    f"and is {_word(new.old)} now"
                )
            continue
        was = old.new if old else (new.old if new else None)
        now = new.new if new else (old.old if old else None)
        said.append(
            f"{_source(facts, path, rules)} was {_word(was)} when the plan was made "
            f"and is {_word(now)} now"
        )
    if said:
        text = "; ".join(said)
        return f"{text[0].upper()}{text[1:]}." if text.startswith("the ") else f"{text}."
    if account_id != then.account_id:
        return (
            f"The app's account changed: it was {then.account_id or 'none'} when the plan was "
            f"made and is {account_id or 'none'} now."
        )
    return "What would be sent is not what was reviewed."


def _source(facts: Facts, path: str, rules: Rules) -> str:
    mapping = rules.mapping(facts.kind)
    one = mapping.of(path) if mapping is not None else None
    return one.source.attribute if one is not None and isinstance(one.source, Direct) else path


def _past(verb: Outlook) -> str:
    return {
        Outlook.CREATE: "created",
        Outlook.UPDATE: "updated",
        Outlook.DISABLE: "deactivated",
        Outlook.DELETE: "deleted",
        Outlook.LINK: "linked",
        Outlook.UNLINK: "let go",
        Outlook.HOLD: "held for approval",
        Outlook.SKIP: "left as it is",
        Outlook.FAIL: "refused",
    }[verb]


def _word(value: str | None) -> str:
    return "empty" if value is None else value


def _changes(facts: Facts, action: Action, rules: Rules) -> list[list[object]]:
    """Return an action's changes in their one form: by path, references by record."""
    pairs: list[ValueChange] = []
    match action:
        case Create(values):
            pairs = [ValueChange(path, None, value) for path, value in values.items()]
        case Update(_, changes) | Disable(_, changes):
            pairs = list(changes)
        case Delete() | Adopt() | Skip():
            pass
    mapping = rules.mapping(facts.kind)
    records = {account: record for record, account in facts.accounts.items()}
    found: list[list[object]] = []
    for one in pairs:
        new = _canonical(one.new)
        path = mapping.of(one.path) if mapping is not None else None
        if path is not None and path.type is ValueType.REFERENCE and one.new in records:
            new = f"record {records[str(one.new)]}"
        found.append([one.path, _canonical(one.old), new])
    return sorted(found, key=lambda change: str(change[0]))


def _later_digest(changes: Sequence[Sequence[object]]) -> str:
    """Stand for changes alone: what is sent to an account that the same plan made."""
    return _digest({"later": [[path, new] for path, _, new in changes]})


def _canonical(value: TargetValue | None) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def _plain(values: object) -> object:
    assert hasattr(values, "items")  # noqa: S101 - both callers hand mappings over
    return {name: sorted(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("ascii")).hexdigest()
