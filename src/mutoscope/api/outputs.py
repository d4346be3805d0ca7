"""The files door: `/files/{key}`, public by its unguessable name, with ranges for players that seek."""

import asyncio
from typing import Final, NamedTuple

from mutoscope.api.auth import SCHEMES, credentials
from mutoscope.api.exchange import CallerGone, Header, HttpRequest, Reply
from mutoscope.api.problems import range_refused
from mutoscope.api.ranges import Slice, Verdict, http_date, slice_for
from mutoscope.errors import FileUnknown
from mutoscope.files.access import record_for
from mutoscope.files.base import FileReader
from mutoscope.files.lifecycle import EVERYBODY
from mutoscope.files.names import PLAIN_BYTES, is_recorded, is_shown_in_place
from mutoscope.house import House
from mutoscope.limits import FILE_CHUNK_BYTES, LINGER_S, TAKE_SILENCE_S_MAX

_CONTENT_TYPES: Final[dict[str, str]] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
"""Of files without a record, by the extension; anything else is bytes."""

_EVERY_FILE: Final[tuple[Header, ...]] = (
    (b"accept-ranges", b"bytes"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


_NOT_ACTIVE: Final[tuple[Header, ...]] = ((b"content-security-policy", b"sandbox; default-src 'none'"),)
"""What is no picture, video or sound is downloaded, and would have no rights if a browser showed it all the same."""
_CACHE_S_MAX: Final = 3_600
"""A key never gets other bytes; an hour, since a deleted file should be gone from caches too."""
_PLAIN_CACHE: Final = b"public, max-age=%d, immutable" % _CACHE_S_MAX


class _Face(NamedTuple):
    """How a file is shown, beside its bytes."""

    content_type: str
    cache: bytes


class FileCutShort(Exception):
    """The file ended before the length that the headers promised; only closing the connection tells the caller."""


async def read_file(house: House, http: HttpRequest) -> Reply | None:
    """
    Answer GET or HEAD of a file, a megabyte at a time, no faster than the caller takes it.

    Returns:
        None when the answer is sent; a reply when the caller asks for bytes that there are not.

    Raises:
        FileUnknown: nothing lies under the key, its time is over, or it is hidden from this caller.
        FileForbidden: it is not for this caller.
        FileCutShort: the file shrank while it was sent.
    """
    key = http.route.target
    # Most files are outputs without a record, which cost no look at the database.
    face = await _recorded_face(house, http) if is_recorded(key) else _plain_face(key)
    reader = await house.files.open(key)
    if reader is None:
        raise FileUnknown
    try:
        part = slice_for(http.method, http.headers, size=reader.size, etag=reader.etag, modified=reader.modified)
        if part.verdict is Verdict.NOT_SATISFIABLE:
            return range_refused(reader.size)
        await http.start(part.verdict.value, _headers(key, reader, part, face))
        if http.method == "HEAD" or part.length == 0:
            await http.write(b"", more=False)
        else:
            await _send(http, reader, part)
        return None
    finally:
        reader.close()


def _plain_face(key: str) -> _Face:
    return _Face(_CONTENT_TYPES.get(key.rpartition(".")[2].lower(), PLAIN_BYTES), _PLAIN_CACHE)


async def _recorded_face(house: House, http: HttpRequest) -> _Face:
    """What the record says, if the caller may read the file."""
    scheme, credential = credentials(http)
    # A file that everybody may read is not kept from somebody whose key is not known.
    caller = house.keys.authenticate(credential) if credential and scheme in SCHEMES else None
    record = await record_for(house.records, http.route.target, None if caller is None else caller.account_id)
    if record.acl != EVERYBODY:
        return _Face(record.content_type, b"private, no-store")
    seconds = min(_CACHE_S_MAX, int(house.records.left_s(record)))
    return _Face(record.content_type, b"public, max-age=%d, immutable" % seconds)


def _headers(key: str, reader: FileReader, part: Slice, face: _Face) -> list[Header]:
    headers = [
        *_EVERY_FILE,
        (b"cache-control", face.cache),
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
    in_place = is_shown_in_place(face.content_type)
    headers.append((b"content-type", face.content_type.encode()))
    headers.append(
        (b"content-disposition", b'%b; filename="%b"' % (b"inline" if in_place else b"attachment", name.encode()))
    )
    return headers if in_place else [*headers, *_NOT_ACTIVE]


async def _send(http: HttpRequest, reader: FileReader, part: Slice) -> None:
    """Send the slice; stop reading when the caller has gone. Raises CallerGone for one that takes nothing of it."""
    gone = asyncio.create_task(http.disconnected(), name="file-disconnect")
    try:
        offset, end = part.offset, part.offset + part.length
        while offset < end and not gone.done():
            chunk = await reader.read(offset, min(FILE_CHUNK_BYTES, end - offset))
            if not chunk:
                raise FileCutShort(f"{http.shown_path} ended at {offset} of {end} bytes")
            offset += len(chunk)
            async with asyncio.timeout(TAKE_SILENCE_S_MAX):
                await http.write(chunk, more=offset < end)
            # Neither a warm read nor a write with room left gives way; others, and news of a hang-up, get their turn.
            await asyncio.sleep(0)
    except TimeoutError:
        # Thousands who ask and take nothing would each hold two megabytes here.
        http.hang_up()
        await asyncio.wait({gone}, timeout=LINGER_S)
        raise CallerGone from None
    finally:
        gone.cancel()
        await asyncio.wait({gone})
