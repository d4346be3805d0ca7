"""Waiting for requests: what it costs the store, and what is said when nothing happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import pytest

from mutoscope.database.base import Script
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.request import NewLog, NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import View, Watchers

POOLS = ["null"]


class CountingDatabase(SqliteDatabase):
    """The real one; counts what is read."""

    reads = 0

    async def read(self, script: Script[Any]) -> Any:
        """Play, and count."""
        self.reads += 1
        return await super().read(script)

    async def read_slow(self, script: Script[Any]) -> Any:
        """Play, and count."""
        self.reads += 1
        return await super().read_slow(script)


@pytest.fixture
async def database(tmp_path) -> AsyncIterator[CountingDatabase]:
    """In place of the plain one."""
    database = await CountingDatabase.open(tmp_path / "mutoscope.db")
    assert isinstance(database, CountingDatabase)
    yield database
    await database.close()


@asynccontextmanager
async def at_work(store: RequestStore, bus: LocalBus) -> AsyncIterator[Watchers]:
    """Watchers that hear of changes."""
    watchers = Watchers(store, bus)
    running = asyncio.create_task(watchers.run())
    yield watchers
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_thousand_watchers_of_one_request_read_as_much_as_one(
    database: CountingDatabase, store: RequestStore, bus: LocalBus, a_request: Callable[..., NewRequest], done: Outcome
):
    """One read as the first comes, one for each change; all of them see every change and the end."""
    accepted = await store.submit(a_request())
    request = await store.get(accepted.request_id)
    assert request is not None
    seen: list[list[State]] = []

    async def watch(watchers: Watchers) -> None:
        states = []
        async for view in watchers.follow(request):
            assert view is not None
            states.append(view.request.state)
        seen.append(states)

    async with at_work(store, bus) as watchers:
        before = database.reads
        tasks = [asyncio.create_task(watch(watchers)) for _ in range(1_000)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        after_arrival = database.reads - before
        claim = await store.claim("r", POOLS, 30.0)
        assert claim is not None
        await asyncio.sleep(0.01)
        await store.finish(claim.token, done)
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks)

    assert after_arrival <= 2
    assert database.reads - before <= 10
    assert seen == [[State.QUEUED, State.RUNNING, State.SUCCEEDED]] * 1_000


async def test_a_watcher_that_wants_lines_gets_those_from_before(
    store: RequestStore, bus: LocalBus, a_request: Callable[..., NewRequest]
):
    """Also when the first watcher did not want any."""
    accepted = await store.submit(a_request())
    claim = await store.claim("r", POOLS, 30.0)
    assert claim is not None
    await store.append_logs(claim.token, [NewLog("one", "INFO", 0.0), NewLog("two", "INFO", 0.0)])
    request = await store.get(accepted.request_id)
    assert request is not None

    async with at_work(store, bus) as watchers, AsyncExitStack() as stack:
        told: list[View | None] = []
        for with_logs in (False, True, True):
            views = await stack.enter_async_context(aclosing(watchers.follow(request, with_logs=with_logs)))
            told.append(await anext(views))

    lines = [[log.message for log in view.logs] for view in told if view is not None]
    assert lines == [[], ["one", "two"], ["one", "two"]]


async def test_silence_is_told(store: RequestStore, bus: LocalBus, a_request: Callable[..., NewRequest]):
    """None for every while without news; the news still come."""
    accepted = await store.submit(a_request())
    request = await store.get(accepted.request_id)
    assert request is not None

    async with at_work(store, bus) as watchers:
        async with aclosing(watchers.follow(request, silence_s=0.001)) as views:
            first, silence, again = [await anext(views) for _ in range(3)]
            await store.claim("r", POOLS, 30.0)
            async with asyncio.timeout(10):
                while (news := await anext(views)) is None:
                    pass

    assert first is not None and first.request.state is State.QUEUED
    assert (silence, again) == (None, None)
    assert news.request.state is State.RUNNING
