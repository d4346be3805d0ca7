"""
One attempt: fetch the inputs of a claimed request, bind them to a job, run it, store the output, finish.

Every write carries the attempt's token, so whatever this code believes, the store decides: an attempt that was taken
away cannot finish anything.
"""

import asyncio
import logging
import shutil
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from mutoscope.catalog.binding import MediaInput, bind, inputs_of
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.load import Catalog
from mutoscope.clock import Clock
from mutoscope.deposit import Deposit, scratch_name
from mutoscope.errors import (
    ClientCancelled,
    EngineFailed,
    FeatureNotSupported,
    GenerationTimeout,
    InputInvalid,
    Loc,
    MutoscopeError,
    OwnError,
    RunnerLost,
    StoreFull,
    disk_error,
)
from mutoscope.files.base import FileReader, FileStore
from mutoscope.generation import Artifact, GenerationJob, LogLine, Progress, TrajectoryOrigin
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX, EVENT_FLUSH_S, EVENTS_PER_REQUEST_MAX
from mutoscope.media.fetch import fetch_input
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import Bus
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Claim, Fence, NewLog, Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.runners.base import Cancelled, Ending, Failed, Hung, Lost, Made, Refused, Runner
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics

logger = logging.getLogger(__name__)

T = TypeVar("T")

STORE_RETRY_S = 1.0
"""Between two tries to write while the store has no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every attempt works with."""

    settings: Settings
    catalog: Catalog
    store: RequestStore
    bus: Bus
    files: FileStore
    outbound: Outbound
    scratch: Path
    """Folder for the scratch folders of attempts; emptied at start-up."""
    pools: Sequence[str]
    clock: Clock
    metrics: Metrics
    own_file: Callable[[str], Awaitable[FileReader | None]]
    """Opens an input URL that is one of our own file URLs; None for any other."""


