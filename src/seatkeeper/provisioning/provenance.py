"""Say where one value of an account comes from, and why it is (not) written.

    source change -> scope -> [map -> match -> plan] -> export -> log

Pure, beside ``explain``: the same decision as a cycle's, told for one attribute
path. It asks the app nothing; what the account holds is what was last written
or read. Values that the log hides are hidden here, too.
"""

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.model import Group, User
from seatkeeper.errors import InvalidValue, RecordError
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.explain import Explanation, Verdict
from seatkeeper.provisioning.expression.compile import Expression
from seatkeeper.provisioning.expression.trial import Plain, Step, plain, steps
from seatkeeper.provisioning.expression.values import Environment, Value
from seatkeeper.provisioning.log import shown
from seatkeeper.provisioning.mapping.evaluate import (
    Circumstances,
    Desired,
    group_value,
    source_name,
    user_value,
)
from seatkeeper.provisioning.mapping.model import Applies, Constant, Mapping, Nothing, ValueType
from seatkeeper.provisioning.membership import Membership
from seatkeeper.provisioning.naming import HIDDEN, shown_by_name
from seatkeeper.provisioning.plan import Delete, Disable, Reason, Skip, Update, differences
from seatkeeper.provisioning.reference import waits
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Scope
from seatkeeper.provisioning.walk import Answer, Decided, Facts, decide, roles_of, scope_of
from seatkeeper.words import number_of

