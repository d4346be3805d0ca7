"""Endpoints of the later versions, from the submit to the result, and what the log says of fields without effect."""

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mutoscope.catalog.load import load_catalog
from tests.conftest import Serve, Served

KLING = "fal-ai/kling-video"
PHOTO = Path(__file__).parents[1] / "photos" / "cat.jpg"
PICTURE = "data:image/jpeg;base64," + base64.b64encode(PHOTO.read_bytes()).decode()


UPSTREAM = [each for each in load_catalog() if each.served_by == "upstream"]


async def ended(
    server: Served, endpoint_id: str, body: dict[str, Any], *, seconds: int | None = None
) -> tuple[list[str], dict[str, Any]]:
    """(lines of the log, result) of a request that went through the queue, billed for `seconds` or its duration."""
    answer = await server.client.post(f"/queue/{endpoint_id}", json=body)
    assert answer.status_code == 200, answer.text
    envelope = answer.json()
    async with asyncio.timeout(30):
        while True:
            status = (await server.client.get(envelope["status_url"], params={"logs": 1})).json()
            if status["status"] == "COMPLETED":
                break
            await asyncio.sleep(0.02)
    result = await server.client.get(envelope["response_url"])
    assert result.status_code == 200, result.text
    assert result.headers["x-fal-billable-units"] == str(seconds or body["duration"])
    return [line["message"] for line in status["logs"]], result.json()


async def test_two_frames_and_sound_at_2_6(server: Served):
    """First and last frame under the names of 2.6; of the sound and the voices the log says that there are none."""
    log, result = await ended(
        server,
        f"{KLING}/v2.6/pro/image-to-video",
        {
            "prompt": "a cat turns its head",
            "start_image_url": PICTURE,
            "end_image_url": PICTURE,
            "duration": "10",
            "voice_ids": ["voice-1"],
        },
    )

    assert result["video"]["content_type"] == "video/mp4"
    assert [line for line in log if "ignored" in line] == [
        "generate_audio is ignored: the video has no sound",
        "voice_ids is ignored: the video has no sound",
    ]


async def test_fifteen_seconds_of_3_0(server: Served):
    """The longest; without sound asked for, nothing is ignored."""
    body = {"prompt": "a red boat", "duration": "15", "aspect_ratio": "9:16", "generate_audio": False}

    log, result = await ended(server, f"{KLING}/v3/standard/text-to-video", body)

    assert result["video"]["content_type"] == "video/mp4"
    assert not [line for line in log if "ignored" in line]


async def test_bad_arguments_at_3_0_are_422_in_field_order(server: Served):
    """A length that is no choice, a shot without words, a switch that is no switch."""
    body = {"multi_prompt": [{"duration": "3"}], "duration": "16", "generate_audio": "loud"}

    answer = await server.client.post(f"/run/{KLING}/v3/standard/text-to-video", json=body)

    assert answer.status_code == 422
    assert [(each["type"], each["loc"]) for each in answer.json()["detail"]] == [
        ("missing", ["body", "multi_prompt", 0, "prompt"]),
        ("literal_error", ["body", "duration"]),
        ("bool_parsing", ["body", "generate_audio"]),
    ]


async def test_a_storyboard_of_3_0_is_made_from_its_shots(server: Served):
    """Its text and its length are in the log, and it is no longer ignored."""
    body = {
        "multi_prompt": [{"prompt": "a red boat"}, {"prompt": "snow falls", "duration": "3"}],
        "duration": "3",
        "generate_audio": False,
    }

    log, _ = await ended(server, f"{KLING}/v3/standard/text-to-video", body)

    told = (
        "multi_prompt is made as one clip, in 3 s, since duration says so, from the text: a red boat, then snow falls"
    )
    assert told in log


async def test_4_0_lasts_as_long_as_its_shots(server: Served):
    """Under its own application, with a number as length and the resolution by field."""
    body = {
        "multi_prompt": [{"prompt": "a lake", "duration": 2}, {"prompt": "night", "duration": 2}],
        "resolution": "720p",
        "aspect_ratio": "1:1",
    }

    log, result = await ended(server, "kling/v4/text-to-video", body, seconds=4)

    assert result["video"]["content_type"] == "video/mp4"
    assert [line for line in log if "one clip" in line] == [
        "multi_prompt is made as one clip, all 4 s of them, from the text: a lake, then night"
    ]


