"""The door of resellers: a POST with a Bearer token answers the envelope, and bad arguments are refused at once."""

from mutoscope.api.auth import authenticate, read_body
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.api.headers import submit_options
from mutoscope.api.wire import envelope
from mutoscope.house import House
from mutoscope.service import Base


async def submit(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    Accept a request and answer the envelope, whose URLs take the same token.

    Raises:
        ArgumentsInvalid: now, where the queue's own door would make it the outcome.
    """
    caller = authenticate(http, house.keys)
    options = submit_options(http, base)._replace(refuse_invalid=True)
    body = await read_body(http, house, caller)
    submitted = await house.service.submit(caller, http.route.target, body, options)
    http.request_id = submitted.request_id
    return envelope(submitted)
