"""Clips from words alone: their size, their camera, what is known of the scene, and layers laid exactly."""

from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest

from bench.quality.tracks import moved
from mutoscope.engines.procedural.composition import Composer
from mutoscope.engines.procedural.diorama.canvas import Easel, Margin, Painting, Sheet, box
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.engines.procedural.diorama.film import DioramaFilm
from mutoscope.engines.procedural.diorama.layers import Layer, merged
from mutoscope.engines.procedural.diorama.palette import COLORS, palette_of
from mutoscope.engines.procedural.diorama.table import Table
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.plan import Effect, EffectName, FigureWish, Plan, Pose, SceneKind, SceneWish, Segment
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Planes
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import Listener, lumas

KINDS: tuple[SceneKind, ...] = get_args(SceneKind)
STAGE = Stage(320, 180, 5.0, 3)
PUSH = Pose(tx=0.05, tz=0.12)


def film(move: Pose | None = PUSH, stage: Stage = STAGE, effects: tuple[Effect, ...] = (), **wish: Any) -> DioramaFilm:
    """A film of 25 frames; without a move the camera stands still."""
    segments = () if move is None else (Segment("move", 0.0, 1.0, move),)
    plan = Plan(segments=segments, effects=effects, tear_budget=0.35, scene=SceneWish(**wish), used=(), ignored=())
    return DioramaFilm(plan, stage, num_frames=25)


def frame(source: DioramaFilm, index: int, *, dirt: int = 0) -> Planes:
    """One frame, drawn over samples of this value."""
    planes = Planes.empty(source.width_px, source.height_px)
    for plane in (planes.y, planes.u, planes.v):
        plane[:] = dirt
    source.draw(index, planes)
    return planes


def difference(a: Planes, b: Planes) -> int:
    """The largest of any sample."""
    return max(int(np.abs(x.astype(int) - y).max()) for x, y in ((a.y, b.y), (a.u, b.u), (a.v, b.v)))


# --- through the engine -------------------------------------------------------------


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 240)])
def test_text_to_video_has_the_size_asked_for(
    engine: ProceduralEngine, make_job: MakeJob, size: tuple[int, int]
) -> None:
    """In each of the three aspects, and something is to be seen."""
    job = make_job("a mountain lake at sunset", task="text-to-video", width_px=size[0], height_px=size[1])

    artifact = engine.generate(job, Listener())

    assert (artifact.width_px, artifact.height_px) == size
    assert lumas(artifact)[0].std() > 15


