"""Limits over several fields: at the bound and one past it, what the error names, and what a storyboard becomes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.catalog.binding import bind, inputs_of
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import load_catalog
from mutoscope.errors import ArgumentsInvalid, Problem
from mutoscope.generation import GenerationJob
from mutoscope.limits import ARGUMENT_ERRORS_MAX, SHOT_PROMPT_CHARS_MAX
from mutoscope.runners.messages import Generate, decode_to_runner, encode

KLING = "fal-ai/kling-video"
FIRST = "https://example.com/first.png"
SECONDS = st.lists(st.integers(1, 15), min_size=1, max_size=6)
CATALOG = load_catalog()


def named(path: str) -> Endpoint:
    """An endpoint by its id, or by what follows Kling's application in it."""
    endpoint = CATALOG.get(path) or CATALOG.get(f"{KLING}/{path}")
    assert endpoint is not None, path
    return endpoint


def problems_of(endpoint: Endpoint, body: dict[str, Any], *, strict: bool = False) -> list[Problem]:
    """What is wrong with a body; nothing where nothing is."""
    try:
        endpoint.parse(body, strict=strict)
    except ArgumentsInvalid as error:
        return error.problems
    return []


def shots(seconds: list[int]) -> list[dict[str, Any]]:
    """A storyboard whose shots last so long, as the versions before 4.0 spell it."""
    return [{"prompt": f"shot {number}", "duration": str(each)} for number, each in enumerate(seconds)]


def job_of(endpoint: Endpoint, **body: Any) -> GenerationJob:
    """The job of a body."""
    arguments = endpoint.parse(body, strict=False)
    files = {each.loc: Path("/in") for each in inputs_of(endpoint, arguments)}
    return bind(endpoint, arguments, files=files, request_id="r", attempt=1, scratch=Path("/s"), seed=1)


# --- sums ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["v3/pro/text-to-video", "o3/standard/text-to-video", "v3/turbo/pro/text-to-video"])
@given(seconds=SECONDS)
def test_shots_last_fifteen_seconds_at_most(path: str, seconds: list[int]):
    """Together; one second more is refused with the sum and the bound."""
    problems = problems_of(named(path), {"multi_prompt": shots(seconds)})

    if sum(seconds) <= 15:
        assert problems == []
    else:
        (problem,) = problems
        assert (problem.type, problem.loc) == ("sum_max", ("body", "multi_prompt"))
        assert problem.msg.startswith(f"multi_prompt lasts {sum(seconds)} s in all; the limit is 15 s.")
        assert problem.ctx == {"sum": sum(seconds), "limit": 15}


def test_a_shot_without_a_length_counts_with_its_default():
    """Five seconds each: three fit, four do not."""
    endpoint = named("v3/pro/text-to-video")

    assert problems_of(endpoint, {"multi_prompt": [{"prompt": "a"}] * 3}) == []
    (problem,) = problems_of(endpoint, {"multi_prompt": [{"prompt": "a"}] * 4})
    assert problem.type == "sum_max"


