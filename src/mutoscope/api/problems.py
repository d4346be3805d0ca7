"""
Errors on the wire: the only writer of error bodies, for errors raised now and for stored outcomes alike.

The platform API has a shape of its own: `{"error": {"type", "message", "request_id"}}` instead of `detail`.
"""

from typing import Any, Final

import orjson

from mutoscope.api.exchange import JSON, Header, Reply
from mutoscope.errors import MethodNotAllowed, MutoscopeError, PathUnknown, RequestUnknown
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX, RETRY_AFTER_S
from mutoscope.queue.outcome import answer_body, printable, problem_object
from mutoscope.queue.request import Outcome

_ZERO_UNITS: Final[Header] = (b"x-fal-billable-units", b"0")
_PLATFORM_TYPES: Final = {
    400: "validation_error",
    401: "authorization_error",
    403: "authorization_error",
    404: "not_found",
    405: "validation_error",
    413: "validation_error",
    415: "validation_error",
    422: "validation_error",
    429: "rate_limited",
    501: "not_implemented",
}
"""What the platform API calls a status; all others are `server_error`."""
_TRY_AGAIN: Final = frozenset({429, 502, 503})
"""The same call may go through later; a 500 would end the same way."""


def reply_to(error: MutoscopeError, request_id: str | None = None) -> Reply:
    """The answer to an error raised while the caller waits."""
    if isinstance(error.detail, str):
        headers = _request_error_headers(error.status, error.error_type)
        if error.status in (429, 503):
            headers.append((b"retry-after", b"%d" % RETRY_AFTER_S))
    else:
        headers = _model_error_headers(error.status)
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allow).encode()))
    elif isinstance(error, PathUnknown):
        headers.append(_ZERO_UNITS)
    return Reply(error.status, orjson.dumps(_content(error)), _with_id(headers, request_id))


def reply_to_outcome(outcome: Outcome, request_id: str) -> Reply:
    """The stored answer of a request that failed or was cancelled; the same bytes each time."""
    if outcome.body.startswith(b"["):
        headers = _model_error_headers(outcome.status_code)
    else:
        headers = _request_error_headers(outcome.status_code, outcome.error_type)
    return Reply(outcome.status_code, answer_body(outcome), _with_id(headers, request_id))


def reply_to_fault(request_id: str) -> Reply:
    """The answer to an exception nobody expected; the log has it under the same id."""
    detail = f"Internal server error; the server's log has more under {request_id}"
    headers = _request_error_headers(500, "internal_error")
    return Reply(500, orjson.dumps({"detail": detail, "error_type": "internal_error"}), _with_id(headers, request_id))


def platform_reply_to(error: MutoscopeError, request_id: str) -> Reply:
    """The answer of the platform API to an error; a body that breaks its schema becomes one sentence."""
    message = error.detail if isinstance(error.detail, str) else str(error)
    reply = _platform_error(error.status, message, request_id)
    if isinstance(error, MethodNotAllowed):
        return reply._replace(headers=(*reply.headers, (b"allow", ", ".join(error.allow).encode())))
    if error.status in (429, 503):
        return reply._replace(headers=(*reply.headers, (b"retry-after", b"%d" % RETRY_AFTER_S)))
    return reply


def platform_reply_to_fault(request_id: str) -> Reply:
    """The answer of the platform API to an exception nobody expected; the log has it under the same id."""
    return _platform_error(500, f"Internal server error; the server's log has more under {request_id}", request_id)


def _platform_error(status: int, message: str, request_id: str) -> Reply:
    error = {
        "type": _PLATFORM_TYPES.get(status, "server_error"),
        "message": printable(message, ECHOED_INPUT_CHARS_MAX),
        "request_id": request_id,
    }
    return Reply(status, orjson.dumps({"error": error}), _with_id([JSON], request_id))


def not_found(path: str, request_id: str | None = None) -> Reply:
    """The answer to a path that leads nowhere."""
    return Reply(
        404,
        orjson.dumps({"detail": f"Path {printable(path, ECHOED_INPUT_CHARS_MAX)} not found"}),
        _with_id([JSON], request_id),
    )


def range_refused(size: int) -> Reply:
    """The answer to a range of a file of `size` bytes that has nothing in it."""
    detail = f"The range is outside of the file, which has {size} bytes"
    return Reply(416, orjson.dumps({"detail": detail}), (JSON, (b"content-range", b"bytes */%d" % size)))


def _content(error: MutoscopeError) -> dict[str, Any]:
    detail = error.detail
    if not isinstance(detail, str):
        return {"detail": [problem_object(problem) for problem in detail]}
    content: dict[str, Any] = {"detail": printable(detail, ECHOED_INPUT_CHARS_MAX)}
    if isinstance(error, RequestUnknown):
        return {"status": "NOT_FOUND", **content}
    if error.error_type is not None:
        content["error_type"] = error.error_type
    return content


def _model_error_headers(status: int) -> list[Header]:
    """Bad input stays bad; a failure of the endpoint itself may be worth another try."""
    headers = [JSON, (b"x-fal-retryable", b"true" if status >= 500 else b"false")]
    if status == 422:
        headers.append(_ZERO_UNITS)
    return headers


def _request_error_headers(status: int, error_type: str | None) -> list[Header]:
    headers = [JSON]
    if error_type is not None:
        headers.append((b"x-fal-error-type", error_type.encode()))
    if error_type == "request_timeout":
        # The caller's own deadline: without this the clients would try again, four to ten times.
        headers.append((b"x-fal-request-timeout-type", b"user"))
    if status == 429 or status >= 500:
        is_worth_it = status in _TRY_AGAIN or error_type == "startup_timeout"
        headers.append((b"x-fal-needs-retry", b"1" if is_worth_it else b"0"))
    return headers


def _with_id(headers: list[Header], request_id: str | None) -> tuple[Header, ...]:
    if request_id is None:
        return tuple(headers)
    return (*headers, (b"x-fal-request-id", request_id.encode()))
