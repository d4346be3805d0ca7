"""Pictures and clips at the edge of what is let in: whatever the camera does with them, frames stay exact and sane."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.film import Film
from mutoscope.engines.procedural.photo import staging
from mutoscope.engines.procedural.sight.subject import CONFIDENCE_MIN
from mutoscope.generation import CameraControl, GenerationJob, InputFile
from mutoscope.limits import IMAGE_ASPECT_MAX, IMAGE_SIDE_PX_MIN
from mutoscope.media.frames import Planes, cover, fit, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import Listener

Wish = dict[str, Any]
Samples = tuple[bytes, bytes, bytes]

LEAST = IMAGE_SIDE_PX_MIN
MOST = int(LEAST * IMAGE_ASPECT_MAX)


def plain(*rgb: int) -> RgbArray:
    """One color."""
    return np.full((LEAST, 400, 3), rgb, np.uint8)


def noise() -> RgbArray:
    """Every sample by chance."""
    return np.random.default_rng(1).integers(0, 256, (LEAST, 400, 3), np.uint8)


def sky() -> RgbArray:
    """Nothing but a blue gradient."""
    down = np.linspace(0, 1, LEAST)[:, None, None]
    return np.broadcast_to((90, 140, 225) + down * (100, 80, 20), (LEAST, 400, 3)).astype(np.uint8)


def line_art() -> RgbArray:
    """Thin black lines on white."""
    image = Image.new("RGB", (400, LEAST), "white")
    draw = ImageDraw.Draw(image)
    draw.line((40, 30, 360, 240), fill="black", width=3)
    draw.ellipse((120, 90, 240, 210), outline="black", width=2)
    return np.asarray(image)


def thing(width: int, height: int) -> RgbArray:
    """A red ball before gray, cut by the lower border in wide pictures."""
    image = Image.new("RGB", (width, height), (190, 200, 210))
    middle, radius = (0.5 * width, 0.6 * height), 0.35 * max(LEAST, min(width, height))
    ImageDraw.Draw(image).ellipse(
        (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), fill=(180, 30, 20)
    )
    return np.asarray(image)


PICTURES: dict[str, Callable[[], RgbArray]] = {
    "black": lambda: plain(0, 0, 0),
    "white": lambda: plain(255, 255, 255),
    "green": lambda: plain(37, 120, 90),
    "noise": noise,
    "all sky": sky,
    "line art": line_art,
    "ball": lambda: thing(400, LEAST),
    "1:2.5": lambda: thing(LEAST, 750),
    "2.5:1": lambda: thing(750, LEAST),
    "narrowest": lambda: thing(LEAST, MOST),
    "widest": lambda: thing(MOST, LEAST),
}
WISHES: tuple[Wish, ...] = (
    *(
        {"prompt": words}
        for words in (
            "", "zoom in", "zoom out", "pan left", "tilt up", "truck right", "crane down fast", "orbit left",
            "roll left", "dolly zoom", "handheld, earthquake", "aerial shot", "whip pan right, explosive",
            "static shot, he jumps", "zoom in, then pan left, then zoom out",
            "orbit left while he spins and dances", "clouds drift, waves, wind, heat haze, push in",
        )
    ),
    *(
        {"camera_control": CameraControl(preset=preset)}
        for preset in ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
    ),
    *(
        {"camera_control": CameraControl(axis=axis, value=value)}
        for axis, value in (
            ("horizontal", 10), ("vertical", -10), ("pan", 10), ("tilt", -10), ("roll", 10), ("zoom", -10),
        )
    ),
)  # fmt: skip
LENGTHS: tuple[Wish, ...] = (
    {"num_frames": 1},
    {"num_frames": 2},
    {"num_frames": 16, "fps": 3},
    {"num_frames": 241, "duration_s": 10},
)
AREAS = (64 * 64, 20_000)


def saved(folder: Path, name: str) -> Path:
    """The picture as a file."""
    path = folder / "picture.png"
    Image.fromarray(PICTURES[name]()).save(path)
    return path


def drawn(film: Film, index: int, before: int = 0) -> Samples:
    """All samples of a frame, drawn over planes full of `before`."""
    planes = Planes.empty(film.width_px, film.height_px)
    for plane in (planes.y, planes.u, planes.v):
        plane[:] = before
    film.draw(index, planes)
    return planes.y.tobytes(), planes.u.tobytes(), planes.v.tobytes()


def shown(rgb: RgbArray, film: Film) -> Samples:
    """All samples of a picture that fills the frame."""
    planes = planes_of_rgb(fit(rgb, film.width_px, film.height_px))
    return planes.y.tobytes(), planes.u.tobytes(), planes.v.tobytes()


def read(file: InputFile | None, job: GenerationJob) -> RgbArray:
    """An input's pixels, as many as a frame of this size can show."""
    assert file is not None
    return read_image(file, pixels_max=64_000_000, pixels_enough=4 * job.area_px)


