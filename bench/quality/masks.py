"""Bars of the motion brush: what is held stays, what is painted goes where it was sent, and no hole is seen."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, SMALL_AREA_PX, Clip, Luma, clip, film, frame
from mutoscope.engines.procedural.sight.fill import filled
from mutoscope.generation import DynamicMask, InputFile, frame_size
from mutoscope.media.frames import Plane, fit, luma_of_rgb
from mutoscope.media.image import RgbArray, read_image

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""
Track = NDArray[np.float64]
"""(frames, 2): how far right and down a thing has got."""

_HELD: Final[Box] = (0.0, 0.0, 0.4, 1.0)
_CARD: Final = (854, 480)
_FRAMES: Final = 61
_HOLES: Final[tuple[tuple[str, Box], ...]] = (
    ("canyon", (0.42, 0.30, 0.60, 0.60)),
    ("cat", (0.28, 0.25, 0.48, 0.50)),
    ("coffee", (0.75, 0.05, 0.95, 0.35)),
    ("demo", (0.40, 0.70, 0.60, 0.90)),
    ("orbit", (0.30, 0.70, 0.50, 0.90)),
)
"""Each within one texture or across an edge, never all of a thing: a made-up place need not have its texture."""
_LINE: Final = ((200, 120), (620, 360))
"""A path over the card, from the bottom left: up and to the right."""
_CURVE: Final = ((340, 500), (460, 420), (640, 480), (820, 620))
"""A path over the lantern, whose picture is 1200×800."""
_LANTERN: Final[Box] = (0.15, 0.10, 0.43, 0.66)


def _held_before_encoding() -> float:
    """Largest difference in the held region, under a moving camera and an effect, over five frames."""
    with _mask(PHOTOS["canyon"], _HELD) as mask:
        moving = film(
            "pan right, heavy snow, sunset", first_frame=PHOTOS["canyon"], static_mask=mask, num_frames=_FRAMES
        )
        region = _region(_HELD, moving.width_px, moving.height_px)
    first = frame(moving, 0)
    largest = 0
    for index in (1, 15, 30, 45, 60):
        planes = frame(moving, index)
        for now, before, where in ((planes.y, first.y, region), (planes.u, first.u, region[::2, ::2])):
            largest = max(largest, int(np.abs(now.astype(int) - before)[where > 0].max()))
    return float(largest)


@cache
def _held_differences() -> NDArray[np.int16]:
    """Differences of decoded frames from the first one in the held region less 9 pixels, under a moving camera."""
    with _mask(PHOTOS["canyon"], _HELD) as mask:
        made = clip("pan right", first_frame=PHOTOS["canyon"], static_mask=mask, num_frames=_FRAMES)
    first = made.lumas[0]
    region = cv2.erode(_region(_HELD, first.shape[1], first.shape[0]), np.ones((19, 19), np.uint8)) > 0
    taken = [np.abs(luma[region].astype(np.int16) - first[region]) for luma in made.lumas[6::6]]
    return np.concatenate(taken)


def _held_mean() -> float:
    return float(_held_differences().mean())


def _held_most() -> float:
    return float(np.percentile(_held_differences(), 99.9))


def _card() -> RgbArray:
    """A calm, uneven ground with a spotted disc on it."""
    width, height = _CARD
    random = np.random.default_rng(5)
    down, across = np.mgrid[0:height, 0:width] / height
    ground = np.dstack([70 + 40 * down, 90 + 30 * across, 120 + 20 * down]) + random.normal(0, 2, (height, width, 1))
    spots = cv2.resize(random.uniform(60, 255, (30, 54, 3)).astype(np.float32), _CARD, interpolation=cv2.INTER_CUBIC)
    disc = np.hypot(across * height - _LINE[0][0], height - down * height - _LINE[0][1]) < 40
    return np.clip(np.where(disc[:, :, None], spots, ground), 0, 255).astype(np.uint8)


@cache
def _card_track() -> Track:
    """Where the disc was in each decoded frame, against its start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.png"
        Image.fromarray(_card()).save(path)
        x, y = _LINE[0][0] / _CARD[0], 1 - _LINE[0][1] / _CARD[1]
        box = (x - 0.07, y - 0.12, x + 0.07, y + 0.12)
        with _mask(path, box) as mask:
            made = clip("", first_frame=path, dynamic_masks=(_stroke(mask, _LINE),), num_frames=_FRAMES)
    return _track(made, (_LINE[0][0] - 25, _CARD[1] - _LINE[0][1] - 25, 50, 50))


def _path_error() -> float:
    """95th percentile of the distance of the tracked disc from where the path has it at that time."""
    share = np.linspace(0, 1, _FRAMES)
    eased = 0.7 * share * share * (3 - 2 * share) + 0.3 * share
    (from_x, from_y), (to_x, to_y) = _LINE
    expected = np.outer(eased, (to_x - from_x, from_y - to_y))
    return float(np.percentile(np.linalg.norm(_card_track() - expected, axis=1), 95))


@cache
def _lantern_track() -> Track:
    with _mask(PHOTOS["lantern"], _LANTERN) as mask:
        made = clip("", first_frame=PHOTOS["lantern"], dynamic_masks=(_stroke(mask, _CURVE),), num_frames=_FRAMES)
    height, width = made.lumas[0].shape
    return _track(made, (round(0.2 * width), round(0.2 * height), round(0.16 * width), round(0.34 * height)))


