"""From an app of the gallery to the target that speaks with one instance of it.

Beside the walk.
"""

from collections.abc import Mapping

from seatkeeper.connectors.habits import habits_of
from seatkeeper.connectors.http import Limits
from seatkeeper.connectors.resources import shape_of
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.scim.quirks import Quirk


def scim_target(
    app: GalleryApp,
    base_url: str,
    token: str | bytes,
    *,
    allow_loopback: bool = False,
    requests_per_second: float | None = None,
    request_seconds: float = 60,
    learned: Mapping[str, object] | None = None,
    bulk: bool = False,
) -> ScimTarget:
    """Return the target for one instance of a gallery app.

    ``requests_per_second`` replaces the limit that the gallery file gives; no request
    takes longer than ``request_seconds``. ``learned`` is what its ``tempo`` told earlier.
    ``bulk``: whether several writes leave in one request where the app offers that.
    """
    oddities = frozenset(Quirk(name) for name in app.quirks)
    role_ids = {role.value: role.id for role in app.roles}
    shapes = {Kind.USER: shape_of(app.users, oddities, role_ids)}
    if app.groups is not None:
        shapes[Kind.GROUP] = shape_of(app.groups, oddities)
    return ScimTarget(
        base_url,
        token,
        shapes,
        capabilities_of(app),
        allow_loopback=allow_loopback,
        requests_per_second=requests_per_second or app.requests_per_second,
        habits=habits_of(app, bulk=bulk),
        limits=Limits(total_seconds=request_seconds),
        learned=learned,
    )
