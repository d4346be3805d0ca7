"""Figures of text-to-video scenes: every kind is seen, moves, keeps its color and its place."""

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest

from bench.quality.figures import KINDS, SIZES, Mask, Set, center, scene
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.engines.procedural.diorama.figures.base import View
from mutoscope.engines.procedural.diorama.figures.biped import WALK
from mutoscope.engines.procedural.diorama.figures.cast import cast
from mutoscope.engines.procedural.diorama.figures.dyes import inks
from mutoscope.engines.procedural.diorama.figures.pen import Ink
from mutoscope.engines.procedural.diorama.figures.shapes import elbow, ribbon, smooth, wave
from mutoscope.engines.procedural.diorama.palette import palette_of
from mutoscope.engines.procedural.plan import FigureKind, FigureWish, MotionName, Pose, SceneKind, SceneWish
from mutoscope.media.frames import Planes

MOTIONS: tuple[MotionName, ...] = get_args(MotionName)


def samples(planes: Planes) -> bytes:
    """All three planes, to compare."""
    return planes.y.tobytes() + planes.u.tobytes() + planes.v.tobytes()


def sets(kind: FigureKind) -> Iterator[Set]:
    """The kind in every aspect."""
    for size in SIZES:
        yield Set(scene(kind), *size)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_seen_in_every_aspect(kind: FigureKind) -> None:
    """Wide, tall and square, a figure covers a good part of the frame."""
    for stage in sets(kind):
        assert max(stage.drawn(share).mean() for share in (0.4, 0.5, 0.6)) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_moves(kind: FigureKind) -> None:
    """Even what stands has leaves, flags, smoke or a light that moves."""
    stage = Set(scene(kind))

    frames = {samples(stage.frame(share)) for share in (0.1, 0.16, 0.22)}

    assert len(frames) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_main_figure_stays_in_view(kind: FigureKind) -> None:
    """From the first frame to the last its middle is in the frame, and most of it."""
    for stage in sets(kind):
        for share in (0.0, 0.5, 1.0):
            mask = stage.drawn(share)
            if not mask.any():
                assert kind == "fish", "only a leaping fish is gone at times"
                continue
            assert 0.1 < center(mask)[0] < 0.9
            assert 0.05 < center(mask)[1] < 0.97


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_does_not_depend_on_the_ones_before_it(kind: FigureKind) -> None:
    """Frames may be drawn in any order, twice, by figures cast anew."""
    stage, again = Set(scene(kind)), Set(scene(kind))

    forwards = [samples(stage.frame(share)) for share in (0.0, 0.4, 1.0)]
    backwards = [samples(again.frame(share)) for share in (1.0, 0.4, 0.0)]

    assert forwards == backwards[::-1]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "crowd"])
def test_a_figure_wears_the_color_that_is_asked_for(kind: FigureKind) -> None:
    """A red one has more red, a blue one more blue, over many samples."""
    red, blue = (Set(scene(kind, color)).frame(0.5) for color in ("red", "blue"))

    assert np.count_nonzero(red.v.astype(int) - red.u > 25) > 30
    assert np.count_nonzero(blue.u.astype(int) - blue.v > 25) > 30


def test_as_many_are_cast_as_are_asked_for() -> None:
    """Two cars are two, seven birds are seven, and a hundred fish are a bounded school."""
    for wish, count in (
        (FigureWish("car", 2, "blue"), 2),
        (FigureWish("bird", 7), 7),
        (FigureWish("fish", 100), 12),
    ):
        assert len(Set(SceneWish("road", figures=(wish,))).figures) == count


@pytest.mark.parametrize("kind", ["car", "balloon", "cat", "dog", "horse", "boat", "fish", "person", "house"])
def test_two_of_a_kind_without_a_color_differ(kind: FigureKind) -> None:
    """The first two wear other colors; where the words name one, both keep it."""
    palette = palette_of("day", ())

    first, second = (inks(kind, None, palette, haze=0.0, index=index) for index in (0, 1))
    red, other = (inks(kind, "red", palette, haze=0.0, index=index) for index in (0, 1))

    assert _apart(first["accent"], second["accent"]) > 30
    assert _apart(red["accent"], other["accent"]) < 30


def _apart(first: Ink, second: Ink) -> int:
    return abs(first.y - second.y) + abs(first.u - second.u) + abs(first.v - second.v)


def test_a_school_swims_around_the_whale() -> None:
    """Small, all about it, and most of them behind it."""
    wish = SceneWish("underwater", figures=(FigureWish("whale"), FigureWish("fish", 8)))
    stage = Set(wish)
    whale, *fish = sorted(stage.figures, key=lambda figure: -stage.drawn(0.5, [figure]).sum())
    body = stage.drawn(0.5, [whale])

    middles = [center(stage.drawn(0.5, [figure])) for figure in fish]
    before = stage.drawn(0.5, [figure for figure in fish if figure.inverse > whale.inverse])

    assert len(fish) == 8
    assert max(x for x, _ in middles) - min(x for x, _ in middles) > 0.4
    assert max(y for _, y in middles) - min(y for _, y in middles) > 0.25
    assert (before & body).sum() < 0.06 * body.sum()