NOBODY: Final[MappingOf[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Origin:
    """One value's way: what it is made of, what comes of it, and the sentence that says so.

    ``inputs`` are the source attributes that are read, with their present
    values; ``steps`` the parts of an expression and what each gave. ``wanted``
    is what the account should have, ``known`` what it was last seen to have.
    ``members`` is there for the members of a group that the app holds or should hold.
    """

    path: str
    source: str
    inputs: tuple[tuple[str, Plain], ...]
    steps: tuple[Step, ...]
    wanted: str | None
    known: str | None
    sentence: str
    members: Membership | None = None


def origin(facts: Facts, rules: Rules, path: str, missing: MappingOf[str, str] = NOBODY) -> Origin:
    """Tell it for one path; also a source attribute's name, or a path without its URN, will do.

    ``missing`` says of each record that a reference waits for why it has no
    account. Raises ``InvalidValue`` naming the paths there are, for one that
    nothing is mapped onto.
    """
    one = _mapping(facts, rules, path)
    scope = scope_of(facts, rules)
    desired: Desired | None = None
    problem: RecordError | None = None
    try:
        answer = decide(facts, rules)
        desired = answer.desired
    except RecordError as error:
        answer, problem = None, error
    known = facts.link.known.get(one.target) if facts.link is not None else None
    wanted = None if desired is None else _wanted(one, desired)
    end = answer.waiting.get(one.target) if answer is not None else None
    if end is not None:
        why = f" ({missing[end]})" if end in missing else ""
        sentence = f"{waits(one.target, facts.names.get(end, end))}{why}."
    else:
        sentence = _sentence(facts, rules, one, scope, answer, problem)
    if one.hidden:
        return Origin(one.target, source_text(one), (), (), _hide(wanted), _hide(known), sentence)
    inputs, made = _made(facts, rules, one, scope)
    told = _told(one, facts, wanted), _told(one, facts, known)
    return Origin(one.target, source_text(one), inputs, made, *told, sentence)


def names_members(facts: Facts, rules: Rules, path: str) -> bool:
    """Whether the path is that of a group's members, which are compared as a set of their own.

    Raises ``InvalidValue`` like ``origin``.
    """
    one = _mapping(facts, rules, path)
    return one.type is ValueType.REFERENCE and one.multi_valued


def members_origin(facts: Facts, rules: Rules, explained: Explanation) -> Origin:
    """Tell it for the members of a group, of which the answer is known.

    Where no cycle compares them, that answer says why.
    """
    source, members = "the members in the directory", explained.members
    if members is None:
        said = [explained.answer]
        if explained.verdict is Verdict.TO_DELETE:
            said.append("Its members there go with it; nobody's account does.")
        elif facts.link is not None:
            said.append("Its members there are left as they are.")
        return Origin("members", source, (), (), None, None, " ".join(said))
    said = members.differences()
    ends = [*said, *([] if members.differs or members.waiting else ["in step"])]
    sentence = f"members: {members.counts(rules.app_name)}; {'; '.join(ends)}."
    return Origin(
        "members",
        source,
        (("members", f"{members.total} in the directory"),),
        (),
        number_of(members.wanted, "member"),
        number_of(members.held, "member"),
        sentence,
        members,
    )


def _mapping(facts: Facts, rules: Rules, path: str) -> Mapping:
    objects = rules.mapping(facts.kind)
    every = objects.mappings if objects is not None else ()
    for fits in (
        lambda one: one.target == path,
        lambda one: one.target.rpartition(":")[2].casefold() == path.casefold(),
        lambda one: path in one.reads,
    ):
        found = next(filter(fits, every), None)
        if found is not None:
            return found
    names = ", ".join(one.target.rpartition(":")[2] for one in every) or "none"
    raise InvalidValue(
        f"Nothing is mapped onto {path} of {rules.app_name}.", advice=f"Mapped are: {names}."
    )


def _wanted(one: Mapping, desired: Desired) -> TargetValue | None:
    return desired.always.get(one.target, desired.on_create.get(one.target))


def source_text(one: Mapping) -> str:
    """Return where a mapping takes its value from, as people write it."""
    source = one.source
    if isinstance(source, Expression):
        return source.text
    if isinstance(source, Constant):
        return f"the fixed text {source.text!r}"
    return "the default alone" if isinstance(source, Nothing) else f"[{source_name(one)}]"


def _told(one: Mapping, facts: Facts, value: TargetValue | None) -> str | None:
    """Return a value as people read it: hidden where it must be, a reference by name."""
    if one.hidden:
        return _hide(value)
    if one.type is ValueType.REFERENCE and value is not None:
        return shown_by_name(facts, value)
    return shown(value)


def _hide(value: TargetValue | None) -> str | None:
    return None if value is None else HIDDEN


def _made(
    facts: Facts, rules: Rules, one: Mapping, scope: Scope
) -> tuple[tuple[tuple[str, Plain], ...], tuple[Step, ...]]:
    about = Circumstances(
        entitled=scope.entitled,
        creating=facts.link is None,
        roles=roles_of(facts.grants, rules),
        now=rules.moment,
        day=rules.day,
        default_domain=rules.default_domain,
    )
    read = _reader(facts, about, usable=scope.usable)
    inputs = tuple((name, _named(facts, name, plain(read(name)))) for name in one.reads)
    if not isinstance(one.source, Expression):
        return inputs, ()

    def environment() -> Environment:
        return Environment(
            read,
            now=about.now,
            seed="what it would look like",
            roles=about.roles,
            default_domain=about.default_domain,
        )

    return inputs, tuple(steps(one.source.tree, environment))


def _named(facts: Facts, name: str, value: Plain) -> Plain:
    return facts.names.get(value, value) if name == "manager" and isinstance(value, str) else value


def _reader(facts: Facts, about: Circumstances, *, usable: bool) -> Callable[[str], Value]:
    record = facts.record
    if isinstance(record, User):
        return lambda name: user_value(record, name, about, usable=usable)
    if isinstance(record, Group):
        return lambda name: group_value(record, name, about)
    return lambda _: None


def _access_told(facts: Facts, one: Mapping, scope: Scope, answer: Answer | None) -> str:
    """Tell of a value that says who may use the account, for somebody who may not."""
    assert facts.link is not None  # noqa: S101 - whoever has no account was answered before
    what = one.target.rpartition(":")[2]
    action = answer.action if isinstance(answer, Decided) else None
    why = f"{facts.display_name} {scope.reason}"
    if isinstance(action, Delete):
        return f"{what} goes with the account, which the next cycle deletes: {why}."
    if isinstance(action, Skip) and action.reason is not Reason.IN_SYNC:
        return f"{what} is left as it is: {action.text.removesuffix('.')}."
    changes = action.changes if isinstance(action, Update | Disable) else ()
    becomes = next((shown(change.new) for change in changes if change.path == one.target), None)
    held = shown(facts.link.known.get(one.target))
    now = f"is to become {becomes}" if becomes is not None else f"is {held or 'empty'}"
    return f"{what} {now}: it follows who may use the account, and {why}."


def _sentence(
    facts: Facts,
    rules: Rules,
    one: Mapping,
    scope: Scope,
    answer: Answer | None,
    problem: RecordError | None,
) -> str:
    desired = answer.desired if answer is not None else None
    name, path, app = facts.display_name, one.target, rules.app_name
    what = path.rpartition(":")[2]
    if problem is not None:
        return f"Nothing is written to {app} for {name}: {problem.message} {problem.advice}".strip()
    if facts.link is None and (desired is None or not scope.usable):
        return f"{name} has no account in {app}, because {name} {scope.reason}."
    if desired is None or not scope.entitled:
        if one.tells_access:
            return _access_told(facts, one, scope, answer)
        return f"{what} is left as it is: {name} {scope.reason}, so only access is written."
    value = _wanted(one, desired)
    told = _told(one, facts, value) if value is not None or not one.hidden else HIDDEN
    source = source_name(one)
    if path in desired.untouched:
        return f"{what} is left as it is: {source} is empty, and the mapping clears nothing."
    if one.applies is Applies.ON_CREATE or path in desired.on_create.keys() - desired.always.keys():
        if facts.link is None:
            return f"{what} is set once, when the account is made: {told or 'empty'}."
        return f"{what} is left as it is: it is written only when the account is made."
    if facts.link is None:
        return f"{what} will be {told or 'empty'} in the new account, from {source}."
    mapping = rules.mapping(facts.kind)
    assert mapping is not None  # noqa: S101 - the path was found in it
    changes = differences(facts.link.known, desired, mapping)
    change = next((change for change in changes if change.path == path), None)
    held = facts.link.known.get(path)
    if change is not None and not mapping.update:
        return f"{what} is not written: updates are switched off for {app}."
    if change is not None:
        new, old = _told(one, facts, change.new), _told(one, facts, held)
        become = f"{what} is to become {new or 'empty'}, from {source}"
        return f"{become}; the account has {old or 'none'}."
    if value == held or (value is None and held is None):
        return f"{what} is {told or 'empty'}, from {source}; the account is in step."
    rule = {
        Applies.IF_EMPTY: "it is written only where the account has no value",
        Applies.VALUE_ADD: "values are only added",
        Applies.MULTI_VALUE_ADD: "values are only added",
    }.get(one.applies, "the app takes the two for one and the same")
    return f"{what} stays as the account has it: {rule}."
