"""Commands by which people and groups change hands between sources: people give, groups give."""

from seatkeeper.cli.out import DONE, actor, installation, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.directory.model import Kind
from seatkeeper.errors import BadInput
from seatkeeper.store.inbound_ownership import give
from seatkeeper.store.inbound_tokens import NOBODY


async def give_people(*people: str, to: str, json: Json = False) -> int:
    """Let people belong to a source from now on, which carries them on when it pushes them in.

    Parameters
    ----------
    people
        Their userNames, e-mail addresses or directory ids.
    to
        The source, such as hr, or nobody.
    """
    if not people:
        raise BadInput("Nobody is named.", advice="Say whom: people give U... --to SOURCE.")
    async with installation() as opened:
        users = [await opened.directory.user(one) for one in people]
        rows = [
            _given(
                one.user_name,
                give(opened.database, Kind.USER, one.id, _source(to), actor=actor()),
                to,
            )
            for one in users
        ]
    speak(rows, "\n".join(_line(row) for row in rows), json=json)
    return DONE


async def give_group(group: str, /, *, to: str, json: Json = False) -> int:
    """Let a group belong to a source from now on.

    Parameters
    ----------
    group
        Its display name or directory id.
    to
        The source, such as hr, or nobody.
    """
    async with installation() as opened:
        found = await opened.directory.group(group)
        before = give(opened.database, Kind.GROUP, found.id, _source(to), actor=actor())
    row = _given(found.display_name, before, to)
    speak([row], _line(row), json=json)
    return DONE


def _source(to: str) -> str | None:
    return None if to == NOBODY else to


def _given(name: str, before: str | None, to: str) -> dict[str, object]:
    return {"name": name, "before": before or NOBODY, "now": to}


def _line(row: dict[str, object]) -> str:
    if row["before"] == row["now"]:
        return f"{row['name']} belongs to {row['now']} already."
    return f"{row['name']} belongs to {row['now']} now (before: {row['before']})."
