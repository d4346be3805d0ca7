"""An input named by a URL becomes a local file, or an error that says why not."""

import asyncio
import binascii
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from mutoscope.errors import (
    FileUnknown,
    InputInvalid,
    Loc,
    OutboundFailed,
    OutboundRefused,
    OutboundTooLarge,
    Problem,
)
from mutoscope.guard import mask_url
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX, FILE_CHUNK_BYTES
from mutoscope.media.sniff import HEAD_BYTES, SUPPORTED_FORMATS, sniff_image
from mutoscope.outbound import Outbound, append_file, create_file, discard_file

_GONE: Final = "; if it was a file of this server, it is not there any more: upload it again"
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ASCII_SPACE: Final = b"\t\n\f\r "
_DATA_HEAD_CHARS_MAX: Final = 1_000
"""Media type and parameters of a data URI, before its comma."""


class Readable(Protocol):
    """An open object of the file store."""

    @property
    def size(self) -> int: ...

    async def read(self, offset: int, length: int) -> bytes: ...
    def close(self) -> None: ...


OwnFile = Callable[[str], Awaitable[Readable | None]]
"""Opens the object behind a URL of this server; None when the URL is not ours. FileUnknown when it is and is gone."""


async def fetch_input(
    url: str,
    loc: Loc,
    destination: Path,
    *,
    outbound: Outbound,
    own_file: OwnFile,
    bytes_max: int,
    timeout_s: float,
    formats: Sequence[str] = (),
    field_bytes_max: int | None = None,
    is_picture: bool = True,
) -> Path:
    """
    Bring the picture, or other file, that `url` names to the local file `destination`.

    Args:
        url: `data:`, `http:`, `https:`, or a file URL of this server, which is read without HTTP.
        loc: where an error points.
        bytes_max: largest file, decoded.
        timeout_s: longest fetch.
        formats: endings without the dot, where the field takes fewer than this server does.
        field_bytes_max: largest file that the field takes, where that is less.
        is_picture: whether it has to be one; else it may be anything.

    Returns:
        `destination`, where it has to be a picture then a jpg, png, webp, gif or avif by its first bytes.
        After an error it does not exist.

    Raises:
        InputInvalid: `file_download_error`, `file_too_large` or `unsupported_image_format`.
        StoreFull: no room for the file.
    """
    try:
        await _bring(url.strip(), destination, outbound, own_file, bytes_max, timeout_s)
        if is_picture:
            await asyncio.to_thread(_check_picture, destination, formats, field_bytes_max)
    except _Unusable as error:
        discard_file(destination)
        problem = Problem(error.type, loc, str(error), url[:ECHOED_INPUT_CHARS_MAX], error.ctx)
        raise InputInvalid(problem) from error
    except BaseException:
        discard_file(destination)
        raise
    return destination


class _Unusable(Exception):
    """An input that cannot be used, before it is known which field it belongs to."""

    def __init__(self, kind: str, message: str, ctx: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.type = kind
        self.ctx = ctx


async def _bring(
    url: str, destination: Path, outbound: Outbound, own_file: OwnFile, bytes_max: int, timeout_s: float
) -> None:
    """The bytes, by the road that the scheme names."""
    scheme = _SCHEME.match(url)
    kind = scheme[1].lower() if scheme else ""
    if kind == "data":
        await asyncio.to_thread(_write_data, url, destination, bytes_max)
        return
    if kind not in ("http", "https"):
        said = f"the scheme {kind[:40]}: is" if kind else "a text without a scheme is"
        raise _Unusable("file_download_error", f"{said} not fetched; give an https:, http: or data: URL")
    try:
        own = await own_file(url)
        if own is None:
            await outbound.fetch(url, destination, bytes_max=bytes_max, timeout_s=timeout_s)
        else:
            await _copy_own(own, destination, bytes_max)
    except OutboundTooLarge as error:
        raise _Unusable("file_too_large", str(error), {"max_size": error.bytes_max}) from error
    except (OutboundRefused, OutboundFailed) as error:
        # A forgotten upload is asked for under this server's own, often private, name: that is not what went wrong.
        gone = _GONE if "/files/" in url.partition("?")[0] else ""
        raise _Unusable("file_download_error", f"{error}{gone}") from error
    except FileUnknown as error:
        raise _Unusable("file_download_error", f"{mask_url(url)}: {error}") from error


async def _copy_own(source: Readable, destination: Path, bytes_max: int) -> None:
    """One of our own objects to `destination`; closes `source`."""
    try:
        if source.size > bytes_max:
            raise _over("the file", source.size, bytes_max)
        await asyncio.to_thread(create_file, destination)
        for offset in range(0, source.size, FILE_CHUNK_BYTES):
            piece = await source.read(offset, FILE_CHUNK_BYTES)
            await asyncio.to_thread(append_file, destination, piece)
    finally:
        source.close()


def _write_data(url: str, destination: Path, bytes_max: int) -> None:
    """Decode a data URI into `destination`. Source: RFC 2397; WHATWG Fetch, "data: URL processor"."""
    head, comma, body = url[len("data:") :].partition(",")
    if not comma or len(head) > _DATA_HEAD_CHARS_MAX:
        raise _Unusable("file_download_error", "the data URI has no comma; write data:<type>;base64,<data>")
    is_base64 = head.rstrip().lower().endswith(";base64")
    try:
        data = unquote_to_bytes(body) if "%" in body or not is_base64 else body.encode("ascii")
        if is_base64:
            data = _decode_base64(data)
    except (ValueError, binascii.Error) as error:
        what = "base64" if is_base64 else "percent-encoded text"
        raise _Unusable("file_download_error", f"the data URI does not hold valid {what}: {error}") from error
    if len(data) > bytes_max:
        raise _over("the data URI", len(data), bytes_max)
    create_file(destination)
    append_file(destination, data)


def _decode_base64(text: bytes) -> bytes:
    """As browsers do: white space and missing padding are forgiven, anything else is not."""
    text = text.translate(None, _ASCII_SPACE)
    if len(text) % 4 == 0:
        text = text.removesuffix(b"=").removesuffix(b"=")
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)


def _check_picture(path: Path, formats: Sequence[str], bytes_max: int | None) -> None:
    """Refuse what does not begin like a picture in one of the supported formats, or is larger than the field takes."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = sniff_image(head)
    endings = [f".{each}" for each in formats] or list(SUPPORTED_FORMATS)
    if found is None:
        said = "its first bytes are those of no picture format known here" if head else "the file is empty"
    elif f".{found}" not in endings:
        said = f"it is a {found}, which this endpoint does not take (setting strict)"
    else:
        said = ""
    if said:
        text = f"{said}; send one of {', '.join(endings)}"
        raise _Unusable("unsupported_image_format", text, {"supported_formats": endings})
    size = path.stat().st_size
    if bytes_max is not None and size > bytes_max:
        text = f"the file is {size} bytes, the limit of this endpoint is {bytes_max} bytes (setting strict)"
        raise _Unusable("file_too_large", text, {"max_size": bytes_max})


def _over(what: str, size: int, bytes_max: int) -> _Unusable:
    text = f"{what} is {size} bytes, the limit is {bytes_max} bytes (setting input_bytes_max)"
    return _Unusable("file_too_large", text, {"max_size": bytes_max})
