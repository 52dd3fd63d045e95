"""Tell the directory anew of a source's people and groups once its rules are others.

At the source of the walk. One record at a time, each in a transaction of its
own: a server that runs goes on taking requests meanwhile, and whoever was
interrupted calls it again and goes on.
"""

import datetime as dt

from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.messages import ScimError
from seatkeeper.store.database import Database
from seatkeeper.store.inbound import SqlInbound
from seatkeeper.store.inbound_reading import told_otherwise
from seatkeeper.store.inbound_source import Source


def tell_anew(database: Database, source: Source, now: dt.datetime) -> tuple[int, list[str]]:
    """Tell of everybody who was told under other rules; return how many, and who cannot be.

    Only what the new rules make otherwise changes, so a correction by hand stays.
    """
    keeper = SqlInbound(database, source)
    found = database.read_now(lambda c: told_otherwise(c, source.name, source.rules))
    told, refused = 0, []
    for kind, resource_id, body in found:
        try:
            keeper.edit(kind, resource_id, dict, now)
        except NotThere:
            continue  # the source deleted it meanwhile
        except ScimError as error:
            refused.append(f"{body.get('userName') or body.get('displayName')}: {error}")
        else:
            told += 1
    return told, refused
