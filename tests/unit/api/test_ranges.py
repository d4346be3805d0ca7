"""What a GET of a file is owed, by its conditional and range headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.api.ranges import Slice, Verdict, http_date, slice_for

ETAG = '"64-1"'
MODIFIED = 1_800_000_000.7
DATE = http_date(MODIFIED)


def owed(method: str = "GET", size: int = 100, **headers: str) -> Slice:
    """The slice for headers given as `if_range="…"`."""
    raw = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return slice_for(method, raw, size=size, etag=ETAG, modified=MODIFIED)


@pytest.mark.parametrize(
    ("asked", "offset", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=10-19", 10, 10),
        ("bytes=90-1000", 90, 10),
        ("bytes=99-", 99, 1),
        ("bytes=0-", 0, 100),
        ("bytes=-1", 99, 1),
        ("bytes=-1000", 0, 100),
        ("bytes=0-" + "9" * 50, 0, 100),
        ("bytes=-" + "9" * 5_000, 0, 100),
        ("bytes=" + "0" * 5_000 + "1-1", 1, 1),
        ("BYTES = 5 - 6", 5, 2),
    ],
)
def test_one_range_gets_its_part(asked, offset, length):
    """Closed, open and suffix ranges, cut where the file ends."""
    assert owed(range=asked) == Slice(Verdict.PART, offset, length)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 25 + "-"])
def test_a_range_past_the_end_is_not_satisfiable(asked):
    """Nothing of what was asked for exists."""
    assert owed(range=asked).verdict is Verdict.NOT_SATISFIABLE


def test_an_empty_file_has_no_range():
    """Even its first byte is past the end."""
    assert owed(size=0, range="bytes=0-").verdict is Verdict.NOT_SATISFIABLE
    assert owed(size=0) == Slice(Verdict.WHOLE, 0, 0)


@pytest.mark.parametrize(
    "asked", ["bytes=5-4", "bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes 0-1", "", "bytes=--1"]
)
def test_a_range_that_cannot_be_read_is_ignored(asked):
    """Malformed ranges and several at once get the whole file."""
    assert owed(range=asked) == Slice(Verdict.WHOLE, 0, 100)


def test_head_has_no_ranges():
    """Ranges are defined for GET alone."""
    assert owed("HEAD", range="bytes=0-1") == Slice(Verdict.WHOLE, 0, 100)


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_a_known_etag_needs_no_body(known):
    """If-None-Match compares weakly and takes lists."""
    assert owed(if_none_match=known).verdict is Verdict.NOT_MODIFIED


def test_etags_outrank_dates():
    """With If-None-Match there, If-Modified-Since says nothing."""
    assert owed(if_none_match='"other"', if_modified_since=DATE).verdict is Verdict.WHOLE


@pytest.mark.parametrize(
    ("since", "verdict"),
    [
        (DATE, Verdict.NOT_MODIFIED),
        (http_date(MODIFIED + 1), Verdict.NOT_MODIFIED),
        (http_date(MODIFIED - 1), Verdict.WHOLE),
        ("yesterday", Verdict.WHOLE),
        ("", Verdict.WHOLE),
    ],
)
def test_if_modified_since_counts_whole_seconds(since, verdict):
    """HTTP dates have no fractions, file times do."""
    assert owed(if_modified_since=since).verdict is verdict


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        (ETAG, Verdict.PART),
        (DATE, Verdict.PART),
        (f"W/{ETAG}", Verdict.WHOLE),
        ('"other"', Verdict.WHOLE),
        (http_date(MODIFIED + 1), Verdict.WHOLE),
        ("nonsense", Verdict.WHOLE),
    ],
)
def test_if_range_serves_a_part_only_of_the_same_file(condition, verdict):
    """A file that changed is sent whole, so that two halves never come from two files."""
    assert owed(range="bytes=0-9", if_range=condition).verdict is verdict


@given(st.binary(max_size=40), st.integers(0, 1000))
def test_any_range_header_gives_a_slice_inside_the_file(raw, size):
    """Whatever is sent, nothing outside the file is ever read."""
    part = slice_for("GET", {b"range": b"bytes=" + raw}, size=size, etag=ETAG, modified=MODIFIED)

    assert 0 <= part.offset <= part.offset + part.length <= size
