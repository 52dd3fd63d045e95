"""The console's templates and files: one environment, one way to make a page.

Beside the walk. It shows what it is given; autoescape is always on, a name
that a template asks for and nobody gave is an error. Files of ours have names
that follow from their content, so that browsers may keep them for ever.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from seatkeeper import __version__
from seatkeeper.administration.model import ROLES, Permission, Role
from seatkeeper.administration.routes import ROUTES
from seatkeeper.console import language
from seatkeeper.console.visit import THEME, THEMES, Visit, asked_for, by_itself
from seatkeeper.console.words import hue, initials, number, visible

FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_NAMED: Final = re.compile(rb'url\("([^"]+)"\)')


class Templates:
    """Makes pages; ``addresses`` are those of our files."""

    def __init__(self) -> None:
        self._files = _read(resources.files("seatkeeper.console") / "static")
        addresses = {name: self._address(name) for name in self._files if name != "app.css"}
        self._files["app.css"] = _NAMED.sub(
            lambda found: f'url("{addresses[found[1].decode()]}")'.encode(), self._files["app.css"]
        )
        addresses["app.css"] = self._address("app.css")
        self.addresses = {address: name for name, address in addresses.items()}
        self._environment = Environment(
            loader=PackageLoader("seatkeeper.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension
            language._, language.ngettext, newstyle=True
        )
        self._environment.filters.update(
            visible=visible,
            initials=initials,
            hue=hue,
            number=number,
            role_for=_role_for,
            by_itself=by_itself,
        )
        self._environment.globals.update(version=__version__, files=addresses, leads=_leads)

    def page(
        self, template: str, code: int = 200, /, *, visit: Visit | None, **shown: object
    ) -> HTMLResponse:
        """Return a page; the bar names the visitor where somebody is signed in.

        A part of a page (a fragment that htmx asked for) is made the same way.
        """
        return HTMLResponse(self.text(template, visit=visit, **shown), code)

    def text(self, template: str, /, *, visit: Visit | None, **shown: object) -> str:
        """Return a template filled for this visit."""
        return self._environment.get_template(template).render(shown, **self._context(visit))

    def _context(self, visit: Visit | None) -> dict[str, object]:
        visitor = None if visit is None or visit.session is None else visit.session.administrator

        def may(permission: str, app: str | None = None) -> bool:
            return visitor is not None and visitor.may(Permission(permission), app)

        theme = "" if visit is None else visit.request.cookies.get(THEME, "")
        return {
            "visitor": visitor,
            "may": may,
            "csrf": "" if visit is None else visit.csrf,
            "bar": None if visit is None else visit.bar,
            "here": "" if visit is None else visit.request.url.path,
            "again_at": "" if visit is None else by_itself(asked_for(visit.request)),
            "theme": theme if theme in THEMES else "",
        }

    def blocks(
        self, template: str, names: Sequence[str], /, *, visit: Visit, **shown: object
    ) -> Mapping[str, Markup]:
        """Return what these macros of a template make, by name; each takes all of ``shown``."""
        module = self._environment.get_template(template).make_module(self._context(visit))
        made = {name: getattr(module, name)(**shown) for name in names}
        return {name: Markup(text) for name, text in made.items()}  # noqa: S704 - by autoescape

    def file(self, name: str) -> Response:
        """Return one of our files."""
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(self._files[name], media_type=kind, headers={"Cache-Control": FOR_EVER})

    def _address(self, name: str) -> str:
        stem, _, kind = name.rpartition("/")[2].rpartition(".")
        return f"/static/{stem}.{hashlib.sha256(self._files[name]).hexdigest()[:12]}.{kind}"


def _read(folder: Traversable, below: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in folder.iterdir():
        if one.is_dir():
            found |= _read(one, f"{below}{one.name}/")
        elif one.name.rpartition(".")[2] in _TYPES:
            found[f"{below}{one.name}"] = one.read_bytes()
    return found


def _leads(path: str) -> bool:
    """Whether there is such a page; what is not built is not linked to."""
    return ("GET", path) in ROUTES


def _role_for(permission: str) -> str:
    """Return the least role that has a permission, in words."""
    allowed = ROLES[Permission(permission)]
    return next(role.value for role in Role if role in allowed).capitalize()
