"""The page that removes the sample company again, once somebody has seen what goes.

After sign-in, for administrators. What belongs to it is found by whoever serves the
console (``starting.Starter``); this asks first and says what went.
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.starting import DemoData
from seatkeeper.console.visit import Visit
from seatkeeper.errors import BadInput, InvalidValue

PLACE = "/settings/demo-data"


class DemoDataPages:
    """What is there of the sample company, and its end."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", PLACE, self.show),
            doors.route("POST", PLACE, self.remove),
        ]

    async def show(self, visit: Visit) -> Response:
        """Say what would go, and ask."""
        return await self._show(visit)

    async def remove(self, visit: Visit) -> Response:
        """Remove it, where the number of people is still the one that was shown."""
        starter = self._desk.starter
        found = DemoData() if starter is None else await starter.demo_data()
        try:
            if starter is None or found.nothing:
                raise InvalidValue(_("There is no demo data here."))
            if visit.form.get("people", "") != str(found.people):
                raise InvalidValue(
                    _("Nothing was removed: what is there has changed since you looked."),
                    advice=_("Look at what would go now."),
                )
            await starter.remove_demo(actor=visit.administrator.email)
        except BadInput as error:
            return await self._show(visit, 422, error)
        await self._desk.bars.bar(anew=True)
        return RedirectResponse(f"{PLACE}?done=1", SEE_OTHER)

    async def _show(self, visit: Visit, code: int = 200, error: BadInput | None = None) -> Response:
        starter = self._desk.starter
        return self._desk.templates.page(
            "demo_data.html",
            code,
            visit=visit,
            error=error,
            found=DemoData() if starter is None else await starter.demo_data(),
            offered=starter is not None,
            done="done" in visit.request.query_params,
        )