@given(seconds=st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_a_storyboard_of_4_0_lasts_as_long_as_a_clip_may(seconds: list[int]):
    """3 to 30 seconds in all, and so long is the clip."""
    endpoint = named("kling/v4/text-to-video")
    body = {"multi_prompt": [{"prompt": "a", "duration": each} for each in seconds]}
    problems = problems_of(endpoint, body)

    if 3 <= sum(seconds) <= 30:
        assert problems == []
        assert job_of(endpoint, **body).duration_s == sum(seconds)
    else:
        (problem,) = problems
        assert (problem.type, problem.loc) == ("sum_equals", ("body", "multi_prompt"))
        assert problem.msg == f"multi_prompt lasts {sum(seconds)} s in all, and duration may be 3 to 30; make it fit"


def test_another_length_beside_the_shots_of_4_0():
    """The shots win, unless the schema is held to the letter."""
    endpoint = named("kling/v4/text-to-video")
    body = {"multi_prompt": [{"prompt": "a", "duration": 4}, {"prompt": "b", "duration": 4}], "duration": 9}

    assert job_of(endpoint, **body).duration_s == 8
    (problem,) = problems_of(endpoint, body, strict=True)
    assert (problem.type, problem.loc) == ("sum_equals", ("body", "duration"))
    assert problem.msg == "duration is 9, and multi_prompt lasts 8 s in all; leave duration out"
    assert problems_of(endpoint, body | {"duration": 8}, strict=True) == []


# --- counts -------------------------------------------------------------------


@given(elements=st.integers(0, 7), pictures=st.integers(0, 7))
def test_references_are_counted_together(elements: int, pictures: int):
    """Seven of both kinds, not seven of each."""
    body = {
        "prompt": "@Element1",
        "elements": [{"frontal_image_url": FIRST}] * elements,
        "image_urls": [FIRST] * pictures,
    }
    problems = problems_of(named("o1/reference-to-video"), body)

    if elements + pictures <= 7:
        assert problems == []
    else:
        (problem,) = problems
        assert (problem.type, problem.loc) == ("count_sum_max", ("body", "image_urls"))
        assert problem.msg == (
            f"elements ({elements}) and image_urls ({pictures}) make {elements + pictures} together; the limit is 7."
            " Leave some out"
        )


@pytest.mark.parametrize(("videos", "pictures", "types"), [
    (0, 6, []), (0, 7, ["count_sum_max"]), (1, 3, []), (1, 4, ["count_sum_max"]), (2, 1, ["count_where_max"]),
])  # fmt: skip
def test_a_video_among_the_elements_leaves_room_for_less(videos: int, pictures: int, types: list[str]):
    """With one at most four references, with two none is taken; the first frame counts too."""
    elements = [{"video_url": "https://example.com/a.mp4"}] * videos
    body = {"prompt": "a", "elements": elements, "image_urls": [FIRST] * pictures}
    if not videos:
        body["start_image_url"] = FIRST

    problems = problems_of(named("o3/pro/reference-to-video"), body)

    assert [each.type for each in problems] == types


def test_one_element_with_a_video():
    """The second is named by its place."""
    element = {"video_url": "https://example.com/a.mp4"}
    body = {"prompt": "a", "start_image_url": FIRST, "elements": [element, {"frontal_image_url": FIRST}, element]}
    endpoint = named("v3/pro/image-to-video")

    (problem,) = problems_of(endpoint, body)

    assert (problem.type, problem.loc) == ("count_where_max", ("body", "elements", 2, "video_url"))
    assert problem.msg == "2 of elements have video_url; the limit is 1. Leave it out of the others"
    assert problems_of(endpoint, body | {"elements": [element]}) == []


def test_six_shots_where_the_schema_is_held_to_the_letter():
    """Kling's own bound; 3.0 turbo states it, and so has it in both profiles."""
    for path, either in (("v3/pro/text-to-video", False), ("v3/turbo/pro/text-to-video", True)):
        for strict in (False, True):
            body = {"multi_prompt": shots([1] * 7)}
            assert bool(problems_of(named(path), body, strict=strict)) is (strict or either)
            assert problems_of(named(path), {"multi_prompt": shots([1] * 6)}, strict=strict) == []


# --- one value asks for another -------------------------------------------------


def test_voices_and_a_last_frame_at_2_6():
    """Voices need sound, and a last frame none; both are Kling's own and held in the strict profile alone."""
    endpoint = named("v2.6/pro/image-to-video")
    body = {"prompt": "a", "start_image_url": FIRST}
    voices, last = {"voice_ids": ["a"]}, {"end_image_url": FIRST}

    assert problems_of(endpoint, body | voices | last) == []
    assert problems_of(endpoint, body | voices, strict=True) == [], "sound is on by default"
    (problem,) = problems_of(endpoint, body | voices | {"generate_audio": False}, strict=True)
    assert (
        problem.msg == "voice_ids needs generate_audio to be true, and it is false; change that, or leave voice_ids out"
    )
    (problem,) = problems_of(endpoint, body | last, strict=True)
    assert (
        problem.msg
        == "end_image_url needs generate_audio to be false, and it is true; change that, or leave end_image_url out"
    )
    assert problems_of(endpoint, body | last | {"generate_audio": False}, strict=True) == []


def test_a_face_needs_the_orientation_of_the_video():
    """In both profiles: the page says so."""
    endpoint = named("v3/pro/motion-control")
    body = endpoint.required_example | {"elements": [{"frontal_image_url": FIRST}]}

    assert problems_of(endpoint, body | {"character_orientation": "video"}) == []
    (problem,) = problems_of(endpoint, body | {"character_orientation": "image"})
    assert (problem.type, problem.loc) == ("requires_value", ("body", "elements"))
    said = "elements needs character_orientation to be 'video', and it is 'image'; change that, or leave elements out"
    assert problem.msg == said


def test_a_rule_about_a_refused_value_says_nothing_more():
    """One mistake, one error: a list of the wrong type is not counted as well."""
    body = {"prompt": "a", "elements": "many", "image_urls": [FIRST] * 8}

    assert [each.type for each in problems_of(named("o1/reference-to-video"), body)] == ["list_type", "too_long"]


@pytest.mark.parametrize("strict", [False, True])
def test_the_text_of_a_shot_is_bounded(strict: bool):
    """At 512 characters, shorter than a prompt."""
    endpoint = named("o3/pro/text-to-video")

    assert problems_of(endpoint, {"multi_prompt": [{"prompt": "a" * SHOT_PROMPT_CHARS_MAX}]}, strict=strict) == []
    (problem,) = problems_of(endpoint, {"multi_prompt": [{"prompt": "a" * (SHOT_PROMPT_CHARS_MAX + 1)}]}, strict=strict)
    assert (problem.type, problem.loc) == ("string_too_long", ("body", "multi_prompt", 0, "prompt"))


# --- storyboards ----------------------------------------------------------------


def test_a_storyboard_becomes_one_text_in_the_order_of_its_shots():
    """What ends a sentence gives way to the word that orders them in time; the log shows the text and the length."""
    endpoint = named("v3/pro/text-to-video")
    body = {"multi_prompt": [{"prompt": "a boat. "}, {"prompt": "snow,", "duration": "3"}], "duration": "8"}

    job = job_of(endpoint, **body)

    assert (job.prompt, job.duration_s) == ("a boat, then snow", 8)
    assert endpoint.notes_on(job.arguments) == [
        "generate_audio is ignored: the video has no sound",
        "multi_prompt is made as one clip, all 8 s of them, from the text: a boat, then snow",
    ]


def test_duration_stands_where_no_rule_says_otherwise():
    """Up to 3.0 the shots divide what `duration` asks for."""
    endpoint = named("o3/pro/text-to-video")
    job = job_of(endpoint, multi_prompt=shots([3, 4]))

    assert job.duration_s == 5
    assert endpoint.notes_on(job.arguments) == [
        "multi_prompt is made as one clip, in 5 s, since duration says so, from the text: shot 0, then shot 1"
    ]


def test_a_prompt_beside_the_shots_of_4_0_is_there_all_the_time():
    """A sentence of its own; a shot that says nothing is left out."""
    endpoint = named("kling/v4/text-to-video")
    job = job_of(endpoint, prompt="night.", multi_prompt=[{"prompt": "rain"}, {"prompt": " "}, {"prompt": "snow"}])

    assert job.prompt == "night. rain, then snow"


def test_the_job_knows_when_each_shot_is():
    """By the lengths of the shots, in whatever time the clip has; the times cross the wall."""
    endpoint = named("o3/pro/text-to-video")
    job = job_of(endpoint, multi_prompt=[{"prompt": "a boat.", "duration": "3"}, {"prompt": "snow", "duration": "1"}])

    assert [(job.prompt[shot.at :], shot.start, shot.end) for shot in job.shots] == [
        ("a boat, then snow", 0, 0.75),
        ("snow", 0.75, 1),
    ]
    assert decode_to_runner(encode(Generate(job))) == Generate(replace(job, arguments={}))
    assert job_of(endpoint, prompt="a boat, then snow").shots == ()


# --- 4.0 --------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [7, "7", 7.0, "7s"])
def test_a_length_as_a_number_is_taken_in_other_spellings(sent: Any):
    """A number is what 4.0 asks for; the older spellings are read as one."""
    endpoint = named("kling/v4/text-to-video")

    assert job_of(endpoint, prompt="a", duration=sent).duration_s == 7
    if sent != 7:
        assert problems_of(endpoint, {"prompt": "a", "duration": sent}, strict=True)


@pytest.mark.parametrize("sent", [2, 31, "31s", 3.5, True, "long"])
def test_other_lengths_are_refused(sent: Any):
    """One below, one above, half a second, and what is no number."""
    (problem,) = problems_of(named("kling/v4/text-to-video"), {"prompt": "a", "duration": sent})
    assert problem.loc == ("body", "duration")


def test_auto_aspect_without_a_picture_is_wide():
    """And the log says so."""
    endpoint = named("kling/v4/text-to-video")
    job = job_of(endpoint, prompt="a", aspect_ratio="auto", resolution="720p")

    assert (job.width_px, job.height_px) == (1280, 720)
    assert endpoint.notes_on(job.arguments) == ["aspect_ratio auto is 16:9: there is no picture to take it from"]


# --- prices -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "asked", "usd"),
    [
        ("v3/pro/text-to-video", {}, 0.168),
        ("v3/pro/text-to-video", {"generate_audio": False}, 0.112),
        ("v3/pro/image-to-video", {"elements": [{"frontal_image_url": FIRST}]}, 0.168),
        ("v3/pro/image-to-video", {"elements": [{"voice_id": "a"}]}, 0.196),
        ("v2.6/pro/image-to-video", {"voice_ids": ["a"]}, 0.168),
        ("kling/v4/text-to-video", {"resolution": "720p"}, 0.157),
        ("kling/v4/reference-to-video", {"video_urls": [FIRST]}, 0.141),
        ("create-voice", {}, 0.007),
        ("v1/tts", {}, None),
    ],
)
def test_a_price_follows_the_arguments(path: str, asked: dict[str, Any], usd: float | None):
    """The tier that asks for most of what is given."""
    endpoint = named(path)

    assert endpoint.unit_price(endpoint.parse(endpoint.required_example | asked, strict=False).values) == usd


