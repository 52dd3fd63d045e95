"""Roles of the app, from the assignment to the JSON that the app holds, in their forms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.lanternly import lanternly
from tests.provisioning.builders import ada
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import MappingChange, default_settings
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.ports import Trace
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.plan import Create, Update, known_after
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Decided, Facts, decide, decide_matched

KEEPER, OILER = "keeper", "oiler"
PRIMARY = 'roles[primary eq "True"].value'
ADDING = "AppRoleAssignmentsComplex([appRoleAssignments])"
ASSERTIVE = "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])"


class Person:
    """Ada, her account in the app over a real socket, and what she is assigned in turn."""

    def __init__(self, app: GalleryApp, rules: Rules, target: ScimTarget) -> None:
        self.ids = {role.value: role.id for role in app.roles}
        self.rules, self.target = rules, target
        self.link: Link | None = None

    async def assigned(self, *roles: str) -> None:
        """Walk once with these roles and carry the answer out."""
        grants: Sequence[Grant] = [Grant(self.ids[one], one.title()) for one in roles]
        facts = Facts(Kind.USER, "ada", ada(), grants or [Grant()], self.link)
        answer = decide(facts, self.rules)
        if not isinstance(answer, Decided):
            answer = decide_matched(facts, answer, None, self.rules)
        action = answer.action
        if isinstance(action, Create):
            made = await self.target.create(Kind.USER, action.values, Trace())
            self.link = Link(Kind.USER, "ada", made.id, action.values)
        elif isinstance(action, Update):
            await self.target.update(Kind.USER, action.account_id, action.changes, Trace())
            assert self.link is not None
            known = known_after(self.link.known, action.changes)
            self.link = Link(Kind.USER, "ada", action.account_id, known)


def element(value: str, **more: Any) -> dict[str, Any]:
    return {
        "primary": False,
        "type": "WindowsAzureActiveDirectoryRole",
        "display": value.title(),
        "value": value,
        **more,
    }


async def roles_after(
    folder: Path, change: MappingChange, turns: Sequence[Sequence[str]], *quirks: str
) -> list[list[dict[str, Any]]]:
    """Return the roles that the app holds after each turn."""
    app = lanternly(*quirks)
    settings = checked_settings(app, with_change(app, change))
    rules = rules_for(app, application_of(app.id, app, app.name), settings)
    found = []
    async with running_sandbox(app, folder / "app.db") as box:
        target = scim_target(app, box.base_url, box.token, allow_loopback=True)
        person = Person(app, rules, target)
        for turn in turns:
            await person.assigned(*turn)
            found.append(await held(box))
        await target.close()
    return found


def with_change(app: GalleryApp, change: MappingChange) -> Any:
    start = default_settings(app)
    return type(start)(
        gallery=start.gallery, name=start.name, exclude_default_access=False, users=(change,)
    )


async def held(box: RunningSandbox) -> list[dict[str, Any]]:
    [account] = (await box.dump())["users"]
    return list(account.get("roles", []))


async def test_assertive_roles_are_those_of_the_directory_the_same_in_post_and_patch(
    tmp_path: Path,
) -> None:
    turns = [[KEEPER], [KEEPER, OILER], [OILER], []]

    found = await roles_after(tmp_path, MappingChange("roles", expression=ASSERTIVE), turns)

    assert found == [[element(KEEPER)], [element(KEEPER), element(OILER)], [element(OILER)], []]


async def test_roles_that_only_add_are_never_taken_away(tmp_path: Path) -> None:
    turns = [[KEEPER], [OILER], []]

    found = await roles_after(tmp_path, MappingChange("roles", expression=ADDING), turns)

    both = [element(KEEPER), element(OILER)]
    assert found == [[element(KEEPER)], both, both]


async def test_a_single_role_is_the_primary_one_and_goes_whole(tmp_path: Path) -> None:
    single = MappingChange(PRIMARY, expression="SingleAppRoleAssignment([appRoleAssignments])")

    found = await roles_after(tmp_path, single, [[OILER, KEEPER], [OILER], []])

    assert found == [
        [{"primary": True, "value": KEEPER}],
        [{"primary": True, "value": OILER}],
        [],
    ]


async def test_role_values_alone_become_elements(tmp_path: Path) -> None:
    values = MappingChange("roles", expression="AppRoleAssignments([appRoleAssignments])")

    found = await roles_after(tmp_path, values, [[KEEPER], [OILER]])

    assert [[one["value"] for one in roles] for roles in found] == [[KEEPER], [OILER]]


@pytest.mark.parametrize("expression", [ADDING, ASSERTIVE])
async def test_an_app_of_the_old_form_gets_json_in_a_text_when_a_role_comes_later(
    tmp_path: Path, expression: str
) -> None:
    change = MappingChange("roles", expression=expression)

    first, second = await roles_after(
        tmp_path, change, [[KEEPER], [KEEPER, OILER]], "roles-as-json-text"
    )

    assert [one["displayName"] for one in first] == ["Keeper"]
    [added] = [one for one in second if one not in first]
    assert '"displayName": "Oiler"' in added["value"]
    assert '"id": "7f1c0a52-7d3e-4b0e-9a55-000000000002"' in added["value"]
