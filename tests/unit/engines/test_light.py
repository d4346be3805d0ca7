"""Light, lens and film: nothing at level 0, a pure function of time, the same look at every size, and soft curves."""

from functools import cache
from typing import Final, get_args

import cv2
import numpy as np
import pytest

from bench.quality.clips import ROOT
from mutoscope.engines.procedural.effects.base import Overlay, Site
from mutoscope.engines.procedural.effects.curves import Dose, Tables
from mutoscope.engines.procedural.effects.follower import Follower
from mutoscope.engines.procedural.effects.grade import NAMES, Grade
from mutoscope.engines.procedural.effects.optics import OVERLAYS
from mutoscope.engines.procedural.effects.recipes import COLOR_SHIFTS, RECIPES, tint
from mutoscope.engines.procedural.plan import ColorName, Effect, EffectName, LightName, OpticsName
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Map
from mutoscope.media.frames import Planes, planes_of_rgb
from mutoscope.media.image import RgbArray
from tests.unit.engines.looking import PIER

ROCKET = ROOT / "tests" / "photos" / "rocket.jpg"
EVERY: Final[list[EffectName]] = sorted({*NAMES, *OVERLAYS})
NOT_THE_SAME_AT_EVERY_SIZE: Final = {"grain"}
"""Chance for every grain."""


@cache
def photo(path: str, width_px: int, height_px: int) -> RgbArray:
    """A photo from the repository, stretched to a frame."""
    bgr = cv2.imread(path)
    rgb = np.ascontiguousarray(np.asarray(bgr, np.uint8)[:, :, ::-1])
    return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def known(path: str) -> Analysis:
    """What is guessed about a photo."""
    return analyse(photo(path, 640, 424))


def site_of(width_px: int = 320, height_px: int = 212, *, path: str = str(PIER), painted: bool = False) -> Site:
    """Where an effect happens: over a photo, or over a painted scene that is known to hold the same."""
    rgb = photo(path, width_px, height_px)
    stage = Stage(width_px, height_px, 5.0, 7)
    return Site(stage, known(path), None if painted else planes_of_rgb(rgb))


def overlay_of(effect: Effect, site: Site) -> Overlay:
    """The grade for words of light, what the table names for the others."""
    return Grade([effect], site) if effect.name in NAMES else OVERLAYS[effect.name](effect, site)


def drawn(overlay: Overlay, share: float, site: Site, *, path: str = str(PIER)) -> Planes:
    """The photo after an overlay, one moment of it."""
    target = planes_of_rgb(photo(path, site.stage.width_px, site.stage.height_px))
    overlay.draw(share, target)
    return target


def same(first: Planes, second: Planes) -> bool:
    """No sample differs."""
    pairs = ((first.y, second.y), (first.u, second.u), (first.v, second.v))
    return all(np.array_equal(a, b) for a, b in pairs)


def closer(share: float) -> tuple[Map, Map]:
    """A view of a 320×208 frame that closes in on the middle, to half the width at the end."""
    grid = Grid(320, 208)
    zoom = np.float32(1 / (1 + share))
    return 159.5 + (grid.x - 159.5) * zoom, 103.5 + (grid.y - 103.5) * zoom


def test_every_word_of_light_and_lens_is_drawn() -> None:
    """No name of the plan is left without a recipe or a class."""
    assert {*RECIPES, "tint"} == set(get_args(LightName))
    assert set(get_args(OpticsName)) <= set(OVERLAYS)


@pytest.mark.parametrize("name", EVERY)
def test_before_it_starts_and_after_it_ends_nothing_changes(name: EffectName) -> None:
    """At level 0 not one sample is another."""
    site = site_of()
    overlay = overlay_of(Effect(name, start=0.3, end=0.5), site)
    untouched = planes_of_rgb(photo(str(PIER), 320, 212))

    frames = {share: drawn(overlay, share, site) for share in (0.0, 0.3, 0.45, 0.7, 1.0)}

    assert not same(frames[0.45], untouched)
    assert all(same(frames[share], untouched) for share in (0.0, 0.3, 0.7, 1.0))


