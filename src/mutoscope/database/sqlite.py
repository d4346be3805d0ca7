"""
SQLite with one writer: a thread that commits everything that is waiting together, so that one sync serves many callers.

The writer's connection is the only one that writes and the only one that checkpoints; SQLite before 3.51.3 can damage
a file when two connections do that at once (the "WAL-reset bug" of sqlite.org/wal.html). Readers see committed state.
"""

import asyncio
import contextlib
import os
import queue
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NamedTuple

from mutoscope.database.base import Script, Statement, T
from mutoscope.database.migrate import migrate
from mutoscope.database.sql import load_statements, statement_files
from mutoscope.errors import OwnError, ShuttingDown, StoreFailed, StoreFull
from mutoscope.limits import WAL_BYTES_MAX, WAL_COMMITS_MAX, WRITE_BATCH_OPS_MAX

Probe = Callable[[str, str, str], None]
"""Called with the script's name, the statement's name and `before` or `after`, in the writer thread; for tests."""

_DAMAGE: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}
)
_CONCERNS_ALL: Final = _DAMAGE | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY}
"""Errors after which the transaction is not sound; any other is the one script's own."""
_DISK_FREE_BYTES_MIN: Final = 1024 * 1024
"""An I/O error with less than this free is a full disk that SQLite met at a place where it cannot say so."""


class _Write(NamedTuple):
    """A script on its way to the writer."""

    script: Script[Any]
    answer: asyncio.Future[Any]


class _Raised(NamedTuple):
    """A script ended with an exception instead of a value."""

    error: BaseException


