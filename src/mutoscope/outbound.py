"""
HTTP to strangers: which addresses may be reached, how many bytes and seconds a fetch may take.

Every address is judged where it is used, not where it is written: names after they are resolved, addresses in whatever
notation once the socket is about to be opened. A name that resolves to something else the second time (rebinding)
therefore meets the same gate. What is allowed stands in `guard.py`.
"""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Final

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from mutoscope.errors import OutboundFailed, OutboundRefused, OutboundTooLarge, disk_error
from mutoscope.guard import check_target, check_url, is_allowed_address, mask_url, parse_address, way_out
from mutoscope.limits import FETCH_CONNECT_TIMEOUT_S, FILE_CHUNK_BYTES, REDIRECTS_MAX, REPLY_BYTES_MAX

Lookup = Callable[[str, int], Sequence[str]]
"""The addresses of a host name and port; blocking, OSError when there are none."""

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_RESOLVER_THREADS: Final = 16
_ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content codings that are undone although none was asked for, with zlib's window bits."""
_HEAR_OUT_S: Final = 1.0
"""Whoever has answered a call with its status gets this long to finish its body, which nobody reads."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came."""

    size: int
    """Bytes, decoded."""
    content_type: str
    """As the other side says; not to be trusted. Empty when it says nothing."""
    final_url: str
    """After redirects."""


class Outbound:
    """
    One client for all fetches and calls; its session is made by the first of them.

    Args:
        allow_private_networks: also loopback and private ones; for development.
        lookup: resolves names; the system's by default.
    """

    def __init__(self, *, allow_private_networks: bool = False, lookup: Lookup | None = None) -> None:
        self._allow_private = allow_private_networks
        self._lookup = lookup or _system_lookup
        self._resolver: _GuardedResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str, destination: Path, *, bytes_max: int, timeout_s: float) -> Fetched:
        """
        GET `url` into the file `destination`, following at most `REDIRECTS_MAX` redirects.

        Nothing is left at `destination` after an error.

        Args:
            bytes_max: largest file, counted after decoding.
            timeout_s: for everything together, names, redirects and body.

        Raises:
            OutboundRefused: not http(s), credentials in the URL, or an address that is not allowed.
            OutboundFailed: no such host, no connection, not a 2xx, broken off, or out of time.
            OutboundTooLarge: over `bytes_max`, announced or seen.
            StoreFull: no room for the file.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(url, destination, bytes_max)
        except TimeoutError as error:
            discard_file(destination)
            raise OutboundFailed(
                f"{mask_url(url)} did not arrive within {timeout_s:g} s (setting input_timeout_s)"
            ) from error
        except BaseException:
            discard_file(destination)
            raise

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """
        POST `body` to `url`, written to the wire as it is, over a connection of its own; the status of the answer.

        Redirects are not followed, and of the answer's body at most `REPLY_BYTES_MAX` are taken, and dropped.

        Args:
            headers: beside those that every call has.
            timeout_s: for everything up to the answer's headers, names included.

        Raises:
            OutboundRefused: not http(s), credentials in the URL, or an address that is not allowed.
            OutboundFailed: no such host, no connection, no answer, or out of time.
        """
        target = check_target(url, allow_private=self._allow_private)
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._send("POST", target, data=body, headers=headers)
        except TimeoutError as error:
            raise OutboundFailed(
                f"{mask_url(url)} did not answer within {timeout_s:g} s (setting webhook_timeout_s)"
            ) from error
        try:
            with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):  # its status has said it all
                async with asyncio.timeout(_HEAR_OUT_S):
                    await response.content.read(REPLY_BYTES_MAX)
        finally:
            response.close()
        return response.status

    async def close(self) -> None:
        """End all connections; closing twice is fine."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def _follow(self, url: str, destination: Path, bytes_max: int) -> Fetched:
        target = check_url(url, allow_private=self._allow_private)
        for _ in range(REDIRECTS_MAX + 1):
            async with await self._send("GET", target) as response:
                if response.status not in _REDIRECTS:
                    return await _receive(response, target, destination, bytes_max)
                if "Location" not in response.headers:
                    raise OutboundFailed(f"{mask_url(str(target))} redirects without saying where to")
                target = check_url(response.headers["Location"], base=target, allow_private=self._allow_private)
        raise OutboundFailed(f"{mask_url(url)} redirects more than {REDIRECTS_MAX} times (REDIRECTS_MAX)")

    async def _send(self, method: str, target: URL, **content: Any) -> aiohttp.ClientResponse:
        """Send the request; every failure up to the response's headers becomes ours here."""
        shown = mask_url(str(target))
        try:
            # Redirects are ours to judge, one by one.
            return await self._client().request(method, target, allow_redirects=False, **content)
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise OutboundFailed(f"{shown} cannot be reached: its TLS certificate or handshake is not valid") from error
        except aiohttp.ClientConnectorDNSError as error:
            raise OutboundFailed(f"{shown} cannot be reached: its host name does not resolve") from error
        except aiohttp.InvalidURL as error:
            raise OutboundRefused(f"{shown} is not a URL that can be asked for") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OutboundFailed(f"{shown} cannot be reached: {_reason(error)}") from error

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._resolver = _GuardedResolver(self._lookup, allow_private=self._allow_private)
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,  # an answer is used once, by the connection it was judged for
                socket_factory=self._open_socket,
                force_close=True,  # so each of them resolves and is judged anew; a kept one may also have died unseen
                ssl=_tls_context(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,  # a proxy would connect where we could not look, and .netrc holds credentials
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=FETCH_CONNECT_TIMEOUT_S),
                headers={"User-Agent": "mutoscope", "Accept": "*/*", "Accept-Encoding": "identity"},
                requote_redirect_url=False,
            )
        return self._session

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The gate itself: whatever was parsed and resolved before, this is where the connection goes."""
        family, kind, protocol, _, place = info
        if not is_allowed_address(parse_address(str(place[0])), allow_private=self._allow_private):
            raise PermissionError(errno.EACCES, "not a public address")
        return socket.socket(family, kind, protocol)


class _GuardedResolver(AbstractResolver):
    """
    Names to addresses that are allowed.

    In threads of its own: names that never resolve must not take the threads that read files.
    """

    def __init__(self, lookup: Lookup, *, allow_private: bool) -> None:
        self._lookup = lookup
        self._allow_private = allow_private
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        allowed = [text for text in found if self._is_allowed(text)]
        if found and not allowed:
            # The address itself is not told: it may come from a private name server.
            raise OutboundRefused(
                f"host {host} is not fetched from: it resolves to an address that is not public; "
                f"{way_out(*map(parse_address, found))}"
            )
        return [_resolved(host, text, port) for text in allowed]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_allowed(self, text: str) -> bool:
        return is_allowed_address(parse_address(text), allow_private=self._allow_private)


def _system_lookup(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError as error:  # a label of more than 63 characters
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    return [str(place[0]) for *_, place in found]


def _resolved(host: str, text: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return ResolveResult(hostname=host, host=text, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _tls_context() -> ssl.SSLContext:
    """The system's authorities and certifi's: either may be missing or old."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _reason(error: Exception) -> str:
    """Why a connection failed, in words that hold no more than the caller may know."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, PermissionError):
        return "its address is not public"
    if isinstance(error, aiohttp.ServerTimeoutError):
        return f"no connection within {FETCH_CONNECT_TIMEOUT_S:g} s (FETCH_CONNECT_TIMEOUT_S)"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "the connection was refused or the network is down"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server hung up without an answer"
    return "the answer is not valid HTTP or was broken off"


async def _receive(response: aiohttp.ClientResponse, target: URL, destination: Path, bytes_max: int) -> Fetched:
    """Write the body of a final answer to `destination`, within the bound."""
    shown = mask_url(str(target))
    if not 200 <= response.status < 300:
        raise OutboundFailed(f"{shown} answered with HTTP status {response.status}")
    if response.content_length is not None and response.content_length > bytes_max:
        raise _too_large(shown, f"is {response.content_length} bytes", bytes_max)
    size = 0
    await asyncio.to_thread(create_file, destination)
    async for piece in _decoded(response, shown):
        size += len(piece)
        if size > bytes_max:
            raise _too_large(shown, "is larger than allowed", bytes_max)
        await asyncio.to_thread(append_file, destination, piece)
    return Fetched(size, response.headers.get("Content-Type", "")[:200], str(target))


def _too_large(shown: str, what: str, bytes_max: int) -> OutboundTooLarge:
    return OutboundTooLarge(f"{shown} {what}; the limit is {bytes_max} bytes (setting input_bytes_max)", bytes_max)


async def _decoded(response: aiohttp.ClientResponse, shown: str) -> AsyncIterator[bytes]:
    """The body in pieces of about `FILE_CHUNK_BYTES`, with a content coding undone piece by piece."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity", *_ENCODINGS):
        raise OutboundFailed(f"{shown} is sent with Content-Encoding {coding[:40]!r}, which was not asked for")
    inflate = zlib.decompressobj(_ENCODINGS[coding]) if coding in _ENCODINGS else None
    try:
        async for piece in _gathered(response.content):
            if inflate is None:
                yield piece
                continue
            for part in _inflated(inflate, piece):
                yield part
        if inflate is not None and not inflate.eof:
            raise OutboundFailed(f"{shown} is not complete: its {coding} data breaks off")
    except zlib.error as error:
        raise OutboundFailed(f"{shown} says Content-Encoding {coding} and is not") from error
    except (aiohttp.ClientError, OSError) as error:
        raise OutboundFailed(f"{shown} broke off before it was complete") from error


