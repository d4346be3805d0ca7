"""Weather, particles and veils: pure functions of time, never out of range, and in the colors that were named."""

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from mutoscope.engines.procedural.effects.base import Overlay, Site
from mutoscope.engines.procedural.effects.particles import OVERLAYS as PARTICLES
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, overlays_of
from mutoscope.engines.procedural.effects.veils import OVERLAYS as VEILS
from mutoscope.engines.procedural.plan import ColorName, Effect, EffectName, ParticleName, VeilName
from mutoscope.engines.procedural.sight.analysis import Analysis, Subject
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.generation import InputFile
from mutoscope.media.frames import Planes, fit, planes_of_rgb
from mutoscope.media.image import read_image
from tests.unit.engines.looking import PIER

MAKERS = {**VEILS, **PARTICLES}
NAMES = tuple(MAKERS)
SIZES = ((64, 64), (36, 96), (98, 34), (8, 6), (2, 2))


def flat(values: tuple[int, int, int], width: int, height: int) -> Planes:
    """One color all over: Y, U and V."""
    planes = Planes.empty(width, height)
    for plane, value in zip((planes.y, planes.u, planes.v), values, strict=True):
        plane.fill(value)
    return planes


def analysis(sky: float = 0.5, subject: Subject | None = None) -> Analysis:
    """A sky over a ground, of 18 rows."""
    rows = np.repeat(np.linspace(0, 1, 18, dtype=np.float32)[:, None], 32, axis=1)
    none = np.zeros_like(rows)
    return Analysis(
        nearness=rows,
        sky=np.where(rows < sky, 1, 0).astype(np.float32),
        water=none,
        plants=none,
        horizon=max(0.33, sky),
        light=(0.5, 0.2),
        subject=subject,
    )


def site(width: int = 160, height: int = 90, *, seed: int = 5, duration_s: float = 5.0, luma: int = 60) -> Site:
    """A flat picture under a flat sky."""
    return Site(Stage(width, height, duration_s, seed), analysis(), flat((luma, 128, 128), width, height))


def drawn(overlay: Overlay, share: float, below: Planes) -> Planes:
    """What the overlay makes of a picture."""
    target = Planes.empty(below.width_px, below.height_px)
    below.copy_to(target)
    overlay.draw(share, target)
    return target


def below(place: Site) -> Planes:
    """The picture of a site that has one."""
    assert place.first is not None
    return place.first


def same(first: Planes, second: Planes) -> bool:
    """Whether every sample is equal."""
    pairs = ((first.y, second.y), (first.u, second.u), (first.v, second.v))
    return all(np.array_equal(a, b) for a, b in pairs)


def film(overlays: Iterable[Overlay], picture: Planes, num_frames: int = 25) -> OverlaidFilm:
    """A clip of one picture under effects."""

    class Still:
        """That picture, always."""

        width_px, height_px = picture.width_px, picture.height_px

        def __init__(self) -> None:
            self.num_frames = num_frames

        def draw(self, index: int, target: Planes) -> None:
            picture.copy_to(target)

    return OverlaidFilm(Still(), list(overlays), exact_first=True, exact_last=False)


def test_every_name_of_the_plan_is_drawn() -> None:
    """A word that the plan knows comes to something."""
    assert set(NAMES) == {*get_args(ParticleName), *get_args(VeilName)}


@pytest.mark.parametrize("name", NAMES)
def test_first_frame_is_the_picture(name: EffectName) -> None:
    """Whatever comes, it comes after the first frame, and it comes."""
    place = site()
    clip = film(overlays_of([Effect(name)], place), below(place))
    frames = [Planes.empty(160, 90) for _ in range(25)]

    for index, frame in enumerate(frames):
        clip.draw(index, frame)

    assert same(frames[0], below(place))
    assert not all(same(frame, below(place)) for frame in frames[1:])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_while_the_level_is_zero(name: EffectName) -> None:
    """Before its start and after its end an effect touches not one sample."""
    place = site()
    effect = Effect(name, start=0.4, end=0.6)
    overlay = MAKERS[name](effect, place)

    shares = (0.0, 0.2, 0.4, 0.76, 1.0)

    assert all(effect.level(share) == 0 for share in shares)
    assert all(same(drawn(overlay, share, below(place)), below(place)) for share in shares)


