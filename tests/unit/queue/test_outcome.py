"""How errors become the stored end of a request."""

import json
import math
from typing import Any

import orjson
import pytest

from mutoscope.errors import (
    ArgumentsInvalid,
    ClientCancelled,
    ClientDisconnected,
    EngineFailed,
    FeatureNotSupported,
    GenerationTimeout,
    InputInvalid,
    MutoscopeError,
    Problem,
    RequestTimeout,
    RunnerLost,
    StartupTimeout,
)
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX, ECHOED_INPUT_NODES_MAX, LOG_MESSAGE_CHARS_MAX
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import State


@pytest.mark.parametrize(
    ("error", "state", "status", "error_type"),
    [
        (RequestTimeout("late"), State.FAILED, 504, "request_timeout"),
        (StartupTimeout("slow"), State.FAILED, 504, "startup_timeout"),
        (RunnerLost("gone"), State.FAILED, 503, "runner_disconnected"),
        (EngineFailed("raised"), State.FAILED, 500, "runner_server_error"),
        (ClientCancelled("stop"), State.CANCELLED, 499, "client_cancelled"),
        (ClientDisconnected("left"), State.CANCELLED, 499, "client_disconnected"),
    ],
)
def test_a_request_error_is_its_text(error: MutoscopeError, state: State, status: int, error_type: str):
    """Detail, error and type are those of the error; the body is the detail as JSON."""
    outcome = outcome_of(error)

    assert (outcome.state, outcome.status_code, outcome.error_type) == (state, status, error_type)
    assert orjson.loads(outcome.body) == outcome.error == str(error)
    assert (outcome.billable_units, outcome.inference_s, outcome.output_keys) == (0.0, None, ())


@pytest.mark.parametrize(
    ("error", "status", "error_type"),
    [
        (ArgumentsInvalid([Problem("missing", ("body", "prompt"), "Field required", {})]), 422, "missing"),
        (InputInvalid(Problem("image_too_small", ("body", "image_url"), "is small")), 422, "image_too_small"),
        (FeatureNotSupported("no engine"), 422, "feature_not_supported"),
        (GenerationTimeout("hung"), 504, "generation_timeout"),
    ],
)
def test_a_model_error_is_a_list_of_problems(error: MutoscopeError, status: int, error_type: str):
    """The status says "Invalid status code", the type is that of the first problem."""
    outcome = outcome_of(error)

    assert (outcome.state, outcome.status_code, outcome.error_type) == (State.FAILED, status, error_type)
    assert outcome.error == f"Invalid status code: {status}"
    assert orjson.loads(outcome.body)[0]["type"] == error_type


def body_of(**problem: Any) -> Any:
    """The first problem of the stored body."""
    values = {"type": "x", "loc": ("body", "a", 0), "msg": "no", "input": None, **problem}
    return orjson.loads(outcome_of(ArgumentsInvalid([Problem(**values)])).body)[0]


def test_a_problem_keeps_its_keys():
    """`ctx` stands only where there is one."""
    assert body_of(input=7) == {"type": "x", "loc": ["body", "a", 0], "msg": "no", "input": 7}
    assert body_of(ctx={"le": 1.0})["ctx"] == {"le": 1.0}


@pytest.mark.parametrize(
    ("value", "echoed"),
    [
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ("a\ud800b", "a?b"),
        ({"\udfff": ["\ud800"]}, {"?": ["?"]}),
        (10**30, str(10**30)),
        (-(2**63), -(2**63)),
        (b"\xff\xfe", "<binary 2 bytes>"),
        (ValueError("bad"), "bad"),
        ((1, None, True), [1, None, True]),
    ],
)
def test_anything_can_be_echoed(value: Any, echoed: Any):
    """What JSON or a careful parser cannot take becomes text."""
    assert body_of(input=value)["input"] == echoed


def test_echoes_are_short():
    """A data URI is cut at the bound, a large structure at its number of values, a deep one at its depth."""
    exact = "x" * ECHOED_INPUT_CHARS_MAX
    assert body_of(input=exact)["input"] == exact
    assert body_of(input=exact + "y")["input"] == exact[:-1] + "…"
    assert len(body_of(input=list(range(5_000)))["input"]) <= ECHOED_INPUT_NODES_MAX
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert len(json.dumps(body_of(input=deep))) < 1_000
    assert body_of(input=10**5_000)["input"] == "<integer of 16610 bits>"


def test_a_message_has_a_bound_too():
    """An engine's traceback does not become the request's row."""
    outcome = outcome_of(EngineFailed("\ud800" + "x" * 10_000))

    assert outcome.error is not None and len(outcome.error) == LOG_MESSAGE_CHARS_MAX
    assert outcome.error.startswith("?x") and outcome.error.endswith("…")
