"""The procedural engine from job to file: exact ends, exact length, equal bytes, a log that accounts for all inputs."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from mutoscope.engines.base import GenerationCancelled
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.errors import InputInvalid
from mutoscope.generation import CameraControl, DynamicMask, InputFile, frame_size
from mutoscope.media.frames import cover, fit, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, PIER, Listener, Luma, lumas, psnr, seen


def picture(path: Path) -> RgbArray:
    """A photo's pixels."""
    return read_image(InputFile(path, ("body",)), pixels_max=64_000_000)


def fitted_luma(path: Path, area_px: int = 64_000) -> Luma:
    """What the first frame's luma has to be."""
    rgb = picture(path)
    return planes_of_rgb(fit(rgb, *frame_size(rgb.shape[1], rgb.shape[0], area_px))).y


def draw_mask(path: Path, box: tuple[float, float, float, float], size: tuple[int, int] = (1280, 853)) -> Path:
    """White in the box (left, top, right, bottom as shares), black elsewhere."""
    mask = Image.new("L", size)
    left, top, right, bottom = (round(s * side) for s, side in zip(box, (*size, *size), strict=True))
    mask.paste(255, (left, top, right, bottom))
    mask.save(path, "PNG")
    return path


def digest(path: Path) -> str:
    """The file's bytes in short."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- length, size, tags -----------------------------------------------------


def test_artifact_says_what_the_file_says(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Size by the area rule, frames as asked, and the engine's own name."""
    listener = Listener()
    job = make_job("zoom in", num_frames=25, seed=11)

    artifact = engine.generate(job, listener)

    width, height = frame_size(1280, 853, 64_000)
    assert (artifact.width_px, artifact.height_px) == (width, height)
    assert (artifact.fps, artifact.num_frames, artifact.duration_s) == (24.0, 25, 25 / 24)
    assert (artifact.seed, artifact.engine, artifact.preview) == (11, "procedural", True)
    assert artifact.metrics["render_s"] > 0 and artifact.metrics["encode_s"] > 0
    assert [entry.name for entry in job.scratch.iterdir()] == [artifact.path.name]
    with av.open(str(artifact.path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (width, height, 25)
        assert sum(1 for _ in container.decode(video=0)) == 25
        assert len(container.streams) == 1


def test_full_size_clip_of_five_seconds(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """121 frames of 0.92 MP at 24 fps last 121/24 s; the first one is the picture."""
    artifact = engine.generate(make_job("slow zoom in", num_frames=121, area_px=921_600), Listener())

    assert (artifact.width_px, artifact.height_px) == (1174, 782)
    assert artifact.duration_s == 121 / 24
    assert psnr(lumas(artifact)[0], fitted_luma(PIER, 921_600)) >= 42


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 240)])
def test_text_to_video_has_the_size_asked_for(
    engine: ProceduralEngine, make_job: MakeJob, size: tuple[int, int]
) -> None:
    """In each of the three aspects, and something is to be seen."""
    job = make_job("a mountain lake at sunset", task="text-to-video", width_px=size[0], height_px=size[1])

    artifact = engine.generate(job, Listener())

    assert (artifact.width_px, artifact.height_px) == size
    assert lumas(artifact)[0].std() > 15


@pytest.mark.parametrize("aspect", [(400, 40), (40, 400), (1000, 999), (333, 222)])
def test_any_aspect_is_kept_at_constant_area(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, aspect: tuple[int, int]
) -> None:
    """Also the narrowest that is taken."""
    path = tmp_path / "picture.png"
    Image.effect_noise(aspect, 60).convert("RGB").save(path)

    artifact = engine.generate(make_job("pan right", first_frame=path, num_frames=5), Listener())

    assert (artifact.width_px, artifact.height_px) == frame_size(*aspect, 64_000)


