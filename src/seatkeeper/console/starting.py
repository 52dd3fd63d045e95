"""What a first run may begin with: a sample company, and an app to try things on.

Beside the pages. The console only sees this protocol; whoever serves it hands
in what fulfils it, or nothing where neither is offered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from seatkeeper.configuration.applying import settings_of
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import StoredApp

SKIPPED: Final = "welcome.skip"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running stand-in: where its service and its own pages are, and a token that it issued."""

    base_url: str
    site: str
    token: str


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What the sample company is called and how big it is; ``group`` is whom to begin with."""

    name: str
    people: int
    groups: int
    group: str


@dataclass(frozen=True, slots=True)
class DemoData:
    """What is there of the sample company: how many people, which groups, which apps.

    ``kept`` are its groups that somebody else is in by now, so they stay; ``elsewhere`` how many
    of the people have an account in an app that is no stand-in.
    """

    people: int = 0
    groups: Sequence[str] = ()
    kept: Sequence[str] = ()
    apps: Sequence[str] = ()
    elsewhere: int = 0

    @property
    def nothing(self) -> bool:
        """Whether nothing of it is there."""
        return not (self.people or self.groups or self.apps)


class Starter(Protocol):
    """Brings in the sample company and starts stand-ins beside the console."""

    @property
    def sample(self) -> SampleFacts:
        """What the sample company is."""

    async def bring_in(self, *, actor: str) -> None:
        """Bring the sample company into the directory; a second time changes nothing."""

    async def sandbox(self, gallery_id: str) -> Sandbox:
        """Start the stand-in of an app where it does not run yet, and take a token from it."""

    async def demo_data(self) -> DemoData:
        """Look at what is there of the sample company, and which apps lead to a stand-in."""

    async def remove_demo(self, *, actor: str) -> DemoData:
        """Remove all of that and nothing else; return what went.

        Raises ``InvalidValue`` while a cycle of such an app is open; then nothing is removed.
        """

    def sites(self) -> Mapping[str, str]:
        """Return where running stand-ins have their own pages, by the address of their service."""


def site_of(starter: Starter | None, stored: StoredApp) -> str:
    """Return the stand-in's own pages, where an app is connected to one that runs; else nothing."""
    if starter is None:
        return ""
    return starter.sites().get(settings_of(stored).tenant_url.rstrip("/"), "")


async def first_run(work: Workplace) -> bool:
    """Say whether nobody has begun: there is no app, and the first steps were not skipped."""
    if await work.configuration.apps():
        return False
    return not await work.configuration.audit(action=SKIPPED, limit=1)
