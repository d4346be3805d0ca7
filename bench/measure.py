"""What a process costs, read from /proc, and the rows of the table that `scripts/bench` prints."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    measured: float
    unit: str = ""
    bar: float | None = None
    """The most that `measured` may be; None for a figure that only informs."""
    note: str = ""
    at_most: bool = True
    """False where `bar` is the least that will do."""

    @property
    def verdict(self) -> str:
        """`ok`, `missed`, `not measured`, or nothing where there is no bar."""
        if self.bar is None:
            return ""
        if math.isnan(self.measured):
            return "not measured"
        return "ok" if (self.measured <= self.bar if self.at_most else self.measured >= self.bar) else "missed"


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue  # the thread ended while we looked
    return found


def tree(pid: int) -> list[int]:
    """`pid` and everything below it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


def cpu_s(pids: Sequence[int]) -> float:
    """User and system seconds that `pids` have used so far, ended threads included, to the nanosecond."""
    return sum(time.clock_gettime(_cpu_clock(pid)) for pid in pids)


def _cpu_clock(pid: int) -> int:
    """The clock of another process's CPU time: what clock_getcpuclockid(3) makes of its id."""
    return (~pid << 3) | 2


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of one process in MB (10⁶ bytes)."""
    sizes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        sizes[name.rstrip(":")] = int(value)
    return sizes["Rss"] * 1024 / 1e6, sizes["Pss"] * 1024 / 1e6


def median(values: Sequence[float]) -> float:
    """The middle of the measured values."""
    return statistics.median(values)


def settle(pids: Sequence[int], *, timeout_s: float = 30.0) -> None:
    """Wait until `pids` use less than 3 % of a core over a quarter of a second."""
    deadline = time.monotonic() + timeout_s
    before = cpu_s(pids)
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = cpu_s(pids)
        if now - before < 0.0075:
            return
        before = now
