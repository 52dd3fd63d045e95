"""What Larkspur's accounts must be, worked out anew from the sample's own files.

Nothing of the walk is used here: a mistake there cannot hide by being repeated.
"""

import json
from importlib import resources
from typing import Any

from tests.journeys.company import ENTERPRISE, FIFTEEN

from seatkeeper.cli.sample_company import sample_groups

_FILES = resources.files("seatkeeper.cli") / "sample"
ROLE = "5f1c0a52-7d3e-4b0e-9a55-15f15e053001"
PLAIN = {"title": "jobTitle", "userName": "userPrincipalName"}


def cells() -> dict[str, dict[str, Any]]:
    """Return what the sample says of everybody, by userName."""
    rows = map(json.loads, (_FILES / "people.jsonl").read_text("utf-8").splitlines())
    return {row["userPrincipalName"]: row for row in rows}


def awkward() -> dict[str, dict[str, str]]:
    """Return what is written down of the awkward cases, by userName."""
    return dict(json.loads((_FILES / "expectations.json").read_text("utf-8")))


def entitled() -> set[str]:
    """Return everybody whom an assignment with a role of the app's own reaches."""
    plain = json.loads((_FILES / "groups.json").read_text("utf-8"))
    by_name = {one["userPrincipalName"] for one in plain["direct"] if one["role"]}
    return by_name | {m for g in plain["groups"] if g["assigned"] for m in g["members"]}


def in_the_app() -> set[str]:
    """Return everybody who must have an account."""
    people = cells()
    chosen = {name for name in entitled() if people[name]["accountEnabled"]}
    mails: dict[str, set[str]] = {}
    for name in chosen:
        mails.setdefault(str(people[name].get("mail", "")).casefold(), set()).add(name)
    return {name for mail, names in mails.items() if mail and len(names) == 1 for name in names}


def expected_15five(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return each account by userName; managers by userName; ``ids`` by the name before the @."""
    people, there = cells(), in_the_app()
    found = {}
    for name in there:
        row = people[name]
        manager = row.get("manager")
        enterprise = {
            "employeeNumber": row.get("employeeId"),
            "manager": {"value": manager} if manager in there else None,
        }
        own = {
            "location": row.get("physicalDeliveryOfficeName"),
            "startDate": row.get("extensionAttribute1"),
        }
        found[name] = without_none(
            {
                "userName": name,
                "externalId": ids[name.partition("@")[0]],
                "active": True,
                "title": row.get("jobTitle"),
                "name": without_none(
                    {"givenName": row.get("givenName"), "familyName": row.get("surname")}
                ),
                "emails": [{"type": "work", "value": row["mail"], "primary": True}],
                ENTERPRISE: without_none(enterprise),
                FIFTEEN: without_none(own),
            }
        )
    return found


def expected_groups() -> dict[str, set[str]]:
    """Return the members that each group of the app must have, by userName."""
    there = in_the_app()
    return {g.display_name: set(g.members) & there for g in sample_groups() if g.assigned}


def held(dump: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Return the accounts of a dump in the shape of ``expected_15five``."""
    names = {one["id"]: one["userName"] for one in dump["users"]}
    assert len(set(names.values())) == len(names), "an account is there twice"
    assert len({one["externalId"] for one in dump["users"]}) == len(names)
    found = {}
    for one in dump["users"]:
        account = {k: v for k, v in one.items() if k not in ("id", "schemas", "meta")}
        enterprise = dict(account.get(ENTERPRISE, {}))
        if "manager" in enterprise:
            enterprise["manager"] = {"value": names[enterprise["manager"]["value"]]}
        found[one["userName"]] = {**account, ENTERPRISE: enterprise}
    return found


def held_groups(dump: dict[str, list[dict[str, Any]]]) -> dict[str, set[str]]:
    """Return the members of each group of a dump, by userName."""
    names = {one["id"]: one["userName"] for one in dump["users"]}
    assert len({one["displayName"] for one in dump["groups"]}) == len(dump["groups"])
    return {one["displayName"]: {names[m] for m in one["members"]} for one in dump["groups"]}


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
