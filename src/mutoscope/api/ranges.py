"""Conditional and range requests on one file: what a GET with these headers is owed (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE)
_DIGITS_MAX: Final = 19
"""A position of more digits is past the end of every file; Python does not read numbers of any length."""
_ETAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class Verdict(Enum):
    """What to answer."""

    WHOLE = 200
    PART = 206
    NOT_MODIFIED = 304
    NOT_SATISFIABLE = 416


class Slice(NamedTuple):
    """A verdict and the bytes that go with it."""

    verdict: Verdict
    offset: int
    length: int


def slice_for(method: str, headers: Mapping[bytes, bytes], *, size: int, etag: str, modified: float) -> Slice:
    """
    The part of a file that a request is owed.

    Args:
        method: `GET` or `HEAD`; ranges are defined for GET alone.
        headers: of the request, by lower-case name.
        size: of the file, in bytes.
        etag: strong validator, quotes included.
        modified: seconds since the epoch.
    """
    if _is_fresh(headers, etag, modified):
        return Slice(Verdict.NOT_MODIFIED, 0, 0)
    asked = headers.get(b"range")
    whole = Slice(Verdict.WHOLE, 0, size)
    if method != "GET" or asked is None or not _is_same(headers.get(b"if-range"), etag, modified):
        return whole
    # Several ranges in one request get the whole file, as the standard allows: no player asks for them.
    match = _RANGE.fullmatch(asked.decode("latin-1").strip())
    return whole if match is None else _one_range(match[1], match[2], size) or whole


def is_known(headers: Mapping[bytes, bytes], etag: str) -> bool:
    """Whether the caller says that it has what `etag` (strong, quotes included) stands for."""
    text = headers.get(b"if-none-match", b"").decode("latin-1").strip()
    return text == "*" or etag in _ETAG.findall(text)


def http_date(seconds: float) -> str:
    """A moment as HTTP writes it, to the second."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


def _one_range(first: str, last: str, size: int) -> Slice | None:
    """`first-last`, `first-` or `-suffix`; None when it is no range at all."""
    if not first:
        if not last:
            return None
        length = min(_position(last), size)
        return _part(size - length, length)
    start = _position(first)
    end = min(_position(last), size - 1) if last else size - 1
    if last and _position(last) < start:
        return None
    return _part(start, end - start + 1)


def _position(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _DIGITS_MAX else 10**_DIGITS_MAX


def _part(offset: int, length: int) -> Slice:
    return Slice(Verdict.PART, offset, length) if length > 0 else Slice(Verdict.NOT_SATISFIABLE, 0, 0)


def _is_fresh(headers: Mapping[bytes, bytes], etag: str, modified: float) -> bool:
    """Whether the caller's copy is the current one; its ETags say so alone when it sends any."""
    if b"if-none-match" in headers:
        return is_known(headers, etag)
    since = _date(headers.get(b"if-modified-since"))
    return since is not None and int(modified) <= since


def _is_same(if_range: bytes | None, etag: str, modified: float) -> bool:
    """Whether a range may be served: the file is still the one the caller has the rest of."""
    if if_range is None:
        return True
    text = if_range.decode("latin-1").strip()
    if text.startswith(('"', "W/")):
        return text == etag
    return _date(if_range) == int(modified)


def _date(value: bytes | None) -> int | None:
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value.decode("latin-1"))
    except ValueError:
        return None
    # RFC 5322 spells "zone unknown" as -0000, which is read as a naive time; HTTP means GMT.
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp())
