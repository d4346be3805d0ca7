"""
Clips with a last frame: half way is where the camera would be half way, and the end is the picture that was sent. Those
with middle frames come by each of them without a jolt.
"""

import math
import statistics
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, Luma, clip, frame
from bench.quality.tracks import psnr, ssim
from mutoscope.engines.procedural.morph.film import MorphFilm
from mutoscope.engines.procedural.morph.journey import ends_of_legs
from mutoscope.engines.procedural.warp import Source
from mutoscope.generation import InputFile
from mutoscope.media.frames import cover, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image

WIDTH_PX, HEIGHT_PX = 640, 426
_AREA_PX: Final = 1280 * 720
_PHOTOS: Final = ("astronaut", "canyon", "cat", "coffee")
_MOVES: Final = ((0.0, 1.0, 45 / 1600), (3.0, 1.12, 0.0), (6.0, 1.20, 0.0))
"""Degrees, magnification, and shares of the width to the side: from the first picture to the last."""
_PAIRS: Final = (("demo", "canyon"), ("astronaut", "rocket"), ("cat", "coffee"), ("lantern", "orbit"))
"""Pictures that have nothing to do with each other."""
_JOURNEYS: Final = (("demo", "canyon", "lantern", "cat"), ("canyon", "demo", "rocket"))


@dataclass(frozen=True)
class Journey:
    """A decoded clip by way of pictures."""

    lumas: list[Luma]
    middles: tuple[tuple[int, Luma], ...]
    """The frame that each picture has, and what it has to show."""


def picture(name: str) -> RgbArray:
    """A shipped photo."""
    return read_image(InputFile(PHOTOS[name], ("body",)), pixels_max=64_000_000)