@pytest.mark.parametrize(("path", "five"), [("v3/pro/text-to-video", "5"), ("kling/v4/text-to-video", 5)])
@pytest.mark.parametrize("sent", ["5", 5, 5.0, "5s"])
def test_the_length_of_a_shot_is_taken_in_the_spellings_of_a_clip(path: str, five: Any, sent: Any):
    """With a note; what is wrong beside it is told with what the caller sent, and the strict profile takes one only."""
    endpoint, body = named(path), {"multi_prompt": [{"prompt": "a", "duration": sent}, {"prompt": "b"}]}

    arguments = endpoint.parse(body, strict=False)

    assert arguments.values["multi_prompt"][0]["duration"] == five
    assert endpoint.duration_s(arguments.values) == (10 if path.startswith("kling") else 5)
    assert body["multi_prompt"][0]["duration"] is sent, "the caller's body stays as it was"
    if sent == "5s" or (isinstance(five, str) and sent != five):  # JSON's 5.0 and 5 are one number
        shown = f'"{five}"' if isinstance(five, str) else five
        sent_as = f'"{sent}"' if isinstance(sent, str) else sent
        assert f"multi_prompt[0].duration {sent_as} was read as {shown}" in arguments.notes
    body["multi_prompt"][0].pop("prompt")
    (problem,) = problems_of(endpoint, body)
    assert (problem.loc, problem.input) == (("body", "multi_prompt", 0, "prompt"), {"duration": sent})
    if type(sent) is not type(five):
        strict = [each.loc for each in problems_of(endpoint, body, strict=True)]
        assert ("body", "multi_prompt", 0, "duration") in strict


