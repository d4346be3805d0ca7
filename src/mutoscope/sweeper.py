"""What time does: leases and deadlines run out, finished requests and their files are forgotten."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from mutoscope.clock import Clock
from mutoscope.errors import OwnError
from mutoscope.files.base import FileStore
from mutoscope.files.names import is_recorded
from mutoscope.files.records import FileRecords
from mutoscope.limits import EXPIRE_ROWS_MAX, PRIVATE_RESULT_S_MAX
from mutoscope.queue.bus import Bus
from mutoscope.queue.request import StoredOutput
from mutoscope.queue.store import RequestStore
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics

logger = logging.getLogger(__name__)

_TICK_S = 1.0
"""Between two looks when nothing is due, or there was no room for what is."""
_NAP_S_MIN = 0.01
_RETENTION_EVERY_S = 600.0
_DAY_S = 86_400.0


class Sweeper:
    """
    One per process; what it does is safe to do anywhere and any number of times.

    Args:
        renew: extends the leases of what this process runs.
        sweep_uploads: drops uploads that nobody goes on with.
    """

    def __init__(
        self,
        store: RequestStore,
        bus: Bus,
        files: FileStore,
        records: FileRecords,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        *,
        renew: Callable[[], Awaitable[None]],
        sweep_uploads: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._renew = renew
        self._deadlines = bus.subscribe("deadline")
        self._files = files
        self._records = records
        self._sweep_uploads = sweep_uploads
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Sweep until cancelled. Deadlines do not wait for files: a first retention may have a million to delete."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_deadlines(), name="deadlines")
            group.create_task(self._clean_up(), name="retention")

    async def _watch_deadlines(self) -> None:
        while True:
            try:
                await self._expire()
                nap_s = await self._nap_s()
            except OwnError as error:  # no room on the disk: the next tick tries again
                logger.warning("sweep put off", extra={"reason": str(error)})
                nap_s = _TICK_S
            await self._deadlines.wait(nap_s)

    async def _clean_up(self) -> None:
        next_retention = self._clock.monotonic()
        while True:
            try:
                await self._forget_private()
                if self._clock.monotonic() >= next_retention:
                    await self._forget()
                    next_retention = self._clock.monotonic() + _RETENTION_EVERY_S
            except OwnError as error:
                logger.warning("sweep put off", extra={"reason": str(error)})
            await asyncio.sleep(_TICK_S)

    async def _nap_s(self) -> float:
        """Until the next deadline that the store knows; a new one wakes the sweeper."""
        due = await self._store.next_deadline()
        return _TICK_S if due is None else min(_TICK_S, max(_NAP_S_MIN, due - self._clock.now()))

    async def _expire(self) -> None:
        due = await self._store.next_deadline()
        if due is not None and due <= self._clock.now():
            # A machine that slept, or a disk that was full, let leases end under attempts that are well.
            await self._renew()
        while True:
            moved = await self._store.expire(EXPIRE_ROWS_MAX)
            for move in moved:
                if move.state.is_terminal:
                    self._metrics.finished.count(move.endpoint_id, move.state.value)
            if len(moved) < EXPIRE_ROWS_MAX:
                break
        self._metrics.show_pools(await self._store.stats())

    async def _forget_private(self) -> None:
        over = self._clock.now() - PRIVATE_RESULT_S_MAX
        while await self._store.has_private(over):
            await self._store.forget_private(over)

    async def _forget(self) -> None:
        """First the files, then the rows, so that no file is ever without a row that names it."""
        await self._sweep_uploads()
        await self._delete_expired()
        now, settings = self._clock.now(), self._settings
        if settings.output_retention_days:
            await self._delete_outputs(now - settings.output_retention_days * _DAY_S)
        if settings.request_retention_days:
            over = now - settings.request_retention_days * _DAY_S
            await self._delete_outputs(over)
            while await self._store.purge(over) == EXPIRE_ROWS_MAX:
                pass

    async def _delete_outputs(self, finished_before: float) -> None:
        while outputs := await self._store.outputs_over(finished_before):
            gone = [output.request_id for output in outputs if await self._delete(output)]
            await self._store.forget_outputs(gone)
            if len(gone) < len(outputs):
                return  # the rest keeps its rows; the next sweep tries again

    async def _delete_expired(self) -> None:
        """Files whose own time is over: uploads, and outputs of requests with a lifecycle."""
        while keys := await self._records.expired():
            gone, failed = await self._delete_all(keys)
            await self._records.forget(gone)
            if failed:
                logger.warning("expired files kept", extra={"count": len(failed), "reason": failed[0]})
                return  # they keep their records, and are not served; the next sweep tries again

    async def _delete_all(self, keys: Sequence[str]) -> tuple[list[str], list[str]]:
        """The keys whose files are gone, and why the others are not."""
        gone, failed = [], []
        for key in keys:
            try:
                await self._files.delete(key)
            except OwnError as error:
                failed.append(str(error.__cause__ or error))  # whoever knows a whole key can fetch the file
            else:
                gone.append(key)
        return gone, failed

    async def _delete(self, output: StoredOutput) -> bool:
        """
        Whether all files of a request are gone; one that cannot be deleted does not stop the others.

        Those that have records of their own live as long as these say.
        """
        _, failed = await self._delete_all([key for key in output.keys if not is_recorded(key)])
        if failed:
            logger.warning("output kept", extra={"request_id": output.request_id, "reason": failed[0]})
        return not failed
