"""Test the connection to one app: one harmless request after the other, each with its line.

    source change -> scope -> map -> match -> plan -> [export] -> log

Beside the last station of the walk. It only reads, and asks for nobody who
exists. What an answer means is ``answers``' business; here it becomes the line
of a list that somebody reads while it grows.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from seatkeeper.connectors.answers import Asked, Judge, Resource
from seatkeeper.connectors.habits import Habits
from seatkeeper.connectors.http import Answer, Wire
from seatkeeper.connectors.resources import Shape
from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError, CredentialsRejected, Incompatible
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Capabilities
from seatkeeper.provisioning.connection import (
    CheckName,
    CheckResult,
    ConnectionCheck,
    not_reached,
)
from seatkeeper.words import number_of

_CONFIGURATION: Final = "/ServiceProviderConfig"
_OFFERED: Final = ("patch", "bulk", "filter", "changePassword", "sort", "etag")


class Send(Protocol):
    """Sends one request and returns the answer, whatever its status."""

    async def __call__(self, method: str, path: str, trace: Trace) -> Answer:
        """Raise ``ConnectorError`` where no whole answer came."""


Listing = Callable[[Shape, str, str | None, Trace], Awaitable[tuple[list[Resource], int]]]
"""Asks for a page of people by a path and a value, or for all of them."""


@dataclass(frozen=True, slots=True)
class Checking:
    """Makes the checks of one app."""

    wire: Wire
    judge: Judge
    habits: Habits
    shapes: Mapping[Kind, Shape]
    capabilities: Capabilities
    send: Send
    listing: Listing

    @property
    def _host(self) -> str:
        return self.wire.address.host

    async def checks(self, matching_path: str) -> AsyncIterator[ConnectionCheck]:
        """Yield every line as soon as it is known; what cannot be made is not reached."""
        found = await self._address()
        yield found
        if found.stops:
            for line in not_reached(found.name):
                yield line
            return
        trace = Trace()
        endpoint = self.shapes[Kind.USER].endpoint
        try:
            answer = await self.send("GET", f"{endpoint}?count=1", trace)
        except ConnectorError as error:
            yield _failed(CheckName.ENCRYPTION, error, trace)
            for line in not_reached(CheckName.ENCRYPTION):
                yield line
            return
        yield self._encryption(trace)
        token, people = self._people(answer, trace)
        yield token
        yield people
        if token.stops or people.stops:
            for line in not_reached(CheckName.PEOPLE):
                yield line
            return
        yield await self._filter(matching_path)
        yield self._create()
        yield await self._groups()
        yield await self._configuration()

    async def probe(self, matching_path: str) -> str:
        """Ask for somebody who cannot exist; an empty list proves URL, token and filter."""
        shape = self.shapes[Kind.USER]
        if self.habits.filter_path(Kind.USER, shape.place(matching_path).path) is None:
            await self.listing(shape, matching_path, None, Trace())
            return (
                f"{self._host} answers as a SCIM service and accepts the token. It "
                f"takes no filter on {matching_path}, so people are found by reading its list."
            )
        await self._nobody(matching_path, Trace())
        return (
            f"{self._host} answers as a SCIM service, accepts the token, and "
            f"finds nobody under a made-up {matching_path}, as it should."
        )

    def filter_ignored(self, path: str) -> Incompatible:
        """Return the error of an app that answers a filter with accounts it does not fit."""
        return Incompatible(
            f"{self._host} ignored the filter on {path}: it returned accounts with other values.",
            advice="Match on an attribute that the app can filter by, such as userName.",
        )

    async def _nobody(self, path: str, trace: Trace) -> None:
        _, total = await self.listing(self.shapes[Kind.USER], path, str(uuid.uuid4()), trace)
        if total:
            raise self.filter_ignored(path)

    async def _address(self) -> ConnectionCheck:
        try:
            ip = await self.wire.leads_to()
        except ConnectorError as error:
            return _failed(CheckName.ADDRESS, error, Trace())
        words = f"{self._host} is an address that may be asked."
        if ip is not None:
            words = f"{self._host} leads to {ip}, which may be asked."
        return ConnectionCheck(CheckName.ADDRESS, CheckResult.PASSED, words)

    def _encryption(self, trace: Trace) -> ConnectionCheck:
        words = f"{self._host} answers, and its certificate is valid."
        if self.wire.address.scheme != "https":
            words = f"{self._host} answers. It is on this machine, where nothing needs encryption."
        return ConnectionCheck(
            CheckName.ENCRYPTION, CheckResult.PASSED, words, details=_requests(trace)
        )

    def _people(self, answer: Answer, trace: Trace) -> tuple[ConnectionCheck, ConnectionCheck]:
        """Return what one list says of the token, and of reading people."""
        try:
            _, total = self.judge.listed(answer)
        except CredentialsRejected as error:
            return _failed(CheckName.TOKEN, error, trace), _open(CheckName.PEOPLE)
        except ConnectorError as error:
            return _open(CheckName.TOKEN), _failed(CheckName.PEOPLE, error, trace)
        accepted = f"{self._host} accepts the token."
        return (
            ConnectionCheck(CheckName.TOKEN, CheckResult.PASSED, accepted),
            ConnectionCheck(
                CheckName.PEOPLE,
                CheckResult.PASSED,
                f"The token may read accounts: {number_of(total, 'account')} there now.",
                details=_requests(trace),
            ),
        )

    async def _filter(self, path: str) -> ConnectionCheck:
        shape = self.shapes[Kind.USER]
        if self.habits.filter_path(Kind.USER, shape.place(path).path) is None:
            return ConnectionCheck(
                CheckName.FILTER,
                CheckResult.PASSED,
                f"It takes no filter on {path}: people are found by reading its whole list.",
            )
        trace = Trace()
        try:
            await self._nobody(path, trace)
        except ConnectorError as error:
            return _failed(CheckName.FILTER, error, trace)
        return ConnectionCheck(
            CheckName.FILTER,
            CheckResult.PASSED,
            f"It finds nobody under a made-up {path}, as it should.",
            details=_requests(trace),
        )

    def _create(self) -> ConnectionCheck:
        words = "Accounts can be created, as the gallery says. None was made to try it."
        if not self.capabilities.users.create:
            words = "Accounts are not created, as the gallery says: people are only found there."
        return ConnectionCheck(CheckName.CREATE, CheckResult.PASSED, words)

    async def _groups(self) -> ConnectionCheck:
        shape = self.shapes.get(Kind.GROUP)
        if shape is None:
            return ConnectionCheck(
                CheckName.GROUPS, CheckResult.PASSED, "This app takes no groups, so none are sent."
            )
        trace = Trace()
        try:
            url = f"{shape.endpoint}?excludedAttributes=members&count=1"
            _, total = self.judge.listed(await self.send("GET", url, trace))
        except ConnectorError as error:
            return _failed(CheckName.GROUPS, error, trace)
        return ConnectionCheck(
            CheckName.GROUPS,
            CheckResult.PASSED,
            f"The token may read groups: {number_of(total, 'group')} there now.",
            details=_requests(trace),
        )

    async def _configuration(self) -> ConnectionCheck:
        """Ask what the app says of itself; many say nothing, and nothing depends on it."""
        trace = Trace()
        try:
            answer = await self.send("GET", _CONFIGURATION, trace)
            told = self.judge.resource(answer, Asked.LIST)
        except ConnectorError:
            return ConnectionCheck(
                CheckName.CONFIGURATION,
                CheckResult.FAILED,
                f"{self._host} does not describe itself (ServiceProviderConfig). "
                "What it can do is known from the gallery, so nothing is missing.",
                details=_requests(trace),
                needed=False,
            )
        offered = [name for name in _OFFERED if _supported(told.get(name))]
        words = f"It says that it supports: {', '.join(offered) or 'nothing beyond the minimum'}."
        return ConnectionCheck(
            CheckName.CONFIGURATION,
            CheckResult.PASSED,
            words,
            details=_requests(trace),
            needed=False,
        )


def _failed(name: CheckName, error: ConnectorError, trace: Trace) -> ConnectionCheck:
    return ConnectionCheck(
        name,
        CheckResult.FAILED,
        error.message,
        advice=error.advice,
        said=error.said,
        details=_requests(trace),
    )


def _open(name: CheckName) -> ConnectionCheck:
    return ConnectionCheck(name, CheckResult.NOT_REACHED)


def _requests(trace: Trace) -> list[str]:
    return [
        f"{one.method} {one.path}: {one.status or 'no answer'}, {one.milliseconds} ms"
        for one in trace.exchanges
    ]


def _supported(said: Any) -> bool:
    return isinstance(said, dict) and said.get("supported") is True
