"""From the bytes of a body to a JSON object: bounded in depth, lenient where a field can then be named."""

import json
from typing import Any

import orjson

from mutoscope.errors import ArgumentsInvalid, Problem
from mutoscope.limits import JSON_DEPTH_MAX, JSON_VALUES_MAX


def parse_body(body: bytes) -> dict[str, Any]:
    """
    The JSON object in a body, whatever its content type says.

    Raises:
        ArgumentsInvalid: not JSON, of too many values, nested too deep, or not an object.
    """
    openings = body.count(b"[") + body.count(b"{")
    if openings + body.count(b",") > JSON_VALUES_MAX:
        # Before it is parsed: millions of empty lists take a gigabyte and seconds of everybody's time.
        raise _malformed(0, f"JSON holds more than {JSON_VALUES_MAX} values (JSON_VALUES_MAX)")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        value = _parse_leniently(body, error)
    # Counting brackets is a thousand times cheaper than walking, and settles nearly every body.
    if openings > JSON_DEPTH_MAX and _depth(value) > JSON_DEPTH_MAX:
        raise _malformed(0, f"JSON is nested deeper than {JSON_DEPTH_MAX} levels (JSON_DEPTH_MAX)")
    if not isinstance(value, dict):
        msg = "Input should be a valid dictionary or object to extract fields from"
        raise ArgumentsInvalid([Problem("model_attributes_type", ("body",), msg, input=value)])
    return value


def _parse_leniently(body: bytes, strict: orjson.JSONDecodeError) -> Any:
    """Python's own parser takes NaN and lone surrogates, so that the field they stand in can be named."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _malformed(strict.pos, strict.msg) from strict


def _malformed(offset: int, error: str) -> ArgumentsInvalid:
    """In the words of FastAPI, which clients know."""
    return ArgumentsInvalid(
        [Problem("json_invalid", ("body", offset), "JSON decode error", input={}, ctx={"error": error})]
    )


def _depth(value: Any) -> int:
    """Nesting of a parsed value, level by level; no recursion, since depth is what is being bounded."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth
