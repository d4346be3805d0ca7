"""The SQLite database: group commit, isolation of scripts, a full disk, an orderly end."""

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutoscope.database.base import Script, Statement
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import ShuttingDown, StoreFailed, StoreFull
from mutoscope.limits import WAL_COMMITS_MAX, WRITE_BATCH_OPS_MAX

PAGE_BYTES = 4096


def add(*texts: str) -> Script[int]:
    """Write notes; the id of the last."""
    row: Any = None
    for text in texts:
        (row,) = yield Statement("note_insert", {"text": text})
    return int(row["id"])


def all_notes() -> Script[list[str]]:
    """Every note, oldest first."""
    rows = yield Statement("notes", {})
    return [row["text"] for row in rows]


def one(name: str) -> Script[None]:
    """A script of one statement without parameters."""
    yield Statement(name, {})


def raising() -> Script[None]:
    """Writes, then changes its mind."""
    yield from add("regretted")
    raise LookupError("changed its mind")


async def test_a_written_script_returns_its_value_and_is_there(notes: SqliteDatabase):
    """What a script returns is what the caller gets, once it can be read."""
    assert await notes.write(add("a", "b")) == 2
    assert await notes.read(all_notes()) == ["a", "b"]
    assert await notes.read_slow(all_notes()) == ["a", "b"]


async def test_a_script_that_raises_undoes_only_itself(notes: SqliteDatabase):
    """Its batch mates stand, its exception reaches its caller and nobody else."""
    answers = await asyncio.gather(
        notes.write(add("before")), notes.write(raising()), notes.write(add("after")), return_exceptions=True
    )

    assert isinstance(answers[1], LookupError)
    assert await notes.read(all_notes()) == ["before", "after"]


async def test_a_script_that_fails_after_writing_leaves_its_batch_mates_as_they_were(notes: SqliteDatabase):
    """They are done again without it: each keeps its answer, and what comes after them sees no trace of it."""
    answers = await asyncio.gather(
        notes.write(add("before", "again")),
        notes.write(add("lost", "before")),  # its second note is there already
        notes.write(all_notes()),
        notes.write(add("lost", "after")),
        return_exceptions=True,
    )

    assert isinstance(answers[1], StoreFailed)
    assert answers[2] == ["before", "again"]
    assert await notes.read(all_notes()) == ["before", "again", "lost", "after"]


async def test_whoever_was_told_of_a_commit_reads_it(notes: SqliteDatabase):
    """Reads of one turn of the loop share a snapshot, among many that come and go beside writes."""

    async def write_and_read(text: str) -> bool:
        await notes.write(add(text))
        return text in [row["text"] for row in await notes.rows("notes", {})]

    async def read_all_the_time() -> None:
        while True:
            await notes.read(all_notes())
            await asyncio.sleep(0)

    reading = asyncio.create_task(read_all_the_time())
    found = [await asyncio.gather(*(write_and_read(f"{turn}.{n}") for n in range(5))) for turn in range(20)]
    reading.cancel()

    assert found == [[True] * 5] * 20


async def test_one_statement_can_be_read_without_a_script(notes: SqliteDatabase):
    """With the same words for what goes wrong."""
    await notes.write(add("a"))

    assert [row["text"] for row in await notes.rows("notes", {})] == ["a"]
    with pytest.raises(StoreFailed, match="readonly"):
        await notes.rows("note_insert", {"text": "b"})


async def test_a_broken_constraint_undoes_only_its_script(notes: SqliteDatabase):
    """The database's own refusal is no damage: later writes go through."""
    await notes.write(add("a"))

    with pytest.raises(StoreFailed, match="add: UNIQUE constraint failed"):
        await notes.write(add("b", "a"))
    with pytest.raises(StoreFailed, match="no_such_column"):
        await notes.write(one("broken"))

    await notes.write(add("c"))
    assert await notes.read(all_notes()) == ["a", "c"]
    assert not notes.failed.is_set()


async def test_a_reader_cannot_write(notes: SqliteDatabase):
    """The connections for reading refuse, so that there is one writer whatever a script says."""
    with pytest.raises(StoreFailed, match="readonly"):
        await notes.read(add("a"))
    with pytest.raises(StoreFailed, match="readonly"):
        await notes.read_slow(add("a"))
    assert await notes.read_slow(all_notes()) == []


async def test_a_slow_read_sees_one_moment(notes: SqliteDatabase):
    """Both looks of one slow script agree although a commit falls between them."""
    first_look, go_on = threading.Event(), threading.Event()

    def two_looks() -> Script[tuple[int, int]]:
        first = yield Statement("notes", {})
        first_look.set()
        assert go_on.wait(10)
        second = yield Statement("notes", {})
        return len(first), len(second)

    looking = asyncio.ensure_future(notes.read_slow(two_looks()))
    await asyncio.to_thread(first_look.wait, 10)
    await notes.write(add("a"))
    go_on.set()

    assert await looking == (0, 0)
    assert await notes.read_slow(all_notes()) == ["a"]


async def test_the_write_stands_when_its_caller_has_gone(notes: SqliteDatabase):
    """Giving up the wait does not undo what was asked for, and does not disturb the others."""
    writing = asyncio.ensure_future(notes.write(add("a")))
    await asyncio.sleep(0)
    writing.cancel()

    await notes.write(add("b"))

    assert await notes.read(all_notes()) == ["a", "b"]


