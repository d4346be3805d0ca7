"""The geometry of a camera move: nothing from outside the picture, no folds, and every direction as it is called."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.quality.clips import PHOTOS
from bench.quality.tracks import Moved, moved
from mutoscope.engines.procedural.camera import Camera, inverse_of
from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.photo.staging import Layout, lay_out
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.generation import CameraControl, GenerationJob, InputFile, frame_size
from mutoscope.media.frames import Planes
from mutoscope.media.image import read_image
from tests.unit.engines.looking import CANYON, PIER, picture

ASTRONAUT = PHOTOS["astronaut"]
MOVES = (
    "zoom in", "zoom out", "pan left", "pan right", "tilt up", "tilt down", "truck left", "truck right", "crane up",
    "crane down", "orbit left", "orbit right", "camera rolls left", "camera rolls right", "dolly zoom", "aerial shot",
    "handheld", "a quiet day", "pan left, then zoom out explosively", "zoom in fast, then fly through fast",
)  # fmt: skip
CONTROLS = (
    *(CameraControl(preset=name) for name in ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")),
    *(
        CameraControl(axis=axis, value=value)
        for axis in ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
        for value in (-10.0, 10.0)
    ),
)


def plan(wish: str | CameraControl, cfg: float = 0.5) -> Plan:
    """The plan of a prompt or of a control."""
    values: dict[str, Any] = {
        "request_id": "r", "attempt": 1, "endpoint_id": "e", "task": "image-to-video", "scratch": Path("/nowhere"),
        "prompt": wish if isinstance(wish, str) else "", "negative_prompt": "", "cfg_scale": cfg, "seed": 3,
        "duration_s": 5, "fps": 24, "num_frames": 25, "area_px": 64_000, "width_px": None, "height_px": None,
        "camera_control": None if isinstance(wish, str) else wish,
    }  # fmt: skip
    return plan_job(GenerationJob(**values))


def film(wish: str | CameraControl, photo: Path = PIER, *, cfg: float = 0.5, area_px: int = 64_000) -> PictureFilm:
    """A clip of 25 frames."""
    rgb = read_image(InputFile(photo, ("body",)), pixels_max=64_000_000)
    size = frame_size(rgb.shape[1], rgb.shape[0], area_px)
    stage = Stage(*size, 25 / 24, seed=3)
    return PictureFilm(Source.of_rgb(rgb, *size), plan(wish, cfg), analyse(rgb), stage, num_frames=25)


def frame(film: PictureFilm, index: int) -> Planes:
    """One frame, drawn."""
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


def motion(wish: str | CameraControl, photo: Path = PIER, **options: Any) -> Moved:
    """How the picture has gone after three fifths of the clip."""
    clip = film(wish, photo, **options)
    return moved(frame(clip, 0).y, frame(clip, 14).y)


@pytest.mark.parametrize("photo", [PIER, CANYON], ids=["pier", "canyon"])
@pytest.mark.parametrize("wish", [*MOVES, *CONTROLS], ids=str)
def test_every_position_is_inside_the_picture_and_none_folds(wish: str | CameraControl, photo: Path) -> None:
    """At full strength: not one whole pixel beyond the edge, and neighbors keep their order."""
    clip = film(wish, photo, cfg=1.0)
    for share in (0.25, 0.5, 0.75, 1.0):
        x, y = clip.camera.positions(share)

        grid = Grid(clip.width_px, clip.height_px)
        full_x, full_y = grid.spread(x), grid.spread(y)
        assert full_x.min() > -1 and full_x.max() < clip.width_px
        assert full_y.min() > -1 and full_y.max() < clip.height_px
        across, down = np.gradient(full_x), np.gradient(full_y)
        assert (across[1] * down[0] - across[0] * down[1]).min() > 0.1


@pytest.mark.parametrize("photo", [PIER, CANYON], ids=["pier", "canyon"])
@pytest.mark.parametrize(
    ("wish", "field", "least"),
    [
        ("zoom in", "scale", 8), ("zoom out", "scale", -6),
        ("pan left", "dx", 6), ("pan right", "dx", -6),
        ("tilt up", "dy", 6), ("tilt down", "dy", -6),
        ("truck left", "dx", 4), ("truck right", "dx", -4),
        ("crane up", "dy", 4), ("crane down", "dy", -4),
        ("camera rolls left", "roll", 2), ("camera rolls right", "roll", -2),
        (CameraControl(preset="down_back"), "scale", -4),
        (CameraControl(preset="forward_up"), "scale", 12), (CameraControl(preset="forward_up"), "dy", 6),
        (CameraControl(preset="right_turn_forward"), "dx", -7), (CameraControl(preset="left_turn_forward"), "dx", 7),
        (CameraControl(axis="horizontal", value=8), "dx", -4), (CameraControl(axis="horizontal", value=-8), "dx", 4),
        (CameraControl(axis="vertical", value=8), "dy", 4), (CameraControl(axis="vertical", value=-8), "dy", -4),
        (CameraControl(axis="pan", value=8), "dy", 6), (CameraControl(axis="pan", value=-8), "dy", -6),
        (CameraControl(axis="tilt", value=8), "dx", -6), (CameraControl(axis="tilt", value=-8), "dx", 6),
        (CameraControl(axis="roll", value=8), "roll", -2), (CameraControl(axis="roll", value=-8), "roll", 2),
        (CameraControl(axis="zoom", value=8), "scale", -8), (CameraControl(axis="zoom", value=-8), "scale", 8),
    ],
    ids=str,
)  # fmt: skip
def test_moves_go_where_they_say(wish: str | CameraControl, field: str, least: float, photo: Path) -> None:
    """Seen by tracking corners; sideways moves stay level."""
    result = motion(wish, photo)

    value = getattr(result, field)
    assert value >= least if least > 0 else value <= least
    if field == "dx":
        assert abs(result.dy) < 0.35 * abs(result.dx)


def test_strength_grows_with_cfg_scale() -> None:
    """Strictly, and by more than two and a half times from end to end."""
    scales = [motion("zoom in", CANYON, cfg=cfg, area_px=128_000).scale for cfg in (0.0, 0.25, 0.5, 0.75, 1.0)]

    assert scales == sorted(scales)
    assert min(np.diff(scales)) > 0.3
    assert scales[-1] / scales[0] > 2.5


def test_first_frame_is_the_picture_itself() -> None:
    """Sample for sample, whatever the camera does later."""
    rgb = read_image(InputFile(PIER, ("body",)), pixels_max=64_000_000)
    clip = film("zoom in fast")
    source = Source.of_rgb(rgb, clip.width_px, clip.height_px).planes

    first = frame(clip, 0)

    for plane in ("y", "u", "v"):
        assert (getattr(first, plane) == getattr(source, plane)).all()


def test_still_camera_repeats_the_picture() -> None:
    """Every frame is the first one."""
    clip = film("static shot")

    first = frame(clip, 0)

    for index in (1, 12, 24):
        assert (frame(clip, index).y == first.y).all()


def test_frames_depend_on_nothing_but_their_index() -> None:
    """Drawn again, and in another order, they are the same."""
    clip = film("handheld, zoom in")
    forwards = [frame(clip, index).y.copy() for index in range(25)]

    backwards = [frame(clip, index).y.copy() for index in reversed(range(25))]

    assert all((a == b).all() for a, b in zip(forwards, reversed(backwards), strict=True))


def test_sharpness_does_not_drop_after_the_first_frame() -> None:
    """The double luma keeps what bilinear sampling at single size would blur away."""
    clip = film("zoom in", CANYON, area_px=230_400)

    sharp = [float(np.abs(np.diff(frame(clip, index).y.astype(float), axis=1)).mean()) for index in (0, 1, 2, 3)]

    assert sharp[3] / sharp[0] > 0.94


def test_near_things_move_more_than_far_ones() -> None:
    """On a sideways move the pier's planks overtake the far shore."""
    clip = film("truck right")

    x, _ = clip.camera.positions(0.6)
    grid = Grid(clip.width_px, clip.height_px)
    shift = x - grid.x
    shore, planks = int(0.40 * grid.rows), int(0.95 * grid.rows)

    middle = grid.columns // 2
    assert shift[planks, middle] > 1.3 * shift[shore, middle] > 0


