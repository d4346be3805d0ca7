"""What shares a commit: scripts that fail among others, callers that leave, disks that fill, writes without end."""

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mutoscope.database.base import Script, Statement
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import StoreFailed, StoreFull
from mutoscope.limits import WAL_COMMITS_MAX, WRITE_BATCH_OPS_MAX
from tests.unit.database.test_sqlite import PAGE_BYTES, add, all_notes, commits_in_log, one, raising


async def test_a_refusal_that_undoes_the_batch_does_not_reach_the_others(notes: SqliteDatabase):
    """SQLite may take back a whole transaction; what the others were told is there all the same, in one commit each."""

    def refused() -> Script[None]:
        yield Statement("note_insert_or_all_is_undone", {"text": "kept"})

    await notes.write(add("kept"))
    answers = await asyncio.gather(
        notes.write(add("before")),
        notes.write(refused()),
        notes.write(add("after")),
        notes.write(raising()),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [int, StoreFailed, int, LookupError]
    assert await notes.read_slow(all_notes()) == ["kept", "before", "after"]


Step = tuple[str, str]
"""What a script does: `add` a note, `take` one away, `look` at all, `raise`, `fail` in SQL."""


def steps(plan: list[Step], played: list[str]) -> Script[list[str]]:
    """A script that does as planned, tells in `played` what Python did, and returns what it saw last."""
    seen: list[str] = []
    for what, text in plan:
        played.append(text)
        if what == "add":
            yield Statement("note_insert", {"text": text})
        elif what == "take":
            yield Statement("note_delete", {"text": text})
        elif what == "look":
            seen = [row["text"] for row in (yield Statement("notes", {}))]
        elif what == "raise":
            raise LookupError(text)
        else:
            yield Statement("broken", {})
    return seen


def expected(batch: list[list[Step]]) -> tuple[list[object], list[str]]:
    """What each script should answer, and the notes at the end: one after the other, the failing ones not at all."""
    answers: list[object] = []
    stand: list[str] = []
    for plan in batch:
        now, seen, end = list(stand), [], None
        for what, text in plan:
            if what == "add" and text not in now:
                now.append(text)
            elif what == "take":
                now = [note for note in now if note != text]
            elif what == "look":
                seen = list(now)
            else:
                end = LookupError if what == "raise" else StoreFailed
                break
        answers.append(end or seen)
        stand = stand if end else now
    return answers, stand


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(
        st.lists(st.tuples(st.sampled_from(["add", "add", "take", "look", "raise", "fail"]), st.sampled_from("abcd"))),
        min_size=1,
        max_size=12,
    ),
    heavy=st.booleans(),
)
async def test_a_batch_is_as_if_its_failing_scripts_had_never_been(notes: SqliteDatabase, batch, heavy):
    """Whatever fails where: every other answer and every row is right, and no line of Python runs twice."""
    await notes.write(one("notes_delete"))
    played: list[list[str]] = [[] for _ in batch]

    writes = (notes.write(steps(plan, said), is_heavy=heavy) for plan, said in zip(batch, played, strict=True))
    answers = await asyncio.gather(*writes, return_exceptions=True)

    wanted, stand = expected(batch)
    assert [type(answer) if isinstance(answer, Exception) else answer for answer in answers] == wanted
    assert sorted(await notes.read(all_notes())) == sorted(stand)
    assert all(len(said) <= len(plan) for plan, said in zip(batch, played, strict=True))


async def test_writes_that_trickle_in_do_not_keep_the_others_waiting(toy: dict[str, Path]):
    """One new write in every turn of a busy loop: those that wait are not held back until the batch is full."""
    asked = 0
    seen: list[tuple[str, int]] = []
    """What the database did, and how many writes had been asked for by then."""

    def probe(_: str, statement: str, when: str) -> None:
        if (statement == "COMMIT") == (when == "after"):
            seen.append((statement, asked))

    database = SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"], probe=probe)
    async with asyncio.TaskGroup() as group:
        for _ in range(WRITE_BATCH_OPS_MAX - 8):
            group.create_task(database.write(add(str(asked))))
            asked += 1
            time.sleep(0.001)  # a turn that does something
            await asyncio.sleep(0)
    await database.close()

    second = seen.index(("COMMIT", next(count for what, count in seen if what == "COMMIT"))) + 1
    (_, at_commit), (_, at_next) = seen[second - 1], seen[second]
    assert at_next - at_commit <= 12


async def test_a_log_is_begun_anew_although_somebody_always_reads(toy: dict[str, Path], notes: SqliteDatabase):
    """Reads that share a snapshot end it before it can keep a checkpoint from its work."""

    async def read_all_the_time() -> None:
        while True:
            await notes.rows("notes", {})
            await asyncio.sleep(0)

    await notes.write(add("x"))
    reading = [asyncio.create_task(read_all_the_time()) for _ in range(5)]
    for number in range(3 * WAL_COMMITS_MAX):
        await notes.write(add(str(number)), is_heavy=number % 2 == 0)
        await notes.write(one("notes_delete"))
    for task in reading:
        task.cancel()

    assert commits_in_log(toy["path"]) <= 2 * WAL_COMMITS_MAX


async def test_a_caller_that_gives_up_in_a_batch_costs_nobody_an_answer(notes: SqliteDatabase):
    """Before, while and after the commit, beside scripts that fail: what was asked for stands, the rest is told."""
    for turns in range(8):
        writes = [asyncio.ensure_future(notes.write(add(f"{turns}/{n}"))) for n in range(4)]
        failing = asyncio.ensure_future(notes.write(raising()))
        for _ in range(turns):
            await asyncio.sleep(0)
        writes[1].cancel()
        answers = await asyncio.gather(*writes, failing, return_exceptions=True)

        assert [type(answer) for answer in (answers[0], *answers[2:])] == [int, int, int, LookupError]
    kept = {f"{turns}/{n}" for turns in range(1, 8) for n in range(4)} | {"0/0", "0/2", "0/3"}
    assert set(await notes.read(all_notes())) - {"0/1"} == kept


async def test_a_disk_that_fills_in_the_middle_of_a_batch_refuses_all_of_it(toy: dict[str, Path]):
    """Also those that were played before, and those whose turn had not come; the next batch begins with what stood."""
    database = SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"], pages_max=20)
    await database.write(add("stood"))

    answers = await asyncio.gather(
        database.write(raising()),
        database.write(add("mate")),
        database.write(add("x" * 30 * PAGE_BYTES)),
        database.write(add("never begun")),
        return_exceptions=True,
    )
    closing = asyncio.gather(database.write(add("last")), database.close())

    assert [type(answer) for answer in answers] == [StoreFull] * 4
    await closing
    with contextlib.closing(sqlite3.connect(toy["path"])) as connection:
        assert connection.execute("SELECT text FROM notes").fetchall() == [("stood",), ("last",)]


async def test_a_flood_of_looks_is_answered_batch_by_batch(notes: SqliteDatabase):
    """What writes nothing needs no disk; still each batch has a turn of the loop to itself, however many there are."""
    answers = await asyncio.gather(*(notes.write(all_notes()) for _ in range(300 * WRITE_BATCH_OPS_MAX)))

    assert answers == [[]] * len(answers)
