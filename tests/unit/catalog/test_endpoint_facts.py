"""Endpoints without a transcript of their page have the fields that the platform's own types give them."""

import json
from pathlib import Path
from typing import Any

import pytest

from mutoscope.catalog.binding import bind, inputs_of
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.shape import Field, MediaLimits
from mutoscope.errors import ArgumentsInvalid, FeatureNotSupported, Problem
from mutoscope.generation import GenerationJob

FACTS = json.loads((Path(__file__).parent / "endpoint_facts.json").read_text("utf-8"))
"""Endpoints with their fields in order, by key into `fields`, where each different field stands once."""
FPS_BEYOND = {24: 1, 30: 3}
SIZES = {
    "720p": (921_600, (1280, 720), (720, 1280), (960, 960)),
    "1080p": (2_073_600, (1920, 1080), (1080, 1920), (1440, 1440)),
    "2160p": (8_294_400, (3840, 2160), (2160, 3840), (2880, 2880)),
}
MADE_HERE = ("image-to-video", "text-to-video")
NAMES_OF_LISTS = {length: name for name, length in FACTS["lists"].items()}
KLING = "fal-ai/kling-video"
V3_TEXT = f"{KLING}/v3/pro/text-to-video"
V3_IMAGE = f"{KLING}/v3/pro/image-to-video"
TURBO_TEXT = f"{KLING}/v3/turbo/pro/text-to-video"
TURBO_IMAGE = f"{KLING}/v3/turbo/pro/image-to-video"
FIRST = "https://example.com/first.png"
SHOTS = [{"prompt": "a boat"}, {"prompt": "a shore", "duration": "3"}]

each_endpoint = pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in FACTS["endpoints"]])
each_made_here = pytest.mark.parametrize(
    "row", [pytest.param(row, id=row["id"]) for row in FACTS["endpoints"] if row["task"] in MADE_HERE]
)


def facts_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an endpoint, in the page's order."""
    return [FACTS["fields"][key] for key in row["input"]]


def as_fact(field: Field) -> dict[str, Any]:
    """A field in the words of the facts; what is empty there is absent."""
    kind = field.type if field.kind == "object" else field.kind
    of_list = field.type.removeprefix("list<").removesuffix(">") if kind == "list" else None
    # Bounds of ours that the platform does not state: how long a prompt may be, how many masks there may be.
    states_items = field.name not in ("dynamic_masks", "trajectories")
    states_range = field.kind == "float" or field.role == "duration"
    row = {
        "name": field.name,
        "type": kind,
        "required": field.required or None,
        "default": field.default,
        "enum": NAMES_OF_LISTS.get(len(field.enum), list(field.enum)) or None,
        "min": field.minimum if states_range else None,
        "max": field.maximum if states_range else None,
        "min_items": field.items_min if states_items else None,
        "max_items": field.items_max if states_items else None,
        "items": of_list,
    }
    return {key: value for key, value in row.items() if value is not None}


def as_media(field: Field) -> dict[str, Any]:
    """What a field's file has to be, in the words of the facts."""
    limits = field.media_limits or MediaLimits()
    row = {
        "kind": field.media,
        "formats": list(limits.formats) or None,
        "max_mb": limits.mb_max,
        "min_side_px": limits.side_px_min,
        "max_side_px": limits.side_px_max,
        "aspect_max": limits.aspect_max,
        "min_seconds": limits.seconds_min,
        "max_seconds": limits.seconds_max,
        "min_fps": limits.fps_min,
        "max_fps": limits.fps_max,
        "is_stated": limits.is_stated,
    }
    return {key: value for key, value in row.items() if value is not None}


def refused(endpoint: Endpoint, body: dict[str, Any], *, strict: bool = False) -> list[Problem]:
    """The problems of a body, of which there are some."""
    with pytest.raises(ArgumentsInvalid) as caught:
        endpoint.parse(body, strict=strict)
    return caught.value.problems


def job_of(endpoint: Endpoint, **body: Any) -> GenerationJob:
    """The job of the required example and `body`."""
    arguments = endpoint.parse(endpoint.required_example | body, strict=True)
    files = {each.loc: Path("/in") for each in inputs_of(endpoint, arguments)}
    return bind(endpoint, arguments, files=files, request_id="r", attempt=1, scratch=Path("/s"), seed=1)


@each_endpoint
def test_fields_are_those_of_the_types(find, row):
    """Names in order, types, which are required, defaults, values and bounds; lists and objects to the bottom."""
    fields = find(row["id"]).printed_fields

    without_length = [{key: fact[key] for key in fact if key != "max_length"} for fact in facts_of(row)]
    assert [as_fact(field) for field in fields] == without_length
    for field, fact in zip(fields, facts_of(row), strict=True):
        assert field.chars_max == fact.get("max_length", field.chars_max)
        if fact.get("items", "string") != "string":
            assert [as_fact(inner) for inner in field.fields] == FACTS["types"][fact["items"]]


