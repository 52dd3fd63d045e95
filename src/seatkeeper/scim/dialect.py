"""Dialects: where real clients leave the RFC, each departure by name and with its evidence.

Beside the walk. A ``Dialect`` says which departures are understood; an
``Inspection`` follows one request through reading, notes every departure as a
finding, and refuses those that the dialect does not understand. So tolerance
and strictness are one code with one switch. What a departure means is in
``translation``; removing a quirk is removing it here and there.
"""

from dataclasses import dataclass
from typing import Final

from seatkeeper.scim.errors import refusal_of
from seatkeeper.scim.finding import Finding, Verdict

MOST_FINDINGS: Final = 100


@dataclass(frozen=True, eq=False)
class Quirk:
    """One departure: the rule it breaks, how a strict service refuses it, who sends it."""

    name: str
    rule: str
    scim_type: str
    says: str
    evidence: str


def _quirk(name: str, rule: str, scim_type: str, says: str, evidence: str) -> Quirk:
    return Quirk(name, rule, scim_type, says, evidence)


STRING_BOOLEAN: Final = _quirk(
    "string-boolean",
    "RFC 7643 2.3.2",
    "invalidValue",
    "A boolean is true or false, without quotes.",
    'Entra without its flag aadOptscim062020 disables with "False", as its documentation shows.',
)
OP_CASE: Final = _quirk(
    "op-case",
    "RFC 7644 3.5.2",
    "invalidSyntax",
    "op is add, replace or remove, in small letters.",
    "Entra sends Add, Replace, Remove (its documentation of the SCIM client).",
)
REFERENCE_TEXT: Final = _quirk(
    "reference-text",
    "RFC 7643 4.3",
    "invalidValue",
    "A reference such as manager is an object with value.",
    "Entra, recorded in PATCH (SCIM-SDK issue 686) and POST (directory-scimple issue 1242).",
)
REFERENCE_LIST: Final = _quirk(
    "reference-list",
    "RFC 7643 2.4",
    "invalidValue",
    "An attribute with one value takes no list.",
    "Entra's documentation sends manager as a list with one object.",
)
BOXED_VALUE: Final = _quirk(
    "boxed-value",
    "RFC 7644 3.5.2",
    "invalidValue",
    'A single value travels as itself, not as [{"value": ...}].',
    "Microsoft's first SCIM library expects it so (AzureAD-BYOA-Provisioning-Samples issue 22).",
)
SINGLE_ELEMENT: Final = _quirk(
    "single-element",
    "RFC 7643 2.4",
    "invalidValue",
    "An attribute with several values takes a list, also for one.",
    "No client in particular; it has only one meaning.",
)
BARE_ELEMENT: Final = _quirk(
    "bare-element",
    "RFC 7643 2.4",
    "invalidValue",
    "An element of a complex attribute is an object.",
    "Clients remove and add members as plain ids.",
)
NULL_ELEMENT: Final = _quirk(
    "null-element",
    "RFC 7643 2.5",
    "invalidValue",
    "A list holds values; null is the absence of one.",
    "Clients that build lists from empty fields.",
)
EMPTY_TEXT: Final = _quirk(
    "empty-text",
    "RFC 7643 2.5",
    "invalidValue",
    "An absent value is null or left out; an empty text is a value.",
    "Entra clears with an empty text (its validation suite, null handling).",
)
JSON_IN_TEXT: Final = _quirk(
    "json-in-text",
    "RFC 7643 2.3",
    "invalidValue",
    "A complex value is an object, not JSON inside a text.",
    "Entra's SingleAppRoleAssignment and AppRoleAssignmentsComplex (SCIM-SDK issue 516).",
)
REMOVE_WITH_VALUE: Final = _quirk(
    "remove-with-value",
    "RFC 7644 3.5.2.2",
    "invalidSyntax",
    "A remove names its values by a filter in the path, not by a value.",
    "Entra without its flag removes members so (its documentation).",
)
CREATED_BY_FILTER: Final = _quirk(
    "created-by-filter",
    "RFC 7644 3.5.2.3",
    "noTarget",
    "A path whose filter meets no value has no target.",
    "Entra replaces emails[type eq work] before there is one (sourcegraph pull request 49200).",
)
DOTTED_KEY: Final = _quirk(
    "dotted-key",
    "RFC 7644 3.5.2",
    "invalidSyntax",
    "A key is the name of one attribute; a path stands in path.",
    "Entra with aadOptscim062020 merges changes under keys such as name.givenName.",
)
URN_KEY: Final = _quirk(
    "urn-key",
    "RFC 7643 3.3",
    "invalidSyntax",
    "Attributes of an extension stand in an object under its URN.",
    "Entra with aadOptscim062020 sends keys such as urn:...:User:employeeNumber.",
)
DOTTED_URN: Final = _quirk(
    "dotted-urn",
    "RFC 7644 3.10",
    "invalidPath",
    "A colon stands between an extension's URN and the attribute.",
    "SCIM 1.1 mappings of Slack and Workplace, in Entra's gallery.",
)
READ_ONLY_WRITTEN: Final = _quirk(
    "read-only-written",
    "RFC 7644 3.5.2",
    "mutability",
    "A read-only attribute is not written.",
    "Okta repeats id in the value of a replace without a path.",
)
SCHEMAS_MISSING: Final = _quirk(
    "schemas-missing",
    "RFC 7643 3",
    "invalidSyntax",
    "schemas names the schema of the message or resource.",
    "Hand-written clients and older connectors.",
)
SCHEMAS_UNKNOWN: Final = _quirk(
    "schemas-unknown",
    "RFC 7643 3",
    "invalidSyntax",
    "schemas names schemas that the service provider has.",
    "Entra adds http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group.",
)
EXTENSION_UNLISTED: Final = _quirk(
    "extension-unlisted",
    "RFC 7643 3",
    "invalidSyntax",
    "schemas names each extension whose attributes are there.",
    "Entra leaves custom extensions out (its documentation of custom attributes).",
)
UNKNOWN_ATTRIBUTE: Final = _quirk(
    "unknown-attribute",
    "RFC 7643 3",
    "invalidPath",
    "An attribute belongs to a schema that the service provider has.",
    "Every client with mappings of its own.",
)
FILTER_UNKNOWN: Final = _quirk(
    "filter-unknown",
    "RFC 7644 3.4.2.2",
    "invalidFilter",
    "A filter asks for attributes that a schema defines.",
    "Entra asked for manager without its URN until 2019 (its reference check).",
)
FILTER_MISFIT: Final = _quirk(
    "filter-misfit",
    "RFC 7644 3.4.2.2",
    "invalidFilter",
    "A filter compares an attribute with a value of its own type.",
    "Clients that quote every value.",
)
CONTENT_TYPE_MISSING: Final = _quirk(
    "content-type-missing",
    "RFC 7644 3.1",
    "invalidSyntax",
    "A body says what it is: application/scim+json or application/json.",
    "Scripts that post text without saying that it is JSON.",
)
PRIMARY_TWICE: Final = _quirk(
    "primary-twice",
    "RFC 7643 2.4",
    "invalidValue",
    "primary is true for one value at most.",
    "Nobody is understood so: which one was meant cannot be known.",
)

