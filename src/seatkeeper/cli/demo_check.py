"""Compare what the app holds with what it should hold, worked out anew by hand.

On top of everything, and deliberately naive: it reads the app back over SCIM
and the directory record by record, and calls nothing of ``provisioning``. A
mistake in the walk is not repeated here, so the two agree only when both are
right.
"""

import asyncio
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.sample_company import Expectation
from seatkeeper.directory.model import DEFAULT_ACCESS, Kind, User
from seatkeeper.words import number_of

_PAGE: Final = 100
_ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_OWN: Final = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """Everything the app holds, as it answers over SCIM."""

    users: list[Plain]
    groups: list[Plain]


async def read_app(base_url: str, token: str) -> Held:
    """Read all accounts and groups back, page by page."""
    return await asyncio.to_thread(
        lambda: Held(_list(base_url, "Users", token), _list(base_url, "Groups", token))
    )


async def whats_wrong(
    opened: Installation, app_id: str, held: Held, expected: Mapping[str, Expectation]
) -> list[str]:
    """Return one line for each difference; empty: the app is in step.

    ``expected`` names, by userName, the people that the sample data expects to
    fail, with the code that must be found in escrow for them.
    """
    company = await _company(opened, app_id)
    accounts = {str(one["externalId"]): one for one in held.users}
    wrong: list[str] = []
    if len(accounts) != len(held.users):
        wrong.append("some accounts share an externalId")
    for person in company.people.values():
        account = accounts.get(person.id)
        expectation = expected.get(person.user_name)
        code = expectation.code if expectation and expectation.outcome == "failed" else ""
        usable = person.id in company.entitled and person.active
        if usable and code:
            escrow = await opened.ledger.escrow(app_id, Kind.USER, person.id)
            if account is not None or escrow is None or escrow.code != code:
                wrong.append(f"{person.user_name} should wait for {code}")
        elif usable:
            wrong += _person_faults(person, account, accounts)
        elif account is not None and account.get("active") is not False:
            wrong.append(f"{person.user_name} should have no access")
    known = set(company.people)
    wrong += [f"account {one['userName']} is nobody's" for one in held.users
              if one["externalId"] not in known]  # fmt: skip
    return wrong + _group_faults(company, held, accounts)


@dataclass(frozen=True, slots=True)
class _Company:
    people: dict[str, User]
    entitled: set[str]
    groups: dict[str, str]
    members: dict[str, set[str]]


async def _company(opened: Installation, app_id: str) -> _Company:
    directory = opened.directory
    people: dict[str, User] = {}
    after = ""
    while page := await directory.all_users(after=after):
        people.update({one.id: one for one in page})
        after = page[-1].id
    entitled: set[str] = set()
    groups: dict[str, str] = {}
    members: dict[str, set[str]] = {}
    assignments = await directory.assignments(app_id, limit=100_000)
    for one in assignments:
        if one.role_id == DEFAULT_ACCESS:
            continue
        if one.principal_kind is Kind.USER:
            entitled.add(one.principal_id)
            continue
        group = await directory.group(one.principal_id)
        groups[group.id] = group.display_name
        found = await directory.memberships(group.id, limit=1_000_000)
        members[group.id] = {member.member_id for member in found}
        entitled |= members[group.id]
    return _Company(people, entitled, groups, members)


def _person_faults(person: User, account: Plain | None, accounts: Mapping[str, Plain]) -> list[str]:
    if account is None:
        return [f"{person.user_name} has no account"]
    enterprise, own = account.get(_ENTERPRISE, {}), account.get(_OWN, {})
    manager = accounts.get(person.manager_id or "")
    name = account.get("name", {})
    emails = [one["value"] for one in account.get("emails", []) if one.get("type") == "work"]
    has = {
        "userName": account.get("userName"),
        "active": account.get("active"),
        "title": account.get("title", ""),
        "mail": emails[0] if emails else "",
        "givenName": name.get("givenName", ""),
        "surname": name.get("familyName", ""),
        "employeeId": enterprise.get("employeeNumber", ""),
        "manager": enterprise.get("manager", {}).get("value", ""),
        "office": own.get("location", ""),
        "start": own.get("startDate", ""),
    }
    should = {
        "userName": person.user_name,
        "active": True,
        "title": person.text("jobTitle"),
        "mail": person.text("mail"),
        "givenName": person.text("givenName"),
        "surname": person.text("surname"),
        "employeeId": person.text("employeeId"),
        "manager": manager["id"] if manager else "",
        "office": person.text("physicalDeliveryOfficeName"),
        "start": person.text("extensionAttribute1"),
    }
    return [
        f"{person.user_name}: {what} is {has[what]!r} and should be {should[what]!r}"
        for what in should
        if has[what] != should[what]
    ]


def _group_faults(company: _Company, held: Held, accounts: Mapping[str, Plain]) -> list[str]:
    there = {str(one["externalId"]): one for one in held.groups}
    wrong = [f"group {one['displayName']} should not be there" for key, one in there.items()
             if key not in company.groups]  # fmt: skip
    for group_id, name in company.groups.items():
        group = there.get(group_id)
        if group is None:
            wrong.append(f"group {name} is missing")
            continue
        if group.get("displayName") != name:
            wrong.append(f"group {name} is called {group.get('displayName')}")
        should = {accounts[one]["id"] for one in company.members[group_id] if one in accounts}
        has = {one["value"] for one in group.get("members") or ()}
        if has != should:
            count = number_of(len(has), "member")
            wrong.append(f"group {name} has {count} and should have {len(should)}")
    return wrong


def _list(base_url: str, endpoint: str, token: str) -> list[Plain]:
    found: list[Plain] = []
    while True:
        request = urllib.request.Request(  # noqa: S310 - the stand-in on loopback
            f"{base_url}/{endpoint}?startIndex={len(found) + 1}&count={_PAGE}",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            page = msgspec.json.decode(answer.read())
        found += page.get("Resources", [])
        if len(found) >= page["totalResults"] or not page.get("Resources"):
            return found
