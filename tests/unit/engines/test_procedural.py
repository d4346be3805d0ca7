"""The procedural engine from job to file: exact ends, exact length, equal bytes, a log that accounts for all inputs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.quality.tracks import moved, psnr
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.errors import InputInvalid
from mutoscope.generation import CameraControl, DynamicMask, InputFile, frame_size
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, PIER, Listener, draw_mask, fitted_luma, lumas

# --- length, size, tags -----------------------------------------------------


@pytest.mark.parametrize("aspect", [(3000, 300), (300, 3000), (1000, 999), (450, 300)])
def test_any_aspect_is_kept_at_constant_area(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, aspect: tuple[int, int]
) -> None:
    """Also the narrowest that is taken."""
    path = tmp_path / "picture.png"
    Image.effect_noise(aspect, 60).convert("RGB").save(path)

    artifact = engine.generate(make_job("pan right", first_frame=path, num_frames=5), Listener())

    assert (artifact.width_px, artifact.height_px) == frame_size(*aspect, 64_000)


# --- exact ends ---------------------------------------------------------------


@pytest.mark.parametrize("photo", [PIER, CANYON], ids=["pier", "canyon"])
def test_first_decoded_frame_is_the_picture(engine: ProceduralEngine, make_job: MakeJob, photo: Path) -> None:
    """Within what the encoder loses."""
    artifact = engine.generate(make_job("orbit left", first_frame=photo, area_px=230_400), Listener())

    assert psnr(lumas(artifact)[0], fitted_luma(photo, 230_400)) >= 42


# --- the camera, seen from outside ---------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "field", "sign"),
    [("zoom in", "scale", 1), ("pan right", "dx", -1), ("tilt up", "dy", 1), ("camera rolls left", "roll", 1)],
)
def test_camera_is_seen_in_the_decoded_clip(
    engine: ProceduralEngine, make_job: MakeJob, prompt: str, field: str, sign: int
) -> None:
    """Not only in the plan."""
    frames = lumas(engine.generate(make_job(prompt, area_px=128_000), Listener()))

    assert getattr(moved(frames[0], frames[-1]), field) * sign > 2


def test_static_shot_has_identical_frames(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """No motion at all before encoding, and hardly a bit of difference after."""
    frames = lumas(engine.generate(make_job("static shot"), Listener()))

    assert np.abs(frames[-1].astype(int) - frames[0]).mean() < 0.6


# --- equal jobs, equal bytes -------------------------------------------------------


# --- progress, cancel, log, bad inputs ---------------------------------------------


def test_log_accounts_for_the_request(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Size, rate, length, camera path, which words did what, which did nothing."""
    listener = Listener()

    engine.generate(make_job("Camera slowly pans left over a snowy pier", negative_prompt="blur"), listener)

    assert listener.said("frame size: 308x206, 24 fps, 13 frames (0.542 s), seed 0")
    assert listener.said("camera: pan left 0-100 %, strength 1.00")
    assert listener.said("words: 'pans left': pan left; 'slowly': speed x0.65")
    assert listener.said("ignored: over, snowy, pier, not 'blur'") or listener.said("ignored: snowy, pier")


def test_inputs_that_give_way_are_named(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Masks before tail, tail before camera control."""
    path = draw_mask(tmp_path / "mask.png", (0.3, 0.3, 0.4, 0.4))
    stroke = DynamicMask(InputFile(path, ("body", "dynamic_masks", 0, "mask_url")), ((10, 10), (90, 90)))
    listener = Listener()
    job = make_job(
        dynamic_masks=(stroke,), last_frame=CANYON, camera_control=CameraControl(axis="pan", value=3.0), num_frames=3
    )

    engine.generate(job, listener)

    assert listener.said("ignored: tail_image_url, camera_control; dynamic masks come first")


def test_bad_picture_names_its_field(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Each input under its own place in the body."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    for name, loc in (
        ("first_frame", "image_url"),
        ("last_frame", "tail_image_url"),
        ("static_mask", "static_mask_url"),
    ):
        job = make_job(**{name: broken})

        with pytest.raises(InputInvalid) as caught:
            engine.generate(job, Listener())

        assert (caught.value.problem.type, caught.value.problem.loc) == ("image_load_error", ("body", loc))
        assert list(job.scratch.iterdir()) == []


def test_pixel_bound_is_an_option(make_job: MakeJob) -> None:
    """The setting reaches the reader."""
    with pytest.raises(InputInvalid, match=r"limit is 0.5 MP"):
        ProceduralEngine(image_pixels_max=500_000).generate(make_job(), Listener())
