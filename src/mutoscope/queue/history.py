"""
What an account did: its finished requests page by page, what they used, how long they took; and how that is forgotten.

Pages are found by the place of their last request, not by a count, so that what ends meanwhile moves nothing. Sums are
made bucket by bucket, each in one statement, and stretches in which nothing ended cost nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.limits import PAGE_PAYLOAD_BYTES_MAX
from mutoscope.queue.request import Outcome, State

_BEYOND: float = 1e300
"""Later than any end and longer than any run."""


class Span(NamedTuple):
    """A stretch of time in Unix seconds, its end outside."""

    start: float
    end: float


BucketOf = Callable[[float], Span]
"""The bucket that a moment lies in."""


class Place(NamedTuple):
    """Where a page ended: the value it is sorted by, and the `seq` of its last request."""

    value: float
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Which finished requests are meant."""

    account_id: str
    span: Span
    """In which they ended."""
    endpoint_ids: Sequence[str] = ()
    """Of these endpoints; empty for all."""

    @property
    def params(self) -> dict[str, Any]:
        """As the statements take it."""
        return {
            "account_id": self.account_id,
            "start": self.span.start,
            "end": self.span.end,
            "endpoint_ids": json.dumps(list(self.endpoint_ids)) if self.endpoint_ids else None,
        }


@dataclass(frozen=True, slots=True)
class Payloads:
    """What a request was given and what it answered."""

    arguments: bytes
    """The body as it came."""
    outcome: Outcome
    public_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A finished request."""

    seq: int
    id: str
    endpoint_id: str
    created: float
    started: float | None
    """None when it ended without having started."""
    finished: float
    status_code: int
    duration_s: float
    payloads: Payloads | None = None
    """None where they were not asked for, not kept, or deleted."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was asked for."""

    items: list[Past]
    next: Place | None
    """Where the next page goes on; None on the last."""


class Use(NamedTuple):
    """Successful calls that are alike in all that decides their price."""

    endpoint_id: str
    key_id: str | None
    """None for calls from before keys were noted."""
    unit_price: float | None
    """Of one unit, as it was when they were submitted; None where nobody had said."""
    billable_units: float
    """Of each of the calls."""
    calls: int


@dataclass(frozen=True, slots=True)
class Buckets:
    """A time series without its empty buckets."""

    series: list[tuple[float, list[Any]]]
    """Start of the bucket and what happened in it: `Use`, or counts and percentiles by name."""
    next_at: float | None
    """Where the next page goes on; None on the last."""


@dataclass(frozen=True, slots=True)
class Deletable:
    """What there is to delete of a request."""

    seq: int
    state: State
    public_base: str
    output_keys: tuple[str, ...]
    has_to_tell: bool
    """Its webhook is still to be delivered, and says what it answered."""


