"""What headers and query ask for."""

import pytest

from mutoscope.api.headers import submit_options, wants_logs
from mutoscope.errors import BadRequest
from mutoscope.limits import IDEMPOTENCY_KEY_CHARS_MAX
from mutoscope.queue.request import Priority
from mutoscope.service import Base, SubmitOptions
from tests.unit.api.asgi import a_call

BASE = Base("http://localhost", "http://localhost/queue")


def options(query: bytes = b"", **headers: str) -> SubmitOptions:
    """The options of a call with headers given as `x_fal_no_retry="1"`."""
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return submit_options(a_call(method="POST", query=query, headers=sent), BASE)


def test_nothing_asked_is_nothing_special():
    """Normal priority, no deadline, retries allowed."""
    assert options() == SubmitOptions(base=BASE)


@pytest.mark.parametrize(("text", "seconds"), [("30.0", 30.0), ("30", 30.0), (" 0.11 ", 0.11), ("1e3", 1000.0)])
def test_start_timeout_is_seconds(text, seconds):
    """Both clients' spellings."""
    assert options(x_fal_request_timeout=text).start_timeout_s == seconds


@pytest.mark.parametrize("text", ["", "soon", "0.1", "0", "-5", "nan", "inf", "-inf", "1_000", "٣٠", "30s"])
def test_a_start_timeout_that_cannot_be_meant_is_refused(text):
    """0.1 seconds is the bound, and not allowed itself."""
    with pytest.raises(BadRequest, match="X-Fal-Request-Timeout"):
        submit_options(
            a_call(headers=[("x-fal-request-timeout", text.encode().decode("latin-1"))]),
            BASE,
        )


@pytest.mark.parametrize(
    ("text", "priority"),
    [("low", Priority.LOW), ("LOW", Priority.LOW), ("normal", Priority.NORMAL), ("urgent", Priority.NORMAL)],
)
def test_only_low_is_low(text, priority):
    """Other values count as normal."""
    assert options(x_fal_queue_priority=text).priority is priority


@pytest.mark.parametrize(
    ("text", "no_retry"), [("1", True), ("true", True), ("YES", True), ("0", False), ("false", False), ("", False)]
)
def test_no_retry_takes_three_words(text, no_retry):
    """Anything else leaves retries on."""
    assert options(x_fal_no_retry=text).no_retry is no_retry


def test_an_idempotency_key_has_a_bound():
    """At the bound it is taken, one past it refused, empty it is none."""
    assert options(idempotency_key="k" * IDEMPOTENCY_KEY_CHARS_MAX).idempotency_key is not None
    assert options(idempotency_key="").idempotency_key is None
    with pytest.raises(BadRequest, match="IDEMPOTENCY_KEY_CHARS_MAX"):
        options(idempotency_key="k" * (IDEMPOTENCY_KEY_CHARS_MAX + 1))


def test_queue_length_is_a_whole_number():
    """Zero is one."""
    assert options(b"fal_max_queue_length=0").queue_length_max == 0
    assert options(b"fal_max_queue_length=15").queue_length_max == 15


@pytest.mark.parametrize("text", [b"", b"-1", b"1.5", b"many", b"1e3", b"9999999999"])
def test_a_queue_length_that_cannot_be_meant_is_refused(text):
    """The caller learns it instead of being queued without a bound."""
    with pytest.raises(BadRequest, match="fal_max_queue_length"):
        options(b"fal_max_queue_length=" + text)


def test_a_webhook_is_ignored_aloud(caplog):
    """The submit goes through; the log names what was not done, without the address and its secrets."""
    caplog.set_level("INFO", logger="mutoscope")

    options(b"fal_webhook=https%3A%2F%2Fexample.com%2Fhook%3Ftoken%3Ds3cret")

    assert "fal_webhook is ignored" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"", False),
        (b"logs=1", True),
        (b"logs=true", True),
        (b"logs=True", True),
        (b"logs=0", False),
        (b"logs=false", False),
        (b"logs=", False),
        (b"logs", False),
        (b"x=1&logs=1", True),
        (b"logs=1&fal_jwt_token=t", True),
    ],
)
def test_logs_are_asked_for_in_several_spellings(query, wanted):
    """Python sends true and false, JavaScript 1 and 0."""
    assert wants_logs(a_call(query=query)) is wanted
