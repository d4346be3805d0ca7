"""A stranger's web server on loopback: answers that are good, slow, huge, crooked or lead elsewhere."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator

from aiohttp import web

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BOMB = gzip.compress(b"\0" * 50_000_000)
REDIRECTS_IN_A_ROW = 5


async def _picture(http_request: web.Request) -> web.Response:
    return web.Response(body=PNG, content_type="image/png")


async def _status(http_request: web.Request) -> web.Response:
    return web.Response(status=int(http_request.match_info["code"]), text="the stranger's secret page")


async def _redirect(http_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": http_request.query["to"]})


async def _hops(http_request: web.Request) -> web.Response:
    left = int(http_request.match_info["left"])
    return web.Response(status=302, headers={"Location": f"/hops/{left - 1}" if left > 1 else "/picture"})


async def _nowhere(http_request: web.Request) -> web.Response:
    return web.Response(status=302)


async def _bytes(http_request: web.Request) -> web.StreamResponse:
    """So many bytes, with or without saying so before."""
    count = int(http_request.match_info["count"])
    answer = web.StreamResponse()
    if "announced" in http_request.query:
        answer.content_length = count
    await answer.prepare(http_request)
    with contextlib.suppress(ConnectionError):
        for start in range(0, count, 65_536):
            await answer.write(b"x" * min(65_536, count - start))
    return answer


async def _gzipped(http_request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(PNG), headers={"Content-Encoding": "gzip"})


async def _bomb(http_request: web.Request) -> web.Response:
    return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})


async def _half_gzip(http_request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(PNG)[:100], headers={"Content-Encoding": "gzip"})


async def _brotli(http_request: web.Request) -> web.Response:
    return web.Response(body=b"?", headers={"Content-Encoding": "br"})


async def _slow(http_request: web.Request) -> web.StreamResponse:
    """A first byte, and then nothing until the caller hangs up."""
    answer = web.StreamResponse()
    await answer.prepare(http_request)
    await answer.write(b"x")
    await asyncio.Event().wait()
    return answer


async def _cut(http_request: web.Request) -> web.StreamResponse:
    """Announces more than it sends."""
    answer = web.StreamResponse()
    answer.content_length = 1_000
    await answer.prepare(http_request)
    await answer.write(b"x" * 10)
    assert http_request.transport is not None
    http_request.transport.close()
    return answer


async def _headers(http_request: web.Request) -> web.Response:
    """What the caller sent, one header a line."""
    return web.Response(text="\n".join(f"{name.lower()}: {value}" for name, value in http_request.headers.items()))


async def _cookie(http_request: web.Request) -> web.Response:
    return web.Response(text="set", headers={"Set-Cookie": "tracker=1; Path=/"})


@contextlib.asynccontextmanager
async def stranger() -> AsyncIterator[str]:
    """The server's base URL, for as long as the context lasts."""
    app = web.Application()
    for path, handler in {
        "/picture": _picture, "/status/{code}": _status, "/redirect": _redirect, "/hops/{left}": _hops,
        "/nowhere": _nowhere, "/bytes/{count}": _bytes, "/gzipped": _gzipped, "/bomb": _bomb,
        "/half-gzip": _half_gzip, "/brotli": _brotli, "/slow": _slow, "/cut": _cut, "/headers": _headers,
        "/cookie": _cookie,
    }.items():  # fmt: skip
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
