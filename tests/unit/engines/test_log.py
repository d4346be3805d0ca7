"""What a caller reads in the log of a request is true of the clip: no line tells of what the film cannot show."""

from pathlib import Path

import pytest

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.generation import CameraControl, DynamicMask, InputFile
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, Listener, draw_mask

DEFAULT = "blur, distort, and low quality"


def test_frame_comes_before_what_is_said_of_masks(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Size, rate, length and seed open every log."""
    mask = draw_mask(tmp_path / "mask.png", (0.3, 0.3, 0.4, 0.4))
    listener = Listener()

    engine.film(make_job("zoom in", static_mask=mask), listener)

    assert listener.lines[0].startswith("frame size: ")
    assert listener.said("static mask: ")


@pytest.mark.parametrize("leader", ["dynamic masks", "the last frame"])
def test_motion_that_gives_way_is_ignored_and_not_announced(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, leader: str
) -> None:
    """A subject's motion and wind bend the picture itself; the light on waves is laid over any film."""
    path = draw_mask(tmp_path / "mask.png", (0.3, 0.3, 0.4, 0.4))
    stroke = DynamicMask(InputFile(path, ("body", "dynamic_masks", 0, "mask_url")), ((10, 10), (90, 90)))
    given = {"dynamic_masks": (stroke,)} if leader == "dynamic masks" else {"last_frame": CANYON}
    listener = Listener()

    engine.film(make_job("He walks, wind in the trees, waves", num_frames=3, **given), listener)

    assert listener.said(f"ignored: wind, walk; {leader} come")
    assert listener.said("effects: ")[0].startswith("effects: waves 0-")
    assert all(gone not in said for said in listener.said("effects: ") for gone in ("wind", "walk"))
    assert "'waves': waves" in listener.said("words: ")[0]
    assert "walk" not in listener.said("words: ")[0] and "wind" not in listener.said("words: ")[0]


def test_what_a_painted_scene_cannot_bend_is_ignored(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Its water, leaves and sky move as they are painted."""
    listener = Listener()

    engine.film(make_job("A desert, heat haze, snow", task="text-to-video", num_frames=3), listener)

    assert listener.said("ignored as effects: heat haze; a painted scene moves as it is painted")
    assert listener.said("effects: ") == ["effects: snow 0-100 % x1"]


def test_strength_is_said_only_where_cfg_scale_has_a_say(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Not of a camera by value, and not of one that stands still."""
    by_value, still, by_words, free, driven = (Listener() for _ in range(5))

    engine.film(make_job("zoom in", camera_control=CameraControl(preset="forward_up")), by_value)
    engine.film(make_job("static shot"), still)
    engine.film(make_job("zoom in", cfg_scale=1.0), by_words)
    engine.film(make_job("a pier"), free)
    engine.film(make_job("A car moves forward along the road"), driven)

    assert by_value.said("camera: ") == ["camera: forward_up 0-100 %"]
    assert still.said("camera: ") == ["camera: still"]
    assert by_words.said("camera: ") == ["camera: zoom in 0-100 %, strength 1.60"]
    assert free.said("camera: ") == ["camera: gentle push 0-100 %, strength 1.00, since no words direct it"]
    assert driven.said("camera: ") == ["camera: driven push 0-100 %, strength 1.00"]


def test_negative_prompt_that_nobody_wrote_is_named_so(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """And only where it changes anything: a picture that the camera moves through."""
    picture, text, tail = Listener(), Listener(), Listener()

    engine.film(make_job("zoom in", negative_prompt=DEFAULT), picture)
    engine.film(make_job("a lake", negative_prompt=DEFAULT, task="text-to-video"), text)
    engine.film(make_job("snow", negative_prompt=DEFAULT, last_frame=CANYON), tail)

    assert "default negative prompt: less depth" in picture.said("words: ")[0]
    assert "negative" not in "".join(text.lines + tail.lines)


@pytest.mark.parametrize(
    ("control", "field"),
    [
        (CameraControl(preset="forward_up"), "camera_control"),
        (CameraControl(axis="pan", value=5), "advanced_camera_control"),
    ],
)
def test_camera_control_has_the_name_it_was_sent_by(
    engine: ProceduralEngine, make_job: MakeJob, control: CameraControl, field: str
) -> None:
    """The two fields of the API are told apart."""
    listener = Listener()

    engine.film(make_job("a pier", camera_control=control), listener)

    assert listener.said(f"words: '{field}': ")


def test_last_frame_of_another_aspect_says_what_is_cut_off(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """At the sides of a wider one, above and below in a taller one."""
    wide, tall = tmp_path / "wide.png", tmp_path / "tall.png"
    draw_mask(wide, (0, 0, 1, 1), size=(1200, 400))
    draw_mask(tall, (0, 0, 1, 1), size=(400, 1200))
    listeners = {path: Listener() for path in (wide, tall)}

    for path, listener in listeners.items():
        engine.film(make_job(last_frame=path, num_frames=3), listener)

    assert "at left and right is cut off" in listeners[wide].said("last frame: 1200x400")[0]
    assert "at top and bottom is cut off" in listeners[tall].said("last frame: 400x1200")[0]


def test_camera_that_follows_a_subject_is_no_camera_word(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Who spoke of no camera is not told that words about it are ignored."""
    subject, camera = Listener(), Listener()

    engine.film(make_job("A car moves forward along the road", last_frame=CANYON, num_frames=3), subject)
    engine.film(make_job("Zoom in", last_frame=CANYON, num_frames=3), camera)

    assert subject.said("ignored: run; the last frame comes first")
    assert camera.said("ignored: the camera words of the prompt; the last frame comes first")
