"""HTTP/1.1 below ASGI: uvicorn's protocol, with bounds on what a stranger may keep open and errors in JSON."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mutoscope.api.exchange import CORS, JSON, SHORTCUT, Header
from mutoscope.limits import HEAD_BYTES_MAX, HEAD_TIMEOUT_S, PIPELINE_REQUESTS_MAX

_MALFORMED: Final = orjson.dumps({"detail": "The HTTP request is malformed", "error_type": "bad_request"})
_UPGRADE_WITH_BODY: Final = orjson.dumps(
    {"detail": "HTTP/1.1 is what is spoken here; send the body without an Upgrade header", "error_type": "bad_request"}
)
_HEAD_TOO_LARGE: Final = orjson.dumps(
    {"detail": f"The request line and headers are over {HEAD_BYTES_MAX} bytes (HEAD_BYTES_MAX)"}
)
_ERROR_TYPE: Final[Header] = (b"x-fal-error-type", b"bad_request")
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}
_HEAD_END: Final = b"".join(b"%b: %b\r\n" % header for header in CORS) + b"\r\n"


class HttpProtocol(HttpToolsProtocol):
    """
    One connection.

    A caller that has begun nothing, or has begun a request and does not come to its end, is hung up on after
    HEAD_TIMEOUT_S; a body that an exchange waits for has a bound of its own, see `HttpRequest.body`. Between two
    requests uvicorn's keep-alive time counts. One timer serves all of it and looks at the deadline when it goes off:
    setting and clearing one at every request costs more than parsing it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._head_bytes = 0
        self._refusal = _MALFORMED
        self._awaits_head = False
        """Whether HEAD_TIMEOUT_S counts, from the first moment that a request was due."""
        self._hangs_up_at: float | None = None
        """When a silent caller is hung up on, in the loop's time; None while a request is answered."""
        self._timer: asyncio.TimerHandle | None = None
        self._answering: RequestResponseCycle | None = None
        """Whose turn it is; `cycle` is the newest, which may wait behind it in the pipeline."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A stranger: the clock runs from here, not from the first byte."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer outlives its connection, and whoever is being answered hears of its end."""
        super().connection_lost(exc)
        answering = self._answering
        if answering is not None and not answering.response_complete:
            # uvicorn tells only the newest of a pipeline, and the one before it would be answered for good.
            answering.disconnected = True
            answering.message_event.set()
        self.pipeline.clear()
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse, then see whether a request is being answered or still being waited for."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(431, _HEAD_TOO_LARGE)
                return
        latest: RequestResponseCycle | None = self.cycle
        if latest is None or latest.response_complete:
            self._await_head()
        else:
            self._awaits_head, self._hangs_up_at = False, None

    def on_message_begin(self) -> None:
        """A new head."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """
        The head is whole: begin the exchange; what follows is counted where it is read.

        As uvicorn does it, without what this server has no use for: WebSockets, a root path, an access log, a state
        that applications share, a bound on connections.
        """
        self._in_head = False
        parser, headers = self.parser, self.headers
        if parser.should_upgrade() and any(_announces_body(*header) for header in headers):
            # The parser takes what follows for the other protocol, so the door would see an empty body.
            self._refusal = _UPGRADE_WITH_BODY
            raise ValueError("an upgrade with a body")
        # Trailers after a chunked body must not join the list that the exchange reads its headers from.
        self.headers = []
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        version = parser.get_http_version()
        earlier: RequestResponseCycle | None = self.cycle
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self.scheme or "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "root_path": "",
            "headers": headers,
            "client": self.client,
            "server": self.server,
        }
        self.scope = scope  # type: ignore[assignment]
        self.cycle = cycle = _Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        scope["extensions"] = {SHORTCUT: cycle}
        if earlier is None or earlier.response_complete:
            self._answer(cycle)
        else:
            # An exchange that listens for the end of its caller reads on, so that the pause alone is no bound.
            if len(self.pipeline) >= PIPELINE_REQUESTS_MAX:
                raise ValueError("too many requests ahead of their answers")
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _answer(self, cycle: RequestResponseCycle) -> None:
        self._answering = cycle
        self._start_asgi_task(cycle, self.app)

    def on_response_complete(self) -> None:
        """Start the next request of a pipeline; between two requests the keep-alive time counts."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._answer(self.pipeline.pop()[0])
        else:
            self._hang_up_after(self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP: the one answer that no door writes."""
        self._refuse(400, self._refusal, _ERROR_TYPE)

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade is an offer (RFC 9110, 7.8): the request is answered as it stands, and the log stays quiet."""

    def _await_head(self) -> None:
        """Hang up when no request came within HEAD_TIMEOUT_S of the first time this was asked."""
        if not self._awaits_head:
            self._awaits_head = True
            self._hang_up_after(HEAD_TIMEOUT_S)

    def _hang_up_after(self, seconds: float) -> None:
        self._hangs_up_at = self.loop.time() + seconds
        if self._timer is None or self._hangs_up_at < self._timer.when():
            self._set_timer(self._hangs_up_at)

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(at, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        """Hang up if it is time; if that was put off meanwhile, look again then."""
        self._timer = None
        if self._hangs_up_at is None:
            return
        if self._hangs_up_at > self.loop.time():
            self._set_timer(self._hangs_up_at)
        else:
            self.timeout_keep_alive_handler()

    def _refuse(self, status: int, body: bytes, *more: Header) -> None:
        """Answer and hang up; only hang up where another answer is on its way, of which this would become a part."""
        latest: RequestResponseCycle | None = self.cycle
        is_unspoken = latest is None or latest.response_complete or not latest.response_started
        if is_unspoken and not self.pipeline:
            length = (b"content-length", b"%d" % len(body))
            headers = (JSON, *more, *CORS, length, (b"connection", b"close"))
            head = b"".join(b"%b: %b\r\n" % header for header in headers)
            self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head, body))
        self.transport.close()