def check(engine: ProceduralEngine, job: GenerationJob) -> None:
    """The promises that hold for every clip of a picture."""
    film = engine.film(job, Listener())
    last = job.num_frames - 1
    indices = sorted({0, min(1, last), last // 2, last})

    forwards = {index: drawn(film, index, before=99) for index in indices}

    assert forwards[0] == shown(read(job.first_frame, job), film), "frame 0 is the picture"
    for samples in forwards.values():
        for plane, most in zip(samples, (235, 240, 240), strict=True):
            assert min(plane) >= 16 and max(plane) <= most, "nothing out of range, no sample left as it was"
    assert all(drawn(film, index) == forwards[index] for index in reversed(indices)), "any order, the same samples"


@pytest.mark.parametrize("name", PICTURES)
def test_any_picture_bears_any_camera(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Words, presets and axes at no and at full strength, at every length, with and without a layer of its own.

    Each picture takes its turn with a third of them; every one meets three or four pictures.
    """
    path = saved(tmp_path, name)
    turn = list(PICTURES).index(name)
    for number, wish in enumerate(WISHES):
        if (number + turn) % 3 != 0:
            continue
        monkeypatch.setattr(staging, "CONFIDENCE_MIN", -1.0 if number // 3 % 2 else CONFIDENCE_MIN)
        values = LENGTHS[number % len(LENGTHS)] | {"area_px": AREAS[number // 2 % 2]} | wish

        check(engine, make_job(first_frame=path, cfg_scale=float(number % 2), **values))


@pytest.mark.parametrize("color", ["black", "white", "green"])
def test_a_picture_of_one_color_stays_of_one_color(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, color: str
) -> None:
    """Nothing is made up beyond it that it does not hold: no seam, no rim, no shade."""
    path = saved(tmp_path, color)
    for prompt in ("zoom out", "orbit left while he jumps", "roll left", "dolly zoom", "waves, wind, pan right"):
        film = engine.film(make_job(prompt, first_frame=path, cfg_scale=1.0, area_px=20_000), Listener())

        assert all(len(set(plane)) == 1 for plane in drawn(film, 12)), prompt


@pytest.mark.parametrize("name", PICTURES)
def test_any_picture_is_reached_and_left_as_a_last_frame(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, name: str
) -> None:
    """Its middle, sample for sample, whatever its shape; from the ball to it at every length from two frames."""
    (tmp_path / "first").mkdir()
    first, last = saved(tmp_path / "first", "ball"), saved(tmp_path, name)
    for length in LENGTHS[1:]:
        job = make_job("snow, sunset", first_frame=first, last_frame=last, area_px=20_000, **length)

        check(engine, job)

        film = engine.film(job, Listener())
        size = (film.width_px, film.height_px)
        assert drawn(film, job.num_frames - 1) == shown(cover(read(job.last_frame, job), *size), film)


def test_a_clip_of_one_frame_is_the_first_picture_also_with_a_last_one(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """There is no time to get anywhere."""
    (tmp_path / "first").mkdir()
    job = make_job(first_frame=saved(tmp_path / "first", "ball"), last_frame=saved(tmp_path, "all sky"), num_frames=1)

    check(engine, job)
