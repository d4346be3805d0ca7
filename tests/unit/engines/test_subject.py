"""The subject of a photo: when it is cut out and when not, how it moves, and that standing still it changes nothing."""

from dataclasses import replace
from functools import cache
from typing import get_args

import cv2
import numpy as np
import pytest

from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.photo.layers import SoftMotion
from mutoscope.engines.procedural.photo.motions import Choreography, Extent
from mutoscope.engines.procedural.photo.staging import Layout, lay_out
from mutoscope.engines.procedural.plan import Motion, MotionName, Plan
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.sight.depth import analyse, find_subject
from mutoscope.engines.procedural.sight.subject import CONFIDENCE_MIN
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.generation import frame_size
from mutoscope.media.frames import Planes
from mutoscope.media.image import RgbArray
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.test_sight import photo, seen_in

AREA_PX = 100_000
MOTIONS: tuple[MotionName, ...] = get_args(MotionName)


@pytest.fixture
def plan(make_job: MakeJob) -> Plan:
    """A camera that stands, and nothing else."""
    return replace(plan_job(make_job("static shot")), motions=())


@cache
def stage_of(name: str) -> Stage:
    """The photo's frame."""
    height, width = photo(name).shape[:2]
    return Stage(*frame_size(width, height, AREA_PX), 5.0, seed=3)


@cache
def source_of(name: str) -> Source:
    """The photo, ready to be sampled."""
    stage = stage_of(name)
    return Source.of_rgb(photo(name), stage.width_px, stage.height_px)


def laid_out(name: str, plan: Plan, *, pinned: bool = False) -> Layout:
    """How the photo is shown under a plan."""
    return lay_out(photo(name), source_of(name), plan, seen_in(name), stage_of(name), pinned=pinned)


def film_of(name: str, plan: Plan) -> PictureFilm:
    """A clip of 25 frames."""
    return PictureFilm(source_of(name), plan, seen_in(name), stage_of(name), num_frames=25, layout=laid_out(name, plan))


def frame(film: PictureFilm, index: int) -> Planes:
    """One frame, drawn."""
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


def moving(plan: Plan, *names: MotionName) -> Plan:
    """The plan with these motions all along."""
    return replace(plan, motions=tuple(Motion(name) for name in names))


