"""Connections to a SQLite file, and what its errors say."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from mutoscope.errors import StoreFailed
from mutoscope.limits import WAL_BYTES_MAX

_BUSY_TIMEOUT_S: Final = 1.0
"""How long somebody else's lock on the file is waited for; there should be nobody else."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that any thread may use, one at a time; transactions are begun by hand."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """One that cannot write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def prepare_writer(connection: sqlite3.Connection, pages_max: int | None) -> None:
    """Make commits durable, checkpoints ours, and the file no larger than `pages_max` pages."""
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL would answer before the data is on the disk
        "wal_autocheckpoint = 0",
        f"journal_size_limit = {WAL_BYTES_MAX}",
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    if pages_max is not None:
        connection.execute(f"PRAGMA max_page_count = {pages_max}").fetchall()


def make_private(path: Path) -> None:
    """SQLite gives its side files the rights of the main one, so this one file decides."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def unusable(path: Path, error: Exception) -> StoreFailed:
    """The file cannot be opened, or not be brought to the newest schema."""
    name = getattr(error, "sqlite_errorname", None)
    return StoreFailed(f"The database {path} cannot be used: {error}" + (f" ({name})" if name else ""))


def primary_code(error: Exception) -> int:
    """SQLite's result code without its extension; 0 when the error is not SQLite's."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
