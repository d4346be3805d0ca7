"""One HTTP request and its answer, on bare ASGI: what every surface reads from and writes to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl

import orjson

from mutoscope.api.routes import Kind, Route, resolve
from mutoscope.errors import BadRequest, BodyTooLarge, BodyUnfinished
from mutoscope.limits import BODY_SILENCE_S_MAX, LINGER_S, QUERY_CHARS_MAX, QUERY_FIELDS_MAX

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]
"""Name in lower case, value."""

JSON: Header = (b"content-type", b"application/json")
CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    # Without the first name a browser's `result.requestId` is empty.
    (
        b"access-control-expose-headers",
        b"x-fal-request-id, x-fal-error-type, x-fal-request-timeout-type, x-fal-billable-units, x-fal-retryable, "
        b"x-fal-needs-retry, retry-after, content-range, content-length, accept-ranges, etag",
    ),
)
"""On every answer, errors included: the JavaScript client runs in browsers."""


_FILE_KINDS: Final = frozenset({Kind.FILE, Kind.PART, Kind.PARTS_END})


class Shortcut(Protocol):
    """
    What a server may do in one step where ASGI takes several; `api/protocol.py` offers it.

    The first two may decline; then the messages of ASGI do the same.
    """

    def take_body(self) -> bytes | None:
        """The whole body, if all of it has come; None where it has to be waited for."""
        ...

    def answer(self, status: int, headers: Iterable[Header], body: bytes) -> bool:
        """Send a whole answer, with CORS, as one write; False where that cannot be done."""
        ...

    def hang_up(self) -> None:
        """End the connection at once, whatever is still on its way."""
        ...


SHORTCUT: Final = "mutoscope.shortcut"
"""Its name among the extensions of a scope."""


class CallerGone(Exception):
    """The caller hung up before it was answered; there is nobody left to tell."""


class Reply(NamedTuple):
    """A complete answer."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (JSON,)
    """Without content-length and CORS, which every answer gets."""


def json_reply(value: Any, status: int = 200, *headers: Header) -> Reply:
    """A complete answer in JSON."""
    return Reply(status, orjson.dumps(value), (JSON, *headers))


