"""
An engine that renders nothing: every job gets the same small clip.

For integration tests of programs that call the API, and for measuring the server without a renderer.
"""

import shutil
import time
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from mutoscope.engines.base import Context
from mutoscope.generation import Artifact, ExtraFile, GenerationJob

_CHECK_S = 0.02
"""A cancel is seen at most this late."""


class NullEngine:
    """Waits as long as it is told, says as many lines as it is told, and hands over a fixed file."""

    def __init__(self, seconds: float = 0.0, log_lines: int = 0, extra_outputs: Sequence[str] = ()) -> None:
        self._seconds = seconds
        self._log_lines = log_lines
        self._extra_outputs = tuple(dict.fromkeys(extra_outputs))

    def load(self) -> None:
        """Nothing to load."""

    def generate(self, job: GenerationJob, context: Context) -> Artifact:
        start = time.monotonic()
        for line in range(self._log_lines):
            self._wait_until(start + self._seconds * line / self._log_lines, context)
            context.log(f"null engine: line {line + 1} of {self._log_lines}")
            context.progress((line + 1) / self._log_lines)
        self._wait_until(start + self._seconds, context)
        path = _copy("null.mp4", job.scratch / "output.mp4")
        pictures = [(name, _copy("null.jpg", job.scratch / f"{name}.jpg")) for name in self._extra_outputs]
        # What null.mp4 says of itself; a test opens the file and compares.
        return Artifact(
            path=path, width_px=64, height_px=36, fps=24.0, num_frames=121, duration_s=121 / 24,
            seed=job.seed, engine="null", preview=True,
            extras=tuple(ExtraFile(name, each, "image/jpeg", each.stat().st_size) for name, each in pictures),
        )  # fmt: skip

    def _wait_until(self, deadline: float, context: Context) -> None:
        context.check()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _CHECK_S))
            context.check()


def _copy(name: str, target: Path) -> Path:
    """One of the files that lie beside this one."""
    with as_file(files("mutoscope.engines") / name) as source:
        shutil.copyfile(source, target)
    return target
