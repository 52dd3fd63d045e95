"""The decision table (provisioning behaviour 3), row by row, as the app sees it."""

import pytest
from tests.journeys.company import ENTERPRISE, Asked, Company

from seatkeeper.clock import utc_now
from seatkeeper.provisioning.log import Status

pytestmark = pytest.mark.journey

MANAGER = f"{ENTERPRISE}:manager"


def looked_up(name: str) -> Asked:
    return Asked(f'GET /Users?filter=userName eq "{name}@larkspur.example"')


def deactivated(name: str) -> Asked:
    return Asked(f"PATCH /Users/{name}", [{"op": "replace", "path": "active", "value": False}])


def activated(name: str) -> Asked:
    return Asked(f"PATCH /Users/{name}", [{"op": "replace", "path": "active", "value": True}])


def renamed(name: str, title: str) -> Asked:
    return Asked(f"PATCH /Users/{name}", [{"op": "replace", "path": "title", "value": title}])


def lines(asked: list[Asked]) -> list[str]:
    return [one.line for one in asked]


async def said(company: Company, name: str) -> tuple[str, Status, str]:
    entry = await company.last_entry(name)
    return entry.action, entry.status, entry.code


async def ana_provisioned(company: Company) -> None:
    await company.person("ana", jobTitle="Engineer")
    await company.connect(people=["ana"])
    await company.run()
    await company.requests_since()


