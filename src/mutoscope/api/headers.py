"""What the headers and the query of a call ask for beside the arguments."""

import logging
import math
from typing import Final

from mutoscope.api.exchange import HttpRequest
from mutoscope.errors import BadRequest
from mutoscope.limits import IDEMPOTENCY_KEY_CHARS_MAX, START_TIMEOUT_S_MIN
from mutoscope.queue.request import Priority
from mutoscope.service import Base, SubmitOptions

log = logging.getLogger(__name__)

_YES: Final = frozenset({"1", "true", "yes"})
_LOGS_ASKED: Final[dict[bytes, bool]] = {
    b"": False,
    b"logs=1": True,
    b"logs=0": False,
    b"logs=true": True,
    b"logs=false": False,
}
"""The query strings that the official clients poll with, several times a second each."""

_EFFECTIVE: Final = frozenset(
    {b"x-fal-queue-priority", b"x-fal-request-timeout", b"x-fal-no-retry", b"idempotency-key"}
)
"""The headers that `submit_options` reads; most submits carry none of them."""


def submit_options(http: HttpRequest, base: Base) -> SubmitOptions:
    """
    Read everything that has an effect on a submit or a run.

    Raises:
        BadRequest: a start timeout, queue length or idempotency key that cannot be meant.
    """
    query = http.query()
    if not query and _EFFECTIVE.isdisjoint(http.headers):
        return SubmitOptions(base=base)
    if "fal_webhook" in query:
        log.info("fal_webhook is ignored: this version delivers no webhooks", extra={"path": http.path})
    return SubmitOptions(
        base=base,
        priority=_priority(http.header(b"x-fal-queue-priority")),
        start_timeout_s=_start_timeout_s(http.header(b"x-fal-request-timeout")),
        no_retry=(http.header(b"x-fal-no-retry") or "").lower() in _YES,
        idempotency_key=_idempotency_key(http.header(b"idempotency-key")),
        queue_length_max=_queue_length_max(query.get("fal_max_queue_length")),
    )


def wants_logs(http: HttpRequest) -> bool:
    """Whether the query says `logs=1`, in any of the spellings the clients use."""
    asked = _LOGS_ASKED.get(http.scope.get("query_string", b""))
    return http.query().get("logs", "").lower() in _YES if asked is None else asked


def _priority(text: str | None) -> Priority:
    """Anything but `low` is normal: the JavaScript client always sends one."""
    return Priority.LOW if text is not None and text.lower() == "low" else Priority.NORMAL


def _start_timeout_s(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    # Underscores and the like are Python's spelling of numbers, not the wire's.
    if not (math.isfinite(seconds) and seconds > START_TIMEOUT_S_MIN and text.isascii() and "_" not in text):
        raise BadRequest(
            f"X-Fal-Request-Timeout is {text[:40]!r}; it must be a number of seconds above {START_TIMEOUT_S_MIN}"
        )
    return seconds


def _idempotency_key(text: str | None) -> str | None:
    if not text:
        return None
    if len(text) > IDEMPOTENCY_KEY_CHARS_MAX:
        raise BadRequest(
            f"Idempotency-Key is {len(text)} characters; the limit is {IDEMPOTENCY_KEY_CHARS_MAX} "
            "(IDEMPOTENCY_KEY_CHARS_MAX)"
        )
    return text


def _queue_length_max(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest(f"fal_max_queue_length is {text[:40]!r}; it must be a whole number of at most 9 digits")
    return int(text)
