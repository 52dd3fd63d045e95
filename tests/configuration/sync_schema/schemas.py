"""Schema documents and settings to try laws on, and short ways to read and write them."""

import copy
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from seatkeeper.configuration.check import settings_flaws
from seatkeeper.configuration.settings import (
    ACTIONS,
    AppSettings,
    AttributeChange,
    MappingChange,
    default_settings,
)
from seatkeeper.configuration.sync_schema.exporting import export_schema
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.gallery.schema import gallery_app

Plain = dict[str, Any]

APP = gallery_app("15five")
START = default_settings(APP)
OWN = "urn:ietf:params:scim:schemas:extension:kitewire:2.0:User:badge"
NICK = "nickName"


def exported(settings: AppSettings, kept: Plain | None = None) -> Plain:
    return export_schema(APP, "15five", settings, kept)


def imported(plain: Plain, base: AppSettings = START) -> AppSettings:
    """Return the settings of a document that has no fault."""
    walk = Walk()
    found = import_schema(walk, APP, base, copy.deepcopy(plain)).settings
    assert walk.faults == []
    return found


def faults_of(plain: Plain, base: AppSettings = START) -> list[tuple[str, str]]:
    walk = Walk()
    import_schema(walk, APP, base, plain)
    return walk.faults


def object_mapping(plain: Plain, side: int = 0) -> Plain:
    found: Plain = plain["synchronizationRules"][0]["objectMappings"][side]
    return found


def row(plain: Plain, target: str, side: int = 0) -> Plain:
    """Return the attribute mapping onto ``target``."""
    listed = object_mapping(plain, side)["attributeMappings"]
    found: Plain = next(one for one in listed if one["targetAttributeName"] == target)
    return found


def definition(plain: Plain, name: str, directory: int = 1, side: int = 0) -> Plain:
    """Return the definition of an attribute of the app, or of the source (``directory`` 0)."""
    listed = plain["directories"][directory]["objects"][side]["attributes"]
    found: Plain = next(one for one in listed if one["name"] == name)
    return found


# --- settings ----------------------------------------------------------------

EXPRESSIONS = [
    "ToLower([mail])",
    'Join("-", [department],  [city])',
    'Switch([userType], "x", "Guest", "g", "Member", [jobTitle])',
    'IIF([country]="NO", "nb", IIF([city] <> "", "se", Left([givenName], 4)))',
    'Replace([department], "-", , , "_", , )',
    'Replace([mail], , "(?<a>\\d+)", "a", "\\"x\\"")',
    'Mid([mail], InStr([mail], "@", , vbTextCompare), BitAnd(&HF, 12))',
    "Coalesce([employeeType], [division])",
    "[employeeId]",
    '"plain"',
    "Now()",
]
DEFAULTS = st.none() | st.sampled_from(["", "Zoë", "wick"])
APPLIES: st.SearchStrategy[Any] = st.sampled_from(
    [None, "always", "on_create", "if_empty", "value_add"]
)
NULLS: st.SearchStrategy[Any] = st.sampled_from([None, "clear", "skip"])
FLOWS: st.SearchStrategy[Any] = st.sampled_from([None, "always", "when_changed"])
TARGETS = ["title", "name.familyName", "externalId", OWN, NICK]


@st.composite
def changes(draw: st.DrawFn, target: str) -> MappingChange:
    form = draw(st.sampled_from(["attribute", "constant", "expression", "bare", "remove", "keep"]))
    own = target in (OWN, NICK)
    if form == "remove" and not own:
        return MappingChange(target, remove=True)
    if form == "bare":
        return MappingChange(target, default="only", no_source=not own)
    change = MappingChange(
        target,
        default=draw(DEFAULTS),
        applies=draw(APPLIES),
        when_null=draw(NULLS),
        flow_behavior=draw(FLOWS),
        matching=draw(st.none() | st.integers(0, 3)),
    )
    if form == "constant":
        return replace(change, constant=draw(st.sampled_from(["", "a", 'q"\\', "4", "Zoë"])))
    if form == "expression":
        return replace(change, expression=draw(st.sampled_from(EXPRESSIONS)))
    if form == "attribute" or own:
        return replace(change, attribute=draw(st.sampled_from(["department", "city", "mail"])))
    return change


