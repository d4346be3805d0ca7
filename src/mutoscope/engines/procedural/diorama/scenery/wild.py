"""Places without people: mountains, forest, snow."""

import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, fill, soft, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.life import Lamp, Lamps, Shafts
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.water import Glints, Water
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.media.frames import Plane


def mountain(easel: Easel, wish: SceneWish) -> list[Part]:
    """Two ranges with snow on them over a wooded valley, and a meadow or a lake before it."""
    deep = 0.7 if wish.snow else 0.13
    green = land.SNOW if wish.snow else land.MEADOW
    parts: list[Part] = [
        *paint_sky(easel),
        land.mountains(easel, "far range", 0.26, height=0.10, forms=5, bumps=0.22, snow=deep * 0.9),
        land.mountains(easel, "main range", 0.37, height=0.02, forms=4, bumps=0.46, snow=deep),
        land.range_of_hills(
            easel, "foothills", 0.45, height=0.06, forms=3, rough=0.4, color=blend(land.PINE, green, 0.4), bumps=0.05
        ),
        land.pines(easel, "wood", 0.52, base=0.03, size=0.085, dense=3.6, snowy=wish.snow),
    ]
    if wish.water:
        parts += lake(easel, row=0.055)
    else:
        parts.append(land.ground(easel, color=green, start=0.16).painting(0.6, is_ground=True, is_plant=not wish.snow))
    bank = land.PINE if wish.water and not wish.snow else green
    parts.append(
        land.pines(
            easel, "frame", 0.95, base=foreground(easel), size=0.42, dense=4.2, gap=0.70, snowy=wish.snow, bank=bank
        )
    )
    return parts


def lake(easel: Easel, *, row: float) -> list[Part]:
    """Still water from `row` units below the horizon."""
    easel.water_px = easel.horizon_px + row * easel.unit_px
    easel.shore = 0.93
    easel.footing = 0.97
    deep = easel.lit((34, 74, 92), 0.9)
    return [
        Water(easel, waves=0.15, deep=deep, clear=0.94),
        Glints(easel, count=170, strength=0.5 + 0.5 * easel.palette.brightness),
    ]


def foreground(easel: Easel) -> float:
    """Where the nearest bank lies, in units below the horizon."""
    return 0.84 * easel.depth_px / easel.unit_px


def forest(easel: Easel, wish: SceneWish) -> list[Part]:
    """Rows of pines, each darker than the one behind it, with light falling through a clearing."""
    floor = land.SNOW if wish.snow else (84, 112, 60)
    parts: list[Part] = [
        *paint_sky(easel),
        land.range_of_hills(
            easel, "far hills", 0.25, height=0.20, forms=3, rough=0.5, color=(86, 120, 104), bumps=0.07
        ),
        land.pines(easel, "row 0", 0.32, base=-0.10, size=0.17 * easel.rise, dense=3.4, snowy=wish.snow),
        land.pines(easel, "row 1", 0.44, base=-0.02, size=0.27 * easel.rise, dense=3.0, gap=0.10, snowy=wish.snow),
        land.pines(easel, "row 2", 0.56, base=0.06, size=0.40 * easel.rise, dense=2.6, gap=0.30, snowy=wish.snow),
    ]
    if easel.palette.brightness > 0.4 and easel.palette.light_size > 0:
        parts.append(Shafts(easel, 0.57, count=7, strength=0.34))
    if wish.water:
        parts += lake(easel, row=0.10)
    else:
        sheet = land.ground(easel, color=floor, start=0.24, texture=0.2)
        _trail(easel, sheet, (172, 144, 104) if not wish.snow else (206, 214, 226))
        parts.append(sheet.painting(0.6, is_ground=True, is_plant=not wish.snow))
    parts.append(_trunks(easel, wish))
    parts.append(
        land.grass(easel, "ferns", 1.0, height=0.10, color=scaled(floor, 0.9) if not wish.snow else (190, 200, 214))
    )
    if easel.palette.is_dark:
        parts.append(_fireflies(easel))
    return parts


def _trail(easel: Easel, sheet: Sheet, color: Rgb) -> None:
    """A path that winds towards the horizon."""
    inverse = np.linspace(0.14, 1.3, 48)
    bend = 0.10 * np.sin(2.2 / inverse + easel.random("trail").uniform(0, 6)) * np.minimum(1.0, inverse * 2)
    y = easel.horizon_px + easel.depth_px * inverse - sheet.top_px
    left = easel.middle_px + easel.unit_px * inverse * (bend - 0.17)
    right = easel.middle_px + easel.unit_px * inverse * (bend + 0.17)
    mask = sheet.blank()
    fill(mask, np.concatenate([np.column_stack([left, y]), np.column_stack([right, y])[::-1]]))
    # It is lost in the haze, and in what grows there, before the wood begins.
    rows = np.arange(sheet.height_px, dtype=np.float32) + np.float32(sheet.top_px)
    far = (rows - np.float32(easel.horizon_px)) / np.float32(easel.depth_px)
    fade = soft((far - np.float32(easel.inverse_at(sheet.top_px) + 0.01)) / np.float32(0.22))
    mask = np.rint(mask * fade[:, None]).astype(np.uint8)
    sheet.ink(mask, easel.lit(color, 0.75), 0.62)


