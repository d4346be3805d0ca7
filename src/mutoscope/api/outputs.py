"""The files door: `/files/{key}`, public by its unguessable name, with ranges for players that seek."""

import asyncio
from typing import Final

from mutoscope.api.exchange import Header, HttpRequest, Reply
from mutoscope.api.problems import range_refused
from mutoscope.api.ranges import Slice, Verdict, http_date, slice_for
from mutoscope.errors import FileUnknown
from mutoscope.files.base import FileReader
from mutoscope.limits import FILE_CHUNK_BYTES
from mutoscope.service import Service

_CONTENT_TYPES: Final[dict[str, bytes]] = {
    "mp4": b"video/mp4",
    "webm": b"video/webm",
    "jpg": b"image/jpeg",
    "jpeg": b"image/jpeg",
    "png": b"image/png",
    "webp": b"image/webp",
    "gif": b"image/gif",
    "avif": b"image/avif",
}
"""What a browser may show in place; anything else is downloaded, so that no stored page runs under this origin."""

_EVERY_FILE: Final[tuple[Header, ...]] = (
    (b"accept-ranges", b"bytes"),
    # A key never gets other bytes; an hour, since a deleted file should be gone from caches too.
    (b"cache-control", b"public, max-age=3600, immutable"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


class FileCutShort(Exception):
    """The file ended before the length that the headers promised; only closing the connection tells the caller."""


async def read_file(service: Service, http: HttpRequest) -> Reply | None:
    """
    Answer GET or HEAD of a file, a megabyte at a time, no faster than the caller takes it.

    Returns:
        None when the answer is sent; a reply when the caller asks for bytes that there are not.

    Raises:
        FileUnknown: nothing lies under the key.
        FileCutShort: the file shrank while it was sent.
    """
    key = http.route.target
    reader = await service.files.open(key)
    if reader is None:
        raise FileUnknown
    try:
        part = slice_for(http.method, http.headers, size=reader.size, etag=reader.etag, modified=reader.modified)
        if part.verdict is Verdict.NOT_SATISFIABLE:
            return range_refused(reader.size)
        await http.start(part.verdict.value, _headers(key, reader, part))
        if http.method == "HEAD" or part.length == 0:
            await http.write(b"", more=False)
        else:
            await _send(http, reader, part)
        return None
    finally:
        reader.close()


def _headers(key: str, reader: FileReader, part: Slice) -> list[Header]:
    headers = [
        *_EVERY_FILE,
        (b"etag", reader.etag.encode()),
        (b"last-modified", http_date(reader.modified).encode()),
    ]
    if part.verdict is Verdict.NOT_MODIFIED:
        return headers
    headers.append((b"content-length", b"%d" % part.length))
    if part.verdict is Verdict.PART:
        last = part.offset + part.length - 1
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.offset, last, reader.size)))
    name = key.rpartition("/")[2]
    content_type = _CONTENT_TYPES.get(name.rpartition(".")[2].lower())
    disposition = b"inline" if content_type else b"attachment"
    headers.append((b"content-type", content_type or b"application/octet-stream"))
    headers.append((b"content-disposition", b'%b; filename="%b"' % (disposition, name.encode())))
    return headers


async def _send(http: HttpRequest, reader: FileReader, part: Slice) -> None:
    """Send the slice; stop reading when the caller has gone."""
    gone = asyncio.create_task(http.disconnected(), name="file-disconnect")
    try:
        offset, end = part.offset, part.offset + part.length
        while offset < end and not gone.done():
            chunk = await reader.read(offset, min(FILE_CHUNK_BYTES, end - offset))
            if not chunk:
                raise FileCutShort(f"{http.path} ended at {offset} of {end} bytes")
            offset += len(chunk)
            await http.write(chunk, more=offset < end)
            # Neither a warm read nor a write with room left gives way; others, and news of a hang-up, get their turn.
            await asyncio.sleep(0)
    finally:
        gone.cancel()
        await asyncio.wait({gone})
