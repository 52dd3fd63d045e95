"""Measure how long each page of the console takes in a large company.

    python -m tests.soak.pages                      100,000 people, 1,000,000 events
    python -m tests.soak.pages --people N --events N --times N

The company of the browser tests, grown in its database: most of its people have accounts, most of
its log is about them. A real server is asked for each page of the table of routes, one request
after the other, signed in as an administrator. Milliseconds are of this machine in this run; the
bar is 100 for 95 of 100. How long the server's process was on a processor, all of its threads,
stands beside them: on a machine that does other things too, that is what a page costs. How many
questions a page asks of the database is counted by tests/console/test_questions.py.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import msgspec
from tests.browser.processes import World, running_world
from tests.browser.routes import GET_ROUTES, filled
from tests.browser.worlds import APP, Facts
from tests.console_visitor import ANA, PASSPHRASE

BAR: Final = 100
PATIENCE: Final = 60

_PEOPLE: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people),
known AS (SELECT row_number() OVER (ORDER BY id) - 1 AS at, * FROM users WHERE deleted_at IS NULL)
INSERT INTO users (id, user_name, mail, display_name, attributes, manager_id, enabled, deleted_at,
                   created_at, name_key, last_key)
SELECT printf('grown%031d', i), printf('g%06d.', i) || user_name, printf('g%06d.', i) || mail,
       display_name || ' ' || i, attributes, manager_id, enabled, deleted_at, created_at,
       name_key || ' ' || i, last_key
FROM n JOIN known ON known.at = n.i % (SELECT count(*) FROM known)
"""
_LINKS: Final = """
INSERT INTO links (app_id, kind, record_id, account_id, known, display_name, since)
SELECT one.app_id, one.kind, users.id, 'account-' || users.id, one.known, users.display_name,
       one.since
FROM users JOIN (SELECT * FROM links WHERE app_id = :app AND kind = 'user' LIMIT 1) AS one
WHERE users.id LIKE 'grown%'
"""
_GROUPS: Final = """
WITH largest AS (SELECT principal_id FROM assignments JOIN memberships ON group_id = principal_id
                 WHERE app_id = :app GROUP BY principal_id ORDER BY count(*) DESC LIMIT 1)
INSERT INTO memberships (group_id, member_id, member_kind)
SELECT (SELECT principal_id FROM largest), id, 'user' FROM users WHERE id LIKE 'grown%'
"""
_THERE: Final = """
INSERT INTO link_members (app_id, group_id, member_id, account_id, doubtful)
SELECT links.app_id, group_id, record_id, account_id, 0
FROM memberships JOIN links ON links.kind = 'user' AND record_id = member_id
WHERE links.app_id = :app AND member_id LIKE 'grown%'
"""
"""Whoever was added to the group is in it in the app, too: the company is in step."""

_LOG: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :events),
known AS (SELECT row_number() OVER (ORDER BY seq) - 1 AS nr, * FROM log)
INSERT INTO log (id, app_id, cycle_id, at, kind, record_id, display_name, action, status,
                 account_id, code, reason, steps, modified, exchanges, milliseconds, changes)
SELECT printf('grown%031d', i), app_id, cycle_id, at, kind,
       CASE WHEN i % 10 THEN printf('grown%031d', 1 + i % :people) ELSE record_id END, display_name,
       action, status, account_id, code, reason, steps, modified, exchanges, milliseconds, changes