def test_the_lantern_is_cut_out_as_a_whole() -> None:
    """Its outline is sure, and the matte is the paper box and its cord."""
    cut = find_subject(photo("lantern"), seen_in("lantern"))

    assert cut is not None
    assert cut.confidence > 0.9
    rows, columns = cut.matte.shape
    assert cut.matte[int(0.35 * rows), int(0.28 * columns)] == 1
    assert cut.matte[:, columns // 2 :].max() == 0
    assert 0.08 < cut.matte.mean() < 0.13
    assert cut.matte[0].max() > 0.3, "it hangs by its cord from beyond the picture"


@pytest.mark.parametrize("name", ["pier", "astronaut", "canyon", "cat", "coffee", "orbit"])
def test_a_part_or_a_band_is_not_trusted(name: str) -> None:
    """Half a suit, an eye, a glow along the horizon: none is a thing that may move on its own."""
    cut = find_subject(photo(name), seen_in(name))

    assert cut is None or cut.confidence < CONFIDENCE_MIN


def test_the_unmoved_layer_gives_back_the_picture(plan: Plan) -> None:
    """Also along its soft outline: to within the rounding of luma that is sampled at twice the size."""
    layout = laid_out("lantern", moving(plan, "breathe"))
    assert layout.layer is not None
    stage, source = stage_of("lantern"), source_of("lantern")
    shown = Planes.empty(stage.width_px, stage.height_px)
    layout.backdrop.planes.copy_to(shown)

    layout.layer.draw(0.0, layout.camera, shown)

    assert cv2.absdiff(shown.u, source.planes.u).max() <= 1
    assert cv2.absdiff(shown.v, source.planes.v).max() <= 1
    cut = find_subject(photo("lantern"), seen_in("lantern"))
    assert cut is not None
    inside = cv2.resize(cut.matte, (stage.width_px, stage.height_px)) > 0.02
    assert cv2.absdiff(shown.y, source.planes.y)[inside].mean() < 1
    assert cv2.absdiff(shown.y, source.planes.y)[~inside].mean() < 0.1


def test_a_layer_is_made_only_where_it_buys_something(plan: Plan, make_job: MakeJob) -> None:
    """Not for a camera that stands or only turns, not without trust, not beside a static mask."""
    pan, truck = (plan_job(make_job(words)) for words in ("pan left", "camera trucks left"))

    assert laid_out("lantern", truck).layer is not None
    assert laid_out("lantern", plan).layer is None
    assert laid_out("lantern", pan).layer is None
    assert laid_out("cat", truck).layer is None
    assert laid_out("lantern", truck, pinned=True).layer is None


def test_the_log_says_which_way_a_subject_moves_and_why(plan: Plan) -> None:
    """As one piece where the outline is trusted, softly where it is not."""
    rigid = laid_out("lantern", moving(plan, "jump")).notes
    soft = laid_out("cat", moving(plan, "jump")).notes

    assert any(note.startswith("motion: jump moves the subject's layer as one piece, confidence 0.9") for note in rigid)
    assert any(note.startswith("subject: part of the picture, confidence 0.") for note in soft)
    assert any(note.startswith("motion: jump moves the subject softly") for note in soft)


@pytest.mark.parametrize("name", MOTIONS)
def test_a_cut_out_moves_and_its_surroundings_stay(name: MotionName, plan: Plan) -> None:
    """Within the clip the lantern's picture changes; the right half of the frame keeps every sample."""
    film = film_of("lantern", moving(plan, name))
    first = source_of("lantern").planes

    frames = [frame(film, index) for index in (7, 13, 18)]

    half = film.width_px // 2
    assert max(cv2.absdiff(each.y[:, :half], first.y[:, :half]).max() for each in frames) > 20
    for each in frames:
        assert (each.y[:, half:] == first.y[:, half:]).all()


def test_a_subject_without_an_outline_moves_softly(plan: Plan) -> None:
    """The cat's face bobs; the picture's corners stay, and nothing folds."""
    film = film_of("cat", moving(plan, "dance"))
    first = source_of("cat").planes

    middle = frame(film, 8)

    assert cv2.absdiff(middle.y, first.y)[60:-60, 100:-100].mean() > 2
    for share in np.linspace(0.1, 1, 10):
        x, y = film.positions(float(share))
        across, down = np.gradient(x, 8), np.gradient(y, 8)
        assert (across[1] * down[0] - across[0] * down[1]).min() > 0.4


def test_soft_motion_is_held_back_where_it_would_fold() -> None:
    """A spot of a few pixels cannot hop far; its surroundings would be torn."""
    stage = Stage(320, 180, 5.0, seed=0)
    grid = Grid(320, 180)
    spot = np.zeros((90, 160), np.float32)
    spot[44:47, 79:82] = 1
    moves = Choreography([Motion("jump", strength=9)], Extent(10, 10, 310, 170), stage, farthest_px=400)

    shift_x, shift_y = SoftMotion(spot, moves, grid).shift(0.12)

    assert 0 < max(np.abs(part).max() for shift in (shift_x, shift_y) for part in np.gradient(shift, 8)) <= 0.46


@pytest.mark.parametrize("name", MOTIONS)
def test_no_motion_leaves_its_bounds(name: MotionName) -> None:
    """However strong, the middle of the thing stays within the bound and half its growth; at the start all is still."""
    stage = Stage(854, 480, 5.0, seed=0)
    extent = Extent(400, 200, 480, 300)
    moves = Choreography([Motion(name, strength=2)], extent, stage, farthest_px=19)

    middle = np.array([440, 250, 1])
    reached = max(np.linalg.norm((moves.at(step / 120) @ middle - middle)[:2]) for step in range(121))

    assert np.allclose(moves.at(0.0), np.eye(3))
    assert reached < 19 + 0.2 * extent.height / 2 + 1


def test_a_subject_cut_by_the_lower_border_keeps_its_foot_there() -> None:
    """A hop stretches it upwards; lifted off, its cut edge would come into sight."""
    extent = Extent(100, 100, 200, 480, is_rooted=True)
    moves = Choreography([Motion("jump")], extent, Stage(854, 480, 5.0, seed=0), farthest_px=40)

    whole = moves.at(0.16)
    foot, head = whole @ (150, 480, 1), whole @ (150, 100, 1)

    assert foot[1] == pytest.approx(480)
    assert head[1] < 95


def petals() -> RgbArray:
    """A yellow half disc that the left border cuts, before pale blue; 480×320."""
    rgb = np.full((320, 480, 3), (205, 222, 228), np.uint8)
    cv2.circle(rgb, (20, 170), 110, (240, 190, 60), -1, cv2.LINE_AA)
    return rgb


def test_a_subject_that_the_border_cuts_has_no_layer_where_the_camera_looks_past_it(make_job: MakeJob) -> None:
    """As a layer it would go on as its own mirror image; in one piece with the picture it is made up with the rest."""
    rgb = petals()
    source, stage, analysis = Source.of_rgb(rgb, 480, 320), Stage(480, 320, 5.0, seed=0), analyse(rgb)

    past, inside = (
        lay_out(rgb, source, plan_job(make_job(words)), analysis, stage) for words in ("pull back", "push in")
    )

    assert inside.layer is not None
    assert past.layer is None
    assert past.backdrop.margins.left > 0
    assert any("cuts it at its left side where the camera looks past it" in note for note in past.notes)


def test_frames_with_a_layer_depend_on_nothing_but_their_index(make_job: MakeJob) -> None:
    """Drawn again, and in another order, they are the same; the first is the picture itself."""
    film = film_of("lantern", moving(plan_job(make_job("camera orbits left")), "spin"))
    forwards = [frame(film, index) for index in (0, 5, 11, 24)]

    backwards = [frame(film, index) for index in (24, 11, 5, 0)]

    for name in ("y", "u", "v"):
        assert (getattr(forwards[0], name) == getattr(source_of("lantern").planes, name)).all()
        for one, other in zip(forwards, reversed(backwards), strict=True):
            assert (getattr(one, name) == getattr(other, name)).all()


def test_a_picture_of_one_color_has_no_subject(plan: Plan) -> None:
    """Nothing stands out; a motion is then named as ignored."""
    rgb = np.full((240, 320, 3), 128, np.uint8)
    source = Source.of_rgb(rgb, 320, 240)

    layout = lay_out(rgb, source, moving(plan, "walk"), analyse(rgb), Stage(320, 240, 5.0, seed=0))

    assert layout.layer is None
    assert layout.displacements == ()
    assert any(note.startswith("ignored: walk") for note in layout.notes)
