"""What an attempt says, on its way to the request's log in batches, so that a chatty engine costs few commits."""

import asyncio
import logging
from collections.abc import Callable

from mutoscope.clock import Clock
from mutoscope.errors import OwnError
from mutoscope.generation import LogLine, Progress
from mutoscope.limits import EVENT_FLUSH_S, EVENTS_PER_REQUEST_MAX
from mutoscope.queue.request import Fence, NewLog
from mutoscope.queue.store import RequestStore
from mutoscope.room import STORE_RETRY_S

logger = logging.getLogger(__name__)


class LogWriter:
    """Collects what an attempt says and writes it in batches, so that a chatty engine costs few commits."""

    def __init__(self, store: RequestStore, clock: Clock, token: str, stop: Callable[[], None]) -> None:
        """
        Args:
            token: of the attempt.
            stop: called when the store wants no more of this attempt, or its caller does not.
        """
        self._store = store
        self._clock = clock
        self._token = token
        self._stop = stop
        self._pending: list[NewLog] = []
        self._has_pending = asyncio.Event()
        self._tenths = 0
        self._taken = 0
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._writing = asyncio.create_task(self._write())

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._writing is not None
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)

    def take(self, said: LogLine | Progress) -> None:
        """A line, or progress; of progress what comes first in each tenth becomes a line, with its own percentage."""
        if isinstance(said, Progress):
            tenths = int(said.fraction * 10)
            if tenths <= self._tenths:
                return
            self._tenths = tenths
            percent = int(said.fraction * 100)
            said = LogLine(f"{said.message or 'progress'}: {percent} %", "INFO", self._clock.now())
        self._taken += 1
        if self._taken > EVENTS_PER_REQUEST_MAX + 1:  # the one too many makes the store say that it drops
            return
        self._pending.append(NewLog(said.message, said.level, said.ts))
        self._has_pending.set()

    def left(self) -> list[NewLog]:
        """What has not been written yet; it goes with the finish."""
        pending, self._pending = self._pending, []
        return pending

    async def _write(self) -> None:
        while True:
            await self._has_pending.wait()
            await asyncio.sleep(EVENT_FLUSH_S)
            self._has_pending.clear()
            batch = self.left()
            try:
                # Shielded: a batch that is on its way must not also go with the finish.
                fence = await asyncio.shield(self._store.append_logs(self._token, batch))
            except OwnError as error:
                self._pending = batch + self._pending
                self._has_pending.set()
                logger.warning("log lines not written yet", extra={"reason": str(error)})
                await asyncio.sleep(STORE_RETRY_S)
                continue
            if fence is not Fence.OK:
                self._stop()
