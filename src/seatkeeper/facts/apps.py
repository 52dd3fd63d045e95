"""Where one app stands, as plain data: what ``status`` prints and the overview shows."""

from collections import Counter
from collections.abc import Sequence

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.switching import pause_of, runs_by_itself
from seatkeeper.configuration.timing import print_interval, schedule_of
from seatkeeper.facts.cycles import cycle_plain, progress_plain
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.facts.history import day_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.facts.reconcile import reconciled_plain
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import StoredApp
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import HealthState, WaitingCause
from seatkeeper.provisioning.rate import rate_of
from seatkeeper.provisioning.schedule import Schedule, deciding, next_start


async def app_plain(work: Workplace, stored: StoredApp) -> Plain:
    """Return where one app stands: settings, counts, running and last cycle."""
    app_id, settings = stored.application.id, settings_of(stored)
    cycles = await work.ledger.cycles(app_id, limit=20)
    running = next((cycle for cycle in cycles if not cycle.finished), None)
    last = next((cycle for cycle in cycles if cycle.finished), None)
    health = await work.ledger.health(app_id)
    accounts = await work.accounts(stored)
    waiting = await work.ledger.waiting_causes(app_id, examples=0)
    plain: Plain = {
        "app": app_id,
        "name": settings.name,
        "status": "on" if runs_by_itself(stored) else "off",
        "mode": settings.mode,
        "scope": settings.scope,
        "every": print_interval(settings.interval_seconds),
        "tenant_url": settings.tenant_url,
        "has_secret": stored.has_secret,
        "users": accounts.people,
        "deactivated": accounts.deactivated,
        "groups": accounts.groups,
        "waiting": sum(one.count for one in waiting),
        "waiting_causes": _causes(waiting),
        "held": (await work.ledger.held_counts()).get(app_id, 0),
        "immediate": settings.timing.immediate,
        "next_cycle": _next_cycle(schedule_of(app_id, settings, stored.version), cycles),
    }
    if (pause := pause_of(stored)) is not None:
        at = pause.at.isoformat(timespec="seconds")
        plain["paused"] = {"by": pause.by, "at": at, "reason": pause.reason}
    if (reconciled := await reconciled_plain(work, app_id)) is not None:
        plain["reconciled"] = reconciled
    if health.state is not HealthState.WELL:
        since = f"{health.since:%Y-%m-%d %H:%M} UTC: " if health.since else ""
        plain["quarantine"] = f"{health.state} since {since}{health.message} {health.advice}"
    learned = await work.ledger.learned_rates(app_id)
    if learned:
        shares = {limit: rate_of(rate).share for limit, rate in learned.items()}
        plain["slowed_down"] = {limit: round(share, 2) for limit, share in shares.items()}
    if running is not None:
        plain["progress"] = progress_plain(running, await pacing_of(work, app_id))
    if last is not None:
        plain["last_cycle"] = cycle_plain(last)
    today = await work.ledger.days(app_id, limit=1)
    if today and today[0].day == utc_now().date():
        plain["today"] = day_plain(today[0])
    return plain


def _causes(waiting: Sequence[WaitingCause]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in waiting:
        found[one.code] += one.count
    return dict(found)


def _next_cycle(schedule: Schedule, cycles: Sequence[Cycle]) -> str | None:
    now = utc_now()
    at = next_start(schedule, deciding(cycles), now)
    if at is None:
        return None
    return "as soon as the engine runs" if at <= now else at.isoformat(timespec="seconds")