class _Cycle(RequestResponseCycle):
    """
    One exchange, with its body in one step and its answer in one write.

    uvicorn writes an answer's head and its body one by one, which are two system calls and two packets; a status is
    mostly that. What is out of the ordinary is declined and goes uvicorn's way.
    """

    _ends_by_closing = False

    def take_body(self) -> bytes | None:
        """The whole body, unless more of it is to come or the caller waits to be told to send it."""
        if self.more_body or self.disconnected or self.waiting_for_100_continue:
            return None
        body, self.body = bytes(self.body), bytearray()
        self.message_event.clear()
        self.flow.resume_reading()  # paused by a large body; a caller that hangs up must be heard
        return body

    async def send(self, message: Any) -> None:
        """As uvicorn, but to HTTP/1.0, which knows no chunks, a body of unknown length ends with the connection."""
        if self.scope["http_version"] == "1.0" and not self.response_complete:
            if message["type"] == "http.response.start":
                self._ends_by_closing = all(name != b"content-length" for name, _ in message.get("headers", ()))
                if self._ends_by_closing:
                    self.chunked_encoding = False
            elif self._ends_by_closing:
                self.expected_content_length = len(message.get("body", b""))
        await super().send(message)

    def answer(self, status: int, headers: Iterable[Header], body: bytes) -> bool:
        """Send a whole answer, unless one has begun, the caller does not read, or the connection is to be closed."""
        if self.response_started or self.disconnected or self.flow.write_paused or not self.keep_alive:
            return False
        parts = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *headers):
            if HEADER_VALUE_RE.search(value):
                raise ValueError(f"the header {name.decode()} has a control character in its value")
            parts += (name, b": ", value, b"\r\n")
        parts += (_HEAD_END, body)
        self.response_started = self.response_complete = True
        self.transport.write(b"".join(parts))
        self.message_event.set()
        self.on_response()
        return True

    def hang_up(self) -> None:
        """Not `close`, which would wait for the caller to take what it does not take."""
        self.transport.abort()


def _announces_body(name: bytes, value: bytes) -> bool:
    return name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b"")