def test_a_school_keeps_together() -> None:
    """Near each other and all one way, while a few fish have the whole water."""
    school, few = (Set(SceneWish("underwater", figures=(FigureWish("fish", count),))) for count in (8, 3))

    middles = np.array([center(school.drawn(0.5, [figure])) for figure in school.figures])
    apart = np.array([center(few.drawn(0.5, [figure])) for figure in few.figures])

    assert (middles.std(axis=0) < (0.17, 0.125)).all()
    assert apart.std(axis=0)[0] > 0.17


@pytest.mark.parametrize("rider", ["person", "noble"])
@pytest.mark.parametrize("motion", ["run", "walk", "jump", "breathe"])
def test_a_rider_sits_on_the_horse_all_the_way(rider: FigureKind, motion: MotionName) -> None:
    """Above the horse's middle and never apart from it, whatever it does; the word's color is the rider's."""
    wish = FigureWish("horse", color="white", motion=motion, rider=FigureWish(rider, color="red"))
    stage = Set(SceneWish("field", figures=(wish,)))
    horse, person = stage.figures

    assert person.inverse > horse.inverse
    for share in (0.0, 0.25, 0.5, 0.8, 1.0):
        under, over = stage.drawn(share, [horse]), stage.drawn(share, [person])
        assert abs(center(under)[0] - center(over)[0]) < 0.09
        assert 0.02 < center(under)[1] - center(over)[1] < 0.35
        assert (under & over).sum() > 0.1 * over.sum()
    red = stage.frame(0.5, [person])
    assert np.count_nonzero(red.v.astype(int) - red.u > 25) > 30


