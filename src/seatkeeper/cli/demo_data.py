"""Find and remove what the sample company left: its people, its groups, the apps that stand in.

On top of everything, beside ``first_run``. Somebody is of the sample company by the user name
that its files give them; a group by its name, and only while nobody else is in it; an app
where it is connected to a stand-in that was started from here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import change_settings, settings_of
from seatkeeper.console.starting import DemoData
from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import StoredApp


@dataclass(frozen=True)
class DemoRemoval:
    """Looks for demo data in one installation, and removes it.

    ``sites`` gives the running stand-ins by the address of their service, ``mark`` the file that
    says that one was started from here.
    """

    opened: Installation
    sites: Callable[[], Mapping[str, str]]
    mark: Callable[[str], Path]

    async def look(self) -> DemoData:
        """Return what there is."""
        people, apps = await self._people(), await self._apps()
        going, staying = await self._groups({one.id for one in people})
        return DemoData(
            len(people),
            [one.display_name for one in going],
            [one.display_name for one in staying],
            [settings_of(one).name for one in apps],
            await self._elsewhere(people, apps),
        )

    async def remove(self, *, actor: str) -> DemoData:
        """Remove it, apps first; one audit entry says what went, beside that of each thing."""
        found, people, apps = await self.look(), await self._people(), await self._apps()
        for one in apps:
            if await self.opened.ledger.unfinished(one.application.id) is not None:
                raise InvalidValue(
                    f"A cycle of {settings_of(one).name} is open; nothing was removed.",
                    advice="Let it end first, then remove the demo data.",
                )
        going, _ = await self._groups({one.id for one in people})
        for one in apps:
            await self._remove_app(one, actor)
        directory = self.opened.directory
        for group in going:
            await directory.delete_group(group.id, actor=actor)
        for person in people:
            if person.deleted_at is None:
                await directory.delete_user(person.id, actor=actor, now=utc_now())
            await directory.purge_user(person.id, actor=actor)
        after = {"people": found.people, "groups": found.groups, "apps": found.apps}
        await self.opened.configuration.record_decision(actor, "demo.remove", "installation", after)
        return found

    async def _remove_app(self, stored: StoredApp, actor: str) -> None:
        app_id, configuration = stored.application.id, self.opened.configuration
        if settings_of(stored).status == "on":
            await change_settings(configuration, app_id, actor=actor, status="off")
        await configuration.remove_app(app_id, actor=actor)
        self.mark(settings_of(stored).gallery).unlink(missing_ok=True)

    async def _people(self) -> Sequence[User]:
        return await self.opened.directory.users_named(_names())

    async def _groups(self, people: set[str]) -> tuple[Sequence[Group], Sequence[Group]]:
        """Return the sample's groups that nobody else is in, and the others."""
        going: list[Group] = []
        staying: list[Group] = []
        for name in sorted(_group_names()):
            try:
                group = await self.opened.directory.group(name)
            except NotFound:
                continue
            own = await self._nobody_else_in(group, people)
            (going if own else staying).append(group)
        return going, staying

    async def _nobody_else_in(self, group: Group, people: set[str]) -> bool:
        after = ""
        while page := await self.opened.directory.memberships(group.id, after=after):
            if any(one.member_id not in people for one in page):
                return False
            after = page[-1].member_id
        return True

    async def _apps(self) -> Sequence[StoredApp]:
        there = self.sites()
        return [
            one
            for one in await self.opened.configuration.apps()
            if settings_of(one).tenant_url.rstrip("/") in there
            and self.mark(settings_of(one).gallery).exists()
        ]

    async def _elsewhere(self, people: Sequence[User], apps: Sequence[StoredApp]) -> int:
        own = {one.application.id for one in apps}
        found = await self.opened.ledger.whereabouts(Kind.USER, [one.id for one in people])
        return sum(
            any(app not in own and here.account_id for app, here in places.items())
            for places in found.values()
        )


@cache
def _names() -> frozenset[str]:
    return frozenset(one.user_name for one in sample.sample_people())


@cache
def _group_names() -> frozenset[str]:
    """Return what the sample's groups are called, also after the demonstration renamed one."""
    names = {one.display_name for one in sample.sample_groups()}
    return frozenset({*names, sample.sample_edits().new_group_name})
