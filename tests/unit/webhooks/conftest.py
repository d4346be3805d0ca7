"""A deliverer on a real store, with a clock that tests turn and a client that may reach loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mutoscope.accounts.secrets import Secrets
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import ClientCancelled
from mutoscope.ids import new_request_id
from mutoscope.outbound import Lookup, Outbound
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.outbox import Outbox, Webhook
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.telemetry import Metrics
from mutoscope.webhooks import Webhooks

BASE = "http://video.example"
DONE = Outcome(
    state=State.SUCCEEDED,
    status_code=200,
    body=b'{"video":{"key":"abc/output.mp4","content_type":"video/mp4","file_name":"output.mp4","file_size":1}}',
)
CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))


def a_request(webhook_url: str | None, **changes: Any) -> NewRequest:
    """A new request that wants its end told."""
    values: dict[str, Any] = {
        "id": new_request_id(),
        "account_id": "ann",
        "endpoint_id": "fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
        "pool": "null",
        "arguments": b'{"prompt":"a boat"}',
        "public_base": BASE,
        "queue_base": BASE,
        "webhook_url": webhook_url,
    }
    return NewRequest(**(values | changes))


@dataclass
class Office:
    """Everything that delivers, without a server around it."""

    database: SqliteDatabase
    store: RequestStore
    outbox: Outbox
    keys: WebhookKeys
    bus: LocalBus
    clock: ManualClock
    metrics: Metrics

    async def finish(self, webhook_url: str | None, outcome: Outcome = DONE, **changes: Any) -> str:
        """The id of a request that has just ended."""
        accepted = await self.store.submit(a_request(webhook_url, **changes))
        claim = await self.store.claim("runner", ["null"], 60)
        assert claim is not None and claim.request_id == accepted.request_id
        await self.store.finish(claim.token, outcome)
        return accepted.request_id

    async def webhook(self, request_id: str) -> Webhook:
        """What the outbox has on a request."""
        (webhook,) = await self.outbox.list(request_id=request_id)
        return webhook

    def pass_time(self, seconds: float) -> None:
        """Turn the clock, and wake whoever sleeps by it."""
        self.clock.advance(seconds)
        self.bus.publish("webhook", "")

    async def jwks(self) -> dict[str, Any]:
        """What the server publishes."""
        return {"keys": [key.jwk for key in await self.keys.published()]}

    @contextlib.asynccontextmanager
    async def delivering(
        self, *, lookup: Lookup | None = None, allow_private: bool = True, timeout_s: float = 5.0, tries_max: int = 10
    ) -> AsyncIterator[None]:
        """The deliverer runs for as long as the block lasts."""
        outbound = Outbound(allow_private_networks=allow_private, lookup=lookup)
        webhooks = Webhooks(
            self.outbox, self.store, self.keys, outbound, self.bus, self.clock, self.metrics,
            timeout_s=timeout_s, tries_max=tries_max, random=Random(1),
        )  # fmt: skip
        running = asyncio.create_task(webhooks.run())
        try:
            yield
            assert not running.done(), "the deliverer is still there"
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await outbound.close()


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float = 10.0) -> Any:
    """Ask until the answer is true, and return it."""
    async with asyncio.timeout(timeout_s):
        while not (answer := await condition()):
            await asyncio.sleep(0.005)
        return answer


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Nothing submitted yet."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    bus, clock = LocalBus(), ManualClock()
    yield Office(
        database=database,
        store=RequestStore(database, bus, clock, boot_id="boot-1"),
        outbox=Outbox(database, bus, clock),
        keys=WebhookKeys(Secrets(database, clock), clock),
        bus=bus,
        clock=clock,
        metrics=Metrics(),
    )
    await database.close()
