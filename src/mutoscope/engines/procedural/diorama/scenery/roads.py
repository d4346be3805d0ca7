"""Roads towards the vanishing point, and the open land that they run through."""

from typing import Final

from mutoscope.engines.procedural.diorama.canvas import Easel, Sheet, fill
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.life import Dashes, Posts
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.water import Water
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.media.frames import Plane

ASPHALT: Final[Rgb] = (70, 72, 80)


def road(easel: Easel, wish: SceneWish) -> list[Part]:
    """An open road to the horizon under a big sky, with posts that pass by."""
    green = land.SNOW if wish.snow else land.MEADOW
    parts: list[Part] = [
        *paint_sky(easel),
        land.mountains(easel, "far range", 0.24, height=0.03, forms=4, bumps=0.27, snow=0.5 if wish.snow else 0.05),
        land.range_of_hills(
            easel, "hills", 0.32, height=0.035, forms=3, rough=0.35, color=blend(green, land.PINE, 0.35), bumps=0.03
        ),
    ]
    if wish.water:
        easel.water_px = easel.ground_px(0.09)
        parts.append(Water(easel, waves=0.3, deep=easel.lit((34, 74, 92), 0.9), clear=0.9))
        easel.shore = 0.24
    start = 0.10 if not wish.water else 0.24
    if not wish.water:
        parts.append(
            land.pines(
                easel,
                "trees",
                0.38,
                base=0.045,
                size=0.05,
                dense=2.4,
                snowy=wish.snow,
                gap=0.10,
                bank=blend(green, land.PINE, 0.4),
            )
        )
    sheet = land.ground(easel, color=green, start=start, texture=0.15)
    pave(easel, sheet, road=0.42, verge=(172, 156, 124) if not wish.snow else (210, 214, 222), color=ASPHALT)
    parts.append(sheet.painting(0.6, is_ground=True))
    speed = 1.1
    paint: Rgb = (244, 240, 224)
    parts.append(Dashes(easel, x=0.0, half=0.011, length=0.5, gap=0.7, speed=speed, color=paint, until=start))
    parts.append(
        Posts(
            easel,
            x=0.62,
            height=0.62 if easel.palette.is_dark else 0.16,
            every=1.6,
            speed=speed,
            color=(214, 210, 204) if not easel.palette.is_dark else (60, 60, 72),
            lamp=easel.palette.windows if easel.palette.is_dark else None,
        )
    )
    return parts


def pave(easel: Easel, sheet: Sheet, *, road: float, verge: Rgb, color: Rgb) -> None:
    """A road to the vanishing point; `road` is its half width in units at inverse distance 1, with a kerb each side."""
    top = easel.horizon_px - sheet.top_px
    reach = (easel.top_px + easel.height_px - easel.horizon_px) / easel.depth_px
    middle, unit = easel.middle_px, easel.unit_px

    def band(inner: float, outer: float) -> Plane:
        mask = sheet.blank()
        for side in (-1, 1):
            fill(
                mask,
                [
                    (middle + side * inner * reach * unit, top + reach * easel.depth_px),
                    (middle, top),
                    (middle, top),
                    (middle + side * outer * reach * unit, top + reach * easel.depth_px),
                ],
            )
        return mask

    sheet.ink(band(road, road * 1.5), easel.lit(verge, 0.75), 0.8)
    sheet.ink(band(0.0, road), easel.lit(scaled(color, 0.8), 0.8), 0.75)
    sheet.ink(band(road * 0.97, road * 1.02), easel.lit((206, 204, 196), 0.7), 0.6)
