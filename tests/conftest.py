"""An application with its real parts, in this process: null engine, SQLite in a temporary folder, HTTP on loopback."""

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mutoscope.app import App, serving
from mutoscope.files.base import FileReader
from mutoscope.settings import load_settings

TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"


@dataclass(frozen=True)
class Served:
    """A server in this process and a client that knows its key."""

    app: App
    url: str
    key: str
    client: httpx.AsyncClient

    async def submit(self, arguments: dict[str, Any] | None = None, /, **headers: str) -> dict[str, Any]:
        """Submit to the text-to-video endpoint and return the envelope."""
        body = {"prompt": "a red boat"} if arguments is None else arguments
        answer = await self.client.post(f"/queue/{TEXT_TO_VIDEO}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        envelope: dict[str, Any] = answer.json()
        return envelope


def operator(server: Served) -> httpx.AsyncClient:
    """A client of the server's socket."""
    path = server.app.house.settings.data_dir / "control.sock"
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://server")


async def read_whole(reader: FileReader | None) -> bytes | None:
    """The bytes of an open file, which is closed; None where there is none."""
    if reader is None:
        return None
    try:
        return await reader.read(0, reader.size)
    finally:
        reader.close()


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@asynccontextmanager
async def serve_in(data_dir: Path, **settings: Any) -> AsyncIterator[Served]:
    """A server on this data folder for as long as the block lasts."""
    defaults = {"engine": "null", "runners": 1, "port": 0, "data_dir": data_dir, "key": "test-key"}
    table = load_settings(defaults | settings, environ={})
    async with (
        serving(table) as server,
        httpx.AsyncClient(
            base_url=server.facts.url, headers={"Authorization": f"Key {table.key}"}, timeout=30
        ) as client,
    ):
        yield Served(server.app, server.facts.url, table.key, client)


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a server with these settings: `async with serve(runners=2) as server`."""
    return functools.partial(serve_in, tmp_path / "data")


@pytest.fixture
async def server(serve: Serve) -> AsyncIterator[Served]:
    """A server with one runner."""
    async with serve() as served:
        yield served
