"""Objects in a local folder: durable puts, and reads that never make the event loop wait for a disk."""

import asyncio
import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mutoscope.errors import disk_error
from mutoscope.files.base import FileStat, is_file_key, shown_key
from mutoscope.ids import new_token
from mutoscope.limits import FILE_CHUNK_BYTES

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # NONBLOCK: a FIFO must not hang the open

# Linux only: fail with EAGAIN instead of waiting for the disk when the bytes are not in memory.
_NOWAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)


class LocalFiles:
    """
    A file store in one folder.

    Every step into the folder is taken by name from the handle of the last (`dir_fd`, never through a symbolic link),
    so no key and no link planted inside leads out of it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def put(self, key: str, source: Path) -> int:
        """See `FileStore.put`. On the same filesystem a rename, else a copy and a rename."""
        if not is_file_key(key):
            raise ValueError(f"{key!r} is not a file key")
        return await asyncio.to_thread(self._put, key, source)

    async def open(self, key: str) -> "LocalReader | None":
        """See `FileStore.open`."""
        handle = self._open(key)
        return None if handle is None else LocalReader(handle)

    async def stat(self, key: str) -> FileStat | None:
        """See `FileStore.stat`."""
        handle = self._open(key)
        if handle is None:
            return None
        try:
            return _describe(os.fstat(handle))
        finally:
            os.close(handle)

    async def delete(self, key: str) -> None:
        """See `FileStore.delete`. The space is free when the last reader has closed it."""
        if is_file_key(key):
            await asyncio.to_thread(self._delete, key)

    def _open(self, key: str) -> int | None:
        """A handle of the regular file under `key`, or None."""
        if not is_file_key(key):
            return None
        try:
            with self._folder(key, create=False) as folder:
                handle = os.open(key.rpartition("/")[2], _FILE, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
                return None
            raise disk_error(f"file {shown_key(key)}", error) from error
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        return None

    def _put(self, key: str, source: Path) -> int:
        try:
            size = _make_durable(source)
            with self._folder(key, create=True) as folder:
                _place(source, folder, key.rpartition("/")[2])
                os.fsync(folder)
        except OSError as error:
            raise disk_error(f"file {shown_key(key)}", error) from error
        return size

    def _delete(self, key: str) -> None:
        try:
            with self._folder(key, create=False) as folder:
                os.unlink(key.rpartition("/")[2], dir_fd=folder)
            self._remove_empty(key.rpartition("/")[0])
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise disk_error(f"file {shown_key(key)}", error) from error

    def _remove_empty(self, path: str) -> None:
        """The folder of a deleted file, if that was all it held: a clip has a folder of its own."""
        if path:
            with contextlib.suppress(OSError), self._folder(path, create=False) as outer:
                os.rmdir(path.rpartition("/")[2], dir_fd=outer)

    @contextlib.contextmanager
    def _folder(self, key: str, *, create: bool) -> Iterator[int]:
        """A handle of the folder that holds `key`; new folders are durable before they are used."""
        handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in key.split("/")[:-1]:
                if create:
                    _make_folder(part, handle)
                inner = os.open(part, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = inner
            yield handle
        finally:
            os.close(handle)


class LocalReader:
    """An open file. See `FileReader`."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle
        self._buffer: bytearray | None = None
        facts = _describe(os.fstat(handle))
        self.size = facts.size
        self.etag = facts.etag
        self.modified = facts.modified

    async def read(self, offset: int, length: int) -> bytes:
        """See `FileReader.read`. What lies in memory is read here, only a cold piece costs a thread."""
        assert self._handle is not None, "read after close"
        wanted = max(0, min(length, self.size - offset))
        warm = self._read_warm(self._handle, offset, wanted)
        if len(warm) == wanted:
            return warm
        handle = os.dup(self._handle)  # the thread's own: a cancelled read may outlive close()
        return warm + await asyncio.to_thread(_read_cold, handle, offset + len(warm), wanted - len(warm))

    def close(self) -> None:
        """See `FileReader.close`."""
        handle, self._handle, self._buffer = self._handle, None, None
        if handle is not None:
            os.close(handle)

    def _read_warm(self, handle: int, offset: int, wanted: int) -> bytes:
        """
        The bytes that can be had without waiting, perhaps none.

        One buffer for all reads: a fresh megabyte each time costs twenty times the read itself in page faults.
        """
        if _NOWAIT is None or wanted == 0:
            return b""
        if self._buffer is None or len(self._buffer) < wanted:
            self._buffer = bytearray(min(wanted, FILE_CHUNK_BYTES))
        view = memoryview(self._buffer)[:wanted]
        try:
            count = os.preadv(handle, [view], offset, _NOWAIT)
        except OSError as error:
            # EAGAIN: not in memory. The others: this kernel or filesystem has no such flag.
            if error.errno in (errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                return b""
            raise disk_error("a file", error) from error
        return bytes(view[:count])


def _describe(facts: os.stat_result) -> FileStat:
    return FileStat(facts.st_size, f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"', facts.st_mtime)


def _read_cold(handle: int, offset: int, wanted: int) -> bytes:
    """Read in a thread, from a handle that is closed here."""
    pieces: list[bytes] = []
    try:
        while wanted > 0:
            piece = os.pread(handle, min(wanted, FILE_CHUNK_BYTES), offset)
            if not piece:  # the file shrank under us; the caller sees a short answer
                break
            pieces.append(piece)
            offset += len(piece)
            wanted -= len(piece)
    except OSError as error:
        raise disk_error("a file", error) from error
    finally:
        os.close(handle)
    return b"".join(pieces)


def _make_durable(source: Path) -> int:
    """Bring the bytes of `source` to stable storage; its size."""
    try:
        handle = os.open(source, _FILE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError(f"{source} is a symbolic link, not a file to store") from error
        raise
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError(f"{source} is not a regular file")
        os.fsync(handle)
        return facts.st_size
    finally:
        os.close(handle)


def _make_folder(name: str, parent: int) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    os.fsync(parent)  # also when it exists: whoever made it may not have come this far yet


def _place(source: Path, folder: int, name: str) -> None:
    """Give the durable file `source` its final name in `folder`."""
    try:
        os.rename(source, name, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, folder, name)
        source.unlink()


def _copy(source: Path, folder: int, name: str) -> None:
    """Copy across filesystems under a name that is no key, then rename."""
    temporary = f".{new_token()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with open(handle, "wb") as target, source.open("rb") as original:
            shutil.copyfileobj(original, target, FILE_CHUNK_BYTES)
            target.flush()
            os.fsync(target.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(temporary, dir_fd=folder)
        raise
