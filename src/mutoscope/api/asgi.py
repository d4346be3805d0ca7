"""
The whole HTTP room as one ASGI callable: resolve the path, open the door, send its answer, turn errors into bodies.

There is no chain of middleware: a status is asked for ten times a second by every waiting client, so the way of a call
through here is a path split, two dictionary look-ups and the door itself.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final

from mutoscope.api import (
    gateway,
    health,
    jwks,
    openapi,
    outputs,
    partials,
    platform,
    proxy,
    queue,
    run,
    storage,
    tokens,
)
from mutoscope.api.auth import credentials
from mutoscope.api.bases import Bases
from mutoscope.api.exchange import CallerGone, HttpRequest, Message, Receive, Reply, Scope, Send
from mutoscope.api.problems import not_found, platform_reply_to, platform_reply_to_fault, reply_to, reply_to_fault
from mutoscope.api.routes import ALLOW, Door, Kind, door_of, resolve
from mutoscope.errors import BodyTooLarge, BodyUnfinished, MethodNotAllowed, MutoscopeError, OwnError
from mutoscope.house import House
from mutoscope.ids import is_request_id, new_request_id
from mutoscope.service import Base

log = logging.getLogger(__name__)

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_REQUEST_KINDS: Final = frozenset(
    {Kind.ENDPOINT, Kind.PARTIALS, Kind.STATUS, Kind.STREAM, Kind.RESULT, Kind.CANCEL, Kind.NOTHING, Kind.PLATFORM}
)
"""Run and queue calls, which show a request id in every answer; the platform API does in its errors."""
_HEADER_NAMES: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z, -]{1,2048}")
"""RFC 9110, 5.6.2: what may stand in a list of field names. Anything else is not echoed."""
_CALLER_GONE: Final = 499
"""The status counted for a caller that hung up; nobody is there to see it."""


def build_api(house: House, readiness: health.Readiness) -> Asgi:
    """
    The application that a server is started with.

    Args:
        house: what the doors lead to.
        readiness: facts for `/health/ready`, among them the boolean `ready`.
    """
    return _Api(house, readiness)


class _Api:
    """The doors by kind of path, and what is common to all answers."""

    def __init__(self, house: House, readiness: health.Readiness) -> None:
        self._house = house
        self._readiness = readiness
        self._bases = Bases(house.settings)
        self._answers: dict[Kind, Callable[[House, HttpRequest], Awaitable[Reply | None]]] = {
            Kind.STATUS: queue.status,
            Kind.RESULT: queue.result,
            Kind.CANCEL: queue.cancel,
            Kind.STREAM: queue.stream,
            Kind.FILE: _answer_file,
            Kind.PART: storage.write_part,
            Kind.PARTS_END: storage.complete,
            Kind.TOKEN: tokens.make,
            Kind.JWKS: jwks.read_keys,
        }
        self._based: dict[Kind, Callable[[House, HttpRequest, Base], Awaitable[Reply | None]]] = {
            Kind.UPLOAD: storage.initiate,
            Kind.UPLOAD_IN_PARTS: storage.initiate_in_parts,
            Kind.CDN_TOKEN: storage.cdn_token,
            Kind.CDN_UPLOAD: storage.upload,
            Kind.CDN_UPLOAD_IN_PARTS: storage.upload_in_parts,
            Kind.PARTIALS: partials.stream,
            Kind.PLATFORM: platform.answer,
            Kind.OPENAPI: openapi.server,
            Kind.ENDPOINT_OPENAPI: openapi.endpoint,
        }
        """Those whose answers carry URLs."""
        self._doors: dict[Door, Callable[[House, HttpRequest, Base], Awaitable[Reply]]] = {
            Door.RUN: run.run,
            Door.QUEUE: queue.submit,
            Door.GATEWAY: gateway.submit,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._serve(HttpRequest(scope, receive, send, resolve(scope["path"])))
        elif kind == "lifespan":
            await _live(receive, send)
        else:
            await _refuse_websocket(scope, receive, send)

    async def _serve(self, http: HttpRequest) -> None:
        """Answer once, whatever happens on the way."""
        try:
            reply = await self._answer(http)
        except CallerGone:
            http.status = http.status or _CALLER_GONE
        except (BodyTooLarge, BodyUnfinished) as error:
            await http.answer_and_hang_up(_error_reply(http, error))
        except MutoscopeError as error:
            await self._answer_error(http, error)
        except Exception:
            request_id = _request_id_of(http) or new_request_id()
            log.exception("%s %s failed", http.method, http.shown_path, extra={"request_id": request_id})
            if http.status:
                raise
            is_platform = http.route.kind is Kind.PLATFORM
            await http.answer((platform_reply_to_fault if is_platform else reply_to_fault)(request_id))
        else:
            if reply is not None:
                await http.answer(reply)
        self._count(http)

    async def _answer(self, http: HttpRequest) -> Reply | None:
        """The complete reply, or None when the door has sent it itself."""
        kind = http.route.kind
        if http.method == "OPTIONS":
            await _answer_preflight(http)
            return None
        if kind is Kind.NOTHING:
            return not_found(http.path, _request_id_of(http))
        if http.method not in ALLOW[kind]:
            if kind is Kind.ENDPOINT:
                self._house.service.endpoint(http.route.target)
            raise MethodNotAllowed(ALLOW[kind])
        if kind is Kind.PROXY:
            proxy.enter(http, self._bases, self._house.settings.proxy_key)
            return await self._answer(http)
        answer = self._answers.get(kind)
        if answer is not None:
            return await answer(self._house, http)
        if kind is Kind.ENDPOINT:
            return await self._call(http)
        based = self._based.get(kind)
        if based is not None:
            return await based(self._house, http, self._bases.base(http))
        return self._tell(http)

    async def _call(self, http: HttpRequest) -> Reply:
        """A POST to an endpoint, by the door that its address means."""
        prefix = http.route.prefix
        # A prefix says it all; only a bare address makes the host and the scheme count.
        role, scheme = ("", "") if prefix else (self._bases.role(http), credentials(http)[0])
        door = door_of(prefix, role, scheme, self._house.settings.bare_host)
        if door is None:
            return not_found(http.path, _request_id_of(http))
        return await self._doors[door](self._house, http, self._bases.base(http))

    def _tell(self, http: HttpRequest) -> Reply:
        """What the server says about itself."""
        match http.route.kind:
            case Kind.LIVE:
                return health.live()
            case Kind.READY:
                return health.ready(self._readiness)
            case Kind.METRICS:
                return health.metrics(self._house.metrics)
            case Kind.HOME:
                return health.home(self._bases.base(http).public)
            case _:
                return not_found(http.path, _request_id_of(http))

    async def _answer_error(self, http: HttpRequest, error: MutoscopeError) -> None:
        request_id = _request_id_of(http)
        if isinstance(error, OwnError):
            log.warning(
                "%s %s: %s: %s",
                *(http.method, http.shown_path, type(error).__name__, error),
                extra={"request_id": request_id},
            )
        if http.status:
            raise error  # Half an answer is out: only a closed connection tells the caller that the rest is missing.
        await http.answer(_error_reply(http, error))

    def _count(self, http: HttpRequest) -> None:
        self._house.metrics.http.count(http.route.kind.value, str(http.status))
        if log.isEnabledFor(logging.DEBUG):
            fact = {"status": http.status} | ({"request_id": http.request_id} if http.request_id else {})
            log.debug("%s %s", http.method, http.shown_path, extra=fact)


async def _answer_file(house: House, http: HttpRequest) -> Reply | None:
    """A file is read, or is the one PUT of an upload."""
    return await (storage.write_file if http.method == "PUT" else outputs.read_file)(house, http)


def _error_reply(http: HttpRequest, error: MutoscopeError) -> Reply:
    """The platform API has an error shape of its own."""
    request_id = _request_id_of(http)
    if http.route.kind is Kind.PLATFORM and request_id is not None:
        return platform_reply_to(error, request_id)
    return reply_to(error, request_id)


async def _answer_preflight(http: HttpRequest) -> None:
    """
    Permit a browser what it asks for; needs no key.

    The list of headers is echoed, since `*` does not cover `authorization` (Fetch standard, CORS-safelisting).
    """
    asked = http.headers.get(b"access-control-request-headers", b"")
    allowed = asked if _HEADER_NAMES.fullmatch(asked) else b"authorization, content-type"
    await http.start(
        204,
        (
            (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
            (b"access-control-allow-headers", allowed),
            (b"access-control-max-age", b"7200"),
            (b"vary", b"access-control-request-headers"),
        ),
    )
    await http.write(b"", more=False)


def _request_id_of(http: HttpRequest) -> str | None:
    """The id that an error answer carries: the request's own, or a fresh one that only the logs know."""
    if http.request_id is not None:
        return http.request_id
    if http.route.kind not in _REQUEST_KINDS:
        return None
    http.request_id = http.route.request_id if is_request_id(http.route.request_id) else new_request_id()
    return http.request_id


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol; what needs starting is started by whoever built the application."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """No endpoint here speaks WebSocket: 404 where the server can say so, else the closing handshake."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1000})
        return
    reply = not_found(scope["path"])
    start: Message = {"type": "websocket.http.response.start", "status": reply.status, "headers": list(reply.headers)}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": reply.body})