async def test_row_1_somebody_new_is_looked_up_once_and_created(company: Company) -> None:
    ana = await company.person("ana", jobTitle="Engineer")
    await company.connect(people=["ana"])

    cycle = await company.run()

    asked = await company.requests_since()
    assert lines(asked) == [looked_up("ana").line, "POST /Users"]
    account = await company.account("ana")
    assert account is not None
    assert (account["active"], account["title"], account["externalId"]) == (
        True,
        "Engineer",
        ana.id,
    )
    assert cycle.counters.created == 1
    assert await said(company, "ana") == ("create", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_1_the_manager_travels_in_the_post_of_the_report(company: Company) -> None:
    await company.person("boss")
    await company.person("ana", manager="boss")
    await company.connect(people=["ana", "boss"])

    await company.run()

    asked = await company.requests_since()
    posts = [one.sent for one in asked if one.method == "POST"]
    assert [one["userName"] for one in posts] == ["boss@larkspur.example", "ana@larkspur.example"]
    assert posts[1][ENTERPRISE]["manager"] == {"value": "boss"}
    assert len(asked) == 4
    await company.nothing_more()


async def test_row_2_an_account_that_is_there_is_taken_over_with_its_differences(
    company: Company,
) -> None:
    await there_already(company, title="Clerk")
    ana = await company.person("ana", jobTitle="Engineer")
    await company.connect(people=["ana"])

    await company.run()

    assert await company.requests_since() == [
        looked_up("ana"),
        Asked(
            "PATCH /Users/ana",
            [
                {"op": "replace", "path": "title", "value": "Engineer"},
                {"op": "add", "path": "externalId", "value": ana.id},
            ],
        ),
    ]
    assert await said(company, "ana") == ("update", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_2_an_account_that_is_as_it_should_be_is_only_linked(company: Company) -> None:
    ana = await company.person("ana", jobTitle="Engineer")
    await there_already(company, title="Engineer", externalId=ana.id)
    await company.connect(people=["ana"])

    cycle = await company.run()

    assert await company.requests_since() == [looked_up("ana")]
    assert cycle.counters.linked == 1
    assert (await said(company, "ana"))[:2] == ("other", Status.SUCCESS)
    await company.nothing_more()


async def there_already(company: Company, **more: str) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ana@larkspur.example",
        "name": {"givenName": "Ana", "familyName": "Larsen"},
        "emails": [{"type": "work", "value": "ana@larkspur.example"}],
        "active": True,
        **more,
    }
    async with company.box.client() as client:
        answer = await client.post("/Users", json=body)
    assert answer.status_code == 201, answer.text
    await company.requests_since()


async def test_row_5_whom_no_assignment_reaches_is_never_asked_about(company: Company) -> None:
    await company.person("ana")
    await company.person("ben")
    await company.connect(people=["ana"], default_access=["ben"])

    cycle = await company.run()

    assert lines(await company.requests_since()) == [looked_up("ana").line, "POST /Users"]
    assert cycle.counters.skipped == 1
    assert await said(company, "ben") == ("other", Status.SKIPPED, "NotEffectivelyEntitled")
    assert "Default Access" in (await company.last_entry("ben")).reason
    await company.nothing_more()


async def test_row_6_a_changed_title_is_one_patch_with_one_operation(company: Company) -> None:
    await ana_provisioned(company)

    await company.change("ana", jobTitle="Lead", city="Oslo")
    cycle = await company.run()

    assert await company.requests_since() == [renamed("ana", "Lead")]
    assert cycle.counters.requests == cycle.counters.updated == 1
    assert await said(company, "ana") == ("update", Status.SUCCESS, "")
    (change,) = (await company.last_entry("ana")).modified
    assert (change.path, change.old, change.new) == ("title", "Engineer", "Lead")
    await company.nothing_more()


async def test_row_6_a_new_user_name_goes_by_the_stored_id(company: Company) -> None:
    await ana_provisioned(company)

    await company.change("ana", userPrincipalName="ana.berg@larkspur.example")
    await company.run()

    (asked,) = await company.requests_since()
    assert asked.sent == [
        {"op": "replace", "path": "userName", "value": "ana.berg@larkspur.example"}
    ]
    assert len((await company.box.dump())["users"]) == 1
    await company.nothing_more()


async def test_row_6_a_value_that_ends_is_taken_away(company: Company) -> None:
    await ana_provisioned(company)

    await company.change("ana", jobTitle=None)
    await company.run()

    assert await company.requests_since() == [
        Asked("PATCH /Users/ana", [{"op": "remove", "path": "title"}])
    ]
    await company.nothing_more()


async def test_row_7_a_change_that_the_app_does_not_see_costs_nothing(company: Company) -> None:
    await ana_provisioned(company)
    before = len(await company.log("ana"))

    await company.change("ana", city="Bergen")
    cycle = await company.run()

    assert await company.requests_since() == []
    assert cycle.counters.unchanged == 1
    assert len(await company.log("ana")) == before
    await company.nothing_more()


async def test_row_8_somebody_disabled_loses_access(company: Company) -> None:
    await ana_provisioned(company)

    await company.change("ana", enabled=False, jobTitle="Gone")
    cycle = await company.run()

    (asked,) = await company.requests_since()
    assert asked.line == "PATCH /Users/ana"
    assert {"op": "replace", "path": "active", "value": False} in asked.sent
    assert cycle.counters.disabled == 1
    assert await said(company, "ana") == ("disable", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_9_somebody_deleted_loses_access(company: Company) -> None:
    await ana_provisioned(company)

    await company.opened.directory.delete_user(company.ids["ana"], actor="test", now=utc_now())
    await company.run()

    assert await company.requests_since() == [deactivated("ana")]
    assert await said(company, "ana") == ("disable", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_10_the_end_of_an_assignment_ends_access_but_not_our_care(
    company: Company,
) -> None:
    await ana_provisioned(company)

    await company.connect()
    await company.run()

    assert await company.requests_since() == [deactivated("ana")]
    assert await said(company, "ana") == ("disable", Status.SUCCESS, "")
    assert "is not assigned" in (await company.last_entry("ana")).steps[1].text
    await company.nothing_more()


async def test_row_10_leaving_the_assigned_group_ends_access(company: Company) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    await company.run()
    await company.requests_since()

    await company.leave("Sales", "ana")
    await company.run()

    assert await company.requests_since() == [
        deactivated("ana"),
        Asked("PATCH /Groups/Sales", [{"op": "remove", "path": 'members[value eq "ana"]'}]),
    ]
    assert await company.members("Sales") == []
    await company.nothing_more()


async def test_row_11_default_access_instead_of_a_role_ends_access(company: Company) -> None:
    await ana_provisioned(company)

    await company.connect(default_access=["ana"])
    await company.run()

    assert await company.requests_since() == [deactivated("ana")]
    assert "Default Access" in (await company.last_entry("ana")).steps[1].text
    await company.nothing_more()


async def test_row_13_somebody_purged_is_deactivated_where_the_app_cannot_delete(
    company: Company,
) -> None:
    await ana_provisioned(company)

    await company.opened.directory.purge_user(company.ids["ana"], actor="test")
    await company.run()

    assert await company.requests_since() == [deactivated("ana")]
    assert (await said(company, "ana"))[:2] == ("disable", Status.SUCCESS)
    await company.nothing_more()


async def test_row_13_nothing_is_sent_for_somebody_purged_who_already_is_inactive(
    company: Company,
) -> None:
    await ana_provisioned(company)
    await company.change("ana", enabled=False)
    await company.run()
    await company.requests_since()

    await company.opened.directory.purge_user(company.ids["ana"], actor="test")
    cycle = await company.run()

    assert await company.requests_since() == []
    assert cycle.counters.skipped == 1
    entry = await company.last_entry("ana")
    assert entry.status is Status.SKIPPED
    assert "15Five cannot delete accounts; it already is inactive" in entry.reason
    await company.nothing_more()


async def test_row_13_somebody_purged_is_deleted_where_the_app_can(generic: Company) -> None:
    await ana_provisioned(generic)

    await generic.opened.directory.purge_user(generic.ids["ana"], actor="test")
    cycle = await generic.run()

    assert await generic.requests_since() == [Asked("DELETE /Users/ana")]
    assert cycle.counters.deleted == 1
    assert await said(generic, "ana") == ("delete", Status.SUCCESS, "")
    assert (await generic.box.dump())["users"] == []
    await generic.nothing_more()


async def test_row_14_somebody_who_returns_has_access_and_groups_again(company: Company) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    await company.change("ana", enabled=True)
    await company.run()
    await company.change("ana", enabled=False)
    await company.run()
    await company.requests_since()

    await company.change("ana", enabled=True)
    await company.run()

    asked = await company.requests_since()
    assert asked[0] == activated("ana")
    assert all(one.line == "PATCH /Groups/Sales" for one in asked[1:])
    assert await company.members("Sales") == ["ana"]
    assert (await said(company, "ana"))[0] == "update"
    await company.nothing_more()


async def test_row_15_somebody_assigned_again_has_access_without_a_look_up(
    company: Company,
) -> None:
    await ana_provisioned(company)
    await company.connect()
    await company.run()
    await company.requests_since()

    await company.connect(people=["ana"])
    await company.run()

    assert await company.requests_since() == [activated("ana")]
    assert await said(company, "ana") == ("update", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_16_an_account_deleted_behind_our_back_is_made_again(generic: Company) -> None:
    await ana_provisioned(generic)
    before = await generic.account("ana")
    assert before is not None
    async with generic.box.client() as client:
        assert (await client.delete(f"/Users/{before['id']}")).status_code == 204
    await generic.requests_since()

    await generic.change("ana", jobTitle="Lead")
    await generic.run()

    asked = await generic.requests_since()
    assert lines(asked) == ["PATCH /Users/ana", looked_up("ana").line, "POST /Users"]
    after = await generic.account("ana")
    assert after is not None
    assert after["id"] != before["id"]
    assert after["title"] == "Lead"
    await generic.nothing_more()


async def test_row_17_without_a_matching_value_nothing_is_asked(generic: Company) -> None:
    await generic.person("ana", mail=None)
    more = "mappings:\n  users:\n    - {target: userName, attribute: mail, matching: 1}\n"
    await generic.connect(people=["ana"], more=more)

    cycle = await generic.run()

    assert await generic.requests_since() == []
    assert (cycle.counters.failed, cycle.counters.waiting) == (1, 1)
    assert (await said(generic, "ana"))[1] is Status.FAILURE
    assert "mail" in (await generic.last_entry("ana")).reason
    await generic.nothing_more()


async def test_row_18_a_group_whose_assignment_ends_is_deleted(company: Company) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(people=["ana"], groups=["Sales"])
    await company.run()
    await company.requests_since()

    await company.connect(people=["ana"])
    await company.run()

    assert await company.requests_since() == [Asked("DELETE /Groups/Sales")]
    assert await said(company, "Sales") == ("delete", Status.SUCCESS, "")
    assert await company.members("Sales") is None
    await company.nothing_more()


async def test_row_19_members_come_and_go_in_one_patch(company: Company) -> None:
    for name in ("ana", "ben"):
        await company.person(name)
    await company.group("Sales", "ana")
    await company.connect(people=["ana", "ben"], groups=["Sales"])
    await company.run()
    assert await company.members("Sales") == ["ana"]
    await company.requests_since()

    await company.join("Sales", "ben")
    await company.leave("Sales", "ana")
    await company.run()

    assert await company.requests_since() == [
        Asked(
            "PATCH /Groups/Sales",
            [
                {"op": "add", "path": "members", "value": [{"value": "ben"}]},
                {"op": "remove", "path": 'members[value eq "ana"]'},
            ],
        )
    ]
    assert await company.members("Sales") == ["ben"]
    assert await said(company, "Sales") == ("update", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_19_a_group_is_created_empty_and_filled_with_a_patch(company: Company) -> None:
    await company.person("ana")
    group = await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])

    await company.run()

    asked = await company.requests_since()
    assert lines(asked) == [
        looked_up("ana").line,
        'GET /Groups?excludedAttributes=members&filter=displayName eq "Sales"',
        "POST /Users",
        "POST /Groups",
        "PATCH /Groups/Sales",
    ]
    assert "members" not in asked[3].sent
    assert asked[3].sent["externalId"] == group.id
    assert await said(company, "Sales") == ("create", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_21_a_manager_who_comes_later_is_written_without_a_restart(
    company: Company,
) -> None:
    await company.person("boss")
    await company.person("ana", manager="boss")
    await company.connect(people=["ana"])
    await company.run()
    assert await said(company, "ana") == (
        "create",
        Status.WARNING,
        "UnableToResolveReferenceAttributeValue",
    )
    await company.requests_since()

    await company.connect(people=["ana", "boss"])
    await company.run()

    asked = await company.requests_since()
    assert lines(asked) == [looked_up("boss").line, "POST /Users", "PATCH /Users/ana"]
    assert asked[2].sent == [{"op": "add", "path": MANAGER, "value": {"value": "boss"}}]
    assert await said(company, "ana") == ("update", Status.SUCCESS, "")
    await company.nothing_more()


async def test_row_22_a_manager_who_is_removed_is_cleared(company: Company) -> None:
    await company.person("boss")
    await company.person("ana", manager="boss")
    await company.connect(people=["ana", "boss"])
    await company.run()
    await company.requests_since()

    await company.change("ana", manager="")
    await company.run()

    assert await company.requests_since() == [
        Asked("PATCH /Users/ana", [{"op": "remove", "path": MANAGER}])
    ]
    (change,) = (await company.last_entry("ana")).modified
    assert (change.path, change.new) == (MANAGER, None)
    await company.nothing_more()
