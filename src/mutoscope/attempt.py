"""
One attempt: make a job of a claimed request (`jobs.py`), run it, keep what it made (`keeping.py`), finish.

Every write carries the attempt's token, so whatever this code believes, the store decides: an attempt that was taken
away cannot finish anything.
"""

import asyncio
import logging
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mutoscope.catalog.application import POOL
from mutoscope.clock import Clock
from mutoscope.database.base import Script
from mutoscope.deposit import Deposit, scratch_name
from mutoscope.errors import (
    ClientCancelled,
    EngineFailed,
    GenerationTimeout,
    InputInvalid,
    Loc,
    MutoscopeError,
    OwnError,
    RunnerLost,
    StoreFull,
)
from mutoscope.event_log import LogWriter
from mutoscope.files.base import FileStore
from mutoscope.files.lifecycle import stored_lifecycle
from mutoscope.files.records import add_outputs
from mutoscope.generation import (
    FunctionJob,
    GenerationJob,
    Job,
    LogLine,
    Partial,
)
from mutoscope.jobs import JobMaker
from mutoscope.keeping import Keeper
from mutoscope.queue.bus import Bus
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.partials import Partials
from mutoscope.queue.request import Claim, Fence, Outcome
from mutoscope.queue.store import RequestStore
from mutoscope.room import when_there_is_room
from mutoscope.runners.base import Cancelled, Ending, Failed, Hung, Lost, Made, Refused, Returned, Runner, Said
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every attempt works with."""

    settings: Settings
    store: RequestStore
    bus: Bus
    files: FileStore
    jobs: JobMaker
    scratch: Path
    """Folder for the scratch folders of attempts; emptied at start-up."""
    partials: Partials
    clock: Clock
    metrics: Metrics


class Attempt:
    """One claimed request on its way through one runner."""

    def __init__(self, workshop: Workshop, runner: Runner, claim: Claim) -> None:
        self.claim = claim
        self._workshop = workshop
        self._runner = runner
        self._stopping = asyncio.Event()
        self._logs = LogWriter(workshop.store, workshop.clock, claim.token, self.stop)
        self._scratch = workshop.scratch / scratch_name(claim.request_id, claim.attempt)
        self._urls: dict[Loc, str] = {}
        """What each input was fetched from, as far as an error repeats it."""
        lifecycle = None if claim.lifecycle is None else stored_lifecycle(claim.lifecycle)
        self._deposit = Deposit(workshop.store, workshop.files, claim.request_id, self._scratch, lifecycle)
        self._keeper = Keeper(self._deposit, self._stopping)

    def stop(self) -> None:
        """The caller cancelled, or the store gave the request to somebody else."""
        self._stopping.set()
        self._runner.cancel()

    async def carry_out(self) -> None:
        """From claim to finish. Cancelled itself (shutdown), it gives the request back."""
        started = self._workshop.clock.monotonic()
        logger.info("attempt started", extra={"attempt": self.claim.attempt, "runner": self._runner.name})
        try:
            async with self._logs:
                ending = await self._outcome(started)
            await self._settle(ending)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back())
            raise
        except OwnError as error:  # one end that the store does not take must not end the server
            logger.error("attempt not settled, its lease will end", extra={"reason": str(error)})
        finally:
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    async def _outcome(self, started: float) -> "Outcome | Lost":
        """How the attempt ended; Lost leaves the rest to the store."""
        settings = self._workshop.settings
        try:
            job = await self._unless_stopped(self._prepare())
            ending = await when_there_is_room(lambda: self._run(job), self._stopping)
            elapsed = self._workshop.clock.monotonic() - started
            engine = POOL if isinstance(job, FunctionJob) else settings.engine
            self._workshop.metrics.attempts.count(engine, type(ending).__name__.lower())
            if isinstance(ending, Lost):
                return ending
            self._workshop.metrics.run_seconds.labels(engine).observe(elapsed)
            return await self._outcome_of(ending, job, elapsed)
        except MutoscopeError as error:
            return outcome_of(error)
        except Exception:  # the boundary of an attempt: what broke ends this request, not the server
            logger.exception("attempt broke")
            return outcome_of(EngineFailed("The server failed while it handled this request; its log says more"))

    async def _unless_stopped(self, preparing: Coroutine[Any, Any, Job]) -> Job:
        """The job; a stop does not wait for a slow stranger's picture."""
        prepared = asyncio.ensure_future(preparing)
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((prepared, stopped), return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                raise ClientCancelled("Request was cancelled")
            return await prepared
        finally:
            for waiting in (prepared, stopped):
                waiting.cancel()
            await asyncio.gather(prepared, stopped, return_exceptions=True)

    async def _prepare(self) -> Job:
        """The job; the claim goes on without its arguments, which may be megabytes."""
        claim, self.claim = self.claim, replace(self.claim, arguments=b"")
        making = self._workshop.jobs.make(claim, self._scratch, self._note)
        del claim
        prepared = await making
        self._urls = prepared.urls
        return prepared.job

    def _note(self, line: str) -> None:
        self._logs.take(LogLine(line, "WARN", self._workshop.clock.now()))

    async def _run(self, job: Job) -> Ending:
        ending = await self._runner.run(job, self._hear)
        if isinstance(ending, Failed) and ending.no_room:
            raise StoreFull(f"no room for the output in {self._scratch.parent}: {ending.reason}")
        return ending

    def _hear(self, said: Said) -> None:
        """What the runner says while it works."""
        if isinstance(said, Partial):
            self._workshop.partials.publish(self.claim.request_id, said.body)
        else:
            self._logs.take(said)

    async def _outcome_of(self, ending: Ending, job: Job, elapsed: float) -> Outcome:
        match ending:
            case Made(artifact) if isinstance(job, GenerationJob):
                return await self._keeper.clip(artifact, job.duration_s, elapsed)
            case Returned(output):
                return await self._keeper.output(output, elapsed)
            case Refused(problem):
                raise InputInvalid(replace(problem, input=self._urls.get(problem.loc, problem.input)))
            case Failed(reason):
                raise EngineFailed(f"{reason}; the server's log has the details")
            case Hung(reason):
                raise GenerationTimeout(reason)
            case Cancelled():
                raise ClientCancelled("Request was cancelled")
        raise AssertionError(f"unknown ending {ending!r}")

    async def _settle(self, ending: "Outcome | Lost") -> None:
        """Tell the store how it ended; from here on only the store decides what that means."""
        store, token = self._workshop.store, self.claim.token
        if isinstance(ending, Lost):
            last = f"in its last start, number {self.claim.attempt}"
            lost = RunnerLost(f"The runner died under this request ({ending.reason}) {last}")
            state = await when_there_is_room(lambda: store.lose(token, ending.reason, outcome_of(lost)))
            logger.warning("attempt lost", extra={"reason": ending.reason, "state": state})
            if state is not None and state.is_terminal:
                self._workshop.metrics.finished.count(self.claim.endpoint_id, state.value)
            return
        logs = self._logs.left()
        fence = await when_there_is_room(lambda: store.finish(token, ending, logs, self._recording(ending)))
        if fence is Fence.FENCED:
            logger.warning("attempt fenced: the request went on without it")
            await self._deposit.drop_unnamed()
            return
        if ending.output_keys != self._deposit.keys:  # some were stored, and then the attempt failed or was stopped
            await self._deposit.drop_unnamed()
        self._workshop.metrics.finished.count(self.claim.endpoint_id, ending.state.value)
        logger.info("request finished", extra={"state": ending.state.value, "status_code": ending.status_code})

    def _recording(self, ending: Outcome) -> Script[None]:
        """What the finish writes beside the result: the records of files that have an end or readers of their own."""
        if not ending.output_keys:
            return add_outputs([])
        retention_days = self._workshop.settings.output_retention_days
        now = self._workshop.clock.now()
        return add_outputs(self._deposit.records(self.claim.account_id, now, retention_days))

    async def _give_back(self) -> None:
        """The server stops: the request returns to its place, unless its finish was on its way and came first."""
        try:
            fence = await self._workshop.store.release(self.claim.token)
        except OwnError as error:  # the next start of the server takes it back
            logger.warning("attempt not released", extra={"reason": str(error)})
        else:
            logger.info("attempt released" if fence is Fence.OK else "attempt was over before its release")
        await self._deposit.drop_unnamed()
