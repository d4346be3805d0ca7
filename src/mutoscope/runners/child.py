"""
The runner process: one engine, one job at a time, nothing else.

Started by the server as `python -m mutoscope.runners.child`. It reads commands from standard input and answers on what
was standard output; whatever libraries print goes to standard error. It never outlives the server: the kernel kills it
with its parent, and a closed pipe ends it.
"""

import ctypes
import errno
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO

from mutoscope.engines.base import Engine, FunctionEngine, FunctionFailed, GenerationCancelled
from mutoscope.engines.registry import make_engine
from mutoscope.errors import InputInvalid
from mutoscope.generation import LogLevel
from mutoscope.limits import EVENTS_PER_REQUEST_MAX, LOG_MESSAGE_CHARS_MAX
from mutoscope.runners import messages

_PROGRESS_EVERY_S = 0.1
_PR_SET_PDEATHSIG = 1
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    """Serve the parent until it closes the pipe."""
    parent = os.getppid()
    _die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    wall = _Wall(sys.stdin.buffer, answers)
    wall.start()
    load = wall.next_command()
    if not isinstance(load, messages.Load):
        raise SystemExit(f"the first message must be load, not {load.tag}")
    start = time.monotonic()
    engine = make_engine(load.engine, load.options)
    engine.load()
    wall.say(messages.Ready(load_s=time.monotonic() - start))
    while True:
        context = _JobContext(wall)
        answer = _answer(engine, wall.next_command(), context)
        context.end()
        wall.say(answer)


def _answer(engine: Engine, command: messages.ToRunner, context: "_JobContext") -> messages.FromRunner:
    try:
        if isinstance(command, messages.Call):
            assert isinstance(engine, FunctionEngine), "calls go to the runners of applications"
            return messages.Returned(engine.call(command.job, context))
        assert isinstance(command, messages.Generate), "a runner is loaded once, and a cancel is heard elsewhere"
        return messages.Done(engine.generate(command.job, context))
    except GenerationCancelled:
        return messages.Stopped()
    except InputInvalid as error:
        return messages.Rejected(error.problem)
    except FunctionFailed as error:
        # Never for want of room, which would start it again and again: who knows what it does, and which disk is full.
        return messages.Broke(str(error), traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - the boundary of the engine: it fails this job and not the runner
        no_room = getattr(error, "errno", None) in _NO_ROOM  # FFmpeg's errors have it too, and are not all OSError
        return messages.Broke(f"{type(error).__name__} in the engine", traceback.format_exc(), no_room)


class _Wall:
    """The pipe to the server: commands come in on a thread of their own, so that a cancel reaches a busy engine."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands = commands
        self._answers = answers
        self._jobs: queue.SimpleQueue[messages.ToRunner] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self.cancelled = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._listen, name="wall", daemon=True).start()

    def next_command(self) -> messages.ToRunner:
        return self._jobs.get()

    def say(self, message: messages.FromRunner) -> None:
        line = messages.encode(message)
        with self._writing:
            while line:  # an unbuffered pipe may take less than it is given
                line = line[self._answers.write(line) :]

    def _listen(self) -> None:
        for line in self._commands:
            try:
                command = messages.decode_to_runner(line)
            except (ValueError, TypeError, KeyError):  # a server of another version; deaf, this process is of no use
                traceback.print_exc()
                os._exit(1)
            if isinstance(command, messages.Cancel):
                self.cancelled.set()
                continue
            self.cancelled.clear()
            self._jobs.put(command)
        os._exit(0)  # the server is gone; the engine may be deep in a call that nothing else interrupts


class _JobContext:
    """What the running job may say."""

    def __init__(self, wall: _Wall) -> None:
        self._wall = wall
        self._next_progress = 0.0
        self._lines_left = EVENTS_PER_REQUEST_MAX
        self._next_line = 0.0
        self._is_over = False

    def end(self) -> None:
        """A thread that outlives its job must not speak into the next one."""
        self._is_over = True

    def check(self) -> None:
        if self._is_over or self._wall.cancelled.is_set():
            raise GenerationCancelled

    def progress(self, fraction: float, message: str | None = None) -> None:
        self.check()
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_EVERY_S
            self._wall.say(messages.Progress(fraction, message))

    def partial(self, body: dict[str, Any]) -> None:
        self.check()
        self._wall.say(messages.Partial(body))

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self._lines_left -= 1
        now = time.monotonic()
        # Nobody keeps what is too much; a few of them go out as a sign of life.
        if self._is_over or (self._lines_left < 0 and now < self._next_line):
            return
        self._next_line = now + _PROGRESS_EVERY_S
        self._wall.say(messages.Log(message[:LOG_MESSAGE_CHARS_MAX], level, time.time()))


def _die_with_parent(parent: int) -> None:
    """Linux: have the kernel kill this process when the server dies, whatever it is doing."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os._exit(0)


if __name__ == "__main__":
    main()
