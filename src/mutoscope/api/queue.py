"""The queue door: submit, status, status stream, result, cancel."""

import contextlib
from collections.abc import AsyncIterator

from mutoscope.accounts.keys import Caller
from mutoscope.api.auth import authenticate_call, read_body
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.api.headers import submit_options, wants_logs
from mutoscope.api.problems import reply_to_outcome
from mutoscope.api.streams import EVENT_STREAM, send_events
from mutoscope.api.wire import cancel_reply, envelope, output_reply, request_id_header, status_reply
from mutoscope.errors import RequestUnknown
from mutoscope.house import House
from mutoscope.limits import STREAM_PING_S
from mutoscope.queue.request import CancelAnswer, State
from mutoscope.service import Base, Status


async def submit(house: House, http: HttpRequest, base: Base) -> Reply:
    """Accept a request and answer the envelope, once the request is on stable storage."""
    caller = authenticate_call(http, house)
    options = submit_options(http, base)
    body = await read_body(http, house, caller)
    submitted = await house.service.submit(caller, http.route.target, body, options)
    http.request_id = submitted.request_id
    return envelope(submitted)


async def status(house: House, http: HttpRequest) -> Reply:
    """Answer where the request is; clients ask up to ten times a second."""
    caller = authenticate_call(http, house)
    route = http.route
    return status_reply(await house.service.status(caller, route.target, route.request_id, with_logs=wants_logs(http)))


async def result(house: House, http: HttpRequest) -> Reply:
    """Answer the stored outcome with its own status code; the same each time."""
    caller = authenticate_call(http, house)
    answer = await house.service.result(caller, http.route.target, http.route.request_id)
    if answer.outcome.state is State.SUCCEEDED:
        return output_reply(answer.outcome, answer.public_base, answer.request_id)
    return reply_to_outcome(answer.outcome, answer.request_id)


async def cancel(house: House, http: HttpRequest) -> Reply:
    """Cancel, and answer what was found. The body is not looked at: clients send `{}`, `null` or nothing."""
    caller = authenticate_call(http, house)
    route = http.route
    found = await house.service.cancel(caller, route.target, route.request_id)
    if found is CancelAnswer.NOT_FOUND:
        raise RequestUnknown(route.request_id)
    return cancel_reply(found, route.request_id)


async def stream(house: House, http: HttpRequest) -> None:
    """
    Send the status now and after each change as server-sent events, and end after the one COMPLETED.

    Hanging up does not cancel the request. `Accept` is not looked at: a proxy in between overwrites it.

    Raises:
        RequestUnknown: before anything is sent, so the answer is JSON.
    """
    caller = authenticate_call(http, house)
    route = http.route
    updates = house.service.watch(
        caller, route.target, route.request_id, with_logs=wants_logs(http), silence_s=STREAM_PING_S
    )
    async with contextlib.aclosing(updates):
        first = await anext(updates)
        await http.start(200, (*EVENT_STREAM, request_id_header(route.request_id)))
        await send_events(http, first, _while_active(house, http, caller, updates))


async def _while_active(
    house: House, http: HttpRequest, caller: Caller, updates: AsyncIterator[Status | None]
) -> AsyncIterator[Status | None]:
    """The updates, until the caller's key is revoked; then the connection ends, and a new one is told why."""
    async for update in updates:
        if house.keys.active(caller.key_id) is not None:
            yield update
        else:
            http.hang_up()  # `send_events` ends with it
