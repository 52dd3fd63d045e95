"""Several operations in one message: their order, their references, and when to stop."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.scim.bulk import (
    DEEPEST,
    BulkOperation,
    BulkOutcome,
    bulk_steps,
    read_bulk,
    references,
)
from seatkeeper.scim.bulk_order import order_of
from seatkeeper.scim.dialect import STRICT, Inspection
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.messages import BULK_REQUEST, BULK_RESPONSE, Json, Resource, patch_body


def bulk(*operations: Json, **more: Json) -> Resource:
    return {"schemas": [BULK_REQUEST], "Operations": list(operations), **more}


def post(bulk_id: str, **data: Json) -> Resource:
    return {"method": "post", "path": "/Users", "bulkId": bulk_id, "data": data}


def group(bulk_id: str, *members: str) -> Resource:
    listed: list[Json] = [{"value": one} for one in members]
    data: Json = {"displayName": bulk_id, "members": listed}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data}


def carried_out(
    body: Resource, outcome: Callable[[BulkOperation], BulkOutcome]
) -> tuple[list[BulkOperation], Resource]:
    steps = bulk_steps(read_bulk(body, Inspection(STRICT)))
    done: list[BulkOperation] = []
    try:
        step = next(steps)
        while True:
            done.append(step)
            step = steps.send(outcome(step))
    except StopIteration as ended:
        response: Resource = ended.value
        return done, response


def made(operation: BulkOperation) -> BulkOutcome:
    name = f"id-{operation.bulk_id or operation.id}"
    return BulkOutcome(201, name, f"https://x/{name}", 'W/"1"')


def failed(operation: BulkOperation) -> BulkOutcome:
    return BulkOutcome(409, response={"detail": "Taken."})


def statuses(response: Resource) -> list[Json]:
    listed = response["Operations"]
    assert isinstance(listed, list)
    return [one["status"] for one in listed if isinstance(one, dict)]


def test_a_group_waits_for_the_members_that_are_made_beside_it() -> None:
    done, response = carried_out(
        bulk(group("g", "bulkId:ADA", "u-9"), post("ada", userName="ada")), made
    )

    assert [one.bulk_id for one in done] == ["ada", "g"]
    assert done[1].data == {
        "displayName": "g",
        "members": [{"value": "id-ada"}, {"value": "u-9"}],
    }
    assert response == {
        "schemas": [BULK_RESPONSE],
        "Operations": [
            {
                "method": "POST",
                "status": "201",
                "bulkId": one,
                "location": f"https://x/id-{one}",
                "version": 'W/"1"',
            }
            for one in ("g", "ada")
        ],
    }


def test_a_resource_can_be_changed_in_the_message_that_makes_it() -> None:
    change: Json = {
        "method": "PATCH",
        "path": "/Users/bulkId:ada",
        "version": 'W/"1"',
        "data": {"Operations": []},
    }

    done, _ = carried_out(
        bulk(change, post("ada"), {"method": "DELETE", "path": "/Users/7/"}), made
    )

    assert [(one.method, one.endpoint, one.id) for one in done] == [
        ("POST", "Users", ""),
        ("PATCH", "Users", "id-ada"),
        ("DELETE", "Users", "7"),
    ]


def test_groups_that_are_members_of_each_other_are_made_and_then_joined() -> None:
    done, response = carried_out(
        bulk(group("a", "bulkId:B", "u-9"), group("b", "bulkId:a"), post("d")), made
    )

    assert [(one.method, one.bulk_id, one.id) for one in done] == [
        ("POST", "d", ""),
        ("POST", "a", ""),
        ("POST", "b", ""),
        ("PATCH", "", "id-a"),
    ]
    assert done[1].data == {"displayName": "a", "members": [{"value": "u-9"}]}
    assert done[2].data == {"displayName": "b", "members": [{"value": "id-a"}]}
    assert done[3].data == patch_body(
        [{"op": "add", "path": "members", "value": [{"value": "id-b"}]}]
    )
    assert statuses(response) == ["201", "201", "201"]


def test_a_ring_that_cannot_be_finished_says_what_is_there() -> None:
    def only_a(operation: BulkOperation) -> BulkOutcome:
        return made(operation) if operation.bulk_id == "a" else failed(operation)

    done, response = carried_out(bulk(group("a", "bulkId:b"), group("b", "bulkId:a")), only_a)

    assert [one.bulk_id for one in done] == ["a", "b"]
    assert statuses(response) == ["409", "409"]
    assert "The group is there" in str(response)
    assert "https://x/id-a" in str(response)


def test_who_waits_in_a_ring_that_nothing_opens_is_refused_and_the_others_go_on() -> None:
    firm = [
        post("a", manager={"value": "bulkId:b"}),
        post("b", manager={"value": "bulkId:a"}),
        group("own", "bulkId:own"),
        group("c", "bulkId:own", "bulkId:a"),
    ]

    done, response = carried_out(bulk(*firm, post("d")), made)

    assert [one.bulk_id for one in done] == ["d"]
    assert statuses(response) == ["409", "409", "409", "409", "201"]


def test_who_waits_for_somebody_that_was_not_made_fails_too() -> None:
    done, response = carried_out(
        bulk(post("ada"), group("g", "bulkId:ada"), group("h", "bulkId:nobody")), failed
    )

    assert [one.bulk_id for one in done] == ["ada"]
    assert statuses(response) == ["409", "409", "409"]
    assert "nobody" in str(response)


@pytest.mark.parametrize(("stop", "begun"), [(0, 4), (1, 1), (2, 2), (9, 4)])
def test_after_so_many_failures_nothing_more_is_begun(stop: int, begun: int) -> None:
    body = bulk(*(post(name) for name in "abcd"), failOnErrors=stop)

    done, response = carried_out(body, failed)

    assert len(done) == begun
    assert statuses(response) == ["409"] * begun


def test_a_chain_of_references_may_be_long_but_not_endless() -> None:
    chain = [post("0"), *(group(str(at), f"bulkId:{at - 1}") for at in range(1, DEEPEST + 3))]

    done, response = carried_out(bulk(*chain), made)

    assert len(done) == DEEPEST + 1
    assert statuses(response)[-2:] == ["409", "409"]


def test_an_operation_without_an_id_in_its_outcome_names_nobody() -> None:
    body = bulk(post("ada"), group("g", "bulkId:ada"))

    _, response = carried_out(body, lambda _: BulkOutcome(201))

    assert statuses(response) == ["201", "409"]


@pytest.mark.parametrize(
    ("body", "status", "scim_type"),
    [
        ({"schemas": ["urn:x"], "Operations": [post("a")]}, 400, "invalidSyntax"),
        ({"schemas": 3, "Operations": [post("a")]}, 400, "invalidSyntax"),
        (bulk(), 400, "invalidSyntax"),
        ({"Operations": 3}, 400, "invalidSyntax"),
        (bulk("post"), 400, "invalidSyntax"),
        (bulk({**post("a"), "method": "GET"}), 400, "invalidSyntax"),
        (bulk({**post("a"), "method": 3}), 400, "invalidSyntax"),
        (bulk({**post("a"), "path": "/Users/1"}), 400, "invalidSyntax"),
        (bulk({**post("a"), "path": "/Users?x"}), 400, "invalidSyntax"),
        (bulk({"method": "PUT", "path": "/Users", "data": {}}), 400, "invalidSyntax"),
        (bulk({"method": "PUT", "path": "/Users/1"}), 400, "invalidSyntax"),
        (bulk({"method": "POST", "path": "/Users", "data": {}}), 400, "invalidSyntax"),
        (bulk(post("a"), post("A")), 400, "invalidValue"),
        (bulk(post("a"), failOnErrors=-1), 400, "invalidValue"),
        (bulk(post("a"), failOnErrors=True), 400, "invalidValue"),
        (bulk(post("a"), failOnErrors="1"), 400, "invalidValue"),
        (bulk(*[post(str(at)) for at in range(1_001)]), 413, "tooMany"),
    ],
)
def test_a_message_that_is_no_bulk_request_is_refused(
    body: Resource, status: int, scim_type: str
) -> None:
    with pytest.raises(ScimError) as caught:
        read_bulk(body)

    assert (caught.value.status, caught.value.scim_type) == (status, scim_type)


def test_a_message_without_schemas_is_understood() -> None:
    [found] = read_bulk(
        {"Operations": [post("a", friends=["bulkId:b", {"x": "bulkId:C"}])]}
    ).operations

    assert references(found) == {"b", "c"}


WAITS = st.lists(st.sets(st.integers(0, 9)), min_size=10, max_size=10)


@given(WAITS)
def test_everything_runs_after_what_it_waits_for_or_is_refused(waits: list[set[int]]) -> None:
    order = order_of([sorted(one) for one in waits], deepest=100)

    ran = [at for at in order.sequence if at not in order.refused]
    assert sorted(order.sequence) == list(range(10))
    for place, at in enumerate(ran):
        assert waits[at] <= set(ran[:place])


@given(WAITS, WAITS)
def test_what_is_put_off_is_there_in_the_end(
    waits: list[set[int]], members: list[set[int]]
) -> None:
    allowed = [(members[at] & waits[at]) - {at} for at in range(10)]

    order = order_of([sorted(one) for one in waits], deepest=100, may_put_off=allowed)

    ran = [at for at in order.sequence if at not in order.refused]
    assert sorted(order.sequence) == list(range(10))
    for place, at in enumerate(ran):
        later = order.put_off.get(at, frozenset())
        assert later <= allowed[at]
        assert waits[at] - later <= set(ran[:place])
        assert later <= set(ran)


@given(WAITS)
def test_a_ring_of_members_alone_is_never_refused(waits: list[set[int]]) -> None:
    others = [one - {at} for at, one in enumerate(waits)]

    order = order_of([sorted(one) for one in others], deepest=100, may_put_off=others)

    assert order.refused == {}
