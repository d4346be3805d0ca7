"""
Telling callers that a request has ended: signed, at least once, the same body each time.

What is to be told stands in the outbox, written in the transaction that ended the request, so it is never told before
it is true and never forgotten. The body is made of the stored result, which does not change; the timestamp, and with it
the signature, is fresh in every try.
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import orjson

from mutoscope.accounts.webhook_keys import WebhookKey, WebhookKeys
from mutoscope.clock import Clock
from mutoscope.errors import OutboundFailed, OutboundRefused, OwnError
from mutoscope.guard import mask_url
from mutoscope.limits import WEBHOOKS_IN_FLIGHT_MAX, WEBHOOKS_PER_HOST_MAX
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import Bus
from mutoscope.queue.outbox import Delivery, DueWebhook, Outbox, WebhookState
from mutoscope.queue.outcome import answer_body
from mutoscope.queue.request import Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.telemetry import Metrics, request_context

logger = logging.getLogger(__name__)

RETRY_DELAYS_S: Final = (2.0, 10.0, 60.0, 180.0, 420.0, 900.0, 1_500.0, 1_800.0, 2_400.0)
"""Before the second try, the third …; two hours in all. The last one counts for every try beyond."""
RETRY_JITTER: Final = 0.1
"""A delay is longer or shorter by up to this part of it, so that what failed together does not come again together."""
_GONE: Final = 410
_RECHECK_S: Final = 5.0
"""Between two looks when nobody gave a hint and nothing is due before."""
_NAP_S_MIN: Final = 0.01
_STORE_RETRY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Said:
    """What came of a try."""

    status_code: int | None
    error: str | None = None
    """None when the webhook is delivered."""
    is_final: bool = False
    """No further try would end otherwise."""


class Webhooks:
    """
    Delivers what is in the outbox; one per process. `run` must be running.

    Args:
        outbound: for these calls alone, so that receivers with slow names do not hold up the fetching of inputs.
        timeout_s: how long a receiver may take to answer.
        tries_max: after so many a webhook is given up.
        random: of the jitter.
    """

    def __init__(
        self,
        outbox: Outbox,
        store: RequestStore,
        keys: WebhookKeys,
        outbound: Outbound,
        bus: Bus,
        clock: Clock,
        metrics: Metrics,
        *,
        timeout_s: float,
        tries_max: int,
        random: Random,
        delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._keys = keys
        self._outbound = outbound
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._tries_max = tries_max
        self._random = random
        self._delays_s = delays_s
        self._hints = bus.subscribe("webhook")
        self._in_flight: dict[int, str] = {}
        """Places by seq."""

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is delivered again after the next start."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._hints.wait(await self._start_due(group))
        finally:
            self._hints.close()

    async def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Begin every delivery that may begin; how long there is nothing more to begin, in seconds."""
        now = self._clock.now()
        try:
            while (room := WEBHOOKS_IN_FLIGHT_MAX - len(self._in_flight)) > 0:
                due = await self._outbox.due(room, busy=self._in_flight, full=self._full_places())
                if not due:
                    break
                for webhook in due:
                    if webhook.place not in self._full_places():
                        self._in_flight[webhook.seq] = webhook.place
                        group.create_task(self._deliver(webhook), name="webhook")
            next_due = await self._outbox.next_due(after=now)
        except OwnError as error:
            logger.warning("webhooks put off", extra={"reason": str(error)})
            return _STORE_RETRY_S
        if next_due is None:
            return _RECHECK_S
        return min(_RECHECK_S, max(_NAP_S_MIN, next_due - self._clock.now()))

    def _full_places(self) -> set[str]:
        return {place for place, count in Counter(self._in_flight.values()).items() if count >= WEBHOOKS_PER_HOST_MAX}

    async def _deliver(self, webhook: DueWebhook) -> None:
        """One try, from the outbox to what is written down about it."""
        try:
            with request_context(webhook.request_id):
                at, start = self._clock.now(), self._clock.monotonic()
                said = await self._try(webhook, at)
                delivery = Delivery(0, at, self._clock.monotonic() - start, said.status_code, said.error)
                await self._record(webhook, delivery, said)
        finally:
            del self._in_flight[webhook.seq]
            self._bus.publish("webhook", webhook.request_id)  # there may be room for another one now

    async def _try(self, webhook: DueWebhook, now: float) -> _Said:
        try:
            outcome = await self._store.result(webhook.request_id)
            if outcome is None:
                return _Said(None, "its result is gone", is_final=True)
            body = webhook_body(webhook.request_id, outcome, webhook.public_base)
            headers = webhook_headers(await self._keys.current(), webhook.request_id, webhook.account_id, now, body)
            status = await self._outbound.post(webhook.url, body, headers, timeout_s=self._timeout_s)
        except OutboundRefused as error:
            return _Said(None, str(error), is_final=True)
        except OutboundFailed as error:
            return _Said(None, str(error))
        except OwnError as error:
            return _Said(None, f"this server could not read what to tell: {error}")
        except Exception:
            # A fault of ours costs this webhook a try, not all others their deliverer.
            logger.exception("webhook try failed")
            return _Said(None, "fault in this server; its log says more")
        return judge(status)

    async def _record(self, webhook: DueWebhook, delivery: Delivery, said: _Said) -> None:
        """Write the try down, however long that takes: what is not written is delivered again."""
        tries = webhook.tries + 1
        state, delay_s = WebhookState.PENDING, 0.0
        if said.error is None:
            state = WebhookState.DELIVERED
        elif said.is_final or tries >= self._tries_max:
            state = WebhookState.FAILED
        else:
            delay_s = self._delay_s(tries)
        self._tell(webhook, delivery, state, tries, delay_s)
        while True:
            try:
                await self._outbox.record(webhook, delivery, state, self._clock.now() + delay_s)
            except OwnError as error:
                logger.warning("webhook try not recorded", extra={"reason": str(error)})
                await asyncio.sleep(_STORE_RETRY_S)
            else:
                return

    def _delay_s(self, tries: int) -> float:
        """Until the try after this many."""
        base = self._delays_s[min(tries, len(self._delays_s)) - 1]
        return base * self._random.uniform(1 - RETRY_JITTER, 1 + RETRY_JITTER)

    def _tell(self, webhook: DueWebhook, delivery: Delivery, state: WebhookState, tries: int, delay_s: float) -> None:
        self._metrics.webhooks.count("retry" if state is WebhookState.PENDING else state.value)
        facts = {"url": mask_url(webhook.url), "status": delivery.status_code, "tries": tries}
        if state is WebhookState.DELIVERED:
            logger.info("webhook delivered", extra=facts)
        elif state is WebhookState.FAILED:
            logger.warning("webhook given up", extra={**facts, "reason": delivery.error})
        else:
            again = {"reason": delivery.error, "again_in_s": round(delay_s, 1)}
            logger.info("webhook not delivered", extra={**facts, **again})


