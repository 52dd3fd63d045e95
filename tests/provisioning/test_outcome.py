"""When somebody who failed is tried again."""

import datetime as dt

import pytest
from tests.provisioning.builders import NOW

from seatkeeper.errors import LinkHeld, Remedy
from seatkeeper.provisioning.outcome import (
    next_probe,
    next_retry,
    retry_at,
)

MINUTES = {1: 15, 2: 60, 3: 360, 4: 720, 5: 1440, 99: 1440}


@pytest.mark.parametrize(("attempts", "minutes"), MINUTES.items())
def test_who_failed_is_tried_again_later_and_later(attempts, minutes):
    assert retry_at(attempts, NOW, NOW) == NOW + dt.timedelta(minutes=minutes)


def test_who_failed_for_four_weeks_is_given_up():
    assert retry_at(9, NOW, NOW + dt.timedelta(days=28)) is None
    assert retry_at(9, NOW, NOW + dt.timedelta(days=27)) is not None


def test_people_whose_accounts_vanished_together_wait_for_a_word():
    assert next_retry(LinkHeld("Many."), 1, NOW, NOW) is None


@pytest.mark.parametrize(
    ("remedy", "attempts", "seconds"),
    [
        (Remedy.AWAY, 1, 10),
        (Remedy.AWAY, 5, 300),
        (Remedy.AWAY, 6, 600),
        (Remedy.CREDENTIALS, 1, 3600),
    ],
)
def test_an_app_that_stopped_is_tried_again(remedy, attempts, seconds):
    assert next_probe(remedy, attempts, NOW) == NOW + dt.timedelta(seconds=seconds)
