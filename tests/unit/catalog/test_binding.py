"""From arguments to the job: sizes, frames, files and camera."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.catalog.binding import MediaInput, bind, inputs_of
from mutoscope.errors import Loc
from mutoscope.generation import CameraControl, DynamicMask, GenerationJob, InputFile, frame_size
from mutoscope.runners.messages import Generate, decode_to_runner, encode

URL = "https://example.com/a.png"


def job_of(endpoint, **body) -> GenerationJob:
    """The job of the required example and `body`, its inputs lying in /in by number."""
    arguments = endpoint.parse(endpoint.required_example | body, strict=False)
    files = {each.loc: Path("/in") / str(index) for index, each in enumerate(inputs_of(endpoint, arguments))}
    return bind(
        endpoint, arguments, files=files, request_id="r", attempt=2, scratch=Path("/scratch"), seed=99
    )  # fmt: skip


def test_inputs_in_field_order_with_their_places(v1_image):
    """Masks are inputs too, each at its own place."""
    arguments = v1_image.parse(dict(v1_image.input_example), strict=False)
    assert inputs_of(v1_image, arguments) == [
        MediaInput(("body", "image_url"), "https://storage.googleapis.com/falserverless/kling/kling_input.jpeg"),
        MediaInput(
            ("body", "static_mask_url"), "https://storage.googleapis.com/falserverless/kling/new_static_mask.png"
        ),
        MediaInput(
            ("body", "dynamic_masks", 0, "mask_url"),
            "https://storage.googleapis.com/falserverless/kling/new_dynamic_mask.png",
        ),
    ]


def test_text_to_video_needs_no_files(pro_text):
    """Words only."""
    assert inputs_of(pro_text, pro_text.parse(pro_text.required_example, strict=False)) == []


def test_input_under_an_alias_keeps_the_caller_s_name(pro_image):
    """So that an error about the file points at what was sent."""
    arguments = pro_image.parse({"prompt": "a", "start_image_url": URL, "end_image_url": URL}, strict=False)
    assert [each.loc for each in inputs_of(pro_image, arguments)] == [
        ("body", "start_image_url"),
        ("body", "end_image_url"),
    ]
    files: dict[Loc, Path] = {("body", "start_image_url"): Path("/a"), ("body", "end_image_url"): Path("/b")}
    job = bind(pro_image, arguments, files=files, request_id="r", attempt=1, scratch=Path("/s"), seed=1)
    assert job.first_frame == InputFile(Path("/a"), ("body", "start_image_url"))
    assert job.last_frame == InputFile(Path("/b"), ("body", "end_image_url"))
    assert set(job.arguments) >= {"image_url", "tail_image_url"}


def test_trajectories_are_counted_from_the_corner_of_the_setting(v1_image):
    """From the bottom left where nothing was set; the points themselves stay as they were sent."""
    arguments = v1_image.parse(dict(v1_image.input_example), strict=False)
    files = {each.loc: Path("/a") for each in inputs_of(v1_image, arguments)}
    bound = partial(bind, v1_image, arguments, files=files, request_id="r", attempt=1, scratch=Path("/s"), seed=1)

    unset = bound()
    top_left = bound(trajectory_origin="top-left")

    assert (unset.trajectory_origin, top_left.trajectory_origin) == ("bottom-left", "top-left")
    assert unset.dynamic_masks == top_left.dynamic_masks
    assert decode_to_runner(encode(Generate(top_left))) == Generate(replace(top_left, arguments={}))


def test_job_of_the_page_s_example(v1_image):
    """Everything the example asks for arrives as files and numbers."""
    job = job_of(v1_image, **v1_image.input_example)
    assert job.prompt == "Snowflakes fall as a car moves forward along the road."
    assert job.negative_prompt == "blur, distort, and low quality"
    assert (job.cfg_scale, job.seed, job.attempt) == (0.5, 99, 2)
    assert (job.duration_s, job.fps, job.num_frames) == (5, 30, 153)
    assert (job.area_px, job.width_px, job.height_px) == (921_600, None, None)
    assert job.first_frame == InputFile(Path("/in/0"), ("body", "image_url"))
    assert job.static_mask == InputFile(Path("/in/1"), ("body", "static_mask_url"))
    mask = InputFile(Path("/in/2"), ("body", "dynamic_masks", 0, "mask_url"))
    assert job.dynamic_masks == (DynamicMask(mask, ((279, 219), (417, 65))),)
    assert job.last_frame is None and job.camera_control is None
    assert job.arguments["prompt"] == job.prompt
    crossed = decode_to_runner(encode(Generate(job)))
    assert crossed == Generate(replace(job, arguments={})), "all but the arguments cross the wall"


def test_frames_of_each_model(catalog):
    """24 n + 1 from 2.x on and of 1.6 from words, 30 n + 3 before."""
    for endpoint in (each for each in catalog if each.served_by == "local"):
        is_old = endpoint.version in ("v1", "v1.5") or (endpoint.version, endpoint.task) == ("v1.6", "image-to-video")
        per_second, beyond = (30, 3) if is_old else (24, 1)
        for seconds in (5, 10):
            job = job_of(endpoint, duration=seconds)
            assert (job.fps, job.duration_s, job.num_frames) == (per_second, seconds, per_second * seconds + beyond)


@pytest.mark.parametrize(
    ("aspect_ratio", "standard", "pro"),
    [
        ("16:9", (1280, 720), (1920, 1080)),
        ("9:16", (720, 1280), (1080, 1920)),
        ("1:1", (960, 960), (1440, 1440)),
    ],
)
def test_sizes_of_text_to_video(v1_text, pro_text, aspect_ratio, standard, pro):
    """The aspect ratio decides."""
    for endpoint, size in ((v1_text, standard), (pro_text, pro)):
        job = job_of(endpoint, aspect_ratio=aspect_ratio)
        assert (job.width_px, job.height_px) == size


def test_areas_of_image_to_video(standard_image, pro_image):
    """The picture decides, within the area of the tier."""
    for endpoint, area_px in ((standard_image, 921_600), (pro_image, 2_073_600)):
        job = job_of(endpoint)
        assert (job.area_px, job.width_px, job.height_px) == (area_px, None, None)


def test_given_seed_wins(pro_text):
    """The passed one is for callers who gave none; 0 is a seed."""
    assert job_of(pro_text, seed=0).seed == 0
    assert job_of(pro_text).seed == 99


def test_camera(v1_text, v1_image):
    """A preset or an axis with its value."""
    assert job_of(v1_text, camera_control="down_back").camera_control == CameraControl(preset="down_back")
    assert job_of(v1_image, camera_control="forward_up").camera_control == CameraControl(preset="forward_up")
    move = {"movement_type": "tilt", "movement_value": -10}
    assert job_of(v1_text, advanced_camera_control=move).camera_control == CameraControl(axis="tilt", value=-10)


def test_mask_without_a_path_binds_to_an_empty_one(v1_image):
    """What stays where it is has no points."""
    assert job_of(v1_image, dynamic_masks=[{"mask_url": URL}]).dynamic_masks[0].trajectory == ()


# --- frame_size -------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "area_px"),
    [
        ((1924, 1076), 2_073_600),
        ((1076, 1924), 2_073_600),
        ((1088, 1904), 2_073_600),
        ((716, 1284), 921_600),
        ((720, 1276), 921_600),
        ((716, 1286), 921_600),
    ],
)
def test_sizes_seen_in_the_wild_follow_the_rule(picture, area_px):
    """Each size of a real clip is what the rule makes of a picture of that size, and fills the area to 99.6 %."""
    width_px, height_px = frame_size(picture[0], picture[1], area_px)
    assert (width_px, height_px) == picture
    assert 0.996 * area_px <= width_px * height_px <= area_px


def test_common_pictures():
    """Exact where the aspect allows it, whatever the size of the picture."""
    assert frame_size(3840, 2160, 2_073_600) == (1920, 1080)
    assert frame_size(640, 360, 921_600) == (1280, 720)
    assert frame_size(1, 1, 921_600) == (960, 960)


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.sampled_from([921_600, 2_073_600]))
def test_any_picture_gives_even_sides_within_the_area(width_px, height_px, area_px):
    """Never over the area, and never off the exact side by 2 pixels or more."""
    w, h = frame_size(width_px, height_px, area_px)
    assert w % 2 == h % 2 == 0 and w >= 2 and h >= 2
    if max(width_px, height_px) <= 1000 * min(width_px, height_px):
        assert w * h <= area_px
        assert w**2 * height_px <= area_px * width_px < (w + 2) ** 2 * height_px
        assert h**2 * width_px <= area_px * height_px < (h + 2) ** 2 * width_px
