"""The SCIM target: carries questions and writes to an app over SCIM 2.0.

    source change -> scope -> map -> match -> plan -> [export] -> log

It translates and decides nothing: what to send was planned, what an answer
means is ``answers``' business, when to try again is the engine's. What an app
cannot do is in its capabilities; no app is known by name here.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from seatkeeper.connectors.address import judge_url
from seatkeeper.connectors.answers import Asked, Judge, Resource
from seatkeeper.connectors.bulk import Bulk
from seatkeeper.connectors.carried import as_json, in_a_url, shown_value
from seatkeeper.connectors.checking import Checking
from seatkeeper.connectors.habits import (
    Habits,
    kind_of,
    member_operations,
    put_body,
    put_members,
)
from seatkeeper.connectors.http import Answer, Limits, Resolver, Wire, resolve_name
from seatkeeper.connectors.kept_lists import MOST_PAGES, KeptLists
from seatkeeper.connectors.list_walk import ListWalk
from seatkeeper.connectors.rate import Tempo
from seatkeeper.connectors.replacing import Replacing
from seatkeeper.connectors.resources import (
    Shape,
    account_from,
    new_resource,
    patch_operations,
    same,
)
from seatkeeper.connectors.secret import Secret
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Incompatible, Vanished
from seatkeeper.ports import Page, Trace
from seatkeeper.provisioning.account import (
    Account,
    Capabilities,
    TargetValues,
    ValueChange,
)
from seatkeeper.provisioning.connection import ConnectionCheck
from seatkeeper.scim.difference import must_read
from seatkeeper.scim.path import parse_path, read
from seatkeeper.scim.syntax import quoted

_Listed: TypeAlias = tuple[list[Resource], int]

_PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_ALONE: Final = 8
"""Requests under way of writes that were to leave together, and then had to go alone."""

_MOST_PAGES: Final = 20
"""Pages of one look-up; an exact filter has one, so more means that it is not exact."""


class ScimTarget:
    """One app behind a SCIM service; implements ``ports.Target``."""

    def __init__(
        self,
        base_url: str,
        token: str | bytes,
        shapes: Mapping[Kind, Shape],
        capabilities: Capabilities,
        *,
        allow_loopback: bool = False,
        requests_per_second: float = 25.0,
        limits: Limits | None = None,
        roots: Sequence[bytes] = (),
        resolver: Resolver = resolve_name,
        habits: Habits | None = None,
        learned: Mapping[str, object] | None = None,
    ) -> None:
        """Judge URL and token, raising ``InvalidValue`` for a bad one; nothing is sent yet."""
        secret = Secret(token)
        limits = limits or Limits()
        self.capabilities = capabilities
        self._shapes = shapes
        self._wire = Wire(
            judge_url(base_url, allow_loopback=allow_loopback),
            secret,
            allow_loopback=allow_loopback,
            limits=limits,
            roots=roots,
            resolver=resolver,
        )
        self._judge = Judge(secret, levels=limits.levels)
        self._habits = habits or Habits()
        self._tempo = Tempo(requests_per_second, self._habits.rates, learned=learned)
        self._refused: Answer | None = None
        self._lists = KeptLists()
        self._replacing = Replacing(self._send, self._judge)
        self._batch = capabilities.groups.members_per_patch if capabilities.groups else 1
        wanted = self._habits.bulk and self._habits.patches
        self.bulk = Bulk(
            self._send, self._judge, shapes[Kind.USER], self._tempo.answered, wanted=wanted
        )
        self._alone = asyncio.Semaphore(_ALONE)

        async def people(shape: Shape, path: str, value: str | None, trace: Trace) -> _Listed:
            return await self._page(shape, Kind.USER, path, value, 1, trace)

        self._checking = Checking(
            self._wire, self._judge, self._habits, shapes, capabilities, self._send, people
        )

    async def probe(self, matching_path: str) -> str:
        """Ask for somebody who cannot exist; an empty list proves URL, token and filter."""
        return await self._checking.probe(matching_path)

    def checks(self, matching_path: str) -> AsyncIterator[ConnectionCheck]:
        """Test the connection; each line comes as soon as it is known."""
        return self._checking.checks(matching_path)

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        """Return every account whose ``path`` equals ``value``; what else comes is dropped."""
        shape = self._shapes[kind]
        asked = shape.place(path).path
        filtered = self._habits.filter_path(kind, asked)
        if filtered is None:
            return await self._find_in_list(kind, path, value, trace)
        # A filter that is none, or wider than the question, rightly shows others too.
        exact = filtered == asked
        found: dict[str, Account] = {}
        walk = ListWalk(_MOST_PAGES if exact else MOST_PAGES)
        while walk.left:
            page, total = await self._page(shape, kind, path, value, walk.start, trace)
            equal = [one for one in page if self._equals(shape, path, value, one)]
            found |= {str(one["id"]): account_from(shape, one) for one in equal}
            if kind is Kind.USER:
                for one in equal:
                    self._tell(shape, one)
            if exact and page and not found:
                raise self._checking.filter_ignored(path)
            walk.took([str(one["id"]) for one in page], total)
            if walk.is_over(sure=exact or bool(found)):
                return list(found.values())
        if exact:
            raise self._checking.filter_ignored(path)
        raise self._too_long(path)

    async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
        """Return the account with that id, or none if it is gone."""
        try:
            resource = await self._resource(kind, account_id, trace)
        except Vanished:
            return None
        if kind is Kind.USER:
            self._tell(self._shapes[kind], {**resource, "id": account_id})
        return account_from(self._shapes[kind], {"id": account_id, **resource})

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        """Return a page of the app's list."""
        shape = self._shapes[kind]
        listed, total = await self._page(shape, kind, "id", None, start, trace)
        return Page([account_from(shape, one) for one in listed], total)

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Create an account and return it as the app now holds it."""
        shape = self._shapes[kind]
        body = new_resource(shape, values)
        answer = await self._write(kind, "POST", shape.endpoint, trace, body)
        made = self._judge.created(answer)
        self._tell(shape, made, body)
        account = account_from(shape, made)
        if account.values:
            return account
        # The app told only the id: what was accepted is what was sent.
        return Account(
            account.id, {path: held for path, held in values.items() if path != "members"}
        )

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Send exactly these differences, in one PATCH; look first only where that matters."""
        if not changes:
            return
        shape = self._shapes[kind]
        held = None
        if not self._habits.patches:

            def changed(whole: Resource) -> Resource | None:
                operations = patch_operations(shape, changes, dict(whole))
                return put_body(kind, whole, operations) if operations else None

            await self._replacing.put(self._place(shape, account_id), changed, trace)
            return
        if must_read(changes, shape.places):
            held = dict(await self._resource(kind, account_id, trace))
        operations = patch_operations(shape, changes, held)
        if not operations:
            return  # what was to go from a list had gone already
        body = {"schemas": [_PATCH], "Operations": operations}
        place = self._place(shape, account_id)
        answer = await self._write(kind, "PATCH", place, trace, body, changes)
        self._judge.changed(answer)

    async def change_members(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> None:
        """Add and remove members in batches; a batch that is too large is halved.

        A member to be removed who is not there counts as removed.
        """
        place = self._place(self._shapes[Kind.GROUP], group_id)
        if not self._habits.patches:
            await self._replacing.put(place, lambda held: put_members(held, add, remove), trace)
            return
        waiting = [("add", one) for one in add] + [("remove", one) for one in remove]
        size = self._batch
        while waiting:
            batch = waiting[:size]
            answer = await self._patch(place, member_operations(batch), trace)
            if len(batch) > 1 and answer.status == 413:
                self._batch = size = max(1, len(batch) // 2)
                continue
            absent = self._judge.scim_type(answer) == "noTarget"
            if len(batch) > 1 and absent:
                # Somebody in it is gone already; only this call goes on one by one.
                size = max(1, len(batch) // 2)
                continue
            if not (absent and answer.status == 400 and batch[0][0] == "remove"):
                self._judge.changed(answer)
            waiting = waiting[size:]

    async def members(self, group_id: str, trace: Trace) -> frozenset[str] | None:
        """Return the ids of a group's members; none: the app does not show them."""
        groups = self.capabilities.groups
        if groups is None or not groups.members_readable:
            return None
        place = self._place(self._shapes[Kind.GROUP], group_id)
        resource = self._judge.resource(await self._send("GET", place, trace), Asked.READ)
        held = read(dict(resource), parse_path("members.value"))
        listed = held if isinstance(held, list) else [] if held is None else [held]
        return frozenset(str(one) for one in listed)

    async def delete(self, kind: Kind, account_id: str, trace: Trace) -> None:
        """Delete the account; one that is already gone counts as deleted."""
        place = self._place(self._shapes[kind], account_id)
        answer = await self._send("DELETE", place, trace)
        if answer.status != 404:
            self._judge.expect_success(answer, Asked.DELETE)

    def learned(self) -> Mapping[str, object]:
        """Return what the app's refusals taught about its limits, by limit."""
        return self._tempo.to_plain()

    async def close(self) -> None:
        """Close connections."""
        await self._wire.close()

    async def _find_in_list(
        self, kind: Kind, path: str, value: str, trace: Trace
    ) -> Sequence[Account]:
        """Find in the app's whole list, which is read on only as far as nobody did before."""
        shape = self._shapes[kind]

        def value_of(path: str, resource: Resource) -> str | None:
            held = (
                resource["id"] if path == "id" else account_from(shape, resource).values.get(path)
            )
            return None if held is None or isinstance(held, tuple) else str(held)

        kept = self._lists.of(kind)
        async with kept.reading:
            while True:
                alike = kept.with_value(path, value, value_of)
                equal = [one for one in alike if self._equals(shape, path, value, one)]
                if kept.walk.is_over(sure=bool(equal)):
                    break
                if not kept.walk.left:
                    raise self._too_long(path)
                page, total = await self._page(shape, kind, path, None, kept.walk.start, trace)
                kept.took(page, total, value_of)
        if kind is Kind.USER:
            for one in equal:
                self._tell(shape, one)
        return [account_from(shape, one) for one in equal]

    def _too_long(self, path: str) -> Incompatible:
        return Incompatible(
            f"{self._wire.address.host} lists more than {MOST_PAGES} pages and takes no "
            f"filter on {path}.",
            advice="Match on an attribute that the app can filter by, such as userName.",
        )

    def _tell(
        self, shape: Shape, resource: Resource, sent: Mapping[str, Any] | None = None
    ) -> None:
        if not self._habits.patches:
            self._replacing.tell(self._place(shape, str(resource["id"])), resource, sent)

    async def _page(
        self, shape: Shape, kind: Kind, path: str, value: str | None, start: int, trace: Trace
    ) -> _Listed:
        without = "excludedAttributes=members&" if kind is Kind.GROUP else ""
        later = f"&startIndex={start}" if start > 1 else ""
        asked = self._habits.filter_path(kind, shape.place(path).path)
        if value is None or asked is None:
            url = f"{shape.endpoint}?{without}count={self._habits.page_size}{later}"
            return self._judge.listed(await self._send("GET", url, trace))
        path = str(asked)
        condition = in_a_url(f"{path} eq {quoted(value)}")
        url = f"{shape.endpoint}?{without}filter={condition}{later}"
        shown = f'{shape.endpoint}?{without}filter={path} eq "{shown_value(value)}"{later}'
        answer = await self._send("GET", url, trace, shown=shown)
        return self._judge.listed(answer)

    async def _resource(self, kind: Kind, account_id: str, trace: Trace) -> Resource:
        without = "?excludedAttributes=members" if kind is Kind.GROUP else ""
        place = self._place(self._shapes[kind], account_id)
        return self._judge.resource(await self._send("GET", place + without, trace), Asked.READ)

    async def _patch(
        self, place: str, operations: Sequence[Mapping[str, Any]], trace: Trace
    ) -> Answer:
        body = {"schemas": [_PATCH], "Operations": operations}
        return await self._send("PATCH", place, trace, body=body)

    async def _write(
        self,
        kind: Kind,
        method: str,
        path: str,
        trace: Trace,
        body: Mapping[str, Any],
        changes: Sequence[ValueChange] = (),
    ) -> Answer:
        """Send a write together with others where the app takes that, else alone."""
        if not self.bulk.takes(kind, changes):
            return await self._send(method, path, trace, body=body)
        answer = await self.bulk.answer(method, path, trace, body, as_json(body))
        if answer is not None:
            return answer
        async with self._alone:
            return await self._send(method, path, trace, body=body)

    async def _send(
        self,
        method: str,
        path: str,
        trace: Trace,
        *,
        shown: str = "",
        body: Mapping[str, Any] | None = None,
        if_match: str = "",
    ) -> Answer:
        content = None if body is None else as_json(body)
        refused = self._refused
        about = kind_of(self._shapes, path)
        if method != "GET":
            self._lists.written()
        await self._tempo.turn(method, about)
        if self._refused is not None and self._refused is not refused:
            return self._refused  # what waited while a token was refused would be refused, too
        try:
            answer = await self._wire.send(
                method,
                path,
                trace,
                shown=shown,
                body=content,
                headers={"If-Match": if_match} if if_match else None,
            )
        finally:
            if method != "GET":
                self._lists.written()
        self._tempo.answered(method, about, answer.status)
        if answer.status == 401:
            self._refused = answer
        return answer

    def _place(self, shape: Shape, account_id: str) -> str:
        if account_id in ("", ".", ".."):
            # Such an id would name another place once the URL is put together.
            raise Incompatible(
                f"{self._wire.address.host} gave an account the id {account_id!r}.",
                advice="No request can name it; ask the app's operator.",
            )
        return f"{shape.endpoint}/{in_a_url(account_id)}"

    def _equals(self, shape: Shape, path: str, value: str, resource: Resource) -> bool:
        if path == "id":
            return str(resource["id"]) == value
        return same(shape, path, value, account_from(shape, resource).values.get(path))
