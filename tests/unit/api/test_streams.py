"""The tail of a status stream: events, pings, its end, and a caller that leaves."""

import asyncio
from collections.abc import AsyncGenerator

import orjson
import pytest

from mutoscope.api.streams import send_events
from mutoscope.queue.request import State
from mutoscope.service import Status
from tests.unit.api.asgi import Exchange, a_call
from tests.unit.api.test_wire import a_status


async def updates(*states: State, pause: asyncio.Event | None = None) -> AsyncGenerator[Status]:
    """These states, one after another; with `pause`, the last one comes when it is set."""
    for state in states[:-1]:
        yield a_status(state)
    if pause is not None:
        await pause.wait()
    yield a_status(states[-1])


async def begun(exchange: Exchange):
    """A call whose answer has begun."""
    http = a_call(exchange)
    await http.start(200, ())
    return http


async def test_each_update_is_one_chunk_and_the_last_ends_the_answer():
    """One event a chunk, one COMPLETED, then nothing more comes."""
    exchange = Exchange(b"")

    await send_events(await begun(exchange), updates(State.QUEUED, State.RUNNING, State.SUCCEEDED))

    events, end = exchange.chunks[:-1], exchange.chunks[-1]
    statuses = [orjson.loads(event.removeprefix(b"data: "))["status"] for event in events]
    assert statuses == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert (end, exchange.is_complete) == (b"", True)


async def test_silence_is_filled_with_comments():
    """Proxies close connections that say nothing; clients skip comments."""
    exchange, finished = Exchange(b""), asyncio.Event()
    sending = asyncio.create_task(
        send_events(await begun(exchange), updates(State.RUNNING, State.SUCCEEDED, pause=finished), ping_s=0.001)
    )

    await exchange.until(lambda: exchange.chunks.count(b": ping\n\n") > 2)
    finished.set()
    await sending

    assert b"COMPLETED" in exchange.chunks[-2]


async def test_a_caller_that_leaves_ends_the_watch():
    """No more is asked of the store, and the stream is not ended as if it were whole."""
    exchange, never = Exchange(b""), asyncio.Event()
    watched = updates(State.RUNNING, State.SUCCEEDED, pause=never)
    sending = asyncio.create_task(send_events(await begun(exchange), watched))

    await exchange.until(lambda: len(exchange.chunks) == 1)
    exchange.hung_up.set()

    async with asyncio.timeout(10):
        await sending
    assert not exchange.is_complete
    with pytest.raises(StopAsyncIteration):
        await anext(watched)


async def test_a_store_that_fails_cuts_the_stream():
    """The error comes out, the answer stays unfinished: a broken stream must not look like a complete one."""

    async def broken() -> AsyncGenerator[Status]:
        yield a_status(State.RUNNING)
        raise OSError("disk gone")

    exchange = Exchange(b"")
    with pytest.raises(OSError, match="disk gone"):
        await send_events(await begun(exchange), broken())

    assert not exchange.is_complete
