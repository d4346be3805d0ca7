"""One server per data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mutoscope.database.lock import FolderLock
from mutoscope.errors import DataFolderInUse

HOLD = """
import sys
from pathlib import Path
from mutoscope.database.lock import FolderLock
FolderLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_is_refused_with_the_way_out(tmp_path: Path):
    """The message names the folder, who holds it and what can be done; afterwards the folder is free."""
    with FolderLock(tmp_path):
        with pytest.raises(DataFolderInUse) as raised:
            FolderLock(tmp_path).acquire()
        for part in (str(tmp_path), f"process {os.getpid()}", f"kill {os.getpid()}", "--data-dir"):
            assert part in str(raised.value)

    with FolderLock(tmp_path):
        pass


def test_releasing_twice_is_fine(tmp_path: Path):
    """A second release does not touch somebody else's lock."""
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()
    with FolderLock(tmp_path):
        lock.release()
        with pytest.raises(DataFolderInUse):
            FolderLock(tmp_path).acquire()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path):
    """The kernel lets go when the process ends, however it ends; the next one takes the old file over."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataFolderInUse, match=f"process {holder.pid};"):
            FolderLock(tmp_path).acquire()
        holder.kill()
        holder.wait(10)

    with FolderLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