async def _gathered(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Network pieces joined to about a megabyte, so that one trip to the disk is worth its thread."""
    parts: list[bytes] = []
    size = 0
    async for part in content.iter_any():
        parts.append(part)
        size += len(part)
        if size >= FILE_CHUNK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _inflated(inflate: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    """What `piece` decodes to, at most a megabyte a step: a bomb meets the bound after one, not after a thousand."""
    while not inflate.eof:
        part = inflate.decompress(piece, FILE_CHUNK_BYTES)
        yield part
        piece = inflate.unconsumed_tail
        if not piece and len(part) < FILE_CHUNK_BYTES:
            return


def create_file(path: Path) -> None:
    """Make `path` an empty file. Raises StoreFull or StoreFailed."""
    try:
        path.write_bytes(b"")
    except OSError as error:
        raise disk_error("an input file", error) from error


def append_file(path: Path, data: bytes) -> None:
    """
    Add `data` to the file `path`. Raises StoreFull or StoreFailed.

    Opens and closes by itself: a thread left behind by a cancelled fetch must not share a handle with anybody.
    """
    try:
        with FileIO(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), "w") as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
    except OSError as error:
        raise disk_error("an input file", error) from error


def discard_file(path: Path) -> None:
    """Forget the file `path`, if there is one."""
    path.unlink(missing_ok=True)