class Attempt:
    """One claimed request on its way through one runner."""

    def __init__(self, workshop: Workshop, runner: Runner, claim: Claim) -> None:
        self.claim = claim
        self._workshop = workshop
        self._runner = runner
        self._stopping = asyncio.Event()
        self._logs = _LogWriter(workshop, claim.token, self.stop)
        self._scratch = workshop.scratch / scratch_name(claim.request_id, claim.attempt)
        self._urls: dict[Loc, str] = {}
        """What each input was fetched from, as far as an error repeats it."""
        self._deposit = Deposit(workshop.store, workshop.files, claim.request_id, self._scratch)

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
            ending = await _when_there_is_room(lambda: self._run(job), self._stopping)
            elapsed = self._workshop.clock.monotonic() - started
            self._workshop.metrics.attempts.count(settings.engine, type(ending).__name__.lower())
            if isinstance(ending, Lost):
                return ending
            self._workshop.metrics.run_seconds.labels(settings.engine).observe(elapsed)
            return await self._keep(job, ending, elapsed)
        except MutoscopeError as error:
            return outcome_of(error)
        except Exception:  # the boundary of an attempt: what broke ends this request, not the server
            logger.exception("attempt broke")
            return outcome_of(EngineFailed("The server failed while it handled this request; its log says more"))

    async def _unless_stopped(self, preparing: Coroutine[Any, Any, GenerationJob]) -> GenerationJob:
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

    async def _prepare(self) -> GenerationJob:
        """Arguments to job: parse again, fetch what they point at, bind."""
        claim, workshop = self.claim, self._workshop
        endpoint = workshop.catalog.get(claim.endpoint_id)
        if endpoint is None:
            raise FeatureNotSupported(f"endpoint {claim.endpoint_id} is not in the catalog any more")
        arguments = endpoint.parse(parse_body(claim.arguments), strict=workshop.settings.strict)
        # Pictures inside the arguments are megabytes each, and nobody asks for the text again.
        self.claim = replace(claim, arguments=b"")
        for note in (*arguments.notes, *endpoint.notes_on_ignored(arguments.values)):
            self._logs.take(LogLine(note, "WARN", workshop.clock.now()))
        inputs = inputs_of(endpoint, arguments)
        self._urls = {media.loc: media.url[: ECHOED_INPUT_CHARS_MAX + 1] for media in inputs}
        return bind(
            endpoint,
            arguments,
            files=await self._fetch(inputs),
            request_id=claim.request_id,
            attempt=claim.attempt,
            scratch=self._scratch,
            # Random to the caller, the same for every attempt of this request.
            seed=zlib.crc32(claim.request_id.encode()),
            trajectory_origin=cast(TrajectoryOrigin, workshop.settings.trajectory_origin),
        )

    async def _fetch(self, inputs: Sequence[MediaInput]) -> dict[Loc, Path]:
        """Bring the inputs into the scratch folder."""
        workshop, settings = self._workshop, self._workshop.settings
        await _when_there_is_room(self._make_scratch)
        files: dict[Loc, Path] = {}
        for number, media in enumerate(inputs):
            fetch = partial(
                fetch_input,
                media.url,
                media.loc,
                self._scratch / f"input-{number}",
                outbound=workshop.outbound,
                own_file=workshop.own_file,
                bytes_max=settings.input_bytes_max,
                timeout_s=settings.input_timeout_s,
            )
            files[media.loc] = await _when_there_is_room(fetch)
        return files

    async def _make_scratch(self) -> None:
        try:
            self._scratch.mkdir(parents=True)
        except OSError as error:
            raise disk_error("the scratch folder", error) from error

    async def _run(self, job: GenerationJob) -> Ending:
        ending = await self._runner.run(job, self._logs.take)
        if isinstance(ending, Failed) and ending.no_room:
            raise StoreFull(f"no room for the clip in {self._scratch.parent}: {ending.reason}")
        return ending

    async def _keep(self, job: GenerationJob, ending: Ending, elapsed: float) -> Outcome:
        match ending:
            case Made(artifact):
                return await self._keep_artifact(job, artifact, elapsed)
            case Refused(problem):
                raise InputInvalid(replace(problem, input=self._urls.get(problem.loc)))
            case Failed(reason):
                raise EngineFailed(f"{reason}; the server's log has the details")
            case Hung(reason):
                raise GenerationTimeout(reason)
            case Cancelled():
                raise ClientCancelled("Request was cancelled")
        raise AssertionError(f"unknown ending {ending!r}")

    async def _keep_artifact(self, job: GenerationJob, artifact: Artifact, elapsed: float) -> Outcome:
        """Store the clip and what lies beside it, and describe them."""
        video = await self._keep_file(artifact.path, "output.mp4", artifact.content_type) | {
            "width": artifact.width_px,
            "height": artifact.height_px,
            "fps": artifact.fps,
            "num_frames": artifact.num_frames,
            "duration": round(artifact.duration_s, 6),
        }
        extras = {
            extra.name: await self._keep_file(extra.path, extra.path.name, extra.content_type)
            for extra in artifact.extras
        }
        body = {"video": video, **extras, "seed": artifact.seed, "engine": artifact.engine, "preview": artifact.preview}
        if artifact.manifest:
            body["manifest"] = artifact.manifest
        return Outcome(
            state=State.SUCCEEDED,
            status_code=200,
            body=orjson.dumps(body),
            billable_units=float(job.duration_s),
            inference_s=round(elapsed, 3),
            output_keys=self._deposit.keys,
        )

    async def _keep_file(self, path: Path, name: str, content_type: str) -> dict[str, Any]:
        """Store one file and describe it as the platform describes files, with a key in place of the URL."""
        size = await _when_there_is_room(lambda: self._deposit.put(name, path), self._stopping)
        key = self._deposit.key_of(name)
        return {"key": key, "content_type": content_type, "file_name": name, "file_size": size}

    async def _settle(self, ending: "Outcome | Lost") -> None:
        """Tell the store how it ended; from here on only the store decides what that means."""
        store, token = self._workshop.store, self.claim.token
        if isinstance(ending, Lost):
            last = f"in its last start, number {self.claim.attempt}"
            lost = RunnerLost(f"The runner died under this request ({ending.reason}) {last}")
            state = await _when_there_is_room(lambda: store.lose(token, ending.reason, outcome_of(lost)))
            logger.warning("attempt lost", extra={"reason": ending.reason, "state": state})
            if state is not None and state.is_terminal:
                self._workshop.metrics.finished.count(self.claim.endpoint_id, state.value)
            return
        logs = self._logs.left()
        fence = await _when_there_is_room(lambda: store.finish(token, ending, logs))
        if fence is Fence.FENCED:
            logger.warning("attempt fenced: the request went on without it")
            await self._deposit.drop_unnamed()
            return
        if ending.output_keys != self._deposit.keys:  # some were stored, and then the attempt failed or was stopped
            await self._deposit.drop_unnamed()
        self._workshop.metrics.finished.count(self.claim.endpoint_id, ending.state.value)
        logger.info("request finished", extra={"state": ending.state.value, "status_code": ending.status_code})

    async def _give_back(self) -> None:
        """The server stops: the request returns to its place, unless its finish was on its way and came first."""
        try:
            fence = await self._workshop.store.release(self.claim.token)
        except OwnError as error:  # the next start of the server takes it back
            logger.warning("attempt not released", extra={"reason": str(error)})
        else:
            logger.info("attempt released" if fence is Fence.OK else "attempt was over before its release")
        await self._deposit.drop_unnamed()


class _LogWriter:
    """Collects what an attempt says and writes it in batches, so that a chatty engine costs few commits."""

    def __init__(self, workshop: Workshop, token: str, stop: Callable[[], None]) -> None:
        self._workshop = workshop
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
            said = LogLine(f"{said.message or 'progress'}: {percent} %", "INFO", self._workshop.clock.now())
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
                fence = await asyncio.shield(self._workshop.store.append_logs(self._token, batch))
            except OwnError as error:
                self._pending = batch + self._pending
                self._has_pending.set()
                logger.warning("log lines not written yet", extra={"reason": str(error)})
                await asyncio.sleep(STORE_RETRY_S)
                continue
            if fence is not Fence.OK:
                self._stop()


async def _when_there_is_room(write: Callable[[], Awaitable[T]], stopping: asyncio.Event | None = None) -> T:
    """Work in hand is worth waiting for: while the disk is full, try again until there is room, or it is to stop."""
    while True:
        try:
            return await write()
        except StoreFull as error:
            logger.warning("waiting for room", extra={"reason": str(error)})
        await asyncio.sleep(STORE_RETRY_S)
        if stopping is not None and stopping.is_set():
            raise ClientCancelled("Request was cancelled")
