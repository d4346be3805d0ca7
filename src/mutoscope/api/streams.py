"""Server-sent events of one request: as they come, one a chunk, with signs of life in between."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from mutoscope.api.exchange import Header, HttpRequest
from mutoscope.api.wire import status_event
from mutoscope.service import Status

EVENT_STREAM: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
"""Headers of a stream that no proxy may hold back, pack or compress."""
_PING: Final = b": ping\n\n"


async def send_events(http: HttpRequest, first: Status | None, updates: AsyncIterator[Status | None]) -> None:
    """
    Send each update as an event and end the answer after the last; stop when the caller has gone.

    A thousand callers may be waiting here, so each costs one task beside its own: the one that hears it hang up.

    Args:
        http: an exchange whose answer has begun.
        first: the update to begin with.
        updates: those after it; ends by itself after the terminal one. None, sent as a comment, says that nothing came
            for a while, so that proxies keep the connection. The caller of this function closes it.
    """
    gone = asyncio.create_task(http.disconnected(), name="stream-disconnect")
    try:
        async with asyncio.timeout(None) as presence:
            gone.add_done_callback(lambda _: _end(presence))
            await _send(http, first)
            async for update in updates:
                await _send(http, update)
            await http.write(b"", more=False)
    except TimeoutError:
        if not gone.done():
            raise
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


def _end(presence: asyncio.Timeout) -> None:
    """End a block of code now, if it has not ended by itself."""
    with contextlib.suppress(RuntimeError):
        presence.reschedule(0.0)


async def _send(http: HttpRequest, update: Status | None) -> None:
    await http.write(_PING if update is None else status_event(update))
