"""The page on which somebody is erased: what goes, what stays, and the name that confirms it.

After the walk. It shows what the store counts and hands on the wish; what is in the
way, and what becomes of each row, is decided there.
"""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.views.erasing import what_goes
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.erasing import refusal
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.ports.erasing import Erasable


class ErasingPages:
    """Erases one person."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/people/{id}/erase", self.show),
            doors.route("POST", "/people/{id}/erase", self.erase),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show what is kept of somebody; once erased, what went."""
        return await self._show(visit)

    async def erase(self, visit: Visit) -> Response:
        """Erase somebody whose name was typed, or go on with it."""
        erasing, record_id = self._desk.work.erasing, visit.request.path_params["id"]
        try:
            if await erasing.erased(record_id) is None:
                found = await erasing.erasable(record_id)
                if found.in_the_way:
                    raise refusal(_shown(found), found.in_the_way)
                if visit.form.get("typed", "").strip() not in {found.name.strip(), _shown(found)}:
                    raise InvalidValue(
                        _("Nothing was erased: the name that was typed is another one."),
                        advice=_("Type %(name)s to erase them.") % {"name": _shown(found)},
                    )
                record_id = found.record_id
            await erasing.erase(record_id, actor=visit.administrator.email, now=utc_now())
        except NotFound:
            raise
        except BadInput as error:
            return await self._show(visit, 422, error)
        return _to(record_id)

    async def _show(self, visit: Visit, code: int = 200, error: BadInput | None = None) -> Response:
        erasing, record_id = self._desk.work.erasing, visit.request.path_params["id"]
        erasure = await erasing.erased(record_id)
        shown: dict[str, object] = {
            "name": "",
            "record_id": record_id,
            "place": f"/people/{quote(record_id, safe='')}",
            "error": error,
            "erasure": erasure,
            "when": "",
            "goes": (),
            "in_the_way": (),
        }
        if erasure is not None:
            shown |= {"goes": what_goes(erasure.removed), "waits": ", ".join(erasure.waits)}
            shown["when"] = clock(erasure.at, utc_now()) if erasure.at else ""
        else:
            found = await erasing.erasable(record_id)
            if found.record_id != record_id:
                return _to(found.record_id)
            shown |= _before(found)
        return self._desk.templates.page("erase.html", code, visit=visit, **shown)


def _before(found: Erasable) -> Mapping[str, object]:
    return {
        "name": _shown(found),
        "goes": what_goes(found.kept),
        "in_the_way": [(visible(one.what, 300), one.to_do) for one in found.in_the_way],
    }


def _shown(found: Erasable) -> str:
    return visible(found.name, 120).strip() or visible(found.record_id)


def _to(record_id: str) -> Response:
    return RedirectResponse(f"/people/{quote(record_id, safe='')}/erase", SEE_OTHER)
