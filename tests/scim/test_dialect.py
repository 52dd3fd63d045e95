"""Every departure by name: understood where it is spoken, refused with its rule where it is not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.scim.people import BADGE, GROUPS, OLD, USERS, ada, message, sent

from seatkeeper.scim import dialect, translation
from seatkeeper.scim.dialect import MOST_FINDINGS, QUIRKS, STRICT, TOLERANT, Inspection, Quirk
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.finding import Finding, Verdict
from seatkeeper.scim.members import member_ids, split_members
from seatkeeper.scim.messages import ENTERPRISE_USER, GROUP, USER, Json, Resource
from seatkeeper.scim.operation import read_operations
from seatkeeper.scim.patch import apply_operations
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.validation import received

WORK = 'emails[type eq "work"].value'
MANAGER = f"{ENTERPRISE_USER}:manager"
HOME: Resource = {"type": "home", "value": "a@h"}


def post(body: Resource) -> Callable[[Inspection], Any]:
    return lambda inspection: received(body, USERS, inspection)


def patch(*operations: Resource, **held: Json) -> Callable[[Inspection], Any]:
    def run(inspection: Inspection) -> Any:
        read = read_operations(message(*operations), USERS, inspection)
        return apply_operations(ada(**held), read, USERS, inspection)

    return run


def find(text: str) -> Callable[[Inspection], Any]:
    tree = parse_filter(text)
    return lambda inspection: compile_filter(tree, USERS, inspection)(ada())


def leave(operation: Resource) -> Callable[[Inspection], Any]:
    return lambda inspection: split_members(
        read_operations(message(operation), GROUPS, inspection), inspection
    )


SPOKEN: list[tuple[Quirk, Callable[[Inspection], Any], Any]] = [
    (dialect.STRING_BOOLEAN, post(sent(active="False")), ada(active=False)),
    (dialect.STRING_BOOLEAN, find('active eq "True"'), True),
    (
        dialect.OP_CASE,
        patch({"op": "Replace", "path": "active", "value": False}),
        ada(active=False),
    ),
    (
        dialect.REFERENCE_TEXT,
        patch({"op": "add", "path": MANAGER, "value": "m"}),
        ada(**{ENTERPRISE_USER: {"manager": {"value": "m"}}}),
    ),
    (
        dialect.REFERENCE_LIST,
        patch({"op": "add", "path": MANAGER, "value": [{"value": "m", "$ref": "../Users/m"}]}),
        ada(**{ENTERPRISE_USER: {"manager": {"value": "m", "$ref": "../Users/m"}}}),
    ),
    (
        dialect.BOXED_VALUE,
        patch({"op": "add", "path": "title", "value": [{"$ref": None, "value": "Lead"}]}),
        ada(title="Lead"),
    ),
    (dialect.BOXED_VALUE, post(sent(title=["Lead"])), ada(title="Lead")),
    (
        dialect.BOXED_VALUE,
        patch(
            {"op": "replace", "path": 'emails[type eq "home"]', "value": [{"value": "b@h"}]},
            emails=[HOME],
        ),
        ada(emails=[{"type": "home", "value": "b@h"}]),
    ),
    (dialect.SINGLE_ELEMENT, post(sent(emails=HOME)), ada(emails=[HOME])),
    (dialect.BARE_ELEMENT, post(sent(roles=["User"])), ada(roles=[{"value": "User"}])),
    (dialect.NULL_ELEMENT, post(sent(emails=[None, HOME])), ada(emails=[HOME])),
    (dialect.EMPTY_TEXT, post(sent(title="")), ada()),
    (
        dialect.EMPTY_TEXT,
        patch({"op": "replace", "path": "title", "value": ""}, title="Lead"),
        ada(),
    ),
    (
        dialect.REMOVE_WITH_VALUE,
        patch({"op": "remove", "path": "emails", "value": [{"value": "A@h"}]}, emails=[HOME]),
        ada(),
    ),
    (
        dialect.CREATED_BY_FILTER,
        patch({"op": "replace", "path": WORK, "value": "a@x"}),
        ada(emails=[{"type": "work", "value": "a@x"}]),
    ),
    (
        dialect.CREATED_BY_FILTER,
        patch({"op": "replace", "path": WORK, "value": None}, emails=[HOME]),
        ada(emails=[HOME]),
    ),
    (
        dialect.DOTTED_KEY,
        patch({"op": "replace", "value": {"name.givenName": "Ada"}}),
        ada(name={"givenName": "Ada"}),
    ),
    (dialect.DOTTED_KEY, post(sent(**{"name.givenName": "Ada"})), ada(name={"givenName": "Ada"})),
    (
        dialect.URN_KEY,
        patch({"op": "replace", "value": {f"{ENTERPRISE_USER}:employeeNumber": "7"}}),
        ada(**{ENTERPRISE_USER: {"employeeNumber": "7"}}),
    ),
    (
        dialect.URN_KEY,
        post({**sent(), f"{ENTERPRISE_USER}:employeeNumber": "7"}),
        ada(**{ENTERPRISE_USER: {"employeeNumber": "7"}}),
    ),
    (
        dialect.DOTTED_URN,
        patch({"op": "add", "path": f"{OLD}.department", "value": "R"}),
        ada(**{OLD: {"department": "R"}}),
    ),
    (dialect.READ_ONLY_WRITTEN, patch({"op": "replace", "path": "id", "value": "1"}), ada()),
    (
        dialect.READ_ONLY_WRITTEN,
        patch({"op": "replace", "path": f"{BADGE}:holder.label", "value": "1"}),
        ada(),
    ),
    (dialect.SCHEMAS_MISSING, post(ada()), ada()),
    (dialect.SCHEMAS_MISSING, post({**ada(), "schemas": "urn:x"}), ada()),
    (
        dialect.SCHEMAS_MISSING,
        lambda inspection: (
            read_operations(
                {"Operations": [{"op": "add", "path": "title", "value": "x"}]}, USERS, inspection
            )[0].value
        ),
        "x",
    ),
    (
        dialect.SCHEMAS_UNKNOWN,
        lambda inspection: received(
            {"schemas": [GROUP, "http://x/ADSCIM/2.0/Group", 3], "displayName": "Crew"},
            GROUPS,
            inspection,
        ),
        {"displayName": "Crew"},
    ),
    (
        dialect.EXTENSION_UNLISTED,
        post({"schemas": [USER], **ada(**{BADGE: {"tag": "x"}})}),
        ada(**{BADGE: {"tag": "x"}}),
    ),
    (dialect.UNKNOWN_ATTRIBUTE, post(sent(own="x")), ada(own="x")),
    (dialect.UNKNOWN_ATTRIBUTE, post(sent(name={"own": "x"})), ada(name={"own": "x"})),
    (
        dialect.UNKNOWN_ATTRIBUTE,
        post({"schemas": [USER], **ada(), "urn:own": {"x": 1}}),
        {**ada(), "urn:own": {"x": 1}},
    ),
    (dialect.FILTER_UNKNOWN, find('manager eq "m"'), False),
    (dialect.FILTER_UNKNOWN, find("emails[own pr]"), False),
    (dialect.FILTER_MISFIT, find("userName eq 3"), False),
    (dialect.FILTER_MISFIT, find('name eq "x"'), False),
    (dialect.FILTER_MISFIT, find('active co "x"'), False),
    (dialect.FILTER_MISFIT, find('active eq "perhaps"'), False),
    (dialect.FILTER_MISFIT, find(f'{BADGE}:number eq "3"'), False),
    (dialect.FILTER_MISFIT, find(f'{BADGE}:since gt "soon"'), False),
    (
        dialect.REMOVE_WITH_VALUE,
        lambda inspection: (
            leave({"op": "remove", "path": "members", "value": [{"value": "a"}]})(inspection)[1][
                0
            ].ids
        ),
        ("a",),
    ),
    (dialect.BARE_ELEMENT, lambda inspection: member_ids(["a"], inspection), ("a",)),
    (dialect.SINGLE_ELEMENT, lambda inspection: member_ids({"value": "a"}, inspection), ("a",)),
]


@pytest.mark.parametrize(
    ("quirk", "said", "meant"), SPOKEN, ids=[f"{one[0].name}-{at}" for at, one in enumerate(SPOKEN)]
)
def test_a_departure_is_understood_where_it_is_spoken(
    quirk: Quirk, said: Callable[[Inspection], Any], meant: Any
) -> None:
    inspection = Inspection(STRICT.with_(quirk))

    found = said(inspection)

    broken = [one for one in inspection.findings if one.verdict is Verdict.BROKEN]
    assert found == meant
    assert [(one.rule, one.text) for one in broken] == [(quirk.rule, quirk.says)] * len(broken)
    assert broken


@pytest.mark.parametrize(
    ("quirk", "said"), [one[:2] for one in SPOKEN], ids=[str(at) for at, _ in enumerate(SPOKEN)]
)
def test_a_departure_is_refused_with_its_rule_where_it_is_not(
    quirk: Quirk, said: Callable[[Inspection], Any]
) -> None:
    inspection = Inspection(TOLERANT.without(quirk))

    with pytest.raises(ScimError) as caught:
        said(inspection)

    assert (caught.value.status, caught.value.scim_type) == (400, quirk.scim_type)
    assert quirk.rule in caught.value.message
    assert inspection.findings[-1].rule == quirk.rule


def test_every_departure_has_a_case_and_evidence() -> None:
    never_read = {dialect.JSON_IN_TEXT, dialect.PRIMARY_TWICE}
    elsewhere = {*never_read, dialect.CONTENT_TYPE_MISSING}

    assert {one[0] for one in SPOKEN} | elsewhere == set(QUIRKS)
    assert all(one.evidence and one.rule.startswith("RFC 764") for one in QUIRKS)
    assert len({one.name for one in QUIRKS}) == len(QUIRKS)


ROLE = json.dumps({"id": "1", "value": "User", "displayName": "A user"})


def test_a_role_as_json_in_a_text_stays_text_unless_the_app_reads_it() -> None:
    body = sent(roles=[{"value": ROLE}])

    kept = received(body, USERS)
    read = received(body, USERS, Inspection(TOLERANT.with_(dialect.JSON_IN_TEXT)))

    assert kept["roles"] == [{"value": ROLE}]
    assert read["roles"] == [{"value": "User", "display": "A user"}]


@pytest.mark.parametrize("text", ["{", "{}", '{"value": 3}', "[1]", "User", '{"a":' * 5_000])
def test_a_text_that_is_no_role_stays_a_text(text: str) -> None:
    inspection = Inspection(TOLERANT.with_(dialect.JSON_IN_TEXT))
    element: Json = {"value": text}

    assert translation.element_from_json(element, "roles", inspection) == element


def test_a_role_without_a_display_name_has_only_its_value() -> None:
    inspection = Inspection(TOLERANT.with_(dialect.JSON_IN_TEXT))
    element: Json = {"value": '{"value": "User"}', "primary": True}

    found = translation.element_from_json(element, "roles", inspection)

    assert found == {"value": "User", "primary": True}


def test_a_request_that_follows_the_rfc_meets_rules_and_breaks_none() -> None:
    inspection = Inspection(STRICT)

    post(sent(emails=[HOME]))(inspection)
    patch({"op": "replace", "path": "title", "value": "Lead"})(inspection)
    patch({"op": "replace", "path": "title", "value": "Lead"})(inspection)

    assert {one.verdict for one in inspection.findings} == {Verdict.MET}
    assert len(inspection.findings) == 3


def test_a_finding_says_where_in_the_request_it_was() -> None:
    inspection = Inspection()

    patch(
        {"op": "add", "path": "title", "value": "Lead"},
        {"op": "replace", "path": "active", "value": "False"},
    )(inspection)

    assert [one for one in inspection.findings if one.verdict is Verdict.BROKEN] == [
        Finding("RFC 7643 2.3.2", "Operations[1]: active", dialect.STRING_BOOLEAN.says)
    ]


def test_a_message_of_many_departures_is_noted_in_part() -> None:
    inspection = Inspection()

    post(sent(roles=[f"r{at}" for at in range(500)]))(inspection)

    assert len(inspection.findings) == MOST_FINDINGS


@pytest.mark.parametrize("value", ["Work", "elsewhere"])
def test_an_unusual_type_is_advised_against_and_kept(value: str) -> None:
    inspection = Inspection(STRICT)

    found = received(sent(emails=[{"type": value, "value": "a@x"}]), USERS, inspection)

    advised = [one for one in inspection.findings if one.verdict is Verdict.ADVICE]
    assert found["emails"] == [{"type": value, "value": "a@x"}]
    assert [one.where for one in advised] == (["emails.type"] if value == "elsewhere" else [])
