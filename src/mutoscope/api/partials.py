"""The streaming door of applications: partial results as server-sent events, the output as the last one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from mutoscope.api.auth import authenticate_call, read_body
from mutoscope.api.exchange import CallerGone, HttpRequest, Reply
from mutoscope.api.headers import submit_options
from mutoscope.api.problems import not_found, reply_to, reply_to_outcome
from mutoscope.api.streams import EVENT_STREAM
from mutoscope.api.wire import ascii_json, output_reply, request_id_header
from mutoscope.errors import MutoscopeError
from mutoscope.house import House
from mutoscope.ids import new_request_id
from mutoscope.limits import STREAM_PING_S
from mutoscope.queue.request import State
from mutoscope.service import Answer, Base


async def stream(house: House, http: HttpRequest, base: Base) -> Reply | None:
    """
    Run a request and send what it yields; a caller that hangs up cancels it.

    What fails before the first event and within STREAM_PING_S is an ordinary JSON error. Later the answer is a
    200 already: then an event named `error` has the error's body, and the connection is cut off, since the official
    clients do not look at the names of events and would take it for the output.

    Returns:
        None when events were sent.

    Raises:
        CallerGone: the caller hung up.
        MutoscopeError: as `Runs.run`.
    """
    caller = authenticate_call(http, house)
    http.request_id = new_request_id()
    if house.service.endpoint(http.route.target).served_by != "application":
        return not_found(http.path, http.request_id)
    options = submit_options(http, base)
    body = await read_body(http, house, caller)
    events = house.runs.stream(caller, http.route.target, body, options, http.request_id)
    async with contextlib.aclosing(events):
        return await send_partials(http, events)


async def send_partials(
    http: HttpRequest, events: AsyncGenerator[bytes | Answer], *, ping_s: float = STREAM_PING_S
) -> Reply | None:
    """
    Send events to a caller until it has the answer.

    Args:
        events: ends with an answer, or raises; the caller of this function closes it.
        ping_s: a comment goes out when nothing came for so long, so that proxies keep the connection.

    Returns, raises: as `stream`.
    """
    gone = asyncio.create_task(http.disconnected(), name="partials-disconnect")
    try:
        return await _Sender(http, events, ping_s, gone).send_all()
    finally:
        await _end(gone)


class _Sender:
    """The events of one stream on their way to its caller."""

    def __init__(
        self, http: HttpRequest, events: AsyncGenerator[bytes | Answer], ping_s: float, gone: asyncio.Task[None]
    ) -> None:
        self._http = http
        self._events = events
        self._ping_s = ping_s
        self._gone = gone
        self._last: bytes | None = None

    async def send_all(self) -> Reply | None:
        """Send everything; a reply, where nothing was sent and the run failed."""
        try:
            while True:
                event = await self._next()
                if isinstance(event, Answer):
                    return await self._finish(event)
                self._last = event
                await self._write(event)
        except MutoscopeError as error:
            if not self._http.status:
                raise
            await self._fail(reply_to(error, self._http.request_id))
            return None

    async def _next(self) -> bytes | Answer:
        """The next event; comments go out while there is none, so that proxies keep the connection."""
        upcoming = asyncio.create_task(anext(self._events), name="partials-next")
        try:
            while True:
                await asyncio.wait({self._gone, upcoming}, timeout=self._ping_s, return_when=asyncio.FIRST_COMPLETED)
                if self._gone.done():
                    raise CallerGone
                if upcoming.done():
                    return upcoming.result()
                await self._begin()
                await self._http.write(b": ping\n\n")
        finally:
            await _end(upcoming)

    async def _finish(self, answer: Answer) -> Reply | None:
        self._http.request_id = answer.request_id
        if answer.outcome.state is not State.SUCCEEDED:
            reply = reply_to_outcome(answer.outcome, answer.request_id)
            if not self._http.status:
                return reply
            await self._fail(reply)
            return None
        output = output_reply(answer.outcome, answer.public_base, answer.request_id).body
        was_sent = self._last is not None and orjson.loads(output) == orjson.loads(self._last)
        if not was_sent:
            await self._write(output)
        await self._http.write(b"", more=False)
        return None

    async def _fail(self, reply: Reply) -> None:
        """Say why, and leave the answer without its end, which every client takes for the failure that it is."""
        await self._http.write(b"event: error\ndata: %b\n\n" % ascii_json(reply.body))

    async def _write(self, body: bytes) -> None:
        await self._begin()
        await self._http.write(b"data: %b\n\n" % ascii_json(body))

    async def _begin(self) -> None:
        if not self._http.status and self._http.request_id is not None:
            await self._http.start(200, (*EVENT_STREAM, request_id_header(self._http.request_id)))


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
