"""fal_client 1.0.3, unmodified, against a live server: handles, events, results, cancels and errors."""

from collections.abc import Iterator
from typing import Any

import fal_client
import pytest
from fal_client import Completed, FalClientHTTPError, InProgress, Queued, SyncClient, SyncRequestHandle

from mutoscope import clients
from tests.live import LiveServer, wait_until

IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
ADDRESSES = ("RUN_URL_FORMAT", "QUEUE_URL_FORMAT", "REST_URL", "CDN_URL", "REALTIME_URL_FORMAT")


@pytest.fixture
def pointed(live: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """fal_client of this process speaks to the server, by the helper that users call."""
    for name in ADDRESSES:
        monkeypatch.setattr(fal_client.client, name, getattr(fal_client.client, name))
    clients.use(live.url)


class TidyClient(SyncClient):
    """The official client; remembers what it submitted so that a test leaves nothing in the queue."""

    def __init__(self, key: str) -> None:
        super().__init__(key=key)
        self.handles: list[SyncRequestHandle] = []

    def submit(self, *args: Any, **kwargs: Any) -> SyncRequestHandle:
        self.handles.append(super().submit(*args, **kwargs))
        return self.handles[-1]

    def tidy(self) -> None:
        """Cancel what has not finished, and hang up."""
        for handle in self.handles:
            if not isinstance(handle.status(), Completed):
                handle.cancel()
        self._client.close()


@pytest.fixture
def client(live: LiveServer, pointed: None) -> Iterator[TidyClient]:
    """A client with the server's key."""
    client = TidyClient(live.key)
    yield client
    client.tidy()


def a_prompt() -> dict[str, str]:
    """Valid arguments of a text-to-video request."""
    return {"prompt": "A paper boat on a pond"}


def test_submit_follow_and_get(client: SyncClient, picture_url: str):
    """A request is seen waiting or running, its log lines grow, it completes, and the result names a video."""
    handle = client.submit(IMAGE_TO_VIDEO, {"prompt": "Waves", "image_url": picture_url})

    events = list(handle.iter_events(with_logs=True))
    result = handle.get()

    assert all(isinstance(event, Queued | InProgress | Completed) for event in events)
    running = [event.logs for event in events if isinstance(event, InProgress)]
    assert running and all(isinstance(logs, list) for logs in running)
    last = events[-1]
    assert isinstance(last, Completed) and last.error is None
    assert "null engine: line 4 of 4" in [line["message"] for line in last.logs or []]
    assert last.metrics["inference_time"] >= 1.0
    assert result["video"]["content_type"] == "video/mp4"


def test_logs_stay_none_unless_asked_for(client: SyncClient):
    """Without `with_logs` every status has `logs: None`, as fal's own client test asserts."""
    handle = client.submit(TEXT_TO_VIDEO, a_prompt())

    events = [event for event in handle.iter_events() if isinstance(event, InProgress | Completed)]

    assert {event.logs is None for event in events} == {True}


def test_handle_rebuilt_from_the_request_id_is_equal(client: SyncClient):
    """Addresses given by the server are letter for letter those that the client makes from a stored id."""
    handle = client.submit(TEXT_TO_VIDEO, a_prompt())

    rebuilt = client.get_handle(TEXT_TO_VIDEO, handle.request_id)

    assert rebuilt == handle
    assert client.result(TEXT_TO_VIDEO, handle.request_id) == handle.get()


def test_run_answers_the_result(client: SyncClient):
    """The synchronous call gives the output itself."""
    result = client.run(TEXT_TO_VIDEO, a_prompt())

    assert result["video"]["url"].endswith(".mp4")


async def test_async_client(live: LiveServer, pointed: None):
    """The asynchronous client subscribes and sees the same events."""
    client = fal_client.AsyncClient(key=live.key)
    seen: list[fal_client.Status] = []

    result = await client.subscribe(TEXT_TO_VIDEO, a_prompt(), with_logs=True, on_queue_update=seen.append)

    assert isinstance(seen[-1], Completed)
    assert result["video"]["file_size"] > 0
    await (await client._client).aclose()


def test_position_counts_what_is_ahead(client: SyncClient):
    """With one runner and three requests, the last one sees one request ahead once the first runs."""
    first, second, third = (client.submit(TEXT_TO_VIDEO, a_prompt()) for _ in range(3))

    wait_until(lambda: isinstance(first.status(), InProgress), what="the first running")

    assert second.status() == Queued(position=0)
    assert third.status() == Queued(position=1)


def test_invalid_arguments_surface_as_a_422_with_every_problem(client: SyncClient):
    """The queue accepts, completes at once, and the result is pydantic's list, in field order."""
    handle = client.submit(IMAGE_TO_VIDEO, {"prompt": "x", "duration": "7", "cfg_scale": 1.5})

    with pytest.raises(FalClientHTTPError) as caught:
        handle.get()

    assert caught.value.status_code == 422
    detail = caught.value.response.json()["detail"]
    problems = [(problem["type"], problem["loc"]) for problem in detail]
    assert problems == [
        ("missing", ["body", "image_url"]),
        ("literal_error", ["body", "duration"]),
        ("less_than_equal", ["body", "cfg_scale"]),
    ]
    status = handle.status()
    assert isinstance(status, Completed)
    assert (status.error, status.error_type) == ("Invalid status code: 422", "missing")


def test_run_with_invalid_arguments_is_a_422_now(client: SyncClient):
    """The synchronous door says the same at once."""
    with pytest.raises(FalClientHTTPError) as caught:
        client.run(TEXT_TO_VIDEO, {"prompt": "x", "aspect_ratio": "4:3"})

    assert caught.value.status_code == 422
    (problem,) = caught.value.response.json()["detail"]
    assert problem["msg"] == "Input should be '16:9', '9:16' or '1:1'"


def test_wrong_key_is_a_401(pointed: None):
    """An unknown key reads as at fal, and is not tried again."""
    client = SyncClient(key="someone:else")

    with pytest.raises(FalClientHTTPError, match="No user found for Key ID and Secret") as caught:
        client.submit(TEXT_TO_VIDEO, a_prompt())

    assert caught.value.status_code == 401
    client._client.close()


def test_unknown_names_are_404s(client: SyncClient):
    """An unknown application, path or request each say which."""
    with pytest.raises(FalClientHTTPError, match='Application "no-such" not found'):
        client.submit("fal-ai/no-such/thing", {})
    with pytest.raises(FalClientHTTPError, match="Path /v9/x not found"):
        client.submit("fal-ai/kling-video/v9/x", {})
    with pytest.raises(FalClientHTTPError, match="not found"):
        client.status(TEXT_TO_VIDEO, "00000000-0000-4000-8000-000000000000")


def test_start_timeout_ends_a_waiting_request_as_a_504(client: SyncClient):
    """A request that has not started in time fails with the caller's own timeout, once and without retries."""
    for _ in range(3):
        client.submit(TEXT_TO_VIDEO, a_prompt())
    handle = client.submit(TEXT_TO_VIDEO, a_prompt(), start_timeout=1.1)

    with pytest.raises(FalClientHTTPError) as caught:
        handle.get()

    assert (caught.value.status_code, caught.value.error_type) == (504, "request_timeout")
    assert caught.value.response_headers["x-fal-request-timeout-type"] == "user"


def test_cancel_of_a_running_request_stops_it(client: SyncClient):
    """The engine stops before its time is over, so the result is a 499 and not a video."""
    handle = client.submit(TEXT_TO_VIDEO, a_prompt())
    wait_until(lambda: isinstance(handle.status(), InProgress), what="IN_PROGRESS")

    handle.cancel()

    with pytest.raises(FalClientHTTPError) as caught:
        handle.get()
    assert (caught.value.status_code, caught.value.error_type) == (499, "client_cancelled")
    status = handle.status()
    assert isinstance(status, Completed) and status.error_type == "client_cancelled"


def test_cancel_of_a_waiting_request_means_it_never_starts(client: SyncClient):
    """It is over at once and has no log line."""
    client.submit(TEXT_TO_VIDEO, a_prompt())
    handle = client.submit(TEXT_TO_VIDEO, a_prompt())

    handle.cancel()

    status = handle.status(with_logs=True)
    assert isinstance(status, Completed)
    assert (status.error_type, status.logs) == ("client_cancelled", [])


def test_cancel_of_a_finished_request_is_refused_and_keeps_the_result(client: SyncClient):
    """400, never 409, and the result is still there."""
    handle = client.submit(TEXT_TO_VIDEO, a_prompt())
    result = handle.get()

    with pytest.raises(FalClientHTTPError) as caught:
        handle.cancel()

    assert caught.value.status_code == 400
    assert caught.value.response.json() == {"status": "ALREADY_COMPLETED"}
    assert handle.get() == result


def test_client_timeout_cancels_on_the_server(client: SyncClient):
    """When the client gives up it cancels, and the server has stopped working on it."""
    says_so = pytest.warns(UserWarning, match="start_timeout")
    with says_so, pytest.raises(fal_client.FalClientTimeoutError) as caught:
        client.subscribe(TEXT_TO_VIDEO, a_prompt(), start_timeout=30, client_timeout=0.5)

    request_id = caught.value.request_id
    assert request_id is not None
    handle = client.get_handle(TEXT_TO_VIDEO, request_id)
    status = wait_until(lambda: isinstance(s := handle.status(), Completed) and s, what="COMPLETED")
    assert status.error_type == "client_cancelled"
