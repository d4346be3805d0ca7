"""A context that remembers what it was told, and ways to look into a finished clip."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mutoscope.engines.base import GenerationCancelled
from mutoscope.generation import Artifact, InputFile, LogLevel, frame_size
from mutoscope.media.frames import fit, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image

ROOT = Path(__file__).parents[3]
PIER = ROOT / "docs" / "images" / "demo.jpg"
CANYON = ROOT / "tests" / "photos" / "canyon.jpg"

Luma = NDArray[np.uint8]


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


def psnr(a: Luma, b: Luma) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = float(np.mean((a.astype(float) - b) ** 2))
    return 10 * math.log10(255**2 / max(1e-9, error))


def draw_mask(path: Path, box: tuple[float, float, float, float], size: tuple[int, int] = (1280, 853)) -> Path:
    """White in the box (left, top, right, bottom as shares), black elsewhere."""
    mask = Image.new("L", size)
    left, top, right, bottom = (round(s * side) for s, side in zip(box, (*size, *size), strict=True))
    mask.paste(255, (left, top, right, bottom))
    mask.save(path, "PNG")
    return path


@dataclass(frozen=True)
class Seen:
    """How the picture as a whole went from one frame to another."""

    dx: float
    """Percent of the width, to the right."""
    dy: float
    """Percent of the height, downwards."""
    scale: float
    """Percent, above 0 larger."""
    roll: float
    """Degrees, above 0 clockwise."""


def seen(first: Luma, second: Luma) -> Seen:
    """The similarity that best explains tracked corners: Lucas-Kanade there and back, then least squares."""
    corners = cv2.goodFeaturesToTrack(first, 400, 0.003, 6)
    blank = np.zeros_like(corners)
    moved, there, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, blank, winSize=(15, 15), maxLevel=3)
    back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, moved, blank.copy(), winSize=(15, 15), maxLevel=3)
    good = ((there == 1) & (again == 1) & (np.linalg.norm(back - corners, axis=2) < 0.5)).ravel()
    height, width = first.shape
    center = np.array([width / 2, height / 2])
    source, target = (points.reshape(-1, 2)[good] - center for points in (corners, moved))
    rows = np.zeros((2 * len(source), 4))
    rows[0::2] = np.c_[source[:, 0], -source[:, 1], np.ones(len(source)), np.zeros(len(source))]
    rows[1::2] = np.c_[source[:, 1], source[:, 0], np.zeros(len(source)), np.ones(len(source))]
    a, b, x, y = np.linalg.lstsq(rows, target.ravel(), rcond=None)[0]
    return Seen(
        100 * x / width, 100 * y / height, 100 * (float(np.hypot(a, b)) - 1), float(np.degrees(np.arctan2(b, a)))
    )