@pytest.mark.parametrize("name", EVERY)
def test_a_moment_looks_the_same_whenever_it_is_drawn(name: EffectName) -> None:
    """Frames may be drawn in any order and twice, by one overlay or by another of an equal job."""
    site = site_of()
    one, other = overlay_of(Effect(name), site), overlay_of(Effect(name), site_of())

    early, late = drawn(one, 0.08, site), drawn(one, 0.9, site)

    assert same(late, drawn(other, 0.9, site))
    assert same(early, drawn(other, 0.08, site))
    assert same(early, drawn(one, 0.08, site))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [(66, 50), (122, 218), (322, 182)])
def test_frames_of_any_even_size_are_drawn(name: EffectName, size: tuple[int, int]) -> None:
    """Small, upright, and not a multiple of anything; over a photo and over a painted scene."""
    for painted in (False, True):
        site = site_of(*size, painted=painted)
        overlay = overlay_of(Effect(name, strength=1.6), site)

        frame = drawn(overlay, 0.8, site)

        assert frame.y.shape == (size[1], size[0])


@pytest.mark.parametrize("name", sorted(set(EVERY) - NOT_THE_SAME_AT_EVERY_SIZE))
def test_a_large_frame_looks_like_a_small_one(name: EffectName) -> None:
    """Sizes are shares of the frame: twice the pixels are the same picture."""
    small_site, large_site = site_of(480, 320), site_of(960, 640)
    small = drawn(overlay_of(Effect(name), small_site), 0.8, small_site)
    large = drawn(overlay_of(Effect(name), large_site), 0.8, large_site)

    shrunk = np.asarray(cv2.resize(large.y, (480, 320), interpolation=cv2.INTER_AREA), np.float32)
    far_apart = np.abs(cv2.GaussianBlur(shrunk, (0, 0), 2) - cv2.GaussianBlur(small.y.astype(np.float32), (0, 0), 2))

    assert far_apart.mean() < 1.2


@pytest.mark.parametrize("name", sorted(RECIPES))
@pytest.mark.parametrize("level", [0.3, 1.0, 1.6])
def test_curves_rise_and_are_never_clipped_flat(name: LightName, level: float) -> None:
    """What was lighter stays lighter, into the whites, at any strength and in a flash."""
    for pulse in (-0.4, 0.0, 0.2):
        tables = Tables([Dose(RECIPES[name], level, pulse)])
        ramp = Planes(np.arange(16, 236, dtype=np.uint8)[None, :].repeat(2, 0), *np.full((2, 1, 110), 128, np.uint8))

        tables.draw(ramp)

        steps = np.diff(ramp.y[0].astype(int))
        assert steps.min() >= 0
        assert int(ramp.y[0, -1]) - int(ramp.y[0, -12]) >= 1
        assert ramp.y.min() >= 15 and ramp.y.max() <= 236


@pytest.mark.parametrize("name", EVERY)
def test_an_effect_comes_without_a_jump(name: EffectName) -> None:
    """A frame after the first one of a long clip, it has hardly begun."""
    site = site_of()
    untouched = planes_of_rgb(photo(str(PIER), 320, 212))

    begun = drawn(overlay_of(Effect(name), site), 1 / 240, site)

    assert np.abs(begun.y.astype(int) - untouched.y).mean() < 1.0
    assert np.abs(begun.u.astype(int) - untouched.u).mean() < 1.0


def test_no_color_is_left_in_black_and_white() -> None:
    """Whatever another word made of the color before."""
    site = site_of()
    grade = Grade([Effect("vivid"), Effect("black and white")], site)

    frame = drawn(grade, 0.8, site)

    assert np.abs(frame.u.astype(int) - 128).max() <= 1
    assert np.abs(frame.v.astype(int) - 128).max() <= 1


