"""Every JSON body that is not an error: envelope, status, output, cancel answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from mutoscope.api.exchange import JSON, Header, Reply
from mutoscope.queue.estimates import Estimate
from mutoscope.queue.outcome import answer_body
from mutoscope.queue.request import WIRE_STATUS, CancelAnswer, Outcome, State, StoredLog
from mutoscope.service import Status, Submitted

_CANCEL_ANSWERS: Final[dict[CancelAnswer, tuple[int, bytes]]] = {
    CancelAnswer.REMOVED: (200, b'{"status":"OK"}'),
    CancelAnswer.REQUESTED: (202, b'{"status":"CANCELLATION_REQUESTED"}'),
    # Never 409: the Python client would try it ten times.
    CancelAnswer.ALREADY_COMPLETED: (400, b'{"status":"ALREADY_COMPLETED"}'),
}


def envelope(submitted: Submitted) -> Reply:
    """
    The answer of a submit: eight keys, always in the queue, whatever became of the request since.

    A client reads the four URLs and ids from it and asks the status for the rest; a repeated submit under one
    idempotency key gets the same envelope.
    """
    body = _urls("IN_QUEUE", submitted.queue_base, submitted.app_id, submitted.request_id)
    body["logs"] = None
    body["metrics"] = {}
    body["queue_position"] = submitted.position
    return Reply(200, orjson.dumps(body), (JSON, request_id_header(submitted.request_id)))


def status_reply(status: Status) -> Reply:
    """202 while it waits or runs, 200 once it is completed: clients go by the code alone."""
    request = status.request
    code = 200 if request.state.is_terminal else 202
    return Reply(code, orjson.dumps(status_object(status)), (JSON, request_id_header(request.id)))


def status_object(status: Status) -> dict[str, Any]:
    """
    A status as polling and streaming show it.

    `logs` is there in every state: null while it waits or when not asked for, else a list.
    """
    request = status.request
    body = _urls(WIRE_STATUS[request.state], request.queue_base, status.app_id, request.id)
    body["logs"] = None if status.logs is None else log_objects(status.logs)
    if request.state is State.QUEUED:
        body["metrics"] = _expected(status.estimate)
        body["queue_position"] = request.position or 0
        return body
    if not request.state.is_terminal:
        body["metrics"] = _expected(status.estimate)
        return body
    body["metrics"] = {"inference_time": request.inference_s or 0.0}
    if request.error is not None:
        body["error"] = request.error
        body["error_type"] = request.error_type
    return body


def status_event(status: Status) -> bytes:
    """
    A status as one server-sent event, in ASCII.

    The JavaScript client decodes each chunk by itself, so a character of several bytes must not exist to be split.
    """
    return b"data: %b\n\n" % ascii_json(orjson.dumps(status_object(status)))


def ascii_json(text: bytes) -> bytes:
    """The same JSON with every character above 127 as an escape; those stand only inside strings, so text is enough."""
    if text.isascii():
        return text
    return "".join(char if char < "\x80" else _escape(char) for char in text.decode()).encode("ascii")


def log_objects(logs: Sequence[StoredLog]) -> list[dict[str, str]]:
    """Log lines as the clients' types have them."""
    return [
        {"message": log.message, "level": log.level, "source": "USER", "timestamp": timestamp(log.ts, "microseconds")}
        for log in logs
    ]


def output_reply(outcome: Outcome, public_base: str, request_id: str) -> Reply:
    """The stored output of a request that succeeded."""
    headers = (JSON, request_id_header(request_id), (b"x-fal-billable-units", units(outcome.billable_units)))
    return Reply(outcome.status_code, answer_body(outcome, public_base), headers)


def cancel_reply(answer: CancelAnswer, request_id: str) -> Reply:
    """What a cancel found; `NOT_FOUND` is an error and written elsewhere."""
    status, body = _CANCEL_ANSWERS[answer]
    return Reply(status, body, (JSON, request_id_header(request_id)))


def request_id_header(request_id: str) -> Header:
    """The header that the clients' `requestId` is read from; `request_id` is one that this server made."""
    return (b"x-fal-request-id", request_id.encode())


def units(value: float) -> bytes:
    """Billable units: whole numbers without decimals, fractions with up to eight."""
    return f"{value:.8f}".rstrip("0").rstrip(".").encode()


def _urls(status: str, queue_base: str, app_id: str, request_id: str) -> dict[str, Any]:
    """The head of every envelope. The URLs carry the application only, no `/response` and no query: a handle made of
    them has to equal the one a client builds itself."""
    url = f"{queue_base}/{app_id}/requests/{request_id}"
    return {
        "status": status,
        "request_id": request_id,
        "response_url": url,
        "status_url": f"{url}/status",
        "cancel_url": f"{url}/cancel",
    }


def _expected(estimate: Estimate | None) -> dict[str, float]:
    """What a request that has not ended is measured by: seconds from now, nothing while nobody can say."""
    if estimate is None:
        return {}
    finish_s = round(estimate.finish_s, 2)
    if estimate.start_s is None:
        return {"estimated_finish_s": finish_s}
    return {"estimated_start_s": round(estimate.start_s, 2), "estimated_finish_s": finish_s}


def timestamp(seconds: float, to: str) -> str:
    """ISO 8601 `to` the "seconds", "milliseconds" or so, with `+00:00`: older Pythons do not read `Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=to)


def _escape(char: str) -> str:
    """RFC 8259, section 7: characters beyond the basic plane are two escapes, a surrogate pair."""
    units_ = char.encode("utf-16-be")
    return "".join(f"\\u{units_[at]:02x}{units_[at + 1]:02x}" for at in range(0, len(units_), 2))
