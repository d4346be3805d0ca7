"""A request store on every database there is, with a clock that tests turn."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mutoscope.clock import ManualClock
from mutoscope.database.base import Database
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.ids import new_request_id
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.request import NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore


@pytest.fixture(params=["sqlite"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of each dialect."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield database
    await database.close()


@pytest.fixture
def clock() -> ManualClock:
    """Stands still until told otherwise."""
    return ManualClock()


@pytest.fixture
def bus() -> LocalBus:
    """Where the store's hints arrive."""
    return LocalBus()


@pytest.fixture
def make_store(database: Database, bus: LocalBus, clock: ManualClock) -> Callable[..., RequestStore]:
    """A store on the test's database; several stand for several starts of the server."""

    def make(boot_id: str = "boot-1", key_concurrency: int = 0) -> RequestStore:
        return RequestStore(database, bus, clock, boot_id=boot_id, key_concurrency=key_concurrency)

    return make


@pytest.fixture
def store(make_store: Callable[..., RequestStore]) -> RequestStore:
    """A store without limits."""
    return make_store()


@pytest.fixture
def a_request() -> Callable[..., NewRequest]:
    """A new request; what is not said is the same for all."""

    def make(**changes: Any) -> NewRequest:
        values: dict[str, Any] = {
            "id": new_request_id(),
            "account_id": "ann",
            "endpoint_id": "fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
            "pool": "null",
            "arguments": b'{"prompt": "a boat"}',
            "public_base": "http://127.0.0.1:8000",
            "queue_base": "http://127.0.0.1:8000/queue",
        }
        return NewRequest(**{**values, **changes})

    return make


@pytest.fixture
def done() -> Outcome:
    """A run that worked."""
    body = b'{"video":{"key":"abc/output.mp4"}}'
    return Outcome(
        state=State.SUCCEEDED,
        status_code=200,
        body=body,
        billable_units=5.0,
        inference_s=1.5,
        output_keys=("abc/output.mp4", "abc/poster.jpg"),
    )
