"""What a stand-in holds, as a whole: emptied, filled, kept aside, put back, in files too.

A door in, beside the walk. Tokens, the journal and the history of changes
stay through all of it.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from seatkeeper.clock import utc_now
from seatkeeper.errors import BadInput
from seatkeeper.sandbox.prefill import MOST_PEOPLE, batches
from seatkeeper.service_provider.profile import Profile
from seatkeeper.store.resource_archive import ResourceArchive
from seatkeeper.store.resource_line import Line

_HEAD: Final = {"seatkeeper": "sandbox snapshot", "format": 1}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_LINE: Final = 4 * 1_048_576
_LARGEST_REQUEST: Final = 10_000


@dataclass(frozen=True)
class SandboxState:
    """The whole contents of one stand-in; ``changed`` is told after each change."""

    archive: ResourceArchive
    profile: Profile
    changed: Callable[[], None]

    def reset(self) -> None:
        """Delete all users, groups, memberships and mails."""
        self.archive.clear()
        self.changed()

    def prefill(self, people: int, seed: int) -> int:
        """Add believable people and groups; return how many accounts and groups are new."""
        if not 0 <= people <= MOST_PEOPLE:
            raise BadInput(f"People are from 0 to {MOST_PEOPLE:,}.")
        added = 0
        for batch in batches(people, seed, self.profile):
            added += self.archive.add(batch.resources, batch.members)
        self.changed()
        return added

    def keep(self, name: str) -> None:
        """Keep the present state aside under a name."""
        if not _NAME.fullmatch(name):
            raise BadInput("A name has up to 64 letters, digits, dots, dashes and underscores.")
        self.archive.keep(name, utc_now())

    def restore(self, name: str) -> bool:
        """Put back what was kept under a name; say whether it was there."""
        found = self.archive.restore(name)
        self.changed()
        return found

    def write_file(self, path: Path) -> None:
        """Write everything to a file, whole or not at all."""
        made: Path | None = None
        try:
            with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
                made = Path(file.name)
                file.write(msgspec.json.encode(_HEAD) + b"\n")
                for of, values in self.archive.lines():
                    file.write(msgspec.json.encode([of, values]) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            made.replace(path)
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
        finally:
            if made is not None:
                made.unlink(missing_ok=True)

    def read_file(self, path: Path) -> None:
        """Put what a file holds in the place of everything, all or nothing."""
        try:
            self.archive.replace(lambda: _read(path))
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
        self.changed()


def _read(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        number = 0
        while text := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(text) > _LONGEST_LINE:
                raise BadInput(f"{path}, line {number}: the line is too long for a snapshot.")
            try:
                if number == 1:
                    if msgspec.json.decode(text) != _HEAD:
                        raise BadInput(f"{path} is no snapshot of a sandbox, or of another format.")
                    continue
                yield msgspec.json.decode(text, type=tuple[str, dict[str, str | int | bool | None]])
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise BadInput(f"{path}, line {number}: this is no row of a snapshot.") from error
        if number == 0:
            raise BadInput(f"{path} is empty.")


def state_routes(state: SandboxState) -> list[BaseRoute]:
    """Return the addresses that scripts and tests change the state by."""

    async def reset(request: Request) -> Response:
        await to_thread.run_sync(state.reset)
        return _json({"reset": True})

    async def prefill(request: Request) -> Response:
        people = _whole(request, "people")
        seed = _whole(request, "seed", "0")
        if people is None or seed is None:
            return _json({"detail": "people= and seed= are whole numbers."}, 400)
        try:
            added = await to_thread.run_sync(state.prefill, people, seed)
        except BadInput as error:
            return _json({"detail": str(error)}, 400)
        return _json({"added": added})

    return [
        Route("/_sandbox/reset", reset, methods=["POST"]),
        Route("/_sandbox/prefill", prefill, methods=["POST"]),
        *_snapshot_routes(state),
    ]


def _snapshot_routes(state: SandboxState) -> list[BaseRoute]:
    async def snapshots(request: Request) -> Response:
        return _json({"snapshots": await to_thread.run_sync(state.archive.snapshots)})

    async def keep(request: Request) -> Response:
        body = await _body(request)
        try:
            name = msgspec.json.decode(body, type=dict[str, str])["name"]
            await to_thread.run_sync(state.keep, name)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            return _json({"detail": 'The body must be {"name": "..."}.'}, 400)
        except BadInput as error:
            return _json({"detail": str(error)}, 400)
        return _json({"name": name}, 201)

    async def restore(request: Request) -> Response:
        name = request.path_params["name"]
        if not await to_thread.run_sync(state.restore, name):
            return _json({"detail": "There is no snapshot of that name."}, 404)
        return _json({"restored": name})

    async def forget(request: Request) -> Response:
        name = request.path_params["name"]
        if not await to_thread.run_sync(state.archive.forget, name):
            return _json({"detail": "There is no snapshot of that name."}, 404)
        return Response(status_code=204)

    return [
        Route("/_sandbox/snapshots", snapshots),
        Route("/_sandbox/snapshots", keep, methods=["POST"]),
        Route("/_sandbox/snapshots/{name}/restore", restore, methods=["POST"]),
        Route("/_sandbox/snapshots/{name}", forget, methods=["DELETE"]),
    ]


def _whole(request: Request, name: str, default: str = "") -> int | None:
    text = request.query_params.get(name, default)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part[: max(0, _LARGEST_REQUEST - len(found))]
    return bytes(found)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
