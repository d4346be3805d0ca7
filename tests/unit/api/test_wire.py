"""JSON bodies: envelope, status, events, output, cancel answers."""

from datetime import datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.api.wire import (
    ascii_json,
    cancel_reply,
    envelope,
    log_objects,
    output_reply,
    status_event,
    status_object,
    status_reply,
    units,
)
from mutoscope.queue.request import CancelAnswer, Outcome, Priority, Request, State, StoredLog
from mutoscope.service import Status, Submitted

ID = "727028ec-aa98-4073-9bcd-0acb386abcfc"
APP = "fal-ai/kling-video"
URL = f"https://queue.example/{APP}/requests/{ID}"
LOG = StoredLog(1, 1, "Schritt 1 – läuft 🎬", "INFO", 1_800_000_000.25)


def a_request(state: State, **changes: object) -> Request:
    """A stored request in this state."""
    request = Request(
        id=ID,
        seq=1,
        account_id="a",
        endpoint_id=f"{APP}/v2.5-turbo/pro/text-to-video",
        pool="null",
        state=state,
        priority=Priority.NORMAL,
        public_base="https://queue.example",
        queue_base="https://queue.example",
        is_sync=False,
        attempt=0,
        max_attempts=3,
        cancel_requested=False,
        created=0.0,
        started=None,
        finished=None,
        start_deadline=None,
        status_code=None,
        error=None,
        error_type=None,
        billable_units=0.0,
        inference_s=None,
        last_event=0,
    )
    return request._replace(**changes)  # type: ignore[arg-type]


def a_status(state: State, *, position: int | None = None, logs: list[StoredLog] | None = None, **changes: object):
    """A status as the service gives it."""
    return Status(a_request(state, position=position, **changes), APP, logs)


def test_the_envelope_has_the_eight_keys_in_the_published_order():
    """As both reseller pages print it, byte for byte but for the host."""
    reply = envelope(Submitted(ID, APP, "https://queue.example", 0, is_new=True))

    assert reply.status == 200
    assert reply.body.decode() == (
        f'{{"status":"IN_QUEUE","request_id":"{ID}","response_url":"{URL}","status_url":"{URL}/status",'
        f'"cancel_url":"{URL}/cancel","logs":null,"metrics":{{}},"queue_position":0}}'
    )
    assert (b"x-fal-request-id", ID.encode()) in reply.headers


def test_a_waiting_request_shows_its_position_and_no_logs():
    """IN_QUEUE: 202, position, logs null."""
    reply = status_reply(a_status(State.QUEUED, position=3))
    body = orjson.loads(reply.body)

    assert reply.status == 202
    assert (body["status"], body["queue_position"], body["logs"], body["metrics"]) == ("IN_QUEUE", 3, None, {})
    assert "error" not in body


def test_a_running_request_shows_logs_only_when_asked():
    """IN_PROGRESS: 202; the key `logs` is there either way, and no position."""
    silent = status_object(a_status(State.RUNNING))
    talking = status_object(a_status(State.RUNNING, logs=[]))

    assert status_reply(a_status(State.RUNNING)).status == 202
    assert silent["logs"] is None
    assert talking["logs"] == []
    assert "queue_position" not in silent


def test_success_is_completed_with_its_time():
    """COMPLETED: 200, inference_time, no error keys."""
    reply = status_reply(a_status(State.SUCCEEDED, inference_s=3.5))
    body = orjson.loads(reply.body)

    assert reply.status == 200
    assert (body["status"], body["metrics"]) == ("COMPLETED", {"inference_time": 3.5})
    assert not {"error", "error_type", "queue_position"} & body.keys()


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_failure_is_completed_with_an_error(state):
    """Clients know three statuses; what went wrong stands beside them."""
    body = status_object(a_status(state, error="Request was cancelled", error_type="client_cancelled"))

    assert body["status"] == "COMPLETED"
    assert (body["error"], body["error_type"]) == ("Request was cancelled", "client_cancelled")
    assert body["metrics"] == {"inference_time": 0.0}


def test_a_log_line_has_the_clients_keys_and_a_zone():
    """The timestamp carries +00:00, which every Python reads."""
    entry = log_objects([LOG])[0]

    assert entry == {
        "message": LOG.message,
        "level": "INFO",
        "source": "USER",
        "timestamp": "2027-01-15T08:00:00.250000+00:00",
    }
    assert datetime.fromisoformat(entry["timestamp"]).utcoffset() is not None


def test_an_event_is_one_line_of_ascii():
    """A chunk can be cut anywhere without hurting a character."""
    event = status_event(a_status(State.RUNNING, logs=[LOG]))

    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert event.isascii()
    assert event.count(b"\n") == 2
    assert orjson.loads(event.removeprefix(b"data: "))["logs"][0]["message"] == LOG.message


@given(st.text())
def test_ascii_json_says_the_same(text):
    """Escaping changes bytes, not values."""
    escaped = ascii_json(orjson.dumps(text))

    assert escaped.isascii()
    assert orjson.loads(escaped) == text


def test_an_output_gets_urls_for_its_keys():
    """Stored keys never show; the address is made when it is asked for."""
    stored = {
        "video": {"key": "2026/x_output.mp4", "content_type": "video/mp4", "file_name": "x_output.mp4", "file_size": 9},
        "seed": 7,
        "engine": "null",
    }
    outcome = Outcome(state=State.SUCCEEDED, status_code=200, body=orjson.dumps(stored), billable_units=5.0)

    reply = output_reply(outcome, "https://public.example", ID)
    body = orjson.loads(reply.body)

    assert reply.status == 200
    assert list(body["video"]) == ["url", "content_type", "file_name", "file_size"]
    assert body["video"]["url"] == "https://public.example/files/2026/x_output.mp4"
    assert body["seed"] == 7
    assert (b"x-fal-billable-units", b"5") in reply.headers


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.0, b"5"), (0.0, b"0"), (10.5, b"10.5"), (100.0, b"100"), (1 / 3, b"0.33333333"), (0.1 + 0.2, b"0.3")],
)
def test_units_are_decimals_of_at_most_eight_places(value, text):
    """Whole numbers come without a point."""
    assert units(value) == text


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        (CancelAnswer.REMOVED, 200, "OK"),
        (CancelAnswer.REQUESTED, 202, "CANCELLATION_REQUESTED"),
        (CancelAnswer.ALREADY_COMPLETED, 400, "ALREADY_COMPLETED"),
    ],
)
def test_cancel_answers(answer, status, word):
    """400 and never 409, which clients would retry."""
    reply = cancel_reply(answer, ID)

    assert (reply.status, orjson.loads(reply.body)) == (status, {"status": word})
