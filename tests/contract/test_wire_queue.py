"""The queue on the wire: submit, status, stream, result, cancel."""

import asyncio
import json
from typing import Any

import pytest

from tests.conftest import TEXT_TO_VIDEO, Serve, Served

APP = "fal-ai/kling-video"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


async def finished(server: Served, url: str) -> dict[str, Any]:
    """Wait for COMPLETED on the stream, and ask the status once more."""
    async with asyncio.timeout(30):
        await events_of(server, f"{url}/stream")
    answer = await server.client.get(url)
    assert answer.status_code == 200
    status: dict[str, Any] = answer.json()
    return status


async def events_of(server: Served, url: str) -> list[dict[str, Any]]:
    """All events of a status stream, up to its end."""
    events = []
    async with server.client.stream("GET", url) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
    return events


async def submit_with(server: Served, headers: dict[str, str]) -> dict[str, Any]:
    """Submit with these headers and return the envelope."""
    answer = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a"}, headers=headers)
    assert answer.status_code == 200, answer.text
    envelope: dict[str, Any] = answer.json()
    return envelope


async def test_submit_answers_the_eight_keys(serve: Serve):
    """In the published order, with our URLs, without suffix and query."""
    async with serve(runners=0) as server:
        answer = await server.client.post(f"/queue/{TEXT_TO_VIDEO}?x=1", json={"prompt": "a"})
        second = await server.submit()

    envelope = answer.json()
    url = f"{server.url}/queue/{APP}/requests/{envelope['request_id']}"
    assert answer.status_code == 200
    assert answer.headers["x-fal-request-id"] == envelope["request_id"]
    assert list(envelope.items()) == [
        ("status", "IN_QUEUE"),
        ("request_id", envelope["request_id"]),
        ("response_url", url),
        ("status_url", f"{url}/status"),
        ("cancel_url", f"{url}/cancel"),
        ("logs", None),
        ("metrics", {}),
        ("queue_position", 0),
    ]
    assert second["queue_position"] == 1


@pytest.mark.parametrize("query", ["", "?logs=0", "?logs=1"])
async def test_a_waiting_request(serve: Serve, query):
    """202, its position, the key `logs` with null, and the URLs of the submit."""
    async with serve(runners=0) as server:
        await server.submit()
        envelope = await server.submit()
        answer = await server.client.get(envelope["status_url"] + query)

    status = answer.json()
    assert answer.status_code == 202
    assert answer.headers["x-fal-request-id"] == envelope["request_id"]
    assert (status["status"], status["queue_position"]) == ("IN_QUEUE", 1)
    assert (status["logs"], status["metrics"]) == (None, {})
    for key in ("request_id", "response_url", "status_url", "cancel_url"):
        assert status[key] == envelope[key]


async def test_from_submit_to_the_file(serve: Serve):
    """COMPLETED is 200 with its time; the result repeats; its URL plays."""
    async with serve(null_log_lines=3) as server:
        envelope = await server.submit()
        status = await finished(server, envelope["status_url"])
        with_logs = (await server.client.get(envelope["status_url"], params={"logs": "true"})).json()
        result = await server.client.get(envelope["response_url"])
        again = await server.client.get(envelope["response_url"])
        video = result.json()["video"]
        file = await server.client.get(video["url"], headers={"Authorization": ""})

    assert (status["status"], status["logs"]) == ("COMPLETED", None)
    assert status["metrics"]["inference_time"] >= 0
    assert "queue_position" not in status
    assert "error" not in status
    lines = [log["message"] for log in with_logs["logs"] if "null engine" in log["message"]]
    assert lines == [f"null engine: line {n} of 3" for n in (1, 2, 3)]
    assert {tuple(log) for log in with_logs["logs"]} == {("message", "level", "source", "timestamp")}
    assert all(log["timestamp"].endswith("+00:00") for log in with_logs["logs"])
    assert result.status_code == 200
    assert result.headers["x-fal-request-id"] == envelope["request_id"]
    assert result.headers["x-fal-billable-units"] == "5"
    assert (again.content, again.status_code) == (result.content, 200)
    assert list(video)[:4] == ["url", "content_type", "file_name", "file_size"]
    assert (video["content_type"], video["file_size"]) == ("video/mp4", len(file.content))
    assert file.headers["content-type"] == "video/mp4"


