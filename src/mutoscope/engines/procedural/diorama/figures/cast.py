"""Who is on the stage: the figures of a scene, each in a place, a gait and colors of its own."""

import math
from dataclasses import replace
from typing import Final

from mutoscope.engines.procedural.diorama.canvas import Easel
from mutoscope.engines.procedural.diorama.figures import biped, creatures, vehicles
from mutoscope.engines.procedural.diorama.figures.actor import Actor, Gait, Soft, Track
from mutoscope.engines.procedural.diorama.figures.base import Figure
from mutoscope.engines.procedural.diorama.figures.blocking import Blocking, Part, Place
from mutoscope.engines.procedural.diorama.figures.dyes import inks, rim_ink
from mutoscope.engines.procedural.diorama.figures.riders import RIDERS
from mutoscope.engines.procedural.diorama.figures.tracks import ADDITIONS, Breach, Leaps, Way
from mutoscope.engines.procedural.diorama.figures.troupe import GAITS, LEAPERS, RUN_RATES, STAYS, TROUPE
from mutoscope.engines.procedural.plan import FigureWish, SceneWish
from mutoscope.engines.procedural.stage import Stage

_COUNT_MAX: Final = 12
"""Of one kind; more become a blur, and cost."""
_CROWD: Final = 18
_LIT_FROM: Final = 0.34
"""Share of lit windows from which lamps are on."""
_ROLLING: Final = 3.0
"""How much faster wheels turn than the way across the frame asks for: the camera drives along."""
_ASTRIDE: Final = 1e-6
"""By how much a rider is nearer than the horse."""
_PASSERSBY: Final = 8
_BEFORE_TOWERS: Final = 0.51
_PAVEMENT: Final = 0.44
"""From the middle of a city's road to its pavement, in units at inverse distance 1."""
_HAZE_FRONT, _HAZE_BACK = 0.45, 0.8
"""Of the air's haze at its distance, in a subject and in what stands behind it."""
_HALO: Final = 0.62
_DARK: Final = 0.5
"""Brightness below which figures have a halo."""
_LAMPLIGHT: Final = (0.52, 0.40, 0.32)
_LAMP: Final = (120, 82, 54)
_BULB: Final = (255, 214, 150)
_SUNLIGHT: Final = (0.92, 0.92, 0.96)
_RIM: Final = 0.0075
"""Width of a lit edge in units of the form."""
_RIMLESS: Final = 0.15
"""Figures of a smaller size, in shares of the stage's unit, have none: they would be nothing else."""
_RIM_PX: Final = (0.0009, 0.0026)
"""Its least and its most, in shares of the stage's unit."""


def cast(wish: SceneWish, easel: Easel, stage: Stage) -> list[Figure]:
    """The figures that the words ask for, farthest first."""
    director = _Director(wish, easel, stage)
    actors = director.actors(_parts(wish))
    for each in wish.figures:
        if each.kind == "crowd":
            has_subject = any(other.kind != "crowd" and not TROUPE[other.kind].stands for other in wish.figures)
            actors += director.crowd(each, with_gap=has_subject)
    if not wish.deserted and not any(each.kind == "crowd" for each in wish.figures):
        actors += director.passersby()
    figures: list[Figure] = [*sorted(actors, key=lambda actor: actor.inverse)]
    return figures


def _parts(wish: SceneWish) -> list[Part]:
    """Every figure but those of crowds; the first that is no landmark is the main one."""
    movers = [each for each in wish.figures if not TROUPE[each.kind].stands]
    singles = [each for each in wish.figures if each.kind != "crowd"]
    subjects = [each for each in singles if each in movers] or singles
    many = sum(each.count for each in movers) > 1
    return [
        Part(
            each,
            index,
            is_main=each is subjects[0] and index == 0,
            has_company=many or (bool(movers) and each not in movers),
        )
        for each in singles
        for index in range(min(max(each.count, 1), _COUNT_MAX))
    ]


