"""What must be true after everything that could happen to the processes, worked out anew.

Nothing of the walk is used here, and nothing that the processes said of themselves but their log:
the app's accounts and its own history are compared with the directory.
"""

import json
from collections import Counter
from typing import Any

from tests.journeys.company import ENTERPRISE, Company

STRANGERS = 20


async def strangers(company: Company) -> dict[str, Any]:
    """Let the app have accounts that are nobody's of ours; return them by id."""
    async with company.box.client() as client:
        for number in range(STRANGERS):
            name = f"stranger{number}@elsewhere.example"
            mail = [{"type": "work", "value": name, "primary": True}]
            body = {"userName": name, "emails": mail, "name": {"givenName": "A", "familyName": "B"}}
            answer = await client.post("/Users", json=body)
            assert answer.status_code == 201, answer.text
    company.seen = max(int(one["seq"]) for one in await company.box.requests())
    return {one["id"]: one for one in (await company.box.dump())["users"]}


async def broken_promises(company: Company, foreign: dict[str, Any]) -> list[str]:
    """Return every promise that does not hold, in words."""
    dump = await company.box.dump()
    ours = [one for one in dump["users"] if one["id"] not in foreign]
    asked = await company.box.requests()
    return [
        *await _in_step(company, ours, dump["groups"]),
        *_nobody_twice(ours, asked),
        *_hands_off(dump["users"], foreign, asked),
        *await _nothing_lost(company, ours, dump["groups"], asked, foreign),
        *await _nothing_left(company),
    ]


async def _in_step(company: Company, ours: list[Any], groups: list[Any]) -> list[str]:
    """P1: everybody's account, and every team, are as the directory says."""
    wrong: list[str] = []
    directory = company.opened.directory
    people = {one.id: one for one in await directory.all_users(limit=100_000)}
    by_record = {one["externalId"]: one for one in ours}
    names = {one["id"]: one["userName"] for one in ours}
    for record_id, person in people.items():
        account = by_record.get(record_id)
        if account is None:
            wrong += [f"P1: {person.user_name} has no account"] if person.active else []
            continue
        if account["active"] is not person.active:
            wrong.append(f"P1: {person.user_name} is active: {account['active']}")
        if not person.active:
            continue
        boss = by_record.get(person.manager_id or "", {}).get("userName")
        manager = account.get(ENTERPRISE, {}).get("manager") or {}
        pairs = {
            "userName": (account["userName"], person.user_name),
            "title": (account.get("title"), person.attributes.get("jobTitle")),
            "manager": (names.get(manager.get("value", "")), boss),
        }
        wrong += [
            f"P1: {person.user_name} has the {what} {is_!r}, not {wanted!r}"
            for what, (is_, wanted) in pairs.items()
            if is_ != wanted
        ]
    active = {one["id"] for one in ours if one["active"]}
    there = {one["displayName"]: set(one["members"]) & active for one in groups}
    for group in await directory.all_groups(limit=1000):
        members = await directory.memberships(group.id, limit=100_000)
        wanted = {by_record[one.member_id]["id"] for one in members if one.member_id in by_record}
        if there.get(group.display_name) != wanted & active:
            wrong.append(f"P1: {group.display_name} has other members")
    return wrong


def _nobody_twice(ours: list[Any], asked: list[Any]) -> list[str]:
    """P2: nobody has two accounts now, and nobody ever had."""
    held = Counter(one["externalId"] for one in ours)
    made = Counter(
        json.loads(one["request"])["externalId"]
        for one in asked
        if _made(one) and not json.loads(one["request"])["userName"].startswith("stranger")
    )
    return [f"P2: {record} has {n} accounts" for record, n in held.items() if n > 1] + [
        f"P2: for {record} {n} accounts were made" for record, n in made.items() if n > 1
    ]


def _hands_off(users: list[Any], foreign: dict[str, Any], asked: list[Any]) -> list[str]:
    """P3: accounts of others are as they were, and nobody wrote to them."""
    now = {one["id"]: one for one in users}
    changed = [f"P3: {one['userName']} was changed" for i, one in foreign.items() if now[i] != one]
    return changed + [
        f"P3: {one['method']} {one['path']}"
        for one in asked
        if one["method"] != "GET" and str(one["path"]).rpartition("/")[2] in foreign
    ]


async def _nothing_lost(
    company: Company, ours: list[Any], groups: list[Any], asked: list[Any], foreign: dict[str, Any]
) -> list[str]:
    """P7: every account has one link, and whatever was written to one stands in the log."""
    rows = await company.opened.ledger.log(company.app_id, limit=1_000_000)
    logged = {entry.account_id for _, entry in rows if entry.status != "failure"}
    created = Counter(entry.account_id for _, entry in rows if entry.action == "create")
    ids = {one["id"] for one in (*ours, *groups)}
    counts = await company.opened.ledger.link_counts(company.app_id)
    written = {str(one["path"]).rpartition("/")[2] for one in asked if _changed(one)} | ids
    wrong = [f"P7: what was written to {one} is not in the log" for one in written - logged]
    wrong += [
        f"P7: {one} was logged as created {created[one]} times" for one in ids if created[one] != 1
    ]
    if sum(counts.values()) != len(ids):
        wrong.append(f"P7: {sum(counts.values())} links for {len(ids)} accounts and groups")
    return [one for one in wrong if not any(i in one for i in foreign)]


async def _nothing_left(company: Company) -> list[str]:
    """P1: the next cycle sends nothing."""
    cycle = await company.run()
    return [f"P1: a further cycle sent {n} requests"] if (n := cycle.counters.requests) else []


def _made(one: dict[str, Any]) -> bool:
    return bool(one["method"] == "POST" and one["path"].endswith("/Users") and one["status"] == 201)


def _changed(one: dict[str, Any]) -> bool:
    return bool(one["method"] in ("PATCH", "PUT", "DELETE") and one["status"] < 300)