def judge(status: int) -> _Said:
    """What the receiver's status means: 2xx is done, a redirect or 410 is final, anything else may change."""
    if 200 <= status < 300:
        return _Said(status)
    if 300 <= status < 400:
        return _Said(status, f"answered with HTTP status {status}; redirects are not followed", is_final=True)
    if status == _GONE:
        return _Said(status, "answered with HTTP status 410: it wants no more", is_final=True)
    return _Said(status, f"answered with HTTP status {status}")


def webhook_body(request_id: str, outcome: Outcome, public_base: str) -> bytes:
    """
    What is told: the answer that a poll would get, in the platform's envelope.

    Args:
        public_base: of the file URLs in it.
    """
    is_ok = outcome.state is State.SUCCEEDED
    body = {"request_id": request_id, "gateway_request_id": request_id, "status": "OK" if is_ok else "ERROR"}
    if not is_ok:
        body["error"] = outcome.error or f"Invalid status code: {outcome.status_code}"
    try:
        payload = orjson.loads(answer_body(outcome, public_base))
    except orjson.JSONDecodeError as error:
        return orjson.dumps({**body, "payload": None, "payload_error": f"the result is not JSON: {error}"})
    return orjson.dumps({**body, "payload": payload})


def webhook_headers(key: WebhookKey, request_id: str, account_id: str, now: float, body: bytes) -> dict[str, str]:
    """
    The headers that prove where `body` comes from.

    The signed message has four lines: request, account, time in whole seconds, SHA-256 of the body in hexadecimal.
    """
    timestamp = str(int(now))
    message = "\n".join((request_id, account_id, timestamp, hashlib.sha256(body).hexdigest()))
    return {
        "Content-Type": "application/json",
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": account_id,
        "X-Fal-Webhook-Timestamp": timestamp,
        "X-Fal-Webhook-Signature": key.sign(message.encode()).hex(),
    }
