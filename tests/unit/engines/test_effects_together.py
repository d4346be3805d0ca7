"""All effects, strong and weak, alone and at once: within range, at any size and length, in any order of drawing."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final, get_args

import cv2
import numpy as np
import pytest

from bench.quality.clips import PHOTOS
from mutoscope.engines.procedural.colors import NAMED
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import halved
from mutoscope.engines.procedural.effects.recipes import COLOR_SHIFTS
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, displacements_of, overlays_of
from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.plan import (
    ColorName,
    Effect,
    EffectName,
    LightName,
    OpticsName,
    ParticleName,
    Plan,
    Pose,
    SceneWish,
    Segment,
    SwayName,
    VeilName,
)
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.media.frames import Planes
from mutoscope.media.image import RgbArray

NAMES: Final[tuple[EffectName, ...]] = tuple(
    name for kind in (LightName, VeilName, ParticleName, OpticsName, SwayName) for name in get_args(kind)
)
SIZES: Final = ((64, 64), (320, 54), (54, 320))


@cache
def photo(name: str) -> tuple[RgbArray, Analysis]:
    """A photo from the repository, small, and what is guessed about it."""
    bgr = np.asarray(cv2.imread(str(PHOTOS[name])), np.uint8)
    rgb = np.asarray(cv2.resize(bgr[:, :, ::-1], (384, 256), interpolation=cv2.INTER_AREA), np.uint8)
    return rgb, analyse(rgb)


def clip(
    effects: Sequence[Effect],
    *,
    name: str = "demo",
    size: tuple[int, int] = (192, 128),
    num_frames: int = 121,
    duration_s: float = 5.0,
) -> OverlaidFilm:
    """A photo under effects, while the camera moves in."""
    rgb, analysis = photo(name)
    stage = Stage(*size, duration_s, 3)
    source = Source.of_rgb(rgb, *size)
    plan = Plan(
        segments=(Segment("zoom in", 0, 1, Pose(tz=0.2)),), effects=tuple(effects), tear_budget=0.35,
        scene=SceneWish(), used=(), ignored=(),
    )  # fmt: skip
    site = Site(stage, analysis, source.planes)
    moved = displacements_of(effects, site, Grid(*size))
    film = PictureFilm(source, plan, analysis, stage, num_frames=num_frames, displacements=moved)
    overlays = overlays_of(effects, replace(site, view=film.positions))
    return OverlaidFilm(film, overlays, exact_first=True, exact_last=False)


def drawn(film: OverlaidFilm, index: int) -> Planes:
    """One frame."""
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


def is_within_range(frame: Planes) -> bool:
    """Luma 16 to 235, chroma 16 to 240."""
    chroma = np.concatenate([frame.u.ravel(), frame.v.ravel()])
    return bool(frame.y.min() >= 16 and frame.y.max() <= 235 and chroma.min() >= 16 and chroma.max() <= 240)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", ["lantern", "cat"])
def test_no_sample_leaves_the_limited_range(name: EffectName, picture: str) -> None:
    """However weak or strong the word, over black and white and over a light picture."""
    for strength in (0.4, 3.0):
        film = clip([Effect(name, strength=strength)], name=picture)

        assert all(is_within_range(drawn(film, index)) for index in (4, 50, 120))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("num_frames", "duration_s"), [(1, 5.0), (2, 5.0), (241, 10.0)])
def test_all_effects_at_once_are_drawn(size: tuple[int, int], num_frames: int, duration_s: float) -> None:
    """In tiny and in very long frames, in clips of one frame and of ten seconds."""
    film = clip([Effect(name) for name in NAMES], size=size, num_frames=num_frames, duration_s=duration_s)

    frames = [drawn(film, index) for index in sorted({0, num_frames // 2, num_frames - 1})]

    assert all(is_within_range(frame) for frame in frames)
    assert all(frame.y.std() > 1 for frame in frames)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_at_the_very_end_comes(name: EffectName) -> None:
    """Its time is short, and nothing is divided by what is left of it."""
    film = clip([Effect(name, start=0.99)])

    assert is_within_range(drawn(film, 120))


def test_frames_of_all_effects_may_be_drawn_in_any_order() -> None:
    """Every memory of one moment is forgotten in the next."""
    effects = [Effect(name) for name in NAMES]
    one, other = clip(effects), clip(effects)

    forwards = [drawn(one, index) for index in (20, 60, 110)]
    backwards = [drawn(other, index) for index in (110, 60, 20)][::-1]

    for first, second in zip(forwards, backwards, strict=True):
        assert np.array_equal(first.y, second.y)
        assert np.array_equal(first.u, second.u) and np.array_equal(first.v, second.v)


@pytest.mark.parametrize("name", ["snow", "rain", "fog", "leaves"])
def test_heavy_is_more_than_light(name: EffectName) -> None:
    """An adverb is seen."""
    picture = drawn(clip([]), 80).y.astype(int)

    light, heavy = (np.abs(drawn(clip([Effect(name, strength=each)]), 80).y - picture).mean() for each in (0.6, 1.5))

    assert heavy > 1.4 * light


def test_leaves_are_large_enough_to_be_noticed() -> None:
    """They cover more than one part in 75 of the frame, and less than a tenth."""
    picture = drawn(clip([], size=(640, 426)), 80)
    frame = drawn(clip([Effect("leaves")], size=(640, 426)), 80)

    changed = (np.abs(frame.y.astype(int) - picture.y) > 12).mean()

    assert 0.013 < changed < 0.1


@pytest.mark.parametrize("size", [(881, 587), (880, 586), (1, 1), (3, 2)])
def test_half_of_an_odd_side_leaves_its_last_sample_out(size: tuple[int, int]) -> None:
    """Each sample is the mean of four, and a side never comes to nothing."""
    width, height = size
    plane = np.arange(width * height, dtype=np.uint8).reshape(height, width)

    half = halved(plane, 1)

    assert half.shape == (max(1, height // 2), max(1, width // 2))
    if width > 1:
        assert abs(int(half[0, 0]) - int(plane[:2, :2].mean() + 0.5)) <= 1


def test_every_color_word_has_a_light() -> None:
    """One table says what a color is; tints follow from it, and no two of them are the same."""
    assert set(NAMED) == set(COLOR_SHIFTS) == set(get_args(ColorName))
    shifts = [COLOR_SHIFTS[name] for name in NAMED if name not in ("white", "gray", "black")]

    assert len({(round(u), round(v)) for u, v in shifts}) == len(shifts)