def test_manifest_tells_the_making_and_nothing_private(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Seed, engine, version and settings; no prompt, no id, no time."""
    job = make_job("a secret pan left", negative_prompt="hush", seed=5)

    artifact = engine.generate(job, Listener())

    with av.open(str(artifact.path)) as container:
        comment = container.metadata["comment"]
    manifest = json.loads(comment)
    assert manifest["note"] == "procedural preview"
    assert (manifest["engine"], manifest["seed"]) == ("procedural", 5)
    assert manifest["version"].startswith("mutoscope ")
    assert manifest["settings"]["num_frames"] == 13
    for private in ("secret", "hush", "pan", job.request_id, str(job.scratch)):
        assert private not in artifact.path.read_bytes().decode("latin-1").split("mdat")[0]


# --- exact ends ---------------------------------------------------------------


@pytest.mark.parametrize("photo", [PIER, CANYON], ids=["pier", "canyon"])
def test_first_decoded_frame_is_the_picture(engine: ProceduralEngine, make_job: MakeJob, photo: Path) -> None:
    """Within what the encoder loses."""
    artifact = engine.generate(make_job("orbit left", first_frame=photo, area_px=230_400), Listener())

    assert psnr(lumas(artifact)[0], fitted_luma(photo, 230_400)) >= 42


def test_last_frame_is_reached(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """The last decoded frame is the tail picture, the first one the first."""
    listener = Listener()
    job = make_job("zoom out", last_frame=CANYON, num_frames=49, area_px=921_600)

    frames = lumas(engine.generate(job, listener))

    assert psnr(frames[0], fitted_luma(PIER, 921_600)) >= 42
    assert psnr(frames[-1], fitted_luma(CANYON, 921_600)) >= 42
    assert listener.said("ignored: the camera words of the prompt; the last frame comes first")


def test_last_frame_of_another_aspect_is_cropped_to_its_middle(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """And the log says so."""
    square = picture(CANYON)[:800, :800]
    tail = tmp_path / "tail.png"
    Image.fromarray(square).save(tail)
    listener = Listener()

    artifact = engine.generate(make_job(last_frame=tail, area_px=128_000), listener)

    expected = planes_of_rgb(cover(square, artifact.width_px, artifact.height_px)).y
    assert psnr(lumas(artifact)[-1], expected) >= 30
    assert "800x800" in listener.said("last frame:")[0]


def test_morph_carries_what_moved(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Half way between a picture and its shifted self it is shifted by half, far better than a plain fade."""
    rgb = picture(CANYON)
    views = {}
    for name, shift in (("first", 0), ("half", 20), ("last", 40)):
        views[name] = np.ascontiguousarray(rgb[:, 60 - shift : 60 - shift + 1160])
        Image.fromarray(views[name]).save(tmp_path / f"{name}.png")
    job = make_job(first_frame=tmp_path / "first.png", last_frame=tmp_path / "last.png", num_frames=9, area_px=160_000)

    artifact = engine.generate(job, Listener())

    size = (artifact.width_px, artifact.height_px)
    first, half, last = (planes_of_rgb(fit(views[name], *size)).y for name in ("first", "half", "last"))
    inner = (slice(8, -8), slice(16, -16))
    fade = ((first.astype(int) + last) // 2).astype(np.uint8)
    assert psnr(lumas(artifact)[4][inner], half[inner]) > psnr(fade[inner], half[inner]) + 6


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

    assert getattr(seen(frames[0], frames[-1]), field) * sign > 2


def test_text_to_video_follows_the_camera_too(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """A pan to the right moves the city to the left."""
    job = make_job("a city at night, pan right", task="text-to-video")

    frames = lumas(engine.generate(job, Listener()))

    assert seen(frames[0], frames[-1]).dx < -4


def test_static_shot_has_identical_frames(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """No motion at all before encoding, and hardly a bit of difference after."""
    frames = lumas(engine.generate(make_job("static shot"), Listener()))

    assert np.abs(frames[-1].astype(int) - frames[0]).mean() < 0.6


# --- the motion brush -----------------------------------------------------------


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


def test_dynamic_mask_moves_its_part_along_the_path(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """From the bottom left: a path to higher y goes up. The part ends where the path ends."""
    scene = np.full((360, 480, 3), 90, np.uint8)
    cv2.circle(scene, (120, 240), 24, (255, 200, 40), -1)
    Image.fromarray(scene).save(tmp_path / "scene.png")
    mask = np.zeros((360, 480), np.uint8)
    cv2.circle(mask, (120, 240), 30, (255.0,), -1)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    stroke = DynamicMask(
        InputFile(tmp_path / "mask.png", ("body", "dynamic_masks", 0, "mask_url")), ((120, 120), (250, 180), (360, 260))
    )
    job = make_job(first_frame=tmp_path / "scene.png", dynamic_masks=(stroke,), num_frames=25, area_px=480 * 360)

    frames = lumas(engine.generate(job, Listener()))

    def center(frame: Luma) -> tuple[float, float]:
        rows, columns = np.nonzero(frame > 140)
        return float(columns.mean()), float(rows.mean())

    start, middle, end = (center(frames[index]) for index in (0, 12, 24))
    assert np.hypot(start[0] - 120, start[1] - 240) < 1
    assert np.hypot(end[0] - 360, end[1] - 100) < 1
    assert 180 < middle[0] < 300 and 140 < middle[1] < 220
    left_behind = frames[24][200:280, 80:160]
    assert left_behind.max() < 110


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
        file = InputFile(path, ("body", "dynamic_masks", 0, "mask_url"))
        changes["dynamic_masks"] = (DynamicMask(file, ((1, 1), (9, 9))),)
    job = make_job(**changes)

    with pytest.raises(InputInvalid) as caught:
        engine.generate(job, Listener())

    problem = caught.value.problem
    assert problem.type == "value_error"
    assert problem.loc[:2] in (("body", "static_mask_url"), ("body", "dynamic_masks"))
    assert said in problem.msg and ("1280x853" in problem.msg)
    assert list(job.scratch.iterdir()) == []


def test_mask_within_a_percent_is_taken(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Rounding of another resolution is no mistake."""
    mask = draw_mask(tmp_path / "mask.png", (0, 0, 0.5, 1), (640, 426))

    assert engine.generate(make_job(static_mask=mask, num_frames=3), Listener()).num_frames == 3


def test_empty_dynamic_mask_is_ignored_aloud(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Nothing to move is not an error, and not silence."""
    path = draw_mask(tmp_path / "mask.png", (0, 0, 0, 0))
    stroke = DynamicMask(InputFile(path, ("body", "dynamic_masks", 0, "mask_url")), ((1, 1), (9, 9)))
    listener = Listener()

    engine.generate(make_job(dynamic_masks=(stroke,), num_frames=3), listener)

    assert listener.said("ignored: dynamic_masks[0]")


# --- equal jobs, equal bytes -------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"prompt": "handheld zoom in"}, {"last_frame": CANYON}, {"task": "text-to-video", "prompt": "a stormy sea"}],
    ids=["camera", "tail", "text"],
)
def test_same_job_gives_the_same_bytes(engine: ProceduralEngine, make_job: MakeJob, changes: dict[str, Any]) -> None:
    """Another attempt, another id, another folder, another engine: the same file."""
    first = engine.generate(make_job(**changes), Listener())
    second = ProceduralEngine().generate(make_job(**changes), Listener())

    assert digest(first.path) == digest(second.path)


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


# --- progress, cancel, log, bad inputs ---------------------------------------------


def test_every_frame_reports_progress(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Evenly, up to 1."""
    listener = Listener()

    engine.generate(make_job(num_frames=8), listener)

    assert listener.fractions == [pytest.approx((index + 1) / 8) for index in range(8)]


@pytest.mark.parametrize("after", [0, 1, 5, 12])
@pytest.mark.parametrize("task", ["image-to-video", "text-to-video"])
def test_cancel_leaves_nothing(engine: ProceduralEngine, make_job: MakeJob, task: str, after: int) -> None:
    """No file, no part of one, no thread; and the engine takes the next job."""
    job = make_job("zoom in", task=task)

    with pytest.raises(GenerationCancelled):
        engine.generate(job, Listener(cancel_after=after))

    assert list(job.scratch.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "encoder"]
    assert engine.generate(make_job(num_frames=2), Listener()).num_frames == 2


def test_log_accounts_for_the_request(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Size, rate, length, camera path, which words did what, which did nothing."""
    listener = Listener()

    engine.generate(make_job("Camera slowly pans left over a snowy pier", negative_prompt="blur"), listener)

    assert listener.said("frame size: 308x206, 24 fps, 13 frames (0.542 s), seed 0")
    assert listener.said("camera: pan left 0-100 %, strength 1.00")
    assert listener.said("words: 'pans left': pan left; 'slowly': speed x0.65")
    assert listener.said("ignored: over, snowy, pier, not 'blur'") or listener.said("ignored: snowy, pier, not 'blur'")


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
