"""
SQLite with group commit: everything that is waiting is committed together, so that one sync serves many callers.

Statements are played on the event loop, where each takes microseconds; only the commit and the checkpoint, which wait
for the disk, go to the writer thread, and nothing is played meanwhile. (Played in a thread, every statement would hand
the interpreter lock over and back twice; beside a busy loop that is milliseconds each time.) A batch that has a heavy
script in it goes to the thread as a whole.

One connection writes and checkpoints: SQLite before 3.51.3 can damage a file when two do that at once (the "WAL-reset
bug" of sqlite.org/wal.html). Readers see committed state only.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NamedTuple

from mutoscope.database.base import Params, Row, Script, Statement, T
from mutoscope.database.connections import connect, connect_reader, make_private, prepare_writer, primary_code, unusable
from mutoscope.database.disk_thread import DiskThread
from mutoscope.database.migrate import migrate
from mutoscope.database.sql import load_statements, statement_files
from mutoscope.errors import OwnError, ShuttingDown, StoreFailed, StoreFull
from mutoscope.limits import WAL_BYTES_MAX, WAL_COMMITS_MAX, WRITE_BATCH_OPS_MAX

Probe = Callable[[str, str, str], None]
"""Called with the script's name, the statement's name (or COMMIT) and `before` or `after`; for tests."""

_DAMAGE: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}
)
_CONCERNS_ALL: Final = _DAMAGE | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY}
"""Errors after which the transaction is not sound; any other is the one script's own."""
_DISK_FREE_BYTES_MIN: Final = 1024 * 1024
"""An I/O error with less than this free is a full disk that SQLite met at a place where it cannot say so."""
_QUIET_TURNS: Final = 4
"""Turns of the loop without a new write after which a batch is not waited for any longer."""
_GATHER_S_MAX: Final = 0.003
"""How long a batch is waited for while every turn of the loop brings a new write."""


class _Write(NamedTuple):
    """A script that waits for its turn."""

    script: Script[Any]
    answer: asyncio.Future[Any]
    is_heavy: bool


class _Raised(NamedTuple):
    """A script ended with an exception instead of a value."""

    error: Exception


