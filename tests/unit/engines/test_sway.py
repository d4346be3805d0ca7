"""What sways, ripples and drifts: in its own part of the picture, never folding, and still at level 0."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, get_args

import cv2
import numpy as np
import pytest

from mutoscope.engines.procedural.effects.base import Displacement, Site
from mutoscope.engines.procedural.effects.sway import DISPLACEMENTS
from mutoscope.engines.procedural.effects.wave_trains import steepness
from mutoscope.engines.procedural.plan import Effect, EffectName, SwayName
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid
from tests.unit.engines.looking import CANYON, PIER

NAMES: Final[list[EffectName]] = sorted(DISPLACEMENTS)
MOMENTS: Final = (0.05, 0.2, 0.37, 0.61, 0.83, 1.0)


@cache
def seen(path: Path) -> Analysis:
    """What is known about a photo."""
    bgr = np.asarray(cv2.imread(str(path)), np.uint8)
    return analyse(np.ascontiguousarray(bgr[:, :, ::-1]))


def displacement(
    effect: Effect, analysis: Analysis, *, width_px: int = 640, height_px: int = 424
) -> tuple[Displacement, Grid]:
    """An effect over a frame of 5 seconds, and the grid that it moves."""
    grid = Grid(width_px, height_px)
    return DISPLACEMENTS[effect.name](effect, Site(Stage(width_px, height_px, 5.0, 7), analysis, None), grid), grid


def empty(analysis: Analysis) -> Analysis:
    """The same picture, with neither sky nor water nor plants found in it."""
    return replace(
        analysis,
        sky=np.zeros_like(analysis.sky),
        water=np.zeros_like(analysis.water),
        plants=np.zeros_like(analysis.plants),
    )


def test_every_word_of_sway_moves_something() -> None:
    """No name of the plan is left without a class."""
    assert set(NAMES) == set(get_args(SwayName))


@pytest.mark.parametrize("name", NAMES)
def test_before_it_starts_and_after_it_ends_nothing_moves(name: EffectName) -> None:
    """At level 0 every node samples its own place."""
    moving, _ = displacement(Effect(name, start=0.3, end=0.5), seen(PIER))

    shifts = {share: np.abs(moving.shift(share)).max() for share in (0.0, 0.3, 0.45, 0.7, 1.0)}

    assert shifts[0.45] > 0.5
    assert all(shifts[share] == 0 for share in (0.0, 0.3, 0.7, 1.0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", [PIER, CANYON], ids=["pier", "canyon"])
@pytest.mark.parametrize("size", [(640, 424), (122, 218)])
def test_nothing_folds(name: EffectName, path: Path, size: tuple[int, int]) -> None:
    """Neighbors move apart by less than 0.35 pixels per pixel, at any strength and where no mask was found."""
    for analysis in (seen(path), empty(seen(path))):
        moving, _ = displacement(Effect(name, strength=1.6), analysis, width_px=size[0], height_px=size[1])

        steepest = max(steepness(shift) for share in MOMENTS for shift in moving.shift(share))

        assert steepest < 0.36


@pytest.mark.parametrize("name", NAMES)
def test_a_word_moves_something_where_no_mask_was_found(name: EffectName) -> None:
    """A picture without sky, water or plants still shows what was asked for."""
    moving, _ = displacement(Effect(name), empty(seen(PIER)))

    assert max(np.abs(moving.shift(share)).max() for share in MOMENTS) > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_a_large_frame_moves_like_a_small_one(name: EffectName) -> None:
    """Shifts are shares of the frame."""
    small, _ = displacement(Effect(name), seen(PIER), width_px=640, height_px=424)
    large, _ = displacement(Effect(name), seen(PIER), width_px=1280, height_px=848)

    for share in MOMENTS:
        most = [max(np.abs(shift).max() for shift in moving.shift(share)) for moving in (small, large)]
        assert most[1] / 2 == pytest.approx(most[0], rel=0.35, abs=0.3)


def test_clouds_move_in_the_sky_only_and_come_from_inside_the_frame() -> None:
    """Nothing below the horizon drifts, and no sample is taken from beyond a border."""
    moving, grid = displacement(Effect("clouds"), seen(PIER))
    sky = grid.of_picture(seen(PIER).sky)

    for share in MOMENTS:
        x, y = moving.shift(share)
        assert np.abs(x[sky < 0.01]).max() < 0.1
        inside = np.s_[1:-1, 1:-1]
        assert (grid.x + x)[inside].min() >= 0 and (grid.x + x)[inside].max() <= grid.width_px - 1
        assert (grid.y + y)[inside].min() >= 0


def test_waves_run_over_the_water_only() -> None:
    """The pier stands still in them."""
    moving, grid = displacement(Effect("waves"), seen(PIER))
    water = grid.of_picture(seen(PIER).water)

    x, y = moving.shift(0.6)

    assert np.hypot(x, y)[water < 0.01].max() < 0.1
    assert np.hypot(x, y)[water > 0.99].max() > 1


def test_wind_bends_tops_farther_than_roots() -> None:
    """Over a picture full of plants, the sway grows with height above the ground."""
    analysis = seen(CANYON)
    meadow = replace(analysis, plants=np.ones_like(analysis.plants), sky=np.zeros_like(analysis.sky))
    moving, _ = displacement(Effect("wind"), meadow)

    most = np.max([np.abs(moving.shift(share)[0]) for share in np.linspace(0.2, 1, 30)], axis=0)

    rows = most.mean(axis=1)
    assert rows[len(rows) // 2] > 2 * rows[-3]
