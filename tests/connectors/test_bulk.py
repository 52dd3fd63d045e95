"""Several people written in one request: each has an answer of their own, or is in doubt."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.connectors.bulk_app import Body, BulkApp, bulk_response, created, reaching

from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    Conflict,
    CredentialsRejected,
    InDoubt,
    LeaseLost,
    Throttled,
    Transient,
)
from seatkeeper.ports import Trace
from seatkeeper.ports.permit import asked_first
from seatkeeper.provisioning.account import Account, ValueChange

NAMES = ("ada", "bo", "cy", "dee")
BULK = "POST /Bulk"


def ids(came: dict[str, Account | BaseException]) -> dict[str, str]:
    """Return the id that each got, or the name of the error."""
    return {
        name: one.id if isinstance(one, Account) else type(one).__name__
        for name, one in came.items()
    }


EACH_THEIR_OWN = {name: f"a-{name}" for name in NAMES}


async def test_people_who_are_made_at_the_same_time_leave_in_one_request() -> None:
    app = BulkApp()
    traces = [Trace() for _ in NAMES]

    async with reaching(app) as one:
        came = await created(one, *NAMES, traces=traces)

    assert ids(came) == EACH_THEIR_OWN
    assert app.asked == ["GET /ServiceProviderConfig", BULK]
    told = [exchange for trace in traces for exchange in trace.exchanges]
    assert [(each.method, each.path, each.status) for each in told] == [("POST", "/Users", 201)] * 4
    assert [each.operation for each in told] == [1, 2, 3, 4]
    assert len({each.request_id for each in told}) == 1


async def test_whoever_comes_alone_is_sent_as_ever() -> None:
    app = BulkApp()

    async with reaching(app) as one:
        came = await created(one, "ada")

    assert ids(came) == {"ada": "a-ada"}
    assert app.asked[1:] == ["POST /Users"]


async def test_one_whose_name_is_taken_is_a_conflict_and_the_others_are_made() -> None:
    app = BulkApp(taken=frozenset({"bo"}))

    async with reaching(app) as one:
        came = await created(one, *NAMES)

    assert ids(came) == {**EACH_THEIR_OWN, "bo": "Conflict"}
    assert isinstance(came["bo"], Conflict)
    assert came["bo"].said == "taken"


def with_status(place: int, status: str) -> Callable[[list[Body]], tuple[int, Body]]:
    """Answer one operation with another status."""

    def edit(done: list[Body]) -> tuple[int, Body]:
        if place < len(done):
            done[place] = {"method": "POST", "bulkId": str(place), "status": status}
        return 200, bulk_response(done)

    return edit


@pytest.mark.parametrize(
    ("status", "error"), [("500", Transient), ("429", Throttled), ("401", CredentialsRejected)]
)
async def test_one_operation_that_failed_fails_alone(status: str, error: type[Exception]) -> None:
    app = BulkApp(edit=with_status(2, status))

    async with reaching(app) as one:
        came = await created(one, *NAMES)
        await created(one, "eve", "finn")

    assert ids(came) == {**EACH_THEIR_OWN, "cy": error.__name__}
    assert app.sizes == [4, 2]


async def test_answers_in_another_order_go_to_whom_they_are_about() -> None:
    app = BulkApp(edit=lambda done: (200, bulk_response(done[::-1])))

    async with reaching(app) as one:
        came = await created(one, *NAMES)

    assert ids(came) == EACH_THEIR_OWN


def of_cy(**more: Any) -> Callable[[list[Body]], tuple[int, Body]]:
    """Answer with other words about the third."""

    def edit(done: list[Body]) -> tuple[int, Body]:
        changed = {**done[2], **more}
        kept = {name: value for name, value in changed.items() if value is not None}
        return 200, bulk_response([*done[:2], kept, *done[3:]])

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        lambda done: (200, bulk_response(done[:2] + done[3:])),
        lambda done: (200, bulk_response([*done, done[2]])),
        lambda done: (200, bulk_response([*done[:2], "cy", done[3]])),
        of_cy(bulkId=None),
        of_cy(bulkId="4"),
        of_cy(bulkId="cy"),
        of_cy(method="PATCH"),
        of_cy(status=None),
        of_cy(status=True),
        of_cy(status="soon"),
        of_cy(response=None, location=None),
    ],
    ids=[
        "left out", "told twice", "no object", "no bulkId", "another number", "another name",
        "another method", "no status", "a boolean", "a word", "without an id",
    ],
)  # fmt: skip
async def test_one_of_whom_nothing_clear_is_said_is_in_doubt(
    edit: Callable[[list[Body]], tuple[int, Body]],
) -> None:
    app = BulkApp(edit=edit)

    async with reaching(app) as one:
        came = await created(one, *NAMES)

    assert ids(came) == {**EACH_THEIR_OWN, "cy": "InDoubt"}


async def test_two_who_are_said_to_have_one_account_are_both_in_doubt() -> None:
    def edit(done: list[Body]) -> tuple[int, Body]:
        done[1] = {**done[1], "response": {"id": "a-ada"}}
        return 200, bulk_response(done)

    async with reaching(BulkApp(edit=edit)) as one:
        came = await created(one, *NAMES)

    assert ids(came) == {**EACH_THEIR_OWN, "ada": "InDoubt", "bo": "InDoubt"}


async def test_an_app_that_left_somebody_out_gets_everybody_alone_from_then_on() -> None:
    app = BulkApp(edit=lambda done: (200, bulk_response(done[1:])))

    async with reaching(app) as one:
        await created(one, *NAMES)
        await created(one, "eve", "finn")
        await one.bulk.learn(Trace())

    assert app.asked[1:] == [BULK, "POST /Users", "POST /Users"]


async def test_changes_are_told_apart_by_where_they_were_made_if_they_have_no_names() -> None:
    def edit(done: list[Body]) -> tuple[int, Body]:
        return 200, bulk_response([{**one, "bulkId": None} for one in done[::-1]])

    app = BulkApp(edit=edit)

    async with reaching(app) as one:
        change = [ValueChange("title", "a", "b")]
        calls = [one.update(Kind.USER, f"a-{name}", change, Trace()) for name in NAMES]
        await asyncio.gather(*calls)

    assert [sent["path"] for sent in app.messages[0]] == [f"/Users/a-{name}" for name in NAMES]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_an_app_that_takes_no_messages_after_all_gets_everybody_alone(status: int) -> None:
    app = BulkApp(edit=lambda done: (status, {}))

    async with reaching(app) as one:
        app.held.clear()
        came = await created(one, *NAMES)
        await created(one, "eve", "finn")

    assert ids(came) == EACH_THEIR_OWN
    assert app.asked[1:] == [BULK, *["POST /Users"] * 6]


async def test_what_is_too_much_at_a_time_goes_alone_and_then_half_as_many_together() -> None:
    app = BulkApp(edit=lambda done: (413, {}) if len(done) > 2 else (200, bulk_response(done)))

    async with reaching(app) as one:
        first = await created(one, *NAMES)
        second = await created(one, "eve", "finn", "gus", "hal")

    assert ids(first) == EACH_THEIR_OWN
    assert all(isinstance(each, Account) for each in second.values())
    assert app.sizes == [4, 2, 2]


@pytest.mark.parametrize(
    ("status", "told", "error"),
    [
        (500, {}, Transient),
        (503, {}, Transient),
        (429, {}, Throttled),
        (400, {}, InDoubt),
        (403, {}, InDoubt),
        (409, {}, InDoubt),
        (200, b"<html>", InDoubt),
        (200, b"", InDoubt),
        (200, b"x" * (11 << 20), InDoubt),
    ],
    ids=["500", "503", "429", "400", "403", "409", "a page", "nothing", "no end"],
)
async def test_a_failure_of_the_whole_message_is_one_failure_of_everybody_in_it(
    status: int, told: Any, error: type[Exception]
) -> None:
    app = BulkApp(edit=lambda done: (status, told))

    async with reaching(app) as one:
        came = await created(one, *NAMES)

    assert ids(came) == dict.fromkeys(NAMES, error.__name__)
    assert len({id(each) for each in came.values()}) == 1
    assert app.asked[1:] == [BULK]


async def test_a_message_that_the_app_did_not_like_is_the_last() -> None:
    app = BulkApp(edit=lambda done: (400, {"detail": "What is this?"}))

    async with reaching(app) as one:
        came = await created(one, *NAMES)
        await created(one, "eve", "finn")

    assert isinstance(came["ada"], InDoubt)
    assert came["ada"].said == "What is this?"
    assert app.asked[1:] == [BULK, "POST /Users", "POST /Users"]


@pytest.mark.parametrize(
    ("said", "sizes"),
    [
        ({"maxOperations": 3}, [3, 1]),
        ({"maxPayloadSize": 600}, [2, 2]),
        ({"maxOperations": 2000, "maxPayloadSize": 100_000_000}, [4]),
        ({}, [4]),
        ({"maxOperations": 1}, []),
        ({"maxPayloadSize": 10}, []),
        ({"supported": False}, []),
    ],
)
async def test_a_message_holds_no_more_than_the_app_takes(said: Body, sizes: list[int]) -> None:
    app = BulkApp(config={"bulk": {"supported": True, **said}})

    async with reaching(app) as one:
        came = await created(one, *NAMES)

    assert ids(came) == EACH_THEIR_OWN
    together = [size for size in sizes if size > 1]
    assert app.sizes == together
    assert app.asked.count("POST /Users") == len(NAMES) - sum(together)


async def test_nothing_goes_together_before_the_app_was_asked_and_it_is_asked_once() -> None:
    app = BulkApp(config={})

    async with reaching(app, learnt=False) as one:
        await created(one, "ada", "bo")
        await one.bulk.learn(Trace())
        await one.bulk.learn(Trace())

    assert app.asked == ["POST /Users", "POST /Users", "GET /ServiceProviderConfig"]


async def test_messages_grow_while_the_app_is_quick() -> None:
    app = BulkApp()
    names = [f"p{number}" for number in range(110)]

    async with reaching(app) as one:
        await created(one, *names)

    assert app.sizes[:2] == [10, 10]
    assert max(app.sizes) > 20
    assert max(app.sizes) <= 50
    assert sorted(app.held) == sorted(names)


async def test_groups_deletions_and_what_must_be_read_first_go_alone() -> None:
    async with reaching(BulkApp()) as one:
        assert one.bulk.takes(Kind.USER, [ValueChange("title", "a", "b")])
        assert not one.bulk.takes(Kind.GROUP)
        assert not one.bulk.takes(Kind.USER, [ValueChange("roles", ("crew", "cook"), ("cook",))])


async def test_an_id_that_a_url_writes_otherwise_goes_alone() -> None:
    app = BulkApp()

    async with reaching(app) as one:
        change = [ValueChange("title", "a", "b")]
        await asyncio.gather(
            *(one.update(Kind.USER, each, change, Trace()) for each in ("a b", "a-1", "a-2"))
        )

    assert sorted(app.asked[1:]) == ["PATCH /Users/a%20b", BULK]


async def test_what_waits_while_the_token_is_refused_is_not_sent() -> None:
    app = BulkApp(edit=lambda done: (401, {}))
    names = [f"p{number}" for number in range(45)]

    async with reaching(app) as one:
        came = await created(one, *names)

    assert {type(each) for each in came.values()} == {CredentialsRejected}
    assert len(app.sizes) <= 2
    assert app.held == names[:20]


async def test_no_message_leaves_once_the_lease_is_lost() -> None:
    def never() -> None:
        raise LeaseLost("generic-scim")

    app = BulkApp()

    async with reaching(app) as one:
        with asked_first(never):
            came = await created(one, *NAMES)

    assert ids(came) == dict.fromkeys(NAMES, "LeaseLost")
    assert app.sizes == []


async def test_a_message_is_broken_off_once_nobody_waits_for_it() -> None:
    app = BulkApp()
    arrived, never = asyncio.Event(), asyncio.Event()

    async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/Bulk" not in request:
            await BulkApp.__call__(app, request, writer)
            return
        arrived.set()
        await never.wait()

    async with reaching(silent) as one:  # type: ignore[arg-type]  # it only has to answer
        calls = [
            asyncio.create_task(one.create(Kind.USER, {"userName": name}, Trace()))
            for name in NAMES
        ]
        await arrived.wait()
        for each in calls:
            each.cancel()
        came = await asyncio.gather(*calls, return_exceptions=True)
        after = await created(one, "eve")

    assert {type(each) for each in came} == {asyncio.CancelledError}
    assert ids(after) == {"eve": "a-eve"}
