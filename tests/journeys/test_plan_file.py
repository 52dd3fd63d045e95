"""A plan is shown, kept, looked at and carried out; a file nobody reviewed is refused."""

import asyncio
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

from seatkeeper.store.plan_file import MOST_BYTES
from seatkeeper.store.secrets import MasterKey

pytestmark = pytest.mark.journey


@pytest.fixture
async def sales(company: Company) -> Company:
    """Bo leads Sales, Ada and Zoe report to him; all three are assigned, nobody has an account."""
    await company.person("bo", jobTitle="Head")
    await company.person("ada", manager="bo", jobTitle="Seller")
    await company.person("zoe", manager="bo", jobTitle="Seller")
    await company.group("Sales", "bo", "ada", "zoe")
    await company.connect(groups=["Sales"])
    return company


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def changed_by(fault: Callable[[bytes], bytes], file: Path) -> None:
    file.write_bytes(fault(file.read_bytes()))


def drafts(file: Path) -> list[str]:
    return [one.name for one in file.parent.iterdir() if one.name.startswith(".plan")]


def made(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
    return file


def another_key(file: Path) -> None:
    file.unlink()
    MasterKey.at(file)


def of_size(file: Path, size: int) -> Path:
    file.touch()
    os.truncate(file, size)
    return file


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


async def writes(company: Company) -> list[str]:
    return [one.line for one in await company.requests_since() if one.method != "GET"]


async def test_a_plan_shows_everybody_by_cause_and_sends_nothing(
    sales: Company, typed: Typed
) -> None:
    status, out, _ = await typed("plan", "15five")

    assert status == 2
    assert "first cycle: 4 create" in out
    assert "create  Ada Larsen" in out
    assert "manager: empty -> the account of Bo Larsen, made in the same plan" in out
    assert "POST /Users" in out
    assert await writes(sales) == []


async def test_nothing_to_do_is_status_zero_and_changes_are_two(
    sales: Company, typed: Typed
) -> None:
    await sales.run()

    nothing = await typed("plan", "15five")
    await sales.change("ada", jobTitle="Keeper")
    something = await typed("plan", "15five", "--json")

    assert (nothing[0], something[0]) == (0, 2)
    [cause] = json.loads(something[1])["causes"]
    assert cause["cause"] == "jobTitle changed"
    assert cause["records"][0]["changes"] == [{"path": "title", "old": "Seller", "new": "Keeper"}]


async def test_an_app_that_cannot_be_asked_is_status_one(sales: Company, typed: Typed) -> None:
    await sales.connect(groups=["Sales"], base_url="http://127.0.0.1:8999/scim/v2")

    status, _, complaint = await typed("plan", "15five")

    assert status == 1
    assert "Traceback" not in complaint


async def test_a_changed_mapping_is_named_as_the_cause(sales: Company, typed: Typed) -> None:
    await sales.run()
    mapping = "mappings:\n  users: [{target: title, attribute: department}]"
    await sales.connect(groups=["Sales"], more=mapping)

    _, out, _ = await typed("plan", "15five", "--json")

    [cause] = json.loads(out)["causes"]
    assert cause["cause"].startswith("mapping of users: title: as in the gallery -> ")
    assert cause["counts"] == {"update": 3}


async def test_a_kept_plan_is_carried_out_and_leaves_nothing_to_do(
    sales: Company, typed: Typed, file: Path
) -> None:
    kept = await typed("plan", "15five", "--out", str(file))
    planned = json.loads((await typed("plan", "15five", "--json"))[1])["counts"]["requests"]
    await writes(sales)

    status, out, _ = await typed("run", "15five", "--plan", str(file))

    assert (kept[0], status) == (2, 0)
    assert f"seatkeeper run 15five --plan {file}" in kept[1]
    assert "4 created" in out
    assert len(await writes(sales)) == planned
    assert (await typed("plan", "15five"))[0] == 0


async def test_the_file_is_its_owners_alone_and_holds_no_token(
    sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))

    assert mode(file) == 0o600
    assert sales.box.token not in text_of(file)
    assert drafts(file) == []


async def test_a_plan_kept_over_an_older_file_takes_its_place_with_its_own_mode(
    sales: Company, typed: Typed, file: Path
) -> None:
    made(file, "older")

    await typed("plan", "15five", "--out", str(file))

    assert mode(file) == 0o600
    assert json.loads(text_of(file))["format"] == "seatkeeper plan"


async def test_who_was_edited_since_is_named_and_the_others_go_through(
    sales: Company, typed: Typed, file: Path
) -> None:
    await sales.run()
    await sales.change("ada", jobTitle="Keeper")
    await sales.change("zoe", jobTitle="Gardener")
    await typed("plan", "15five", "--out", str(file))
    await sales.change("ada", jobTitle="Captain")
    await writes(sales)

    status, _, complaint = await typed("run", "15five", "--plan", str(file))

    assert status == 1
    assert "Ada Larsen: jobTitle was Keeper when the plan was made and is Captain now." in complaint
    assert await writes(sales) == ["PATCH /Users/zoe"]


