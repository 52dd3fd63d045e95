"""A stand-in for a gallery app: its SCIM service, and the pages beside it.

A door in, beside the walk. Everything that differs between apps comes from
the gallery file; everything that must outlast a crash is in the SQLite file.
The pages work without scripts. This joins the parts and puts each behind its
address; what a page shows is in its own module.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from seatkeeper.clock import utc_now
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.admin_pages import admin_routes
from seatkeeper.sandbox.behaviour import AppBehaviour
from seatkeeper.sandbox.faults.keeper import FaultyKeeper, accepting_duplicates
from seatkeeper.sandbox.faults.layer import FaultLayer
from seatkeeper.sandbox.faults.live import LiveFaults, met_text
from seatkeeper.sandbox.faults.pages import fault_routes
from seatkeeper.sandbox.guard import HEADERS, LOOPBACK, Guard
from seatkeeper.sandbox.kept_key import kept_key
from seatkeeper.sandbox.people_pages import people_routes
from seatkeeper.sandbox.recording import RecordingKeeper, taken
from seatkeeper.sandbox.report_page import report_routes
from seatkeeper.sandbox.request_pages import request_routes
from seatkeeper.sandbox.standin import StandIn
from seatkeeper.sandbox.state import SandboxState, state_routes
from seatkeeper.service_provider.forgetful import as_told, lowering
from seatkeeper.service_provider.http import Door, Endpoint, mounted
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.service_provider.swift import Surroundings, SwiftDesk
from seatkeeper.service_provider.turns import Turns
from seatkeeper.store.resource_archive import ResourceArchive
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_journal import RequestJournal
from seatkeeper.store.resource_members import members_among
from seatkeeper.store.resource_outbox import Outbox
from seatkeeper.store.resource_switches import Switches
from seatkeeper.store.resource_tokens import IssuedTokens
from seatkeeper.store.resources import ResourceStore

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def sandbox_app(
    app: GalleryApp,
    db_path: Path,
    *,
    token: str | None = None,
    allowed_hosts: tuple[str, ...] = LOOPBACK,
    faults: LiveFaults | None = None,
    auth_page: bool = True,
) -> Starlette:
    """Return the stand-in for ``app``; ``token`` is accepted as an account admin's, any text.

    Without ``auth_page`` nothing here issues, shows or ends tokens.
    """
    profile = profile_of(app)
    file = ResourceFile(db_path)
    bases = tuple(dict.fromkeys(["/scim/v2", "/" + app.base_url.path.strip("/")]))
    site = replace(_stand_in(app, file, bases), auth_page=auth_page)
    if token:
        site.issued.issue(token, "admin", utc_now())
    keeper = _recording(as_told(site.store, profile.rules.lies), file)
    site.keeper = keeper
    behaviour = AppBehaviour(app, profile, keeper, site.switches, site.outbox)
    keeper.listeners.append(behaviour)
    faults = faults or LiveFaults()
    faulty = FaultyKeeper(keeper, faults, utc_now)

    def note(entry: Mapping[str, str | int]) -> None:
        changes = taken()
        changed = len(changes) if entry["method"] in _WRITES else -1
        noted = {**entry, "changed": changed, "fault": met_text()}
        site.journal.note(noted, changes)

    def note_soon(entry: Mapping[str, str | int]) -> None:
        taken()
        site.journal.note_soon({**entry, "changed": -1, "fault": ""})

    door = Door(
        faulty,
        profile,
        lambda token: site.issued.authority(token, utc_now()),
        kept_key(db_path),
        closed=behaviour.closed,
    )
    endpoint = Endpoint(door, note)
    service = [Route("/{path:path}", FaultLayer(endpoint, faults, note))]
    routes: list[BaseRoute] = [one for path in bases for one in mounted(path, service)]
    state = _state(site, faulty, faults)
    starlette = Starlette(
        routes=[*routes, *_pages(site), *fault_routes(site, faults), *state_routes(state)],
        middleware=[Middleware(Guard, allowed_hosts=allowed_hosts, services=bases)],
        exception_handlers={HTTPException: _problem_of(site)},
    )
    starlette.state.file = file
    starlette.state.desk = SwiftDesk(
        endpoint,
        profile,
        Surroundings(bases, allowed_hosts, HEADERS, faults.spare, note_soon, site.journal.settle),
        Turns(lambda: file.together(writes=False), "reads"),
        Turns(lambda: _writing_turn(site), "writes"),
    )
    starlette.state.site = site
    return starlette


def _stand_in(app: GalleryApp, file: ResourceFile, bases: tuple[str, ...]) -> StandIn:
    profile = profile_of(app)
    keys_of = accepting_duplicates(profile.keys_of, lowering(profile.rules.lies))
    store, journal = ResourceStore(file, keys_of), RequestJournal(file)
    return StandIn(
        app=app,
        profile=profile,
        file=file,
        store=store,
        keeper=store,
        issued=IssuedTokens(file),
        journal=journal,
        history=journal.history,
        switches=Switches(file),
        outbox=Outbox(file),
        bases=bases,
        began=journal.newest(),
    )


@contextmanager
def _writing_turn(site: StandIn) -> Iterator[None]:
    """Make one transaction of a turn's writes, and of what is written down of them."""
    with site.file.together(writes=True), site.journal.gathered():
        yield


def _recording(inner: Keeper, file: ResourceFile) -> RecordingKeeper:
    def among(group_id: str, ids: Collection[str] | None) -> set[str]:
        return file.read(lambda db: members_among(db, group_id, ids))

    return RecordingKeeper(inner, among, lambda: file.together(writes=True))


def _state(site: StandIn, keeper: FaultyKeeper, faults: LiveFaults) -> SandboxState:
    def begin_anew() -> None:
        keeper.forget()
        faults.begin_anew()
        site.switches.look_again()

    return SandboxState(ResourceArchive(site.file, site.profile.keys_of), site.profile, begin_anew)


def _pages(site: StandIn) -> list[BaseRoute]:
    return [
        *admin_routes(site),
        *people_routes(site),
        *request_routes(site),
        *report_routes(site),
        Mount("/static", StaticFiles(packages=[("seatkeeper.sandbox", "static")])),
    ]


def _problem_of(site: StandIn) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def problem(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = error.detail if isinstance(error, HTTPException) else "Something went wrong."
        if detail == "Not Found":
            detail = "There is no page at this address."
        text = site.render(request, "problem.html", status=status, detail=detail)
        return HTMLResponse(text, status, headers=HEADERS)

    return problem
