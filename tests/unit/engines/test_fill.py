"""Made-up parts of a picture: what is known stays, what is made up looks like it belongs there."""

import cv2
import numpy as np
import pytest

from mutoscope.engines.procedural.sight.fill import extended, filled
from mutoscope.generation import InputFile
from mutoscope.media.frames import Plane
from mutoscope.media.image import RgbArray, read_image
from tests.unit.engines.looking import CANYON, PIER


def photo(width: int = 360) -> RgbArray:
    """The canyon, small."""
    rgb = read_image(InputFile(CANYON, ("body",)), pixels_max=64_000_000)
    return np.asarray(cv2.resize(rgb, (width, width * 2 // 3), interpolation=cv2.INTER_AREA), np.uint8)


def hole_of(rgb: RgbArray, rows: slice, columns: slice) -> Plane:
    """255 in rows and columns."""
    hole = np.zeros(rgb.shape[:2], np.uint8)
    hole[rows, columns] = 255
    return hole


ALL = slice(None)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (ALL, ALL),
        (slice(0, 0), slice(0, 0)),
        (slice(100, 101), slice(100, 101)),
        (slice(0, 1), slice(0, 1)),
        (slice(None, None, 2), slice(None, None, 2)),
        (slice(1, None), ALL),
        (slice(5, -5), slice(5, -5)),
        (slice(60, 160), ALL),
        (ALL, slice(100, None)),
        (slice(80, 140), slice(120, 220)),
    ],
    ids=["all", "none", "dot", "corner", "sieve", "all-but-a-row", "all-but-a-rim", "band", "half", "box"],
)
def test_known_samples_stay_and_the_caller_s_picture_too(rows: slice, columns: slice) -> None:
    """Whatever the hole: everything, nothing, a dot, every edge of the picture."""
    rgb = photo()
    before = rgb.copy()
    hole = hole_of(rgb, rows, columns)

    result = filled(rgb, hole, seed=3)

    assert result.shape == rgb.shape and result.dtype == np.uint8
    assert np.array_equal(rgb, before)
    assert np.array_equal(result[hole == 0], rgb[hole == 0])


def test_equal_seeds_give_equal_fillings() -> None:
    """And another one another."""
    rgb = photo()
    hole = hole_of(rgb, slice(60, 180), slice(90, 250))

    first, again, other = (filled(rgb, hole, seed=seed) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_hole_in_stripes_continues_them() -> None:
    """A pattern with one direction goes on through the hole, in phase."""
    across = np.arange(400) // 10 % 2 * 160 + 40
    rgb = np.repeat(np.tile(across.astype(np.uint8), (300, 1))[:, :, None], 3, axis=2)
    hole = hole_of(rgb, slice(110, 190), slice(150, 250))

    result = filled(rgb, hole, seed=1)

    assert np.abs(result.astype(int) - rgb)[hole > 0].mean() < 12


def test_slope_is_filled_without_a_seam() -> None:
    """On an even gradient nobody sees where the hole was."""
    down, across = np.mgrid[0:300, 0:400]
    rgb = np.dstack([40 + down * 0.5, 60 + across * 0.3, np.full((300, 400), 90)]).astype(np.uint8)
    hole = hole_of(rgb, slice(100, 200), slice(140, 260))

    result = filled(rgb, hole, seed=1)

    difference = np.abs(result.astype(int) - rgb)[hole > 0]
    assert difference.mean() < 3 and difference.max() < 12


def test_texture_is_as_fine_as_around_the_hole() -> None:
    """No smear: at full size the hole has the grain of what surrounds it."""
    rgb = np.random.default_rng(2).normal(120, 25, (480, 720, 3)).clip(0, 255).astype(np.uint8)
    hole = hole_of(rgb, slice(150, 330), slice(220, 500))

    result = filled(rgb, hole, seed=1)

    assert 0.7 < result[hole > 0].std() / rgb.std() < 1.1


def test_sky_is_not_filled_into_the_water() -> None:
    """Rows of the filling come from rows nearby: over the pier's horizon sky stays above and water below."""
    rgb = read_image(InputFile(PIER, ("body",)), pixels_max=64_000_000)
    rgb = np.asarray(cv2.resize(rgb, (480, 320), interpolation=cv2.INTER_AREA), np.uint8)
    hole = hole_of(rgb, slice(70, 260), slice(300, 420))

    result = filled(rgb, hole, seed=1).astype(int)

    beside = rgb[:, 425:475].astype(int)
    for rows in (slice(80, 120), slice(190, 240)):
        assert np.abs(result[rows, 300:420].mean(axis=(0, 1)) - beside[rows].mean(axis=(0, 1))).max() < 25


def test_picture_is_extended_around_itself() -> None:
    """Untouched in the middle, with the asked number of pixels on each side, and no repeated row."""
    rgb = photo()

    wide = extended(rgb, 36, 24, 50, 10, seed=1)

    assert wide.shape == (24 + rgb.shape[0] + 10, 36 + rgb.shape[1] + 50, 3)
    assert np.array_equal(wide[24:-10, 36:-50], rgb)
    border = wide[24:-10, :36].astype(int)
    assert np.abs(np.diff(border, axis=1)).mean() > 0.3 * np.abs(np.diff(rgb.astype(int), axis=1)).mean()


def test_edge_of_an_extended_picture_is_no_seam() -> None:
    """The step over the old edge is like the steps beside it."""
    rgb = photo()

    wide = extended(rgb, 40, 0, 40, 0, seed=1).astype(int)

    over = np.abs(wide[:, 40] - wide[:, 39]).mean()
    beside = np.abs(np.diff(wide[:, 41:60], axis=1)).mean()
    assert over < 3 * beside + 4


@pytest.mark.parametrize("seed", range(3))
def test_what_the_border_cuts_ends_there_and_does_not_fade_into_a_fog(seed: int) -> None:
    """A bright flower that is cut before dark leaves: hardly anything beyond is between the two."""
    rgb = np.clip(np.random.default_rng(seed).normal((20, 60, 50), 6, (240, 320, 3)), 0, 255).astype(np.uint8)
    cv2.circle(rgb, (160, 250), 40, (240, 160, 100), -1, cv2.LINE_AA)

    beyond = extended(rgb, 0, 0, 0, 60, seed=seed)[240:, :, 0]

    assert ((beyond > 50) & (beyond < 200)).mean() < 0.08


@pytest.mark.parametrize("shape", [(2, 2), (8, 8), (20, 300), (300, 20), (5, 4)])
def test_any_small_picture_can_be_extended(shape: tuple[int, int]) -> None:
    """Also those too small to hold a patch, and by nothing."""
    rgb = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)

    assert extended(rgb, 3, 2, 1, 4, seed=1).shape == (shape[0] + 6, shape[1] + 4, 3)
    assert np.array_equal(extended(rgb, 0, 0, 0, 0, seed=1), rgb)
