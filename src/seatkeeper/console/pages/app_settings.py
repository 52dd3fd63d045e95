"""The settings pages of one app: schedule, who is told, versions, the document, and its end.

After sign-in. They change single settings as new versions, restore earlier ones,
and hand out the same document that ``export-config`` prints; whether settings
fit the app is judged in ``configuration``.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.administrator_mark import mark_from, mark_in_form, mark_in_words
from seatkeeper.configuration.applying import document_of, settings_of
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.settings import AdministratorMark, AppSettings
from seatkeeper.configuration.timing import print_interval
from seatkeeper.configuration.versions import list_versions
from seatkeeper.console.app_head import AppHead, app_head, revision_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.proposing import restore_or_show, save_or_show
from seatkeeper.console.visit import Visit, whole_number
from seatkeeper.console.words import clock, visible
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.provisioning.four_eyes import four_eyes_subject

VERSIONS: Final = 30
_EVERY: Final = re.compile(r"([1-9][0-9]{0,5}) ?(s|m|min|h|d)", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}


class AppSettingsPages:
    """What is decided for one app beside its mappings and its scope."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        place = "/apps/{app}/settings"
        return [
            doors.route("GET", place, self.show),
            doors.route("POST", place, self.save),
            doors.route("GET", f"{place}/export", self.document, bare=True),
            doors.route("POST", f"{place}/versions/{{version}}", self.restore),
            doors.route("POST", f"{place}/remove", self.remove),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show the settings, and every version with what it changed."""
        return await self._show(visit, await self._head(visit))

    async def save(self, visit: Visit) -> Response:
        """Keep what the form says as a new version; what decides about removals is shown first."""
        head = await self._head(visit)
        try:
            seconds = _interval(visit.form.get("every", ""))
            mark = _mark(visit.form)

            def change(before: AppSettings) -> AppSettings:
                form = visit.form
                return replace(
                    before,
                    name=form.get("name", "").strip(),
                    interval_seconds=seconds,
                    timing=replace(before.timing, immediate=bool(form.get("immediate"))),
                    notification=replace(
                        before.notification,
                        email=form.get("email", "").strip(),
                        on_failure=bool(form.get("on_failure")),
                    ),
                    guard=replace(
                        before.guard,
                        four_eyes=bool(form.get("four_eyes")),
                        administrators=mark or before.guard.administrators,
                    ),
                    skip_out_of_scope_deletions=before.skip_out_of_scope_deletions,
                )

            on_to = await save_or_show(
                self._desk,
                visit,
                head.id,
                change,
                page="settings",
                version=whole_number(visit.form.get("version", "")),
            )
        except BadInput as error:
            return await self._show(visit, head, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def document(self, visit: Visit) -> Response:
        """Hand out the app as its document; secrets are never in it."""
        work, app_id = self._desk.work, visit.request.path_params["app"]
        found = await document_of(work.configuration, work.directory, app_id)
        if found is None:
            raise NotFound(_("There is no such app."))
        named = re.sub(r"[^A-Za-z0-9._-]", "_", app_id)
        headers = {"Content-Disposition": f'attachment; filename="{named}.yaml"'}
        return Response(print_document(found), media_type="application/yaml", headers=headers)

    async def restore(self, visit: Visit) -> Response:
        """Give the app the settings of an earlier version; that is a new version itself."""
        head = await self._head(visit)
        version = whole_number(visit.request.path_params["version"])
        try:
            on_to = await restore_or_show(self._desk, visit, head.id, version)
        except NotFound:
            raise
        except BadInput as error:
            return await self._show(visit, head, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def remove(self, visit: Visit) -> Response:
        """Forget the app with its assignments and its log of links; accounts there stay."""
        head = await self._head(visit)
        if visit.form.get("typed", "").strip() != head.name:
            error = InvalidValue(
                _("Nothing was removed: the name that was typed is another one."),
                advice=_("Type %(name)s to remove the app.") % {"name": head.name},
            )
            return await self._show(visit, head, 422, error)
        on = settings_of(head.stored).status == "on"
        opened = await self._desk.work.ledger.unfinished(head.id)
        if on or opened is not None:
            error = InvalidValue(
                _("Nothing was removed: the app is on, or a cycle of it is still open."),
                advice=_("Turn it off, let its cycle end, then remove it."),
            )
            return await self._show(visit, head, 422, error)
        await self._desk.work.configuration.remove_app(head.id, actor=visit.administrator.email)
        await self._desk.bars.bar(anew=True)
        return RedirectResponse("/", SEE_OTHER)

    async def _head(self, visit: Visit) -> AppHead:
        return await app_head(self._desk, visit.request.path_params["app"])

    async def _show(
        self, visit: Visit, head: AppHead, code: int = 200, error: BadInput | None = None
    ) -> Response:
        settings, form, now = settings_of(head.stored), visit.form, utc_now()
        typed = "every" in form
        marked_by, marked = mark_in_form(settings.guard.administrators)
        versions = await list_versions(self._desk.work.configuration, head.id)
        return self._desk.templates.page(
            "app_settings.html",
            code,
            visit=visit,
            head=head,
            error=error,
            saved="saved" in visit.request.query_params,
            revision=revision_of(visit, head, error),
            name=form.get("name", "") if typed else settings.name,
            every=form.get("every", "") if typed else print_interval(settings.interval_seconds),
            immediate=bool(form.get("immediate")) if typed else settings.timing.immediate,
            email=form.get("email", "") if typed else settings.notification.email,
            on_failure=bool(form.get("on_failure")) if typed else settings.notification.on_failure,
            guard=settings.guard,
            four_eyes=bool(form.get("four_eyes")) if typed else settings.guard.four_eyes,
            marked_by=form.get("marked_by", "") if typed else marked_by,
            marked=form.get("marked", "") if typed else marked,
            loosened=[
                {
                    "how": visible((one.after or {}).get("how"), 80),
                    "actor": visible(one.actor, 120),
                    "at": clock(one.at, now),
                }
                for one in await self._desk.work.configuration.audit_about(
                    [four_eyes_subject(head.id)], limit=3
                )
            ],
            versions=[
                {
                    "number": one.version.version,
                    "actor": visible(one.version.actor, 120) or _("unknown"),
                    "at": clock(one.version.at, now) if one.version.at is not None else "",
                    "lines": [visible(line, 300) for line in one.lines],
                    "present": one.present,
                }
                for one in versions[:VERSIONS]
            ],
            more=max(0, len(versions) - VERSIONS),
        )


def _interval(text: str) -> int:
    """Return an interval in seconds. Raises ``InvalidValue`` for what is none."""
    found = _EVERY.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidValue(
            _("This is not an interval."), advice=_("Write it like 40m, 30s, 2h or 1d.")
        )
    return int(found[1]) * _SECONDS[found[2]]


def _mark(form: Mapping[str, str]) -> AdministratorMark | None:
    """Return what marks the app's administrators, none where the form does not say it.

    Raises ``InvalidValue`` where the form says only by what.
    """
    if "marked_by" not in form:
        return None
    by, which = form["marked_by"], form.get("marked", "")
    found = mark_from(by, which)
    if by and not mark_in_words(found):
        raise InvalidValue(
            _("What marks an administrator of the app is not clear."),
            advice=_("Give the name of the role or group, or a value such as userType = admin."),
        )
    return found