QUIRKS: Final = tuple(value for value in dict(globals()).values() if isinstance(value, Quirk))


@dataclass(frozen=True)
class Dialect:
    """Which departures are understood."""

    understood: frozenset[Quirk]

    def without(self, *quirks: Quirk) -> "Dialect":
        """Return a dialect that understands less."""
        return Dialect(self.understood - set(quirks))

    def with_(self, *quirks: Quirk) -> "Dialect":
        """Return a dialect that understands more."""
        return Dialect(self.understood | set(quirks))


STRICT: Final = Dialect(frozenset())
# JSON inside a text is a legal text too, so reading it needs the app's word.
TOLERANT: Final = Dialect(frozenset(QUIRKS) - {JSON_IN_TEXT, PRIMARY_TWICE})


class Inspection:
    """One request on its way through reading: what was noticed so far, and in which dialect.

    Made anew for each request and thrown away with it. ``place`` is where the
    reading stands, such as ``Operations[2]``; ``departures`` counts them all.
    """

    def __init__(self, dialect: Dialect = TOLERANT) -> None:
        self._dialect = dialect
        self._found: list[Finding] = []
        self._met: set[str] = set()
        self.place = ""
        self.departures = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed, in the order of reading; the first hundred."""
        return tuple(self._found)

    def understands(self, quirk: Quirk) -> bool:
        """Say whether the dialect has this departure."""
        return quirk in self._dialect.understood

    def tolerate(self, quirk: Quirk, where: str) -> None:
        """Note a departure; raise its refusal where the dialect does not understand it."""
        self.departures += 1
        place = ": ".join(part for part in (self.place, where[:200]) if part)
        self._note(Finding(quirk.rule, place, quirk.says, quirk=quirk.name))
        if quirk not in self._dialect.understood:
            raise refusal_of(quirk.scim_type, f"{place}: {quirk.says} ({quirk.rule})")

    def met(self, rule: str, text: str) -> None:
        """Note that a rule was met, once per request."""
        if text not in self._met:
            self._met.add(text)
            self._note(Finding(rule, "", text, Verdict.MET))

    def advise(self, rule: str, where: str, text: str) -> None:
        """Note what is allowed and yet may surprise somebody."""
        self._note(Finding(rule, where[:200], text, Verdict.ADVICE))

    def _note(self, finding: Finding) -> None:
        if len(self._found) < MOST_FINDINGS:
            self._found.append(finding)
