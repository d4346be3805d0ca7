"""The queue door: submit, status, status stream, result, cancel."""

import contextlib

from mutoscope.api.auth import authenticate_call
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.api.headers import submit_options, wants_logs
from mutoscope.api.problems import reply_to_outcome
from mutoscope.api.streams import EVENT_STREAM, send_events
from mutoscope.api.wire import cancel_reply, envelope, output_reply, request_id_header, status_reply
from mutoscope.errors import RequestUnknown
from mutoscope.limits import STREAM_PING_S
from mutoscope.queue.request import CancelAnswer, State
from mutoscope.service import Base, Service


async def submit(service: Service, http: HttpRequest, base: Base) -> Reply:
    """Accept a request and answer the envelope, once the request is on stable storage."""
    caller = authenticate_call(http, service)
    options = submit_options(http, base)
    body = await http.body(service.settings.body_bytes_max)
    submitted = await service.submit(caller, http.route.target, body, options)
    http.request_id = submitted.request_id
    return envelope(submitted)


async def status(service: Service, http: HttpRequest) -> Reply:
    """Answer where the request is; clients ask up to ten times a second."""
    caller = authenticate_call(http, service)
    route = http.route
    return status_reply(await service.status(caller, route.target, route.request_id, with_logs=wants_logs(http)))


async def result(service: Service, http: HttpRequest) -> Reply:
    """Answer the stored outcome with its own status code; the same each time."""
    caller = authenticate_call(http, service)
    answer = await service.result(caller, http.route.target, http.route.request_id)
    if answer.outcome.state is State.SUCCEEDED:
        return output_reply(answer.outcome, answer.public_base, answer.request_id)
    return reply_to_outcome(answer.outcome, answer.request_id)


async def cancel(service: Service, http: HttpRequest) -> Reply:
    """Cancel, and answer what was found. The body is not looked at: clients send `{}`, `null` or nothing."""
    caller = authenticate_call(http, service)
    route = http.route
    found = await service.cancel(caller, route.target, route.request_id)
    if found is CancelAnswer.NOT_FOUND:
        raise RequestUnknown(route.request_id)
    return cancel_reply(found, route.request_id)


async def stream(service: Service, http: HttpRequest) -> None:
    """
    Send the status now and after each change as server-sent events, and end after the one COMPLETED.

    Hanging up does not cancel the request. `Accept` is not looked at: a proxy in between overwrites it.

    Raises:
        RequestUnknown: before anything is sent, so the answer is JSON.
    """
    caller = authenticate_call(http, service)
    route = http.route
    updates = service.watch(caller, route.target, route.request_id, with_logs=wants_logs(http), silence_s=STREAM_PING_S)
    async with contextlib.aclosing(updates):
        first = await anext(updates)
        await http.start(200, (*EVENT_STREAM, request_id_header(route.request_id)))
        await send_events(http, first, updates)
