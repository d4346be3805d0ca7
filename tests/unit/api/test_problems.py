"""Error bodies and headers, family by family."""

import json
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope import errors
from mutoscope.api.problems import (
    not_found,
    platform_reply_to,
    platform_reply_to_fault,
    reply_to,
    reply_to_fault,
    reply_to_outcome,
)
from mutoscope.errors import Problem
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX
from mutoscope.queue.outcome import echoable, problem_object
from mutoscope.queue.request import Outcome, State

ID = "727028ec-aa98-4073-9bcd-0acb386abcfc"


def body_of(reply):
    """The body as JSON."""
    return orjson.loads(reply.body)


def headers_of(reply):
    """The headers as text."""
    return {name.decode(): value.decode() for name, value in reply.headers}


def test_model_errors_are_a_list_of_objects():
    """Schema violations: every problem, pydantic's keys in its order, not retryable, nothing billed."""
    problems = [
        Problem("missing", ("body", "prompt"), "Field required", input={}),
        Problem("less_than_equal", ("body", "cfg_scale"), "Input should be less than or equal to 1", 1.5, {"le": 1.0}),
    ]

    reply = reply_to(errors.ArgumentsInvalid(problems), ID)

    assert reply.status == 422
    assert body_of(reply) == {
        "detail": [
            {"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": {}},
            {
                "type": "less_than_equal",
                "loc": ["body", "cfg_scale"],
                "msg": "Input should be less than or equal to 1",
                "input": 1.5,
                "ctx": {"le": 1.0},
            },
        ]
    }
    assert headers_of(reply) == {
        "content-type": "application/json",
        "x-fal-retryable": "false",
        "x-fal-billable-units": "0",
        "x-fal-request-id": ID,
    }


def test_request_errors_name_their_type_in_body_and_header():
    """The platform's own errors: a string and a type, twice the same."""
    reply = reply_to(errors.EngineFailed("engine raised"), ID)

    assert reply.status == 500
    assert body_of(reply) == {"detail": "engine raised", "error_type": "runner_server_error"}
    assert headers_of(reply)["x-fal-error-type"] == "runner_server_error"
    assert headers_of(reply)["x-fal-needs-retry"] == "0"


def test_the_callers_own_deadline_is_marked():
    """Without the mark the clients would retry a 504."""
    reply = reply_to(errors.RequestTimeout("not started in time"), ID)

    assert reply.status == 504
    assert headers_of(reply)["x-fal-request-timeout-type"] == "user"
    assert headers_of(reply)["x-fal-needs-retry"] == "0"


