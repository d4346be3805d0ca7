"""What headers and query ask for."""

from urllib.parse import quote

import pytest

from mutoscope.api.headers import submit_options, wants_logs
from mutoscope.errors import BadRequest
from mutoscope.limits import HINT_CHARS_MAX, IDEMPOTENCY_KEY_CHARS_MAX, RETRIES_MAX, URL_CHARS_MAX
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


def test_a_webhook_is_kept_byte_for_byte():
    """Percent-decoded once: what the caller had encoded inside it stays encoded."""
    written = "https://example.com/hook%20s?token=a%2Fb+c&x=%C3%A4#end"

    asked = options(f"fal_webhook={quote(written, safe='')}".encode())

    assert asked.webhook_url == written


def test_a_webhook_can_be_as_long_as_an_address():
    """At URL_CHARS_MAX it is taken even with every character encoded, one past it refused; empty is none."""
    base = "https://example.com/"
    at_bound = base + "a" * (URL_CHARS_MAX - len(base))

    assert options(f"fal_webhook={quote(at_bound, safe='')}".encode()).webhook_url == at_bound
    every_char = "".join(f"%{ord(char):02X}" for char in at_bound)
    assert options(f"fal_webhook={every_char}".encode()).webhook_url == at_bound
    assert options(b"fal_webhook=").webhook_url is None
    with pytest.raises(BadRequest, match=r"the limit is 8192 \(URL_CHARS_MAX\)"):
        options(f"fal_webhook={quote(at_bound + 'a', safe='')}".encode())


@pytest.mark.parametrize(
    "address",
    [
        "example.com/hook", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///path", "http://[::1",
        "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/", "https://example.com/\n",
        "java\tscript:alert(1)",
    ],
)  # fmt: skip
def test_a_webhook_that_is_no_web_address_is_refused(address):
    """At submit, where its caller still listens."""
    with pytest.raises(BadRequest, match="fal_webhook is"):
        options(f"fal_webhook={quote(address, safe='')}".encode())


def test_a_refused_webhook_keeps_its_secrets():
    """The message shows the address without its query."""
    with pytest.raises(BadRequest) as refused:
        options(b"fal_webhook=ftp%3A%2F%2Fexample.com%2Fhook%3Ftoken%3Ds3cret")

    assert "ftp://example.com/hook" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("text", "keeps"), [("0", False), ("false", False), ("1", True), ("", True)])
def test_payloads_are_kept_unless_told_otherwise(text, keeps):
    """`X-Fal-Store-IO: 0` is the platform's spelling."""
    assert options(x_fal_store_io=text).keeps_payloads is keeps


@pytest.mark.parametrize(
    ("text", "retries"),
    [
        ('{"connection_error": {"retries": 0}}', 0),
        (f'{{"connection_error": {{"retries": {RETRIES_MAX}}}, "timeout": {{"retries": 1}}}}', RETRIES_MAX),
        ('{"server_error": {"retries": 2}}', None),
        ("{}", None),
    ],
)
def test_lost_runners_are_retried_as_often_as_asked(text, retries):
    """Only `connection_error` means something here; the others are read and left."""
    assert options(x_fal_retry_config=text).retries == retries


@pytest.mark.parametrize(
    "text",
    [
        "", "3", "[]", "{", '{"timeout": 3}', '{"timeout": {"retries": true}}', '{"server_error": {"retries": -1}}',
        f'{{"connection_error": {{"retries": {RETRIES_MAX + 1}}}}}', '{"connection_error": {"retries": 1.5}}',
        '{"connection_error": {"retries": "2"}}', '{"connection_error": null}', "\xff",
    ],
)  # fmt: skip
def test_a_retry_configuration_that_cannot_be_meant_is_refused(text):
    """Each condition is an object with a whole number of retries within its bound."""
    with pytest.raises(BadRequest, match="X-Fal-Retry-Config"):
        options(x_fal_retry_config=text)


def test_a_lifecycle_is_kept_in_one_spelling():
    """What nobody would notice is left out; none is none."""
    asked = options(x_fal_object_lifecycle_preference=' {"expiration_duration_seconds": 60, "newer": 1} ')

    assert asked.lifecycle == '{"expiration_duration_seconds":60.0}'
    assert options(x_fal_object_lifecycle_preference="").lifecycle is None


def test_the_header_that_every_javascript_submit_carries_is_read_alone():
    """Its value counts also where nothing else is looked at."""
    assert options(x_fal_queue_priority="normal") == SubmitOptions(base=BASE)
    assert options(x_fal_queue_priority="low") == SubmitOptions(base=BASE, priority=Priority.LOW)


def test_hints_and_tags_are_accepted_and_noted(caplog):
    """They change nothing; the debug log has them, cut to their bound."""
    caplog.set_level("DEBUG", logger="mutoscope")

    asked = options(x_fal_runner_hint="h" * (HINT_CHARS_MAX + 1), x_fal_tags="a=b", x_app_fal_disable_fallback="1")

    assert asked == SubmitOptions(base=BASE)
    assert "h" * HINT_CHARS_MAX in caplog.text and "h" * (HINT_CHARS_MAX + 1) not in caplog.text
    assert "a=b" in caplog.text


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
