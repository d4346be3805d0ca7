"""
Waiting for a request to change, for any number of waiters, without a store read for each.

One task reads, in one batch, every watched request that was hinted at; once a second it looks at all of them, so that a
lost hint costs a second. Waiters of one request share what was read.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from mutoscope.limits import STATUS_RECHECK_S
from mutoscope.queue.bus import Bus
from mutoscope.queue.request import Request, StoredLog
from mutoscope.queue.store import RequestStore


@dataclass(frozen=True, slots=True)
class View:
    """A request at one moment."""

    request: Request
    logs: tuple[StoredLog, ...]
    """Lines that earlier views of the same watch did not carry."""


class _Watched:
    """What is known of one request, and who waits for it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.logs: list[StoredLog] = []
        """Lines read while somebody watched, ascending."""
        self.version = 0
        self.changed = asyncio.Event()
        self.watchers = 0
        self.log_watchers = 0

    def update(self, request: Request, logs: list[StoredLog]) -> None:
        """Take what was read and wake the waiters if it is news; two reads of the same lines may overlap."""
        logs = self.news_in(logs)
        if request == self.request and not logs:
            return
        self.request = request
        self.logs.extend(logs)
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    def news_in(self, logs: list[StoredLog]) -> list[StoredLog]:
        return [log for log in logs if log.n > self.last_log]

    def logs_after(self, n: int) -> tuple[StoredLog, ...]:
        return tuple(log for log in self.logs if log.n > n)

    @property
    def last_log(self) -> int:
        return self.logs[-1].n if self.logs else 0


class Watchers:
    """All watched requests of this process. `run` must be running for anyone to hear anything."""

    def __init__(self, store: RequestStore, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._watched: dict[str, _Watched] = {}

    async def run(self) -> None:
        """Carry news from the store to the waiters until cancelled."""
        subscription = self._bus.subscribe("request")
        try:
            loop = asyncio.get_running_loop()
            next_check = loop.time() + STATUS_RECHECK_S
            while True:
                hinted = await subscription.wait(max(0.0, next_check - loop.time()))
                if loop.time() >= next_check:
                    hinted = self._watched.keys()
                    next_check = loop.time() + STATUS_RECHECK_S
                await self._refresh([request_id for request_id in hinted if request_id in self._watched])
        finally:
            subscription.close()

    async def follow(
        self, request: Request, *, with_logs: bool = True, silence_s: float | None = None
    ) -> AsyncGenerator[View | None]:
        """
        The request now, then after each change of state, position or (with_logs) lines, to its end.

        Where others watch it already, what they know is what it begins with; nothing is read for one watcher more.

        Args:
            request: as it was read just now.
            silence_s: gives None when there was no news for so long; None waits for news alone.
        """
        with self._watch(request, with_logs=with_logs) as watched:
            if watched.watchers == 1 or (with_logs and watched.log_watchers == 1):
                await self._refresh([request.id])
            last_log, seen = 0, None
            while True:
                changed = watched.changed
                logs = watched.logs_after(last_log) if with_logs else ()
                now = (watched.request.state, watched.request.position)
                if logs or now != seen:
                    last_log, seen = (logs[-1].n if logs else last_log), now
                    yield View(watched.request, logs)
                if now[0].is_terminal:
                    return
                try:
                    async with asyncio.timeout(silence_s):
                        await changed.wait()
                except TimeoutError:
                    yield None

    async def until_terminal(self, request: Request) -> Request:
        """The request once it has ended."""
        with self._watch(request, with_logs=False) as watched:
            await self._refresh([request.id])
            while not watched.request.state.is_terminal:
                await watched.changed.wait()
            return watched.request

    @contextlib.contextmanager
    def _watch(self, request: Request, *, with_logs: bool) -> Iterator[_Watched]:
        watched = self._watched.setdefault(request.id, _Watched(request))
        watched.watchers += 1
        watched.log_watchers += with_logs
        try:
            yield watched
        finally:
            watched.watchers -= 1
            watched.log_watchers -= with_logs
            if watched.watchers == 0:
                del self._watched[request.id]

    async def _refresh(self, request_ids: list[str]) -> None:
        """Read these requests in one batch; of each, only the lines nobody has read yet."""
        if not request_ids:
            return
        found = await self._store.many(request_ids)
        for request_id in request_ids:
            watched, request = self._watched.get(request_id), found.get(request_id)
            if watched is None or request is None:
                continue
            has_news = watched.log_watchers > 0 and request.last_event > watched.last_log
            logs = await self._store.logs(request_id, after=watched.last_log) if has_news else []
            watched.update(request, logs)
