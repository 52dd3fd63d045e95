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
        groups=None
        if groups is None
        else GroupAbilities(
            create=groups.create,
            update=groups.update,
            delete=groups.delete,
            members_per_patch=groups.members_per_patch,
            members_readable=groups.members_readable,
        ),
        refuses_duplicates=said.refuses_duplicates,
        page_size=said.page_size,
    )
