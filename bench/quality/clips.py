"""Jobs, photos and decoded clips for measuring: what every topic needs."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.film import Film
from mutoscope.generation import Artifact, GenerationJob, InputFile, LogLevel
from mutoscope.media.frames import Planes

ROOT: Final = Path(__file__).parents[2]
PIER: Final = ROOT / "docs" / "images" / "demo.jpg"
PHOTOS: Final = {path.stem: path for path in (PIER, *sorted((ROOT / "tests" / "photos").glob("*.jpg")))}
"""By name: astronaut, canyon, cat, coffee, demo (the pier), lantern, orbit, rocket."""
SMALL_AREA_PX: Final = 854 * 480
"""Enough for most figures, and quick."""

Luma = NDArray[np.uint8]


class Silence:
    """A context that nobody cancels; it keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def check(self) -> None:
        pass

    def progress(self, fraction: float, message: str | None = None) -> None:
        pass

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self.lines.append(message)


@cache
def engine() -> ProceduralEngine:
    """The engine, loaded once."""
    made = ProceduralEngine()
    made.load()
    return made


def job(prompt: str = "", scratch: Path = Path("unused"), **changes: Any) -> GenerationJob:
    """
    A job of 24 fps and SMALL_AREA_PX over the pier; `changes` are fields of GenerationJob.

    Pictures may be given as paths. `task="text-to-video"` has 854×480 and no first frame.
    """
    is_text = changes.get("task") == "text-to-video"
    values: dict[str, Any] = {
        "request_id": "bench", "attempt": 1, "endpoint_id": "bench", "task": "image-to-video", "scratch": scratch,
        "prompt": prompt, "negative_prompt": "", "cfg_scale": 0.5, "seed": 0, "duration_s": 5, "fps": 24,
        "num_frames": 121, "area_px": SMALL_AREA_PX, "width_px": 854 if is_text else None,
        "height_px": 480 if is_text else None, "first_frame": None if is_text else PIER,
    }  # fmt: skip
    values |= changes
    for name in ("first_frame", "last_frame", "static_mask"):
        if isinstance(values.get(name), Path):
            values[name] = InputFile(values[name], ("body", name))
    return GenerationJob(**values)


def film(prompt: str = "", **changes: Any) -> Film:
    """The film of a job, before encoding."""
    return engine().film(job(prompt, **changes), Silence())


def frame(source: Film, index: int) -> Planes:
    """One frame of a film, drawn."""
    planes = Planes.empty(source.width_px, source.height_px)
    source.draw(index, planes)
    return planes


@dataclass(frozen=True)
class Clip:
    """A rendered and decoded clip."""

    artifact: Artifact
    lumas: list[Luma]
    """Luma of every decoded frame."""
    lines: list[str]
    """What the engine logged."""


def clip(prompt: str = "", **changes: Any) -> Clip:
    """Render a job, decode the file, and forget the file."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        listener = Silence()
        artifact = engine().generate(job(prompt, folder, **changes), listener)
        with av.open(str(artifact.path)) as container:
            lumas = [
                np.asarray(each.to_ndarray()[: artifact.height_px], np.uint8) for each in container.decode(video=0)
            ]
        return Clip(artifact, lumas, listener.lines)
