"""What moves parts of the picture itself: clouds, water, foliage, and air over hot ground."""

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import DisplacementMaker, Site
from mutoscope.engines.procedural.effects.wave_trains import GRADIENT_MAX, Train, Trains, steepness
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import Effect, EffectName
from mutoscope.engines.procedural.sight.analysis import Share
from mutoscope.engines.procedural.warp import Grid, Map

_RARE: Final = 0.03
"""Share of the frame below which a mask counts as empty."""
_CREST_MIN: Final = 0.045
"""Distance of crests below which a train of waves is left out, as a share of the unit."""
_CLOUDS_REACH: Final = 0.22
"""How far the sky grows in five seconds, as a share of the distance from where it grows from."""
_CLOUDS_REACH_MAX: Final = 0.34


class Clouds:
    """
    The sky comes towards the viewer out of a point on the horizon, and faster for being far off to one side.

    Every sample comes from nearer that point, inside the frame, so no border is ever stretched.
    """

    def __init__(self, effect: Effect, site: Site, grid: Grid) -> None:
        self._effect = effect
        stage, sky = site.stage, site.analysis.sky
        chance = stage.random("clouds")
        weight, factor = (sky, 1.0) if sky.mean() > _RARE else (_above(site), 0.5)
        free = _soft_inside(weight, 0.10, grid)
        x = (0.14 if chance.random() < 0.5 else 0.86) * stage.width_px
        y = min(site.analysis.horizon + 0.05, 0.9) * stage.height_px
        self._toward_x: Map = (np.float32(x) - grid.x) * free
        self._toward_y: Map = (np.float32(y) - grid.y) * free * np.float32(0.8)
        reach = min(_CLOUDS_REACH * factor * stage.duration_s / 5, _CLOUDS_REACH_MAX)
        steepest = max(steepness(self._toward_x), steepness(self._toward_y)) * effect.strength
        self._reach = min(reach, GRADIENT_MAX / max(1e-6, steepest))

    def shift(self, share: float) -> tuple[Map, Map]:
        amount = np.float32(self._effect.level(share) * self._reach * share)
        return self._toward_x * amount, self._toward_y * amount


class Waves:
    """Ripples that run in from the horizon, longer and higher the nearer they are."""

    def __init__(self, effect: Effect, site: Site, grid: Grid) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        water = site.analysis.water
        is_wet = water.mean() > _RARE
        weight = _soft_inside(water, 0.025, grid) if is_wet else 0.6 * grid.of_picture(_below(site))
        depth = depth_of(grid.y / np.float32(site.stage.height_px), site.analysis.horizon)
        unit = site.stage.unit_px
        chance = site.stage.random("waves")
        across = grid.x / site.stage.width_px - 0.5
        reach_px = site.stage.height_px * max(0.15, 1 - site.analysis.horizon)
        downs, acrosses = [], []
        for crests, slant, height, speed_hz in ((2.3, 0.5, 1.0, 0.55), (3.7, -0.8, 0.6, 0.80), (5.6, 0.3, 0.36, 1.15)):
            phase = 2 * np.pi * (-crests * np.log(depth) + slant * across / depth + chance.random())
            crest_px = reach_px * depth / (crests + np.abs(slant * across) / depth)
            # Towards the horizon crests come closer than the grid can tell apart.
            told = soft_step(np.asarray((crest_px / unit - _CREST_MIN) / _CREST_MIN, np.float32))
            amplitude = np.asarray(0.0115 * unit * height * depth * weight * told, np.float32)
            downs.append(Train(amplitude, np.asarray(phase, np.float32), speed_hz))
            acrosses.append(Train(0.6 * amplitude, np.asarray(phase * 0.83 + 1.9, np.float32), speed_hz))
        self._down = Trains(downs, level_max=effect.strength)
        self._across = Trains(acrosses, level_max=effect.strength)

    def shift(self, share: float) -> tuple[Map, Map]:
        level, time_s = self._effect.level(share), share * self._duration_s
        return self._across.at(time_s, level), self._down.at(time_s, level)


class Wind:
    """Gusts that travel across the foliage; what stands higher over its ground sways farther, leaves tremble."""

    def __init__(self, effect: Effect, site: Site, grid: Grid) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        stage = site.stage
        plants = site.analysis.plants
        has_plants = plants.mean() > _RARE
        weight = _soft_around(plants, 0.02, grid) if has_plants else 0.55 * _not_sky(site, grid)
        weight = np.asarray(weight * _height_over_ground(weight) * _off_the_sides(grid), np.float32)
        chance = stage.random("wind")
        longer = max(stage.width_px, stage.height_px)
        across, rising = [], []
        for waves, tilt, sway, speed_hz in (
            (0.9, 0.3, 0.0110, 0.33), (2.3, -0.6, 0.0062, 0.62), (4.1, 1.2, 0.0036, 1.05), (8.0, -3.0, 0.0017, 1.9),
        ):  # fmt: skip
            phase = 2 * np.pi * (waves * grid.x + tilt * waves * grid.y) / longer + 2 * np.pi * chance.random()
            amplitude = np.asarray(sway * stage.unit_px * weight, np.float32)
            across.append(Train(amplitude, np.asarray(phase, np.float32), speed_hz))
            rising.append(Train(0.3 * amplitude, np.asarray(phase + 1.2, np.float32), speed_hz))
        self._across = Trains(across, level_max=effect.strength)
        self._rising = Trains(rising, level_max=effect.strength)

    def shift(self, share: float) -> tuple[Map, Map]:
        level, time_s = self._effect.level(share), share * self._duration_s
        return self._across.at(time_s, level), self._rising.at(time_s, level)


