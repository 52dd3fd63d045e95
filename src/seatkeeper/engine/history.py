"""Tell since when, and by which change, somebody has no access any more.

    [source change -> scope] -> map -> match -> plan -> export -> log

Shell beside ``answers``: the present facts say that somebody is not assigned or
not active; the directory's feed says what made it so. It decides nothing, and
says nothing where the feed tells no single change.
"""

from dataclasses import replace
from typing import Final

from seatkeeper.directory.model import Kind, Subject
from seatkeeper.engine.changes import group_names
from seatkeeper.ports import Directory
from seatkeeper.provisioning.causes import Causes
from seatkeeper.provisioning.explain import Explanation, Verdict

_WITHOUT: Final = {
    Verdict.INACTIVE,
    Verdict.OUT_OF_SCOPE,
    Verdict.UNKNOWN,
    Verdict.TO_DISABLE,
    Verdict.TO_DELETE,
    Verdict.HELD,
}


async def with_history(
    directory: Directory, app_id: str, kind: Kind, record_id: str, explained: Explanation
) -> Explanation:
    """Return the answer with the change that took access away, where one is found."""
    failing = next((one.name for one in explained.checks if one.passed is False), "")
    if explained.verdict not in _WITHOUT or failing not in {"active", "assigned"}:
        return explained
    change = await directory.lost(app_id, record_id, assignment=failing == "assigned")
    if change is None:
        return explained
    group = change.subject is Subject.MEMBERSHIP or change.other_kind is Kind.GROUP
    names, gone = await group_names(directory, {change.record_id} if group else set(), after=0)
    causes = Causes(app_id)
    causes.take([change], names, gone)
    if change.subject is Subject.ASSIGNMENT and change.record_id != record_id:
        causes.members(change.record_id, [record_id])
    what = causes.of((kind, record_id))
    since = f"Since {change.at:%Y-%m-%d %H:%M} UTC: {what} (by {change.actor})."
    return replace(explained, since=since, answer=f"{explained.answer} {since}")