def test_lamps_stay_lamps_at_night() -> None:
    """A picture taken in the dark keeps its bright points; only what is between them sinks."""
    path = str(ROCKET)
    site = site_of(480, 320, path=path)
    before = planes_of_rgb(photo(path, 480, 320)).y
    lamps = before > np.quantile(before, 0.998)

    after = drawn(Grade([Effect("night")], site), 0.8, site, path=path).y

    assert after[lamps].mean() > 0.7 * before[lamps].mean()
    assert after.mean() < 0.8 * before.mean()


def test_two_dark_words_are_one_night() -> None:
    """Night and neon do not darken twice."""
    site = site_of()

    night, both = (
        drawn(Grade(effects, site), 0.8, site).y.mean()
        for effects in ([Effect("night")], [Effect("night"), Effect("neon")])
    )

    assert both > 0.75 * night


@pytest.mark.parametrize("color", sorted(COLOR_SHIFTS))
def test_a_tint_turns_the_picture_towards_its_color(color: ColorName) -> None:
    """Blue light raises blue chroma, red light red chroma; white, gray and black only take color away."""
    u, v = COLOR_SHIFTS[color]
    gray = Planes(np.full((4, 4), 120, np.uint8), *np.full((2, 2, 2), 128, np.uint8))

    Tables([Dose(tint(color), 1.0)]).draw(gray)

    assert abs((int(gray.u[0, 0]) - 128) - 0.62 * u) <= 2
    assert abs((int(gray.v[0, 0]) - 128) - 0.62 * v) <= 2


def test_what_was_found_stays_on_its_thing_while_the_camera_moves() -> None:
    """Seen at twice the size, a mask of the first frame is twice as large, and a point twice as far from the middle."""
    site = site_of(320, 208)
    follower = Follower(Site(site.stage, site.analysis, site.first, closer))
    disc = np.zeros((52, 80), np.float32)
    cv2.circle(disc, (40, 26), 8, 1.0, -1)

    carried = follower.carried(disc, 1.0)

    assert carried.sum() == pytest.approx(4 * disc.sum(), rel=0.1)
    assert follower.place((0.6, 0.45), 1.0) == pytest.approx((0.7, 0.40), abs=0.004)
    assert np.array_equal(Follower(site).carried(disc, 1.0), disc)


@pytest.mark.parametrize("name", ["bokeh", "motion blur", "clouds", "waves", "lens flare"])
def test_a_moving_camera_changes_nothing_about_purity(name: EffectName) -> None:
    """What follows the camera is a function of the moment too, and untouched before it starts."""
    site = site_of(320, 208)
    filmed = Site(site.stage, site.analysis, site.first, closer)
    overlay = overlay_of(Effect(name, start=0.2), filmed)

    early, late, again = (drawn(overlay, share, filmed) for share in (0.5, 0.9, 0.5))

    assert same(early, again)
    assert not same(early, late)
    assert same(drawn(overlay, 0.1, filmed), planes_of_rgb(photo(str(PIER), 320, 208)))


def test_the_subject_stays_sharp_before_a_soft_background() -> None:
    """Where nothing is nearer than the sky, the picture is blurred; the subject's samples stay as they are."""
    path = str(ROCKET)
    site = site_of(480, 320, path=path)
    before = planes_of_rgb(photo(path, 480, 320)).y

    after = drawn(overlay_of(Effect("bokeh"), site), 0.8, site, path=path).y

    changed = np.abs(after.astype(int) - before)
    rocket, tower = np.s_[120:290, 225:255], np.s_[20:280, 15:50]
    assert changed[rocket].mean() < 0.4 * changed[tower].mean()


def test_a_soft_background_takes_no_color_from_nowhere() -> None:
    """In a gray picture nothing gets a hue, whatever is sharp in it."""
    site = site_of(480, 320, path=str(ROCKET))
    gray = Planes(planes_of_rgb(photo(str(ROCKET), 480, 320)).y, *np.full((2, 160, 240), 128, np.uint8))

    overlay_of(Effect("bokeh"), site).draw(0.8, gray)

    assert max(np.abs(plane.astype(int) - 128).max() for plane in (gray.u, gray.v)) <= 2
