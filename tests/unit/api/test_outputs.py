"""Files over HTTP, from a real store."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from mutoscope.api.outputs import FileCutShort, read_file
from mutoscope.errors import FileUnknown
from mutoscope.files.local import LocalFiles
from mutoscope.limits import FILE_CHUNK_BYTES
from tests.unit.api.asgi import Exchange, a_call

KEY = "2026/clip_output.mp4"
CONTENT = bytes(range(256)) * (FILE_CHUNK_BYTES // 256) * 2 + b"the end"


@pytest.fixture
async def files(tmp_path: Path) -> LocalFiles:
    """A store with one clip of a little over two chunks, and one page."""
    store = LocalFiles(tmp_path / "files")
    for key, content in ((KEY, CONTENT), ("page.html", b"<script>")):
        source = tmp_path / "source"
        source.write_bytes(content)
        await store.put(key, source)
    return store


async def read(files: LocalFiles, key: str = KEY, method: str = "GET", **headers: str) -> Exchange:
    """One exchange with the files door; headers as `if_range="…"`."""
    exchange = Exchange(b"")
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    http = a_call(exchange, method=method, path=f"/files/{key}", headers=sent)
    reply = await read_file(SimpleNamespace(files=files), http)  # type: ignore[arg-type]
    if reply is not None:
        await http.answer(reply)
    return exchange


async def test_a_file_comes_whole_in_chunks(files):
    """Exact length, seekable, not sniffed, playable in place under its own name, readable from any origin."""
    exchange = await read(files)

    assert exchange.status == 200
    assert b"".join(exchange.chunks) == CONTENT
    assert max(map(len, exchange.chunks)) == FILE_CHUNK_BYTES
    assert (
        exchange.headers.items()
        >= {
            "content-length": str(len(CONTENT)),
            "content-type": "video/mp4",
            "accept-ranges": "bytes",
            "x-content-type-options": "nosniff",
            "content-disposition": 'inline; filename="clip_output.mp4"',
            "access-control-allow-origin": "*",
        }.items()
    )
    assert exchange.is_complete


async def test_head_promises_what_get_delivers(files):
    """The same headers and no body."""
    head, get = await read(files, method="HEAD"), await read(files)

    assert head.headers == get.headers
    assert head.chunks == [b""]


async def test_a_range_is_the_bytes_it_names(files):
    """Across a chunk's border."""
    first, last = FILE_CHUNK_BYTES - 2, FILE_CHUNK_BYTES + 1

    exchange = await read(files, range=f"bytes={first}-{last}")

    assert exchange.status == 206
    assert b"".join(exchange.chunks) == CONTENT[first : last + 1]
    assert exchange.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert exchange.headers["content-length"] == "4"


async def test_a_range_past_the_end_names_the_size(files):
    """416 in JSON, with what would be possible."""
    exchange = await read(files, range=f"bytes={len(CONTENT)}-")

    assert exchange.status == 416
    assert exchange.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert exchange.headers["content-type"] == "application/json"
    assert str(len(CONTENT)) in json.loads(b"".join(exchange.chunks))["detail"]


async def test_a_known_file_is_not_sent_again(files):
    """304 with the validators, without a body or its headers."""
    etag = (await read(files)).headers["etag"]

    exchange = await read(files, if_none_match=etag)

    assert exchange.status == 304
    assert exchange.headers["etag"] == etag
    assert "content-type" not in exchange.headers
    assert exchange.chunks == [b""]


async def test_what_is_no_picture_or_film_is_downloaded(files):
    """A stored page never runs under this origin."""
    exchange = await read(files, "page.html")

    assert exchange.headers["content-type"] == "application/octet-stream"
    assert exchange.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("key", ["absent.mp4", "../data.db", "2026", ".hidden", "a\x00b", "%2e%2e/x"])
async def test_what_is_no_key_is_not_found(files, key):
    """Whatever the path says, nothing outside the store is touched."""
    with pytest.raises(FileUnknown):
        await read(files, key)


async def test_a_file_that_shrinks_breaks_the_answer(files, tmp_path):
    """Too few bytes must not look like the end of the file."""

    class Shrinking(Exchange):
        async def send(self, message):
            await super().send(message)
            with (tmp_path / "files" / KEY).open("r+b") as handle:
                handle.truncate(FILE_CHUNK_BYTES)

    exchange = Shrinking(b"")
    with pytest.raises(FileCutShort):
        await read_file(
            SimpleNamespace(files=files),  # type: ignore[arg-type]
            a_call(exchange, path=f"/files/{KEY}"),
        )

    assert not exchange.is_complete


async def test_a_caller_that_leaves_is_not_read_for(files):
    """The loop stops at the next chunk and the handle is closed."""

    class Leaving(Exchange):
        async def send(self, message):
            await super().send(message)
            if message["type"] == "http.response.body":
                self.hung_up.set()

    exchange = Leaving(b"")
    await read_file(
        SimpleNamespace(files=files),  # type: ignore[arg-type]
        a_call(exchange, path=f"/files/{KEY}"),
    )

    assert len(exchange.chunks) < 3
    assert not exchange.is_complete
