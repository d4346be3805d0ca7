"""
What running requests yield on their way, for whoever streams them right now.

Kept nowhere: a partial result that nobody listens for is gone, and a restart of the server forgets all of them.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson

from mutoscope.limits import PARTIALS_WAITING_BYTES_MAX


class Listener:
    """One caller's ear on one request."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._heard = asyncio.Event()
        self.is_behind = False
        """Whether more came than may wait; what came after that is lost."""

    def hear(self, body: bytes) -> None:
        """Take one partial result, as JSON; never blocks."""
        self._waiting_bytes += len(body)
        if self._waiting_bytes > self._bytes_max:
            self.is_behind = True
        else:
            self._waiting.append(body)
        self._heard.set()

    def take(self) -> bytes | None:
        """The oldest that waits; None when none does."""
        if not self._waiting:
            self._heard.clear()
            return None
        body = self._waiting.popleft()
        self._waiting_bytes -= len(body)
        return body

    async def wait(self) -> None:
        """Return once there may be something to take."""
        await self._heard.wait()


class Partials:
    """All listeners of this process; used from its event loop only."""

    def __init__(self, *, waiting_bytes_max: int = PARTIALS_WAITING_BYTES_MAX) -> None:
        self._bytes_max = waiting_bytes_max
        self._listeners: dict[str, Listener] = {}

    @contextlib.contextmanager
    def listen(self, request_id: str) -> Iterator[Listener]:
        """Hear what this request yields; begin before it is submitted, or its first words may be missed."""
        listener = self._listeners[request_id] = Listener(self._bytes_max)
        try:
            yield listener
        finally:
            del self._listeners[request_id]

    def publish(self, request_id: str, body: dict[str, Any]) -> None:
        """Hand a partial result to whoever listens."""
        listener = self._listeners.get(request_id)
        if listener is not None:
            listener.hear(orjson.dumps(body))
