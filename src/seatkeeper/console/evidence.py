"""Put together what is known of one person in one app, for somebody who has to prove it.

Beside the pages: the answer, each check and the whole history, with the version
of the app's configuration and the SHA-256 of exactly these data. The same data
give the same sum, whoever asks and whenever. (Console design, 14.)
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from seatkeeper.console.language import _
from seatkeeper.console.views.history import HistoryRow, Named, history_rows
from seatkeeper.directory.model import Kind
from seatkeeper.facts.explain import explanation_plain
from seatkeeper.facts.past import Past, Place, past_of
from seatkeeper.facts.workplace import Workplace

ON_A_SHEET: Final = 60
"""Lines of a history on one sheet; a longer one has several, each with its own sum."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sheet that is printed, and ``data``, of which ``digest`` is the SHA-256.

    ``sheet`` is the place where its history begins, nothing for the newest, and ``next_sheet``
    where the next one's does, nothing at the end.
    """

    app_id: str
    app: str
    kind: str
    record_id: str
    name: str
    version: int
    answer: str
    checks: Sequence[tuple[str, str, str]]
    history: Sequence[HistoryRow]
    sheet: str
    next_sheet: str
    is_whole: bool
    made: str
    data: bytes
    digest: str


async def evidence_of(
    work: Workplace,
    app_id: str,
    kind: Kind,
    who: str,
    now: dt.datetime,
    place: Place,
    *,
    quickly: bool = False,
) -> Evidence:
    """Return a sheet of the evidence of one record, from a place of its history on.

    ``quickly``: of a large group only some members are compared, and the answer says so.

    Raises ``NotFound``.
    """
    stored = await work.configuration.app(app_id)
    record_id, name = await work.known(kind, who)
    rules = await work.rules(app_id)
    explained = await work.explain(app_id, record_id, kind, quickly=quickly)
    past = await past_of(work, record_id, app_id, place=place, limit=ON_A_SHEET)
    named = await _named(work, app_id, rules.app_name, record_id, past)
    rows = history_rows(past.happened, now, named)
    sheet = "" if place == Place() else place.text
    plain = {
        "app": app_id,
        "app_name": rules.app_name,
        "configuration_version": stored.version,
        "kind": kind.value,
        "record": record_id,
        "name": name,
        "explanation": explanation_plain(app_id, record_id, explained),
        "history": [_row_plain(row) for row in rows],
        "history_from": sheet,
        "history_is_whole": not sheet and past.older is None,
    }
    data = msgspec.json.encode(plain, order="deterministic")
    checks = plain["explanation"]["checks"] if isinstance(plain["explanation"], dict) else []
    return Evidence(
        app_id=app_id,
        app=rules.app_name,
        kind=kind.value,
        record_id=record_id,
        name=name,
        version=stored.version,
        answer=explained.answer,
        checks=[(one["name"], one["state"], one["text"]) for one in checks],
        history=rows,
        sheet=sheet,
        next_sheet=past.older.text if past.older is not None else "",
        is_whole=explained.members is None or explained.members.compared is None,
        made=f"{now:%Y-%m-%d %H:%M:%S} UTC",
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
    )


async def _named(work: Workplace, app_id: str, app_name: str, record_id: str, past: Past) -> Named:
    changes = [
        one for told in past.happened if told.entry is not None for one in told.entry.modified
    ]
    called = await work.called(app_id, changes)
    return Named(
        record_id, {app_id: app_name}, past.names, {app_id: called}, shown=1_000, exact=True
    )


def _row_plain(row: HistoryRow) -> dict[str, object]:
    return {
        "at": row.at.iso,
        "what": row.text,
        "by": row.by,
        "result": row.result,
        "note": row.note,
        "event": row.event,
        "changes": [{"path": one.path, "old": one.old, "new": one.new} for one in row.changes],
    }


def state_words() -> dict[str, str]:
    """Return how a check ended, in words."""
    return {
        "passed": _("passed"),
        "failed": _("failed"),
        "open": _("open"),
        "not_reached": _("not reached"),
    }
