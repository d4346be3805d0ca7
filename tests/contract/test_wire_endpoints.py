"""Endpoints of the later versions, from the submit to the result, and what the log says of fields without effect."""

import asyncio
import base64
from pathlib import Path
from typing import Any

from tests.conftest import Served

KLING = "fal-ai/kling-video"
PHOTO = Path(__file__).parents[1] / "photos" / "cat.jpg"
PICTURE = "data:image/jpeg;base64," + base64.b64encode(PHOTO.read_bytes()).decode()


async def ended(server: Served, endpoint_id: str, body: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """(lines of the log, result) of a request that went through the queue."""
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
    assert result.headers["x-fal-billable-units"] == body["duration"]
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
