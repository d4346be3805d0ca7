"""How an error becomes the stored end of a request, and what of a stored end its caller gets to read."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mutoscope.errors import ClientCancelled, ClientDisconnected, MutoscopeError, Problem
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX, ECHOED_INPUT_NODES_MAX, JSON_DEPTH_MAX, LOG_MESSAGE_CHARS_MAX
from mutoscope.queue.request import Outcome, State

_FILE_KEYS = frozenset({"key", "content_type", "file_name", "file_size"})
"""What every stored file of an output has."""


def outcome_of(error: MutoscopeError) -> Outcome:
    """The end of a request that this error put to it; cancelled when its caller wanted no result, failed otherwise."""
    state = State.CANCELLED if isinstance(error, ClientCancelled | ClientDisconnected) else State.FAILED
    detail = error.detail
    if isinstance(detail, str):
        text = printable(detail, LOG_MESSAGE_CHARS_MAX)
        return Outcome(state=state, status_code=error.status, body=_json(text), error=text, error_type=error.error_type)
    return Outcome(
        state=state,
        status_code=error.status,
        body=_json([problem_object(problem) for problem in detail]),
        error=f"Invalid status code: {error.status}",
        error_type=error.error_type or (detail[0].type if detail else None),
    )


def answer_body(outcome: Outcome, public_base: str = "") -> bytes:
    """
    The JSON that a caller gets for this end, by polling, waiting or webhook; the same bytes each time.

    Args:
        public_base: of the request's file URLs, without trailing slash; only an output has any.
    """
    if outcome.state is State.SUCCEEDED:
        return orjson.dumps(_with_urls(orjson.loads(outcome.body), public_base))
    if outcome.body.startswith(b"["):
        return b'{"detail":%b}' % outcome.body
    error_type = b',"error_type":%b' % orjson.dumps(outcome.error_type) if outcome.error_type else b""
    return b'{"detail":%b%b}' % (outcome.body, error_type)


def problem_object(problem: Problem) -> dict[str, Any]:
    """One object of a `detail` list, in JSON types only, with the echoed input cut to a readable size."""
    entry: dict[str, Any] = {
        "type": problem.type,
        "loc": [echoable(part) for part in problem.loc],
        "msg": echoable(problem.msg),
        "input": echoable(problem.input),
    }
    if problem.ctx:
        entry["ctx"] = echoable(problem.ctx)
    return entry


def echoable(value: Any) -> Any:
    """
    `value` as JSON that any parser takes and a person can read.

    Lone surrogates become `?`, non-finite numbers text, bytes their count, exceptions their message; long texts are
    cut to ECHOED_INPUT_CHARS_MAX and large structures to ECHOED_INPUT_NODES_MAX values.
    """
    return _Echo(ECHOED_INPUT_NODES_MAX).of(value, JSON_DEPTH_MAX)


def printable(text: str, chars_max: int) -> str:
    """`text` without lone surrogates and not longer than `chars_max`."""
    if len(text) > chars_max:
        text = text[: chars_max - 1] + "…"
    return text.encode("utf-8", "replace").decode()


class _Echo:
    """A copy of one value, within a budget of nodes: an error repeats what was wrong, not the whole body."""

    def __init__(self, nodes_left: int) -> None:
        self._nodes_left = nodes_left

    def of(self, value: Any, depth_left: int) -> Any:
        self._nodes_left -= 1
        match value:
            case None | bool():
                return value
            case str():
                return printable(value, ECHOED_INPUT_CHARS_MAX)
            case int():
                # Many JSON parsers refuse what does not fit 64 bits.
                return value if -(2**63) <= value < 2**64 else _digits(value)
            case float():
                return value if math.isfinite(value) else str(value)
            case Mapping() | list() | tuple() if depth_left == 0:
                return "…"
            case Mapping():
                return {
                    printable(str(key), ECHOED_INPUT_CHARS_MAX): self.of(value[key], depth_left - 1)
                    for key in self._within_budget(value)
                }
            case list() | tuple():
                return [self.of(item, depth_left - 1) for item in self._within_budget(value)]
            case bytes() | bytearray() | memoryview():
                return f"<binary {len(value)} bytes>"
            case _:
                return printable(str(value), ECHOED_INPUT_CHARS_MAX)

    def _within_budget(self, items: Iterable[Any]) -> Iterator[Any]:
        return itertools.takewhile(lambda _: self._nodes_left > 0, items)


def _digits(value: int) -> str:
    """Python refuses to print integers above a few thousand digits, and the caller may well send one."""
    return str(value) if value.bit_length() <= 4_096 else f"<integer of {value.bit_length()} bits>"


def _with_urls(value: Any, public_base: str) -> Any:
    """Stored output with a URL where a file's key stands; an application's own `key` is none."""
    if isinstance(value, list):
        return [_with_urls(item, public_base) for item in value]
    if not isinstance(value, dict):
        return value
    is_file = value.keys() >= _FILE_KEYS
    rest = {name: _with_urls(item, public_base) for name, item in value.items() if not (is_file and name == "key")}
    return {"url": f"{public_base}/files/{value['key']}", **rest} if is_file else rest


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
