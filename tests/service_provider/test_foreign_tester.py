"""A tester that nobody here wrote, against the service on a real socket, without configuration."""

import asyncio
from pathlib import Path

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server
from tests.sandboxes import running_sandbox


async def checked(app_id: str, db_path: Path) -> list[CheckResult]:
    async with running_sandbox(app_id, db_path) as app:

        def check() -> list[CheckResult]:
            headers = {"Authorization": f"Bearer {app.token}"}
            with httpx2.Client(base_url=app.base_url, headers=headers) as client:
                return check_server(SyncSCIMClient(client))

        return await asyncio.to_thread(check)


def faults(results: list[CheckResult]) -> list[tuple[str, str | None, str]]:
    return [
        (str(one.title), one.resource_type, str(one.reason))
        for one in results
        if one.status is not Status.SUCCESS
    ]


async def test_a_foreign_tester_finds_nothing_wrong_with_an_app_that_allows_everything(
    tmp_path: Path,
) -> None:
    results = await checked("generic-scim", tmp_path / "app.db")

    assert len(results) > 100
    assert faults(results) == []


async def test_a_foreign_tester_finds_of_15five_only_that_it_deletes_nobody(
    tmp_path: Path,
) -> None:
    results = await checked("15five", tmp_path / "app.db")

    assert len(results) > 100
    refused = "15Five does not delete a user. Set active to false to deactivate it."
    assert faults(results) == [("object_deletion", "User", refused)]