async def test_progress_in_the_log_has_its_own_percentage(serve: Serve):
    """One line of three is 33 %, not the last tenth before it."""
    async with serve(null_log_lines=3) as server:
        envelope = await server.submit()
        await finished(server, envelope["status_url"])
        status = (await server.client.get(envelope["status_url"], params={"logs": "true"})).json()

    assert "progress: 33 %" in [log["message"] for log in status["logs"]]


async def test_a_result_before_its_time_is_400(serve: Serve):
    """Never 409: no client retries 400."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        answer = await server.client.get(envelope["response_url"])

    assert (answer.status_code, answer.json()) == (400, {"detail": "Request is still in progress"})
    assert answer.headers["x-fal-request-id"] == envelope["request_id"]


async def test_invalid_arguments_are_accepted_and_become_the_outcome(server: Served):
    """The queue defers: 200 on submit, COMPLETED with an error, and the 422 as the result."""
    envelope = await server.submit({"prompt": "a", "duration": "7", "cfg_scale": 1.5})
    status = await finished(server, envelope["status_url"])
    result = await server.client.get(envelope["response_url"])

    assert (status["status"], status["error"], status["error_type"]) == (
        "COMPLETED",
        "Invalid status code: 422",
        "literal_error",
    )
    assert result.status_code == 422
    assert [problem["type"] for problem in result.json()["detail"]] == ["literal_error", "less_than_equal"]
    assert result.headers["x-fal-billable-units"] == "0"
    assert result.headers["x-fal-retryable"] == "false"
    assert result.headers["x-fal-request-id"] == envelope["request_id"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"not json"])
async def test_cancel_of_a_waiting_request(serve: Serve, body):
    """OK at once, whatever the body; the result is 499 and says why; a second cancel changes nothing."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        headers = {"Content-Type": "application/json"}
        answer = await server.client.put(envelope["cancel_url"], content=body, headers=headers)
        again = await server.client.put(envelope["cancel_url"])
        status = await server.client.get(envelope["status_url"])
        result = await server.client.get(envelope["response_url"])

    assert (answer.status_code, answer.json()) == (200, {"status": "OK"})
    assert (again.status_code, again.json()) == (400, {"status": "ALREADY_COMPLETED"})
    assert (status.status_code, status.json()["error_type"]) == (200, "client_cancelled")
    assert (result.status_code, result.json()["error_type"]) == (499, "client_cancelled")
    assert result.headers["x-fal-error-type"] == "client_cancelled"


async def test_cancel_of_a_running_request(serve: Serve):
    """Told to stop: 202, then COMPLETED as cancelled, long before it would have been done."""
    async with serve(null_seconds=60) as server:
        envelope = await server.submit()
        async with asyncio.timeout(20), server.client.stream("GET", envelope["status_url"] + "/stream") as stream:
            async for line in stream.aiter_lines():
                if '"IN_PROGRESS"' in line:
                    break
        early = await server.client.get(envelope["status_url"], params={"logs": 1})
        answer = await server.client.put(envelope["cancel_url"])
        status = await finished(server, envelope["status_url"])
        result = await server.client.get(envelope["response_url"])

    assert early.status_code == 202
    assert early.json()["logs"] == []
    assert "queue_position" not in early.json()
    assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert status["error_type"] == "client_cancelled"
    assert result.status_code == 499


@pytest.mark.parametrize("request_id", [UNKNOWN_ID, "not-an-id", "..", "a" * 300, "%00", "%F0%9F%8E%AC"])
async def test_an_unknown_request_is_404_everywhere(server: Served, request_id):
    """Status, stream, result and cancel alike; JSON, also for the stream."""
    url = f"/queue/{APP}/requests/{request_id.replace('..', '%2E%2E')}"
    answers = [
        await server.client.get(f"{url}/status"),
        await server.client.get(f"{url}/status/stream"),
        await server.client.get(url),
        await server.client.put(f"{url}/cancel"),
    ]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["status"] == "NOT_FOUND"
        assert isinstance(answer.json()["detail"], str)
        assert answer.headers["x-fal-request-id"]


