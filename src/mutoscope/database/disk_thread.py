"""One thread for what waits on the disk, beside the event loop."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class DiskThread:
    """A thread for what waits on the disk: one thing after the other, each told to the loop when done."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None] = queue.SimpleQueue()
        # A daemon, so that a process whose owner forgot to close still ends; nothing acknowledged is lost by that.
        self._thread = threading.Thread(target=self._work, name="mutoscope-write", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], T], then: Callable[[T], None]) -> None:
        """Run `job` in the thread, then `then` with its value on the loop. `job` does not raise."""
        self._jobs.put((job, then))

    def stop(self) -> None:
        """End the thread behind everything that was asked for."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (task := self._jobs.get()) is not None:
            job, then = task
            value = job()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left who waits
                self._loop.call_soon_threadsafe(then, value)
