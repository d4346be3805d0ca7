"""What an object store can do: put, open, stat, delete; and what makes a key."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

KEY_CHARS_MAX: Final = 512
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def is_file_key(text: str) -> bool:
    """
    Whether `text` can name an object: relative posix parts of letters, digits, `.`, `_` and `-`.

    No part starts with a dot, so `..` is no key, and neither is a store's own temporary file.
    """
    return len(text) <= KEY_CHARS_MAX and all(_PART.fullmatch(part) for part in text.split("/"))


def shown_key(key: str) -> str:
    """A key for logs and messages: enough to find the file, too little to fetch it."""
    return f"{key[:8]}…" if len(key) > 8 else key


@dataclass(frozen=True, slots=True)
class FileStat:
    """What is known of an object without reading it."""

    size: int
    """Bytes."""
    etag: str
    """Strong validator as it stands in the header, quotes included."""
    modified: float
    """Seconds since the Unix epoch."""


class FileReader(Protocol):
    """
    An open object. It stays readable when the key is deleted or replaced meanwhile.

    One read at a time: a reader may keep a buffer between reads.
    """

    @property
    def size(self) -> int: ...
    @property
    def etag(self) -> str: ...
    @property
    def modified(self) -> float: ...

    async def read(self, offset: int, length: int) -> bytes:
        """
        Exactly the bytes from `offset`, fewer than `length` only where the object ends.

        `FILE_CHUNK_BYTES` at a time is the cheapest.

        Raises:
            StoreFailed: the medium cannot be read.
        """
        ...

    def close(self) -> None:
        """Give the handle back; closing twice is fine."""
        ...


class FileStore(Protocol):
    """
    Bytes under keys that the server makes.

    `open`, `stat` and `delete` may be asked for any text: what is not a key is absent.
    """

    async def put(self, key: str, source: Path) -> int:
        """
        Move the local file `source` into the store under `key`, replacing what was there.

        On stable storage, name included, before it returns. Then `source` is gone; after an error it is still there.

        Returns:
            Size in bytes.

        Raises:
            StoreFull: no room; nothing is left under the key.
            StoreFailed: the medium failed.
            ValueError: `key` is not a key, or `source` is not a regular file.
        """
        ...

    async def open(self, key: str) -> FileReader | None:
        """The object for reading, or None when there is none. The caller closes it."""
        ...

    async def stat(self, key: str) -> FileStat | None:
        """The object's facts, or None when there is none."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the object; one that is absent is fine."""
        ...