async def test_a_request_is_known_only_to_its_account_and_under_its_application(serve: Serve):
    """Another key sees what it would see for an id that never was; so does another application."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        _, stranger = await server.app.house.keys.create("stranger")
        headers = {"Authorization": f"Key {stranger}"}
        other_app = envelope["response_url"].replace(APP, "fal-ai/other-app")
        answers = [
            await server.client.get(envelope["status_url"], headers=headers),
            await server.client.get(envelope["status_url"] + "/stream", headers=headers),
            await server.client.get(envelope["response_url"], headers=headers),
            await server.client.put(envelope["cancel_url"], headers=headers),
            await server.client.get(other_app),
            await server.client.get(f"{other_app}/status"),
            await server.client.put(f"{other_app}/cancel"),
        ]
        own = await server.client.get(envelope["status_url"])

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["status"] for answer in answers} == {"NOT_FOUND"}
    assert own.json()["status"] == "IN_QUEUE"


async def test_a_stream_tells_the_whole_story_once(serve: Serve):
    """First the state now, each log line once, exactly one COMPLETED, and then the end."""
    async with serve(null_seconds=0.3, null_log_lines=5) as server:
        envelope = await server.submit()
        events = await events_of(server, envelope["status_url"] + "/stream?logs=1")

    statuses = [event["status"] for event in events]
    messages = [log["message"] for event in events for log in event["logs"] or ()]
    assert statuses.count("COMPLETED") == 1
    assert statuses[-1] == "COMPLETED"
    assert [text for text in messages if "null engine" in text] == [f"null engine: line {n} of 5" for n in range(1, 6)]
    assert events[-1]["metrics"]["inference_time"] > 0
    assert {event["response_url"] for event in events} == {envelope["response_url"]}


async def test_a_stream_of_a_finished_request_is_one_event(server: Served):
    """Also of a failed one; without logs=1 its logs are null."""
    envelope = await server.submit({})
    await finished(server, envelope["status_url"])

    events = await events_of(server, envelope["status_url"] + "/stream")

    assert [(event["status"], event["logs"]) for event in events] == [("COMPLETED", None)]
    assert events[0]["error_type"] == "missing"


async def test_a_stream_ignores_accept_and_is_not_packed(server: Served):
    """A proxy in between asks for JSON; a packed stream would come late and in pieces."""
    envelope = await server.submit()
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip, br"}

    async with server.client.stream("GET", envelope["status_url"] + "/stream", headers=headers) as stream:
        raw = b"".join([chunk async for chunk in stream.aiter_raw()])

    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"].startswith("no-cache")
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["x-fal-request-id"] == envelope["request_id"]
    assert "content-encoding" not in stream.headers
    assert raw.isascii()
    assert raw.endswith(b"}\n\n")


async def test_leaving_a_stream_does_not_cancel(serve: Serve):
    """Watching is not owning."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        async with server.client.stream("GET", envelope["status_url"] + "/stream") as stream:
            async for _ in stream.aiter_lines():
                break
        status = await server.client.get(envelope["status_url"])

    assert status.json()["status"] == "IN_QUEUE"


async def test_low_priority_waits_behind_normal(serve: Serve):
    """The position of the low one counts the normal one that came later."""
    async with serve(runners=0) as server:
        low = await submit_with(server, {"X-Fal-Queue-Priority": "low"})
        normal = await submit_with(server, {"X-Fal-Queue-Priority": "normal"})
        positions = [
            (await server.client.get(envelope["status_url"])).json()["queue_position"] for envelope in (low, normal)
        ]

    assert positions == [1, 0]


async def test_a_start_deadline_ends_as_504_of_the_user(serve: Serve):
    """The mark keeps clients from trying again."""
    async with serve(runners=0) as server:
        envelope = await submit_with(server, {"X-Fal-Request-Timeout": "0.2"})
        status = await finished(server, envelope["status_url"])
        result = await server.client.get(envelope["response_url"])

    assert status["error_type"] == "request_timeout"
    assert (result.status_code, result.json()["error_type"]) == (504, "request_timeout")
    assert result.headers["x-fal-error-type"] == "request_timeout"
    assert result.headers["x-fal-request-timeout-type"] == "user"