@pytest.mark.parametrize("name", NAMES)
def test_any_order_gives_the_same_samples(name: EffectName) -> None:
    """A frame depends on its time alone, not on what was drawn before it, nor by which instance."""
    place = site()
    first, second = (MAKERS[name](Effect(name), place) for _ in range(2))
    shares = (0.3, 0.95, 0.5, 0.31)

    forwards = [drawn(first, share, below(place)) for share in shares]
    backwards = [drawn(second, share, below(place)) for share in reversed(shares)][::-1]
    again = [drawn(first, share, below(place)) for share in shares]

    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert all(same(a, b) for a, b in zip(forwards, again, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_rows_may_lie_apart(name: EffectName) -> None:
    """An encoder's frame has padding after each row; it is drawn into directly."""
    place = site()
    overlay = MAKERS[name](Effect(name), place)
    sizes = ((90, 160), (45, 80), (45, 80))
    padded = Planes(*(np.zeros((height, width + 24), np.uint8)[:, :width] for height, width in sizes))
    below(place).copy_to(padded)

    overlay.draw(0.7, padded)

    assert same(padded, drawn(overlay, 0.7, below(place)))


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_looks_different(name: EffectName) -> None:
    """Chance comes from the clip's seed."""
    here, there = site(seed=5), site(seed=6)

    frames = [
        [drawn(MAKERS[name](Effect(name), place), share, below(place)) for share in np.linspace(0.2, 1, 9)]
        for place in (here, there)
    ]

    assert not all(same(a, b) for a, b in zip(*frames, strict=True))


def test_an_effect_does_not_reshuffle_another() -> None:
    """Each has its own stream of chance."""
    place = site()
    alone = MAKERS["snow"](Effect("snow"), place)
    overlays_of([Effect("rain"), Effect("petals")], place)
    beside = MAKERS["snow"](Effect("snow"), place)

    assert same(drawn(alone, 0.7, below(place)), drawn(beside, 0.7, below(place)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_any_size_is_drawn(name: EffectName, size: tuple[int, int]) -> None:
    """Square, upright, wide and tiny frames, whose sides need not be multiples of four."""
    place = site(*size)
    overlay = MAKERS[name](Effect(name, strength=1.6), place)

    frames = [drawn(overlay, share, below(place)) for share in (0.2, 0.5, 1.0)]

    assert all((frame.width_px, frame.height_px) == size for frame in frames)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [(16, 16, 240), (235, 240, 16), (16, 240, 240), (235, 16, 16)])
def test_samples_stay_in_limited_range(name: EffectName, values: tuple[int, int, int]) -> None:
    """Also over the darkest, the brightest and the most colorful picture there can be."""
    place = replace(site(96, 64), first=flat(values, 96, 64))
    overlay = MAKERS[name](Effect(name, strength=1.6), place)

    for share in np.linspace(0.02, 1, 40):
        frame = drawn(overlay, float(share), below(place))
        assert frame.y.min() >= 16 and frame.y.max() <= 235
        for plane in (frame.u, frame.v):
            assert plane.min() >= 16 and plane.max() <= 240


@pytest.mark.parametrize("name", NAMES)
def test_a_painted_scene_needs_no_first_frame(name: EffectName) -> None:
    """Text-to-video has no picture to begin with."""
    place = replace(site(), first=None)
    painted = flat((90, 128, 128), 160, 90)
    overlay = MAKERS[name](Effect(name), place)

    frames = [drawn(overlay, share, painted) for share in np.linspace(0.2, 1, 9)]

    assert not all(same(frame, painted) for frame in frames)


@pytest.mark.parametrize(("color", "u_sign", "v_sign"), [("red", -1, 1), ("green", -1, -1), ("blue", 1, -1)])
@pytest.mark.parametrize("name", ["dot", "petals", "confetti", "fireflies", "embers", "fireworks", "leaves"])
def test_a_named_color_is_used(name: EffectName, color: ColorName, u_sign: int, v_sign: int) -> None:
    """A green dot is green, and petals may be blue."""
    place = site(luma=50)
    overlay = MAKERS[name](Effect(name, color=color), place)

    u, v = np.zeros(0), np.zeros(0)
    for share in (0.4, 0.55, 0.7, 0.85):
        frame = drawn(overlay, share, below(place))
        u, v = np.append(u, frame.u.astype(float) - 128), np.append(v, frame.v.astype(float) - 128)

    assert u_sign * u.sum() > 0
    assert v_sign * v.sum() > 0


def test_a_dot_without_a_color_is_red() -> None:
    """As a laser pointer's."""
    place = site()

    frame = drawn(MAKERS["dot"](Effect("dot"), place), 0.6, below(place))

    assert frame.v.max() > 190


@pytest.mark.parametrize("name", ["snow", "rain", "petals", "bubbles"])
def test_speed_is_that_of_seconds(name: EffectName) -> None:
    """A clip of twice the length shows the same things at the same second."""
    short, long = site(duration_s=5.0), site(duration_s=10.0)
    effect = Effect(name, start=-1.0)

    at_three = [
        drawn(MAKERS[name](effect, place), 3.0 / place.stage.duration_s, below(place)) for place in (short, long)
    ]

    assert same(*at_three)


def test_flakes_become_more() -> None:
    """Snow begins with a few flakes; none of them pops up."""
    place = site(320, 180)
    overlay = MAKERS["snow"](Effect("snow"), place)

    white = [int((drawn(overlay, share, below(place)).y > 150).sum()) for share in (0.02, 0.05, 0.08, 0.11, 0.16)]

    assert white == sorted(white)
    assert white[0] < 0.1 * white[-1]


def test_snow_is_seen_on_white() -> None:
    """Behind flakes on a bright ground there is a shade."""
    place = site(320, 180, luma=228)
    overlay = MAKERS["snow"](Effect("snow"), place)

    frame = drawn(overlay, 0.6, below(place))

    assert frame.y.max() - np.percentile(frame.y, 1) > 25


@pytest.mark.parametrize("top", [0.0, 0.4])
def test_smoke_is_seen_over_a_subject_that_touches_the_top(top: float) -> None:
    """It rises from the subject's top, or from its middle where there is no room above."""
    subject = Subject(matte=np.zeros((18, 32), np.float32), confidence=0.9, center=(0.5, (top + 1) / 2), top=top)
    place = replace(site(), analysis=analysis(subject=subject))

    frame = drawn(MAKERS["smoke"](Effect("smoke"), place), 0.8, below(place))

    changed = np.abs(frame.y.astype(int) - below(place).y) > 8
    assert changed[:45].mean() > 0.02


def test_stars_and_fireworks_stay_in_the_sky() -> None:
    """Not one sample of the ground changes."""
    rgb = fit(read_image(InputFile(PIER, ("body",)), pixels_max=10_000_000), 320, 214)
    picture = planes_of_rgb(rgb)
    place = Site(Stage(320, 214, 5.0, 1), analyse(rgb), picture)
    ground = slice(round(214 * 0.55), None)

    stars = drawn(MAKERS["stars"](Effect("stars"), place), 0.7, picture)
    shooting = [drawn(MAKERS["shooting star"](Effect("shooting star"), place), s, picture) for s in (0.2, 0.5, 0.7)]

    assert not np.array_equal(stars.y, picture.y)
    assert all(np.array_equal(frame.y[ground], picture.y[ground]) for frame in (stars, *shooting))


def test_a_storm_flashes_three_times() -> None:
    """Each time the frame brightens by far, and is dark again."""
    place = site(luma=90)
    overlay = MAKERS["storm"](Effect("storm"), place)

    means = np.array([drawn(overlay, index / 120, below(place)).y.mean() for index in range(20, 121)])

    bright = means > np.median(means) + 25
    # A double flash is one event: its strokes are less than a third of a second apart.
    events = np.flatnonzero(bright)
    assert 1 + int((np.diff(events) > 8).sum()) == 3


def test_memory_does_not_grow() -> None:
    """What a frame needs is made once."""
    place = site(320, 180)
    overlays = [MAKERS[name](Effect(name), place) for name in NAMES]
    target = Planes.empty(320, 180)
    for overlay in overlays:
        overlay.draw(0.5, target)

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for index in range(10):
        for overlay in overlays:
            overlay.draw(0.5 + index / 50, target)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 200_000
