"""What the gallery says that an app can do, as the walk and the connectors read it."""

import msgspec

from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.provisioning.account import Capabilities, GroupAbilities, UserAbilities


def capabilities_of(app: GalleryApp) -> Capabilities:
    """Return the capabilities of a gallery file; no groups where it names none."""
    said = app.capabilities
    groups = said.groups
    return Capabilities(
        users=UserAbilities(**msgspec.structs.asdict(said.users)),
        groups=None if groups is None else GroupAbilities(**msgspec.structs.asdict(groups)),
        refuses_duplicates=said.refuses_duplicates,
        page_size=said.page_size,
    )