async def test_4_0_starts_from_a_picture(server: Served):
    """Under its first id, where pictures may stand between the first and the last frame."""
    body = {
        "prompt": "zoom in",
        "start_image_url": PICTURE,
        "middle_image_urls": [PICTURE],
        "end_image_url": PICTURE,
        "duration": 3,
        "resolution": "720p",
    }

    log, result = await ended(server, f"{KLING}/v4/image-to-video", body)

    assert result["video"]["content_type"] == "video/mp4"
    assert not [line for line in log if "ignored" in line]


@pytest.mark.parametrize("door", ["/run", "/queue", "/gateway", ""])
async def test_what_only_an_upstream_serves_is_a_clear_422(server: Served, door: str):
    """Each such endpoint, named, with the way out: as the request's outcome on the queue, at once on other doors."""
    assert len(UPSTREAM) == 35
    for endpoint in UPSTREAM:
        answer = await server.client.post(f"{door}/{endpoint.id}", json=endpoint.required_example)
        if door == "/queue":
            assert answer.status_code == 200, answer.text
            envelope = answer.json()
            status = (await server.client.get(envelope["status_url"])).json()
            assert (status["status"], status["error"]) == ("COMPLETED", "Invalid status code: 422")
            answer = await server.client.get(envelope["response_url"])

        assert (answer.status_code, answer.headers["x-fal-retryable"]) == (422, "false"), answer.text
        (problem,) = answer.json()["detail"]
        assert (problem["type"], problem["loc"]) == ("feature_not_supported", ["body"])
        assert problem["msg"].startswith(f"{endpoint.id} needs an upstream: ")
        assert "this version cannot call an upstream yet" in problem["msg"]


@pytest.mark.parametrize("door", ["/run", "/queue", "/gateway", ""])
async def test_what_only_an_upstream_serves_is_posted_to_like_the_rest(server: Served, door: str):
    """Reading its path tells the method, as for every endpoint; the list of models says that it is inactive."""
    for endpoint in (UPSTREAM[0].id, f"{KLING}/v3/pro/text-to-video"):
        for method in ("GET", "HEAD"):
            answer = await server.client.request(method, f"{door}/{endpoint}")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), endpoint

    models = (await server.client.get("/v1/models", params={"status": "inactive", "limit": 100})).json()["models"]
    assert [each["endpoint_id"] for each in models] == [each.id for each in UPSTREAM]
    assert all("upstream-only" in each["metadata"]["tags"] for each in models)


async def test_arguments_of_an_upstream_endpoint_are_checked_first(server: Served):
    """Who calls with mistakes learns of the mistakes."""
    body = {"prompt": "a", "elements": [{"frontal_image_url": PICTURE[:99]}] * 5, "image_urls": [PICTURE[:99]] * 3}

    answer = await server.client.post(f"/run/{KLING}/o1/reference-to-video", json=body)

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("count_sum_max", ["body", "image_urls"])
    assert problem["msg"] == "elements (5) and image_urls (3) make 8 together; the limit is 7. Leave some out"
    assert problem["ctx"] == {"fields": ["elements", "image_urls"], "count": 8, "limit": 7}


async def test_shots_past_the_longest_clip_are_a_422_that_names_the_bound(server: Served):
    """Sum, bound and way out."""
    body = {"multi_prompt": [{"prompt": "a", "duration": "8"}, {"prompt": "b", "duration": "8"}]}

    answer = await server.client.post(f"/run/{KLING}/o3/pro/text-to-video", json=body)

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("sum_max", ["body", "multi_prompt"])
    assert problem["msg"] == "multi_prompt lasts 16 s in all; the limit is 15 s. Shorten or drop some of it"


@pytest.mark.parametrize("strict", [False, True])
async def test_pictures_that_kling_refuses_are_refused_where_strict_is_set(serve: Serve, strict: bool):
    """Three times as wide as high, and of another format than it takes; the lenient profile makes the clip."""
    wide, webp = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (960, 320), "teal").save(wide, "PNG")
    Image.new("RGB", (640, 480), "teal").save(webp, "WEBP")
    refused = {}
    async with serve(engine="procedural", strict=strict) as server:
        for name, picture in (("wide", wide), ("webp", webp)):
            url = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
            body = {"prompt": "a calm sea", "image_url": url}
            answer = await server.client.post(f"/run/{KLING}/v1.6/standard/image-to-video", json=body)
            if answer.status_code != 200:
                (problem,) = answer.json()["detail"]
                assert (answer.status_code, problem["loc"]) == (422, ["body", "image_url"])
                refused[name] = (problem["type"], problem["ctx"])

    assert refused == (
        {
            "wide": ("image_too_small", {"min_width": 384, "min_height": 384}),
            "webp": ("unsupported_image_format", {"supported_formats": [".jpg", ".jpeg", ".png"]}),
        }
        if strict
        else {}
    )
