"""What the headers and the query of a call ask for beside the arguments."""

import logging
import math
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from mutoscope.api.exchange import HttpRequest
from mutoscope.api.parameters import shown, whole_number
from mutoscope.errors import BadRequest
from mutoscope.files.lifecycle import parse_lifecycle
from mutoscope.limits import (
    HINT_CHARS_MAX,
    IDEMPOTENCY_KEY_CHARS_MAX,
    RETRIES_MAX,
    START_TIMEOUT_S_MIN,
    URL_CHARS_MAX,
)
from mutoscope.queue.request import Priority
from mutoscope.service import Base, SubmitOptions

log = logging.getLogger(__name__)

_YES: Final = frozenset({"1", "true", "yes"})
_NO: Final = frozenset({"0", "false", "no"})
_LOGS_ASKED: Final[dict[bytes, bool]] = {
    b"": False,
    b"logs=1": True,
    b"logs=0": False,
    b"logs=true": True,
    b"logs=false": False,
}
"""The query strings that the official clients poll with, several times a second each."""

_PRIORITY: Final = b"x-fal-queue-priority"
"""Read apart from the others: the JavaScript client sends it with every submit, mostly with nothing beside it."""
_NOTED: Final = (b"x-fal-runner-hint", b"x-fal-tags", b"x-app-fal-disable-fallback")
"""Accepted without effect: every runner here is as good as the next, and nothing is rerouted."""
_SELDOM: Final = frozenset(
    {
        b"x-fal-request-timeout",
        b"x-fal-no-retry",
        b"x-fal-retry-config",
        b"x-fal-store-io",
        b"x-fal-object-lifecycle-preference",
        b"idempotency-key",
        *_NOTED,
    }
)
"""The headers that most submits do not carry."""
_QUEUE_LENGTH_MOST: Final = 999_999_999
_RETRY_CONDITIONS: Final = ("server_error", "timeout", "connection_error")


def submit_options(http: HttpRequest, base: Base) -> SubmitOptions:
    """
    Read everything that has an effect on a submit or a run.

    Raises:
        BadRequest: a start timeout, queue length, webhook, retry configuration, lifecycle or idempotency key that
            cannot be meant.
    """
    query = http.query()
    priority = _priority(http.header(_PRIORITY))
    if not query and _SELDOM.isdisjoint(http.headers):
        return SubmitOptions(base=base, priority=priority)
    _note(http)
    return SubmitOptions(
        base=base,
        priority=priority,
        start_timeout_s=_start_timeout_s(http.header(b"x-fal-request-timeout")),
        no_retry=(http.header(b"x-fal-no-retry") or "").lower() in _YES,
        retries=_retries(http.header(b"x-fal-retry-config")),
        idempotency_key=_idempotency_key(http.header(b"idempotency-key")),
        queue_length_max=_queue_length_max(query.get("fal_max_queue_length")),
        webhook_url=_webhook_url(query.get("fal_webhook")),
        keeps_payloads=(http.header(b"x-fal-store-io") or "").lower() not in _NO,
        lifecycle=_lifecycle(http.header(b"x-fal-object-lifecycle-preference")),
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
    length = whole_number(text, _QUEUE_LENGTH_MOST)
    if length is None:
        raise BadRequest(f"fal_max_queue_length is {shown(text)}; it must be a whole number of at most 9 digits")
    return length


def _webhook_url(text: str | None) -> str | None:
    """The address as the caller wrote it; whether this server goes there is decided when it is called."""
    if not text:
        return None
    if len(text) > URL_CHARS_MAX:
        raise BadRequest(f"fal_webhook is {len(text)} characters; the limit is {URL_CHARS_MAX} (URL_CHARS_MAX)")
    if not _is_web_address(text):
        # Without its query, where webhooks carry their secrets.
        shown = text.partition("?")[0][:100]
        raise BadRequest(f"fal_webhook is {shown!r}; it must be an http or https URL with a host")
    return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    # `urlsplit` overlooks line ends and tabs, which have no place in an address that is stored as it is.
    return has_place and parts.scheme in ("http", "https") and text.isprintable() and " " not in text


def _retries(text: str | None) -> int | None:
    """
    How often a lost request is started again; None when the server's own bound counts.

    Of the three conditions only `connection_error`, a runner that died under the request, is repeated here: an engine
    that fails or hangs would do so again.
    """
    if text is None:
        return None
    try:
        config = orjson.loads(text.encode("latin-1"))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"X-Fal-Retry-Config is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise BadRequest("X-Fal-Retry-Config must be a JSON object of conditions")
    asked = {name: _retries_on(name, config[name]) for name in _RETRY_CONDITIONS if name in config}
    return asked.get("connection_error")


def _retries_on(condition: str, config: Any) -> int:
    retries = config.get("retries") if isinstance(config, dict) else None
    if isinstance(retries, int) and not isinstance(retries, bool) and 0 <= retries <= RETRIES_MAX:
        return retries
    raise BadRequest(
        f'X-Fal-Retry-Config: {condition} must be {{"retries": n}} with a whole number n from 0 to {RETRIES_MAX} '
        "(RETRIES_MAX)"
    )


def _lifecycle(text: str | None) -> str | None:
    """The wish for the files that the request will make, in one spelling; None for none."""
    return parse_lifecycle(text).to_json() if text else None


def _note(http: HttpRequest) -> None:
    """Write down, for whoever debugs, what was asked for and has no effect here."""
    if not log.isEnabledFor(logging.DEBUG):
        return
    for name in _NOTED:
        value = http.header(name)
        if value is not None:
            log.debug("%s: %s is accepted without effect", name.decode(), repr(value[:HINT_CHARS_MAX]))
