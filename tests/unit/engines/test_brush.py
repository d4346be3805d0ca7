"""The motion brush: what is held, what moves where, and what a mask or a path that is odd comes to."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.quality.clips import Luma
from mutoscope.engines.procedural.brush.trajectory import Trajectory
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.errors import InputInvalid
from mutoscope.generation import DynamicMask, InputFile, TrajectoryOrigin
from mutoscope.media.frames import Planes
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, Listener, draw_mask, lumas

SIZE = (480, 360)
AREA = SIZE[0] * SIZE[1]


def stroke(path: Path, *points: tuple[int, int], index: int = 0) -> DynamicMask:
    """A mask along points."""
    return DynamicMask(InputFile(path, ("body", "dynamic_masks", index, "mask_url")), points)


def balls(path: Path, *centers: tuple[int, int]) -> Path:
    """A gray scene with bright balls of radius 24."""
    scene = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    for center in centers:
        cv2.circle(scene, center, 24, (255, 200, 40), -1)
    Image.fromarray(scene).save(path)
    return path


def blob(path: Path, center: tuple[int, int], radius: int = 34) -> Path:
    """A mask that is white around a place."""
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    cv2.circle(mask, center, radius, (255.0,), -1)
    Image.fromarray(mask).save(path)
    return path


def center(frame: Luma) -> tuple[float, float]:
    """Of what is bright."""
    rows, columns = np.nonzero(frame > 140)
    return float(columns.mean()), float(rows.mean())


def drawn(engine: ProceduralEngine, job: Any, index: int, listener: Listener | None = None) -> Planes:
    """One frame of a job's film, before encoding."""
    film = engine.film(job, listener or Listener())
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


# --- what is held --------------------------------------------------------------


