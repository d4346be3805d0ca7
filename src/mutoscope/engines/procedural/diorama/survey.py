"""What the painter knows of his scene, told in the terms in which photos are analyzed."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import INVERSE_SKY, Easel
from mutoscope.engines.procedural.diorama.eye import Eye, Values, row_at
from mutoscope.engines.procedural.diorama.layers import Layer
from mutoscope.engines.procedural.diorama.scenery.sky import Sky
from mutoscope.engines.procedural.diorama.scenery.water import Water
from mutoscope.engines.procedural.sight.analysis import Analysis, Share
from mutoscope.engines.procedural.sight.depth import INVERSE_FAR

_LONGER_SIDE: Final = 192
_ERODED: Final = 3
"""Pixels of the small picture by which the sky keeps away from what stands before it."""


def survey(parts: Sequence[object], easel: Easel, eye: Eye) -> Analysis:
    """Nearness, sky, water and plants as `eye` sees them; figures are left out, since they move."""
    width_px, height_px = easel.frame_width_px, easel.frame_height_px
    scale = max(width_px, height_px) / _LONGER_SIDE
    shape = (max(2, round(height_px / scale)), max(2, round(width_px / scale)))
    x = ((np.arange(shape[1], dtype=np.float32) + 0.5) * (width_px / shape[1]) - 0.5)[None, :] + np.zeros(
        shape, np.float32
    )
    y = ((np.arange(shape[0], dtype=np.float32) + 0.5) * (height_px / shape[0]) - 0.5)[:, None] + np.zeros(
        shape, np.float32
    )
    column, row, ground = eye.ground(np.asarray(x, np.float32), np.asarray(y, np.float32))
    nearness, covered, water, plants = (np.zeros(shape, np.float32) for _ in range(4))
    for part in parts:
        if isinstance(part, Layer):
            cover = _cover(part, eye, (x, y), (column, row))
            near = ground if part.is_ground else np.full(shape, part.inverse, np.float32)
            is_plant = float(part.is_plant)
        elif isinstance(part, Water):
            place = eye.place(part.inverse)
            cover = np.clip((place[1, 0] * x + place[1, 1] * y + place[1, 2] - part.water_px) / scale + 0.5, 0, 1)
            near, is_plant = ground, 0.0
        else:
            continue
        cover = np.asarray(cover, np.float32)
        nearness += (_nearness(near) - nearness) * cover
        covered = np.maximum(covered, cover)
        water += (float(isinstance(part, Water)) - water) * cover
        plants += (is_plant - plants) * cover
    has_sky = any(isinstance(part, Sky) and part.is_air for part in parts)
    sky = cv2.erode(1 - covered, np.ones((_ERODED, _ERODED), np.uint8)) if has_sky else np.zeros(shape, np.float32)
    return Analysis(
        nearness=nearness,
        sky=np.asarray(sky, np.float32),
        water=water,
        plants=plants,
        horizon=_horizon(easel, eye),
        light=_light(easel, eye),
    )


def _cover(layer: Layer, eye: Eye, pixels: tuple[Values, Values], ground: tuple[Values, Values]) -> Share:
    """0 to 1 where the layer covers, read at these pixels of the frame."""
    if layer.is_ground:
        column, row = ground
    else:
        place = eye.place(layer.inverse)
        column, row = (place[k, 0] * pixels[0] + place[k, 1] * pixels[1] + np.float32(place[k, 2]) for k in (0, 1))
    row = row - np.float32(layer.top_px)
    rest = np.ascontiguousarray(layer.chroma[:, :, 2])
    read: NDArray[np.generic] = cv2.remap(
        rest, np.asarray(column / 2, np.float32), np.asarray(row / 2, np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray((1 - np.asarray(read, np.float32) / 255) * (row >= -0.5), np.float32)


def _nearness(inverse: Values) -> Share:
    return np.asarray(np.clip((inverse - INVERSE_FAR) / (1 - INVERSE_FAR), 0, 1), np.float32)


def _horizon(easel: Easel, eye: Eye) -> float:
    """Of the ground, or indoors of the floor."""
    place = eye.place(max(0.0, easel.inverse_at(easel.floor_px)))
    row = row_at(place, easel.floor_px, easel.frame_width_px / 2)
    return min(max(row / easel.frame_height_px, 0.0), 1.0)


def _light(easel: Easel, eye: Eye) -> tuple[float, float]:
    x, y = eye.view(INVERSE_SKY).point(*easel.light_px)
    return x / easel.frame_width_px, y / easel.frame_height_px
