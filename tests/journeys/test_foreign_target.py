"""Larkspur into a SCIM service that nobody here wrote, unmodified."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.foreign_server import TOKEN, running_scim2_server
from tests.journeys.company import ENTERPRISE, Company, company_with, ids_by_name, import_larkspur
from tests.journeys.larkspur import cells

from seatkeeper.cli.sample_company import sample_groups
from seatkeeper.ports import UserEdit

pytestmark = pytest.mark.journey


async def read_all(base_url: str, endpoint: str) -> list[dict[str, Any]]:
    """Return everything the service holds there, page by page."""
    found: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers) as client:
        while True:
            asked = {"startIndex": len(found) + 1, "count": 100}
            page = (await client.get(f"/{endpoint}", params=asked)).json()
            found += page.get("Resources") or []
            if len(found) >= page["totalResults"]:
                return found


async def connected(company: Company, base_url: str) -> set[str]:
    """Bring Larkspur in, assign its groups, connect; return who is in scope and can sign in."""
    await import_larkspur(company.opened)
    groups = [one for one in sample_groups() if one.assigned]
    await company.connect(
        groups=[one.display_name for one in groups], base_url=base_url, token=TOKEN
    )
    company.ids |= await ids_by_name(company.opened)
    people = cells()
    return {m for one in groups for m in one.members if people[m]["accountEnabled"]}


async def test_larkspur_lives_in_a_service_nobody_here_wrote(tmp_path: Path) -> None:
    with running_scim2_server() as base_url:
        async with company_with("generic-scim", tmp_path) as company:
            wanted = await connected(company, base_url)

            first = await company.run()
            again = await company.run()

            users = await read_all(base_url, "Users")
            groups = await read_all(base_url, "Groups")
            by_name = {one["userName"]: one for one in users}
            assert set(by_name) == wanted
            assert first.counters.failed == 0
            assert again.counters.requests == 0
            for name, account in by_name.items():
                row = cells()[name]
                manager = by_name.get(row.get("manager") or "")
                assert account["active"] is True
                assert account.get("title") == row.get("jobTitle")
                said = account.get(ENTERPRISE, {}).get("manager", {}).get("value")
                assert said == (manager["id"] if manager else None), name
            ids = {one["id"]: one["userName"] for one in users}
            for group in sample_groups():
                if group.assigned:
                    [held] = [g for g in groups if g["displayName"] == group.display_name]
                    members = {ids[member["value"]] for member in held.get("members") or []}
                    assert members == set(group.members) & wanted


async def test_everyday_changes_reach_a_service_nobody_here_wrote(tmp_path: Path) -> None:
    with running_scim2_server() as base_url:
        async with company_with("generic-scim", tmp_path) as company:
            await company.person("boss")
            await company.person("ada", manager="boss")
            await company.person("grace", manager="boss")
            await company.group("Sales", "boss", "ada", "grace")
            await company.connect(groups=["Sales"], base_url=base_url, token=TOKEN)
            await company.run()
            directory = company.opened.directory

            edit = UserEdit({"jobTitle": "Lead", "mail": None}, manager_id="")
            await directory.edit_user(company.ids["ada"], edit, actor="test")
            await company.leave("Sales", "grace")
            await directory.edit_group(
                company.ids["Sales"], {"displayName": "Revenue"}, actor="test"
            )
            changed = await company.run()
            again = await company.run()

            users = {
                one["userName"].partition("@")[0]: one for one in await read_all(base_url, "Users")
            }
            [group] = await read_all(base_url, "Groups")
            assert changed.counters.failed == 0
            assert users["ada"]["title"] == "Lead"
            assert not users["ada"].get("emails")
            assert not users["ada"].get(ENTERPRISE, {}).get("manager")
            assert users["grace"]["active"] is False
            assert group["displayName"] == "Revenue"
            assert {one["value"] for one in group["members"]} == {
                users["boss"]["id"],
                users["ada"]["id"],
            }
            assert again.counters.requests == 0
