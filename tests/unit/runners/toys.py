"""Engines that misbehave, each in one way."""

import os
import signal
import sys
import time
from pathlib import Path

from mutoscope.engines.base import Context
from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import Artifact, GenerationJob

FLOOD_LINES = 100_000


class Toy:
    """Does what its job's prompt says."""

    def __init__(self, slow_load_s: float = 0.0, load_exit: int | None = None) -> None:
        self._slow_load_s = slow_load_s
        self._load_exit = load_exit

    def load(self) -> None:
        print("toys print to standard output, as libraries do")
        time.sleep(self._slow_load_s)
        if self._load_exit is not None:
            print("cannot load: weights.bin is missing", file=sys.stderr)
            os._exit(self._load_exit)

    def generate(self, job: GenerationJob, context: Context) -> Artifact:
        context.log(f"asked to {job.prompt}")
        getattr(self, job.prompt)(context)
        path = job.scratch / "out.mp4"
        path.write_bytes(b"clip")
        return Artifact(
            path=path, width_px=2, height_px=2, fps=24.0, num_frames=1, duration_s=1 / 24,
            seed=job.seed, engine="toy", preview=True,
        )  # fmt: skip

    def succeed(self, context: Context) -> None:
        context.progress(0.5, "half")

    def crash(self, context: Context) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def leave(self, context: Context) -> None:
        print("out of memory, more or less", file=sys.stderr, flush=True)
        os._exit(7)

    def hang(self, context: Context) -> None:
        time.sleep(600)

    def chatter(self, context: Context) -> None:
        while True:
            time.sleep(0.02)
            context.log("still here")

    def flood(self, context: Context) -> None:
        """Say far more than anybody keeps, on both pipes."""
        for _ in range(FLOOD_LINES):
            context.log("x" * 100)
            print("y" * 100, file=sys.stderr)

    def crash_beside_a_helper(self, context: Context) -> None:
        """Leave a process of the own group that holds both pipes open."""
        helper = os.fork()
        if helper == 0:
            time.sleep(600)
        context.log(str(helper))
        self.crash(context)

    def crash_beside_a_stranger(self, context: Context) -> None:
        """As before, but it has left the group; it ends by itself."""
        if os.fork() == 0:
            os.setsid()
            time.sleep(5)
            os._exit(0)
        self.crash(context)

    def obey(self, context: Context) -> None:
        while True:
            time.sleep(0.01)
            context.check()

    def refuse(self, context: Context) -> None:
        raise InputInvalid(Problem("image_load_error", ("body", "image_url"), "not a picture"))

    def explode(self, context: Context) -> None:
        raise ZeroDivisionError("a secret prompt")

    def babble(self, context: Context) -> None:
        """Break the protocol: write to the very pipe."""
        for fd in range(3, 32):
            target = Path(f"/proc/self/fd/{fd}")
            if target.is_symlink() and os.readlink(target).startswith("pipe:"):
                os.write(fd, b'{"tag": "nonsense"}\n')
        time.sleep(600)
