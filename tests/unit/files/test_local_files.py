"""What is particular to files in a local folder: links, full disks, cold pages, other filesystems."""

import os
from pathlib import Path

import pytest

from mutoscope.errors import StoreFailed, StoreFull, disk_error
from mutoscope.files import local
from mutoscope.files.local import LocalFiles

OTHER_FILESYSTEM = Path("/dev/shm")
ALWAYS_FULL = Path("/dev/full")


async def test_a_link_that_leads_out_of_the_folder_is_no_object(tmp_path: Path) -> None:
    """Neither a linked file nor a linked folder is followed."""
    (tmp_path / "secret").write_text("outside")
    store = LocalFiles(tmp_path / "store")
    (tmp_path / "store" / "file").symlink_to(tmp_path / "secret")
    (tmp_path / "store" / "folder").symlink_to(tmp_path)

    assert await store.open("file") is None
    assert await store.stat("folder/secret") is None
    await store.delete("folder/secret")

    assert (tmp_path / "secret").read_text() == "outside"


async def test_a_source_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """An engine that leaves a link in its scratch folder publishes nothing."""
    (tmp_path / "secret").write_text("outside")
    (tmp_path / "source").symlink_to(tmp_path / "secret")
    store = LocalFiles(tmp_path / "store")

    with pytest.raises(ValueError, match="symbolic link"):
        await store.put("a", tmp_path / "source")

    assert await store.open("a") is None


async def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    """Only regular files are stored and served."""
    store = LocalFiles(tmp_path / "store")
    os.mkfifo(tmp_path / "store" / "pipe")
    os.mkfifo(tmp_path / "source")

    assert await store.open("pipe") is None
    with pytest.raises(ValueError, match="not a regular file"):
        await store.put("a", tmp_path / "source")


@pytest.mark.skipif(not OTHER_FILESYSTEM.is_dir(), reason="needs a second filesystem (/dev/shm)")
async def test_a_source_on_another_filesystem_is_copied_and_consumed(tmp_path: Path) -> None:
    """Scratch on a memory disk works; no temporary name is left beside the object."""
    source = OTHER_FILESYSTEM / f"mutoscope-{os.getpid()}"
    source.write_bytes(b"far away")
    store = LocalFiles(tmp_path / "store")

    try:
        await store.put("in/here", source)
        assert not source.exists()
    finally:
        source.unlink(missing_ok=True)

    reader = await store.open("in/here")
    assert reader is not None and await reader.read(0, 100) == b"far away"
    reader.close()
    assert [path.name for path in (tmp_path / "store" / "in").iterdir()] == ["here"]


async def test_a_missing_source_leaves_no_object(tmp_path: Path) -> None:
    """The key stays absent when there is nothing to move."""
    store = LocalFiles(tmp_path / "store")

    with pytest.raises(StoreFailed, match="cannot be stored"):
        await store.put("a/b", tmp_path / "nothing")

    assert await store.stat("a/b") is None


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="needs posix_fadvise to drop pages")
async def test_a_cold_file_reads_the_same_as_a_warm_one(tmp_path: Path) -> None:
    """Bytes that are not in memory come from a thread, and the answer is whole."""
    data = os.urandom(3_000_000)
    (tmp_path / "source").write_bytes(data)
    store = LocalFiles(tmp_path / "store")
    await store.put("a", tmp_path / "source")
    reader = await store.open("a")
    assert reader is not None

    assert reader._handle is not None
    os.posix_fadvise(reader._handle, 0, 0, os.POSIX_FADV_DONTNEED)
    pieces = [await reader.read(offset, 1_048_576) for offset in range(0, reader.size, 1_048_576)]

    assert b"".join(pieces) == data
    reader.close()


async def test_reads_work_where_the_kernel_has_no_rwf_nowait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On other systems every read goes through a thread."""
    monkeypatch.setattr(local, "_NOWAIT", None)
    (tmp_path / "source").write_bytes(b"0123456789")
    store = LocalFiles(tmp_path / "store")
    await store.put("a", tmp_path / "source")

    reader = await store.open("a")

    assert reader is not None and await reader.read(2, 5) == b"23456"
    reader.close()


@pytest.mark.skipif(not ALWAYS_FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_apart_from_a_broken_one() -> None:
    """ENOSPC becomes StoreFull; the machine's own full device produces it."""
    with pytest.raises(OSError, match="No space") as caught, ALWAYS_FULL.open("wb", buffering=0) as device:
        device.write(b"x")

    assert isinstance(disk_error("file a", caught.value), StoreFull)
    assert isinstance(disk_error("file a", OSError(5, "Input/output error")), StoreFailed)
