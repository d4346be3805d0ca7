"""
One part of the making of one clip, in a process of its own, so that its CPU counts from the interpreter's start.

    python -m bench.clip CASE PART FOLDER [--seconds 5] [--area 2073600]

Parts: `generate` the whole clip; `draw` leaves its raw frames; `encode` encodes those exactly as the engine does;
`setup` stops where the first frame would be drawn.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from mutoscope.engines.procedural.engine import ProceduralEngine, encoding_for
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.generation import CameraControl, DynamicMask, GenerationJob, InputFile, LogLevel
from mutoscope.media.frames import Planes
from mutoscope.media.video import VideoWriter

ROOT: Final = Path(__file__).parents[1]
PIER: Final = ROOT / "docs" / "images" / "demo.jpg"
CANYON: Final = ROOT / "tests" / "photos" / "canyon.jpg"
LANTERN: Final = ROOT / "tests" / "photos" / "lantern.jpg"
FULL_AREA_PX: Final = 1920 * 1080
FPS: Final = 24
NEGATIVE: Final = "blur, distort, and low quality"
"""What the endpoints send where the caller says nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a clip is made of."""

    text: str
    prompt: str
    is_text: bool = False
    values: Callable[[Path], dict[str, Any]] = lambda folder: {}
    """More fields of the job; files it needs are made in the folder."""


def _stroke(folder: Path) -> dict[str, Any]:
    """The middle of the pier's picture, along a curve."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  only this case draws, and imports are part of what is measured

    path = folder / "mask.png"
    mask = Image.new("L", (1280, 853))
    ImageDraw.Draw(mask).ellipse((440, 480, 800, 760), fill=255)
    mask.save(path)
    points = ((620, 233), (700, 300), (820, 330), (940, 300))
    return {"dynamic_masks": (DynamicMask(InputFile(path, ("body", "dynamic_masks", 0, "mask_url")), points),)}


CASES: Final[dict[str, Case]] = {
    "camera": Case("2.5D camera", "Camera slowly zooms in"),
    "zoom": Case("plain zoom", "", values=lambda folder: {"camera_control": CameraControl(axis="zoom", value=-5.0)}),
    "weather": Case("camera + snow", "Camera slowly zooms in, snow is falling"),
    "layers": Case(
        "camera + 3 effects + subject", "The camera orbits left around the lantern in the rain at sunset, petals fall",
        values=lambda folder: {"first_frame": InputFile(LANTERN, ("body", "image_url"))},
    ),
    "masks": Case("masks over a still plate", "", values=_stroke),
    "tail": Case(
        "last frame", "", values=lambda folder: {"last_frame": InputFile(CANYON, ("body", "tail_image_url"))}
    ),
    "lake": Case("text: lake", "Snow falls on a mountain lake at sunset, a sailing boat, slow pan right", is_text=True),
    "village": Case("text: village", "A noble lord walks among his people in a village at sunrise", is_text=True),
    "room": Case("text: room", "A playful cat chases a dancing red dot in a dimly lit room", is_text=True),
}  # fmt: skip


class Silence:
    """A context that nobody listens to and nobody cancels."""

    def check(self) -> None:
        pass

    def progress(self, fraction: float, message: str | None = None) -> None:
        pass

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        pass


def make_job(name: str, folder: Path, seconds: int, area_px: int) -> GenerationJob:
    """The job of a case; text-to-video has sixteen by nine of the area."""
    case = CASES[name]
    height = round((area_px * 9 / 16) ** 0.5)
    values: dict[str, Any] = {
        "request_id": "bench", "attempt": 1, "endpoint_id": "bench", "scratch": folder, "prompt": case.prompt,
        "task": "text-to-video" if case.is_text else "image-to-video", "negative_prompt": NEGATIVE, "cfg_scale": 0.5,
        "seed": 0, "duration_s": seconds, "fps": FPS, "num_frames": FPS * seconds + 1, "area_px": area_px,
        "width_px": height * 16 // 9 if case.is_text else None, "height_px": height if case.is_text else None,
        "first_frame": None if case.is_text else InputFile(PIER, ("body", "image_url")),
    }  # fmt: skip
    return GenerationJob(**(values | case.values(folder)))


def main() -> None:
    """Do the part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--area", type=int, default=FULL_AREA_PX)
    options = parser.parse_args()
    PARTS[options.part](make_job(options.case, options.folder, options.seconds, options.area))


def _generate(job: GenerationJob) -> None:
    engine = ProceduralEngine()
    engine.load()
    engine.generate(job, Silence())


def _setup(job: GenerationJob) -> None:
    engine = ProceduralEngine()
    engine.load()
    engine.film(job, Silence())


def _draw(job: GenerationJob) -> None:
    """Leave the frames raw, and their size beside them."""
    film = ProceduralEngine().film(job, Silence())
    planes = Planes.empty(film.width_px, film.height_px)
    with (job.scratch / "frames.yuv").open("wb") as stream:
        for index in range(film.num_frames):
            film.draw(index, planes)
            for plane in (planes.y, planes.u, planes.v):
                stream.write(plane.tobytes())
    (job.scratch / "size.json").write_text(json.dumps([film.width_px, film.height_px]))


def _encode(job: GenerationJob) -> None:
    width, height = json.loads((job.scratch / "size.json").read_text())
    raw = np.memmap(job.scratch / "frames.yuv", np.uint8, "r").reshape(job.num_frames, height * 3 // 2, width)
    writer = VideoWriter(
        job.scratch / "alone.mp4",
        width_px=width,
        height_px=height,
        fps=Fraction(job.fps),
        manifest={},
        encoding=encoding_for(job, plan_job(job)),
    )
    with writer:
        for frame in raw:
            target = writer.planes()
            np.copyto(target.y, frame[:height])
            chroma = frame[height:].reshape(2, height // 2, width // 2)
            np.copyto(target.u, chroma[0])
            np.copyto(target.v, chroma[1])
            writer.push()


PARTS: Final[dict[str, Callable[[GenerationJob], None]]] = {
    "generate": _generate,
    "setup": _setup,
    "draw": _draw,
    "encode": _encode,
}

if __name__ == "__main__":
    main()
