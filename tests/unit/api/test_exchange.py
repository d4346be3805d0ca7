"""Reading a body within its bound, and answering."""

import asyncio
from typing import Any

import pytest

from mutoscope.api.exchange import CORS, CallerGone, Reply
from mutoscope.errors import BadRequest, BodyTooLarge, BodyUnfinished
from mutoscope.limits import QUERY_CHARS_MAX, QUERY_FIELDS_MAX
from tests.unit.api.asgi import Exchange, a_call

BOUND = 10


@pytest.mark.parametrize("parts", [[b""], [b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""]])
async def test_a_body_up_to_the_bound_is_read_whole(parts):
    """However it is cut on the way."""
    assert await a_call(Exchange(*parts)).body(BOUND) == b"".join(parts)


@pytest.mark.parametrize("parts", [[b"0123456789A"], [b"01234", b"56789A"], [b"0123456789", b"A", b"B"]])
async def test_a_body_one_past_the_bound_is_refused(parts):
    """Chunked bodies announce no length; they are counted while they come."""
    with pytest.raises(BodyTooLarge, match="limit is 10 bytes"):
        await a_call(Exchange(*parts)).body(BOUND)


async def test_an_announced_size_over_the_bound_is_refused_unread():
    """Nothing is taken from the connection, so a caller that waits for 100-continue sends nothing."""
    exchange = Exchange(b"0123456789A")

    with pytest.raises(BodyTooLarge, match="is 11 bytes"):
        await a_call(exchange, headers=[("Content-Length", "11")]).body(BOUND)

    assert exchange.received == 0


@pytest.mark.parametrize("length", ["ten", "-1", "1e3", "", "9" * 30])
async def test_a_length_that_is_no_number_is_refused(length):
    """Never an internal error."""
    with pytest.raises(BadRequest):
        await a_call(Exchange(b""), headers=[("Content-Length", length)]).body(BOUND)


async def test_a_caller_that_hangs_up_in_its_body_is_gone():
    """Half a body is no body."""
    with pytest.raises(CallerGone):
        await a_call(Exchange(b"012", hang_up=True)).body(BOUND)


@pytest.mark.parametrize("parts", [[], [b"012"]])
async def test_a_caller_that_falls_silent_in_its_body_is_given_up(parts):
    """Half a body must not keep a connection and its memory for good."""
    exchange = Exchange(*parts, hang_up=True)
    exchange.stays_silent = True

    with pytest.raises(BodyUnfinished, match="BODY_SILENCE_S_MAX"):
        await a_call(exchange).body(BOUND, silence_s_max=0.01)


async def test_every_answer_carries_cors_and_its_length():
    """The JavaScript client in a browser reads the headers of errors, too."""
    exchange = Exchange(b"")

    await a_call(exchange).answer(Reply(404, b"{}"))

    assert exchange.status == 404
    assert exchange.headers["content-length"] == "2"
    assert exchange.headers.items() >= {name.decode(): value.decode() for name, value in CORS}.items()
    assert exchange.is_complete


async def test_head_gets_the_headers_alone():
    """Its content-length is that of the body it does not get."""
    exchange = Exchange(b"")

    await a_call(exchange, method="HEAD").answer(Reply(200, b"{}"))

    assert exchange.headers["content-length"] == "2"
    assert exchange.chunks == [b""]


async def test_a_refused_body_is_heard_out_before_the_end():
    """The answer goes first, the rest of the body is dropped, then the exchange ends."""
    exchange = Exchange(b"1", b"2", b"3")

    await a_call(exchange).answer_and_hang_up(Reply(413, b"{}"))

    assert exchange.received == 3
    assert exchange.headers["connection"] == "close"
    assert exchange.chunks == [b"{}", b""]
    assert exchange.is_complete


async def test_a_caller_that_never_ends_is_not_heard_forever():
    """LINGER_S bounds it."""
    exchange = Exchange()

    async with asyncio.timeout(5):
        await a_call(exchange).answer_and_hang_up(Reply(413, b"{}"), linger_s=0.01)

    assert exchange.is_complete


async def test_disconnected_returns_when_the_caller_leaves():
    """What it still sends on the way is dropped."""
    exchange = Exchange(b"more", b"and more")
    waiting = asyncio.create_task(a_call(exchange).disconnected())

    exchange.hung_up.set()

    async with asyncio.timeout(5):
        await waiting


def test_a_query_is_a_dictionary():
    """Percent-decoded once, plus is a blank, the last of two counts."""
    assert a_call(query=b"a=%2541+b&c&a=2&c=%C3%A9").query() == {"a": "2", "c": "é"}
    assert a_call(query=b"a=%2541+b").query() == {"a": "%41 b"}


@pytest.mark.parametrize("query", [b"a=" + b"x" * QUERY_CHARS_MAX, b"&".join([b"a=1"] * (QUERY_FIELDS_MAX + 1))])
def test_a_query_has_bounds(query):
    """In characters and in fields."""
    with pytest.raises(BadRequest):
        a_call(query=query).query()


def test_a_query_of_any_bytes_is_readable():
    """Raw bytes and broken escapes are no reason to fail."""
    assert "a" in a_call(query=b"a=\xff%zz%ff").query()


async def parts_of(exchange: Exchange, bound: int = BOUND, silence_s_max: float = 5, **facts: Any) -> list[bytes]:
    """What `HttpRequest.parts` gives, one after the other."""
    parts = a_call(exchange, **facts).parts(bound, "upload_bytes_max", silence_s_max=silence_s_max)
    return [part async for part in parts]


async def test_parts_come_as_they_are_sent_up_to_the_bound():
    """Empty ones are left out; at the bound all is well."""
    assert await parts_of(Exchange(b"01234", b"", b"56789")) == [b"01234", b"56789"]
    assert await parts_of(Exchange(b"")) == []


async def test_parts_past_the_bound_are_refused_with_its_name():
    """Announced: before any is taken. Not announced: at the part that is too much."""
    announced, counted = Exchange(b"0123456789A"), Exchange(b"01234", b"56789A")

    with pytest.raises(BodyTooLarge, match="setting upload_bytes_max"):
        await parts_of(announced, headers=[("Content-Length", "11")])
    with pytest.raises(BodyTooLarge, match="setting upload_bytes_max"):
        await parts_of(counted)

    assert (announced.received, counted.received) == (0, 2)


async def test_parts_are_taken_no_faster_than_they_are_asked_for():
    """Whoever writes them to a slow disk is not flooded."""
    exchange = Exchange(b"1", b"2", b"3")
    parts = a_call(exchange).parts(BOUND, "upload_bytes_max")

    await anext(parts)
    assert exchange.received == 1
    await parts.aclose()


async def test_parts_end_with_the_caller():
    """A caller that hangs up is gone, one that falls silent is given up; a slow reader is neither."""
    silent = Exchange(b"012", hang_up=True)
    silent.stays_silent = True

    with pytest.raises(CallerGone):
        await parts_of(Exchange(b"012", hang_up=True))
    with pytest.raises(BodyUnfinished, match="BODY_SILENCE_S_MAX"):
        await parts_of(silent, silence_s_max=0.01)
    slow = a_call(Exchange(b"1", b"2")).parts(BOUND, "upload_bytes_max", silence_s_max=0.01)
    taken = [await anext(slow)]
    await asyncio.sleep(0.05)  # what is done between two parts is not the caller's silence
    taken.append(await anext(slow))
    assert taken == [b"1", b"2"]
