"""The synchronous door: submit, wait, answer; a caller that hangs up cancels its request."""

import asyncio

from mutoscope.api.auth import authenticate_call, read_body
from mutoscope.api.exchange import CallerGone, HttpRequest, Reply
from mutoscope.api.headers import submit_options
from mutoscope.api.problems import reply_to_outcome
from mutoscope.api.wire import output_reply
from mutoscope.house import House
from mutoscope.queue.request import State
from mutoscope.service import Answer, Base


async def run(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    Answer a run with its outcome: the output, or the error it ended with.

    Raises:
        CallerGone: the caller hung up; its request is cancelled.
        MutoscopeError: as `Runs.run`.
    """
    caller = authenticate_call(http, house)
    options = submit_options(http, base)
    body = await read_body(http, house, caller)
    running = asyncio.create_task(house.runs.run(caller, http.route.target, body, options), name="run")
    answer = await _unless_hung_up(http, running)
    http.request_id = answer.request_id
    if answer.outcome.state is State.SUCCEEDED:
        return output_reply(answer.outcome, answer.public_base, answer.request_id)
    return reply_to_outcome(answer.outcome, answer.request_id)


async def _unless_hung_up(http: HttpRequest, running: asyncio.Task[Answer]) -> Answer:
    """The answer of `running`; whatever ends this wait before it cancels it and sees it end."""
    gone = asyncio.create_task(http.disconnected(), name="run-disconnect")
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        raise CallerGone
    finally:
        for task in (running, gone):
            task.cancel()
        await asyncio.gather(running, gone, return_exceptions=True)
