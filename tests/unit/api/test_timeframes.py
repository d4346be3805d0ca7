"""Buckets: every moment lies in its own, days know when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.api.timeframes import TIMEFRAMES, bucket_of, label_of, timeframe_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")]
HOUR_S = 3_600


def moment(text: str) -> float:
    """Unix seconds."""
    return datetime.fromisoformat(text).timestamp()


@given(
    at=st.floats(0, 7e9),
    timeframe=st.sampled_from(TIMEFRAMES),
    zone=st.sampled_from(ZONES),
)
def test_every_moment_lies_in_its_bucket(at, timeframe, zone):
    """And so does the first moment of it."""
    bucket = bucket_of(at, timeframe, zone)

    assert bucket.start <= at < bucket.end
    assert bucket.end - bucket.start <= 31 * 24 * HOUR_S + HOUR_S


@pytest.mark.parametrize(
    ("timeframe", "start", "end"),
    [
        ("minute", "2026-11-18T14:35:00+01:00", "2026-11-18T14:36:00+01:00"),
        ("hour", "2026-11-18T14:00:00+01:00", "2026-11-18T15:00:00+01:00"),
        ("day", "2026-11-18T00:00:00+01:00", "2026-11-19T00:00:00+01:00"),
        ("week", "2026-11-16T00:00:00+01:00", "2026-11-23T00:00:00+01:00"),
        ("month", "2026-11-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00"),
    ],
)
def test_buckets_go_by_the_local_clock(timeframe, start, end):
    """A Wednesday afternoon in Berlin."""
    bucket = bucket_of(moment("2026-11-18T14:35:12+01:00"), timeframe, BERLIN)

    assert (label_of(bucket.start, BERLIN), label_of(bucket.end, BERLIN)) == (start, end)


def test_a_day_on_which_clocks_change_has_its_own_length():
    """23 hours in spring, 25 in autumn; the doubled hour is two buckets."""
    spring = bucket_of(moment("2026-03-29T12:00:00+02:00"), "day", BERLIN)
    autumn = bucket_of(moment("2026-10-25T12:00:00+01:00"), "day", BERLIN)
    first = bucket_of(moment("2026-10-25T02:30:00+02:00"), "hour", BERLIN)
    second = bucket_of(moment("2026-10-25T02:30:00+01:00"), "hour", BERLIN)

    assert (spring.end - spring.start, autumn.end - autumn.start) == (23 * HOUR_S, 25 * HOUR_S)
    assert first.end == second.start


@pytest.mark.parametrize(
    ("hours", "timeframe"),
    [(1.9, "minute"), (2, "hour"), (47, "hour"), (48, "day"), (64 * 24, "week"), (183 * 24, "month")],
)
def test_a_timeframe_is_found_for_every_range(hours, timeframe):
    """Short ranges go by the minute, long ones by the month."""
    assert timeframe_of(hours * HOUR_S) == timeframe
