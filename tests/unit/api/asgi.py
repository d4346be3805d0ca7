"""The server's side of ASGI, small enough to read: messages in, messages out, nothing in between."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from mutoscope.api.exchange import HttpRequest, Message, Scope
from mutoscope.api.routes import resolve


class Exchange:
    """One exchange as a server would drive it: give it the caller's messages, look at what was sent."""

    def __init__(self, *parts: bytes, hang_up: bool = False) -> None:
        self.sent: list[Message] = []
        self.received = 0
        self._messages: list[Message] = [
            {"type": "http.request", "body": part, "more_body": at < len(parts) - 1 or hang_up}
            for at, part in enumerate(parts)
        ]
        self._hangs_up = hang_up
        self.stays_silent = False
        """Whether the caller neither goes on nor hangs up after its messages."""
        self.hung_up = asyncio.Event()
        self._news = asyncio.Event()

    async def receive(self) -> Message:
        """The next message of the caller; a disconnect when it hung up, else nothing ever."""
        if self._messages:
            self.received += 1
            return self._messages.pop(0)
        if not self._hangs_up or self.stays_silent:
            await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        self.sent.append(message)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was sent fulfils `condition`."""
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def status(self) -> int:
        """Of the answer."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def chunks(self) -> list[bytes]:
        """Pieces of the body, as they were sent."""
        return [message["body"] for message in self.sent[1:]]

    @property
    def is_complete(self) -> bool:
        """Whether the body was ended."""
        return len(self.sent) > 1 and not self.sent[-1].get("more_body", False)


def a_scope(
    method: str = "GET",
    path: str = "/",
    *,
    query: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
    scheme: str = "http",
    server: tuple[str, int] = ("127.0.0.1", 8000),
) -> Scope:
    """A scope as a server would make it."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "scheme": scheme,
        "server": server,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }


def a_call(exchange: Exchange | None = None, **facts: Any) -> HttpRequest:
    """An HttpRequest over `exchange`, with the facts of `a_scope`."""
    exchange = exchange or Exchange(b"")
    scope = a_scope(**facts)
    return HttpRequest(scope, exchange.receive, exchange.send, resolve(scope["path"]))
