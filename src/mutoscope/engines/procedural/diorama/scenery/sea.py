"""The open sea, with islands far out and a beach where somebody has to stand on one."""

import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, fill, soft, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.water import Glints, Water
from mutoscope.engines.procedural.plan import SceneWish

_LANDSMEN = frozenset(
    {"person", "noble", "crowd", "cat", "dog", "horse", "car", "house", "tree", "castle", "lighthouse"}
)


def sea(easel: Easel, wish: SceneWish) -> list[Part]:
    """Open water to the horizon, islands far out, and a beach where somebody has to stand on one."""
    rough = 1.0 if easel.time == "storm" else 0.55
    easel.water_px = easel.horizon_px
    parts: list[Part] = [*paint_sky(easel), islands(easel, 0.16)]
    deep = easel.lit((22, 78, 112), 0.95)
    on_land = wish.shore or any(figure.kind in _LANDSMEN for figure in wish.figures)
    easel.shore = 0.62 if on_land else None
    parts.append(Water(easel, waves=rough, deep=deep, clear=0.72))
    parts.append(Glints(easel, count=260, strength=0.45 + 0.55 * easel.palette.brightness))
    if on_land or wish.snow:
        easel.shore = 0.62
        easel.footing = 0.82
        parts.append(beach(easel, wish))
    else:
        parts.append(rocks(easel, 1.0))
    return parts


def islands(easel: Easel, inverse: float) -> Painting:
    """Headlands at one side of the horizon, across from the light."""
    unit = easel.unit_px
    side = -1 if easel.light_px[0] > easel.middle_px else 1
    x = (np.arange(easel.width_px, dtype=np.float32) - np.float32(easel.middle_px)) / np.float32(
        easel.frame_width_px / 2
    )
    reach = soft((x * np.float32(side) - np.float32(0.30)) / np.float32(0.75))
    rough = easel.profile("islands", 6, 0.7)
    rows = np.asarray(
        easel.horizon_px + 3 - unit * (0.16 * reach * (0.75 + 0.4 * rough) + np.where(reach > 0, 0.006, -0.03)),
        np.float32,
    )
    sheet = Sheet(easel, float(rows.min()) - 4, easel.horizon_px + 0.03 * unit, easel.lit((92, 112, 104), 0.33))
    sheet.cover_below(rows)
    sheet.shade(1 + (sheet.noise("island grain", 40, 18, 3) - 0.5) * np.float32(0.3))
    land.foot_haze(sheet, np.asarray(sheet.below(rows) * 1.5, np.float32), 0.3)
    return sheet.painting(inverse)


def beach(easel: Easel, wish: SceneWish) -> Painting:
    """Sand with a line of foam."""
    unit = easel.unit_px
    edge = easel.ground_px(0.60)
    curve = np.asarray(edge + easel.profile("beach", 1.2, 0.15) * np.float32(0.035 * unit), np.float32)
    sand: Rgb = (226, 200, 152) if not wish.snow else land.SNOW
    sheet = Sheet(easel, float(curve.min()) - 0.02 * unit, None, easel.lit(sand, 0.85))
    sheet.cover_below(curve)
    below = sheet.below(curve)
    sheet.mix(scaled(easel.lit((150, 124, 96), 0.9), 0.9), 0.8 * np.exp(-below * np.float32(26)))
    sheet.shade(
        1
        + (land.patches(sheet, "beach sand", 1.6) - 0.5) * np.float32(0.16)
        - np.float32(0.25) * soft(below / np.float32(0.4))
    )
    foam = sheet.blank()
    for shift, width in ((0.000, 0.012), (0.014, 0.005)):
        line = np.column_stack(
            [
                np.arange(0, easel.width_px, 6),
                curve[::6]
                - sheet.top_px
                + shift * unit
                + 0.004 * unit * np.sin(np.arange(0, easel.width_px, 6) / unit * 23),
            ]
        )
        stroke(foam, line, max(1, width * unit))
    sheet.ink(foam, easel.lit((250, 252, 250), 0.8), 0.85, is_new=True)
    return sheet.painting(0.8)


def rocks(easel: Easel, inverse: float) -> Painting:
    """Boulders in the lower corners."""
    random = easel.random("rocks")
    unit = easel.unit_px
    sheet = Sheet(easel, easel.bottom_px - 0.24 * unit, None)
    body, light = sheet.blank(), sheet.blank()
    toward = 1 if easel.light_px[0] > easel.middle_px else -1
    bottom = easel.bottom_px - sheet.top_px + 0.06 * unit
    for side in (-1, 1):
        for _ in range(6):
            x = easel.middle_px + side * random.uniform(0.66, 1.12) * easel.frame_width_px / 2
            size = unit * random.uniform(0.05, 0.11)
            tall = size * random.uniform(0.9, 1.7)
            top = [
                (x - size, sheet.height_px + 4.0),
                (x - size, bottom),
                (x - size * 0.8, bottom - tall * 0.6),
                (x - size * 0.2, bottom - tall),
                (x + size * 0.35, bottom - tall * 0.86),
                (x + size * 0.9, bottom - tall * 0.4),
                (x + size, bottom),
                (x + size, sheet.height_px + 4.0),
            ]
            fill(body, top)
            fill(
                light,
                [
                    (x + toward * size * 0.1, bottom - tall * 0.93),
                    (x + toward * size * 0.36, bottom - tall * 0.84),
                    (x + toward * size * 0.88, bottom - tall * 0.4),
                    (x + toward * size * 0.5, bottom - tall * 0.2),
                ],
            )
    sheet.ink(body, easel.lit((66, 68, 76), inverse), is_new=True)
    sheet.ink(np.minimum(light, body), easel.lit((146, 142, 140), inverse), 0.6)
    return sheet.painting(inverse)
