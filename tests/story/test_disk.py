"""The disk as the kernel shows it: how often it is waited for, what happens when it is full, and when it fails."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.store import RequestStore

ROOT = Path(__file__).parents[2]


def strace_works() -> bool:
    """Whether this machine has strace and lets it trace."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    return subprocess.run([strace, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace")


def submit(path: Path, count: int, clients: int, *strace: str) -> list[tuple[str, str]]:
    """Submit from another process under strace; its answers as pairs of word and rest."""
    command = [
        "strace", "-f", *strace,
        sys.executable, "-m", "tests.story.store_process", str(path), "submit", str(count), str(clients),
    ]  # fmt: skip
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    answers = [(word, rest) for word, _, rest in (line.partition(" ") for line in done.stdout.splitlines())]
    assert answers.pop() == ("end", "")
    return answers


@pytest.mark.parametrize(("clients", "syncs_max"), [(1, 1.1), (16, 0.2), (64, 0.1)])
def test_one_sync_serves_many_submits(tmp_path: Path, clients: int, syncs_max: float):
    """Syncs of the disk for each acknowledged submit, counted; fewer than one for a single caller would be a lie."""
    count = 960

    answers = submit(
        tmp_path / "mutoscope.db", count, clients, "-c", "-e", "trace=fdatasync,fsync", "-o", str(tmp_path / "calls")
    )

    syncs = sum(map(int, re.findall(r"(\d+) +(?:fdatasync|fsync)$", (tmp_path / "calls").read_text(), re.MULTILINE)))
    assert len(answers) == count
    assert syncs / count <= syncs_max
    assert clients > 1 or syncs >= count


async def assert_stored(path: Path, answers: list[tuple[str, str]]) -> None:
    """Everything acknowledged is there, and the store agrees with itself."""
    database = await SqliteDatabase.open(path)
    store = RequestStore(database, LocalBus(), SystemClock(), boot_id="next")
    accepted = {rest for word, rest in answers if word == "accepted"}
    assert set(await store.many(accepted)) == accepted
    assert await store.check() == []
    await database.close()


async def test_nothing_is_acknowledged_after_a_failed_sync(tmp_path: Path):
    """A failed sync is not tried again: from then on every submit is refused, and what was accepted before is there."""
    path = tmp_path / "mutoscope.db"

    answers = submit(
        path, 60, 1, "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=30"
    )

    words = [word for word, _ in answers]
    first_failure = words.index("StoreFailed")
    assert first_failure > 5
    assert set(words[first_failure:]) == {"StoreFailed"} and len(words) == 60
    assert "SQLITE_IOERR_FSYNC" in answers[first_failure][1]
    await assert_stored(path, answers)


async def test_a_disk_that_fills_up_and_is_freed_goes_on(tmp_path: Path):
    """While the kernel has no room every submit is refused as StoreFull; afterwards they are taken again."""
    path = tmp_path / "mutoscope.db"

    answers = submit(
        path, 60, 1, "-o", "/dev/null", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=400..410"
    )

    words = [word for word, _ in answers]
    assert set(words) == {"accepted", "StoreFull"}
    assert words[0] == words[-1] == "accepted"
    await assert_stored(path, answers)