@each_endpoint
def test_outputs_are_those_of_the_types(find, row):
    """Names in order; what is printed beside them is ours and marked so."""
    assert [each.name for each in find(row["id"]).output_fields if each.is_printed] == row["output"]
    for field in find(row["id"]).output_fields:
        if field.type == "File":
            members = [member.name for member in field.fields if member.is_printed]
            assert members == ["url", "content_type", "file_name", "file_size", "file_data"]


@each_endpoint
def test_files_have_the_limits_that_are_known(find, row):
    """What each URL leads to, and what that has to be: as the maker of the model says, else as the page does."""
    limits = {
        name: FACTS["media"][number] | {"is_stated": FACTS["media"][number].get("is_stated", False)}
        for name, number in row.get("media", {}).items()
    }
    assert {each.name: as_media(each) for each in find(row["id"]).printed_fields if each.media} == limits


@each_endpoint
def test_nominal_output_is_what_clients_expect(find, row):
    """Resolution, rate and sound, each absent where nobody has said."""
    nominal = find(row["id"]).nominal

    assert (nominal.resolution, nominal.fps, nominal.audio) == (row["resolution"], row["fps"], row["audio"])


@each_endpoint
def test_endpoints_that_no_engine_makes_need_an_upstream(find, row):
    """Words and one picture are made here, everything else elsewhere; the refusal names endpoint and way out."""
    endpoint = find(row["id"])

    if row["task"] in MADE_HERE:
        assert endpoint.served_by == "local"
        endpoint.require_served()
    else:
        assert endpoint.served_by == "upstream"
        with pytest.raises(
            FeatureNotSupported, match=f"^{endpoint.id} needs an upstream: .*cannot call an upstream yet"
        ):
            endpoint.require_served()


@each_endpoint
def test_five_seconds_cost_what_they_cost(find, row):
    """With nothing but defaults, where a price is known."""
    endpoint = find(row["id"])
    price = endpoint.price
    unit_price = endpoint.unit_price(endpoint.parse(endpoint.required_example, strict=True).values)
    seconds = 5 - price.base_units

    assert unit_price == price.unit_price
    if row["usd_5s"] is not None:
        assert price.unit in ("second", "base_plus_second") and price.as_of and price.currency == "USD"
        assert unit_price is not None and price.base_price + seconds * unit_price == pytest.approx(row["usd_5s"])


@each_made_here
def test_every_length_has_its_frames(find, row):
    """The nominal seconds at the model's rate, and the frames that a clip has beyond them."""
    endpoint = find(row["id"])
    (fact,) = (fact for fact in facts_of(row) if fact["name"] == "duration")
    lengths = fact["enum"] if "enum" in fact else range(fact["min"], fact["max"] + 1)

    for length in lengths:
        job = job_of(endpoint, duration=length)
        seconds = int(length)
        assert (job.duration_s, job.fps) == (seconds, row["fps"])
        assert job.num_frames == row["fps"] * seconds + FPS_BEYOND[row["fps"]]


@each_made_here
def test_a_minimal_body_binds_to_a_job_of_the_right_size(find, row):
    """The picture's own aspect where there is a picture, the asked one where there are only words."""
    endpoint = find(row["id"])
    asks = [{}] if row["resolution"] in SIZES else [{"resolution": "720p"}, {"resolution": "1080p"}, {}]

    for asked in asks:
        resolution = row["resolution"] if row["resolution"] in SIZES else asked.get("resolution", "1080p")
        area_px, wide, tall, square = SIZES[resolution]
        job = job_of(endpoint, **asked)

        assert (job.task, job.area_px) == (row["task"], area_px)
        if row["task"] == "image-to-video":
            assert job.first_frame is not None and (job.width_px, job.height_px) == (None, None)
        else:
            for aspect_ratio, size in (("16:9", wide), ("9:16", tall), ("1:1", square)):
                job = job_of(endpoint, aspect_ratio=aspect_ratio, **asked)
                assert (job.width_px, job.height_px) == size


@each_endpoint
@pytest.mark.parametrize("strict", [False, True])
def test_a_missing_required_field_is_named(find, row, strict):
    """Each by its own name; of prompt and storyboard, where one must be there, the prompt."""
    endpoint = find(row["id"])

    for name in endpoint.required_example:
        body = {key: value for key, value in endpoint.required_example.items() if key != name}
        (problem,) = refused(endpoint, body, strict=strict)
        assert (problem.type, problem.loc, problem.input) == ("missing", ("body", name), body)


