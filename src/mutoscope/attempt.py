"""
One attempt: fetch the inputs of a claimed request, bind them to a job, run it, store the output, finish.

Every write carries the attempt's token, so whatever this code believes, the store decides: an attempt that was taken
away cannot finish anything.
"""

import asyncio
import itertools
import logging
import mimetypes
import shutil
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from mutoscope.catalog.application import POOL, bind_call
from mutoscope.catalog.binding import MediaInput, bind, inputs_of
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.load import Catalog
from mutoscope.clock import Clock
from mutoscope.database.base import Script
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
from mutoscope.event_log import STORE_RETRY_S, LogWriter
from mutoscope.files.base import FileReader, FileStore
from mutoscope.files.lifecycle import stored_lifecycle
from mutoscope.files.names import PLAIN_BYTES, safe_content_type, safe_name
from mutoscope.files.records import add_outputs
from mutoscope.generation import (
    Artifact,
    FunctionJob,
    GenerationJob,
    Job,
    LogLine,
    Output,
    Partial,
    TrajectoryOrigin,
)
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX
from mutoscope.media.fetch import fetch_input
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import Bus
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.partials import Partials
from mutoscope.queue.request import Claim, Fence, Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.runners.base import Cancelled, Ending, Failed, Hung, Lost, Made, Refused, Returned, Runner, Said
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics

logger = logging.getLogger(__name__)

T = TypeVar("T")


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
    partials: Partials
    clock: Clock
    metrics: Metrics
    own_file: Callable[[str, str], Awaitable[FileReader | None]]
    """Opens an input URL that is one of our own file URLs for an account; None for any other."""


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
            engine = POOL if isinstance(job, FunctionJob) else settings.engine
            self._workshop.metrics.attempts.count(engine, type(ending).__name__.lower())
            if isinstance(ending, Lost):
                return ending
            self._workshop.metrics.run_seconds.labels(engine).observe(elapsed)
            return await self._keep(job, ending, elapsed)
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
        """Arguments to job: parse again, fetch what they point at, bind."""
        claim, workshop = self.claim, self._workshop
        endpoint = workshop.catalog.get(claim.endpoint_id)
        if endpoint is None:
            raise FeatureNotSupported(f"endpoint {claim.endpoint_id} is not in the catalog any more")
        arguments = endpoint.parse(parse_body(claim.arguments), strict=workshop.settings.strict)
        # Pictures inside the arguments are megabytes each, and nobody asks for the text again.
        self.claim = replace(claim, arguments=b"")
        for note in (*arguments.notes, *endpoint.notes_on(arguments.values)):
            self._logs.take(LogLine(note, "WARN", workshop.clock.now()))
        inputs = inputs_of(endpoint, arguments, strict=workshop.settings.strict)
        self._urls = {media.loc: media.url[: ECHOED_INPUT_CHARS_MAX + 1] for media in inputs}
        files = await self._fetch(inputs)
        if endpoint.served_by == "application":
            return bind_call(
                endpoint,
                arguments,
                files=files,
                request_id=claim.request_id,
                attempt=claim.attempt,
                scratch=self._scratch,
            )
        return bind(
            endpoint,
            arguments,
            files=files,
            request_id=claim.request_id,
            attempt=claim.attempt,
            scratch=self._scratch,
            # Random to the caller, the same for every attempt of this request.
            seed=zlib.crc32(claim.request_id.encode()),
            trajectory_origin=cast(TrajectoryOrigin, workshop.settings.trajectory_origin),
            strict=workshop.settings.strict,
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
                own_file=lambda url: workshop.own_file(url, self.claim.account_id),
                bytes_max=settings.input_bytes_max,
                timeout_s=settings.input_timeout_s,
                formats=media.limits.formats if media.limits else (),
                field_bytes_max=media.limits.bytes_max if media.limits else None,
                is_picture=media.kind == "image",
            )
            files[media.loc] = await _when_there_is_room(fetch)
        return files

    async def _make_scratch(self) -> None:
        try:
            self._scratch.mkdir(parents=True)
        except OSError as error:
            raise disk_error("the scratch folder", error) from error

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

    async def _keep(self, job: Job, ending: Ending, elapsed: float) -> Outcome:
        match ending:
            case Made(artifact) if isinstance(job, GenerationJob):
                return await self._keep_artifact(job, artifact, elapsed)
            case Returned(output):
                return await self._keep_output(output, elapsed)
            case Refused(problem):
                raise InputInvalid(replace(problem, input=self._urls.get(problem.loc, problem.input)))
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
        return self._success(body, float(job.duration_s), elapsed)

    async def _keep_output(self, output: Output, elapsed: float) -> Outcome:
        """Store the files that a function returned, each once, and describe them where they stood."""
        entries: dict[Path, dict[str, Any]] = {}
        for path in dict.fromkeys(file.path for file in output.files):
            content_type = safe_content_type(mimetypes.guess_type(path.name)[0] or PLAIN_BYTES)
            # Files of different folders may have one name; in the store they lie side by side.
            taken = {entry["file_name"] for entry in entries.values()}
            name = _unlike(taken, safe_name(path.name, content_type))
            entries[path] = await self._keep_file(path, name, content_type)
        return self._success(output.body_with(entries), output.billable_units, elapsed)

    def _success(self, body: dict[str, Any], billable_units: float, elapsed: float) -> Outcome:
        return Outcome(
            state=State.SUCCEEDED,
            status_code=200,
            body=orjson.dumps(body),
            billable_units=billable_units,
            inference_s=round(elapsed, 3),
            output_keys=self._deposit.keys,
        )

    async def _keep_file(self, path: Path, name: str, content_type: str) -> dict[str, Any]:
        """Store one file and describe it as the platform describes files, with a key in place of the URL."""
        size = await _when_there_is_room(lambda: self._deposit.put(name, path, content_type), self._stopping)
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
        fence = await _when_there_is_room(lambda: store.finish(token, ending, logs, self._recording(ending)))
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


def _unlike(taken: Set[str], name: str) -> str:
    """`name`, with a number before its ending where it is taken."""
    stem, dot, ending = name.rpartition(".")
    numbered = (f"{stem}-{number}{dot}{ending}" for number in itertools.count(2))
    return next(each for each in itertools.chain((name,), numbered) if each not in taken)


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
