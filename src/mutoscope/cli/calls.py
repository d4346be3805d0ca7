"""A small client of the queue: submit, follow, fetch the result, download, cancel."""

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
import certifi

from mutoscope.errors import EngineFailed, ServerUnreachable
from mutoscope.ids import new_token

_CANCEL_TIMEOUT_S: Final = 5.0
_SILENCE_S: Final = 60.0
"""The stream says something at least every 15 seconds; four times that and it is dead."""
_STREAM_TRIES: Final = 5
_RETRY_S: Final = 0.1
_EVENT_BYTES_MAX: Final = 8 * 1024 * 1024


class Calls:
    """
    One server, one key; use as `async with`.

    Args:
        url: base of the server.
        ca_file: an authority to trust beside the public ones.
    """

    def __init__(self, url: str, key: str, ca_file: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._ca_file = ca_file

    async def __aenter__(self) -> Self:
        trust: ssl.SSLContext | bool = True
        if self._url.startswith("https://"):
            trust = ssl.create_default_context()
            trust.load_verify_locations(certifi.where())
            if self._ca_file is not None:
                trust.load_verify_locations(self._ca_file)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE_S),
            read_bufsize=_EVENT_BYTES_MAX,
        )
        self._authorization = {"Authorization": f"Key {self._key}"}
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()

    async def submit(self, endpoint_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """
        Put a request into the queue; the envelope.

        Raises:
            EngineFailed: the server refuses it, with its reason.
            ServerUnreachable: no answer.
        """
        return await self._call("POST", f"{self._url}/queue/{endpoint_id}", arguments)

    async def follow(self, envelope: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """
        One status per change, the last COMPLETED; a broken stream is taken up again.

        Raises:
            ServerUnreachable: it broke `_STREAM_TRIES` times without a word in between.
        """
        failures, logs_seen = 0, 0
        while True:
            logs_old = logs_seen  # a new stream begins with all of them again
            try:
                async for status in self._stream(f"{envelope['status_url']}/stream?logs=1"):
                    failures = 0
                    logs = status.get("logs") or []
                    status["logs"], logs_old = logs[logs_old:], max(0, logs_old - len(logs))
                    logs_seen += len(status["logs"])
                    yield status
                    if status["status"] == "COMPLETED":
                        return
                raise ServerUnreachable(f"{self._url} ended the stream before the request was done")
            except (aiohttp.ClientError, TimeoutError, ServerUnreachable) as error:
                failures += 1
                if failures == _STREAM_TRIES:
                    raise ServerUnreachable(f"{self._url} stopped answering: {error}") from error
                await asyncio.sleep(_RETRY_S * 2**failures)

    async def result(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """The output of a completed request; EngineFailed with the server's words when it has none."""
        return await self._call("GET", envelope["response_url"])

    async def cancel(self, envelope: dict[str, Any]) -> None:
        """Ask the server to stop; what it answers changes nothing for a caller who leaves."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            timeout = aiohttp.ClientTimeout(total=_CANCEL_TIMEOUT_S)
            await self._session.put(envelope["cancel_url"], headers=self._authorization, timeout=timeout)

    async def download(self, url: str, output: Path) -> int:
        """
        Write what `url` serves to `output`, under another name until it is whole; the number of bytes.

        Raises:
            ServerUnreachable: it does not come, or not whole.
            OSError: `output` cannot be written.
        """
        unfinished = output.with_name(f".{output.name}.{new_token()[:8]}.part")
        try:
            async with self._session.get(url) as answer:
                if answer.status != 200:
                    raise ServerUnreachable(f"{url} answered with HTTP status {answer.status}")
                with unfinished.open("xb") as file:
                    async for piece in answer.content.iter_chunked(1024 * 1024):
                        file.write(piece)
            size = unfinished.stat().st_size
            os.replace(unfinished, output)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServerUnreachable(f"{url} broke off: {error}") from error
        finally:
            unfinished.unlink(missing_ok=True)
        return size

    async def _call(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            async with self._session.request(method, url, json=body, headers=self._authorization) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServerUnreachable(f"{self._url} does not answer: {str(error) or type(error).__name__}") from error
        try:
            said = json.loads(text)
        except ValueError as error:
            raise ServerUnreachable(f"{url} answered {answer.status} with something that is not JSON") from error
        if answer.status >= 400:
            raise EngineFailed(_reason(said, answer.status))
        return dict(said)

    async def _stream(self, url: str) -> AsyncIterator[dict[str, Any]]:
        async with self._session.get(url, headers=self._authorization) as answer:
            if answer.status != 200:
                raise ServerUnreachable(f"{url} answered with HTTP status {answer.status}")
            async for line in answer.content:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])


def _reason(said: Any, status: int) -> str:
    """The server's `detail`, a text or a list of problems, on one line."""
    detail = said.get("detail") if isinstance(said, dict) else None
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in detail)
    return str(detail or f"HTTP status {status}")