@pytest.mark.parametrize("wish", ["truck left", "pan right", "crane up fast", "whip pan left"])
def test_a_move_to_the_side_crops_little(wish: str) -> None:
    """What the camera sees past the edge is made up before the picture is magnified by more than a sixth."""
    clip = film(wish, ASTRONAUT)

    assert clip.camera.pose(1.0).focal < math.log(7 / 6)


def test_the_horizon_stays_straight_when_the_camera_rises() -> None:
    """What differs in color at a free horizon is as far as the rest of it: it bends by less than a hundredth."""
    clip = film("crane up fast", area_px=230_400)
    grid = Grid(clip.width_px, clip.height_px)

    _, y = clip.camera.positions(1.0)

    horizon = 0.36 * clip.height_px
    rows = [np.interp(horizon, y[:, column], grid.y[:, column]) for column in range(grid.columns)]
    assert max(rows) - min(rows) < 0.01 * clip.height_px


def laid_out(wish: str | CameraControl, photo: Path = PIER, cfg: float = 0.5) -> tuple[Layout, Stage]:
    """A photo with the world beyond its edges that the move needs."""
    rgb = read_image(InputFile(photo, ("body",)), pixels_max=64_000_000)
    stage = Stage(*frame_size(rgb.shape[1], rgb.shape[0], 64_000), 25 / 24, seed=3)
    source = Source.of_rgb(rgb, stage.width_px, stage.height_px)
    return lay_out(rgb, source, plan(wish, cfg), analyse(rgb), stage), stage


