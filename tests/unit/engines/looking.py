"""A context that remembers what it was told, and ways to look into a finished clip."""

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bench.quality.clips import PHOTOS, Luma
from mutoscope.engines.base import GenerationCancelled
from mutoscope.generation import Artifact, InputFile, LogLevel, frame_size
from mutoscope.media.frames import fit, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image

PIER, CANYON, LANTERN = (PHOTOS[name] for name in ("demo", "canyon", "lantern"))


@dataclass
class Listener:
    """A context that keeps what it is told, and cancels when it has heard of enough frames."""

    cancel_after: int | None = None
    lines: list[str] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    messages: list[str | None] = field(default_factory=list)

    def check(self) -> None:
        if self.cancel_after is not None and len(self.fractions) >= self.cancel_after:
            raise GenerationCancelled

    def progress(self, fraction: float, message: str | None = None) -> None:
        self.fractions.append(fraction)
        self.messages.append(message)
        self.check()

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self.lines.append(message)

    def said(self, start: str) -> list[str]:
        """Lines that begin so."""
        return [line for line in self.lines if line.startswith(start)]


def lumas(artifact: Artifact) -> list[Luma]:
    """Luma of every decoded frame."""
    with av.open(str(artifact.path)) as container:
        return [np.asarray(frame.to_ndarray()[: artifact.height_px], np.uint8) for frame in container.decode(video=0)]


def picture(path: Path) -> RgbArray:
    """A photo's pixels."""
    return read_image(InputFile(path, ("body",)), pixels_max=64_000_000)


def fitted_luma(path: Path, area_px: int = 64_000) -> Luma:
    """What the first frame's luma has to be."""
    rgb = picture(path)
    return planes_of_rgb(fit(rgb, *frame_size(rgb.shape[1], rgb.shape[0], area_px))).y


def draw_mask(path: Path, box: tuple[float, float, float, float], size: tuple[int, int] = (1280, 853)) -> Path:
    """White in the box (left, top, right, bottom as shares), black elsewhere."""
    mask = Image.new("L", size)
    left, top, right, bottom = (round(s * side) for s, side in zip(box, (*size, *size), strict=True))
    mask.paste(255, (left, top, right, bottom))
    mask.save(path, "PNG")
    return path
