"""One server per data folder: a lock that the kernel lets go of when its process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from mutoscope.errors import DataFolderInUse


class FolderLock:
    """
    The file `lock` in a data folder, held by one process.

    The file stays when the lock is released: removing it would let two processes lock two files of one name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    def acquire(self) -> None:
        """
        Take the lock and write this process's id into the file.

        Raises:
            DataFolderInUse: another process, or another part of this one, holds it.
        """
        file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise DataFolderInUse(
                f"the data folder {self._folder} is in use by the process {holder}; "
                f"stop it (kill {holder}), or give this server another folder (--data-dir)"
            ) from None
        except BaseException:
            os.close(file)
            raise
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
        self._file = file

    def release(self) -> None:
        """Let go of the folder. Can be called twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> "FolderLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
