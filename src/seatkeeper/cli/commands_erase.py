"""The command that erases a person: people erase."""

from collections.abc import Mapping
from typing import Annotated, Final

import cyclopts

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import CHANGES_PLANNED, DONE, actor, installation, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now
from seatkeeper.directory.erasing import refusal
from seatkeeper.errors import InvalidValue
from seatkeeper.facts.erasing import erasable_plain, erasure_plain
from seatkeeper.ports.erasing import Erasure
from seatkeeper.words import number_of

WORDS: Final[Mapping[str, str]] = {
    "person": "the person in the directory",
    "log": "entry of the log|entries of the log, with values to undo by",
    "journal": "entry in the plan of a cycle|entries in plans of cycles",
    "plans": "entry in a kept plan|entries in kept plans",
    "changes": "change of the directory|changes of the directory",
    "escrows": "failure that waits|failures that wait",
    "holds": "held removal|held removals",
    "sources": "record of a source|records of a source",
}
"""What ``Erasable.kept`` counts, for people; the rest is told together."""


async def erase_person(
    who: str,
    /,
    *,
    confirm: Annotated[str, cyclopts.Parameter(name="--confirm")] = "",
    json: Json = False,
) -> int:
    """Erase everything that is kept of a person, for good: log, undo values, plans, changes.

    The audit trail keeps that it happened, without the person's data. Without --confirm
    it says what would go (exit status 2).

    Parameters
    ----------
    who
        UserName, e-mail or id, also of somebody who is gone from the directory.
    confirm
        The person's name, letter by letter, as it is shown without this option.
    """
    async with installation() as opened:
        before = await opened.erasing.erased(who)
        if before is not None and before.done:
            day = f"{before.at:%Y-%m-%d}" if before.at else "earlier"
            speak([erasure_plain(before)], f"{who} was erased on {day}.", json=json)
            return DONE
        if before is None and not confirm:
            return await _look(opened, who, json=json)
        record_id = who
        if before is None:
            found = await opened.erasing.erasable(who)
            if confirm != found.name:
                raise InvalidValue(
                    f"That is not the person's name, {found.name!r}. Nothing was erased."
                )
            record_id = found.record_id
        done = await opened.erasing.erase(record_id, actor=actor(), now=utc_now())
    speak([erasure_plain(done)], _told(done), json=json)
    return DONE


async def _look(opened: Installation, who: str, *, json: bool) -> int:
    found = await opened.erasing.erasable(who)
    if found.in_the_way:
        raise refusal(found.name, found.in_the_way)
    named = found.name.replace("'", "'\\''")
    text = (
        f"{found.name} ({found.record_id})\n"
        f"For good would go: {_counted(found.kept)}; their name wherever others' entries "
        "mention it.\n"
        "The audit trail keeps that it happened, without their data. Backups and files made "
        "earlier keep theirs.\n"
        "Nothing was erased. To do it: "
        f"seatkeeper people erase {found.record_id} --confirm '{named}'"
    )
    speak([erasable_plain(found)], text, json=json)
    return CHANGES_PLANNED


def _told(done: Erasure) -> str:
    text = f"Erased: {_counted(done.removed)}."
    if done.waits:
        return (
            f"{text}\nNot quite done: a cycle of {', '.join(done.waits)} began before and may "
            "still write of them. Once it has ended a running server does the rest, or this "
            f"command again: seatkeeper people erase {done.record_id}"
        )
    if not done.done:
        return (
            f"{text}\nNot quite done: somebody reads the database, so the space that became free "
            "could not be cleared. A running server does that, or this command again: "
            f"seatkeeper people erase {done.record_id}"
        )
    return f"{text} Nothing is left of them here; the audit trail keeps that it happened."


def _counted(kept: Mapping[str, int]) -> str:
    said = []
    for name, words in WORDS.items():
        if kept.get(name):
            one, bar, many = words.partition("|")
            said.append(number_of(kept[name], one, many) if bar else words)
    others = sum(count for name, count in kept.items() if name not in WORDS)
    if others:
        said.append(number_of(others, "other line"))
    return ", ".join(said) or "nothing"