def test_static_mask_holds_its_region(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """The left third stays while the rest pans; the encoder is told to be careful."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 0.33, 1))
    listener = Listener()

    frames = lumas(engine.generate(make_job("pan right", static_mask=mask, area_px=230_400), listener))

    width = frames[0].shape[1]
    held = np.abs(frames[-1].astype(int) - frames[0])[:, : int(0.33 * width) - 9]
    free = np.abs(frames[-1].astype(int) - frames[0])[:, int(0.66 * width) :]
    assert held.mean() <= 1.0 and np.percentile(held, 99.9) <= 8
    assert free.mean() > 3 * held.mean()
    assert listener.said("static mask: 3")


def test_static_mask_that_is_white_all_over_stills_the_clip(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """Every sample, whatever the words say; and the log says so."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 1, 1))
    listener = Listener()
    job = make_job("zoom in, heavy snow", static_mask=mask)

    first, last = (drawn(engine, job, index, listener) for index in (0, 12))

    assert np.array_equal(first.y, last.y) and np.array_equal(first.u, last.u) and np.array_equal(first.v, last.v)
    assert listener.said("static mask: it is white all over, so the whole clip stays still")


def test_static_mask_that_is_black_all_over_changes_nothing(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """The clip is the one without it; and the log says so."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 0, 0))
    listener = Listener()

    with_mask = drawn(engine, make_job("zoom in", static_mask=mask), 12, listener)
    without = drawn(engine, make_job("zoom in"), 12)

    assert np.array_equal(with_mask.y, without.y)
    assert listener.said("ignored: static mask, its mask has no white pixel")


# --- what moves ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "end_y"), [("bottom-left", 100), ("top-left", 260)], ids=["bottom-left", "top-left"]
)
def test_dynamic_mask_moves_its_part_along_the_path(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, origin: TrajectoryOrigin, end_y: int
) -> None:
    """From the bottom left a path to higher y goes up, from the top left down. The part ends where the path ends."""
    scene = balls(tmp_path / "scene.png", (120, 180))
    mask = blob(tmp_path / "mask.png", (120, 180))
    path = stroke(mask, (120, 180), (250, 220), (360, 260))
    job = make_job(first_frame=scene, dynamic_masks=(path,), num_frames=25, area_px=AREA, trajectory_origin=origin)

    frames = lumas(engine.generate(job, Listener()))

    start, middle, end = (center(frames[index]) for index in (0, 12, 24))
    assert np.hypot(start[0] - 120, start[1] - 180) < 1
    assert np.hypot(end[0] - 360, end[1] - end_y) < 1
    assert 180 < middle[0] < 300 and min(180, end_y) < middle[1] < max(180, end_y)
    left_behind = frames[24][140:220, 80:160]
    assert left_behind.max() < 110


def test_sloppy_brush_takes_only_the_thing(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """What was painted beside it stays behind: over other ground no rim of the old one travels along."""
    scene = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    scene[:, :240] = (60, 110, 60)
    scene[:, 240:] = (150, 150, 200)
    cv2.circle(scene, (120, 180), 24, (250, 60, 40), -1)
    Image.fromarray(scene).save(tmp_path / "scene.png")
    mask = blob(tmp_path / "mask.png", (125, 178), 60)
    job = make_job(first_frame=tmp_path / "scene.png", dynamic_masks=(stroke(mask, (0, 0), (240, 0)),), area_px=AREA)

    last = drawn(engine, job, 12).y

    ground = int(last[20, 400])
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    away = np.hypot(across - 360, down - 180)
    assert np.abs(last[(away > 30) & (across > 300)].astype(int) - ground).max() <= 3
    assert np.abs(last[away < 20].astype(int) - ground).min() > 20
    assert np.abs(last[150:210, 90:150].astype(int) - int(last[20, 20])).max() <= 4


def test_six_overlapping_strokes_move_each_its_own_way(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """Nothing is left where they were, and where two painted areas overlap no part is there twice."""
    places = [(60 + 72 * index, 180) for index in range(6)]
    scene = balls(tmp_path / "scene.png", *places)
    masks = [blob(tmp_path / f"mask-{index}.png", place, 45) for index, place in enumerate(places)]
    paths = tuple(
        stroke(mask, (0, 0), (0, 100 if index % 2 else -100), index=index) for index, mask in enumerate(masks)
    )
    job = make_job(first_frame=scene, dynamic_masks=paths, area_px=AREA)

    last = drawn(engine, job, 12).y

    count, _, facts, centers = cv2.connectedComponentsWithStats((last > 130).astype(np.uint8))
    found = sorted((x, y) for (x, y), area in zip(centers[1:], facts[1:, cv2.CC_STAT_AREA], strict=True) if area > 200)
    expected = [(x, 80 if index % 2 else 280) for index, (x, _) in enumerate(places)]
    assert count >= 7
    assert np.abs(np.array(found) - expected).max() < 3


def test_static_mask_wins_over_a_dynamic_one(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """A part that travels into what is held passes behind it; what both cover stays."""
    scene = balls(tmp_path / "scene.png", (120, 180), (400, 300))
    held = blob(tmp_path / "held.png", (400, 180), 60)
    mask = blob(tmp_path / "mask.png", (120, 180))
    all_held = blob(tmp_path / "inside.png", (400, 180), 20)
    listener = Listener()
    job = make_job(
        first_frame=scene,
        static_mask=held,
        dynamic_masks=(stroke(mask, (120, 180), (400, 180)), stroke(all_held, (0, 0), (50, 0), index=1)),
        area_px=AREA,
    )

    last = drawn(engine, job, 12, listener).y

    assert last[170:190, 390:410].max() < 110
    assert last[150:210, 90:150].max() < 110
    assert listener.said("ignored: dynamic_masks[1], the static mask holds all of it")


def test_frames_of_a_brush_film_depend_on_their_index_alone(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """In any order, twice, and in another film of the same job."""
    mask = draw_mask(tmp_path / "mask.png", (0.3, 0.3, 0.6, 0.7))
    job = make_job(dynamic_masks=(stroke(mask, (400, 300), (700, 500)),))
    film = engine.film(job, Listener())
    planes = [Planes.empty(film.width_px, film.height_px) for _ in range(3)]

    film.draw(7, planes[0])
    film.draw(3, planes[1])
    film.draw(7, planes[1])
    again = drawn(engine, job, 7)

    assert np.array_equal(planes[0].y, planes[1].y) and np.array_equal(planes[0].u, planes[1].u)
    assert np.array_equal(planes[0].y, again.y) and np.array_equal(planes[0].v, again.v)


# --- odd masks -----------------------------------------------------------------------


def test_dynamic_mask_that_is_white_all_over_slides_the_picture(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """All of it; what comes in at the edge is made up, and the log says what happens."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 1, 1))
    listener = Listener()
    job = make_job(first_frame=CANYON, dynamic_masks=(stroke(mask, (0, 0), (200, 0)),))

    first, last = (drawn(engine, job, index, listener).y for index in (0, 12))

    shift = round(200 * first.shape[1] / 1280)
    moved = np.abs(last[:, shift + 2 : -2].astype(int) - first[:, 2 : -shift - 2])
    assert moved.mean() < 4
    assert last[:, : shift - 2].std() > 10
    assert listener.said("dynamic_masks[0]: its mask is white all over: the picture slides")


def test_empty_dynamic_mask_is_ignored_aloud(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Nothing to move is not an error, and not silence."""
    path = draw_mask(tmp_path / "mask.png", (0, 0, 0, 0))
    listener = Listener()

    engine.generate(make_job(dynamic_masks=(stroke(path, (1, 1), (9, 9)),), num_frames=3), listener)

    assert listener.said("ignored: dynamic_masks[0], its mask has no white pixel")


def test_mask_that_scaling_leaves_nothing_of_is_ignored_aloud(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """One pixel of a large mask is less than one of a small frame."""
    mask = Image.new("L", (1280, 853))
    mask.putpixel((600, 400), 255)
    mask.save(tmp_path / "mask.png")
    listener = Listener()

    engine.generate(make_job(dynamic_masks=(stroke(tmp_path / "mask.png", (1, 1), (9, 9)),), num_frames=3), listener)

    assert listener.said("ignored: dynamic_masks[0], at 308x206 nothing is left of its 1 white pixels")


@pytest.mark.parametrize("kind", ["soft", "alpha", "colored", "palette"])
def test_mask_may_be_drawn_in_any_way(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, kind: str) -> None:
    """With soft gray edges, black on transparency, in a color, with a palette: the ball moves all the same."""
    scene = balls(tmp_path / "scene.png", (120, 180))
    path = blob(tmp_path / "mask.png", (120, 180), 40)
    plain = Image.open(path)
    black = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    black.paste((0, 0, 0, 255), mask=plain)
    red = Image.new("RGB", SIZE)
    red.paste((255, 0, 0), mask=plain)
    blurred = Image.fromarray(np.asarray(cv2.GaussianBlur(np.asarray(plain), (0, 0), 4), np.uint8))
    {"soft": blurred, "alpha": black, "colored": red, "palette": plain.convert("P")}[kind].save(path)
    job = make_job(first_frame=scene, dynamic_masks=(stroke(path, (0, 0), (200, 0)),), area_px=AREA)
    listener = Listener()

    last = drawn(engine, job, 12, listener).y

    assert abs(center(last)[0] - 320) < 1.5
    assert bool(listener.said("dynamic_masks[0]: its mask is drawn in transparency alone")) == (kind == "alpha")


def test_mask_that_looks_inverted_is_taken_as_it_is_and_asked_about(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """White is what moves."""
    mask = Image.new("L", (1280, 853), 255)
    mask.paste(0, (500, 300, 800, 600))
    mask.save(tmp_path / "mask.png")
    listener = Listener()

    engine.generate(make_job(dynamic_masks=(stroke(tmp_path / "mask.png", (0, 0), (90, 0)),), num_frames=3), listener)

    assert "Is it inverted?" in listener.said("dynamic_masks[0]: 91.")[0]


@pytest.mark.parametrize(
    ("static_size", "dynamic_size", "said"),
    [((640, 640), None, "640x640"), ((1280, 853), (640, 426), "640x426"), ((1280, 900), (1280, 900), "1280x900")],
)
def test_masks_of_another_shape_are_refused(
    engine: ProceduralEngine,
    make_job: MakeJob,
    tmp_path: Path,
    static_size: tuple[int, int],
    dynamic_size: tuple[int, int] | None,
    said: str,
) -> None:
    """Aspect within a percent of the picture's, one size for all; the message names both sizes."""
    changes: dict[str, Any] = {"static_mask": draw_mask(tmp_path / "a.png", (0, 0, 0.5, 1), static_size)}
    if dynamic_size is not None:
        path = draw_mask(tmp_path / "b.png", (0.5, 0, 1, 1), dynamic_size)
        changes["dynamic_masks"] = (stroke(path, (1, 1), (9, 9)),)
    job = make_job(**changes)

    with pytest.raises(InputInvalid) as caught:
        engine.generate(job, Listener())

    problem = caught.value.problem
    assert problem.type == "value_error"
    assert problem.loc[:2] in (("body", "static_mask_url"), ("body", "dynamic_masks"))
    assert said in problem.msg and "1280x853" in problem.msg
    assert list(job.scratch.iterdir()) == []


def test_mask_within_a_percent_is_taken(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Rounding of another resolution is no mistake."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 0.5, 1), (640, 426))

    assert engine.generate(make_job(static_mask=mask, num_frames=3), Listener()).num_frames == 3


# --- odd paths ------------------------------------------------------------------------


def test_path_that_leaves_the_picture_is_followed_and_said(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """The log names the first point outside; the part is gone at the end and nothing breaks."""
    scene = balls(tmp_path / "scene.png", (120, 180))
    mask = blob(tmp_path / "mask.png", (120, 180))
    listener = Listener()
    job = make_job(first_frame=scene, dynamic_masks=(stroke(mask, (120, 180), (300, 180), (900, 180)),), area_px=AREA)

    last = drawn(engine, job, 12, listener).y

    assert last.max() < 110
    assert listener.said("dynamic_masks[0]: from point 3 of 3 on, (900, 180) from the bottom left, the path is outside")


def test_part_at_the_picture_s_edge_goes_on_beyond_it(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """A tower that rises shows no cut where the picture ended."""
    scene = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
    scene[150:, 200:260] = (220, 210, 190)
    Image.fromarray(scene).save(tmp_path / "scene.png")
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    mask[135:, 185:275] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    job = make_job(
        first_frame=tmp_path / "scene.png",
        dynamic_masks=(stroke(tmp_path / "mask.png", (0, 0), (0, 60)),),
        area_px=AREA,
    )

    last = drawn(engine, job, 12).y

    assert last[100:350, 225:235].min() > 150


@pytest.mark.parametrize("points", [((100, 100), (100, 100)), tuple((100, 100) for _ in range(77))])
def test_path_of_one_place_moves_nothing(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, points: tuple[tuple[int, int], ...]
) -> None:
    """And is no error; the log says so."""
    scene = balls(tmp_path / "scene.png", (120, 180))
    mask = blob(tmp_path / "mask.png", (120, 180))
    listener = Listener()

    last = drawn(
        engine, make_job(first_frame=scene, dynamic_masks=(stroke(mask, *points),), area_px=AREA), 12, listener
    ).y

    assert np.hypot(center(last)[0] - 120, center(last)[1] - 180) < 1
    assert listener.said("dynamic_masks[0]: all its points are one place")


def test_mask_without_a_path_is_ignored_aloud(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """The schema asks for none; the clip is the one without it."""
    mask = draw_mask(tmp_path / "mask.png", (0.3, 0.3, 0.6, 0.7))
    listener = Listener()

    last = drawn(engine, make_job("zoom in", dynamic_masks=(stroke(mask),)), 12, listener)

    assert listener.said("ignored: dynamic_masks[0], it has no trajectory")
    assert np.array_equal(last.y, drawn(engine, make_job("zoom in"), 12).y)


def test_path_goes_through_its_points_at_even_speed() -> None:
    """However unevenly they lie."""
    points = np.array([(0, 0), (10, 0), (200, 0), (200, 150), (50, 300)], np.float64)
    path = Trajectory(points, diagonal_px=1000)

    walked = np.array([path.moved(share) for share in np.linspace(0, 1, 2001)])

    for point in points:
        assert np.linalg.norm(walked - point, axis=1).min() < 0.5
    steps = np.linalg.norm(np.diff(walked, axis=0), axis=1)
    assert steps.max() < 1.05 * steps.mean()


def test_trembling_hand_gives_a_smooth_path() -> None:
    """Dense points rounded to whole pixels do not shake the part."""
    random = np.random.default_rng(1)
    across = np.linspace(0, 600, 77)
    points = np.rint(np.column_stack([across, 80 * np.sin(across / 200)]) + random.uniform(-1, 1, (77, 2)))
    path = Trajectory(points, diagonal_px=1000)

    walked = np.array([path.moved(share) for share in np.linspace(0, 1, 121)])

    turns = np.diff(walked, n=2, axis=0)
    assert np.abs(turns).max() < 1.2
    assert np.allclose(walked[-1], points[-1] - points[0])