class SqliteDatabase:
    """
    One database file, owned by this process; made and used on one event loop. `Database` says what the methods promise.

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
        self._loop = asyncio.get_running_loop()
        try:
            make_private(path)
            self._writer = connect(path)
            prepare_writer(self._writer, pages_max)
            migrate(self._writer, migrations or files("mutoscope.database") / "migrations" / "sqlite")
            self._reader = connect_reader(path)
            self._slow_reader = connect_reader(path)
        except (sqlite3.Error, OSError) as error:
            raise unusable(path, error) from error
        self.failed = asyncio.Event()
        """Set when the file can no longer be trusted to keep what it is given; the server should stop."""
        self._failure: StoreFailed | None = None
        self._waiting: deque[_Write] = deque()
        self._idle = asyncio.Event()
        """Set while nothing waits and nothing is being committed."""
        self._idle.set()
        self._commits_since_checkpoint = 0
        self._closing: asyncio.Future[None] | None = None
        self._slow = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mutoscope-read")
        self._disk = DiskThread(self._loop)

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        """The database of all rooms, at its newest schema."""
        return cls(path)

    async def write(self, script: Script[T], *, is_heavy: bool = False) -> T:
        """Queue the script for the next batch and wait for the commit that carries it."""
        if self._closing is not None:
            script.close()
            raise _closed()
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(_Write(script, answer, is_heavy))
        if self._idle.is_set():
            self._idle.clear()
            # Not at once: whatever else this turn of the loop asks for goes into the same commit.
            self._loop.call_soon(self._play_batch)
        return await answer

    async def read(self, script: Script[T]) -> T:
        """Play the script here and now: a point read takes less time than handing it to a thread."""
        if self._closing is not None:
            raise _closed()
        try:
            return self._play(self._snapshot(), script)
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error

    async def rows(self, name: str, params: Params) -> list[Row]:
        """Play one statement here and now."""
        if self._closing is not None:
            raise _closed()
        try:
            return self._snapshot().execute(self._sql[name], params).fetchall()
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error

    async def read_slow(self, script: Script[T]) -> T:
        """Play the script in the reading thread, on one snapshot."""
        if self._closing is not None:
            raise _closed()
        return await self._loop.run_in_executor(self._slow, self._play_on_snapshot, script)

    async def close(self) -> None:
        """Commit what is queued, then close the files. Can be called twice, also at once."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._idle.wait()
        await self._loop.run_in_executor(self._slow, int)  # behind every read that was under way
        self._slow.shutdown()
        closed = self._loop.create_future()
        self._disk.do(self._close_connections, closed.set_result)
        await closed
        self._disk.stop()

    def _close_connections(self) -> None:
        # The writer goes last: whoever closes last checkpoints, and only the writer may.
        for connection in (self._reader, self._slow_reader, self._writer):
            connection.close()

    def _snapshot(self) -> sqlite3.Connection:
        """
        The reading connection, in a transaction that all reads of this turn of the loop share.

        Locking the file anew for each costs a tenth of a status. Nobody misses a commit that he was told of: it is told
        in a later turn than it took place, and a snapshot that is older ends before that.
        """
        if not self._reader.in_transaction:
            self._reader.execute("BEGIN")
            self._loop.call_soon(self._reader.rollback)
        return self._reader

    # --- playing scripts ---

    def _play(self, connection: sqlite3.Connection, script: Script[T], done: list[Statement] | None = None) -> T:
        """Play a script to its end, and note in `done` what it did."""
        try:
            statement = next(script)
            while True:
                rows = connection.execute(self._sql[statement.name], statement.params).fetchall()
                if done is not None:
                    done.append(statement)
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
            raise unusable(self._path, error) from error

    def _play_alone(self, script: Script[Any], done: list[Statement]) -> Any:
        """
        Play one script of a batch so that its failure undoes only itself.

        A savepoint around each would cost every script what only a failing one needs; so the whole transaction goes
        back instead, and what the others did in it is done again. SQL here has no chance and no clock of its own: the
        same statements in the same order find and leave the same rows.

        Args:
            done: what the scripts before it did in this transaction; what this one does is added.
        """
        own, changes = len(done), self._writer.total_changes
        try:
            return self._play(self._writer, script if self._probe is None else _probed(script, self._probe), done)
        except Exception as error:
            if primary_code(error) in _CONCERNS_ALL:
                raise
            if isinstance(error, sqlite3.Error):
                error = StoreFailed(f"{_name(script)}: {error}").with_traceback(error.__traceback__)
            del done[own:]
            # A refusal that says ROLLBACK has undone the whole batch, though it changed nothing.
            if self._writer.total_changes != changes or not self._writer.in_transaction:
                self._begin_again(done)
            return _Raised(error)

    def _begin_again(self, done: list[Statement]) -> None:
        """Undo the transaction so far, and do these statements in a new one."""
        self._writer.rollback()
        self._writer.execute("BEGIN IMMEDIATE")
        for statement in done:
            self._writer.execute(self._sql[statement.name], statement.params).fetchall()

    # --- batches ---

    def _play_batch(self) -> None:
        """Play whatever waits in one transaction and send its commit to the disk; no timer waits for more."""
        count = min(len(self._waiting), WRITE_BATCH_OPS_MAX)
        batch = [self._waiting.popleft() for _ in range(count)]
        then = partial(self._committed, batch)
        if self._failure is not None:
            self._end_batch(batch, _raised_each(batch, self._failure))
        elif any(write.is_heavy for write in batch):
            self._disk.do(lambda: self._commit(batch, self._play_all(batch)), then)
        else:
            changes = self._writer.total_changes
            played = self._play_all(batch)
            if self._writer.total_changes == changes:
                then(self._commit(batch, played))  # nothing was written, the disk has nothing to do
            else:
                self._disk.do(partial(self._commit, batch, played), then)

    def _play_all(self, batch: list[_Write]) -> list[Any] | sqlite3.Error:
        """Answers in the order of the batch, or what broke the transaction."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            done: list[Statement] = []
            return [self._play_alone(write.script, done) for write in batch]
        except sqlite3.Error as error:
            return error

    def _commit(self, batch: list[_Write], played: list[Any] | sqlite3.Error) -> list[Any] | sqlite3.Error:
        """What was played, now on stable storage; or what broke."""
        if isinstance(played, sqlite3.Error):
            return played
        try:
            self._probe_commit(batch, "before")
            self._writer.commit()  # as a method it lets go of the interpreter lock once, as a statement four times
            self._probe_commit(batch, "after")
        except sqlite3.Error as error:
            return error
        return played

    def _committed(self, batch: list[_Write], played: list[Any] | sqlite3.Error) -> None:
        self._commits_since_checkpoint += 1
        if isinstance(played, sqlite3.Error):
            played = _raised_each(batch, self._give_up(played))
        self._end_batch(batch, played)

    def _end_batch(self, batch: list[_Write], answers: list[Any]) -> None:
        _settle(batch, answers)
        if self._is_checkpoint_due():
            self._disk.do(self._checkpoint, self._checkpointed)
        else:
            self._go_on()

    def _go_on(self) -> None:
        if self._waiting:
            self._gather(len(self._waiting), _QUIET_TURNS, self._loop.time() + _GATHER_S_MAX)
        else:
            self._idle.set()

    def _gather(self, count: int, quiet_turns_left: int, until: float) -> None:
        """
        Play the next batch as soon as a few turns of the loop in a row have brought no further write.

        A turn without news takes microseconds, so nobody is kept waiting. But those who just got their answer may ask
        again within them; else callers fall into two groups that commit by turns, twice as often as need be. Writes
        that trickle in turn after turn are waited for until `until`, in the loop's time.
        """
        if len(self._waiting) > count:
            quiet_turns_left = _QUIET_TURNS
        if quiet_turns_left == 0 or self._loop.time() >= until:
            self._play_batch()
        elif len(self._waiting) >= WRITE_BATCH_OPS_MAX:
            self._loop.call_soon(self._play_batch)  # not from within the end of the batch before it
        else:
            self._loop.call_soon(self._gather, len(self._waiting), quiet_turns_left - 1, until)

    def _probe_commit(self, batch: list[_Write], when: str) -> None:
        if self._probe is not None:
            for write in batch:
                self._probe(_name(write.script), "COMMIT", when)

    def _give_up(self, error: sqlite3.Error) -> OwnError:
        """Undo the batch; after damage no later write is taken either."""
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself, or cannot any more
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        if self._is_full(error):
            return StoreFull(f"There is no room on the disk of {self._path.parent}: {error}; free some and try again")
        failure = unusable(self._path, error)
        if primary_code(error) in _DAMAGE:
            # A sync that failed must not be tried again: the kernel may have dropped the pages and call the next good.
            self._failure = failure
            self.failed.set()
        return failure

    def _is_full(self, error: sqlite3.Error) -> bool:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_FSYNC:
            return False
        if primary_code(error) == sqlite3.SQLITE_IOERR:
            return shutil.disk_usage(self._path.parent).free < _DISK_FREE_BYTES_MIN
        return primary_code(error) == sqlite3.SQLITE_FULL

    # --- checkpoints ---

    def _is_checkpoint_due(self) -> bool:
        if self._failure is not None or self._commits_since_checkpoint == 0:
            return False
        return self._commits_since_checkpoint >= WAL_COMMITS_MAX or self._log_bytes() > WAL_BYTES_MAX

    def _log_bytes(self) -> int:
        try:
            return os.stat(f"{self._path}-wal").st_size
        except FileNotFoundError:
            return 0

    def _checkpoint(self) -> sqlite3.Error | None:
        """In the writer thread: copy the log into the database."""
        try:
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            return error
        return None

    def _checkpointed(self, error: sqlite3.Error | None) -> None:
        # Without room everything stays in the log, where it is safe, until a later checkpoint finds some.
        self._commits_since_checkpoint = 0
        if error is not None:
            self._give_up(error)
        self._go_on()


def _settle(batch: list[_Write], answers: list[Any]) -> None:
    for write, answer in zip(batch, answers, strict=True):
        if write.answer.done():  # whoever asked has gone; the write stands
            continue
        if isinstance(answer, _Raised):
            write.answer.set_exception(answer.error)
        else:
            write.answer.set_result(answer)


def _raised_each(batch: list[_Write], error: OwnError) -> list[Any]:
    """One exception for each caller: a shared one would collect the tracebacks of all."""
    return [_Raised(type(error)(str(error))) for _ in batch]


def _probed(script: Script[T], probe: Probe) -> Script[T]:
    """The same script, with the probe around each of its statements."""
    try:
        statement: Statement = next(script)
        while True:
            probe(_name(script), statement.name, "before")
            rows = yield statement
            probe(_name(script), statement.name, "after")
            statement = script.send(rows)
    except StopIteration as stop:
        value: T = stop.value
        return value


def _closed() -> ShuttingDown:
    return ShuttingDown("The server is stopping; try again in a moment")


def _name(script: Script[Any]) -> str:
    name: str = getattr(script, "__name__", "script")
    return name