@pytest.mark.parametrize("wish", ["zoom out", "dolly zoom", CameraControl(axis="zoom", value=10.0)], ids=str)
def test_world_is_made_up_where_the_camera_sees_past_the_picture(wish: str | CameraControl) -> None:
    """As much as it sees, in all directions it sees; the log says how much."""
    layout, stage = laid_out(wish)

    margins = layout.backdrop.margins
    assert margins.left > 0 and margins.right > 0
    assert max(margins.left, margins.right) <= 0.2 * stage.width_px + 2
    x, y = layout.camera.positions(1.0)
    grid = Grid(stage.width_px, stage.height_px)
    assert grid.spread(x).min() > -margins.left - 1 and grid.spread(x).max() < stage.width_px + margins.right
    assert grid.spread(y).min() > -margins.top - 1 and grid.spread(y).max() < stage.height_px + margins.bottom
    assert any(note.startswith("edges: ") and "made up beyond the picture" in note for note in layout.notes)


def test_the_picture_itself_is_untouched_by_what_is_made_up_around_it() -> None:
    """Its samples lie in the middle of the extended ones."""
    layout, stage = laid_out("zoom out")
    margins, backdrop = layout.backdrop.margins, layout.backdrop
    rgb = read_image(InputFile(PIER, ("body",)), pixels_max=64_000_000)
    source = Source.of_rgb(rgb, stage.width_px, stage.height_px)

    rows = slice(2 * margins.top, 2 * (margins.top + stage.height_px))
    columns = slice(2 * margins.left, 2 * (margins.left + stage.width_px))
    assert (backdrop.luma_double[rows, columns] == source.luma_double).all()
    half = (slice(rows.start // 4, rows.stop // 4), slice(columns.start // 4, columns.stop // 4))
    assert (backdrop.chroma[0][half] == source.planes.u).all()


@pytest.mark.parametrize("wish", ["static shot", "zoom in"])
def test_nothing_is_made_up_for_a_camera_that_stays_inside(wish: str) -> None:
    """The picture is enough."""
    layout, _ = laid_out(wish)

    assert not layout.backdrop.margins


def test_what_the_largest_margin_lacks_is_stretched_over() -> None:
    """At full strength a zoom out sees more than a fifth past the edge; the log says what was stretched."""
    layout, _ = laid_out("zoom out explosively", cfg=1.0)

    assert layout.camera.stretch() > 0
    assert any("margins stretched over" in note for note in layout.notes)


@pytest.mark.parametrize("wish", ["camera orbits left", "dolly zoom", "camera rolls left", "aerial shot"])
def test_a_flat_scene_is_seen_as_a_plane(wish: str) -> None:
    """What one matrix says of things at one distance is what the map says where everything is at that distance."""
    stage = Stage(320, 180, 5.0, seed=3)
    grid = Grid(320, 180)
    nearness = np.full_like(grid.x, 0.4)
    camera = Camera(plan(wish), nearness, grid, stage)

    looks = camera.plane(0.8, float(inverse_of(nearness)[0, 0]))
    x, y, w = looks @ np.stack([grid.x.ravel(), grid.y.ravel(), np.ones(grid.x.size)])

    # Far inside, where the map is not held at the edges.
    inner = (slice(6, -6), slice(6, -6))
    map_x, map_y = camera.positions(0.8)
    assert np.abs((x / w).reshape(grid.x.shape) - map_x)[inner].max() < 0.05
    assert np.abs((y / w).reshape(grid.y.shape) - map_y)[inner].max() < 0.05


@pytest.mark.parametrize("control", [CameraControl(axis="zoom", value=-5.0), CameraControl(axis="tilt", value=2.0)])
def test_a_camera_that_only_turns_or_zooms_sees_a_flat_picture(control: CameraControl) -> None:
    """Then one homography says the same as the grid, to the rounding of a sample."""
    shown = film(control, PIER)
    look = shown.camera.flat(0.6)
    assert look is not None
    flat, by_grid = Planes.empty(shown.width_px, shown.height_px), Planes.empty(shown.width_px, shown.height_px)
    source = Source.of_rgb(picture(PIER), shown.width_px, shown.height_px)
    grid = Grid(shown.width_px, shown.height_px)

    grid.warp_flat(source, look, flat)
    grid.warp(source, *shown.positions(0.6), by_grid)

    for one, other in ((flat.y, by_grid.y), (flat.u, by_grid.u), (flat.v, by_grid.v)):
        assert np.abs(one.astype(int) - other).max() <= 1


@pytest.mark.parametrize("wish", ["zoom in", "orbit left", CameraControl(axis="zoom", value=5.0)])
def test_a_camera_that_travels_or_sees_past_the_edge_is_not_flat(wish: str | CameraControl) -> None:
    """Depth and stretched margins need the grid."""
    assert film(wish, PIER).camera.flat(0.6) is None
