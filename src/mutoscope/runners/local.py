"""A runner as a child process of the server: started, watched, cancelled, killed and started again."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mutoscope.errors import StartupTimeout
from mutoscope.generation import GenerationJob, Job, LogLine, Partial, Progress
from mutoscope.limits import MESSAGE_BYTES_MAX, RUNNER_START_TIMEOUT_S
from mutoscope.runners import messages
from mutoscope.runners.base import Cancelled, Ending, Failed, Hung, Lost, Made, Refused, Report, Returned
from mutoscope.telemetry import WITHHELD, in_private

logger = logging.getLogger(__name__)

_STDERR_LINES_KEPT = 40
_EXIT_WAIT_S = 0.5
_SECRETS = ("MUTOSCOPE_KEY", "FAL_KEY")
"""Variables that an engine has no business with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a runner may take, in seconds."""

    start_s: float = RUNNER_START_TIMEOUT_S
    stall_s: float
    """Silence after which a working engine counts as hung."""
    run_s: float
    """Longest attempt."""
    cancel_grace_s: float
    """From a cancel to the kill."""


class LocalRunner:
    """One child process. Every method is called by the one slot that owns the runner."""

    def __init__(self, name: str, engine: str, options: Mapping[str, Any], patience: Patience) -> None:
        self.name = name
        self._load = messages.Load(engine, dict(options))
        self._patience = patience
        self._process: Process | None = None
        self._child: _ChildProtocol | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=_STDERR_LINES_KEPT)
        self._timeout: asyncio.Timeout | None = None
        self._run_end = 0.0
        self._is_cancelling = False
        self._was_private = False
        """Whether this process has had a request that no log may quote; what it prints later may still be of that."""

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Process id while it is up."""
        return self._process.pid if self._process is not None and self.is_up else None

    async def start(self) -> None:
        await self.close()
        self._last_lines.clear()
        self._was_private = False
        self._child, process = await _spawn()
        self._process = process
        self._stderr = asyncio.create_task(self._keep_stderr(process))
        try:
            async with asyncio.timeout(self._patience.start_s):
                await self._send(self._load)
                message = await self._receive()
        except TimeoutError:
            await self.close()
            limit = f"{self._patience.start_s:g} s"
            raise StartupTimeout(f"engine {self._load.engine} was not ready within {limit}") from None
        except BaseException:
            await self.close()
            raise
        if not isinstance(message, messages.Ready):
            reason = await self._death()
            raise StartupTimeout(f"engine {self._load.engine} could not be loaded: {reason}")
        facts = {"runner": self.name, "pid": process.pid, "load_s": round(message.load_s, 3)}
        logger.info("runner ready", extra=facts)

    async def run(self, job: Job, report: Report) -> Ending:
        self._is_cancelling = False
        self._was_private = self._was_private or in_private()
        loop = asyncio.get_running_loop()
        self._run_end = loop.time() + self._patience.run_s
        try:
            async with asyncio.timeout_at(self._run_end) as self._timeout:
                self._rearm()
                await self._send(messages.Generate(job) if isinstance(job, GenerationJob) else messages.Call(job))
                while True:
                    self._rearm()
                    message = await self._receive()
                    ending = self._take(message, report) if message is not None else Lost(await self._death())
                    if ending is not None:
                        return ending
        except TimeoutError:
            await self.close()
            if self._is_cancelling:
                return Cancelled(was_killed=True)
            return Hung(self._hung_reason(loop.time()))
        except BaseException:
            await self.close()
            raise
        finally:
            self._timeout = None

    def cancel(self) -> None:
        if self._timeout is None or self._timeout.expired() or self._is_cancelling or not self.is_up:
            return
        self._is_cancelling = True
        self._write(messages.Cancel())
        self._timeout.reschedule(asyncio.get_running_loop().time() + self._patience.cancel_grace_s)

    async def wait_down(self) -> None:
        if self._child is not None:
            await self._child.exited.wait()

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert self._child is not None and self._stderr is not None
        if process.returncode is None:
            _kill_group(process.pid)
        await self._child.exited.wait()
        # The last words of the dead are there at once; whoever left the group may hold the pipes open for ever.
        await asyncio.wait((self._stderr,), timeout=_EXIT_WAIT_S)
        self._child.close_pipes()
        await process.wait()
        await self._stderr

    def _rearm(self) -> None:
        """Each message buys the engine another stretch of silence; a cancel's deadline stays."""
        if self._timeout is not None and not self._is_cancelling:
            now = asyncio.get_running_loop().time()
            self._timeout.reschedule(min(self._run_end, now + self._patience.stall_s))

    def _hung_reason(self, now: float) -> str:
        if now >= self._run_end:
            return f"the engine ran longer than {self._patience.run_s:g} s (setting run_timeout_s) and was stopped"
        return f"the engine was silent for {self._patience.stall_s:g} s (setting stall_timeout_s) and was stopped"

    def _take(self, message: messages.FromRunner, report: Report) -> Ending | None:
        match message:
            case messages.Log(text, level, ts):
                report(LogLine(text, level, ts))
            case messages.Progress(fraction, text):
                report(Progress(fraction, text))
            case messages.Partial(body):
                report(Partial(body))
            case messages.Done(artifact):
                return Made(artifact)
            case messages.Returned(output):
                return Returned(output)
            case messages.Rejected(problem):
                return Refused(problem)
            case messages.Broke(reason, traceback, no_room):
                logger.error("engine raised", extra={"runner": self.name, "traceback": self._shown(traceback)})
                return Failed(reason, no_room)
            case messages.Stopped():
                return Cancelled(was_killed=False)
        return None

    async def _send(self, message: messages.ToRunner) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._write(message)
        with contextlib.suppress(ConnectionError):  # as in _write
            await self._process.stdin.drain()

    def _write(self, message: messages.ToRunner) -> None:
        """Into the pipe; that the child is dead shows on the reading side, where the reason is known."""
        assert self._process is not None and self._process.stdin is not None
        if self._process.stdin.is_closing():  # uvloop raises a bare RuntimeError for a write after this
            return
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(messages.encode(message))

    async def _receive(self) -> messages.FromRunner | None:
        """The next message; None when the child has closed the pipe, or says what no runner says."""
        assert self._process is not None and self._process.stdout is not None
        await asyncio.sleep(0)  # what is buffered comes without waiting: a flood must not keep the loop to itself
        try:
            line = await self._process.stdout.readline()
            return messages.decode_from_runner(line) if line.endswith(b"\n") else None
        except (ValueError, TypeError, KeyError) as error:  # also readline's own "line too long"
            logger.error(
                "runner broke the protocol", extra={"runner": self.name, "reason": self._quoted(str(error)[:300])}
            )
            return None

    async def _death(self) -> str:
        """Make sure the child is dead and say how it died."""
        process = self._process
        assert process is not None
        with contextlib.suppress(TimeoutError):  # a closed pipe comes a moment before the exit code
            await asyncio.wait_for(self.wait_down(), _EXIT_WAIT_S)
        await self.close()
        code = process.returncode or 0
        how = f"was killed by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exited with code {code}"
        logger.error("runner died", extra={"runner": self.name, "how": how, "stderr": "\n".join(self._last_lines)})
        return f"its process {how}"

    def _quoted(self, text: str) -> str:
        """What the child said, as far as a log may have it."""
        return WITHHELD if self._was_private else text

    def _shown(self, traceback: str) -> str:
        """Of a private request only the places: the message may quote what it was given."""
        if not in_private():
            return traceback
        return "\n".join([*(line for line in traceback.splitlines() if line.startswith('  File "')), WITHHELD])

    async def _keep_stderr(self, process: Process) -> None:
        """Keep the last lines for the log of a death; engines and codecs are too chatty to log them all."""
        assert process.stderr is not None
        while True:
            await asyncio.sleep(0)  # as in _receive
            try:
                line = await process.stderr.readline()
            except ValueError:  # one endless line
                continue
            if not line:
                return
            text = self._quoted(line.decode("utf-8", "replace").rstrip())
            self._last_lines.append(text)
            logger.debug("runner said", extra={"runner": self.name, "line": text})


