"""
Bytes on their way into the store: one folder per upload, below the data folder, so that keeping a file is a rename.

    <folder of the key>/name                what the file will be called, and whose it is; written first
    <folder of the key>/whole-<token>       a file that is being received, or joined of its parts
    <folder of the key>/part-<n>-<etag>     a part that is complete

A part has its name only once all of it is on stable storage, so what a killed server leaves is either whole or is
called `whole-…` and worth nothing. Nothing here is kept in memory beyond one piece.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, TypeVar

from mutoscope.errors import disk_error
from mutoscope.ids import new_token
from mutoscope.limits import FILE_CHUNK_BYTES, UPLOAD_PIECE_BYTES, UPLOADS_HELD_BYTES_MAX

T = TypeVar("T")
P = ParamSpec("P")

_WHAT: Final = "an upload"
_PART: Final = re.compile(r"part-(\d{5})-([0-9a-f]{32})")
_NOTE: Final = "name"
_NOT_HERE: Final = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM})
"""This kernel or filesystem does not copy by itself."""
_ETAG_CHARS: Final = 32
"""128 bits of the SHA-256 of a part."""


class Received(NamedTuple):
    """A file that has come as a whole."""

    path: Path
    size: int
    """Bytes."""
    digest: str | None
    """SHA-256 in hexadecimal; None for one that was joined."""


class Part(NamedTuple):
    """A piece of an upload that has come as a whole."""

    number: int
    size: int
    """Bytes."""
    etag: str
    """Of what is in it, without quotes."""


class Leftover(NamedTuple):
    """A folder that an upload has left."""

    key: str
    """What its file was to be stored under."""
    account_id: str
    """Whose it is."""
    changed: float
    """When something in it was last written, in Unix seconds."""
    parts: tuple[Part, ...]
    """Those that have come."""


class Incoming:
    """All uploads on their way. An upload is named by the key that its file will have."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held_bytes = 0
        """In memory, of all bodies together."""

    async def receive(self, key: str, account_id: str, body: AsyncIterator[bytes]) -> Received:
        """
        Take a body to its end.

        Raises:
            StoreFull, StoreFailed: the disk did not take it; of this body nothing is left.
            Whatever `body` raises; the same.
        """
        path = await in_thread(self._begin, key, account_id)
        try:
            size, digest = await self._write_body(path, body)
        except BaseException:
            await self.discard(path)
            raise
        return Received(path, size, digest)

    async def keep_part(self, key: str, number: int, received: Received) -> Part:
        """
        Make a received file a part of the upload, in place of the one that had its number.

        One call at a time for each upload.
        """
        return await in_thread(self._keep_part, key, number, received)

    async def parts(self, key: str) -> dict[int, Part]:
        """The parts that have come, by number."""
        return {part.number: part for part in await in_thread(self._parts, key)}

    async def join(self, key: str, account_id: str, parts: Sequence[Part]) -> Path:
        """
        One file of these parts, in this order.

        Raises:
            StoreFull, StoreFailed: the disk did not take it; the parts are as they were.
        """
        path = await in_thread(self._begin, key, account_id)
        try:
            await in_thread(self._join, path, key, parts)
        except BaseException:
            await self.discard(path)
            raise
        return path

    async def discard(self, path: Path) -> None:
        """Forget a received file, and the folder with it when that was all."""
        await in_thread(self._discard, path)

    async def drop(self, key: str) -> None:
        """Forget everything of an upload."""
        await in_thread(shutil.rmtree, self._folder(key), True)

    async def leftovers(self) -> list[Leftover]:
        """
        Every upload that has a folder.

        Raises:
            StoreFailed: the folder cannot be read.
        """
        return await in_thread(self._leftovers)

    async def drop_unfinished(self, key: str) -> None:
        """Forget what was being received or joined; complete parts stay."""
        for entry in _entries(self._folder(key)):
            if entry.name.startswith("whole-"):
                await self.discard(Path(entry.path))

    async def _write_body(self, path: Path, body: AsyncIterator[bytes]) -> tuple[int, str]:
        """Write what comes, a piece at a time and no faster than the disk; the number of bytes and their SHA-256."""
        digest, size, waiting_bytes = hashlib.sha256(), 0, 0
        waiting: list[bytes] = []
        with FileIO(path, "w") as file:

            def write(chunks: list[bytes]) -> None:
                for chunk in chunks:
                    digest.update(chunk)
                    _write_all(file, chunk)

            try:
                async for chunk in body:
                    waiting.append(chunk)
                    waiting_bytes += len(chunk)
                    self._held_bytes += len(chunk)
                    # Thousands of callers who each stop short of a whole piece must not fill the memory.
                    if waiting_bytes >= UPLOAD_PIECE_BYTES or self._held_bytes > UPLOADS_HELD_BYTES_MAX:
                        await in_thread(write, waiting)
                        self._held_bytes -= waiting_bytes
                        size += waiting_bytes
                        waiting, waiting_bytes = [], 0
                await in_thread(write, waiting)
            finally:
                self._held_bytes -= waiting_bytes
        return size + waiting_bytes, digest.hexdigest()

    def _folder(self, key: str) -> Path:
        return self._root / key.partition("/")[0]

    def _discard(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if not any(entry.name != _NOTE for entry in _entries(path.parent)):
            (path.parent / _NOTE).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not removed when somebody has just begun to send the same file again
                path.parent.rmdir()

    def _begin(self, key: str, account_id: str) -> Path:
        """The path of a new empty file; the folder is there, and says what it is for."""
        path = self._folder(key) / f"whole-{new_token()}"
        try:
            try:
                _make_files(path, key, account_id)
            except FileNotFoundError:  # whoever sent the same file before has just taken the folder away with them
                _make_files(path, key, account_id)
        except OSError as error:
            self._discard(path)
            raise disk_error(_WHAT, error) from error
        return path

    def _keep_part(self, key: str, number: int, received: Received) -> Part:
        assert received.digest is not None, "a joined file is no part"
        part = Part(number, received.size, received.digest[:_ETAG_CHARS])
        try:
            _sync(received.path)
            earlier = [entry.path for entry in _entries(self._folder(key)) if _number(entry.name) == number]
            kept = self._path(key, part)
            os.rename(received.path, kept)
            _sync(kept.parent)
            for path in earlier:
                if path != str(kept):
                    os.unlink(path)
        except OSError as error:
            raise disk_error(_WHAT, error) from error
        return part

    def _parts(self, key: str) -> list[Part]:
        return list(_parts_among(_entries(self._folder(key))))

    def _path(self, key: str, part: Part) -> Path:
        return self._folder(key) / f"part-{part.number:05d}-{part.etag}"

    def _join(self, target: Path, key: str, parts: Sequence[Part]) -> None:
        try:
            with FileIO(target, "r+") as whole:
                for part in parts:
                    with FileIO(self._path(key, part)) as source:
                        _copy(source.fileno(), whole.fileno(), part.size)
        except OSError as error:
            raise disk_error(_WHAT, error) from error

    def _leftovers(self) -> list[Leftover]:
        try:
            return list(self._look_around())
        except OSError as error:
            raise disk_error(_WHAT, error) from error

    def _look_around(self) -> Iterator[Leftover]:
        for folder in _entries(self._root):
            entries = _entries(Path(folder.path))
            note = ""
            with contextlib.suppress(OSError, UnicodeDecodeError):
                note = Path(folder.path, _NOTE).read_text("utf-8")
            name, _, account_id = note.partition("\n")
            changed = max([_modified(entry) for entry in (folder, *entries)])
            yield Leftover(f"{folder.name}/{name}", account_id, changed, tuple(_parts_among(entries)))


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `asyncio.to_thread`, but a cancel waits until the thread is done with the files that it was given."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


def _make_files(path: Path, key: str, account_id: str) -> None:
    """An empty file, and beside it the note that says what it will be called."""
    path.parent.parent.mkdir(exist_ok=True, mode=0o700)  # `parents` would leave this one open to the machine's others
    path.parent.mkdir(exist_ok=True, mode=0o700)
    (path.parent / _NOTE).write_text(f"{key.rpartition('/')[2]}\n{account_id}", "utf-8")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to stable storage."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(file: FileIO, chunk: bytes) -> None:
    try:
        view = memoryview(chunk)
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise disk_error(_WHAT, error) from error


def _copy(source: int, target: int, size: int) -> None:
    """`size` bytes from one open file to another, by the kernel alone where it can."""
    copy_file_range = getattr(os, "copy_file_range", None)  # Linux; shares the blocks where the filesystem can
    left = size
    while left and copy_file_range is not None:
        try:
            count = copy_file_range(source, target, left)
        except OSError as error:
            if left < size or error.errno not in _NOT_HERE:
                raise
            break
        if not count:
            break
        left -= count
    while left:
        piece = os.read(source, min(left, FILE_CHUNK_BYTES))
        if not piece:
            raise OSError(errno.EIO, "a part is shorter than it was")
        view = memoryview(piece)
        while view:
            view = view[os.write(target, view) :]
        left -= len(piece)


def _parts_among(entries: "Iterable[os.DirEntry[str]]") -> Iterator[Part]:
    for entry in entries:
        match = _PART.fullmatch(entry.name)
        if match is not None:
            yield Part(int(match[1]), entry.stat().st_size, match[2])


def _number(name: str) -> int | None:
    match = _PART.fullmatch(name)
    return None if match is None else int(match[1])


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    """What is in a folder; nothing when it is not there any more."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _modified(entry: "os.DirEntry[str]") -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0.0
