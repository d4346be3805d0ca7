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


async def updates(*states: State | None, pause: asyncio.Event | None = None) -> AsyncGenerator[Status | None]:
    """These states, one after another, and silence for None; with `pause`, the last one comes when it is set."""
    for state in states[:-1]:
        yield None if state is None else a_status(state)
    if pause is not None:
        await pause.wait()
    assert states[-1] is not None
    yield a_status(states[-1])


async def begun(exchange: Exchange):
    """A call whose answer has begun."""
    http = a_call(exchange)
    await http.start(200, ())
    return http


async def test_each_update_is_one_chunk_and_the_last_ends_the_answer():
    """One event a chunk, one COMPLETED, then nothing more comes."""
    exchange = Exchange(b"")

    await send_events(await begun(exchange), a_status(State.QUEUED), updates(State.RUNNING, State.SUCCEEDED))

    events, end = exchange.chunks[:-1], exchange.chunks[-1]
    statuses = [orjson.loads(event.removeprefix(b"data: "))["status"] for event in events]
    assert statuses == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert (end, exchange.is_complete) == (b"", True)


async def test_silence_is_filled_with_comments():
    """Proxies close connections that say nothing; clients skip comments."""
    exchange = Exchange(b"")

    await send_events(await begun(exchange), a_status(State.RUNNING), updates(None, None, State.SUCCEEDED))

    assert exchange.chunks[1:3] == [b": ping\n\n", b": ping\n\n"]
    assert b"COMPLETED" in exchange.chunks[3]


async def test_a_caller_that_leaves_ends_the_watch():
    """No more is asked of the store, and the stream is not ended as if it were whole."""
    exchange, never = Exchange(b""), asyncio.Event()
    watched = updates(State.SUCCEEDED, pause=never)
    sending = asyncio.create_task(send_events(await begun(exchange), a_status(State.RUNNING), watched))

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
        await send_events(await begun(exchange), a_status(State.QUEUED), broken())

    assert not exchange.is_complete


async def test_a_server_that_stops_ends_the_stream():
    """A cancel from outside stays one, and is not taken for a caller that left."""
    exchange, never = Exchange(b""), asyncio.Event()
    watched = updates(State.SUCCEEDED, pause=never)
    sending = asyncio.create_task(send_events(await begun(exchange), a_status(State.RUNNING), watched))
    await exchange.until(lambda: len(exchange.chunks) == 1)

    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not exchange.is_complete


async def test_a_timeout_of_the_store_is_not_taken_for_a_caller_that_left():
    """Its error comes out."""

    async def slow() -> AsyncGenerator[Status]:
        yield a_status(State.RUNNING)
        raise TimeoutError("the store is slow")

    with pytest.raises(TimeoutError, match="the store is slow"):
        await send_events(await begun(Exchange(b"")), a_status(State.QUEUED), slow())


async def test_one_stream_is_one_task_more():
    """Beside the one that answers, only the one that hears the caller leave."""
    exchange, never = Exchange(b""), asyncio.Event()
    before = len(asyncio.all_tasks())
    sending = asyncio.create_task(
        send_events(await begun(exchange), a_status(State.RUNNING), updates(State.SUCCEEDED, pause=never))
    )
    await exchange.until(lambda: len(exchange.chunks) == 1)
    await asyncio.sleep(0)

    during = len(asyncio.all_tasks())
    exchange.hung_up.set()
    await sending

    assert during - before == 2