CLAUSES = st.builds(
    lambda attribute, tail: {"attribute": attribute, **tail},
    st.sampled_from(["department", "city"]),
    st.sampled_from(
        [
            {"operator": "EQUALS", "values": ["Kites"]},
            {"operator": "IS NOT NULL"},
            {"operator": "REGEX MATCH", "values": ["K.*", "W.*"]},
            {"operator": "IN", "values": ["a", "b"]},
            {"operator": "EQUALS", "values": ["x"], "over": "all"},
        ]
    ),
)
FILTERS = st.none() | st.recursive(
    CLAUSES | st.just({"member_of": "Crew"}),
    lambda inner: (
        st.builds(
            lambda word, parts, name: {**({"name": name} if name else {}), word: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
            st.sampled_from(["", "North", "inputFilterGroups"]),
        )
        | inner.map(lambda one: {"not": one})
    ),
    max_leaves=5,
)
ATTRIBUTES = st.tuples(
    st.builds(
        AttributeChange,
        st.just(OWN),
        type=st.sampled_from([None, "string", "integer", "boolean"]),
        unique=st.sampled_from([None, True, False]),
        case_exact=st.sampled_from([None, True, False]),
    ),
    st.builds(AttributeChange, st.just(NICK), required=st.sampled_from([None, False])),
    st.builds(AttributeChange, st.just("title"), case_exact=st.sampled_from([None, True, False])),
)


@st.composite
def valid_settings(draw: st.DrawFn) -> AppSettings:
    """Settings that anybody could have applied."""
    chosen = draw(st.lists(st.sampled_from(TARGETS), unique=True))
    found = [draw(changes(target)) for target in chosen]
    listed = draw(ATTRIBUTES)
    groups = draw(st.booleans())
    made = replace(
        START,
        users=tuple(found),
        user_attributes=tuple(draw(st.permutations(listed))),
        user_actions=tuple(one for one in ACTIONS if draw(st.booleans())),
        user_filter=draw(FILTERS),
        groups=(MappingChange("externalId", remove=True),)
        if groups and draw(st.booleans())
        else (),
        groups_enabled=groups,
        group_filter=draw(st.sampled_from([None, {"attribute": "mail", "operator": "IS NULL"}])),
    )
    # A reference, a matching expression and the like are refused; only what passes is a case.
    wrong = {flaw.field for flaw in settings_flaws(APP, made)}
    kept = [one for at, one in enumerate(made.users) if f"users.{at}" not in wrong]
    made = replace(made, users=tuple(kept))
    return made if not settings_flaws(APP, made) else replace(made, users=())


# --- documents ---------------------------------------------------------------

UNKNOWN: st.SearchStrategy[Any] = st.sampled_from(
    [None, 1, 1.5, "x", [], {}, {"deep": [{"er": None}]}, 10**30, True]
)
RESPELLED = ("flowType", "flowBehavior", "type", "mutability")


@st.composite
def documents(draw: st.DrawFn) -> Plain:
    """Documents as another program may have written them: fields of its own, words of its own."""
    plain = exported(draw(valid_settings()))
    for node in list(_objects(plain)):
        if draw(st.integers(0, 9)) == 0:
            node[draw(st.sampled_from(["x-own", "@odata.type", "note"]))] = draw(UNKNOWN)
    for node in _objects(plain):
        for name in RESPELLED:
            if isinstance(node.get(name), str) and draw(st.integers(0, 19)) == 0:
                node[name] = draw(st.sampled_from([node[name].lower(), node[name].upper()]))
    for mapping in plain["synchronizationRules"][0]["objectMappings"]:
        mapping["attributeMappings"] = draw(st.permutations(mapping["attributeMappings"]))
        mapping["flowTypes"] = mapping["flowTypes"].lower().replace(", ", ",")
        for one in mapping["attributeMappings"]:
            if one["source"] and one["source"]["type"] and draw(st.integers(0, 9)) == 0:
                one["source"]["parameters"] = draw(st.sampled_from([[], None]))
            for name in ("exportMissingReferences", "flowNullValues"):
                if draw(st.integers(0, 9)) == 0:
                    one.pop(name, None)
    return plain


def _objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _objects(one)
