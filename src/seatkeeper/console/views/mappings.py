"""Prepare the mappings of an app, and the form of one; the templates only place them.

After the walk, pure: compiled rules, the facts of one person and what a form
holds go in, frozen values go out. Values are worked out by the same functions
as a cycle's (``provisioning.provenance``), so that what is shown is what is sent.
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast
from urllib.parse import quote

from seatkeeper.configuration.settings import AppSettings, MappingChange
from seatkeeper.console.language import _
from seatkeeper.console.words import visible
from seatkeeper.errors import InvalidValue, SeatkeeperError
from seatkeeper.gallery.schema import AppliesWord, DefaultMapping, ObjectType, WhenNullWord
from seatkeeper.provisioning.mapping.model import Mapping, ObjectMapping
from seatkeeper.provisioning.provenance import Origin, origin, source_text
from seatkeeper.provisioning.rules import Rules, ScopeSetting
from seatkeeper.provisioning.walk import Facts

LONGEST_EXPRESSION: Final = 10_000
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Value:
    """What a mapping gives for one person: the value, or why there is none."""

    who: str
    record_id: str
    value: str
    sentence: str
    failed: bool


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One mapping in the list."""

    target: str
    short: str
    address: str
    source: str
    is_expression: bool
    value: Value | None
    applies: str
    matching: int
    required: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class MappingForm:
    """What the form of one mapping holds, as typed."""

    kind: str
    attribute: str
    constant: str
    expression: str
    default: str
    applies: str
    when_null: str
    matching: str


def applies_words() -> Sequence[tuple[str, str]]:
    """Return when a mapping is written, each with its words."""
    return [
        ("always", _("Always")),
        ("on_create", _("Only when the account is made")),
        ("if_empty", _("Only where the account has no value")),
        ("value_add", _("Add values, take none away")),
        ("multi_value_add", _("Add to a list, take nothing away")),
    ]


def when_null_words() -> Sequence[tuple[str, str]]:
    """Return what an empty source does, each with its words."""
    return [
        ("clear", _("Clear it in the app")),
        ("skip", _("Leave it in the app as it is")),
        ("default", _("Write the default value")),
    ]


def kind_words() -> Sequence[tuple[str, str]]:
    """Return what a value can come from, each with its words."""
    return [
        ("attribute", _("From an attribute")),
        ("constant", _("A fixed text")),
        ("expression", _("An expression")),
        ("nothing", _("Nothing, only the default value")),
    ]


def mapping_rows(
    app_id: str,
    objects: ObjectMapping,
    defaults: ObjectType,
    changed: Sequence[MappingChange],
    facts: Facts | None,
    rules: Rules,
) -> list[MappingRow]:
    """Return the mappings of people or groups, each with its value for one record."""
    own = {one.target for one in changed}
    applies = dict(applies_words())
    required = {one.path for one in defaults.attributes if one.required}
    word = "users" if objects.kind.value == "user" else "groups"
    return [
        MappingRow(
            one.target,
            visible(one.target.rpartition(":")[2], 120),
            f"/apps/{quote(app_id, safe='')}/mappings/{word}/{quote(one.target, safe='')}",
            visible(source_text(one), _LONGEST),
            bool(objects.expressions) and one.source in objects.expressions,
            None if facts is None else value_for(facts, rules, one),
            applies[one.applies.value],
            one.matching,
            one.target in required,
            one.target in own,
        )
        for one in objects.mappings
    ]


def value_for(facts: Facts, rules: Rules, one: Mapping) -> Value:
    """Return what one mapping gives for one record, also where the app does not concern it yet."""
    who = visible(facts.display_name, 80)
    try:
        found = _origin(facts, rules, one)
    except SeatkeeperError as error:
        return Value(who, facts.record_id, "", visible(error.message, _LONGEST), failed=True)
    failed = found.wanted is None and found.sentence.startswith("Nothing is written")
    return Value(
        who,
        facts.record_id,
        visible(found.wanted, _LONGEST),
        visible(found.sentence, _LONGEST),
        failed,
    )


def best_example(found: Sequence[Facts], rules: Rules, objects: ObjectMapping) -> Facts | None:
    """Choose whose values explain the mappings: the first who can get an account, else the first.

    Whoever lacks a value that the app needs shows empty rows, which reads like
    a fault of the mapping. ``None`` where nobody was found.
    """

    def is_complete(one: Facts) -> bool:
        try:
            return all(_origin(one, rules, by).wanted for by in objects.by_matching)
        except SeatkeeperError:
            return False

    return next((one for one in found if is_complete(one)), next(iter(found), None))


def _origin(facts: Facts, rules: Rules, one: Mapping) -> Origin:
    anybody = replace(rules, scope=ScopeSetting.ALL, user_filter=None, group_filter=None)
    return origin(facts, anybody, one.target)


def form_of(mapping: DefaultMapping | None) -> MappingForm:
    """Return the form of a mapping as it is kept."""
    if mapping is None:
        return MappingForm("attribute", "", "", "", "", "always", "clear", "0")
    kind = "nothing"
    for name in ("attribute", "constant", "expression"):
        if getattr(mapping, name) is not None:
            kind = name
    return MappingForm(
        kind,
        mapping.attribute or "",
        mapping.constant or "",
        mapping.expression or "",
        mapping.default or "",
        mapping.applies,
        mapping.when_null,
        str(mapping.matching),
    )


def form_sent(sent: MappingOf[str, str]) -> MappingForm:
    """Return the form as it was typed, cut to what can mean anything."""
    return MappingForm(
        sent.get("kind", ""),
        sent.get("attribute", "")[:200],
        sent.get("constant", "")[:1_000],
        sent.get("expression", "")[:LONGEST_EXPRESSION],
        sent.get("default", "")[:1_000],
        sent.get("applies", ""),
        sent.get("when_null", ""),
        sent.get("matching", "0").strip()[:5] or "0",
    )


def wanted_mapping(target: str, form: MappingForm, before: DefaultMapping | None) -> DefaultMapping:
    """Return the mapping that a form describes. Raises ``InvalidValue`` for what is no choice."""
    if form.kind not in dict(kind_words()):
        raise InvalidValue(_("Choose where the value comes from."))
    if form.applies not in dict(applies_words()) or form.when_null not in dict(when_null_words()):
        raise InvalidValue(_("Choose when the value is written."))
    if not (form.matching.isascii() and form.matching.isdigit()):
        raise InvalidValue(
            _("The place in the order of look-ups is a whole number."),
            advice=_("Write 0 where accounts are not looked up by this attribute."),
        )
    return DefaultMapping(
        target=target,
        attribute=form.attribute if form.kind == "attribute" else None,
        constant=form.constant if form.kind == "constant" else None,
        expression=form.expression if form.kind == "expression" else None,
        default=form.default or None,
        applies=cast("AppliesWord", form.applies),
        matching=int(form.matching),
        when_null=cast("WhenNullWord", form.when_null),
        flow_behavior=before.flow_behavior if before is not None else "when_changed",
    )


def unmapped(objects: ObjectType, mapped: Sequence[Mapping]) -> list[str]:
    """Return the app's attributes that nothing is mapped onto."""
    taken = {one.target for one in mapped}
    return [one.path for one in objects.attributes if one.path not in taken]


def changes_of(settings: AppSettings, word: str) -> Sequence[MappingChange]:
    """Return the changes over the gallery's mappings of users or groups."""
    return settings.users if word == "users" else settings.groups