class SqliteDatabase:
    """
    One database file, owned by this process. Use from one event loop; see `Database` for the methods' promises.

    Args:
        path: of the file; made, readable by its owner only, when it is not there.
        statements: files of named SQL; those of all rooms by default.
        migrations: the schema's history.
        probe: looks on at every statement; for tests.
        pages_max: the file's largest size in pages of 4 KiB; for tests of a full disk.

    Raises:
        SchemaTooNew: a newer version wrote the file.
        StoreFailed: the file cannot be opened or is no database.
    """

    def __init__(
        self,
        path: Path,
        statements: Iterable[Traversable] | None = None,
        *,
        migrations: Traversable | None = None,
        probe: Probe | None = None,
        pages_max: int | None = None,
    ) -> None:
        self._path = path
        self._sql = load_statements(statement_files("sqlite") if statements is None else statements)
        self._probe = probe
        self.failed = asyncio.Event()
        """Set when the file can no longer be trusted to keep what it is given; the server should stop."""
        self._failure: StoreFailed | None = None
        self._loop = asyncio.get_running_loop()
        try:
            _make_private(path)
            self._writer = _connect(path)
            _prepare_writer(self._writer, pages_max)
            migrate(self._writer, migrations or files("mutoscope.database") / "migrations" / "sqlite")
            self._reader = _connect_reader(path)
            self._slow_reader = _connect_reader(path)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error
        self._slow = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mutoscope-read")
        self._commits_since_checkpoint = 0
        self._pending: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closing: asyncio.Future[None] | None = None
        self._drained = self._loop.create_future()
        # A daemon, so that a process whose owner forgot to close still ends; nothing acknowledged is lost by that.
        self._thread = threading.Thread(target=self._write_until_closed, name="mutoscope-write", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        """The database of all rooms, at its newest schema."""
        return cls(path)

    async def write(self, script: Script[T]) -> T:
        """Queue the script for the writer and wait for the commit that carries it."""
        if self._closing is not None:
            script.close()
            raise ShuttingDown("The server is stopping; try again in a moment")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._pending.put(_Write(script, answer))
        return await answer

    async def read(self, script: Script[T]) -> T:
        """Play the script here and now: a point read takes less time than handing it to a thread."""
        self._refuse_reads_when_closing()
        try:
            return self._play(self._reader, script)
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error

    async def read_slow(self, script: Script[T]) -> T:
        """Play the script in the reading thread, on one snapshot."""
        self._refuse_reads_when_closing()
        return await self._loop.run_in_executor(self._slow, self._play_on_snapshot, script)

    async def close(self) -> None:
        """Commit what is queued, then close the files. Can be called twice, also at once."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._pending.put(None)
        await self._drained
        self._thread.join()
        # In the reading thread, since the last checkpoint may take a while; behind every read that was under way.
        await self._loop.run_in_executor(self._slow, self._close_connections)
        self._slow.shutdown()

    def _close_connections(self) -> None:
        # The writer goes last: whoever closes last checkpoints, and only the writer may.
        for connection in (self._reader, self._slow_reader, self._writer):
            connection.close()

    def _refuse_reads_when_closing(self) -> None:
        if self._closing is not None:
            raise ShuttingDown("The server is stopping; try again in a moment")

    def _play(self, connection: sqlite3.Connection, script: Script[T]) -> T:
        try:
            statement = next(script)
            while True:
                rows = connection.execute(self._sql[statement.name], statement.params).fetchall()
                statement = script.send(rows)
        except StopIteration as stop:
            value: T = stop.value
            return value

    def _play_on_snapshot(self, script: Script[T]) -> T:
        try:
            self._slow_reader.execute("BEGIN")
            try:
                return self._play(self._slow_reader, script)
            finally:
                self._slow_reader.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error

    # --- the writer's thread ---

    def _write_until_closed(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                self._hand_back(batch, self._commit(batch))
                self._checkpoint_if_due()
        self._in_loop(lambda: self._drained.set_result(None))

    def _next_batch(self) -> tuple[list[_Write], bool]:
        """Whatever is waiting, at least one; and whether more may come. Nobody waits for a batch to fill."""
        batch: list[_Write] = []
        write = self._pending.get()
        while write is not None:
            batch.append(write)
            if len(batch) == WRITE_BATCH_OPS_MAX:
                return batch, True
            try:
                write = self._pending.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Write]) -> list[Any]:
        """Values, or _Raised, in the order of the batch; what is a value is on stable storage."""
        if self._failure is not None:
            return _raised_each(batch, self._failure)
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            answers = [self._attempt(write.script) for write in batch]
            self._probe_commit(batch, "before")
            self._writer.execute("COMMIT")
            self._probe_commit(batch, "after")
        except (sqlite3.Error, OSError) as error:
            return _raised_each(batch, self._give_up(error))
        return answers

    def _attempt(self, script: Script[Any]) -> Any:
        """Play one script so that its failure undoes only itself."""
        writer = self._writer
        writer.execute("SAVEPOINT script")
        try:
            value = self._play(writer, script) if self._probe is None else self._play_probed(script, self._probe)
        except Exception as error:
            if isinstance(error, sqlite3.Error):
                if _primary_code(error) in _CONCERNS_ALL:
                    raise
                error = StoreFailed(f"{_name(script)}: {error}").with_traceback(error.__traceback__)
            writer.execute("ROLLBACK TO script")
            value = _Raised(error)
        writer.execute("RELEASE script")
        return value

    def _play_probed(self, script: Script[Any], probe: Probe) -> Any:
        def probed() -> Script[Any]:
            """The same script, with the probe around each of its statements."""
            answer = None
            while True:
                try:
                    statement: Statement = script.send(answer)  # type: ignore[arg-type]
                except StopIteration as stop:
                    return stop.value
                probe(_name(script), statement.name, "before")
                answer = yield statement
                probe(_name(script), statement.name, "after")

        return self._play(self._writer, probed())

    def _probe_commit(self, batch: list[_Write], when: str) -> None:
        if self._probe is not None:
            for write in batch:
                self._probe(_name(write.script), "COMMIT", when)

    def _give_up(self, error: sqlite3.Error | OSError) -> OwnError:
        """Undo the batch; after damage no later write is taken either."""
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself, or cannot any more
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        if self._is_full(error):
            return StoreFull(f"There is no room on the disk of {self._path.parent}: {error}; free some and try again")
        failure = _unusable(self._path, error)
        if _primary_code(error) in _DAMAGE:
            # A sync that failed must not be tried again: the kernel may have dropped the pages and call the next good.
            self._failure = failure
            self._in_loop(self.failed.set)
        return failure

    def _is_full(self, error: sqlite3.Error | OSError) -> bool:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_FSYNC:
            return False
        if _primary_code(error) == sqlite3.SQLITE_IOERR:
            return shutil.disk_usage(self._path.parent).free < _DISK_FREE_BYTES_MIN
        return _primary_code(error) == sqlite3.SQLITE_FULL

    def _checkpoint_if_due(self) -> None:
        """Copy the log into the database now and then; after the answers are out, so that only the next batch waits."""
        self._commits_since_checkpoint += 1
        if self._failure is not None:
            return
        if self._commits_since_checkpoint < WAL_COMMITS_MAX and self._log_bytes() <= WAL_BYTES_MAX:
            return
        try:
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._commits_since_checkpoint = 0
        except sqlite3.Error as error:
            # A full disk leaves everything in the log, where it is safe; the next commit tries again.
            self._give_up(error)

    def _log_bytes(self) -> int:
        try:
            return os.stat(f"{self._path}-wal").st_size
        except FileNotFoundError:
            return 0

    def _hand_back(self, batch: list[_Write], answers: list[Any]) -> None:
        self._in_loop(lambda: _settle(batch, answers))

    def _in_loop(self, call: Callable[[], object]) -> None:
        # A loop that is closed already has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)


def _raised_each(batch: list[_Write], error: OwnError) -> list[Any]:
    """One exception for each caller: a shared one would collect the tracebacks of all."""
    return [_Raised(type(error)(str(error))) for _ in batch]


def _settle(batch: list[_Write], answers: list[Any]) -> None:
    for write, answer in zip(batch, answers, strict=True):
        if write.answer.done():  # whoever asked has gone; the write stands
            continue
        if isinstance(answer, _Raised):
            write.answer.set_exception(answer.error)
        else:
            write.answer.set_result(answer)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=5.0, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    return connection


def _connect_reader(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare_writer(connection: sqlite3.Connection, pages_max: int | None) -> None:
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


def _make_private(path: Path) -> None:
    """SQLite gives its side files the rights of the main one, so this one file decides."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _unusable(path: Path, error: Exception) -> StoreFailed:
    name = getattr(error, "sqlite_errorname", None)
    return StoreFailed(f"The database {path} cannot be used: {error}" + (f" ({name})" if name else ""))


def _primary_code(error: Exception) -> int:
    """SQLite's result code without its extension; 0 when the error is not SQLite's."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _name(script: Script[Any]) -> str:
    name: str = getattr(script, "__name__", "script")
    return name
