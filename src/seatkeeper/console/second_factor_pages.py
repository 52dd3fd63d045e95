"""The page of one's own second factor: set up, confirm, renew codes, change the device, turn off.

After sign-in. Secrets and recovery codes are shown and go nowhere else; which
code is right is decided in ``administration.second_factor``.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.administration.second_factor import app_link, written_secret
from seatkeeper.clock import utc_now
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.signing_in import key_missing
from seatkeeper.console.templates import Templates
from seatkeeper.console.views.qr import qr_code
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import clock
from seatkeeper.errors import BadInput, KeyMissing, SlowedDown
from seatkeeper.store.other_devices import SqlOtherDevices
from seatkeeper.store.second_factors import SqlSecondFactors

Done = TypeVar("Done")

PLACE: Final = "/settings/second-factor"


class SecondFactorPages:
    """What somebody does with their own second factor."""

    def __init__(
        self, factors: SqlSecondFactors, devices: SqlOtherDevices, templates: Templates
    ) -> None:
        self._factors = factors
        self._devices = devices
        self._templates = templates

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", PLACE, self.show),
            doors.route("POST", PLACE, self.begin),
            doors.route("POST", f"{PLACE}/confirm", self.confirm),
            doors.route("POST", f"{PLACE}/recovery-codes", self.renew),
            doors.route("POST", f"{PLACE}/off", self.off),
            doors.route("POST", f"{PLACE}/device", self.other_device),
            doors.route("POST", f"{PLACE}/device/confirm", self.confirm_device),
            doors.route("POST", f"{PLACE}/device/keep", self.keep_device),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show whether it is on, or the secret that waits for its first code."""
        return await self._show(visit)

    async def begin(self, visit: Visit) -> Response:
        """Make a secret."""
        await asyncio.to_thread(self._factors.begin, visit.administrator.id, utc_now())
        return RedirectResponse(PLACE, SEE_OTHER)

    async def confirm(self, visit: Visit) -> Response:
        """Turn it on by its first code; recovery codes are shown once, so this is the page."""
        return await self._confirmed(self._factors.confirm, visit)

    async def renew(self, visit: Visit) -> Response:
        """Make other recovery codes by a code, and show them once."""
        try:
            codes = await self._by_code(self._factors.renew_codes, visit)
        except (BadInput, KeyMissing) as error:
            return await self._refused(visit, error)
        return await self._show(visit, codes=codes)

    async def off(self, visit: Visit) -> Response:
        """Have the passphrase alone open the console, by a code."""
        try:
            await self._by_code(self._factors.turn_off, visit)
        except (BadInput, KeyMissing) as error:
            return await self._refused(visit, error)
        return RedirectResponse(PLACE, SEE_OTHER)

    async def other_device(self, visit: Visit) -> Response:
        """Make the secret of another device, by a code of the one that is on."""
        begin = partial(self._devices.begin, session=_session(visit))
        try:
            await self._by_code(begin, visit)
        except (BadInput, KeyMissing) as error:
            return await self._refused(visit, error)
        return RedirectResponse(PLACE, SEE_OTHER)

    async def confirm_device(self, visit: Visit) -> Response:
        """Ask for codes of the other device from now on, by its first; recovery codes follow."""
        return await self._confirmed(self._devices.confirm, visit)

    async def keep_device(self, visit: Visit) -> Response:
        """Forget the device that waits; the old one stays."""
        await asyncio.to_thread(self._devices.give_up, visit.administrator.id)
        return RedirectResponse(PLACE, SEE_OTHER)

    async def _confirmed(self, work: Callable[..., Sequence[str]], visit: Visit) -> Response:
        """Turn on what the code of the form confirms, and show the recovery codes once."""
        typed, session = visit.form.get("code", ""), _session(visit)
        try:
            codes = await asyncio.to_thread(
                work, visit.administrator, typed, session=session, now=utc_now()
            )
        except BadInput as error:
            return await self._show(visit, 422, error=error)
        return await self._show(visit, codes=codes)

    async def _by_code(self, work: Callable[..., Done], visit: Visit) -> Done:
        """Do what asks for a code with the one of the form that was sent."""
        typed, address = visit.form.get("code", ""), visit.address
        who = visit.administrator
        return await asyncio.to_thread(work, who, typed, address=address, now=utc_now())

    async def _refused(self, visit: Visit, error: BadInput | KeyMissing) -> Response:
        if isinstance(error, KeyMissing):
            return await self._show(visit, 422, error=key_missing())
        if not isinstance(error, SlowedDown):
            return await self._show(visit, 422, error=error)
        answer = await self._show(visit, 429, error=error)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer

    async def _show(
        self,
        visit: Visit,
        code: int = 200,
        *,
        codes: Sequence[str] = (),
        error: BadInput | None = None,
    ) -> Response:
        now, who = utc_now(), visit.administrator
        factor = await asyncio.to_thread(self._factors.of, who.id)
        return self._templates.page(
            "second_factor.html",
            code,
            visit=visit,
            factor=factor,
            since="" if factor is None else clock(factor.since, now),
            codes=codes,
            error=error,
            must=visit.session is not None and visit.session.factor_missing,
            required=factor is not None and await asyncio.to_thread(self._factors.required),
            **await asyncio.to_thread(self._secret, visit, now),
        )

    def _secret(self, visit: Visit, now: dt.datetime) -> dict[str, object]:
        """Return what a page shows of the secret that waits for its first code; blocks."""
        who = visit.administrator
        secret = self._factors.being_set_up(who.id, now)
        if secret is None:
            secret = self._devices.waiting(who.id, session=_session(visit), now=now)
        if secret is None:
            return {"secret": "", "link": "", "time": "", "qr": None}
        plain, host = secret.reveal(), visit.request.url.hostname or ""
        link = app_link(plain, f"Seatkeeper {host}".strip(), who.email)
        return {
            "secret": written_secret(plain),
            "link": link,
            "qr": qr_code(link),
            "time": f"{now:%H:%M:%S} UTC",
        }


def _session(visit: Visit) -> str:
    return "" if visit.session is None else visit.session.id