FROM n JOIN known ON known.nr = n.i % (SELECT count(*) FROM known)
"""


_WORST: Final = {
    "principal": """SELECT principal_id FROM assignments JOIN memberships ON group_id = principal_id
                    WHERE app_id = :app GROUP BY principal_id ORDER BY count(*) DESC LIMIT 1""",
    "person": """SELECT record_id FROM log WHERE app_id = :app AND kind = 'user'
                 GROUP BY record_id ORDER BY count(*) DESC LIMIT 1""",
    "group": """SELECT group_id FROM link_members WHERE app_id = :app
                GROUP BY group_id ORDER BY count(*) DESC LIMIT 1""",
}
"""Whose pages cost most: the assigned group with most members, the person with most events."""

_FOR_NOBODY: Final = frozenset({"/sign-in/code"})
"""What leads somebody who is signed in elsewhere."""


def worst(file: Path, facts: Facts) -> Facts:
    """Return the facts of a company with those in the blanks whose pages cost most."""
    with sqlite3.connect(file) as database:
        found = {
            name: database.execute(asked, {"app": APP}).fetchone()[0]
            for name, asked in _WORST.items()
        }
    database.close()
    return msgspec.structs.replace(facts, blanks={**facts.blanks, **found})


def grown(file: Path, people: int, events: int) -> None:
    """Let the company have so many people more, and so many events more in its log."""
    with sqlite3.connect(file) as database:
        for statement in (_PEOPLE, _LINKS, _GROUPS, _THERE, _LOG):
            database.execute(statement, {"people": people, "events": events, "app": APP})
        database.commit()
        database.execute("ANALYZE")
    database.close()


def on_processors(process: int) -> float:
    """Return for how many ms a process was on a processor so far, in steps of 10."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a page cost: ms in the middle and of 95 in 100, ms on a processor, and its bytes."""

    route: str
    middle: float
    late: float
    worked: float
    size: int


async def measured(world: World, facts: Facts, times: int) -> list[Figures]:
    """Return what each page cost, the slowest first."""
    figures: list[Figures] = []
    server = world.server.process.pid
    async with httpx.AsyncClient(base_url=world.site, timeout=PATIENCE) as browser:
        form = {"email": ANA, "passphrase": PASSPHRASE}
        if (await browser.post("/sign-in", data=form)).status_code != 303:
            raise SystemExit("nobody could sign in")
        for route in [one for one in GET_ROUTES if one not in _FOR_NOBODY]:
            path, took, size, worked = filled(route, facts), [], 0, 0.0
            for number in range(times + 1):
                if number == 1:  # the first filled what is kept
                    worked = on_processors(server)
                began = time.perf_counter()
                answer = await browser.get(path)
                if answer.status_code != 200:
                    raise SystemExit(f"{path} answered {answer.status_code}")
                if number:
                    took.append((time.perf_counter() - began) * 1000)
                size = len(answer.content)
            ordered = sorted(took)
            late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
            worked = (on_processors(server) - worked) / times
            figures.append(Figures(route, statistics.median(ordered), late, worked, size))
    return sorted(figures, key=lambda one: -one.worked)


async def compared(people: int, events: int, times: int) -> int:
    """Print a table; return how many pages are over the bar."""
    with tempfile.TemporaryDirectory(prefix="seatkeeper-pages-") as folder:
        async with running_world("larkspur", Path(folder)) as world:
            await world.server.stop()
            began = time.perf_counter()
            file = Path(folder) / "home" / "seatkeeper.db"
            grown(file, people, events)
            print(
                f"{people:,} people and {events:,} events, in {time.perf_counter() - began:.0f} s"
            )
            await world.server.start_again()
            figures = await measured(world, worst(file, world.facts), times)
    print("\n| page | median ms | 95 of 100 within, ms | processor ms | bytes |")
    print("|---|---|---|---|---|")
    for one in figures:
        times_told = f"{one.middle:.1f} | {one.late:.1f} | {one.worked:.1f}"
        print(f"| `{one.route}` | {times_told} | {one.size:,} |")
    over = [one for one in figures if one.late > BAR]
    worked = [one for one in figures if one.worked > BAR]
    print(f"\n{len(figures) - len(over)} of {len(figures)} pages within {BAR} ms;", end=" ")
    print(f"{len(figures) - len(worked)} by what they ask of a processor.")
    return len(over)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    wished = parser.parse_args()
    asyncio.run(compared(wished.people, wished.events, wished.times))