def _end_error() -> float:
    """Distance of where the lantern ends from where its path does."""
    width, height = frame_size(1200, 800, SMALL_AREA_PX)
    (from_x, from_y), (to_x, to_y) = _CURVE[0], _CURVE[-1]
    end = np.array([(to_x - from_x) * width / 1200, (from_y - to_y) * height / 800])
    return float(np.linalg.norm(_lantern_track()[-1] - end))


def _unevenness() -> float:
    """Largest change of the lantern's speed from frame to frame, less 5 % of its mean speed."""
    speed = np.linalg.norm(np.diff(_lantern_track(), axis=0), axis=1)
    return float(np.abs(np.diff(speed)).max() - 0.05 * speed.mean())


def _spilled() -> float:
    """Largest difference outside the brush and all that its part sweeps over."""
    with _mask(PHOTOS["lantern"], _LANTERN) as mask:
        line = (_CURVE[0], _CURVE[-1])
        moving = film("", first_frame=PHOTOS["lantern"], dynamic_masks=(_stroke(mask, line),), num_frames=_FRAMES)
    width, height = moving.width_px, moving.height_px
    region = cv2.dilate(_region(_LANTERN, width, height), np.ones((17, 17), np.uint8))
    swept = region.copy()
    for share in np.linspace(0, 1, 200):
        shift = np.array([(line[1][0] - line[0][0]) * width / 1200, (line[0][1] - line[1][1]) * height / 800]) * share
        moved = cv2.warpAffine(region, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), (width, height))
        swept = np.maximum(swept, np.asarray(moved, np.uint8))
    first = frame(moving, 0)
    largest = 0
    for index in range(5, _FRAMES, 11):
        planes = frame(moving, index)
        for now, before, free in ((planes.y, first.y, swept == 0), (planes.v, first.v, swept[::2, ::2] == 0)):
            largest = max(largest, int(np.abs(now.astype(int) - before)[free].max()))
    return float(largest)


@cache
def _texture_ratios() -> tuple[float, ...]:
    """Fine texture inside each hole, made up against original."""
    return tuple(_texture_ratio(PHOTOS[name], box) for name, box in _HOLES)


def _least_texture() -> float:
    return min(_texture_ratios())


def _most_texture() -> float:
    return max(_texture_ratios())


def _texture_ratio(photo: Path, box: Box) -> float:
    rgb = read_image(InputFile(photo, ("body",)), pixels_max=64_000_000)
    rgb = fit(rgb, *frame_size(rgb.shape[1], rgb.shape[0], SMALL_AREA_PX))
    hole = _region(box, rgb.shape[1], rgb.shape[0])
    made_up, original = (_texture(luma_of_rgb(each), hole) for each in (filled(rgb, hole, seed=1), rgb))
    return made_up / original


def _texture(luma: Luma, where: Plane) -> float:
    values = luma.astype(np.float32)
    return float((values - cv2.GaussianBlur(values, (0, 0), 3))[where > 0].std())


def _track(made: Clip, box: tuple[int, int, int, int]) -> Track:
    """How far what the box held in the first frame has got in each one, by the best correlation."""
    left, top, width, height = box
    template = made.lumas[0][top : top + height, left : left + width]
    return np.array([_best(luma, template) for luma in made.lumas]) - (left, top)


def _best(luma: Luma, template: Luma) -> NDArray[np.float64]:
    """Where the template fits best, between pixels by a parabola through the best and its neighbors."""
    scores = cv2.matchTemplate(luma, template, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(scores)
    place = np.array([x, y], np.float64)
    for axis, line, at in ((0, scores[y], x), (1, scores[:, x], y)):
        if 0 < at < len(line) - 1:
            before, here, after = (float(value) for value in line[at - 1 : at + 2])
            place[axis] += 0.5 * (before - after) / (before - 2 * here + after)
    return place


def _region(box: Box, width: int, height: int) -> Plane:
    region = np.zeros((height, width), np.uint8)
    left, top, right, bottom = (round(share * side) for share, side in zip(box, (width, height) * 2, strict=True))
    region[max(0, top) : bottom, max(0, left) : right] = 255
    return region


@contextmanager
def _mask(photo: Path, box: Box) -> Iterator[Path]:
    """A mask file over a photo, white in the box."""
    with Image.open(photo) as image:
        size = image.size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.png"
        Image.fromarray(_region(box, *size)).save(path)
        yield path


def _stroke(mask: Path, points: tuple[tuple[int, int], ...]) -> DynamicMask:
    return DynamicMask(InputFile(mask, ("body", "dynamic_masks", 0, "mask_url")), points)


BARS: Final = (
    Bar(id="M1", text="static mask: largest difference before encoding", measure=_held_before_encoding, bound=0),
    Bar(id="M1-mean", text="static mask, decoded: mean difference from frame 0", measure=_held_mean, bound=1.0),
    Bar(id="M1-p99.9", text="static mask, decoded: 99.9th percentile of it", measure=_held_most, bound=8),
    Bar(id="M2", text="dynamic mask, decoded: 95 % of path errors", measure=_path_error, bound=0.25, unit="px"),
    Bar(id="M2-end", text="dynamic mask, decoded: error at the end", measure=_end_error, bound=0.5, unit="px"),
    Bar(id="M3", text="change of speed less 5 % of speed, largest", measure=_unevenness, bound=0.6, unit="px"),
    Bar(id="M4", text="largest difference outside brush and path", measure=_spilled, bound=0),
    Bar(
        id="M5",
        text="texture of 5 made-up holes, least",
        measure=_least_texture,
        bound=0.5,
        at_most=False,
    ),
    Bar(id="M5-max", text="texture of 5 made-up holes, most", measure=_most_texture, bound=1.4),
)
