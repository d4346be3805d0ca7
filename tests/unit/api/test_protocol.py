"""The protocol below the doors: how long a connection lives, with a toy application behind it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from mutoscope.api import protocol
from mutoscope.api.protocol import HttpProtocol

KEEP_ALIVE_S = 0.2
GET = b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n"


async def toy(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once; `/slow` after three keep-alive times."""
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * KEEP_ALIVE_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextlib.asynccontextmanager
async def listening(keep_alive_s: float = KEEP_ALIVE_S) -> AsyncIterator[int]:
    """The port of a server with a short keep-alive time."""
    loop = asyncio.get_running_loop()
    config, state = uvicorn.Config(toy, log_config=None), ServerState()
    config.load()
    config.timeout_keep_alive = keep_alive_s  # type: ignore[assignment]
    server = await loop.create_server(lambda: HttpProtocol(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def closed_after(reader: asyncio.StreamReader) -> float:
    """Seconds until the server hangs up; nothing more may come."""
    start = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    return asyncio.get_running_loop().time() - start


async def answers(reader: asyncio.StreamReader, count: int) -> list[bytes]:
    """The bodies of the next answers."""
    bodies = []
    for _ in range(count):
        await reader.readuntil(b"\r\n\r\n")
        bodies.append(await reader.readexactly(2))
    return bodies


@pytest.mark.parametrize("count", [1, 3])
async def test_a_connection_that_says_nothing_more_is_closed(count: int):
    """The keep-alive time counts from the last answer, however many there were."""
    async with listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET % b"" * count)
        assert await answers(reader, count) == [b"ok"] * count

        assert await closed_after(reader) >= 0.8 * KEEP_ALIVE_S
        writer.close()


async def test_an_answer_may_take_longer_than_the_keep_alive_time():
    """Only silence between two requests counts: a timer of the first does not end the second."""
    async with listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET % b"")
        first = await answers(reader, 1)
        writer.write(GET % b"slow")
        second = await answers(reader, 1)

        assert first == second == [b"ok"]
        assert await closed_after(reader) >= 0.8 * KEEP_ALIVE_S
        writer.close()


async def test_a_begun_request_has_the_time_of_a_head_and_not_the_keep_alive_time(monkeypatch):
    """A head that comes slowly behind an answer is waited for, and not for good."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 5 * KEEP_ALIVE_S)
    async with listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET % b"")
        await answers(reader, 1)
        writer.write((GET % b"")[:10])

        assert await closed_after(reader) >= 2 * KEEP_ALIVE_S
        writer.close()


async def test_no_timer_outlives_its_connection():
    """Fifty connections that came and went leave nothing on the loop."""
    async with listening(keep_alive_s=60) as port:
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(GET % b"")
            await answers(reader, 1)
            writer.close()
            await writer.wait_closed()
        scheduled = getattr(asyncio.get_running_loop(), "_scheduled", [])
        async with asyncio.timeout(10) as patience:
            while [timer for timer in scheduled if not timer.cancelled() and timer.when() != patience.when()]:
                await asyncio.sleep(0)
