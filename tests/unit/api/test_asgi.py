"""The outermost layer: what happens to exceptions, hang-ups, life cycles and WebSockets."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from mutoscope.api.asgi import Asgi, build_api
from mutoscope.api.exchange import Message
from mutoscope.errors import StoreFailed
from mutoscope.settings import load_settings
from mutoscope.telemetry import Metrics
from tests.unit.api.asgi import Exchange, a_scope


class Disk:
    """A file store on a broken disk."""

    def __init__(self, on_open: Exception | None = None) -> None:
        self.size, self.etag, self.modified = 10, '"e"', 0.0
        self._on_open = on_open
        self.is_closed = False

    async def open(self, key: str) -> "Disk":
        """A reader, or what the disk has to say."""
        if self._on_open is not None:
            raise self._on_open
        return self

    async def read(self, offset: int, length: int) -> bytes:
        """No byte can be read."""
        raise StoreFailed("a file cannot be read: Input/output error")

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True


def api_on(disk: Disk, metrics: Metrics | None = None) -> Asgi:
    """The application over nothing but this disk."""
    settings = load_settings({"data_dir": Path("/nonexistent")}, environ={})
    house: Any = SimpleNamespace(files=disk, metrics=metrics or Metrics(), settings=settings)
    return build_api(house, lambda: {"ready": True})


async def test_an_exception_nobody_expected_is_json_and_logged_with_its_id(caplog):
    """The caller learns where to look, not what broke."""
    exchange = Exchange(b"")

    await api_on(Disk(RuntimeError("secret detail")))(a_scope(path="/files/x"), exchange.receive, exchange.send)

    (body,) = exchange.chunks
    assert exchange.status == 500
    assert exchange.headers["content-type"] == "application/json"
    assert exchange.headers["access-control-allow-origin"] == "*"
    assert orjson.loads(body)["error_type"] == "internal_error"
    assert b"secret detail" not in body
    (record,) = caplog.records
    assert record.exc_info
    assert record.__dict__["request_id"] == exchange.headers["x-fal-request-id"]


async def test_an_own_error_is_answered_in_its_own_words():
    """StoreFailed is 500, in the platform's shape."""
    exchange = Exchange(b"")

    await api_on(Disk(StoreFailed("the disk is gone")))(a_scope(path="/files/x"), exchange.receive, exchange.send)

    assert exchange.status == 500
    assert orjson.loads(exchange.chunks[0]) == {"detail": "the disk is gone", "error_type": "internal_error"}


async def test_an_error_in_the_middle_of_an_answer_breaks_it_off():
    """Nothing is appended to half a file; the server closes the connection, and the handle is given back."""
    disk, exchange = Disk(), Exchange(b"")

    with pytest.raises(StoreFailed):
        await api_on(disk)(a_scope(path="/files/x"), exchange.receive, exchange.send)

    assert [message["type"] for message in exchange.sent] == ["http.response.start"]
    assert disk.is_closed


async def test_answers_are_counted_by_kind_and_status():
    """One series per kind of path and status, whatever the paths are."""
    metrics = Metrics()
    api = api_on(Disk(), metrics)

    for path in ("/docs/a", "/docs/b", "/health/live"):
        exchange = Exchange(b"")
        await api(a_scope(path=path), exchange.receive, exchange.send)

    def count(surface: str, status: str) -> float | None:
        return metrics.registry.get_sample_value(
            "mutoscope_http_responses_total", {"surface": surface, "status": status}
        )

    assert (count("nothing", "404"), count("live", "200")) == (2.0, 1.0)


async def test_the_life_cycle_protocol_is_spoken():
    """Servers that insist on it get their two answers."""
    messages: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await api_on(Disk())({"type": "lifespan"}, receive, send)

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("extensions", "first"),
    [({}, "websocket.close"), ({"websocket.http.response": {}}, "websocket.http.response.start")],
)
async def test_a_websocket_is_refused(extensions, first):
    """With 404 where the server can say that before the handshake."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await api_on(Disk())({"type": "websocket", "path": "/x/realtime", "extensions": extensions}, receive, send)

    assert sent[0]["type"] == first
    assert sent[0].get("status", 404) == 404


@pytest.mark.parametrize("asked", ["authorization, x-ok", "a" * 3000, "bad\x00name", "", "x: y"])
async def test_a_preflight_echoes_only_names(asked):
    """What is no list of header names is not repeated in a header."""
    exchange = Exchange(b"")
    scope = a_scope("OPTIONS", "/x", headers=[("Access-Control-Request-Headers", asked)])

    await api_on(Disk())(scope, exchange.receive, exchange.send)

    allowed = exchange.headers["access-control-allow-headers"]
    assert exchange.status == 204
    assert "content-length" not in exchange.headers
    assert allowed == (asked if asked == "authorization, x-ok" else "authorization, content-type")


async def test_every_call_leaves_a_line_for_debugging(caplog):
    """Method, path without its query, and status; a query may carry secrets."""
    caplog.set_level("DEBUG", logger="mutoscope")
    exchange = Exchange(b"")
    scope = a_scope(path="/health/live", query=b"fal_jwt_token=s3cret")

    await api_on(Disk())(scope, exchange.receive, exchange.send)

    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["status"]) == ("GET /health/live", 200)
    assert "s3cret" not in caplog.text
