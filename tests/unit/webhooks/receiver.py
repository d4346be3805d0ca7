"""Somebody who is told: a real HTTP server on loopback, and the platform's own steps to verify what came."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LEEWAY_S = 300


@dataclass(frozen=True)
class Received:
    """One POST."""

    path: str
    """With its query, as it stood in the request line."""
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Collects what it is told. `answers` are statuses, or `hang`, `reset`, `stall`; the last one repeats."""

    url: str = ""
    answers: list[int | str] = field(default_factory=lambda: [200])
    received: list[Received] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Lets those go that hang."""
    heard: Callable[[Received], Any] = lambda _: None

    async def handle(self, http_request: web.Request) -> web.StreamResponse:
        """Note the call and answer it."""
        got = Received(http_request.raw_path, http_request.headers.copy(), await http_request.read())
        self.received.append(got)
        self.heard(got)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "hang":
            await self.released.wait()
        elif answer == "reset":
            assert http_request.transport is not None
            http_request.transport.abort()
        elif answer == "stall":  # a status, and then a body without end
            stream = web.StreamResponse()
            await stream.prepare(http_request)
            await stream.write(b"x")
            await self.released.wait()
            return stream
        if isinstance(answer, int):
            return web.Response(status=answer, headers={"Location": "/elsewhere"} if 300 <= answer < 400 else {})
        return web.Response()


@contextlib.asynccontextmanager
async def receiver(*answers: int | str) -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    told = Receiver(answers=list(answers) or [200])
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield told
    finally:
        told.released.set()
        await runner.cleanup()


def verify(headers: Mapping[str, str], body: bytes, jwks: Mapping[str, Any], now: float) -> bool:
    """
    The steps of the platform's Python example, with the same decoding: nothing is added to `x`.

    Args:
        headers: of the POST, by any case.
        jwks: the published set.
        now: the receiver's clock.
    """
    named = {name.lower(): value for name, value in headers.items()}
    request_id, user_id, timestamp, signature = (
        named[f"x-fal-webhook-{name}"] for name in ("request-id", "user-id", "timestamp", "signature")
    )
    if abs(int(now) - int(timestamp)) > LEEWAY_S:
        return False
    message = "\n".join([request_id, user_id, timestamp, hashlib.sha256(body).hexdigest()]).encode("utf-8")
    for key in jwks["keys"]:
        public = base64.urlsafe_b64decode(key["x"])
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), message)
        except InvalidSignature:
            continue
        return True
    return False
