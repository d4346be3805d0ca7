"""Ranges of time cut into minutes, hours, days, weeks and months of a time zone. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from mutoscope.queue.history import Span

TIMEFRAMES: Final = ("minute", "hour", "day", "week", "month")
_SECONDS: Final = {"minute": 60.0, "hour": 3_600.0}
"""Of those that have a length of their own; the others go by the calendar."""
_DAY_S: Final = 86_400.0
_AUTOMATIC: Final = ((_DAY_S / 12, "minute"), (2 * _DAY_S, "hour"), (64 * _DAY_S, "day"), (183 * _DAY_S, "week"))
"""The timeframe of a range that is shorter; of longer ones it is the month."""


def timeframe_of(seconds: float) -> str:
    """The timeframe that shows a range of this length well."""
    return next((name for length, name in _AUTOMATIC if seconds < length), "month")


def bucket_of(moment: float, timeframe: str, zone: tzinfo) -> Span:
    """
    The bucket that a moment (Unix seconds) lies in.

    Minutes and hours begin on those of the local clock, days at local midnight, weeks on Monday. A day on which clocks
    change has 23 or 25 hours.
    """
    local = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    length = _SECONDS.get(timeframe)
    if length is not None:
        offset_s = (local.utcoffset() or timedelta()).total_seconds()
        start = (moment + offset_s) // length * length - offset_s
        return Span(start, start + length)
    first, following = _days_of(local.date(), timeframe)
    return Span(_midnight(first, zone), _midnight(following, zone))


def label_of(moment: float, zone: tzinfo) -> str:
    """How a bucket that begins at this moment is called: ISO 8601 with the offset of its zone."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).isoformat(timespec="seconds")


def _days_of(day: date, timeframe: str) -> tuple[date, date]:
    """The first day of a bucket, and of the next."""
    if timeframe == "day":
        return day, day + timedelta(days=1)
    if timeframe == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: tzinfo) -> float:
    """Where clocks leap over midnight, the moment that they leap."""
    return datetime.combine(day, time(), zone).timestamp()