async def test_a_full_queue_is_429_for_whoever_minds(serve: Serve):
    """Only the caller that named a length is refused."""
    async with serve(runners=0) as server:
        await server.submit()
        await server.submit()
        url = f"/queue/{TEXT_TO_VIDEO}?fal_max_queue_length="
        taken = await server.client.post(f"{url}2", json={"prompt": "a"})
        refused = await server.client.post(f"{url}1", json={"prompt": "a"})

    assert (taken.status_code, refused.status_code) == (200, 429)
    assert isinstance(refused.json()["detail"], str)
    assert refused.headers["x-fal-needs-retry"] == "1"
    assert int(refused.headers["retry-after"]) > 0


async def test_an_idempotency_key_names_one_request(serve: Serve):
    """The same body gets the same envelope; another body under the key is a 422, never a 409."""
    async with serve(runners=0) as server:
        first = await submit_with(server, {"Idempotency-Key": "k1"})
        again = await submit_with(server, {"Idempotency-Key": "k1"})
        other = await server.client.post(
            f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "another"}, headers={"Idempotency-Key": "k1"}
        )

    assert again == first
    assert other.status_code == 422


@pytest.mark.parametrize("header", ["X-Fal-Runner-Hint", "X-Fal-Store-IO", "X-Fal-Tags", "x-app-fal-disable-fallback"])
async def test_headers_without_effect_do_no_harm(server: Served, header):
    """Clients send them; the request goes through."""
    assert (await submit_with(server, {header: "anything {at all"}))["status"] == "IN_QUEUE"


async def test_a_webhook_does_not_keep_the_request_out(server: Served):
    """A receiver that cannot be reached is no trouble of the request."""
    answer = await server.client.post(
        f"/queue/{TEXT_TO_VIDEO}", params={"fal_webhook": "https://hooks.invalid/told"}, json={"prompt": "a"}
    )

    assert answer.status_code == 200


async def test_head_answers_like_get_without_a_body(server: Served):
    """Status and result, with the same code and the same length announced."""
    envelope = await server.submit()
    await finished(server, envelope["status_url"])

    for url in (envelope["status_url"], envelope["response_url"]):
        told, whole = await server.client.head(url), await server.client.get(url)
        assert (told.status_code, told.content) == (200, b"")
        assert told.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.parametrize(
    ("headers", "starts"),
    [
        ({}, 3),
        ({"X-Fal-Retry-Config": '{"connection_error": {"retries": 5}}'}, 6),
        ({"X-Fal-Retry-Config": '{"connection_error": {"retries": 0}}'}, 1),
        ({"X-Fal-Retry-Config": '{"server_error": {"retries": 5}}'}, 3),
        ({"X-Fal-Retry-Config": '{"connection_error": {"retries": 5}}', "X-Fal-No-Retry": "1"}, 1),
    ],
)
async def test_a_caller_says_how_often_a_lost_request_is_started_again(serve: Serve, headers, starts):
    """By condition, or not at all; without a word the settings decide."""
    async with serve(runners=0) as server:
        envelope = await server.submit({"prompt": "a"}, **headers)
        request = await server.app.house.store.get(envelope["request_id"])

    assert request is not None and request.max_attempts == starts


async def test_headers_that_cannot_be_meant_are_a_400_and_submit_nothing(serve: Serve):
    """Each names itself; those without effect are taken whatever they say."""
    refused = {
        "X-Fal-Retry-Config": "often",
        "X-Fal-Object-Lifecycle-Preference": "{",
        "X-Fal-Request-Timeout": "soon",
    }
    async with serve(runners=0) as server:
        url, body = f"/queue/{TEXT_TO_VIDEO}", {"prompt": "a"}
        answers = [await server.client.post(url, json=body, headers={name: text}) for name, text in refused.items()]
        answers.append(await server.client.post(f"{url}?fal_webhook=ftp://example.com/", json=body))
        found = await server.app.house.store.list()
        taken = {"X-Fal-Runner-Hint": "x" * 3_000, "X-Fal-Tags": "=,;", "x-app-fal-disable-fallback": "perhaps"}
        assert (await server.client.post(url, json=body, headers=taken)).status_code == 200

    assert [(answer.status_code, answer.json()["error_type"]) for answer in answers] == [(400, "bad_request")] * 4
    assert found == []
