"""Scoping filters between the document's sets of groups and our trees."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.configuration.sync_schema.schemas import (
    START,
    Plain,
    exported,
    imported,
    object_mapping,
)

from seatkeeper.configuration.sync_schema.scopes import CARRIER, read_scope
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.provisioning.condition.plain import from_plain

KITES: Plain = {"attribute": "department", "operator": "EQUALS", "values": ["Kites"]}
TITLED: Plain = {"attribute": "jobTitle", "operator": "IS NOT NULL"}


def clause(attribute: str, operator: str, *values: str, **more: Any) -> Plain:
    return {
        "operatorName": operator,
        "sourceOperandName": attribute,
        "targetOperand": {"values": list(values)},
        **more,
    }


def group(name: str, *clauses: Plain, **more: Any) -> Plain:
    return {"name": name, "clauses": list(clauses), **more}


def scoped(scope: Any) -> Plain:
    plain = exported(START)
    object_mapping(plain)["scope"] = scope
    return plain


def test_any_of_the_groups_each_all_of_its_clauses() -> None:
    scope = {
        "groups": [
            group(
                "North", clause("department", "equals", "Kites"), clause("jobTitle", "is_not_null")
            ),
            group("", clause("city", "REGEX MATCH", "W.*")),
        ]
    }

    assert imported(scoped(scope)).user_filter == {
        "any": [
            {"name": "North", "all": [KITES, TITLED]},
            {"all": [{"attribute": "city", "operator": "REGEX MATCH", "values": ["W.*"]}]},
        ]
    }


@pytest.mark.parametrize("scope", [None, {}, {"groups": []}, {"groups": None}])
def test_no_group_restricts_nothing(scope: Any) -> None:
    assert imported(scoped(scope)).user_filter is None


def test_all_three_sets_must_hold() -> None:
    scope = {
        "inputFilterGroups": [group("", clause("city", "EQUALS", "Wick"))],
        "categoryFilterGroups": [group("", clause("department", "EQUALS", "Kites"))],
    }
    walk = Walk()

    read = read_scope(walk, scope, "$.scope")

    assert read.condition == from_plain(
        {
            "all": [
                {
                    "name": "inputFilterGroups",
                    "any": [
                        {"all": [{"attribute": "city", "operator": "EQUALS", "values": ["Wick"]}]}
                    ],
                },
                {"name": "categoryFilterGroups", "any": [{"all": [KITES]}]},
            ]
        }
    )
    assert read.places["all.0.any.0.all.0"] == "$.scope.inputFilterGroups[0].clauses[0]"
    assert any("deprovisioned" in note for note in walk.notes)
    found = imported(scoped(scope))
    assert object_mapping(exported(found))["scope"] == {**scope, "groups": []}


@pytest.mark.parametrize(
    "plain",
    [
        KITES,
        {"all": [KITES, TITLED]},
        {"name": "North", "all": [KITES]},
        {"any": [KITES, {"all": [TITLED], "name": "b"}]},
        {"attribute": "department", "operator": "IN", "values": ["a", "b"]},
    ],
)
def test_what_groups_can_say_is_said_in_groups(plain: Plain) -> None:
    mine = replace(START, user_filter=plain)

    written = exported(mine)

    assert CARRIER not in str(written)
    assert imported(written, mine) == mine
    assert exported(imported(written)) == written


@pytest.mark.parametrize(
    "plain",
    [
        {"not": KITES},
        {"member_of": "Crew"},
        {"any": [KITES], "name": "titled"},
        {"all": [{"any": [KITES, TITLED]}]},
        {"all": [{"any": [{"not": KITES}], "name": "inputFilterGroups"}]},
        {**KITES, "over": "all"},
    ],
)
def test_what_groups_cannot_say_travels_in_a_clause_that_others_refuse(plain: Plain) -> None:
    mine = replace(START, user_filter=plain)

    written = exported(mine)

    [carried] = object_mapping(written)["scope"]["groups"]
    assert [one["operatorName"] for one in carried["clauses"]] == [CARRIER]
    assert imported(written) == mine


def test_nothing_can_stand_beside_a_carried_filter() -> None:
    written = exported(replace(START, user_filter={"not": KITES}))
    object_mapping(written)["scope"]["groups"].append(group("", clause("city", "IS NULL")))
    walk = Walk()

    read_scope(walk, object_mapping(written)["scope"], "$.scope")

    assert "nothing can stand beside it" in walk.faults[0][1]


@pytest.mark.parametrize("text", ["[" * 9_000, "{", "null"])
def test_a_carried_filter_that_is_none_is_refused(text: str) -> None:
    walk = Walk()

    read_scope(walk, {"groups": [group("", clause("objectId", CARRIER, text))]}, "$.scope")

    assert [place for place, _ in walk.faults] == ["$.scope.groups[0].clauses[0]"]


def test_groups_that_an_edit_keeps_keep_their_own_fields() -> None:
    north = group("North", clause("department", "Equals", "Kites", note=1), note=2)
    kept = scoped({"groups": [north, 7], "note": 3})
    object_mapping(kept)["scope"]["groups"].pop()
    edited = replace(
        START, user_filter={"any": [{"name": "North", "all": [KITES]}, {"all": [TITLED]}]}
    )

    after = object_mapping(exported(edited, kept))["scope"]

    assert after["groups"] == [north, group("", clause("jobTitle", "IS NOT NULL"))]
    assert after["note"] == 3


def test_a_filter_that_is_taken_away_leaves_empty_sets() -> None:
    kept = scoped({"groups": [group("a", clause("city", "IS NULL"))], "note": 3})

    after = object_mapping(exported(START, kept))["scope"]

    assert after == {
        "groups": [],
        "note": 3,
        "inputFilterGroups": [],
        "categoryFilterGroups": [],
    }
