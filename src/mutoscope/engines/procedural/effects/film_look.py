"""What film and an old lens do to the whole picture: grain, dark corners, and highlights that bloom."""

import struct
import zlib
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import add_signed, enlarged, halved, screen
from mutoscope.engines.procedural.effects.fields import Field, Fields, Places
from mutoscope.engines.procedural.effects.glows import corners
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Plane, Planes

_GRAIN_SIGMA: Final = 6.5
"""Code values in the middle tones."""
_GRAIN_UNIT_PX: Final = 480
"""The frame whose pixels are as large as grains."""
_GRAIN_MARGIN_PX: Final = 64
_BLOOM: Final = 108.0
"""Code values that white lends to its surroundings."""
_BLOOM_FROM: Final = 0.42
"""Luma, 0 to 1, from which highlights bloom."""


class Grain:
    """Film grain: strongest in the middle tones, other grains in every frame."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        stage = site.stage
        scale = min(1.0, _GRAIN_UNIT_PX / stage.unit_px)
        rows, columns = stage.height_px + _GRAIN_MARGIN_PX, stage.width_px + _GRAIN_MARGIN_PX
        shape = round(rows * scale), round(columns * scale)
        noise = site.stage.random("grain").standard_normal(shape, np.float32)
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.45), np.float32)
        large = np.asarray(cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
        large *= np.float32(_GRAIN_SIGMA * effect.strength / max(1e-3, float(large.std())))
        # Unsigned bytes are several times as fast as signed ones, so light and dark grains lie apart.
        self._light = np.asarray(cv2.convertScaleAbs(np.maximum(large, 0), alpha=4), np.uint8)
        self._dark = np.asarray(cv2.convertScaleAbs(np.maximum(-large, 0), alpha=4), np.uint8)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share) / max(1e-6, self._effect.strength)
        if level <= 0:
            return
        place = zlib.crc32(struct.pack("d", share))
        top, left = place % _GRAIN_MARGIN_PX, (place >> 8) % _GRAIN_MARGIN_PX
        window = np.s_[top : top + target.height_px, left : left + target.width_px]
        luma = np.clip((np.arange(256) - 16) / 219, 0, 1)
        weight = level * (0.25 + 0.75 * 4 * luma * (1 - luma))
        amount = cv2.LUT(target.y, np.rint(255 * weight).astype(np.uint8))
        light, dark = (self._dark, self._light) if place >> 16 & 1 else (self._light, self._dark)
        cv2.add(target.y, cv2.multiply(amount, light[window], scale=1 / 1020), dst=target.y)
        cv2.subtract(target.y, cv2.multiply(amount, dark[window], scale=1 / 1020), dst=target.y)


class Vignette:
    """Corners that go dark, along an ellipse."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        shade = 0.62 * corners(Places.of(site.stage))
        self._fields = Fields([Field(shade=np.asarray(shade, np.float32))], site.stage)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level > 0:
            self._fields.draw([level], target)


class Glow:
    """A dream: highlights bloom over their surroundings, and their color with them."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._sigma = 0.016 * site.stage.unit_px / 4
        luma = np.clip((np.arange(256) - 16) / 219, 0, 1)
        self._bloom = np.clip((luma - _BLOOM_FROM) / (1 - _BLOOM_FROM), 0, 1) ** 1.4 + 0.10 * luma

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        small = halved(target.y, 2)
        table = np.clip(np.rint(_BLOOM * min(level, 1.5) * self._bloom), 0, 255).astype(np.uint8)
        light = _soft(np.asarray(cv2.LUT(small, table), np.uint8), self._sigma)
        screen(target.y, enlarged(light, target.y))
        for plane in (target.u, target.v):
            color = np.asarray(cv2.GaussianBlur(halved(plane, 2), (0, 0), self._sigma), np.uint8)
            # A quarter of the surroundings' color on top: veils of light are colorful.
            share_of_color = 0.22 * min(level, 1.5)
            lifted = cv2.convertScaleAbs(color, alpha=share_of_color, beta=128 * (1 - share_of_color))
            add_signed(plane, enlarged(np.asarray(lifted, np.uint8), plane))


def _soft(light: Plane, sigma: float) -> Plane:
    """A bright core and a wide skirt."""
    core = cv2.GaussianBlur(light, (0, 0), max(0.6, sigma))
    wide = cv2.resize(light, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    wide = cv2.GaussianBlur(wide, (0, 0), max(0.6, sigma))
    wide = cv2.resize(wide, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(core, 0.55, wide, 0.45, 0.0), np.uint8)