def test_text_to_video_follows_the_camera_too(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """A pan to the right moves the city to the left."""
    job = make_job("a city at night, pan right", task="text-to-video")

    frames = lumas(engine.generate(job, Listener()))

    assert moved(frames[0], frames[-1]).dx < -4


def test_other_seed_gives_another_scene(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Not only other metadata."""
    frames = [
        lumas(engine.generate(make_job("mountains", task="text-to-video", seed=seed), Listener()))[0]
        for seed in (1, 2, -3)
    ]

    assert np.abs(frames[0].astype(int) - frames[1]).mean() > 5
    assert np.abs(frames[0].astype(int) - frames[2]).mean() > 5


def test_preview_tag_can_be_left_out(make_job: MakeJob) -> None:
    """It is drawn into the top right corner of text-to-video clips, and nowhere else."""
    plain, tagged = (
        lumas(ProceduralEngine(preview_tag=tag).generate(make_job("a lake", task="text-to-video"), Listener()))[0]
        for tag in (False, True)
    )

    difference = np.abs(plain.astype(int) - tagged)
    assert difference[:40, 200:].max() > 60
    assert difference[60:, :150].mean() < 2


# --- every scene ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("water", [False, True], ids=["dry", "wet"])
def test_every_sample_is_drawn_anew(kind: SceneKind, water: bool) -> None:
    """Whatever was in the frame before, in whatever order frames are drawn: the same samples."""
    scene = film(kind=kind, time="night", water=water, snow=water)

    first = frame(scene, 20, dirt=0)
    frame(scene, 3)

    assert difference(first, frame(scene, 20, dirt=255)) == 0


@pytest.mark.parametrize("move", [Pose(roll=0.12), Pose(tz=-0.3), Pose(yaw=0.2), Pose(ty=-0.2, pitch=-0.1)])
def test_no_move_shows_what_is_not_painted(move: Pose) -> None:
    """A camera that rolls, draws back, turns or rises leaves no sample of the frame undrawn."""
    for kind in ("mountain", "city", "room", "sea"):
        scene = film(move, kind=kind, water=True)

        for index in (0, 12, 24):
            assert difference(frame(scene, index, dirt=0), frame(scene, index, dirt=255)) == 0


def test_still_camera_paints_no_margin_and_packs_layers() -> None:
    """Nothing is painted that is never seen, and what never parts is one layer."""
    still, moving = film(None, kind="field"), film(kind="field")

    assert len([part for part in still._parts if isinstance(part, Layer)]) == 1
    assert len([part for part in moving._parts if isinstance(part, Layer)]) > 3
    assert still._easel.width_px == 320


def test_still_scene_lives() -> None:
    """Clouds, water and lights move although the camera does not."""
    scene = film(None, kind="mountain", time="sunset", water=True)

    changed = np.abs(frame(scene, 24).y.astype(int) - frame(scene, 0).y)

    assert (changed > 2).mean() > 0.05


def test_scene_colors_tint_the_palette() -> None:
    """The sky by some, what catches the eye by much."""
    plain, tinted = palette_of("day", ()), palette_of("day", ("green",))

    assert tinted.zenith[1] - tinted.zenith[2] > plain.zenith[1] - plain.zenith[2]
    away = [np.abs(np.subtract(palette.accent, COLORS["green"])).sum() for palette in (plain, tinted)]
    assert away[1] < 0.3 * away[0]


def test_colors_never_reach_the_ends_of_the_range() -> None:
    """Light is mixed in, not added: neither black nor white clips."""
    for time in ("day", "night", "neon"):
        luma = frame(film(kind="city", time=time), 0).y

        assert luma.min() >= 16 and luma.max() <= 235


# --- wind, waves and clouds are the scene's own ------------------------------------------


def activity(source: DioramaFilm, rows: slice, first: int = 15, last: int = 19) -> float:
    """Mean change of luma from frame to frame in these rows."""
    frames = [frame(source, index).y[rows].astype(int) for index in range(first, last)]
    return float(np.mean([np.abs(after - before).mean() for before, after in pairwise(frames)]))


@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [("wind", "forest", slice(60, 180)), ("clouds", "desert", slice(0, 60)), ("waves", "sea", slice(110, 170))],
)
def test_stirring_words_strengthen_the_scene_itself(name: EffectName, kind: SceneKind, rows: slice) -> None:
    """Under a still camera plants sway, clouds hurry, waves rise: more changes than without the word."""
    calm, stirred = film(None, kind=kind), film(None, kind=kind, effects=(Effect(name),))

    assert activity(stirred, rows) > 1.15 * activity(calm, rows) + 0.02


@pytest.mark.parametrize("name", ["wind", "waves"])
def test_stirring_is_gone_while_its_level_is_zero(name: EffectName) -> None:
    """Before it begins not one sample of water or plants differs from a scene in which it comes still later."""
    late = film(None, kind="field", water=True, effects=(Effect(name, start=0.6),))
    ever = film(None, kind="field", water=True, effects=(Effect(name, start=0.99),))

    assert difference(frame(late, 10), frame(late, 20)) > 0
    if name == "waves":
        assert difference(frame(late, 10), frame(ever, 10)) == 0
    assert difference(frame(late, 22), frame(ever, 22)) > 0


def test_waves_do_not_run_across_figures() -> None:
    """Whatever the water does, the lighthouse stays as it is."""
    lamps = FigureWish("lighthouse")
    calm, rough = (
        film(None, kind="sea", shore=True, figures=(lamps,), effects=effects) for effects in ((), (Effect("waves"),))
    )

    changed = np.abs(frame(calm, 16).y.astype(int) - frame(rough, 16).y)
    tower = slice(150, 170)

    assert changed[95:125].mean() > 0.5
    assert np.percentile(changed[70:130, tower], 40) == 0


def test_nothing_is_laid_over_for_what_moves_itself(make_job: MakeJob) -> None:
    """Through the engine the painted film is all there is: its water has the waves, and no ripples lie on top."""
    job = make_job("waves and wind on the coast, clouds drift", task="text-to-video", negative_prompt="text")
    plan = plan_job(job)

    whole = Composer(preview_tag=False, image_pixels_max=1_000_000).compose(job, plan, Listener())

    assert {effect.name for effect in plan.effects} == {"waves", "wind", "clouds"}
    assert isinstance(whole, DioramaFilm)


def test_a_beach_lies_before_the_sea_where_it_is_named() -> None:
    """And open water else."""
    beach, open_sea = (film(None, kind="sea", shore=shore) for shore in (True, False))

    assert beach._easel.shore is not None and open_sea._easel.shore is None
    assert frame(beach, 0).v[-12:].mean() > frame(open_sea, 0).v[-12:].mean() + 5


# --- what effects are told -----------------------------------------------------------------


def test_painter_knows_sky_water_and_distance() -> None:
    """On a lake: sky above, water below the far shore, nearer downwards; the light is in the sky."""
    known = film(kind="mountain", time="sunset", water=True).analysis

    rows = known.sky.shape[0]
    assert known.sky[: rows // 8].mean() > 0.9 and known.sky[-rows // 3 :].max() == 0
    below = known.water[round((known.horizon + 0.1) * rows) : round((known.horizon + 0.2) * rows)]
    assert below.mean() > 0.6
    assert known.nearness[-3:].mean() > 0.5 > known.nearness[: rows // 8].mean() == 0
    assert 0 < known.light[0] < 1 and 0 < known.light[1] < known.horizon


def test_painter_knows_plants_and_rooms() -> None:
    """Trees are plants; indoors the sky is behind the window, under water there is none."""
    forest, room, reef = (film(kind=kind).analysis for kind in ("forest", "room", "underwater"))

    assert forest.plants.mean() > 0.2 and room.plants.mean() < 0.1
    assert 0 < room.sky_share < 0.15
    assert reef.sky_share == 0


# --- layers, exactly --------------------------------------------------------------------------


def easel() -> Easel:
    """A canvas as large as the frame."""
    return Easel(STAGE, Margin(0, 0), SceneWish(kind="field"), horizon=0.5)


def card(
    canvas: Easel, rows: tuple[float, float], columns: tuple[float, float], color: tuple[int, int, int]
) -> Painting:
    """A rectangle of one color."""
    sheet = Sheet(canvas, 0)
    mask = sheet.blank()
    box(mask, columns[0], rows[0], columns[1], rows[1])
    sheet.ink(mask, color, is_new=True)
    return sheet.painting(0.5)


def laid(paintings: list[Painting], canvas: Easel, pose: Pose = Pose()) -> Planes:  # noqa: B008
    """These layers over gray."""
    target = Planes(*(np.full((180 // k, 320 // k), 100, np.uint8) for k in (1, 2, 2)))
    table, eye = Table(canvas, 320, 180), Eye(STAGE, canvas, pose)
    layers = [Layer.of(painting) for painting in paintings]
    for layer, spans in zip(layers, table.spans(layers, eye), strict=True):
        table.lay(layer, eye, spans, target)
    return target


def test_layer_covers_exactly_where_it_is() -> None:
    """Its own color inside, not one sample changed outside."""
    canvas = easel()

    luma = laid([card(canvas, (40, 99), (60, 139), (250, 250, 250))], canvas).y

    assert (luma[42:98, 62:138] > 225).all()
    assert (luma[:38] == 100).all() and (luma[102:] == 100).all() and (luma[:, :58] == 100).all()


def test_layers_painted_into_one_look_as_before() -> None:
    """The front one covers the back one, wherever their papers begin."""
    canvas = easel()
    back = card(canvas, (40, 120), (60, 200), (200, 40, 40))
    front = replace(card(canvas, (80, 160), (100, 240), (40, 60, 220)), inverse=0.7)

    together = laid([merged(back, front)], canvas)

    assert difference(together, laid([back, front], canvas)) <= 2


def test_layer_is_seen_where_its_distance_puts_it() -> None:
    """To the left by focal length × way × inverse distance when the camera goes to the right."""
    canvas = easel()
    pose = Pose(tx=0.1)

    luma = laid([card(canvas, (40, 99), (160, 219), (250, 250, 250))], canvas, pose).y

    left = float(np.flatnonzero(luma[70] > 170)[0])
    assert left == pytest.approx(160 - STAGE.focal_px * 0.1 * 0.5, abs=1)


def test_ground_is_where_the_eye_projects_it() -> None:
    """Reading a pixel of the ground and projecting what was read are each other's inverse."""
    canvas = easel()
    eye = Eye(STAGE, canvas, Pose(tx=0.1, ty=-0.05, tz=0.2, yaw=0.05, pitch=-0.03, roll=0.06))
    x, y = np.array([[20.0, 160.0, 300.0]], np.float32), np.array([[120.0, 150.0, 170.0]], np.float32)

    column, row, inverse = eye.ground(x, y)
    seen_x, seen_y, _ = eye.project(column, row, inverse)

    assert np.abs(seen_x - x).max() < 0.01 and np.abs(seen_y - y).max() < 0.01
    assert np.abs(row - canvas.ground_px(1.0) * inverse - canvas.horizon_px * (1 - inverse)).max() < 0.01


def test_plane_of_the_ground_is_the_ground() -> None:
    """The homography reads every pixel where the rule of distances does."""
    canvas = easel()
    eye = Eye(STAGE, canvas, Pose(tx=-0.1, ty=0.05, tz=0.3, yaw=-0.05, pitch=0.02, roll=-0.05, focal=0.1))

    for x, y in ((20.0, 120.0), (160.0, 150.0), (300.0, 170.0)):
        column, row, _ = eye.ground(np.array([x], np.float32), np.array([y], np.float32))
        seen_at = eye.plane() @ (x, y, 1.0)
        assert seen_at[:2] / seen_at[2] == pytest.approx((float(column[0]), float(row[0])), abs=0.01)
