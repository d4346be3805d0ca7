"""Server-sent events of one request, from the second on: as they come, one a chunk, with signs of life in between."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from mutoscope.api.exchange import Header, HttpRequest
from mutoscope.api.wire import status_event
from mutoscope.limits import STREAM_PING_S
from mutoscope.service import Status

EVENT_STREAM: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
"""Headers of a stream that no proxy may hold back, pack or compress."""


async def send_events(http: HttpRequest, updates: AsyncIterator[Status], *, ping_s: float = STREAM_PING_S) -> None:
    """
    Send each update as an event and end the answer after the last; stop when the caller has gone.

    Args:
        http: an exchange whose answer has begun.
        updates: ends by itself after the terminal one; the caller of this function closes it.
        ping_s: a comment goes out when nothing came for so long, so that proxies keep the connection.
    """
    gone = asyncio.create_task(http.disconnected(), name="stream-disconnect")
    upcoming = asyncio.create_task(_next(updates), name="stream-next")
    try:
        while True:
            await asyncio.wait({gone, upcoming}, timeout=ping_s, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return
            if not upcoming.done():
                await http.write(b": ping\n\n")
                continue
            update = upcoming.result()
            if update is None:
                break
            await http.write(status_event(update))
            upcoming = asyncio.create_task(_next(updates), name="stream-next")
        await http.write(b"", more=False)
    finally:
        for task in (gone, upcoming):
            task.cancel()
        await asyncio.gather(gone, upcoming, return_exceptions=True)


async def _next(updates: AsyncIterator[Status]) -> Status | None:
    return await anext(updates, None)
