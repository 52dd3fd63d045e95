"""Every function of the mapping language: its name, what it takes, what it gives.

    source change -> scope -> [map] -> match -> plan -> export -> log

One table, read by the check, the compiler, the schema JSON and the
documentation, so that they cannot disagree (mapping language 3, graph API 7).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.provisioning.expression import functions as f
from seatkeeper.provisioning.expression import generators as g
from seatkeeper.provisioning.expression.values import Environment, Value


class Takes(StrEnum):
    """What a parameter takes, and what a function gives."""

    ANY = "any"
    TEXT = "text"
    WHOLE = "whole number"
    PLACE = "whole number from 1"
    DATE = "date"
    TRUTH = "truth"
    LIST = "list"
    ROLES = "roles"
    CONDITION = "condition"
    PATTERN = "pattern"
    FORMAT = "date format"
    INPUT_FORMAT = "date format that reads"
    STYLES = "styles of dates"
    INTERVAL = "interval"
    CULTURE = "culture"
    COMPARE = "vbTextCompare or vbBinaryCompare"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. ``optional``: it may be left empty."""

    name: str
    takes: Takes = Takes.TEXT
    optional: bool = False


class Form(StrEnum):
    """How a function is carried out: plainly, or by the compiler because it decides what runs."""

    PLAIN = "plain"
    AROUND = "around"
    IIF = "iif"
    SWITCH = "switch"
    COALESCE = "coalesce"
    DROP = "drop"
    REPLACE = "replace"
    UNIQUE = "unique"


@dataclass(frozen=True, slots=True)
class Function:
    """One function. ``repeated`` parameters follow the others, ``least`` times at least."""

    name: str
    parameters: tuple[Parameter, ...]
    gives: Takes = Takes.TEXT
    repeated: tuple[Parameter, ...] = ()
    least: int = 0
    form: Form = Form.PLAIN
    plain: Callable[..., Value] | None = None
    around: Callable[[Environment, tuple[Value, ...]], Value] | None = None

    def parameter(self, place: int) -> Parameter | None:
        """Return the parameter at ``place`` (from 0), or none where there are fewer."""
        if place < len(self.parameters):
            return self.parameters[place]
        if not self.repeated:
            return None
        return self.repeated[(place - len(self.parameters)) % len(self.repeated)]

    def key(self, place: int) -> str:
        """Return the name under which the schema JSON keeps the argument at ``place``."""
        parameter = self.parameter(place)
        assert parameter is not None  # noqa: S101 - only arguments that were checked are printed
        if place < len(self.parameters):
            return parameter.name
        return f"{parameter.name}{(place - len(self.parameters)) // len(self.repeated) + 1}"

    def call(self, environment: Environment, values: Sequence[Value]) -> Value:
        """Carry out a function of a ``PLAIN`` or ``AROUND`` form; values not given are null."""
        if self.around is not None:
            return self.around(environment, tuple(values))
        assert self.plain is not None  # noqa: S101 - only these forms are carried out here
        return self.plain(*values, *[None] * (len(self.parameters) - len(values)))

    @property
    def signature(self) -> str:
        """The function as people read it: ``Left(String, NumChars)``."""
        names = [f"{one.name}?" if one.optional else one.name for one in self.parameters]
        names += [f"{one.name}1" for one in self.repeated]
        return f"{self.name}({', '.join(names)}{', ...' if self.repeated else ''})"


def _required(*names: str, takes: Takes = Takes.TEXT) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, takes) for name in names)


def _plain(
    name: str, call: Callable[..., Value], *parameters: Parameter, gives: Takes = Takes.TEXT
) -> Function:
    return Function(name, parameters, gives, plain=call)


def _around(
    name: str,
    call: Callable[[Environment, tuple[Value, ...]], Value],
    *parameters: Parameter,
    gives: Takes = Takes.TEXT,
) -> Function:
    return Function(name, parameters, gives, form=Form.AROUND, around=call)


_SOURCE: Final = Parameter("source")
_ANYTHING: Final = Parameter("Expression", Takes.ANY)
_CULTURE: Final = Parameter("culture", Takes.CULTURE, optional=True)
_ROLES: Final = Parameter("appRoleAssignments", Takes.ROLES)