def test_what_floats_keeps_clear_of_what_stands_before_it() -> None:
    """Three balloons over a field with a tree: each is seen, and none where another one is."""
    wish = SceneWish("field", "sunrise", figures=(FigureWish("balloon", 3),))
    for seed in range(4):
        stage = Set(wish, seed=seed)
        shown = [stage.drawn(0.5, [figure]) for figure in stage.figures]
        hidden = np.zeros((30, 56), np.float32)
        rows, columns = (slice(int(each[0]), int(each[1]) + 1) for each in _box_of(shown[-1], hidden.shape))
        hidden[rows, columns] = 1.0
        stage.easel.hidden = hidden

        again = cast(wish, stage.easel, stage.stage)

        blocked = np.kron(hidden, np.ones((252 // 30 + 1, 448 // 56)))[:252, :448] > 0
        for mask in (stage.drawn(0.5, [figure]) for figure in again):
            assert (mask & blocked).sum() < 0.35 * mask.sum()


def _box_of(mask: Mask, shape: tuple[int, int]) -> list[tuple[float, float]]:
    """First and last row, first and last column of what is drawn, in cells of a coarse picture."""
    places = np.nonzero(mask)
    return [(p.min() * n / size, p.max() * n / size) for p, n, size in zip(places, shape, mask.shape, strict=True)]


def test_leaping_whales_come_out_of_the_water_and_go_back() -> None:
    """With a splash where each comes out and where it goes in; several are smaller than one."""
    one, three = (
        Set(SceneWish("sea", water=True, figures=(FigureWish("whale", count, motion="jump"),))) for count in (1, 3)
    )
    sizes = [max(each.drawn(share, each.figures[:1]).mean() for share in (0.2, 0.4, 0.6)) for each in (one, three)]

    assert [len(each.figures) for each in (one, three)] == [2, 6], "each with its splash"
    assert sizes[1] < 0.6 * sizes[0]


def test_who_is_in_space_wears_a_suit() -> None:
    """White, where the words name no color."""
    out, home = (Set(SceneWish(kind, figures=(FigureWish("person"),))) for kind in ("space", "field"))

    bright = [np.count_nonzero(stage.frame(0.5).y > 200) for stage in (out, home)]

    assert bright[0] > 5 * bright[1] + 200


def test_a_city_street_has_people_unless_it_is_deserted() -> None:
    """On its pavements, not on the road; a river has none."""
    busy, empty, river = (
        Set(SceneWish("city", deserted=deserted, water=water))
        for deserted, water in ((False, False), (True, False), (False, True))
    )

    assert len(busy.figures) > 4
    assert not empty.figures and not river.figures
    for figure in busy.figures:
        for share in (0.0, 0.5, 1.0):
            mask = busy.drawn(share, [figure])
            assert not mask.any() or abs(center(mask)[0] - 0.5) > 0.06


def test_two_cars_do_not_hide_each_other() -> None:
    """Side by side on the road each keeps its own place, in its own color."""
    stage = Set(SceneWish("road", figures=(FigureWish("car", 2, "blue"),)))

    first, second = (stage.drawn(0.2, [figure]) for figure in stage.figures)

    assert (first & second).sum() < 0.25 * min(first.sum(), second.sum())
    for figure in stage.figures:
        planes = stage.frame(0.2, [figure])
        assert np.count_nonzero((planes.u > 150) & (planes.v < 128)) > 60


def test_figures_come_farthest_first() -> None:
    """So that a scene lays them between its layers in order."""
    wish = SceneWish("village", figures=(FigureWish("noble"), FigureWish("crowd"), FigureWish("castle")))

    distances = [figure.inverse for figure in Set(wish).figures]

    assert len(distances) > 12
    assert distances == sorted(distances)


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("kind", ["person", "cat", "horse", "car", "bird"])
def test_every_motion_changes_what_a_figure_does(kind: FigureKind, motion: MotionName) -> None:
    """Whatever the words ask of whom, something moves and stays in view."""
    stage = Set(SceneWish("field", figures=(FigureWish(kind, motion=motion),)))

    assert samples(stage.frame(0.30)) != samples(stage.frame(0.42))
    for share in (0.0, 0.35, 1.0):
        assert 0.08 < center(stage.drawn(share))[0] < 0.92


@pytest.mark.parametrize("place", get_args(SceneKind))
@pytest.mark.parametrize("kind", ["person", "car", "boat", "balloon", "fish", "whale", "rocket", "lighthouse"])
def test_a_kind_finds_a_place_where_it_is_not_at_home(place: SceneKind, kind: FigureKind) -> None:
    """A whale in a desert floats, a boat in a room stands: nothing is left out."""
    stage = Set(SceneWish(place, "night", water=place == "sea", figures=(FigureWish(kind),)))

    assert max(stage.drawn(share).mean() for share in (0.4, 0.5, 0.6)) > 0.008


def test_a_crowd_leaves_room_for_its_lord() -> None:
    """Nobody near stands before the one whom they greet."""
    stage = Set(SceneWish("village", figures=(FigureWish("noble"), FigureWish("crowd"))))
    alone = Set(SceneWish("village", figures=(FigureWish("noble", 1),)))
    lord = max(stage.figures, key=lambda figure: stage.drawn(0.5, [figure]).sum())

    hidden = [figure for figure in stage.figures if figure.inverse > lord.inverse]
    covered = stage.drawn(0.5, hidden) & stage.drawn(0.5, [lord])

    assert covered.sum() < 0.15 * stage.drawn(0.5, [lord]).sum()
    assert len(alone.figures) == 1


def test_a_standing_foot_stays_where_it_stands() -> None:
    """While the body moves on by a stride for each cycle, the foot on the ground goes back as far."""
    places = [wave(WALK.foot_x, phase) + WALK.stride * phase for phase in np.linspace(0.1, 0.5, 9)]

    assert max(places) - min(places) < 0.012


def test_figures_are_cut_at_the_edges() -> None:
    """Half outside they are drawn as far as they are seen; wholly outside nothing changes."""
    for kind in KINDS:
        stage = Set(scene(kind), 224, 126)
        still = samples(stage.backdrop())
        for x, y in ((-110.0, 0.0), (110.0, 40.0), (0.0, -70.0), (4000.0, 0.0), (1e6, 1e6)):
            planes = stage.backdrop()
            for figure in stage.figures:
                figure.draw(0.5, View(np.array([[1.0, 0.0, x], [0.0, 1.0, y]])), planes)
            assert abs(x) < 1000 or samples(planes) == still


@pytest.mark.parametrize("kind", KINDS)
def test_small_frames_are_drawn_too(kind: FigureKind) -> None:
    """Down to a thumbnail, and enlarged by the camera."""
    stage = Set(scene(kind), 64, 36)
    eye = Eye(stage.stage, stage.easel, Pose(tz=0.3, roll=0.1, yaw=0.05))
    planes = stage.backdrop()

    for figure in stage.figures:
        figure.draw(0.35, eye.view(figure.inverse), planes)

    assert samples(planes) != samples(stage.backdrop())


def test_a_figure_goes_smoothly() -> None:
    """Between frames a walker's middle goes evenly, by parts of a pixel."""
    stage = Set(SceneWish("field", figures=(FigureWish("balloon"),)), 854, 480)

    places = [center(stage.drawn((60 + index) / 600))[0] * 854 for index in range(8)]

    assert 0.005 < abs(places[-1] - places[0]) < 8
    assert np.abs(np.diff(places, 2)).max() < 0.15


def test_an_elbow_keeps_both_bones() -> None:
    """Within reach the tip is met; beyond it the limb stretches towards it."""
    joint, end = elbow((0.0, 0.0), (0.1, -0.4), 0.25, 0.25, 1)
    _, far = elbow((0.0, 0.0), (0.0, -2.0), 0.25, 0.25, 1)

    assert np.hypot(*joint) == pytest.approx(0.25)
    assert end == pytest.approx((0.1, -0.4))
    assert far[1] == pytest.approx(-0.5, abs=1e-3)


def test_outlines_pass_through_their_points() -> None:
    """A smooth outline meets each knot; a ribbon is as wide as it says."""
    knots = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

    outline = smooth(*knots, steps=5)
    limb = ribbon([(0.0, 0.0), (1.0, 0.0)], [0.2, 0.2])

    assert outline[::5] == pytest.approx(np.array(knots))
    assert limb[:, 1].max() - limb[:, 1].min() == pytest.approx(0.2)