@pytest.mark.parametrize("sent", [True, 0, 31, "31s", [5], {"s": 5}, float("nan")])
@pytest.mark.parametrize("path", ["v3/pro/text-to-video", "kling/v4/text-to-video"])
def test_other_lengths_of_a_shot_stay_an_error(path: str, sent: Any):
    """With the value as it was sent."""
    (problem,) = problems_of(named(path), {"multi_prompt": [{"prompt": "a"}, {"prompt": "b", "duration": sent}]})
    assert problem.loc[:4] == ("body", "multi_prompt", 1, "duration") and problem.input is sent


def test_a_thousand_shots_are_one_answer():
    """As many errors and notes as are shown, quickly; the sum is told once they are good."""
    endpoint = named("v3/pro/text-to-video")

    (problem,) = problems_of(endpoint, {"multi_prompt": [{"prompt": "a", "duration": "1s"}] * 1000})
    many = problems_of(endpoint, {"multi_prompt": [{"duration": 1}] * 1000})

    assert problem.msg == "multi_prompt lasts 1000 s in all; the limit is 15 s. Shorten or drop some of it"
    assert len(many) == ARGUMENT_ERRORS_MAX


def test_too_many_of_one_field_are_counted_plainly():
    """One name, one number, the bound, the way out."""
    (problem,) = problems_of(
        named("v1.6/pro/effects"), {"effect_scene": "hug", "input_image_urls": [FIRST] * 3}, strict=True
    )
    assert problem.msg == "input_image_urls has 3; the limit is 2. Leave some out"