_ALL: Final = (
    _plain("Append", f.append, _SOURCE, Parameter("suffix")),
    _plain("BitAnd", f.bit_and, *_required("value1", "value2", takes=Takes.WHOLE),
           gives=Takes.WHOLE),
    _plain("CBool", f.c_bool, Parameter("Expression", Takes.CONDITION), gives=Takes.TRUTH),
    _plain("CDate", f.c_date, Parameter("expression", Takes.DATE), gives=Takes.DATE),
    _plain("ConvertToBase64", f.convert_to_base64, _SOURCE),
    _plain("ConvertToUTF8Hex", f.convert_to_utf8_hex, _SOURCE),
    _plain("Count", f.count, Parameter("attribute", Takes.LIST), gives=Takes.WHOLE),
    _plain("CStr", f.c_str, Parameter("value")),
    _plain("DateAdd", f.date_add, Parameter("interval", Takes.INTERVAL),
           Parameter("value", Takes.WHOLE), Parameter("dateTime", Takes.DATE), gives=Takes.DATE),
    _plain("DateDiff", f.date_diff, Parameter("interval", Takes.INTERVAL),
           Parameter("date1", Takes.DATE), Parameter("date2", Takes.DATE), gives=Takes.WHOLE),
    _plain("DateFromNum", f.date_from_num, Parameter("value", Takes.WHOLE), gives=Takes.DATE),
    _plain("FormatDateTime", f.format_date_time, _SOURCE,
           Parameter("dateTimeStyles", Takes.STYLES, optional=True),
           Parameter("inputFormat", Takes.INPUT_FORMAT, optional=True),
           Parameter("outputFormat", Takes.FORMAT)),
    _plain("InStr", f.in_str, Parameter("value1"), Parameter("value2"),
           Parameter("start", Takes.PLACE, optional=True),
           Parameter("compareType", Takes.COMPARE, optional=True), gives=Takes.WHOLE),
    _plain("IsNull", f.is_null, _ANYTHING, gives=Takes.TRUTH),
    _plain("IsNullOrEmpty", f.is_null_or_empty, _ANYTHING, gives=Takes.TRUTH),
    _plain("IsPresent", f.is_present, _ANYTHING, gives=Takes.TRUTH),
    _plain("IsString", f.is_string, _ANYTHING, gives=Takes.TRUTH),
    _plain("Item", f.item, Parameter("attribute", Takes.LIST), Parameter("index", Takes.PLACE)),
    Function("Join", (Parameter("separator"),), repeated=(Parameter("source", Takes.LIST),),
             least=1, plain=f.join),
    _plain("Left", f.left, Parameter("String"), Parameter("NumChars", Takes.WHOLE)),
    _plain("Mid", f.mid, _SOURCE, Parameter("start", Takes.PLACE),
           Parameter("length", Takes.WHOLE)),
    _plain("NormalizeDiacritics", f.normalize_diacritics, _SOURCE),
    _plain("Not", f.negated, Parameter("source"), gives=Takes.TRUTH),
    _plain("NumFromDate", f.num_from_date, Parameter("value", Takes.DATE), gives=Takes.WHOLE),
    _plain("PCase", f.p_case, _SOURCE, Parameter("wordSeparators", optional=True)),
    _plain("RemoveDuplicates", f.remove_duplicates, Parameter("attribute", Takes.LIST),
           gives=Takes.LIST),
    _plain("Split", f.split, _SOURCE, Parameter("delimiter"), gives=Takes.LIST),
    _plain("StripSpaces", f.strip_spaces, _SOURCE),
    _plain("ToLower", f.to_lower, _SOURCE, _CULTURE),
    _plain("ToUpper", f.to_upper, _SOURCE, _CULTURE),
    _plain("Word", f.word, Parameter("String"), Parameter("WordNumber", Takes.WHOLE),
           Parameter("Delimiters")),
    _around("AppRoleAssignments", g.role_values, _ROLES, gives=Takes.LIST),
    _around("AppRoleAssignmentsComplex", g.role_elements, _ROLES, gives=Takes.ROLES),
    _around("AssertiveAppRoleAssignmentsComplex", g.role_elements, _ROLES, gives=Takes.ROLES),
    _around("SingleAppRoleAssignment", g.single_role, _ROLES),
    _around("DefaultDomain", g.default_domain),
    _around("Guid", g.guid),
    _around("Now", g.now, gives=Takes.DATE),
    _around("RandomString", g.random_string,
            *_required("Length", "MinimumNumbers", "MinimumSpecialCharacters", "MinimumCapital",
                       "MinimumLowerCase", takes=Takes.WHOLE),
            Parameter("CharactersToAvoid", optional=True)),
    _around("Redact", g.same, Parameter("value", Takes.ANY), gives=Takes.ANY),
    Function("Coalesce", (), Takes.ANY, repeated=(Parameter("source", Takes.ANY),), least=1,
             form=Form.COALESCE),
    Function("IgnoreFlowIfNullOrEmpty", (Parameter("expression", Takes.ANY),), Takes.ANY,
             form=Form.DROP),
    Function("IIF", (Parameter("condition", Takes.CONDITION),
                     *_required("valueIfTrue", "valueIfFalse", takes=Takes.ANY)),
             Takes.ANY, form=Form.IIF),
    Function("Replace", (_SOURCE, *(Parameter(name, kind, optional=True) for name, kind in (
                ("oldValue", Takes.TEXT), ("regexPattern", Takes.PATTERN),
                ("regexGroupName", Takes.TEXT), ("replacementValue", Takes.TEXT),
                ("replacementAttributeName", Takes.TEXT), ("template", Takes.TEXT)))),
             form=Form.REPLACE),
    Function("SelectUniqueValue", (), repeated=(Parameter("uniqueValueRule"),), least=2,
             form=Form.UNIQUE),
    Function("Switch", (Parameter("source"), Parameter("defaultValue", Takes.ANY, optional=True)),
             Takes.ANY, repeated=(Parameter("key"), Parameter("value", Takes.ANY)), least=1,
             form=Form.SWITCH),
)  # fmt: skip

