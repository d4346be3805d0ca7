"""The events of a stream: pings in silence, ASCII, one end, and a caller that leaves."""

import contextlib
from collections.abc import AsyncGenerator

import orjson
import pytest

from mutoscope.api.exchange import CallerGone, Reply
from mutoscope.api.partials import send_partials
from mutoscope.errors import ClientCancelled, MutoscopeError, StoreFull
from mutoscope.ids import new_request_id
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Outcome, State
from mutoscope.service import Answer
from tests.unit.api.asgi import Exchange, a_call

Event = bytes | Answer | MutoscopeError | None
"""None: silence until a comment has filled it; an error is raised."""


def ended(output: object) -> Answer:
    """A success with this output."""
    outcome = Outcome(state=State.SUCCEEDED, status_code=200, body=orjson.dumps(output), billable_units=1.0)
    return Answer(new_request_id(), "http://h", outcome)


async def told(exchange: Exchange, *events: Event) -> AsyncGenerator[bytes | Answer]:
    """These events, one after another."""
    for event in events:
        if event is None:
            await exchange.until(lambda: b": ping\n\n" in exchange.chunks)
        elif isinstance(event, MutoscopeError):
            raise event
        else:
            yield event


async def send(exchange: Exchange, *events: Event, ping_s: float = 5.0) -> Reply | None:
    """Send these to a caller."""
    http = a_call(exchange, method="POST", path="/run/acme/toys/stream")
    http.request_id = new_request_id()
    async with contextlib.aclosing(told(exchange, *events)) as source:
        return await send_partials(http, source, ping_s=ping_s)


async def test_events_end_with_the_output():
    """One chunk each, all in ASCII, and the answer is complete."""
    exchange = Exchange(b"")

    assert await send(exchange, '{"word":"Grüße"}'.encode(), ended({"all": "é"})) is None

    assert exchange.chunks == [
        b'data: {"word":"Gr\\u00fc\\u00dfe"}\n\n', b'data: {"all":"\\u00e9"}\n\n', b"",
    ]  # fmt: skip
    assert exchange.is_complete
    assert (exchange.status, exchange.headers["content-type"]) == (200, "text/event-stream")
    assert len(exchange.headers["x-fal-request-id"]) == 36


async def test_output_that_was_yielded_is_not_sent_twice():
    """What was yielded last is the output, however its JSON is written."""
    exchange = Exchange(b"")

    await send(exchange, b'{"a": 1, "b": 2}', ended({"b": 2, "a": 1}))

    assert exchange.chunks == [b'data: {"a": 1, "b": 2}\n\n', b""]


async def test_silence_is_filled_with_comments():
    """The answer begins with the first of them, and what fails later is told as an event."""
    exchange = Exchange(b"")
    failed = Answer(new_request_id(), "http://h", outcome_of(ClientCancelled("Request was cancelled")))

    assert await send(exchange, None, failed, ping_s=0.01) is None

    assert exchange.chunks[0] == b": ping\n\n"
    last = exchange.chunks[-1]
    assert last.startswith(b"event: error\ndata: {") and b"client_cancelled" in last
    assert not exchange.is_complete, "the connection breaks, so that no client takes the error for the output"


async def test_failure_before_the_first_event_is_an_ordinary_answer():
    """A stored one is a reply, a raised one stays raised."""
    failed = Answer(new_request_id(), "http://h", outcome_of(ClientCancelled("Request was cancelled")))

    reply = await send(Exchange(b""), failed)
    assert reply is not None and reply.status == 499
    with pytest.raises(StoreFull):
        await send(Exchange(b""), StoreFull("no room"))


async def test_failure_raised_after_the_first_event_is_told_as_one():
    """There is no other way any more."""
    exchange = Exchange(b"")

    await send(exchange, b"{}", StoreFull("no room"))

    assert exchange.chunks[-1].startswith(b'event: error\ndata: {"detail":"no room"')


async def test_caller_that_leaves_ends_the_stream():
    """At once, also in the middle of a silence."""
    with pytest.raises(CallerGone):
        await send(Exchange(b"", hang_up=True), None)
