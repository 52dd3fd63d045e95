"""The pages of the gallery: which apps can be connected, what each can do, and adding one.

After sign-in. Everything shown comes from the gallery files; an app that is
added is off, with the gallery's defaults, and its page asks for the connection.
"""

from collections import Counter
from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.configuration.adding import add_app, free_id, free_name
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.views.gallery import connector_page, gallery_page
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import visible
from seatkeeper.errors import BadInput
from seatkeeper.gallery.schema import GalleryApp, gallery_app, load_gallery


class GalleryPages:
    """The list of apps that can be connected, and one of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/gallery", self.everything),
            doors.route("GET", "/gallery/{connector}", self.one),
            doors.route("POST", "/gallery/{connector}/add", self.add),
        ]

    async def everything(self, visit: Visit) -> Response:
        """List the apps that fit what was searched for."""
        used = Counter(gallery for gallery, _id, _name in await self._configured())
        asked = visit.request.query_params.get("q", "")
        page = gallery_page(list(load_gallery().values()), asked, used)
        return self._desk.templates.page("gallery.html", visit=visit, page=page)

    async def one(self, visit: Visit) -> Response:
        """Show what an app can do and what is to be done inside it. Raises ``NotFound``."""
        return await self._one(visit, gallery_app(visit.request.path_params["connector"]))

    async def add(self, visit: Visit) -> Response:
        """Add an instance, off, and go to the page that asks for its address and token."""
        app = gallery_app(visit.request.path_params["connector"])
        try:
            stored = await add_app(
                self._desk.work.configuration,
                app,
                visit.form.get("app_id", ""),
                visit.form.get("app_name", ""),
                actor=visit.administrator.email,
            )
        except BadInput as error:
            return await self._one(visit, app, 422, error)
        await self._desk.bars.bar(anew=True)
        return RedirectResponse(f"/apps/{stored.application.id}/connection", SEE_OTHER)

    async def _one(
        self, visit: Visit, app: GalleryApp, code: int = 200, error: BadInput | None = None
    ) -> Response:
        configured = await self._configured()
        mine = [
            (app_id, visible(name)) for gallery, app_id, name in configured if gallery == app.id
        ]
        ids, names = [one[1] for one in configured], [one[2] for one in configured]
        return self._desk.templates.page(
            "connector.html",
            code,
            visit=visit,
            page=connector_page(app, mine),
            id=visit.form.get("app_id", free_id(app, ids)),
            name=visit.form.get("app_name", free_name(app, names)),
            error=error,
        )

    async def _configured(self) -> Sequence[tuple[str, str, str]]:
        """Return gallery id, id and name of every app that was added."""
        stored = [(one, settings_of(one)) for one in await self._desk.work.configuration.apps()]
        return [(said.gallery, one.application.id, said.name) for one, said in stored]
