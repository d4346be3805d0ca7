"""The sockets that a server listens on, and uvicorn behind them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn

from mutoscope.api.protocol import HttpProtocol
from mutoscope.errors import SettingInvalid
from mutoscope.tls import Tls

_HANG_UP_S: Final = 3
"""Open streams get this long to end once the server stops."""
_KEEP_ALIVE_S: Final = 75
_SOCKET_PATH_BYTES_MAX: Final = 100
"""Unix socket addresses end at 104 bytes on macOS and at 108 on Linux."""


def listen(host: str, port: int) -> socket.socket:
    """
    A bound socket; bound before anything is announced, so that port 0 has its number.

    Raises:
        SettingInvalid: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio switches Nagle's delay off only then, and it costs every answer 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingInvalid(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error
    return listener


def listen_privately(path: Path) -> socket.socket:
    """
    A bound Unix socket that only the owner of the process may talk to; its folder is locked by us.

    Raises:
        SettingInvalid: the path is too long for a socket.
    """
    if len(os.fsencode(path)) > _SOCKET_PATH_BYTES_MAX:
        raise SettingInvalid(f"data_dir is too long for a socket in it ({path}, over {_SOCKET_PATH_BYTES_MAX} bytes)")
    path.unlink(missing_ok=True)  # left by a killed server; the folder's lock is ours
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    path.chmod(0o600)  # nobody can have connected before: the folder itself is 0700 and nobody listens yet
    return listener


@contextlib.asynccontextmanager
async def answering(api: Any, listener: socket.socket, tls: Tls | None = None) -> AsyncIterator[None]:
    """Serve the ASGI application `api` on a bound socket while the block lasts."""
    config = uvicorn.Config(
        api,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_HANG_UP_S,
        ssl_certfile=tls.cert_file if tls else None,
        ssl_keyfile=tls.key_file if tls else None,
    )
    server = _HttpServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn sets a flag and no event
            await asyncio.sleep(0.005)
        if not server.started:
            await serving  # raises what kept it from starting
        yield
    finally:
        server.should_exit = True
        await serving


class _HttpServer(uvicorn.Server):
    """uvicorn that leaves the signals alone: stopping begins with the work, not with the sockets."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
