"""Say where one value of an account comes from, and why it is (not) written.

    source change -> scope -> [map -> match -> plan] -> export -> log

Pure, beside ``explain``: the same decision as a cycle's, told for one attribute
path. It asks the app nothing; what the account holds is what was last written
or read. Values that the log hides are hidden here, too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from seatkeeper.directory.model import Group, User
from seatkeeper.errors import InvalidValue, RecordError
from seatkeeper.provisioning.account import TargetValue
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
from seatkeeper.provisioning.mapping.model import Applies, Constant, Mapping, Nothing
from seatkeeper.provisioning.plan import differences
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Scope
from seatkeeper.provisioning.walk import Facts, decide, roles_of, scope_of

HIDDEN = "[Redact]"


@dataclass(frozen=True, slots=True)
class Origin:
    """One value's way: what it is made of, what comes of it, and the sentence that says so.

    ``inputs`` are the source attributes that are read, with their present
    values; ``steps`` the parts of an expression and what each gave. ``wanted``
    is what the account should have, ``known`` what it was last seen to have.
    """

    path: str
    source: str
    inputs: tuple[tuple[str, Plain], ...]
    steps: tuple[Step, ...]
    wanted: str | None
    known: str | None
    sentence: str


def origin(facts: Facts, rules: Rules, path: str) -> Origin:
    """Tell it for one path; also a source attribute's name, or a path without its URN, will do.

    Raises ``InvalidValue`` naming the paths there are, for one that nothing is mapped onto.
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
    waits = answer.waiting.get(one.target) if answer is not None else None
    if waits is not None:
        sentence = f"{one.target} waits until record {waits} has an account."
    else:
        sentence = _sentence(facts, rules, one, scope, desired, problem)
    if one.hidden:
        return Origin(one.target, _source(one), (), (), _hide(wanted), _hide(known), sentence)
    inputs, made = _made(facts, rules, one, scope)
    return Origin(one.target, _source(one), inputs, made, shown(wanted), shown(known), sentence)


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


def _source(one: Mapping) -> str:
    source = one.source
    if isinstance(source, Expression):
        return source.text
    if isinstance(source, Constant):
        return f"the fixed text {source.text!r}"
    return "the default alone" if isinstance(source, Nothing) else f"[{source_name(one)}]"


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
    inputs = tuple((name, plain(read(name))) for name in one.reads)
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


def _reader(facts: Facts, about: Circumstances, *, usable: bool) -> Callable[[str], Value]:
    record = facts.record
    if isinstance(record, User):
        return lambda name: user_value(record, name, about, usable=usable)
    if isinstance(record, Group):
        return lambda name: group_value(record, name, about)
    return lambda _: None


def _sentence(
    facts: Facts,
    rules: Rules,
    one: Mapping,
    scope: Scope,
    desired: Desired | None,
    problem: RecordError | None,
) -> str:
    name, path, app = facts.display_name, one.target, rules.app_name
    if problem is not None:
        return f"Nothing is written to {app} for {name}: {problem.message} {problem.advice}".strip()
    if facts.link is None and (desired is None or not scope.usable):
        return f"{name} has no account in {app}, because {name} {scope.reason}."
    if desired is None or not scope.entitled:
        access = one.tells_access
        kept = "follows who may use the account" if access else "is left as it is"
        return f"{path} {kept}: {name} {scope.reason}, so only access is written."
    value = _wanted(one, desired)
    told = HIDDEN if one.hidden else shown(value)
    source = source_name(one)
    if path in desired.untouched:
        return f"{path} is left as it is: {source} is empty, and the mapping clears nothing."
    if one.applies is Applies.ON_CREATE or path in desired.on_create.keys() - desired.always.keys():
        if facts.link is None:
            return f"{path} is set once, when the account is made: {told or 'empty'}."
        return f"{path} is left as it is: it is written only when the account is made."
    if facts.link is None:
        return f"{path} will be {told or 'empty'} in the new account, from {source}."
    mapping = rules.mapping(facts.kind)
    assert mapping is not None  # noqa: S101 - the path was found in it
    changes = differences(facts.link.known, desired, mapping)
    change = next((change for change in changes if change.path == path), None)
    held = facts.link.known.get(path)
    if change is not None and not mapping.update:
        return f"{path} is not written: updates are switched off for {app}."
    if change is not None:
        new = HIDDEN if one.hidden and change.new is not None else shown(change.new)
        old = HIDDEN if one.hidden and held is not None else shown(held)
        become = f"{path} is to become {new or 'empty'}, from {source}"
        return f"{become}; the account has {old or 'none'}."
    if value == held or (value is None and held is None):
        return f"{path} is {told or 'empty'}, from {source}; the account is in step."
    rule = {
        Applies.IF_EMPTY: "it is written only where the account has no value",
        Applies.VALUE_ADD: "values are only added",
        Applies.MULTI_VALUE_ADD: "values are only added",
    }.get(one.applies, "the app takes the two for one and the same")
    return f"{path} stays as the account has it: {rule}."
