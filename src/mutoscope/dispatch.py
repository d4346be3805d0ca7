"""
From the queue to the runners: claim, keep runners warm, renew leases, carry cancels, drain.

One slot is one runner and the coroutine that owns it; what happens to a claimed request is in `attempt.py`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from mutoscope.attempt import Attempt, Workshop
from mutoscope.errors import OwnError, StartupTimeout
from mutoscope.limits import RESPAWN_DELAY_S_MAX
from mutoscope.queue.request import Claim, Fence
from mutoscope.room import STORE_RETRY_S
from mutoscope.runners.base import Runner
from mutoscope.telemetry import request_context

logger = logging.getLogger(__name__)

_IDLE_CHECK_S = 1.0
"""A lost hint costs a waiting request at most this."""
_SETTLED_S = 1.0
"""A runner that dies idle before it was up this long counts as one that did not start."""


class Dispatcher:
    """All slots of this process and the task that renews their leases."""

    def __init__(self, workshop: Workshop, runners: Mapping[str, Sequence[Runner]]) -> None:
        """
        Args:
            runners: by the pool whose requests they are for.
        """
        self._workshop = workshop
        self._slots = [_Slot(workshop, runner, pool) for pool, several in runners.items() for runner in several]
        self._draining = asyncio.Event()

    @property
    def runners(self) -> tuple[Runner, ...]:
        """The runners of this process, one for each slot."""
        return tuple(slot.runner for slot in self._slots)

    @property
    def warm(self) -> int:
        """Runners that could start a job now or are at one."""
        return sum(slot.runner.is_up for slot in self._slots)

    @property
    def busy(self) -> int:
        """Runners at a job."""
        return sum(slot.attempt is not None for slot in self._slots)

    async def run(self) -> None:
        """Work until cancelled; then every attempt in hand goes back to its place in the queue."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._renew_leases())
            group.create_task(self._carry_cancels())
            for slot in self._slots:
                group.create_task(slot.serve(self._draining))

    async def drain(self, grace_s: float) -> None:
        """Claim nothing more and wait, at most `grace_s`, for what runs."""
        self._draining.set()
        for pool in {slot.pool for slot in self._slots}:
            self._workshop.bus.publish("work", pool)  # wakes the slots that wait for it
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                for slot in self._slots:
                    await slot.idle.wait()

    async def renew(self) -> None:
        """
        Extend the lease of every attempt in hand, and stop those that are to stop.

        Raises:
            StoreFull, StoreFailed, ShuttingDown: the leases run on.
        """
        attempts = {slot.attempt.claim.token: slot.attempt for slot in self._slots if slot.attempt is not None}
        if not attempts:
            return
        fences = await self._workshop.store.renew(list(attempts), self._workshop.settings.lease_s)
        for token, fence in fences.items():
            if fence is not Fence.OK:
                attempts[token].stop()

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._workshop.settings.lease_s / 3)
            try:
                await self.renew()
            except OwnError as error:  # no room to write: the lease runs on, the next round tries again
                logger.warning("leases not renewed", extra={"reason": str(error)})

    async def _carry_cancels(self) -> None:
        """Bring a cancel to the runner at once instead of at the next renewal."""
        subscription = self._workshop.bus.subscribe("cancel")
        try:
            while True:
                cancelled = await subscription.wait()
                for slot in self._slots:
                    if slot.attempt is not None and slot.attempt.claim.request_id in cancelled:
                        slot.attempt.stop()
        finally:
            subscription.close()


class _Slot:
    """One runner and the loop that keeps it up and fed."""

    def __init__(self, workshop: Workshop, runner: Runner, pool: str) -> None:
        self.runner = runner
        self.pool = pool
        self.attempt: Attempt | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        self._workshop = workshop
        self._work = workshop.bus.subscribe("work")
        self._failures = 0
        """Starts in a row that came to nothing."""
        self._up_since = 0.0

    async def serve(self, draining: asyncio.Event) -> None:
        try:
            while not draining.is_set():
                if not self.runner.is_up and not await self._start_runner():
                    continue
                attempt = await self._next()
                if attempt is None:
                    await self._wait_for_work()
                    continue
                await self._see_through(attempt)
        finally:
            self._work.close()
            await asyncio.shield(self.runner.close())

    async def _start_runner(self) -> bool:
        try:
            await self.runner.start()
        except StartupTimeout as error:
            await self._back_off(str(error))
            return False
        self._up_since = self._workshop.clock.monotonic()
        return True

    async def _back_off(self, reason: str) -> None:
        """Wait before the next start, longer each time."""
        self._failures += 1
        delay_s = min(RESPAWN_DELAY_S_MAX, 2.0**self._failures)
        facts = {"runner": self.runner.name, "reason": reason, "again_in_s": delay_s}
        logger.error("runner did not start", extra=facts)
        await asyncio.sleep(delay_s)

    async def _next(self) -> Attempt | None:
        """What this slot does next. Only the attempt has the claim, so that it can let go of megabytes of arguments."""
        claim = await self._claim()
        return None if claim is None else Attempt(self._workshop, self.runner, claim)

    async def _claim(self) -> Claim | None:
        workshop = self._workshop
        claiming = asyncio.ensure_future(
            workshop.store.claim(self.runner.name, (self.pool,), workshop.settings.lease_s)
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The server stops while the claim is being written: what it got goes back, and costs no start.
            with contextlib.suppress(OwnError):  # no room for that: the next start of the server takes it back
                if claim := await claiming:
                    await workshop.store.release(claim.token)
            raise
        except OwnError as error:
            logger.warning("cannot claim", extra={"reason": str(error)})
            await asyncio.sleep(STORE_RETRY_S)
            return None

    async def _wait_for_work(self) -> None:
        """Until there may be work, or the idle runner has died and wants to be started again."""
        down = asyncio.ensure_future(self.runner.wait_down())
        work = asyncio.ensure_future(self._work.wait(_IDLE_CHECK_S))
        try:
            await asyncio.wait((down, work), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (down, work):
                waiting.cancel()
            await asyncio.gather(down, work, return_exceptions=True)
        if self._workshop.clock.monotonic() - self._up_since >= _SETTLED_S:
            self._failures = 0
        elif not self.runner.is_up:
            await self._back_off("it died as soon as it was up")

    async def _see_through(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.idle.clear()
        try:
            with request_context(attempt.claim.request_id, is_private=not attempt.claim.keeps_payloads):
                await attempt.carry_out()
        finally:
            self.attempt = None
            self._failures = 0
            self.idle.set()
