"""Light and shade that travel over sky and water, where there is too little in the picture itself to be seen moving."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import add_signed, enlarged
from mutoscope.engines.procedural.effects.fields import Places, Spread
from mutoscope.engines.procedural.effects.follower import Follower
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import Effect
from mutoscope.engines.procedural.timing import smoothstep
from mutoscope.media.frames import Plane, Planes

_TILE: Final = 256
"""Side of a tile of noise that repeats without a seam."""
_CLOUD_LIGHT: Final = 44.0
"""Code values between a cloud and a clear sky."""
_RIPPLE_LIGHT: Final = 34.0
_LEAST: Final = 0.02
"""Share of the frame below which sky or water is left alone."""


class CloudLight:
    """Soft clouds in perspective: they come over the horizon, grow, and change their shape on the way."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        sky = site.analysis.sky
        self._is_empty = bool(sky.mean() < _LEAST)
        places = Places.of(site.stage, 240)
        chance = site.stage.random("cloud light")
        self._tiles = _noise(chance, 1.7), _noise(chance, 1.4)
        side = -1.0 if chance.random() < 0.5 else 1.0
        self._wind = side * 9.0, 15.0
        height = np.clip((site.analysis.horizon + 0.04 - places.y) / max(0.2, site.analysis.horizon), 0, 1) + 0.16
        self._x = np.asarray((places.x - 0.5) / height * 34 * places.aspect[0], np.float32)
        self._y = np.asarray(30 / height, np.float32)
        self._follower = Follower(site)
        self._sky = places.read(sky, blur=0.008)
        self._amount = np.asarray(_light_for(site) * soft_step((height - 0.18) / np.float32(0.35)), np.float32)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0 or self._is_empty:
            return
        time_s = share * self._duration_s
        across, along = self._wind[0] * time_s, self._wind[1] * time_s
        base = _read(self._tiles[0], self._x + across, self._y + along)
        detail = _read(self._tiles[1], 2.6 * self._x + 3.1 * across, 2.6 * self._y + 2.2 * along)
        density = soft_step(np.asarray((base + 0.42 * (detail - 0.5) - 0.44) / 0.36, np.float32))
        sky = self._follower.carried(self._sky, share)
        _add(target.y, level * self._amount * sky * (density - 0.30))


class Ripples:
    """Crests and troughs that run in from the horizon, and glitter under the light."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        water = site.analysis.water
        self._is_empty = bool(water.mean() < _LEAST)
        places = Places.of(site.stage, 320)
        horizon = site.analysis.horizon
        depth = np.clip((places.y - horizon) / max(0.15, 1 - horizon), 0, 1) + 0.07
        self._x = np.asarray((places.x - 0.5) / depth * 40 * places.aspect[0], np.float32)
        self._y = np.asarray(-78 * np.log(depth), np.float32)
        chance = site.stage.random("ripples")
        self._tiles = _noise(chance, 1.0, stretch=3.0), _noise(chance, 1.0, stretch=2.2)
        self._follower = Follower(site)
        self._water = places.read(water, blur=0.006)
        self._amount = np.asarray(_RIPPLE_LIGHT * (0.45 + 0.55 * np.clip(1.6 * depth, 0, 1)), np.float32)
        column = np.exp(-(((places.x - site.analysis.light[0]) / (0.05 + 0.16 * depth)) ** 2))
        self._glitter = np.asarray(60 * column, np.float32)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0 or self._is_empty:
            return
        time_s = share * self._duration_s
        first = _read(self._tiles[0], self._x + 3.0 * time_s, self._y + 9.0 * time_s)
        second = _read(self._tiles[1], 1.7 * self._x - 4.0 * time_s, 1.9 * self._y + 21.0 * time_s)
        swell = first + second - 1
        crests = soft_step((swell - np.float32(0.22)) / np.float32(0.22))
        water = self._follower.carried(self._water, share)
        _add(target.y, level * water * (self._amount * swell * 1.6 + self._glitter * crests))


def _light_for(site: Site) -> float:
    """Clouds are lighter than a dark sky, darker than a white one, and faint where the sky has some of its own."""
    if site.first is None:
        return 0.6 * _CLOUD_LIGHT
    small = np.asarray(cv2.resize(site.first.y, (96, 64), interpolation=cv2.INTER_AREA), np.float32)
    inside = cv2.resize(site.analysis.sky, (96, 64), interpolation=cv2.INTER_AREA) > 0.9
    if not inside.any():
        return _CLOUD_LIGHT
    fine = small - cv2.GaussianBlur(small, (0, 0), 6)
    own = min(1.0, float(fine[inside].std()) / 9)
    mean = float(small[inside].mean())
    sign = 1 - 1.9 * smoothstep((mean - 150) / 50)
    return _CLOUD_LIGHT * sign * (1 - 0.6 * own) * (0.55 + 0.45 * min(1.0, mean / 110))


def _noise(chance: np.random.Generator, roughness: float, *, stretch: float = 1.0) -> Plane:
    """Noise 0 to 255 with power falling by this power of frequency; `stretch` makes it longer across than down."""
    frequency_x = np.fft.rfftfreq(_TILE) * _TILE * stretch
    frequency_y = np.fft.fftfreq(_TILE) * _TILE
    frequency = np.hypot(frequency_x[None, :], frequency_y[:, None])
    power = np.where(frequency < 3, 0, np.maximum(frequency, 1) ** -roughness)
    phases = np.exp(2j * np.pi * chance.random(power.shape))
    values = np.fft.irfft2(power * phases, (_TILE, _TILE))
    return np.asarray(np.clip(127.5 + 52 * values / values.std(), 0, 255), np.uint8)


def _read(tile: Plane, x: Spread, y: Spread) -> Spread:
    """A tile without end, 0 to 1, at these places in its pixels."""
    wrapped_x, wrapped_y = (np.asarray(each % np.float32(_TILE), np.float32) for each in (x, y))
    read = cv2.remap(tile, wrapped_x, wrapped_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(read, np.float32) * np.float32(1 / 255)


def _add(plane: Plane, change: NDArray[np.floating[Any]]) -> None:
    small = cv2.convertScaleAbs(np.clip(change, -128, 127), alpha=1, beta=128)
    add_signed(plane, enlarged(np.asarray(small, np.uint8), plane))
