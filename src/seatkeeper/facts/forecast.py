"""How long a cycle takes, from its plan and the limits of its app, as plain data."""

import datetime as dt
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.directory.model import Kind
from seatkeeper.facts.plain import Plain
from seatkeeper.facts.workplace import Workplace
from seatkeeper.gallery.rates import limits_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.forecast import (
    GUESS_SECONDS,
    Forecast,
    Load,
    Pacing,
    forecast,
    load_of,
    rough,
    unasked_questions,
)
from seatkeeper.provisioning.preview import Preview
from seatkeeper.provisioning.rate import rate_of

_ENOUGH: Final = 20
"""So many answers of one cycle say how long this app takes to answer."""


async def forecast_plan(
    work: Workplace, preview: Preview, settings: AppSettings | None = None
) -> Forecast:
    """Return what carrying out a plan takes.

    With ``settings`` the app was not asked: they are those under which it was planned.
    """
    load = await load_of_plan(work, preview, settings)
    return forecast(load, await pacing_of(work, preview.app_id, load, settings))


async def load_of_plan(
    work: Workplace, preview: Preview, settings: AppSettings | None = None
) -> Load:
    """Return what carrying out a plan asks of the app; with ``settings`` it was not asked yet."""
    stored = settings or settings_of(await work.configuration.app(preview.app_id))
    able = gallery_app(stored.gallery).capabilities
    questions = None
    if settings is not None:
        linked = (await work.ledger.link_counts(preview.app_id)).get(Kind.USER, 0)
        questions = unasked_questions(
            preview.records, linked, able.page_size, refuses_duplicates=able.refuses_duplicates
        )
    return load_of(preview, patches=able.patch != "none", questions=questions)


async def pacing_of(
    work: Workplace, app_id: str, load: Load | None = None, settings: AppSettings | None = None
) -> Pacing:
    """Return how fast an app is asked: its limits, the shares in use, and how long it answers.

    The last cycle that asked enough says how long; else the plan's own questions do.
    """
    used = settings or settings_of(await work.configuration.app(app_id))
    app = gallery_app(used.gallery)
    learned = await work.ledger.learned_rates(app_id)
    limits = limits_of(used.requests_per_second or app.requests_per_second, app.rates)
    earlier = [one.statistics for one in await work.ledger.cycles(app_id, limit=20)]
    told = next(
        (one for one in earlier if one.times.number >= _ENOUGH and one.times.together), None
    )
    asked_ms: float = load.answer_ms if load is not None else 0
    if told is not None:
        asked_ms = told.times.together / told.times.number
    return Pacing(
        [(one, rate_of(learned.get(str(one))).share) for one in limits],
        (told.lanes if told is not None else 0) or app.concurrency,
        asked_ms / 1000 or GUESS_SECONDS,
    )


def forecast_plain(foretold: Forecast, now: dt.datetime | None = None) -> Plain:
    """Return a forecast; ``done_at`` is when it would be done if it began now."""
    begins = now or utc_now()
    ends = begins + dt.timedelta(seconds=foretold.seconds)
    return {
        "requests": foretold.requests,
        "requests_by_kind": dict(foretold.kinds),
        "seconds": round(foretold.seconds, 1),
        "about_seconds": rough(foretold.seconds),
        "bound_by": foretold.bound_by,
        "done_at": ends.isoformat(timespec="seconds"),
        "stations": [
            {
                "station": one.name,
                "requests": one.requests,
                "seconds": round(one.seconds, 1),
                "bound_by": one.bound_by,
            }
            for one in foretold.stations
        ],
    }