class HeatHaze:
    """Air that shimmers over the ground near the horizon: small, quick, and rising."""

    def __init__(self, effect: Effect, site: Site, grid: Grid) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        stage = site.stage
        rows = grid.y / stage.height_px
        over = (rows - site.analysis.horizon - 0.04) / np.where(rows < site.analysis.horizon + 0.04, 0.14, 0.34)
        weight = np.asarray(np.exp(-(over**2)) * _off_the_sides(grid), np.float32)
        chance = stage.random("heat haze")
        across: list[Train] = []
        down: list[Train] = []
        for index in range(6):
            length = stage.unit_px * float(chance.uniform(0.085, 0.19))
            slant = float(chance.uniform(-0.9, 0.9))
            phase = 2 * np.pi * (grid.y + slant * grid.x) / max(length, 4.5 * 8) + 2 * np.pi * chance.random()
            amplitude = np.asarray(0.0016 * stage.unit_px * weight, np.float32)
            train = Train(amplitude, np.asarray(phase, np.float32), -float(chance.uniform(0.9, 2.2)))
            (across if index % 2 == 0 else down).append(train)
        self._across = Trains(across, level_max=effect.strength)
        self._down = Trains(down, level_max=effect.strength)

    def shift(self, share: float) -> tuple[Map, Map]:
        level, time_s = self._effect.level(share), share * self._duration_s
        return self._across.at(time_s, level), self._down.at(time_s, level)


def depth_of(rows: Map, horizon: float) -> Map:
    """How near a row of the ground is: a little above 0 at the horizon, about 1 at the lower edge."""
    return np.asarray(np.clip((rows - horizon) / max(0.15, 1 - horizon), 0, 1.1) + 0.10, np.float32)


def _soft_inside(mask: Share, reach: float, grid: Grid) -> Map:
    """0 outside of a mask and at its border, 1 farther inside than `reach`, a share of the longer side."""
    inside = (mask > 0.5).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)
    return grid.of_picture(soft_step(distance / np.float32(max(1.0, reach * max(mask.shape)))))


def _soft_around(mask: Share, blur: float, grid: Grid) -> Map:
    """A mask with its gaps closed and a soft border, so that neighbors move together."""
    smooth = cv2.GaussianBlur(mask, (0, 0), blur * max(mask.shape), borderType=cv2.BORDER_REPLICATE)
    return grid.of_picture(soft_step(2.2 * np.asarray(smooth, np.float32)))


def _height_over_ground(weight: Map) -> Map:
    """0.2 at the lowest place of each column that has weight, 1 a third of the frame above."""
    rows = np.arange(weight.shape[0], dtype=np.float32)[:, None]
    lowest = np.where(weight > 0.15, rows, 0).max(axis=0)
    ground = np.maximum(cv2.blur(lowest[None, :], (2 * (weight.shape[1] // 12) + 1, 1)), 1)
    height = np.clip((ground - rows) / np.float32(weight.shape[0] / 3), 0, 1)
    return np.asarray(0.2 + 0.8 * height, np.float32)


def _off_the_sides(grid: Grid) -> Map:
    """0 at the left and right borders of the frame, where nothing lies beyond; 1 from a twentieth inside."""
    from_side = np.minimum(grid.x, grid.width_px - 1 - grid.x)
    return soft_step(np.asarray(from_side / np.float32(0.05 * grid.width_px), np.float32))


def _not_sky(site: Site, grid: Grid) -> Map:
    grown = cv2.dilate(site.analysis.sky, np.ones((9, 9), np.uint8))
    return grid.of_picture(np.asarray(1 - cv2.GaussianBlur(grown, (0, 0), 4.0), np.float32))


def _above(site: Site) -> Share:
    """The part over the horizon, for a picture without a sky."""
    rows = np.linspace(0, 1, 64, dtype=np.float32)[:, None] * np.ones((1, 96), np.float32)
    return np.asarray(rows < max(0.3, site.analysis.horizon), np.float32)


def _below(site: Site) -> Share:
    """The part under the horizon, for a picture without water."""
    rows = np.linspace(0, 1, 64, dtype=np.float32)[:, None] * np.ones((1, 96), np.float32)
    start = min(max(site.analysis.horizon, 0.45), 0.7)
    return soft_step((rows - np.float32(start)) / np.float32(0.18))


DISPLACEMENTS: Final[Mapping[EffectName, DisplacementMaker]] = {
    "clouds": Clouds,
    "waves": Waves,
    "wind": Wind,
    "heat haze": HeatHaze,
}