@each_endpoint
@pytest.mark.parametrize("strict", [False, True])
def test_a_value_outside_its_list_is_refused(find, row, strict):
    """For every field that has one, with all problems at once."""
    endpoint = find(row["id"])
    enums = [fact["name"] for fact in facts_of(row) if "enum" in fact]
    if not enums:
        return

    problems = refused(endpoint, endpoint.required_example | dict.fromkeys(enums, "2:35"), strict=strict)

    assert [(each.type, each.loc) for each in problems] == [("literal_error", ("body", name)) for name in enums]


@each_made_here
def test_pictures_play_their_part_under_either_name(find, row):
    """The first and the last frame are called differently from version to version; the lenient profile knows both."""
    endpoint = find(row["id"])
    others = {
        "image_url": "start_image_url",
        "start_image_url": "image_url",
        "tail_image_url": "end_image_url",
        "end_image_url": "tail_image_url",
    }
    for role in ("first_frame", "last_frame"):
        field = endpoint.field_of(role)
        if field:
            rest = {key: value for key, value in endpoint.required_example.items() if key != field.name}
            arguments = endpoint.parse(rest | {others[field.name]: FIRST}, strict=False)
            assert arguments.values[field.name] == FIRST
            assert field.name in {fact["name"] for fact in facts_of(row)}


def test_of_prompt_and_storyboard_there_is_one(find):
    """Both are refused; neither is refused where there is no picture to start from either."""
    for endpoint_id in (V3_TEXT, V3_IMAGE, TURBO_TEXT, TURBO_IMAGE):
        endpoint = find(endpoint_id)
        (problem,) = refused(endpoint, endpoint.input_example | {"prompt": "a", "multi_prompt": SHOTS})
        assert (problem.type, problem.loc) == ("mutually_exclusive", ("body", "multi_prompt"))
    for endpoint_id in (V3_TEXT, TURBO_TEXT):
        (problem,) = refused(find(endpoint_id), {})
        assert (problem.type, problem.msg) == ("missing", "Field required: send prompt or multi_prompt")
    assert find(TURBO_IMAGE).parse({"image_url": FIRST}, strict=True).values["image_url"] == FIRST


def test_ignored_fields_are_checked_and_named(find):
    """What has no effect is held against its type all the same, its URLs are not fetched, and the log tells of it."""
    endpoint = find(V3_IMAGE)
    body = {
        "start_image_url": FIRST,
        "prompt": "a boat",
        "elements": [{"frontal_image_url": FIRST, "reference_image_urls": [FIRST]}],
        "shot_type": "intelligent",
    }
    arguments = endpoint.parse(body, strict=True)

    assert [each.loc for each in inputs_of(endpoint, arguments)] == [("body", "start_image_url")]
    assert endpoint.notes_on(arguments.values) == [
        "elements is ignored: the video is made from the prompt and the pictures of its first and last frame",
        "generate_audio is ignored: the video has no sound",
        "shot_type is ignored: shots follow each other in one clip, in equal parts",
    ]
    (problem,) = refused(endpoint, body | {"elements": [{"reference_image_urls": [FIRST] * 4}]})
    assert problem.loc == ("body", "elements", 0, "reference_image_urls")


def test_nothing_asked_for_is_nothing_ignored(find):
    """A switch that is off, a default and an absent list are no wish; sound by default is one."""
    endpoint = find(V3_TEXT)

    silent = endpoint.parse({"prompt": "a", "generate_audio": False, "shot_type": "customize"}, strict=False)
    by_default = endpoint.parse({"prompt": "a"}, strict=False)

    assert endpoint.notes_on(silent.values) == []
    assert endpoint.notes_on(by_default.values) == ["generate_audio is ignored: the video has no sound"]


@pytest.mark.parametrize("version", ["v1.5", "v1.6"])
def test_the_picture_s_aspect_wins_over_the_asked_one(find, version):
    """These two print an aspect ratio beside the picture."""
    endpoint = find(f"{KLING}/{version}/pro/image-to-video")

    job = job_of(endpoint, aspect_ratio="9:16")

    assert (job.width_px, job.height_px) == (None, None)
    assert endpoint.notes_on(job.arguments) == [
        "aspect_ratio is ignored: the video has the aspect ratio of the picture"
    ]


def test_a_version_cut_short_finds_its_own(catalog):
    """`v2.5` is nearer to `v2.6` by letters, and means `v2.5-turbo`."""
    assert catalog.suggest(f"{KLING}/v2.5/pro/text-to-video")[0] == f"{KLING}/v2.5-turbo/pro/text-to-video"