class _ChildProtocol(SubprocessStreamProtocol):
    """
    Ends with the child what the child had started.

    A helper would hold the pipes open, and nobody would see that the runner died.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MESSAGE_BYTES_MAX, loop=loop)
        self.exited = asyncio.Event()
        """Set at the death; `Process.wait` of Python 3.11 also waits for whoever holds the pipes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._pipes = cast(asyncio.SubprocessTransport, transport)  # uvloop's has the methods, not the class

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()
        _kill_group(self._pipes.get_pid())
        # A helper that has left the group is beyond us, but the pipes are ours.
        asyncio.get_running_loop().call_later(_EXIT_WAIT_S, self.close_pipes)

    def close_pipes(self) -> None:
        """Hear nothing more; only after the exit, or asyncio takes the exit code from its own watcher."""
        self._pipes.close()


async def _spawn() -> tuple[_ChildProtocol, Process]:
    """
    The child process, as `asyncio.create_subprocess_exec` makes it, with a protocol of ours.

    Raises:
        StartupTimeout: the machine has no room for it.
    """
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: _ChildProtocol(loop),
            *(sys.executable, "-m", "mutoscope.runners.child"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # its own group: Ctrl-C is the server's to handle, a kill takes helpers along
            env=_child_environment(),
        )
    except OSError as error:  # no memory, process or file handle left
        raise StartupTimeout(f"a runner process could not be made: {error.strerror or error}") from error
    return protocol, Process(transport, protocol, loop)


def _child_environment() -> dict[str, str]:
    """Ours without the secrets. Linear algebra gets one thread: its helpers would spin beside renderer and encoder."""
    inherited = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    return {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **inherited}


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
