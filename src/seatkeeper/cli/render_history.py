"""Statistics as lines for people."""

from seatkeeper.cli.render import clean, duration
from seatkeeper.provisioning.statistics import Statistics


def statistics_lines(statistics: Statistics) -> list[str]:
    """Return the same in a few lines; nothing where nothing was asked."""
    lines = []
    if statistics.kinds:
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(statistics.kinds.items()))
        lines.append(f"requests: {kinds}")
    bad = {name: count for name, count in statistics.answers.items() if name != "2xx"}
    if bad:
        lines.append(f"answers: {', '.join(f'{name} {n:,}' for name, n in sorted(bad.items()))}")
    if statistics.times.number:
        times = statistics.times
        lines.append(
            f"half of them within {times.within(0.5)} ms, 95 % within {times.within(0.95)} ms"
        )
    if statistics.slowest:
        one = statistics.slowest[0]
        status = one.status or "no answer"
        lines.append(f"slowest: {one.method} {clean(one.path)}, {one.milliseconds} ms ({status})")
    if statistics.lags.number:
        lags = statistics.lags
        lines.append(
            f"from change to app: half within {span_words(lags.within(0.5))}, "
            f"99 % within {span_words(lags.within(0.99))} ({lags.number:,} measured)"
        )
    return lines


def span_words(milliseconds: int) -> str:
    """Return a time as people say it; below a second it is told in milliseconds."""
    return f"{milliseconds} ms" if milliseconds < 1_000 else duration(milliseconds / 1_000)