async def test_refusals_are_in_the_json_and_in_the_log(
    sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--user", "ada@larkspur.example", "--out", str(file))
    await sales.change("ada", jobTitle="Captain")

    status, out, _ = await typed("run", "15five", "--plan", str(file), "--json")

    [refused] = json.loads(out)["refused"]
    assert (status, refused["display_name"], refused["action"]) == (1, "Ada Larsen", "create")
    assert (await sales.last_entry("ada")).code == "PlanOutdated"
    assert await sales.account("ada") is None


def flipped(content: bytes) -> bytes:
    return content.replace(b"Seller", b"Keeper", 1)


def other_space(content: bytes) -> bytes:
    return content.replace(b": ", b":  ", 1)


def doubled(content: bytes) -> bytes:
    return content.replace(b'"version": 2', b'"version": 2, "version": 2', 1)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other_mac(content: bytes) -> bytes:
    return content[:-5] + (b"0" if content[-5:-4] != b"0" else b"1") + content[-4:]


def another_byte(at: int, content: bytes) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def empty(_: bytes) -> bytes:
    return b""


def another_json(_: bytes) -> bytes:
    return b'{"hello": 1}'


def deep(_: bytes) -> bytes:
    return b"[" * 100_000


def no_text(_: bytes) -> bytes:
    return b"\xff\xfe\x00"


FAULTS = {
    flipped: "is not as it was written",
    other_space: "is not as it was written",
    doubled: "is not as it was written",
    other_mac: "is not as it was written",
    half: "is not a whole JSON document",
    empty: "is not a whole JSON document",
    deep: "is not a whole JSON document",
    no_text: "is not a whole JSON document",
    another_json: "is JSON, but no plan",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_file_that_was_changed_is_refused_and_nothing_is_sent(
    fault: Any, sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))
    changed_by(fault, file)
    await writes(sales)

    status, _, complaint = await typed("run", "15five", "--plan", str(file))

    assert status == 1
    assert FAULTS[fault] in complaint
    assert "seatkeeper plan APP --out FILE" in complaint
    assert await writes(sales) == []


async def test_any_changed_byte_is_seen(sales: Company, typed: Typed, file: Path) -> None:
    await typed("plan", "15five", "--user", "bo@larkspur.example", "--out", str(file))
    size = len(text_of(file).encode())

    for place in range(0, size, size // 12):
        changed_by(partial(another_byte, place), file)
        assert (await typed("run", "15five", "--plan", str(file)))[0] == 1, place
        changed_by(partial(another_byte, place), file)

    assert await sales.account("bo") is None


async def test_a_plan_of_another_app_names_that_app(
    sales: Company, typed: Typed, file: Path, tmp_path: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))
    other = made(tmp_path / "other.yaml", "app: other\ngallery: 15five\n")
    await typed("apply", str(other))

    status, _, complaint = await typed("run", "other", "--plan", str(file))

    assert status == 1
    assert "is a plan for 15five, not for other" in complaint


async def test_a_plan_of_another_installation_is_refused(
    sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))
    another_key(sales.opened.settings.master_key_file)

    status, _, complaint = await typed("run", "15five", "--plan", str(file))

    assert status == 1
    assert "another installation" in complaint


async def test_a_file_that_is_none_is_refused_before_it_is_read(
    sales: Company, typed: Typed, tmp_path: Path
) -> None:
    huge = of_size(tmp_path / "huge.json", MOST_BYTES + 1)

    missing = await typed("run", "15five", "--plan", str(tmp_path / "none.json"))
    folder = await typed("run", "15five", "--plan", str(tmp_path))
    large = await typed("run", "15five", "--plan", str(huge))
    nowhere = await typed("plan", "15five", "--out", str(tmp_path / "no" / "plan.json"))

    assert [one[0] for one in (missing, folder, large, nowhere)] == [1, 1, 1, 1]
    assert "There is no file" in missing[2]
    assert "There is no file" in folder[2]
    assert "so it is none" in large[2]
    assert "cannot be written" in nowhere[2]


async def test_a_plan_names_its_people_itself(sales: Company, typed: Typed, file: Path) -> None:
    await typed("plan", "15five", "--out", str(file))

    status, _, complaint = await typed("run", "15five", "--plan", str(file), "--full")

    assert status == 1
    assert "names its people itself" in complaint


async def test_on_demand_shows_the_same_four_steps_before_and_after(
    sales: Company, typed: Typed
) -> None:
    before = await typed("plan", "15five", "--user", "ada@larkspur.example")
    ran = await typed("run", "15five", "--user", "ada@larkspur.example")
    again = await typed("run", "15five", "--user", "ada@larkspur.example", "--json")

    for _, out, _ in (before, ran):
        assert "Import: was read from the directory" in out
        assert "jobTitle: Seller" in out
        assert "Scope: is assigned through group Sales" in out
        assert "Match: no account matched" in out
        assert "title: empty -> Seller" in out
    assert "Action: the account would be created" in before[1]
    assert "1 created" in ran[1]
    [record] = json.loads(again[1])["records"]
    assert [step["type"] for step in record["steps"]] == [
        "import",
        "scoping",
        "matching",
        "export",
    ]
    assert record["steps"][3]["text"] == "nothing had to be done"


async def test_a_running_engine_carries_out_the_plan(
    sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))
    await typed("off", "15five")
    await sales.change("zoe", jobTitle="Captain")
    lock, engine = sales.opened.lock(), sales.opened.running.runner()
    lock.acquire()
    running = asyncio.create_task(engine.run())

    status, out, _ = await typed("run", "15five", "--plan", str(file), "--json")

    engine.stop()
    await running
    lock.release()
    assert status == 1
    assert [one["display_name"] for one in json.loads(out)["refused"]] == ["Zoe Larsen"]
    assert await sales.members("Sales") == ["ada", "bo"]


async def test_what_is_done_already_is_named_as_done_and_is_no_failure(
    sales: Company, typed: Typed, file: Path
) -> None:
    await typed("plan", "15five", "--out", str(file))
    await sales.run()

    status, out, complaint = await typed("run", "15five", "--plan", str(file))

    assert status == 0
    assert "Already as reviewed, so nothing was sent: 4 (" in out
    assert "Refused" not in complaint
