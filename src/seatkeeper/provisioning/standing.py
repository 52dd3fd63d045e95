"""Say why an app as a whole gets nothing just now.

    source change -> scope -> map -> match -> plan -> [export] -> log

Pure, beside ``explain``, which answers for one record: whatever is planned for
it, an app that is off, away or in quarantine gets none of it. It words what was
decided elsewhere.
"""

from seatkeeper.provisioning.journal import Health, HealthState


def standing(app_name: str, *, on: bool, ran: bool, health: Health) -> str:
    """Say why an app gets nothing just now, whatever is planned; empty where it does."""
    if health.state is not HealthState.WELL:
        when = f"; next try {health.next_try:%Y-%m-%d %H:%M} UTC" if health.next_try else ""
        state = "cannot be reached" if health.state is HealthState.AWAY else "is in quarantine"
        return f"{app_name} {state} ({health.message}){when}. Until then nothing is sent."
    if on:
        return ""
    first = "" if ran else ", and no cycle has run yet"
    return f"Provisioning to {app_name} is off{first}: nothing is sent but by hand."