FUNCTIONS: Final[Mapping[str, Function]] = {one.name: one for one in _ALL}
"""Every function by its exact name."""

OTHER_WORDS: Final[Mapping[str, str]] = {
    "adddays": "DateAdd", "addmonths": "DateAdd", "case": "Switch", "charindex": "InStr",
    "choose": "Switch", "concat": "Join", "concatenate": "Join", "contains": "InStr",
    "dateformat": "FormatDateTime", "datesub": "DateAdd", "decode": "Switch", "default": "Coalesce",
    "distinct": "RemoveDuplicates", "empty": "IsNullOrEmpty", "find": "InStr", "first": "Item",
    "format": "FormatDateTime", "getdate": "Now", "if": "IIF", "ifelse": "IIF",
    "ifempty": "Coalesce", "iff": "IIF", "ifnull": "Coalesce", "indexof": "InStr",
    "initcap": "PCase", "isblank": "IsNullOrEmpty", "isempty": "IsNullOrEmpty", "lcase": "ToLower",
    "locate": "InStr", "lower": "ToLower", "lowercase": "ToLower", "ltrim": "StripSpaces",
    "newguid": "Guid", "newid": "Guid", "normalize": "NormalizeDiacritics", "nvl": "Coalesce",
    "position": "InStr", "proper": "PCase", "propercase": "PCase", "rand": "RandomString",
    "random": "RandomString", "regex_replace": "Replace", "regexreplace": "Replace",
    "removespaces": "StripSpaces", "replaceall": "Replace", "right": "Mid", "rtrim": "StripSpaces",
    "search": "InStr", "str": "CStr", "strip": "StripSpaces", "substitute": "Replace",
    "substr": "Mid", "substring": "Mid", "sysdate": "Now", "textjoin": "Join", "titlecase": "PCase",
    "tobase64": "ConvertToBase64", "tobit": "CBool", "tobool": "CBool", "todate": "CDate",
    "today": "Now", "tostring": "CStr", "trim": "StripSpaces", "ucase": "ToUpper",
    "unique": "RemoveDuplicates", "upper": "ToUpper", "uppercase": "ToUpper", "utcnow": "Now",
    "uuid": "Guid",
}  # fmt: skip
"""What people who know other languages write, and what they mean here."""

MAKES_ANEW: Final = frozenset({"Guid", "RandomString", "SelectUniqueValue"})
"""Functions that give another value each time; only for mappings that apply at creation."""