@pytest.mark.parametrize(
    "error",
    [errors.QueueFull("full"), errors.StoreFull("no room"), errors.ShuttingDown("stopping")],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_says_when_to_come_back(error):
    """429 and 503 carry Retry-After and the retry mark."""
    headers = headers_of(reply_to(error, ID))

    assert headers["x-fal-needs-retry"] == "1"
    assert int(headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (errors.AuthenticationMissing(), 401, "Authentication is required to access this application."),
        (errors.KeyUnknown(), 401, "No user found for Key ID and Secret"),
        (errors.ApplicationUnknown("no-such"), 404, 'Application "no-such" not found'),
        (errors.PathUnknown("/v9/x"), 404, "Path /v9/x not found"),
        (errors.MethodNotAllowed(("GET", "HEAD")), 405, "Method Not Allowed"),
        (errors.ResultNotReady(), 400, "Request is still in progress"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain_refusals_are_a_string_without_a_type(error, status, detail):
    """401, 404, 405 and 'not ready' have no error_type."""
    reply = reply_to(error, ID)

    assert (reply.status, body_of(reply)) == (status, {"detail": detail})
    assert "x-fal-error-type" not in headers_of(reply)


def test_wrong_method_names_the_right_ones():
    """405 comes with Allow."""
    assert headers_of(reply_to(errors.MethodNotAllowed(("GET", "HEAD"))))["allow"] == "GET, HEAD"


def test_an_unknown_request_says_not_found_twice():
    """`status` for programs, `detail` for people."""
    body = body_of(reply_to(errors.RequestUnknown("x" * 5000)))

    assert body["status"] == "NOT_FOUND"
    assert len(body["detail"]) <= ECHOED_INPUT_CHARS_MAX


def test_a_path_unknown_bills_nothing():
    """The one 404 that reports units."""
    assert headers_of(reply_to(errors.PathUnknown("/v9")))["x-fal-billable-units"] == "0"


def test_a_fault_is_json_and_tells_nothing_but_its_id():
    """An exception nobody expected shows no message of its own."""
    reply = reply_to_fault(ID)

    assert reply.status == 500
    assert ID in body_of(reply)["detail"]
    assert body_of(reply)["error_type"] == "internal_error"


def test_a_path_that_leads_nowhere_is_json():
    """Not even a 404 of the outermost layer is HTML or text."""
    assert body_of(not_found("/v1/x", ID)) == {"detail": "Path /v1/x not found"}


def failed(status: int, detail: object, error_type: str) -> Outcome:
    """An outcome as the store keeps it."""
    return Outcome(state=State.FAILED, status_code=status, body=orjson.dumps(detail), error="…", error_type=error_type)


def test_a_stored_model_error_is_shown_as_it_was():
    """The list comes back under `detail`, without the error_type that only the status shows."""
    detail = [{"type": "image_load_error", "loc": ["body", "image_url"], "msg": "no", "input": "x"}]

    reply = reply_to_outcome(failed(422, detail, "image_load_error"), ID)

    assert (reply.status, body_of(reply)) == (422, {"detail": detail})
    assert headers_of(reply)["x-fal-retryable"] == "false"
    assert headers_of(reply)["x-fal-billable-units"] == "0"
    assert headers_of(reply)["x-fal-request-id"] == ID


def test_a_stored_timeout_of_the_endpoint_may_be_tried_again():
    """A model error of 5xx is retryable, other than bad input."""
    detail = [{"type": "generation_timeout", "loc": ["body"], "msg": "hung", "input": None}]

    assert headers_of(reply_to_outcome(failed(504, detail, "generation_timeout"), ID))["x-fal-retryable"] == "true"


def test_a_stored_cancel_is_499():
    """The result of a cancelled request names it in body and header."""
    reply = reply_to_outcome(failed(499, "Request was cancelled", "client_cancelled"), ID)

    assert (reply.status, body_of(reply)) == (
        499,
        {"detail": "Request was cancelled", "error_type": "client_cancelled"},
    )
    assert headers_of(reply)["x-fal-error-type"] == "client_cancelled"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (b"\x00\xff", "<binary 2 bytes>"),
        ("\ud800x", "?x"),
        ({1: {"\udc00": 2}}, {"1": {"?": 2}}),
        ((1, [2]), [1, [2]]),
        (ValueError("bad"), "bad"),
        (2**64, str(2**64)),
        (True, True),
        (None, None),
    ],
)
def test_any_value_can_be_echoed(value, shown):
    """What a caller can send, and what an engine can raise, fits into JSON."""
    assert echoable(value) == shown
    orjson.dumps(echoable(value))


def test_an_integer_too_long_to_print_is_named_by_its_size():
    """Python itself refuses to write integers of more than a few thousand digits."""
    assert echoable(1 << 20_000) == "<integer of 20001 bits>"


def test_long_inputs_are_cut():
    """A data URI of megabytes does not come back, nor do a million list items."""
    shown = problem_object(Problem("x", ("body",), "m", input={"a": "data:" + "A" * 10**6, "b": list(range(10**6))}))

    assert len(shown["input"]["a"]) == ECHOED_INPUT_CHARS_MAX
    assert len(orjson.dumps(shown)) < 20_000


def test_deep_inputs_are_cut():
    """A nest deeper than any body may be does not end in a recursion error."""
    nest: list[object] = []
    for _ in range(20_000):
        nest = [nest]

    orjson.dumps(echoable(nest))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    )
)
def test_everything_echoed_is_json_everywhere(value):
    """Strict parsers take it: no NaN, no lone surrogates."""

    def refuse(constant):
        raise AssertionError(constant)

    json.loads(orjson.dumps(echoable(value)), parse_constant=refuse)


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (errors.KeyUnknown(), 401, "authorization_error"),
        (errors.ScopeMissing("api"), 403, "authorization_error"),
        (errors.ParameterInvalid("limit is 0"), 422, "validation_error"),
        (errors.BadRequest("no"), 400, "validation_error"),
        (errors.BodyTooLarge(9, 8), 413, "validation_error"),
        (errors.RequestUnknown(ID), 404, "not_found"),
        (errors.PriceUnknown("fal-ai/x/y"), 404, "not_found"),
        (errors.QueueFull("full"), 429, "rate_limited"),
        (errors.StoreFull("no room"), 503, "server_error"),
        (errors.StoreFailed("broken"), 500, "server_error"),
    ],
)
def test_the_platform_has_a_shape_of_its_own(error, status, type_):
    """Type, message and id in one object, and when to come back where that helps."""
    reply = platform_reply_to(error, ID)

    assert reply.status == status
    assert body_of(reply) == {"error": {"type": type_, "message": str(error), "request_id": ID}}
    assert headers_of(reply)["content-type"] == "application/json"
    assert ("retry-after" in headers_of(reply)) is (status in (429, 503))


def test_model_errors_become_one_sentence_on_the_platform():
    """The fields are named in it."""
    problems = [Problem("json_invalid", ("body", 1), "JSON decode error", input={})]

    message = body_of(platform_reply_to(errors.ArgumentsInvalid(problems), ID))["error"]["message"]

    assert message == "body.1: JSON decode error"


def test_a_fault_on_the_platform_tells_where_to_look():
    """And nothing of what went wrong."""
    reply = platform_reply_to_fault(ID)

    assert (reply.status, body_of(reply)["error"]["type"]) == (500, "server_error")
    assert ID in body_of(reply)["error"]["message"]