def view(rgb: RgbArray, degrees: float, zoom: float, shift: float) -> RgbArray:
    """What a camera sees of the middle of a photo after such a move; a third of the photo stays in reserve around."""
    height, width = rgb.shape[:2]
    step = 0.7 * min(width / WIDTH_PX, height / HEIGHT_PX) / zoom
    along, across = step * math.cos(math.radians(degrees)), step * math.sin(math.radians(degrees))
    matrix = np.array(
        [
            [along, -across, width / 2 + shift * WIDTH_PX * step - (along * WIDTH_PX - across * HEIGHT_PX) / 2],
            [across, along, height / 2 - (across * WIDTH_PX + along * HEIGHT_PX) / 2],
        ]
    )
    smooth = cv2.GaussianBlur(rgb, (0, 0), 0.45 * step) if step > 1 else rgb
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(smooth, matrix, (WIDTH_PX, HEIGHT_PX), flags=how, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(seen, np.uint8)


def _film(first: RgbArray, last: RgbArray, num_frames: int) -> MorphFilm:
    size = WIDTH_PX, HEIGHT_PX
    return MorphFilm(Source.of_rgb(first, *size), Source.of_rgb(last, *size), num_frames=num_frames, seed=1)


@cache
def half_way() -> tuple[tuple[float, float], ...]:
    """PSNR of the middle frame and of a plain fade to what a camera sees half way at a constant rate, of 12 cases."""
    found = []
    for name in _PHOTOS:
        rgb = picture(name)
        for degrees, zoom, shift in _MOVES:
            first, last = view(rgb, 0, 1, 0), view(rgb, degrees, zoom, shift)
            truth = planes_of_rgb(view(rgb, degrees / 2, math.sqrt(zoom), shift / 2)).y
            fade = cv2.addWeighted(planes_of_rgb(first).y, 0.5, planes_of_rgb(last).y, 0.5, 0)
            middle = frame(_film(first, last, 9), 4).y
            found.append((psnr(middle, truth), psnr(np.asarray(fade, np.uint8), truth)))
    return tuple(found)


def likeness_to_a_fade() -> float:
    """The highest correlation of a frame around mid-clip with a fade of the two pictures, of any share."""
    worst = -1.0
    for names in _PAIRS:
        first, last = (cover(picture(name), WIDTH_PX, HEIGHT_PX) for name in names)
        film = _film(first, last, 121)
        ends = [planes_of_rgb(each).y.astype(np.float64) for each in (first, last)]
        for index in (48, 54, 60, 66, 72):
            drawn = frame(film, index).y.ravel()
            for share in (0.3, 0.4, 0.5, 0.6, 0.7):
                fade = ((1 - share) * ends[0] + share * ends[1]).ravel()
                worst = max(worst, float(np.corrcoef(drawn, fade)[0, 1]))
    return worst


@cache
def last_frames() -> tuple[tuple[Luma, Luma], ...]:
    """The last decoded frame and the picture sent, for a clip between strangers and one of the same scene."""
    pairs = []
    for first, last in (("demo", "canyon"), ("canyon", "demo")):
        made = clip(first_frame=PHOTOS[first], last_frame=PHOTOS[last], num_frames=49, area_px=_AREA_PX)
        size = made.artifact.width_px, made.artifact.height_px
        pairs.append((made.lumas[-1], planes_of_rgb(cover(picture(last), *size)).y))
    return tuple(pairs)


@cache
def journeys() -> tuple[Journey, ...]:
    """Two clips with middle frames, at 720p."""
    return tuple(_journey(names) for names in _JOURNEYS)


def _journey(names: tuple[str, ...]) -> Journey:
    first, *between, last = names
    middle = tuple(InputFile(PHOTOS[name], ("body", "middle", at)) for at, name in enumerate(between))
    made = clip(first_frame=PHOTOS[first], middle_frames=middle, last_frame=PHOTOS[last], area_px=_AREA_PX)
    size = made.artifact.width_px, made.artifact.height_px
    sent = [planes_of_rgb(cover(picture(name), *size)).y for name in between]
    ends = ends_of_legs(len(names) - 1, len(made.lumas))
    return Journey(made.lumas, tuple((end, luma) for (_, end), luma in zip(ends, sent, strict=False)))


def to_the_middle_frames() -> float:
    """PSNR of each decoded frame at its time to the picture sent, the least."""
    return min(psnr(each.lumas[index], sent) for each in journeys() for index, sent in each.middles)


def jolt() -> float:
    """Second difference of mean luma over the frames beside each middle picture, in code values, the greatest."""
    found = []
    for each in journeys():
        means = np.array([luma.mean() for luma in each.lumas])
        found += [np.abs(np.diff(means[index - 3 : index + 4], 2)).max() for index, _ in each.middles]
    return float(max(found))


def pause() -> float:
    """Change from frame to frame beside a middle picture over its mean in the clip, the greatest; a jump is above 1."""
    found = []
    for each in journeys():
        steps = np.array([cv2.absdiff(*pair).mean() for pair in pairwise(each.lumas)])
        found += [steps[index - 2 : index + 2].max() / steps.mean() for index, _ in each.middles]
    return float(max(found))


BARS: Final = (
    Bar(
        id="T1-gain",
        text="middle frame against a plain fade, to the true half way, least of 12",
        measure=lambda: min(morphed - faded for morphed, faded in half_way()),
        bound=6.0,
        unit="dB",
        at_most=False,
    ),
    Bar(
        id="T1",
        text="middle frame to the true half way, PSNR, median of 12",
        measure=lambda: statistics.median(morphed for morphed, _ in half_way()),
        bound=32.0,
        unit="dB",
        at_most=False,
    ),
    Bar(
        id="T2",
        text="unrelated pictures: likeness of mid-clip frames to a fade, highest correlation",
        measure=likeness_to_a_fade,
        bound=0.97,
    ),
    Bar(
        id="F3",
        text="last decoded frame, 720p, to the picture sent, PSNR of luma",
        measure=lambda: min(psnr(*pair) for pair in last_frames()),
        bound=42.0,
        unit="dB",
        at_most=False,
    ),
    Bar(
        id="F3-ssim",
        text="last decoded frame, 720p, to the picture sent, SSIM",
        measure=lambda: min(ssim(*pair) for pair in last_frames()),
        bound=0.98,
        at_most=False,
    ),
    Bar(
        id="F3-middle",
        text="decoded frames at the time of a middle picture, 720p, to that picture, PSNR of luma",
        measure=to_the_middle_frames,
        bound=42.0,
        unit="dB",
        at_most=False,
    ),
    Bar(
        id="F6-middle",
        text="second difference of mean luma around a middle picture, greatest",
        measure=jolt,
        bound=0.75,
        unit="code values",
    ),
    Bar(
        id="T3",
        text="change from frame to frame beside a middle picture, to the mean of the clip",
        measure=pause,
        bound=0.6,
    ),
)
