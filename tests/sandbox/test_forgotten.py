"""What the pages of a stand-in show of writes that it only says it has done."""

from pathlib import Path

import httpx
import msgspec
from tests.sandboxes import running_sandbox

from seatkeeper.gallery.abilities import Lies
from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.scim.messages import USER


def liar(lies: Lies) -> GalleryApp:
    app = gallery_app("shape-liar")
    return msgspec.structs.replace(app, sandbox=msgspec.structs.replace(app.sandbox, lies=lies))


async def test_an_account_that_was_forgotten_is_in_the_history_and_nowhere_else(
    tmp_path: Path,
) -> None:
    async with running_sandbox(liar(Lies(drops=1.0)), tmp_path / "app.db") as box:
        async with box.client() as client:
            made = await client.post("/Users", json={"schemas": [USER], "userName": "ada"})
            read = await client.get(f"/Users/{made.json()['id']}")
        async with httpx.AsyncClient(base_url=box.site) as visitor:
            page = await visitor.get(f"/accounts/{made.json()['id']}")
        dump = await box.dump()
        [created, _] = await box.requests()

    assert (made.status_code, read.status_code) == (201, 404)
    assert dump["users"] == []
    assert page.status_code == 200
    assert "created" in page.text
    assert created["status"] == 201


async def test_the_history_holds_names_as_they_were_kept(tmp_path: Path) -> None:
    async with running_sandbox(liar(Lies(lowers=("userName",))), tmp_path / "app.db") as box:
        async with box.client() as client:
            made = await client.post("/Users", json={"schemas": [USER], "userName": "Ada"})
        async with httpx.AsyncClient(base_url=box.site) as visitor:
            page = await visitor.get(f"/accounts/{made.json()['id']}")

    assert made.json()["userName"] == "ada"
    assert ">Ada<" not in page.text
    assert "ada" in page.text