def commits_in_log(path: Path) -> int:
    """Commits in a write-ahead log, counted by its file format (sqlite.org/walformat.html): frames that say a size."""
    log = Path(f"{path}-wal").read_bytes()
    frames = range(32, len(log) - PAGE_BYTES, 24 + PAGE_BYTES)
    return sum(log[at + 4 : at + 8] != b"\0\0\0\0" for at in frames)


async def test_concurrent_writes_share_commits(toy: dict[str, Path], notes: SqliteDatabase):
    """Sixteen callers that write again and again need at most a fifth of a commit each."""
    before = commits_in_log(toy["path"])

    async def caller(number: int) -> None:
        for turn in range(20):
            await notes.write(add(f"{number}/{turn}"))

    await asyncio.gather(*(caller(number) for number in range(16)))

    assert commits_in_log(toy["path"]) - before <= 16 * 20 / 5


async def test_a_batch_has_a_limit(toy: dict[str, Path], notes: SqliteDatabase):
    """One more than fits into a batch makes two commits."""
    before = commits_in_log(toy["path"])

    await asyncio.gather(*(notes.write(add(str(number))) for number in range(WRITE_BATCH_OPS_MAX + 1)))

    assert commits_in_log(toy["path"]) - before == 2
    assert len(await notes.read(all_notes())) == WRITE_BATCH_OPS_MAX + 1


async def test_a_script_that_writes_nothing_costs_no_commit(toy: dict[str, Path], notes: SqliteDatabase):
    """An idle look for work leaves the log as it is."""
    before = commits_in_log(toy["path"])

    assert await notes.write(all_notes()) == []

    assert commits_in_log(toy["path"]) == before


async def test_the_log_is_brought_into_the_database_now_and_then(toy: dict[str, Path], notes: SqliteDatabase):
    """After many commits the log starts anew instead of growing."""
    for number in range(WAL_COMMITS_MAX + 20):
        await notes.write(add(str(number)))

    assert commits_in_log(toy["path"]) <= WAL_COMMITS_MAX + 5
    assert toy["path"].stat().st_size > PAGE_BYTES


async def test_a_full_disk_refuses_and_recovers(toy: dict[str, Path]):
    """Nothing of the batch is written; small writes and everything after space was made go through."""
    database = SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"], pages_max=20)
    await database.write(add("small"))

    answers = await asyncio.gather(
        database.write(add("mate")), database.write(add("x" * 30 * PAGE_BYTES)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [StoreFull, StoreFull]
    assert "free some and try again" in str(answers[0])
    assert await database.read(all_notes()) == ["small"]
    await database.write(add("y" * 8 * PAGE_BYTES))
    with pytest.raises(StoreFull):
        await database.write(add("z" * 8 * PAGE_BYTES))
    await database.write(one("notes_delete"))
    await database.write(add("z" * 8 * PAGE_BYTES))
    assert not database.failed.is_set()
    await database.close()


async def test_closing_finishes_what_was_asked_for(toy: dict[str, Path], notes: SqliteDatabase):
    """Writes that were waiting are committed, later ones refused; closing twice, also at once, is fine."""
    writing = [asyncio.ensure_future(notes.write(add(str(number)))) for number in range(300)]
    await asyncio.sleep(0)

    await asyncio.gather(notes.close(), notes.close())
    await notes.close()

    assert [task.result() for task in writing] == list(range(1, 301))
    for call in (notes.write, notes.read, notes.read_slow):
        with pytest.raises(ShuttingDown):
            await call(all_notes())
    assert not Path(f"{toy['path']}-wal").exists()
    with sqlite3.connect(toy["path"]) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    connection.close()


async def test_opening_and_closing_leaves_nothing_behind(toy: dict[str, Path]):
    """Twenty rounds later there are as many files and threads as before."""

    async def a_round() -> None:
        database = SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"])
        await database.write(one("notes_delete"))
        await database.read_slow(all_notes())
        await database.close()

    await a_round()
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(20):
        await a_round()

    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before


async def test_only_the_owner_can_read_the_files(toy: dict[str, Path], notes: SqliteDatabase):
    """Arguments and key hashes are nobody else's business."""
    await notes.write(add("a"))

    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(os.stat(f"{toy['path']}{suffix}").st_mode) == 0o600


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(b"not a database " * 300), lambda p: p.mkdir()])
async def test_a_file_that_is_no_database_is_refused(toy: dict[str, Path], spoil: Callable[[Path], object]):
    """The message names the file."""
    spoil(toy["path"])

    with pytest.raises(StoreFailed, match=str(toy["path"])):
        SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"])


async def test_heavy_scripts_share_batches_and_keep_the_order(notes: SqliteDatabase):
    """Beside the loop or on it, writes are committed in the order in which they were asked for, and fail alone."""
    answers = await asyncio.gather(
        notes.write(add("a")),
        notes.write(add("b" * 100_000), is_heavy=True),
        notes.write(raising(), is_heavy=True),
        notes.write(add("c")),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [int, int, LookupError, int]
    assert await notes.read(all_notes()) == ["a", "b" * 100_000, "c"]
