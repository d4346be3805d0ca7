"""What is seen in a photo without a model: sky, water, plants, the horizon, the light, and how near things are."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.quality.clips import ROOT
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.sight.regions import LIGHT_UNKNOWN, lab_of
from mutoscope.generation import InputFile
from mutoscope.media.image import RgbArray, read_image
from tests.unit.engines.looking import PIER

PHOTOS = ROOT / "tests" / "photos"


def photo(name: str) -> RgbArray:
    """A shipped photo."""
    path = PIER if name == "pier" else PHOTOS / f"{name}.jpg"
    return read_image(InputFile(Path(path), ("body",)), pixels_max=64_000_000)


@cache
def seen_in(name: str) -> Analysis:
    """Its analysis."""
    return analyse(photo(name))


def meadow(seed: int = 0) -> RgbArray:
    """A blue sky with a thin dark stem before it, over grainy green ground from the middle down; 480×320."""
    rgb = np.zeros((320, 480, 3), np.float32)
    rgb[:160] = (140, 180, 230)
    grain = np.random.default_rng(seed).normal(0, 25, (160, 480, 1))
    rgb[160:] = np.array((70, 130, 40)) + grain
    rgb[40:160, 300:304] = (40, 40, 30)
    return np.clip(rgb, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["pier", "rocket"])
def test_sky_is_found_above_the_horizon(name: str) -> None:
    """Most of the upper rows, little or nothing of the lowest."""
    seen = seen_in(name)
    rows = len(seen.sky)

    assert seen.sky[: rows // 5].mean() > 0.6
    assert seen.sky[-rows // 20 :].mean() < 0.1


@pytest.mark.parametrize("name", ["canyon", "cat", "coffee", "lantern"])
def test_no_sky_is_found_where_none_is(name: str) -> None:
    """Dark rock, fur, wood and a wall are not a sky; the light then comes from the upper middle."""
    seen = seen_in(name)

    assert seen.sky.max() == 0
    assert seen.water.max() == 0
    assert seen.light == LIGHT_UNKNOWN


def test_sky_keeps_off_a_thin_stem() -> None:
    """What drifts in the sky must not bend the stem before it: the mask is empty there and next to it."""
    seen = analyse(meadow())
    scale = seen.sky.shape[1] / 480
    row = round(100 * scale)

    left, right = round(298 * scale), round(306 * scale)
    assert seen.sky[row, left:right].max() == 0
    assert seen.sky[row, round(200 * scale)] > 0.9
    assert seen.horizon == pytest.approx(0.5, abs=0.03)


def test_plants_are_green_and_grainy() -> None:
    """The grass of a meadow is, its sky is not, and neither are red bricks."""
    green = analyse(meadow())
    brick = meadow()
    brick[160:] = brick[160:, :, [1, 0, 2]]

    assert green.plants[-len(green.plants) // 3 :].mean() > 0.6
    assert green.plants[: len(green.plants) // 3].max() == 0
    assert analyse(brick).plants.max() < 0.1


def test_water_lies_beside_the_pier() -> None:
    """Left and right of the planks, and not on them."""
    water = seen_in("pier").water
    rows, columns = water.shape
    row = int(0.55 * rows)

    assert water[row, int(0.08 * columns)] > 0.8
    assert water[row, int(0.92 * columns)] > 0.8
    assert water[int(0.75 * rows) :, columns // 2].max() == 0


def test_light_is_the_brightest_part_of_the_sky() -> None:
    """A glow drawn into the sky is found, within a tenth of the frame."""
    rgb = meadow().astype(np.float32)
    rows, columns = np.mgrid[:320, :480]
    rgb += (60 * np.exp(-((columns - 120) ** 2 + (rows - 50) ** 2) / (2 * 35**2)) * (rows < 160))[:, :, None]

    x, y = analyse(np.clip(rgb, 0, 255).astype(np.uint8)).light

    assert x == pytest.approx(120 / 480, abs=0.1)
    assert y == pytest.approx(50 / 320, abs=0.1)


def test_ground_comes_nearer_towards_the_viewer() -> None:
    """From the sky over the far shore to the planks under the camera."""
    nearness = seen_in("pier").nearness
    rows = len(nearness)
    middle = nearness[:, nearness.shape[1] // 2]

    assert middle[rows // 6] < 0.05 < middle[int(0.5 * rows)] < middle[int(0.75 * rows)] < middle[-2]


def test_every_map_is_a_share_of_the_frame() -> None:
    """float32, 0 to 1, of one size, whatever the picture's aspect."""
    for name in ("astronaut", "orbit"):
        seen = seen_in(name)

        for values in (seen.nearness, seen.sky, seen.water, seen.plants):
            assert values.shape == seen.nearness.shape and values.dtype == np.float32
            assert values.min() >= 0 and values.max() <= 1


def test_a_subject_is_always_guessed_and_never_trusted() -> None:
    """Good enough to place smoke over; its confidence lets nobody cut along it."""
    subject = seen_in("coffee").subject

    assert subject is not None
    assert subject.confidence < 0.5
    assert np.abs(np.subtract(subject.center, 0.5)).max() < 0.15


def test_colors_are_those_of_the_standard() -> None:
    """Within rounding of OpenCV's conversion, which rounds to whole numbers itself."""
    rgb = cv2.resize(photo("canyon"), (96, 64), interpolation=cv2.INTER_AREA)

    expected = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), np.float32)

    assert np.abs(lab_of(np.asarray(rgb, np.uint8)) - expected).max() < 3
