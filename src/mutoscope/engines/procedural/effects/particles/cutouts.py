"""Flat things that tumble as they fall: petals, leaves, confetti. Each is a polygon, turned in space and shaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.colors import NAMED, Rgb
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import LUMA_MAX, LUMA_MIN, Color
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Box, Floats, fixed, mix_patch
from mutoscope.engines.procedural.effects.particles.shapes import SHAPES, Outline, Shape
from mutoscope.engines.procedural.effects.particles.species import CONFETTI, LEAVES, PETALS
from mutoscope.engines.procedural.effects.particles.swarm import Species, Swarm
from mutoscope.engines.procedural.plan import ColorName, Effect, EffectName
from mutoscope.media.frames import Plane, Planes

_SPECIES: Final[Mapping[EffectName, Species]] = {"petals": PETALS, "leaves": LEAVES, "confetti": CONFETTI}
_GLINT: Final[Mapping[EffectName, float]] = {"petals": 14, "leaves": 10, "confetti": 46}
"""Luma that a side gains when it faces the viewer."""
_THINNEST: Final = 0.16
"""Share of its width that a thing seen from its edge still has."""
_NEAR_COVER: Final = 0.8
_SEEN_PX: Final = 0.4
_STALK_LUMA: Final = 30
"""How much darker a leaf's stalk is."""


@dataclass(frozen=True, slots=True)
class _Pose:
    """How some particles lie at one time."""

    x: Floats
    """Pixels."""
    y: Floats
    radius: Floats
    turn: Floats
    """Radians in the plane of the picture."""
    lean: Floats
    """Cosine of the angle out of the picture, never quite 0."""

    def show(self, outline: Outline) -> Floats:
        """An outline as each of them shows it: (particles, points, 2) in pixels."""
        across = outline[None, :, 0] * (self.radius * self.lean)[:, None]
        along = outline[None, :, 1] * self.radius[:, None]
        cosine, sine = np.cos(self.turn)[:, None], np.sin(self.turn)[:, None]
        x = across * cosine - along * sine + self.x[:, None]
        return np.stack([x, across * sine + along * cosine + self.y[:, None]], axis=2)


class Cutouts:
    """One kind of flat thing."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        species = _SPECIES[effect.name]
        self._swarm = Swarm(species, effect, site.stage)
        rgbs = species.colors if effect.color is None else _shades_of(effect.color)
        self._colors = [Color.of(rgbs[index % len(rgbs)]) for index in self._swarm.color]
        self._luma = np.array([color.y for color in self._colors])
        self._shapes = SHAPES[effect.name]
        self._shape = np.arange(self._swarm.count) * 7 % len(self._shapes)
        self._glint = _GLINT[effect.name]
        # The far before the near.
        self._order = np.argsort(self._swarm.radius, kind="stable")

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        flock = self._swarm.at(time_s, level)
        turn, tilt = self._swarm.angles(time_s)
        facing = np.cos(tilt)
        lean = np.where(facing < 0, -1, 1) * np.maximum(np.abs(facing), _THINNEST)
        light = self._glint * (1.6 * np.abs(facing) ** 3 - 0.6) - np.where(facing < 0, 9, 0)
        luma = np.rint(np.clip(self._luma + light, LUMA_MIN, LUMA_MAX))
        # A thing comes by growing: its edge stays crisp.
        radius = self._swarm.radius * np.sqrt(flock.presence)
        reach = 1.3 * radius
        seen = (radius > _SEEN_PX) & (flock.x > -reach) & (flock.y > -reach)
        seen &= (flock.x < target.width_px + reach) & (flock.y < target.height_px + reach)
        for depth in (False, True):
            for kind, shape in enumerate(self._shapes):
                chosen = self._order[(seen & (self._swarm.is_soft == depth) & (self._shape == kind))[self._order]]
                pose = _Pose(flock.x[chosen], flock.y[chosen], radius[chosen], turn[chosen], lean[chosen])
                colors = [Color(luma[index], self._colors[index].u, self._colors[index].v) for index in chosen]
                (_draw_soft if depth else _draw_crisp)(target, shape, pose, colors)


def _draw_crisp(target: Planes, shape: Shape, pose: _Pose, colors: list[Color]) -> None:
    points = pose.show(shape.outline)
    rows = zip(fixed(points), fixed(points / 2 - 0.25), colors, strict=True)
    for full, half, color in rows:
        cv2.fillPoly(target.y, [full], color.y, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(target.u, [half], color.u, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(target.v, [half], color.v, cv2.LINE_AA, SHIFT)
    if shape.patch is not None:
        for patch, color in zip(fixed(pose.show(shape.patch)), colors, strict=True):
            cv2.fillPoly(target.y, [patch], max(color.y + shape.patch_luma, LUMA_MIN), cv2.LINE_AA, SHIFT)
    if shape.stalk is not None:
        for stalk, radius, color in zip(fixed(pose.show(shape.stalk)), pose.radius, colors, strict=True):
            shade, width = max(color.y - _STALK_LUMA, LUMA_MIN), max(1, round(radius / 9))
            cv2.polylines(target.y, [stalk], False, shade, width, cv2.LINE_AA, SHIFT)


def _draw_soft(target: Planes, shape: Shape, pose: _Pose, colors: list[Color]) -> None:
    for points, radius, color in zip(pose.show(shape.outline), pose.radius, colors, strict=True):
        _fill_soft(target, points, color, blur_px=0.22 * radius)


def _shades_of(name: ColorName) -> list[Rgb]:
    """One color, a little lighter and darker."""
    red, green, blue = NAMED[name]
    darker = (red * 4 // 5, green * 4 // 5, blue * 4 // 5)
    lighter = ((4 * red + 255) // 5, (4 * green + 255) // 5, (4 * blue + 255) // 5)
    return [darker, NAMED[name], lighter]


def _fill_soft(target: Planes, points: Floats, color: Color, blur_px: float) -> None:
    """Out of focus: a blurred patch that lets a little through."""
    side = 2 * max(1, round(blur_px)) + 1
    left, top = points.min(axis=0) - side - 1
    right, bottom = points.max(axis=0) + side + 1
    box = Box.around(left, top, right, bottom, target)
    if box is None:
        return
    # Drawn whole, then cut to the frame: a blur must not see the frame's edge.
    origin = np.floor(np.array([left, top]) / 4) * 4
    size = (np.floor(np.array([right, bottom]) / 4) * 4 + 4 - origin).astype(int)
    cover: Plane = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(cover, [fixed(points - origin)], round(255 * _NEAR_COVER), cv2.LINE_AA, SHIFT)
    for _ in range(2):
        cover = np.asarray(cv2.blur(cover, (side, side)), np.uint8)
    x, y = box.left - int(origin[0]), box.top - int(origin[1])
    cover = np.ascontiguousarray(cover[y : y + box.bottom - box.top, x : x + box.right - box.left])
    half = np.asarray(
        cv2.resize(cover, (cover.shape[1] // 2, cover.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
    )
    mix_patch(box.of(target.y), cover, color.y)
    mix_patch(box.of_half(target.u), half, color.u)
    mix_patch(box.of_half(target.v), half, color.v)
