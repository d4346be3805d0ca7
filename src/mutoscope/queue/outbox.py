"""
Webhooks that have to be delivered, and what became of each try.

Rows are made by triggers in the transaction that ends a request (migration 6); here they are read and moved on.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.errors import RequestUnknown
from mutoscope.guard import mask_url
from mutoscope.limits import LOG_MESSAGE_CHARS_MAX
from mutoscope.queue.bus import Bus
from mutoscope.queue.outcome import printable


class WebhookState(StrEnum):
    """How far a webhook is."""

    PENDING = "pending"
    """A try is under way or has its time."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up: too many tries, or a refusal that no further try would change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWebhook:
    """A webhook whose time has come."""

    seq: int
    request_id: str
    account_id: str
    url: str
    place: str
    """Host and port of the URL."""
    tries: int
    """Those that were made and count."""
    public_base: str
    """Base of the file URLs in its body."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try."""

    n: int
    """From 1, over all rounds."""
    at: float
    """When it began, in seconds since the Unix epoch."""
    seconds: float
    status_code: int | None
    """HTTP status of the receiver; None when it gave none."""
    error: str | None
    """Why it does not count as delivered; None when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook for an operator's eyes."""

    request_id: str
    endpoint_id: str
    account_id: str
    url: str
    """With its secrets; mask it before it is shown."""
    state: WebhookState
    tries: int
    due: float | None
    """Of the next try; None when there is none."""
    finished: float
    """When the request ended."""
    deliveries: Sequence[Delivery]


class Outbox:
    """All webhooks of this server. Writes raise what `Database.write` raises."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def due(self, limit: int, *, busy: Iterable[int], full: Iterable[str]) -> list[DueWebhook]:
        """
        Webhooks whose time has come, the longest waiting first, at most `limit`.

        Args:
            busy: the seq of those that are being delivered.
            full: places that get no more for now.
        """
        params = {
            "now": self._clock.now(),
            "limit": limit,
            "busy": json.dumps(list(busy)),
            "full": json.dumps(list(full)),
        }
        return [DueWebhook(**_fields(row, DueWebhook)) for row in await self._read("webhooks_due", **params)]

    async def next_due(self, *, after: float) -> float | None:
        """The first time after this one at which a webhook is due, in Unix seconds; None when there is none."""
        (row,) = await self._read("webhooks_next_due", after=after)
        at: float | None = row["at"]
        return at

    async def record(self, webhook: DueWebhook, delivery: Delivery, state: WebhookState, next_try: float) -> None:
        """Write down a try (its `n` is given here) and what comes of it; `next_try` counts while it is PENDING."""
        await self._database.write(_record(webhook, delivery, state, next_try))

    async def list(
        self, *, state: WebhookState | None = None, request_id: str | None = None, limit: int = 100
    ) -> list[Webhook]:
        """Webhooks, those of the newest requests first, each with all its tries."""
        rows = await self._read(
            "webhooks_newest", state=None if state is None else state.value, request_id=request_id, limit=limit
        )
        tries: dict[int, list[Delivery]] = {row["seq"]: [] for row in rows}
        for row in await self._read("deliveries_of", seqs=json.dumps(list(tries))):
            tries[row["request_seq"]].append(Delivery(**_fields(row, Delivery)))
        return [_webhook(row, tries[row["seq"]]) for row in rows]

    async def redeliver(self, request_id: str) -> None:
        """
        Tell the end of this request again, now, with all its tries before it.

        Raises:
            RequestUnknown: no request of this id has a webhook, it has not ended, or its result is deleted.
        """
        await self._database.write(_redeliver(request_id, self._clock.now()))
        self._bus.publish("webhook", request_id)

    async def _read(self, name: str, **params: object) -> Sequence[Row]:
        return await self._database.read_slow(_rows(name, params))


def webhook_object(webhook: Webhook) -> dict[str, Any]:
    """A webhook for an operator's eyes: where it goes without what is secret about it, and every try."""
    return {
        "request_id": webhook.request_id,
        "endpoint_id": webhook.endpoint_id,
        "account_id": webhook.account_id,
        "url": mask_url(webhook.url),
        "state": webhook.state.value,
        "tries": webhook.tries,
        "due": webhook.due,
        "finished": webhook.finished,
        "deliveries": [asdict(delivery) for delivery in webhook.deliveries],
    }


def _rows(name: str, params: dict[str, object]) -> Script[list[Row]]:
    return (yield Statement(name, params))


def _record(webhook: DueWebhook, delivery: Delivery, state: WebhookState, due: float) -> Script[None]:
    error = None if delivery.error is None else printable(delivery.error, LOG_MESSAGE_CHARS_MAX)
    yield Statement(
        "delivery_insert",
        {
            "seq": webhook.seq,
            "at": delivery.at,
            "seconds": delivery.seconds,
            "status_code": delivery.status_code,
            "error": error,
        },
    )
    yield Statement("webhook_tried", {"seq": webhook.seq, "tries": webhook.tries, "state": state.value, "due": due})


def _redeliver(request_id: str, now: float) -> Script[None]:
    rows = yield Statement("webhook_again", {"id": request_id, "now": now})
    if not rows:
        raise RequestUnknown(request_id)


def _webhook(row: Row, deliveries: Sequence[Delivery]) -> Webhook:
    state = WebhookState(row["state"])
    return Webhook(
        request_id=row["request_id"],
        endpoint_id=row["endpoint_id"],
        account_id=row["account_id"],
        url=row["url"],
        state=state,
        tries=row["tries"],
        due=row["due"] if state is WebhookState.PENDING else None,
        finished=row["finished"],
        deliveries=deliveries,
    )


def _fields(row: Row, kind: type[DueWebhook] | type[Delivery]) -> dict[str, Any]:
    """The columns that are called like the fields."""
    return {name: row[name] for name in kind.__slots__}