def _trunks(easel: Easel, wish: SceneWish) -> Painting:
    """Big stems at both edges, with boughs that hang into the picture."""
    random = easel.random("trunks")
    unit = easel.unit_px
    bark = easel.lit((74, 56, 46), 0.95)
    sheet = Sheet(easel, 0, None, bark)
    stems, light, boughs = sheet.blank(), sheet.blank(), sheet.blank()
    toward = 1 if easel.light_px[0] > easel.middle_px else -1
    for side, places in ((-1, (0.93, 0.70)), (1, (0.96, 0.76))):
        for place in places:
            x = easel.middle_px + side * place * easel.frame_width_px / 2
            half = unit * (0.052 if place > 0.9 else 0.028) * random.uniform(0.85, 1.15)
            foot = easel.bottom_px + 0.04 * unit if place > 0.9 else easel.ground_px(0.84)
            lean = -side * random.uniform(0.0, 0.03) * unit
            _trunk(stems, x, half, foot, lean, (-1.0, 1.0))
            _trunk(light, x, half, foot, lean, (0.42 * toward, 0.88 * toward))
            for _ in range(5 if place > 0.9 else 3):
                _bough(
                    boughs,
                    x,
                    easel.top_px + random.uniform(-0.05, 0.42) * unit,
                    -side,
                    unit * random.uniform(0.16, 0.34),
                    random,
                )
                _bough(
                    boughs,
                    x,
                    easel.top_px + random.uniform(-0.05, 0.30) * unit,
                    side,
                    unit * random.uniform(0.10, 0.2),
                    random,
                )
    sheet.ink(stems, bark, is_new=True)
    sheet.ink(np.minimum(light, stems), easel.lit((156, 124, 92), 0.95), 0.55)
    sheet.ink(boughs, easel.lit(scaled(land.PINE, 0.72) if not wish.snow else (150, 170, 182), 0.95), is_new=True)
    return sheet.painting(0.95, is_plant=True, is_soft=True)


def _trunk(mask: Plane, x: float, half: float, foot: float, lean: float, part: tuple[float, float]) -> None:
    """A stem that widens towards its foot; `part` is what of its breadth is filled, −1 to 1."""
    rows = ((foot, 1.7, 0.0), (foot - 3.2 * half, 0.95, 0.0), (-4.0, 0.6, lean))
    sides = [[(x + shift + edge * half * wide, row) for row, wide, shift in rows] for edge in part]
    fill(mask, sides[0] + sides[1][::-1])


def _bough(
    mask: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    x: float,
    y: float,
    side: int,
    length: float,
    random: np.random.Generator,
) -> None:
    """A drooping branch with needles."""
    along = np.linspace(0, 1, 12)
    xs = x + side * length * along
    ys = y + length * (0.10 * along + 0.28 * along**2)
    stroke(mask, np.column_stack([xs, ys]), max(1.0, length * 0.02))
    for share, px, py in zip(along[1:], xs[1:], ys[1:], strict=True):
        hang = length * 0.26 * (1 - 0.7 * share) * random.uniform(0.7, 1.2)
        half = length * 0.055
        fill(mask, [(px - half, py - half * 0.3), (px + half, py - half * 0.1), (px + side * half * 0.8, py + hang)])


def _fireflies(easel: Easel) -> Part:
    random = easel.random("fireflies in the wood")
    size, color = 0.010 * easel.unit_px, (228, 244, 140)
    lamps = []
    for _ in range(16):
        x = easel.left_px + random.uniform(0.12, 0.88) * easel.frame_width_px
        y = easel.ground_px(random.uniform(0.1, 0.9))
        hertz, phase = random.uniform(0.2, 0.6), random.uniform(0, 6)
        lamps.append(Lamp(x, y, size, size, color, 0.8, hertz, phase, 0.95))
    return Lamps(easel, 0.8, lamps)


def snow(easel: Easel, wish: SceneWish) -> list[Part]:
    """Pale ranges, snow-laden pines, a white plain with blue shadows and a hut with a light in it."""
    parts: list[Part] = [
        *paint_sky(easel),
        land.mountains(easel, "far range", 0.26, height=0.05, forms=5, bumps=0.20, snow=0.8, color=(120, 130, 150)),
        land.range_of_hills(easel, "drifts 0", 0.36, height=0.06, forms=2.5, rough=0.2, color=land.SNOW, bumps=0.04),
        land.pines(
            easel, "wood", 0.44, base=0.02, size=0.12, dense=2.6, snowy=True, color=(66, 96, 98), bank=land.SNOW
        ),
        land.range_of_hills(
            easel, "drifts 1", 0.50, height=-0.015, forms=1.6, rough=0.12, color=(226, 234, 244), bumps=0.022
        ),
    ]
    if wish.water:
        parts += lake(easel, row=0.075)
    else:
        sheet = land.ground(easel, color=(224, 232, 244), far=land.SNOW, start=0.15, texture=0.07)
        _trail(easel, sheet, (176, 192, 220))
        parts.append(sheet.painting(0.6, is_ground=True))
    parts.append(
        land.pines(
            easel,
            "frame",
            0.95,
            base=foreground(easel),
            size=0.48,
            dense=3.0,
            gap=0.62,
            snowy=True,
            color=(60, 92, 94),
            bank=(222, 230, 242),
        )
    )
    return parts