class HttpRequest:
    """
    What came in, and the way back.

    Attributes:
        headers: by lower-case name; of a name sent twice the last one counts.
        route: where its path leads.
        status: of the answer, 0 until one has begun.
        request_id: the request this exchange is about, once that is known.
    """

    __slots__ = (
        "_has_more",
        "_is_gone",
        "_receive",
        "_send",
        "_shortcut",
        "headers",
        "method",
        "path",
        "request_id",
        "route",
        "scope",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, route: Route) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.route = route
        self.status = 0
        self.request_id: str | None = None
        self._receive = receive
        self._send = send
        self._is_gone = False
        extensions = scope.get("extensions")
        self._shortcut: Shortcut | None = extensions.get(SHORTCUT) if extensions else None
        # A caller that waits for "100 Continue" is silent until then, and for good once it is refused.
        self._has_more = b"expect" not in self.headers

    def turn_to(self, path: str, query: bytes) -> None:
        """Be the call of another path and query (percent-decoded and as it came); all else stays."""
        self.scope = {**self.scope, "path": path, "query_string": query}
        self.path = path
        self.route = resolve(path)

    @property
    def shown_path(self) -> str:
        """The path for a log: whoever knows the address of a file can read it."""
        return "/files/…" if self.route.kind in _FILE_KINDS else self.path

    def header(self, name: bytes) -> str | None:
        """A header's text without surrounding blanks, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    def query(self) -> dict[str, str]:
        """
        The query parameters; of a name given twice the last one counts.

        Raises:
            BadRequest: longer or of more fields than anyone needs.
        """
        if not self.scope.get("query_string"):  # most calls have none
            return {}
        return dict(self.query_fields(QUERY_FIELDS_MAX, "QUERY_FIELDS_MAX"))

    def query_fields(self, fields_max: int, bound: str) -> list[tuple[str, str]]:
        """
        The query as it came: names and values in order, values that are empty included.

        Args:
            bound: the name of `fields_max`.

        Raises:
            BadRequest: as `query`.
        """
        raw: bytes = self.scope.get("query_string", b"")
        if len(raw) > QUERY_CHARS_MAX:
            raise BadRequest(f"Query string is {len(raw)} characters; the limit is {QUERY_CHARS_MAX} (QUERY_CHARS_MAX)")
        try:
            return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=fields_max)
        except ValueError:
            raise BadRequest(f"Query string has too many fields; the limit is {fields_max} ({bound})") from None

    async def body(
        self, bytes_max: int, bound: str = "body_bytes_max", *, silence_s_max: float = BODY_SILENCE_S_MAX
    ) -> bytes:
        """
        The whole body. One that says it is too large is refused before any of it is read.

        Args:
            bound: the name of the setting or limit that `bytes_max` is.

        Raises:
            BodyTooLarge: by its Content-Length, or once more than `bytes_max` have come.
            BodyUnfinished: the caller fell silent before its end.
            BadRequest: Content-Length is not a number.
            CallerGone: the caller hung up on the way.
        """
        announced = self.announced_bytes()
        if announced is not None and announced > bytes_max:
            raise BodyTooLarge(announced, bytes_max, bound)
        whole = self._shortcut.take_body() if self._shortcut is not None else None
        if whole is not None:
            self._has_more = False
            if len(whole) > bytes_max:
                raise BodyTooLarge(None, bytes_max, bound)
            return whole
        try:
            async with asyncio.timeout(silence_s_max) as patience:
                return await self._all_parts(bytes_max, bound, patience, silence_s_max)
        except TimeoutError as error:
            raise BodyUnfinished(silence_s_max) from error

    def announced_bytes(self) -> int | None:
        """
        What Content-Length says; None where nothing was announced.

        Raises:
            BadRequest: it is not a number.
        """
        announced = self.headers.get(b"content-length")
        if announced is None:
            return None
        if not announced.isdigit() or len(announced) > 19:
            raise BadRequest("Content-Length is not a number")
        return int(announced)

    async def parts(
        self, bytes_max: int, setting: str, *, silence_s_max: float = BODY_SILENCE_S_MAX
    ) -> AsyncGenerator[bytes]:
        """
        The body as it comes, for one that is too large to be held; the caller is read no faster than this is asked.

        Args:
            setting: the name of the bound.

        Raises:
            As `body`.
        """
        announced = self.announced_bytes()
        if announced is not None and announced > bytes_max:
            raise BodyTooLarge(announced, bytes_max, setting)
        size, more = 0, True
        while more:
            try:
                # Anew for each part: what is done with a part between two of them is not the caller's silence.
                async with asyncio.timeout(silence_s_max):
                    part, more = await self._next_part()
            except TimeoutError as error:
                raise BodyUnfinished(silence_s_max) from error
            size += len(part)
            if size > bytes_max:
                raise BodyTooLarge(None, bytes_max, setting)
            if part:
                yield part

    async def _all_parts(self, bytes_max: int, bound: str, patience: asyncio.Timeout, silence_s_max: float) -> bytes:
        """The body by its parts; each one that comes makes `patience` start again."""
        clock = asyncio.get_running_loop().time
        part, more = await self._next_part()
        parts = bytearray(part) if more else part
        while more and len(parts) <= bytes_max:
            patience.reschedule(clock() + silence_s_max)
            part, more = await self._next_part()
            parts += part
        if len(parts) > bytes_max:
            raise BodyTooLarge(None, bytes_max, bound)
        return bytes(parts)

    async def disconnected(self) -> None:
        """Return once the caller has hung up (or the answer is complete); what it still sends is dropped."""
        while not self._is_gone:
            message = await self._receive()
            self._is_gone = message["type"] == "http.disconnect"

    def hang_up(self) -> None:
        """End the connection at once, whatever is still on its way; where the server cannot, it closes in its time."""
        if self._shortcut is not None:
            self._shortcut.hang_up()

    async def start(self, status: int, headers: Iterable[Header]) -> None:
        """Send the status and the headers, with CORS."""
        self.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *CORS]})

    async def write(self, chunk: bytes, *, more: bool = True) -> None:
        """Send a piece of the body; returns when there is room for the next, ends the answer when not `more`."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": more})

    async def answer(self, reply: Reply) -> None:
        """Send a complete answer."""
        headers = (*reply.headers, (b"content-length", b"%d" % len(reply.body)))
        body = b"" if self.method == "HEAD" else reply.body
        if self._shortcut is not None and self._shortcut.answer(reply.status, headers, body):
            self.status = reply.status
            return
        await self.start(reply.status, headers)
        await self._send({"type": "http.response.body", "body": body})

    async def answer_and_hang_up(self, reply: Reply, *, linger_s: float = LINGER_S) -> None:
        """
        Send an answer while the caller is still talking, and hear it out for a moment before the connection closes.

        Closing at once would reset the connection, and the answer would be lost with it.
        """
        headers = (*reply.headers, (b"content-length", b"%d" % len(reply.body)), (b"connection", b"close"))
        await self.start(reply.status, headers)
        await self.write(reply.body)
        try:
            async with asyncio.timeout(linger_s):
                while self._has_more:
                    await self._next_part()
        except (TimeoutError, CallerGone):
            pass  # It was told; whether it listened is its own affair.
        await self.write(b"", more=False)

    async def _next_part(self) -> tuple[bytes, bool]:
        """A piece of the body, and whether another follows."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._is_gone = True
            raise CallerGone
        self._has_more = message.get("more_body", False)
        return message.get("body", b""), self._has_more
