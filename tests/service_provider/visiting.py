"""Requests to the service without a socket, for tests that need many of them."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.scim.dialect import TOLERANT, Dialect
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.http import Door, Incoming
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

BASE = "http://app.example/scim/v2"
TOKEN = "a-token"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@dataclass(frozen=True)
class Reply:
    """What came back; ``body`` is read JSON, or none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.body["Resources"]]

    @property
    def names(self) -> list[str]:
        return [one.get("userName") or one["displayName"] for one in self.body["Resources"]]


@dataclass(frozen=True)
class Visitor:
    """Somebody with a token at the door of one service."""

    door: Door
    token: str = TOKEN

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Any = None,
        **query: str,
    ) -> Reply:
        told = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/scim+json",
            **(headers or {}),
        }
        raw = b"" if body is None else json.dumps(body).encode()
        incoming = Incoming(
            method, BASE, path, urlencode(query), {k: v for k, v in told.items() if v}, raw
        )
        answer, form = self.door.answer(incoming)
        encoded = answer.encoded()
        return Reply(
            answer.status, json.loads(encoded) if encoded else None, answer.all_headers(form)
        )

    def made(self, path: str, **body: Json) -> str:
        reply = self.ask("POST", path, body)
        assert reply.status == 201, reply
        return str(reply.body["id"])


def app_with_bulk() -> GalleryApp:
    app = gallery_app("generic-scim")
    return msgspec.structs.replace(
        app, capabilities=msgspec.structs.replace(app.capabilities, bulk=True)
    )


@contextmanager
def visiting(
    app: GalleryApp | None = None, dialect: Dialect = TOLERANT, page_size: int | None = None
) -> Iterator[Visitor]:
    plain = profile_of(app or gallery_app("generic-scim"))
    profile = replace(plain, page_size=page_size or plain.page_size, dialect=dialect)
    with tempfile.TemporaryDirectory() as folder:
        file = ResourceFile(Path(folder) / "app.db")
        store = ResourceStore(file, profile.keys_of)
        door = Door(store, profile, lambda token: "admin" if token else None, b"key")
        try:
            yield Visitor(door)
        finally:
            file.close()
