"""The promises hold in 200 small worlds full of trouble, and this would notice if they did not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.app import FAULTS
from tests.simulation.planted import PLANTED

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("SEATKEEPER_SEEDS", "200"))
"""How many seeds `make test` plays; `make soak SEEDS=10000` plays more."""

CAUGHT_WITHIN = 500

CATCHES_SOON = {
    "a_create_is_repeated_without_a_look": 92,
    "the_watermark_runs_ahead": 8,
    "who_waits_is_not_tried_again": 50,
    "what_failed_counts_as_written": 17,
    "what_was_on_its_way_is_not_looked_up": 133,
    "a_reference_that_waits_is_never_healed": 5,
    "a_lost_lease_is_not_noticed": 2,
    "a_day_ends_with_each_cycle": 329,
}
"""Seeds that caught a rare bug when it was last looked for; tried before all others."""


def played(seeds: str, *more: str) -> dict[str, Any]:
    """Play seeds in a process of their own, in which the order of sets is fixed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", seeds, "--json", *more],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_no_promise_is_broken_whatever_happens_to_engine_network_and_people() -> None:
    result = played(f"0-{SEEDS}", "--jobs", "2")

    assert result["broken"] == {}
    assert [fault for fault in FAULTS if not result["happened"].get(fault)] == []
    assert result["happened"]["killed"] > SEEDS / 4
    assert result["happened"]["lease lost"] > SEEDS / 10


def test_a_seed_plays_the_same_in_every_process() -> None:
    first, second = played("0-6"), played("0-6")

    assert first["digests"] == second["digests"]
    assert len(set(first["digests"].values())) == 6


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_caught(bug: Callable[[], object]) -> None:
    name = bug.__name__
    likely = CATCHES_SOON.get(name, 0)
    first = played(f"{likely}-{likely + 1}", "--planted", name)["caught"]
    if first is None:
        first = played(f"0-{CAUGHT_WITHIN}", "--planted", name)["caught"]

    assert first is not None, f"no seed below {CAUGHT_WITHIN} catches it"
