"""What an account used, in money and in time: usage at list price, analytics by outcome and percentile."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, Final

from mutoscope.accounts.keys import ENVIRONMENT_KEY_ID
from mutoscope.api.exchange import Reply, json_reply
from mutoscope.api.parameters import Parameters, shown
from mutoscope.api.platform_call import Call
from mutoscope.api.platform_prices import amount, cost_of, quantity_of, unit_of
from mutoscope.api.timeframes import TIMEFRAMES, bucket_of, label_of, timeframe_of
from mutoscope.catalog.price import Price
from mutoscope.errors import ParameterInvalid
from mutoscope.limits import BUCKETS_MAX
from mutoscope.queue.history import Buckets, Scan, Span, Use

_DAY_S: Final = 86_400.0
_COUNTS: Final = ("request_count", "success_count", "user_error_count", "error_count")
_PERCENTILES: Final = tuple(
    f"p{rank}_{name}" for name, rank in product(("prepare_duration", "duration"), (25, 50, 75, 90, 95, 99))
)
_METRICS: Final = (*_COUNTS, *_PERCENTILES)
_VIEWS: Final = ("time_series", "summary")
_NO_PRICE: Final = Price(unit="unknown")


async def usage(call: Call) -> Reply:
    """
    What successful calls came to at list price: `time_series` (also when nothing is asked for), `summary`.

    With `auth_method` every line is of one key.

    Raises:
        ApplicationUnknown, PathUnknown: an endpoint that is not here.
        ParameterInvalid: a value that cannot be meant, or a cursor of another list.
    """
    asked = _Asked(call)
    expand = call.parameters.choices("expand", (*_VIEWS, "auth_method"))
    names = await _key_names(call) if "auth_method" in expand else None
    prices = {endpoint.id: endpoint.price for endpoint in call.house.catalog}
    body: dict[str, Any] = {}
    buckets = None
    if "time_series" in expand or "summary" not in expand:
        buckets = await call.house.history.usage_series(asked.scan_on, asked.bucket_of, asked.limit)
        body["time_series"] = [
            {"bucket": label_of(start, asked.zone), "results": _lines(uses, prices, names)}
            for start, uses in buckets.series
        ]
    if "summary" in expand:
        body["summary"] = _lines(await call.house.history.usage(asked.scan), prices, names)
    return json_reply(body | asked.to_next(buckets))


async def analytics(call: Call) -> Reply:
    """
    How many calls ended how, and how long they waited and ran, in seconds; by bucket and in all.

    `expand` names the metrics, and `time_series` (also when neither is named) or `summary`; no metric means all.

    Raises:
        As `usage`.
    """
    asked = _Asked(call)
    expand = call.parameters.choices("expand", (*_VIEWS, *_METRICS))
    metrics = [name for name in _METRICS if name in expand] or list(_METRICS)
    body: dict[str, Any] = {}
    buckets = None
    if "time_series" in expand or "summary" not in expand:
        buckets = await call.house.history.analytics_series(asked.scan_on, asked.bucket_of, asked.limit)
        body["time_series"] = [
            {"bucket": label_of(start, asked.zone), "results": [_metrics(row, metrics) for row in rows]}
            for start, rows in buckets.series
        ]
    if "summary" in expand:
        rows = await call.house.history.analytics(asked.scan)
        body["summary"] = [_metrics(row, metrics) for row in rows]
    return json_reply(body | asked.to_next(buckets))


class _Asked:
    """
    The range, the zone and the page that a call asks for.

    Attributes:
        scan: the whole range; `scan_on` the part of it that this page is of.
    """

    def __init__(self, call: Call) -> None:
        parameters = call.parameters
        self.zone = parameters.zone()
        span = _span(parameters, call.house.history.now())
        self._timeframe = parameters.choice("timeframe", TIMEFRAMES) or timeframe_of(span.end - span.start)
        if parameters.yes("bound_to_timeframe", True):
            span = Span(self.bucket_of(span.start).start, self._up(span.end))
        ids = parameters.endpoint_ids()
        for endpoint_id in ids:
            call.house.service.endpoint(endpoint_id)
        self.scan = Scan(account_id=call.caller.account_id, span=span, endpoint_ids=ids)
        self._paging = call.paging(BUCKETS_MAX, BUCKETS_MAX)
        self.limit, place = self._paging.limit, self._paging.after
        if place is not None:
            # The range of the first page: where it goes by the present, the present has moved on.
            span = Span(place[1], place[2])
            self.scan = Scan(account_id=call.caller.account_id, span=span, endpoint_ids=ids)
        start = span.start if place is None else place[0]
        self.scan_on = Scan(account_id=call.caller.account_id, span=Span(start, span.end), endpoint_ids=ids)

    def bucket_of(self, moment: float) -> Span:
        """The bucket that a moment lies in."""
        return bucket_of(moment, self._timeframe, self.zone)

    def to_next(self, buckets: Buckets | None) -> dict[str, Any]:
        """Where the next page goes on."""
        at = None if buckets is None else buckets.next_at
        return self._paging.to(None if at is None else (at, *self.scan.span))

    def _up(self, end: float) -> float:
        bucket = self.bucket_of(end)
        return end if end == bucket.start else bucket.end


def _span(parameters: Parameters, now: float) -> Span:
    """From `start` (a day before the end) to `end` (now)."""
    zone = parameters.zone()
    end = parameters.time("end", zone)
    start = parameters.time("start", zone)
    if end is None:
        end = now + 1 if start is None or start < now else start + 1
    if start is None:
        start = end - _DAY_S
    if start >= end:
        raise ParameterInvalid(
            f"start is {shown(parameters.text('start'))}; it must be before end, {shown(parameters.text('end'))}"
        )
    return Span(start, end)


async def _key_names(call: Call) -> dict[str, str]:
    """How each key of the account is called, revoked ones too."""
    named = {record.id: record.name or record.id for record in await call.house.keys.list()}
    return named | {ENVIRONMENT_KEY_ID: "MUTOSCOPE_KEY"}


def _lines(uses: Iterable[Use], prices: Mapping[str, Price], names: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """
    One line for each endpoint, price of a unit and, where they are asked for, key.

    Args:
        names: of the keys; None when keys are not told apart.
    """
    lines: dict[tuple[str, str | None, float | None], dict[str, Any]] = {}
    for use in uses:
        price = prices.get(use.endpoint_id, _NO_PRICE)
        unit_price = price.unit_price if use.unit_price is None else use.unit_price
        key_id = use.key_id if names is not None else None
        line = lines.setdefault(
            (use.endpoint_id, key_id, unit_price), _line(use.endpoint_id, price, unit_price, key_id, names)
        )
        quantity = quantity_of(price, use.billable_units)
        line["quantity"] = amount(line["quantity"] + use.calls * quantity)
        line["cost"] = amount(line["cost"] + use.calls * cost_of(price, unit_price or 0.0, quantity))
    return list(lines.values())


def _line(
    endpoint_id: str, price: Price, unit_price: float | None, key_id: str | None, names: Mapping[str, str] | None
) -> dict[str, Any]:
    line = {
        "endpoint_id": endpoint_id,
        "unit": unit_of(price),
        "quantity": 0.0,
        "unit_price": unit_price or 0.0,
        "cost": 0.0,
        "currency": price.currency,
    }
    if unit_price is None:
        # Clients demand numbers; that these say nothing is said beside them.
        line["price_known"] = False
    if names is not None:
        line["auth_method"] = names.get(key_id or "", key_id or "unknown")
        line["key_id"] = key_id
    return line


def _metrics(row: Mapping[str, Any], metrics: Iterable[str]) -> dict[str, Any]:
    """The metrics asked for; a percentile of nothing is left out."""
    values = ((name, row[name]) for name in metrics)
    return {"endpoint_id": row["endpoint_id"], **{name: value for name, value in values if value is not None}}
