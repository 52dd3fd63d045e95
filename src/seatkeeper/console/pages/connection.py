"""The connection of one app: its address, its token, and a test that shows every line.

After sign-in. It saves through ``configuration.connecting`` and shows tests that
``trials`` runs; a token goes in here and never comes out again.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from seatkeeper.administration.model import Permission
from seatkeeper.clock import utc_now
from seatkeeper.configuration.address import host_is_loopback
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.connecting import (
    Typed,
    changed_at,
    kept_token,
    old_token,
    save_connection,
    switch_token,
    typed_of,
    who_added_token,
)
from seatkeeper.configuration.meanwhile import check_unchanged
from seatkeeper.configuration.secrets import usable_secret
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.trials import LONGEST_WAIT, Trial
from seatkeeper.console.views.connection import (
    Checklist,
    checklist,
    connection_form,
    old_facts,
    token_facts,
)
from seatkeeper.console.visit import Visit
from seatkeeper.errors import BadInput, InvalidValue
from seatkeeper.gallery.schema import gallery_app

STREAM_HEADERS: Final = {"X-Accel-Buffering": "no"}


class ConnectionPages:
    """Address, token and test of one app."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        self._doors = doors
        place = "/apps/{app}/connection"
        return [
            doors.route("GET", place, self.show),
            doors.route("GET", f"{place}/events", self.events, bare=True),
            doors.route("POST", place, self.save),
            doors.route("POST", f"{place}/test", self.test),
            doors.route("POST", f"{place}/rotate", self.rotate),
            doors.route("POST", f"{place}/old/use", self.go_back),
            doors.route("POST", f"{place}/old/forget", self.forget_old),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show how the app is reached, and the last test."""
        return await self._show(visit, await self._head(visit))

    async def save(self, visit: Visit) -> Response:
        """Save address, token and who is told; the page says that it was not tested since."""
        head = await self._head(visit)
        form = visit.form
        typed = Typed(
            form.get("tenant_url", ""),
            token=form.get("token", ""),
            secret_expires=form.get("secret_expires", ""),
            allow_loopback="allow_loopback" in form,
            email=form.get("email", ""),
            on_failure="on_failure" in form,
        )
        try:
            self._check_loopback(visit, head, typed)
            await save_connection(
                self._desk.work.configuration,
                head.id,
                typed,
                version=_number(form.get("version", "")),
                actor=visit.administrator.email,
            )
        except BadInput as error:
            return await self._show(visit, head, 422, error=error, typed=replace(typed, token=""))
        return RedirectResponse(f"/apps/{head.id}/connection", SEE_OTHER)

    async def test(self, visit: Visit) -> Response:
        """Begin a test; with script its lines come by themselves, without the answer waits."""
        head = await self._head(visit)
        trial = await self._desk.trials.start(head.stored)
        if "hx-request" in visit.request.headers:
            return self._part(visit, head, trial)
        await trial.ended(LONGEST_WAIT)
        return RedirectResponse(f"/apps/{head.id}/connection", SEE_OTHER)

    async def events(self, visit: Visit) -> Response:
        """Send the lines of the running test whenever they grow, until it or the session ends."""
        head = await self._head(visit)
        trial = self._desk.trials.newest(head.id)

        async def messages() -> AsyncIterator[str]:
            if trial is not None:
                async for _lines in trial.grows():
                    if not await self._doors.still_open(visit):
                        break
                    text = self._lines(visit, trial)
                    yield "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
            yield "event: done\ndata: done\n\n"

        return StreamingResponse(
            messages(), media_type="text/event-stream", headers=dict(STREAM_HEADERS)
        )

    async def rotate(self, visit: Visit) -> Response:
        """Test a new token, and put it in the old one's place only if everything can be done."""
        form = visit.form
        token, expires = form.get("new_token", ""), form.get("secret_expires", "")
        head = await self._head(visit)
        return await self._switch(visit, head, token, expires, keep="forget_old" not in form)

    async def go_back(self, visit: Visit) -> Response:
        """Test the old token, and use it again if everything can be done with it."""
        head = await self._head(visit)
        try:
            token, expires = await old_token(self._desk.work.configuration, head.stored, utc_now())
        except BadInput as error:
            return await self._show(visit, head, 422, error=error)
        return await self._switch(visit, head, token, expires, keep=False)

    async def forget_old(self, visit: Visit) -> Response:
        """Forget the old token now."""
        head = await self._head(visit)
        await self._desk.work.configuration.forget_former_secret(
            head.id, actor=visit.administrator.email
        )
        return RedirectResponse(f"/apps/{head.id}/connection", SEE_OTHER)

    async def _switch(
        self, visit: Visit, head: AppHead, text: str, expires: str, *, keep: bool
    ) -> Response:
        trial: Trial | None = None
        configuration, version = (
            self._desk.work.configuration,
            _number(visit.form.get("version", "")),
        )
        try:
            token = usable_secret(text)
            # Before anything is sent: the token is meant for the host that the page showed.
            await check_unchanged(configuration, head.stored, version)
            trial = await self._desk.trials.start(head.stored, token)
            await trial.ended(LONGEST_WAIT * 2)
            if trial.error is not None:
                raise InvalidValue(trial.error.message, advice=trial.error.advice)
            if not trial.usable:
                raise InvalidValue(
                    _("The new token was not taken: the test below failed.")
                    if visit.form.get("new_token")
                    else _("The old token cannot be used again: the test below failed."),
                    advice=_("The old one stays in use. Paste another one and test again.")
                    if visit.form.get("new_token")
                    else _("The new one stays in use."),
                )
            switched = await switch_token(
                configuration,
                head.id,
                text,
                expires,
                version=version,
                actor=visit.administrator.email,
                keep_old=keep,
            )
        except BadInput as error:
            return await self._show(visit, head, 422, error=error, trial=trial, rotating=True)
        await (await self._desk.trials.start(switched)).ended(LONGEST_WAIT)
        which = "new" if visit.form.get("new_token") else "old"
        return RedirectResponse(f"/apps/{head.id}/connection?rotated={which}", SEE_OTHER)

    async def _head(self, visit: Visit) -> AppHead:
        return await app_head(self._desk, visit.request.path_params["app"])

    def _check_loopback(self, visit: Visit, head: AppHead, typed: Typed) -> None:
        """Let only administrators point an app at this very machine, where else may listen."""
        was = settings_of(head.stored)
        moved = typed.allow_loopback and typed.tenant_url.strip() != was.tenant_url
        if moved and not visit.administrator.may(Permission.ADMINISTER):
            raise InvalidValue(
                _("Only an administrator can connect an app on this machine."),
                advice=_("Ask one, or type the app's public address."),
            )
        if not typed.allow_loopback and host_is_loopback(typed.tenant_url):
            raise InvalidValue(
                _("This address is on this machine."),
                advice=_("If a sandbox runs there, tick “Runs on this machine” and save again."),
            )

    async def _show(
        self,
        visit: Visit,
        head: AppHead,
        code: int = 200,
        *,
        error: BadInput | None = None,
        typed: Typed | None = None,
        trial: Trial | None = None,
        rotating: bool = False,
    ) -> Response:
        stored, now = head.stored, utc_now()
        settings = settings_of(stored)
        by = await who_added_token(self._desk.work.configuration, head.id)
        shown = trial or self._desk.trials.valid(head.stored)
        connectable = bool(settings.tenant_url) and stored.has_secret
        return self._desk.templates.page(
            "connection.html",
            code,
            visit=visit,
            head=head,
            form=connection_form(
                gallery_app(settings.gallery), typed or typed_of(settings), stored.version
            ),
            gallery=settings.gallery,
            token=token_facts(stored, settings.secret_expires, by, now),
            old=old_facts(await kept_token(self._desk.work.configuration, stored, now), now),
            checks=None if shown is None else _list_of(shown),
            live=shown is not None and not shown.done and trial is None,
            connectable=connectable,
            untested=connectable and shown is None and not await self._proven(head),
            error=error,
            rotating=rotating,
            rotated="" if error else visit.request.query_params.get("rotated", ""),
        )

    async def _proven(self, head: AppHead) -> bool:
        """Whether a cycle ended since address or token changed, which needs both to be right."""
        cycles = await self._desk.work.ledger.cycles(head.id, limit=1)
        ended = cycles[0].ended if cycles and cycles[0].finished else None
        since = changed_at(head.stored, await self._desk.work.configuration.history(head.id))
        return ended is not None and since is not None and ended > since

    def _part(self, visit: Visit, head: AppHead, trial: Trial) -> Response:
        return self._desk.templates.page(
            "connection_checks.html",
            visit=visit,
            head=head,
            checks=_list_of(trial),
            live=not trial.done,
        )

    def _lines(self, visit: Visit, trial: Trial) -> str:
        return self._desk.templates.text(
            "connection_lines.html", visit=visit, checks=_list_of(trial)
        )


def _list_of(trial: Trial) -> Checklist:
    return checklist(
        trial.lines, done=trial.done, began=trial.began, error=trial.error, now=utc_now()
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