class History:
    """
    The past of all accounts, on the tables of the request store.

    Every write may raise what `Database.write` raises: StoreFull, StoreFailed, ShuttingDown.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.opened = clock.now()
        """When this server began to look at it, in Unix seconds."""

    def now(self) -> float:
        """The present, in Unix seconds."""
        return self._clock.now()

    async def page(
        self,
        scan: Scan,
        *,
        limit: int,
        after: Place | None = None,
        by_duration: bool = False,
        outcome: int | None = None,
        request_id: str | None = None,
        with_payloads: bool = False,
    ) -> Page:
        """
        Finished requests, newest (or longest) first; or the one of this id, if it fits.

        Args:
            after: goes on behind this place.
            outcome: only status codes of this hundred: 2, 4 or 5.
            with_payloads: brings them along, at most PAGE_PAYLOAD_BYTES_MAX in all; the page may end early for that.
        """
        params = {
            **scan.params,
            "before": _BEYOND if after is None else after.value,
            "before_seq": 0 if after is None else after.seq,
            "outcome": outcome,
            "request_id": request_id,
            "limit": limit + 1,
            "with_sizes": with_payloads,
        }
        name = "history_by_duration" if by_duration else "history_by_end"
        if request_id is not None:
            name = "history_by_id"
        return await self._database.read_slow(_page(name, params, limit, with_payloads, by_duration))

    async def usage(self, scan: Scan) -> list[Use]:
        """What was billed in the whole time."""
        return await self._database.read_slow(_usage(scan.params))

    async def usage_series(self, scan: Scan, bucket_of: BucketOf, limit: int) -> Buckets:
        """What was billed, bucket by bucket, at most `limit` of them."""
        return await self._database.read_slow(_series(scan, bucket_of, limit, _usage))

    async def analytics(self, scan: Scan) -> list[dict[str, Any]]:
        """Counts by outcome and percentiles (seconds, None where nothing ran) of each endpoint in the whole time."""
        return await self._database.read_slow(_analytics(scan.params))

    async def analytics_series(self, scan: Scan, bucket_of: BucketOf, limit: int) -> Buckets:
        """Counts and percentiles, bucket by bucket, at most `limit` of them."""
        return await self._database.read_slow(_series(scan, bucket_of, limit, _analytics))

    async def is_private(self, request_id: str) -> bool:
        """Whether the payloads of a request are not to be shown to anybody but its caller."""
        rows = await self._database.read(_rows("request_is_private", {"id": request_id}))
        return bool(rows)

    async def deletable(self, account_id: str, request_id: str) -> Deletable | None:
        """What there is to delete of a request of this account; None when it has no such request."""
        rows = await self._database.read(_rows("payloads_to_delete", {"id": request_id}))
        if not rows or rows[0]["account_id"] != account_id:
            return None
        row = rows[0]
        keys = tuple((row["output_keys"] or "").split())
        return Deletable(row["seq"], State(row["state"]), row["public_base"], keys, bool(row["has_to_tell"]))

    async def delete_payloads(self, seq: int, kept_keys: Sequence[str] = ()) -> None:
        """
        Forget arguments, result and log lines of a finished request; its row and its status stay.

        Args:
            kept_keys: files that could not be deleted and are to be named on.
        """
        await self._database.write(_forget(seq, " ".join(kept_keys) or None, self._clock.now()))


def _rows(name: str, params: dict[str, Any]) -> Script[list[Row]]:
    """The script of a single statement."""
    return (yield Statement(name, params))


def _page(name: str, params: dict[str, Any], limit: int, with_payloads: bool, by_duration: bool) -> Script[Page]:
    rows = yield Statement(name, params)
    items: list[Past] = []
    payload_bytes = 0
    for row in rows[:limit]:
        payload_bytes += row["payload_bytes"] or 0
        if items and payload_bytes > PAGE_PAYLOAD_BYTES_MAX:
            break
        payloads = (yield from _payloads(row["seq"])) if with_payloads and row["payload_bytes"] is not None else None
        items.append(_past(row, payloads if row["keeps_payloads"] else None))
    if len(items) == len(rows):
        return Page(items, None)
    last = items[-1]
    return Page(items, Place(last.duration_s if by_duration else last.finished, last.seq))


def _past(row: Row, payloads: Payloads | None) -> Past:
    return Past(
        seq=row["seq"],
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        status_code=row["status_code"],
        duration_s=row["duration_s"],
        payloads=payloads,
    )


def _payloads(seq: int) -> Script[Payloads]:
    (row,) = yield Statement("history_payloads", {"seq": seq})
    outcome = Outcome(
        state=State(row["state"]),
        status_code=row["status_code"],
        body=row["result"],
        error=row["error"],
        error_type=row["error_type"],
        billable_units=row["billable_units"],
    )
    return Payloads(row["arguments"], outcome, row["public_base"])


def _usage(params: dict[str, Any]) -> Script[list[Use]]:
    rows = yield Statement("usage_between", params)
    return [Use._make(row) for row in rows]


def _analytics(params: dict[str, Any]) -> Script[list[dict[str, Any]]]:
    rows = yield Statement("analytics_between", params)
    return [dict(row) for row in rows]


def _series(
    scan: Scan, bucket_of: BucketOf, limit: int, of_bucket: Callable[[dict[str, Any]], Script[list[Any]]]
) -> Script[Buckets]:
    """Bucket by bucket, leaping over those in which nothing ended; one in which nothing counts is not told of."""
    series: list[tuple[float, list[Any]]] = []
    at, looks = scan.span.start, 0
    while True:
        (row,) = yield Statement("history_next", {**scan.params, "start": at})
        if row["at"] is None:
            return Buckets(series, None)
        if looks == limit:
            return Buckets(series, row["at"])
        looks += 1
        bucket = bucket_of(row["at"])
        # Where clocks change, a bucket may reach back into the one before.
        start, end = max(bucket.start, at), min(bucket.end, scan.span.end)
        found = yield from of_bucket({**scan.params, "start": start, "end": end})
        if found:
            series.append((bucket.start, found))
        at = end


def _forget(seq: int, output_keys: str | None, now: float) -> Script[None]:
    yield Statement("arguments_empty", {"seq": seq})
    yield Statement("result_delete", {"seq": seq})
    yield Statement("events_delete", {"seq": seq})
    yield Statement("payloads_forget", {"seq": seq, "now": now, "output_keys": output_keys})


def forget_private(finished_before: float, limit: int, now: float) -> Script[int]:
    """
    Forget what requests that keep no payloads answered, when they ended before a time; how many.

    Their arguments went when they ended.
    """
    rows = yield Statement("private_over", {"finished_before": finished_before, "limit": limit})
    for row in rows:
        yield from _forget(row["seq"], row["output_keys"], now)
    return len(rows)