class _Director:
    """Gives every part its place, gait and costume."""

    def __init__(self, wish: SceneWish, easel: Easel, stage: Stage) -> None:
        self._wish, self._easel, self._stage = wish, easel, stage
        self._blocking = Blocking(wish, easel, stage)
        self._palette = easel.palette
        if wish.kind == "space":  # the sun shines there, whatever the hour is
            self._palette = replace(self._palette, ambient=_SUNLIGHT)
        elif wish.kind == "room" and easel.palette.is_dark:  # a lamp is on
            self._palette = replace(self._palette, ambient=_LAMPLIGHT, horizon=_LAMP, light=_BULB)
        self._lit = easel.palette.lit_windows >= _LIT_FROM

    def actors(self, parts: list[Part]) -> list[Actor]:
        """One for each part."""
        places = self._blocking.places(parts)
        found = [
            self._actor(part, place, variant) for variant, (part, place) in enumerate(zip(parts, places, strict=True))
        ]
        found += [
            self._rider(part, place, horse)
            for part, place, horse in zip(parts, places, found, strict=True)
            if part.wish.rider is not None
        ]
        return found + [
            replace(each, form=creatures.splash, track=each.track.splash, waterline=None, halo=None)
            for each in found
            if isinstance(each.track, Breach)
        ]

    def crowd(self, wish: FigureWish, *, with_gap: bool) -> list[Actor]:
        """Small people at many distances, looking towards the middle; a gap before the main subject stays free."""
        easel, width = self._easel, float(self._stage.width_px)
        random = self._stage.random("crowd")
        low, high = self._blocking.ground_span()
        count = round(_CROWD * min(max(easel.breadth, 0.6), 1.15))
        first = random.random()
        actors = []
        for index in range(count):
            inverse = low + (high - low) * ((index + random.random()) / count) ** 1.5
            side = 1 if index % 2 else -1
            inner = 0.36 if with_gap and inverse > 0.7 else 0.02
            # Steps of the golden ratio spread them more evenly than chance does.
            x = side * width * (inner + (0.52 - inner) * ((0.618 * (index // 2) + first) % 1.0))
            size = self._blocking.person_px * TROUPE["crowd"].beside * inverse / 0.66 * random.uniform(0.86, 1.08)
            row = easel.ground_px(inverse)
            part = Part(wish, index, is_main=False, has_company=True)
            walks = wish.motion in ("walk", "run")
            facing = (1 if random.random() < 0.5 else -1) if walks else -side
            way = 0.09 * width * facing if walks else 0.0
            start = (easel.middle_px + x, row)
            place = Place(start, (start[0] + way, row), inverse, size, facing, "ground")
            actors.append(self._actor(part, place, index + int(random.integers(5))))
        return actors

    def passersby(self) -> list[Actor]:
        """People on the pavements of a city street, small, each on a way of its own; none elsewhere."""
        if self._wish.kind != "city" or not self._blocking.has_road:
            return []
        easel = self._easel
        random = self._stage.random("passersby")
        wish = FigureWish("crowd", motion="walk")
        actors = []
        for index in range(_PASSERSBY):
            inverse = 0.32 + 0.36 * ((0.618 * index + random.uniform(0, 0.1)) % 1.0)
            side, facing = (1, -1)[index % 2], (1, -1)[int(random.integers(2))]
            size = 0.25 * easel.unit_px * inverse * random.uniform(0.92, 1.06)
            inner, outer = _PAVEMENT * easel.unit_px * inverse, 0.5 * self._stage.width_px
            x = side * (inner + (outer - inner) * random.uniform(0.04, 0.8))
            way = 0.5 * facing * TROUPE["person"].stride * 0.8 * self._stage.duration_s * size
            row = easel.ground_px(inverse)
            # Nobody steps onto the road.
            start, end = (side * max(inner, side * (x + step)) for step in (-way, way))
            ends = (easel.middle_px + start, row), (easel.middle_px + end, row)
            place = Place(*ends, max(inverse, _BEFORE_TOWERS), size, facing, "ground")
            actors.append(self._actor(Part(wish, index, is_main=False, has_company=True), place, index))
        return actors

    def _actor(self, part: Part, place: Place, variant: int) -> Actor:
        palette = self._palette
        haze = self._haze(part, place)
        gait = self._gait(part, place)
        kind = part.wish.kind
        cycles, stride = self._steps(part, place, gait)
        color = part.wish.color
        form = vehicles.car_from_behind if place.is_from_behind else part.member.form
        if kind == "person" and self._wish.kind == "space":  # nobody is out there in a coat
            form, color = biped.astronaut, color or "white"
        return Actor(
            form=form,
            track=self._track(part, place, gait, cycles, variant),
            size_px=place.size_px,
            inverse=place.inverse,
            inks=inks(kind, color, palette, haze=haze, index=part.index),
            duration_s=self._stage.duration_s,
            facing=place.facing,
            gait=gait,
            stride=stride,
            variant=variant,
            lit=self._lit,
            rim=self._rim(place),
            rim_ink=rim_ink(palette, haze),
            halo=self._halo(part),
            waterline=place.waterline,
            mirror=0.0 if place.waterline is None else 0.34,
        )

    def _rider(self, part: Part, place: Place, horse: Actor) -> Actor:
        """Goes wherever the horse goes, right before it."""
        assert part.wish.rider is not None, "called for what is ridden"
        kind, color = part.wish.rider.kind, part.wish.rider.color
        return replace(
            horse,
            form=RIDERS[kind],
            inks=inks(kind, color, self._palette, haze=self._haze(part, place), index=part.index),
            inverse=horse.inverse + _ASTRIDE,
            halo=None,
        )

    def _gait(self, part: Part, place: Place) -> Gait:
        kind, motion = part.wish.kind, part.wish.motion
        if kind == "whale":
            return "jump" if place.home == "water" else "swim"
        if motion is not None:
            gait = GAITS[motion]
            return "wave" if gait == "walk" and kind == "noble" else gait
        if kind in RUN_RATES and place.home in ("deep", "sky"):
            return "swim"
        return part.member.gait

    def _steps(self, part: Part, place: Place, gait: Gait) -> tuple[float, float]:
        """Cycles of the gait in the clip, and the share of a full stride: feet stay where they stand when it walks."""
        member, duration = part.member, self._stage.duration_s
        if gait == "run":
            return RUN_RATES.get(part.wish.kind, 1.3) * duration, 1.0
        if gait not in ("walk", "wave"):
            return member.rate * duration, 1.0
        stride = member.stride or TROUPE["person"].stride if part.wish.kind != "horse" else 1.23
        cycles = abs(place.end[0] - place.start[0]) / (stride * place.size_px)
        usual = max(member.rate, 0.7) * duration
        share = min(1.0, max(0.55, math.sqrt(cycles / usual)))
        return max(cycles / share, 0.6 * usual), share

    def _track(self, part: Part, place: Place, gait: Gait, cycles: float, variant: int) -> Track:
        kind, motion, member = part.wish.kind, part.wish.motion, part.member
        duration = self._stage.duration_s
        if kind == "fish" and place.home == "water":
            period = 2.3 + 0.35 * (variant % 4)
            return Breach(place.start, place.end, duration, place.size_px, period, 0.77 * variant, 0.85)
        if kind == "whale" and motion == "jump" and place.home == "water":
            return Breach(place.start, place.end, duration, place.size_px, 2.9, 1.1 * variant, 0.42)
        if gait == "jump" and kind in LEAPERS:
            return Leaps(place.start, place.end, duration, 0.55 * place.size_px)
        way = abs(place.end[0] - place.start[0]) / place.size_px
        addition = ADDITIONS[motion] if motion is not None else None
        if place.is_from_behind:
            way = 0.55 * duration
        floats = place.home in ("sky", "deep") and member.home not in ("sky", "deep")
        return Way(
            start=place.start,
            end=place.end,
            duration_s=duration,
            size_px=place.size_px,
            cycles=cycles,
            rolled=way * _ROLLING * (1.6 if motion == "run" else 1.0) if motion not in STAYS else 1.5 * duration,
            bob=0.05 if floats else member.bob,
            bob_s=member.bob_s,
            roll=0.10 if floats else member.roll,
            angle=-0.55 if kind == "rocket" and self._wish.kind == "space" else 0.0,
            end_scale=place.end_scale,
            haste=1.7 if kind == "rocket" and self._wish.kind != "space" else 1.0,
            begin=1.37 * variant,
            **({} if addition is None else {"addition": addition}),
        )

    def _haze(self, part: Part, place: Place) -> float:
        """Less than the land's, for figures are what is looked at."""
        if place.home in ("sky", "deep"):
            return 0.06 + 0.05 * min(part.index, 5)
        is_background = part.member.stands or part.wish.kind == "crowd"
        return self._easel.haze_at(place.inverse) * (_HAZE_BACK if is_background else _HAZE_FRONT)

    def _halo(self, part: Part) -> Soft | None:
        """In the dark, behind who stands on dark ground."""
        strength = _HALO * (1 - self._easel.palette.brightness / _DARK)
        if strength <= 0 or part.member.stands or part.wish.kind == "crowd" or self._wish.kind in ("room", "space"):
            return None
        member = part.member
        middle = 0.0 if part.wish.kind in ("bird", "fish", "whale") else 0.5 * member.tall
        return Soft(
            "spot",
            "halo",
            (0.0, middle),
            (1.2 * max(member.half, 0.6 * member.tall), 0.0),
            (0.0, 1.02 * member.tall),
            strength,
        )

    def _rim(self, place: Place) -> tuple[float, float]:
        """Towards sun or moon, in units of the form."""
        palette, easel = self._palette, self._easel
        indoors = self._wish.kind == "room"
        if self._wish.kind == "underwater" or (not palette.is_dark if indoors else palette.light_size == 0):
            return 0.0, 0.0
        x = easel.light_px[0]
        away = (x - easel.middle_px) / self._stage.width_px + 0.4 * (x - place.start[0]) / self._stage.width_px
        across = 0.6 if indoors else max(-1.0, min(1.0, 3 * away))
        up = 0.75
        if place.size_px < _RIMLESS * self._stage.unit_px:
            return 0.0, 0.0
        least, most = (share * self._stage.unit_px / place.size_px for share in _RIM_PX)
        width = min(max(_RIM * (1.5 - 0.5 * palette.brightness), least), most) / math.hypot(across, up)
        return width * across, -width * up
