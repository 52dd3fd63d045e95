"""The SCIM servers that are compared: each is filled through its own storage layer, then runs.

Every server is a process of its own, leads its process group, and is paused
(SIGSTOP) while another one is measured.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from seatkeeper.clock import utc_now
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.profile import GROUPS, USERS, profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.foreign_django.running import (  # noqa: E402
    make_file,
    running_django_scim2,
    surroundings,
)

TOKEN = "bench"
APP = "generic-scim"
OURS = "seatkeeper"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Held:
    """What a server was filled with: everybody's id in order, and the group of the first ones."""

    ids: list[str]
    group: str


@dataclass(frozen=True)
class Running:
    """One running server; it only runs inside ``awake``."""

    name: str
    port: int
    path: str
    held: Held
    leader: int

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run for as long as this lasts."""
        os.killpg(self.leader, signal.SIGCONT)
        try:
            yield
        finally:
            os.killpg(self.leader, signal.SIGSTOP)

    def cpu_seconds(self) -> float:
        """Return the processor time that its processes have used so far."""
        used = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parts = stat.read_text().rpartition(")")[2].split()
                if int(parts[2]) == self.leader:
                    used += int(parts[11]) + int(parts[12])
        return used / _TICK


def user_body(number: int, prefix: str = "p") -> dict[str, Json]:
    """Return the user that every server is given under this number."""
    name = f"{prefix}{number}@larkspur.example"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "externalId": f"{prefix}-{number:032d}",
        "active": True,
        "title": "Engineer",
        "name": {"givenName": f"Given{number % 997}", "familyName": f"Family{number % 9973}"},
        "emails": [{"type": "work", "primary": True, "value": name}],
    }


@contextlib.contextmanager
def seatkeeper(folder: Path, people: int, members: int) -> Iterator[Running]:
    """Run the sandbox, its file on disk, by the command line."""
    path = folder / "seatkeeper.db"
    file = ResourceFile(path)
    store = ResourceStore(file, profile_of(gallery_app(APP)).keys_of)
    with file.together(writes=True):
        ids = [store.create(USERS, user_body(one), utc_now()).id for one in range(people)]
    group = store.create(GROUPS, {"displayName": "Everybody"}, utc_now(), ids[:members]).id
    file.close()
    command = [sys.executable, "-c", "from seatkeeper.cli.main import entry; entry()", "sandbox"]
    command += [APP, "--port", "0", "--token", TOKEN, "--db", str(path)]
    profiled = os.environ.get("PROFILE")
    if profiled:
        command[1:3] = [str(ROOT / "tools" / "scim_profile.py"), str(Path(profiled).absolute())]
    environment = {**os.environ, "SEATKEEPER_HOME": str(folder)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split("SCIM base URL ")[1].split()[0]
        yield _running(OURS, url, Held(ids, group), process.pid)
    finally:
        _end(process)


@contextlib.contextmanager
def scim2_server(folder: Path, people: int, members: int) -> Iterator[Running]:
    """Run scim2-server, which keeps everything in memory."""
    command = [sys.executable, __file__, "scim2-server", str(people), str(members)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield _running("scim2-server", said["url"], Held(said["ids"], said["group"]), process.pid)
    finally:
        _end(process)


@contextlib.contextmanager
def django_scim2(folder: Path, people: int, members: int) -> Iterator[Running]:
    """Run django-scim2 on an SQLite file under gunicorn, a worker for each processor."""
    path = folder / "django.db"
    make_file(path, TOKEN)
    command = [sys.executable, __file__, "django-scim2", str(people), str(members)]
    filled = subprocess.run(
        command, env=surroundings(path, TOKEN), check=True, capture_output=True, text=True
    )
    said = json.loads(filled.stdout)
    workers = int(os.environ.get("WORKERS", str(os.cpu_count() or 1)))
    with running_django_scim2(path, TOKEN, workers=workers) as (url, process):
        try:
            held = Held(said["ids"], said["group"])
            yield _running("django-scim2", url, held, process.pid)
        finally:
            os.killpg(process.pid, signal.SIGCONT)


ALL = (seatkeeper, scim2_server, django_scim2)


def _running(name: str, url: str, held: Held, leader: int) -> Running:
    parts = urlsplit(url)
    assert parts.port is not None
    return Running(name, parts.port, parts.path, held, leader)


def _end(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGCONT)
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _serve_scim2_server(people: int, members: int) -> None:
    """Inside its process: fill, answer, say where."""
    import threading

    from scim2_models import Resource, ScimProvider
    from scim2_server.memory import InMemoryStorage
    from tests.foreign_server import running_scim2_server

    said: dict[str, object] = {}

    def fill(provider: ScimProvider, storage: InMemoryStorage) -> None:
        types = {one.name: one for one in provider.resource_types}
        user, group = (provider.model_for(types[name]) for name in ("User", "Group"))
        assert user is not None
        assert group is not None

        def person(number: int) -> Resource[Any]:
            return cast("Resource[Any]", user.model_validate(user_body(number)))

        made = [storage.create(types["User"], person(one)).id for one in range(people)]
        everybody = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Everybody",
            "members": [{"value": one} for one in made[:members]],
        }
        said["ids"] = made
        said["group"] = storage.create(
            types["Group"], cast("Resource[Any]", group.model_validate(everybody))
        ).id

    with running_scim2_server(TOKEN, fill) as url:
        print(json.dumps({"url": url, **said}), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        threading.Event().wait()


def _fill_django_scim2(people: int, members: int) -> None:
    """In a process with the site's surroundings: fill its tables, say the ids."""
    from django.db import transaction
    from tests.foreign_django import site  # noqa: F401
    from tests.foreign_django.models import Group, User

    with transaction.atomic():
        for one in range(people):
            body = user_body(one)
            User(
                username=body["userName"],
                scim_username=body["userName"],
                scim_external_id=body["externalId"],
                first_name=body["name"]["givenName"],  # type: ignore[index,call-overload]
                last_name=body["name"]["familyName"],  # type: ignore[index,call-overload]
                email=body["userName"],
            ).save()
        group = Group(name="Everybody")
        group.save()
        keys = list(User.objects.order_by("id").values_list("id", flat=True))
        group.user_set.add(*keys[:members])
    print(json.dumps({"ids": [str(key) for key in keys], "group": str(group.id)}))


if __name__ == "__main__":
    which, wanted_people, wanted_members = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if which == "scim2-server":
        _serve_scim2_server(wanted_people, wanted_members)
    else:
        _fill_django_scim2(wanted_people, wanted_members)
