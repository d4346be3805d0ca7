"""The door of resellers: a POST with a Bearer token answers the envelope, and bad arguments are refused at once."""

from mutoscope.api.auth import authenticate
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.api.headers import submit_options
from mutoscope.api.wire import envelope
from mutoscope.service import Base, Service


async def submit(service: Service, http: HttpRequest, base: Base) -> Reply:
    """
    Accept a request and answer the envelope, whose URLs take the same token.

    Raises:
        ArgumentsInvalid: now, where the queue's own door would make it the outcome.
    """
    caller = authenticate(http, service.keys)
    options = submit_options(http, base)._replace(refuse_invalid=True)
    body = await http.body(service.settings.body_bytes_max)
    submitted = await service.submit(caller, http.route.target, body, options)
    http.request_id = submitted.request_id
    return envelope(submitted)
