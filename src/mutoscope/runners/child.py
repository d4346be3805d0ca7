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
from typing import BinaryIO

from mutoscope.engines.base import Engine, GenerationCancelled
from mutoscope.engines.registry import make_engine
from mutoscope.errors import InputInvalid
from mutoscope.generation import GenerationJob, LogLevel
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
        command = wall.next_command()
        if isinstance(command, messages.Generate):
            wall.say(_answer(engine, command.job, wall))


def _answer(engine: Engine, job: GenerationJob, wall: "_Wall") -> messages.FromRunner:
    try:
        return messages.Done(engine.generate(job, _JobContext(wall)))
    except GenerationCancelled:
        return messages.Stopped()
    except InputInvalid as error:
        return messages.Rejected(error.problem)
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
            command = messages.decode_to_runner(line)
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

    def check(self) -> None:
        if self._wall.cancelled.is_set():
            raise GenerationCancelled

    def progress(self, fraction: float, message: str | None = None) -> None:
        self.check()
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_EVERY_S
            self._wall.say(messages.Progress(fraction, message))

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self._lines_left -= 1
        now = time.monotonic()
        if self._lines_left < 0 and now < self._next_line:  # nobody keeps these; a few go out as a sign of life
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
