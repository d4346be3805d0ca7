"""Every file store keeps the same promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mutoscope.files.base import FileStore, is_file_key
from mutoscope.files.local import LocalFiles
from tests.conftest import read_whole

STORES: dict[str, Callable[[Path], FileStore]] = {"local": lambda folder: LocalFiles(folder / "store")}

NOT_KEYS = [
    "", "/", "/etc/passwd", "a//b", "a/", "../a", "a/../b", "..", ".", "a/.", ".hidden", "a/.hidden",
    "a\\b", "a b", "a\x00b", "a\nb", "ä", "C:/x", "a%2e%2e", "x" * 201, "a/" * 300 + "a",
]  # fmt: skip


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """One store of each kind."""
    return STORES[request.param](tmp_path)


def a_file(folder: Path, data: bytes, name: str = "source") -> Path:
    """A local file that holds `data`."""
    path = folder / name
    path.write_bytes(data)
    return path


async def read_all(store: FileStore, key: str) -> bytes | None:
    """The bytes under `key`, or None."""
    return await read_whole(await store.open(key))


async def test_put_moves_the_file_in_and_open_gives_its_bytes_back(store: FileStore, tmp_path: Path) -> None:
    """The source is consumed and the object is whole."""
    source = a_file(tmp_path, b"moving picture")

    size = await store.put("outputs/ab/clip.mp4", source)

    assert size == 14
    assert not source.exists()
    assert await read_all(store, "outputs/ab/clip.mp4") == b"moving picture"


async def test_put_replaces_what_was_there_and_changes_the_etag(store: FileStore, tmp_path: Path) -> None:
    """A key holds its last object, and a cached copy of the old one is recognizable."""
    await store.put("a", a_file(tmp_path, b"old"))
    old = await store.stat("a")

    await store.put("a", a_file(tmp_path, b"newer"))

    new = await store.stat("a")
    assert await read_all(store, "a") == b"newer"
    assert old is not None and new is not None and old.etag != new.etag


async def test_reads_give_exactly_the_range_asked_for(store: FileStore, tmp_path: Path) -> None:
    """Ranges are exact over several chunks and end where the object ends."""
    data = bytes(range(256)) * 12_000
    await store.put("big", a_file(tmp_path, data))
    reader = await store.open("big")
    assert reader is not None

    assert reader.size == len(data)
    for offset, length in ((0, 1), (5, 1_000), (1_048_575, 2), (100, 2_500_000), (len(data) - 3, 10), (len(data), 5)):
        assert await reader.read(offset, length) == data[offset : offset + length]

    reader.close()
    reader.close()


async def test_a_deleted_object_is_gone_and_an_open_reader_still_reads_it(store: FileStore, tmp_path: Path) -> None:
    """A download that has begun is not cut off by retention."""
    await store.put("x/y", a_file(tmp_path, b"still here"))
    reader = await store.open("x/y")
    assert reader is not None

    await store.delete("x/y")
    await store.delete("x/y")

    assert await store.open("x/y") is None
    assert await store.stat("x/y") is None
    assert await reader.read(0, 100) == b"still here"
    reader.close()


async def test_stat_and_reader_say_the_same(store: FileStore, tmp_path: Path) -> None:
    """HEAD and GET agree."""
    await store.put("a/b", a_file(tmp_path, b"12345"))

    facts = await store.stat("a/b")
    reader = await store.open("a/b")

    assert facts is not None and reader is not None
    assert (facts.size, facts.etag, facts.modified) == (reader.size, reader.etag, reader.modified)
    assert facts.etag.startswith('"') and facts.etag.endswith('"')
    reader.close()


async def test_an_empty_object_is_an_object(store: FileStore, tmp_path: Path) -> None:
    """Zero bytes are a size, not an absence."""
    await store.put("empty", a_file(tmp_path, b""))

    assert await read_all(store, "empty") == b""


@pytest.mark.parametrize("key", NOT_KEYS)
async def test_what_is_not_a_key_is_refused_by_put_and_unknown_to_the_rest(
    store: FileStore, tmp_path: Path, key: str
) -> None:
    """A caller's path never becomes a path on the machine."""
    source = a_file(tmp_path, b"x")

    with pytest.raises(ValueError, match="is not a file key"):
        await store.put(key, source)

    assert source.exists()
    assert not is_file_key(key)
    assert await store.open(key) is None
    assert await store.stat(key) is None
    await store.delete(key)


async def test_a_folder_is_not_an_object(store: FileStore, tmp_path: Path) -> None:
    """The path above an object names nothing."""
    await store.put("a/b/c", a_file(tmp_path, b"x"))

    assert await store.open("a/b") is None
    await store.delete("a/b/c/d")
    assert await read_all(store, "a/b/c") == b"x"
