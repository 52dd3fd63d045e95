"""Judge a client by what it sent: what was needless, hasty or not by the rules.

Beside the walk. Pure: exchanges in, a report out; the same journal always gets
the same report. It judges how a client asks, not whether what it wrote is right.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from seatkeeper.sandbox.exchange import Exchange
from seatkeeper.sandbox.habits import Remark, Writes, all_habits


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be said of the requests ``first`` to ``last``; no remark is the best report."""

    app: str
    requests: int
    first: int
    last: int
    remarks: tuple[Remark, ...]

    @property
    def complaints(self) -> int:
        """How many complaints there are in all."""
        return sum(one.count for one in self.remarks)


def judge(exchanges: Iterable[Exchange], app: str = "") -> Report:
    """Return the report on exchanges, which come in the order of their answers."""
    habits, writes = all_habits(), Writes()
    count, first, last = 0, 0, 0
    for one in exchanges:
        for habit in habits:
            habit.see(one, writes)
        writes.see(one)
        count, first, last = count + 1, first or one.number, one.number
    remarks = tuple(remark for habit in habits for remark in habit.remarks())
    return Report(app, count, first, last, remarks)


def report_text(report: Report) -> str:
    """Return a report for people to read."""
    lines = [f"What {report.app or 'the app'} says of its client", ""]
    if not report.requests:
        return "\n".join([*lines, "No requests.", ""])
    lines.append(f"{_number(report.requests, 'request')}, {report.first} to {report.last}.")
    if not report.remarks:
        return "\n".join([*lines, "Nothing to complain about.", ""])
    lines += [f"{_number(report.complaints, 'complaint')}:", ""]
    for one in report.remarks:
        examples = ", ".join(str(number) for number in one.examples)
        more = ", ..." if one.count > len(one.examples) else ""
        lines += [
            f"{one.count:>6} x {one.title} [{one.kind}]",
            f"         {one.advice}",
            f"         Requests {examples}{more}",
            "",
        ]
    return "\n".join(lines)


def report_json(report: Report) -> str:
    """Return a report for programs to read."""
    plain = {**asdict(report), "complaints": report.complaints}
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
