"""
Everything that fal_client can do here, in one process: prints one JSON object of what it saw.

usage: python python_client.py URL IDLE_URL WEBHOOK IMAGE   (IDLE_URL has no runners; the key is in FAL_KEY)

Written for every version from 0.5.9 on: what a version does not know is left out of the object.
"""

import importlib.metadata
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

import fal_client
import httpx

from mutoscope import clients

TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
PROMPT = {"prompt": "A paper boat on a pond"}
URL, IDLE_URL, WEBHOOK, IMAGE = sys.argv[1:]


def failure(call: Callable[[], Any]) -> dict[str, Any]:
    """How a call fails: the status on the wire and what the body says."""
    try:
        call()
    except Exception as error:
        response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
        if not isinstance(response, httpx.Response):
            raise
        return {"status": response.status_code, "headers": dict(response.headers), "body": response.json()}
    return {"status": 200}


def knows(call: Callable[..., Any], name: str) -> bool:
    """Whether this version has a parameter."""
    return name in inspect.signature(call).parameters


def at_work(client: Any) -> dict[str, Any]:
    """What needs a runner."""
    seen: dict[str, Any] = {}
    enqueued: list[str] = []
    updates: list[Any] = []
    seen["run"] = client.run(TEXT_TO_VIDEO, PROMPT)
    seen["subscribe"] = client.subscribe(
        TEXT_TO_VIDEO, PROMPT, with_logs=True, on_enqueue=enqueued.append, on_queue_update=updates.append
    )
    seen["subscribe_id"] = len(enqueued[0])
    seen["updates"] = sorted({type(update).__name__ for update in updates})
    handle = client.submit(TEXT_TO_VIDEO, PROMPT, hint="near", webhook_url=f"{WEBHOOK}&id=1")
    seen["webhook_request_id"] = handle.request_id
    seen["handle_equal"] = client.get_handle(TEXT_TO_VIDEO, handle.request_id) == handle
    last = list(handle.iter_events(with_logs=True))[-1]
    seen["lines"] = [line["message"] for line in last.logs]
    seen["metrics"] = last.metrics
    seen["result"] = handle.get()
    seen["result_again"] = client.result(TEXT_TO_VIDEO, handle.request_id) == seen["result"]
    seen["late_cancel"] = failure(handle.cancel)
    seen["run_invalid"] = failure(lambda: client.run(TEXT_TO_VIDEO, {"prompt": "x", "duration": "7"}))
    invalid = client.submit(TEXT_TO_VIDEO, {"duration": "7"})
    seen["submit_invalid"] = failure(invalid.get)
    seen["unknown_app"] = failure(lambda: client.submit("fal-ai/no-such/thing", {}))
    seen["unknown_request"] = failure(lambda: client.status(TEXT_TO_VIDEO, "00000000-0000-4000-8000-000000000000"))
    stranger = fal_client.SyncClient(key="someone:else")
    seen["wrong_key"] = failure(lambda: stranger.submit(TEXT_TO_VIDEO, PROMPT))
    with open(IMAGE, "rb") as file:
        image = file.read()
    seen["uploaded"] = client.upload(image, "image/jpeg")
    seen["of_upload"] = client.run(IMAGE_TO_VIDEO, PROMPT | {"image_url": seen["uploaded"]})
    seen["of_data_uri"] = client.run(IMAGE_TO_VIDEO, PROMPT | {"image_url": fal_client.encode(image, "image/jpeg")})
    return seen


def in_line(client: Any) -> dict[str, Any]:
    """What needs that nothing runs."""
    seen: dict[str, Any] = {}
    first, second = (client.submit(TEXT_TO_VIDEO, PROMPT) for _ in range(2))
    if knows(client.submit, "priority"):
        low = client.submit(TEXT_TO_VIDEO, PROMPT, priority="low")
        normal = client.submit(TEXT_TO_VIDEO, PROMPT, priority="normal")
        seen["low_behind_normal"] = low.status().position == normal.status().position + 1
        low.cancel()
        normal.cancel()
    seen["behind"] = second.status().position - first.status().position
    first.cancel()
    seen["after_cancel"] = type(first.status()).__name__
    seen["cancelled"] = failure(first.get)
    second.cancel()
    if knows(client.submit, "start_timeout"):
        seen["start_timeout"] = failure(client.submit(TEXT_TO_VIDEO, PROMPT, start_timeout=1.1).get)
    return seen


clients.use(URL)
told = {"version": importlib.metadata.version("fal_client")} | at_work(fal_client.SyncClient())
clients.use(IDLE_URL)
told |= in_line(fal_client.SyncClient())
print(json.dumps(told))
