"""Reading a body within its bound, and answering."""

import asyncio

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
