"""What a runner is to the dispatcher: it takes a job, talks while working, and ends in one of seven ways."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mutoscope.errors import Problem
from mutoscope.generation import Artifact, Job, LogLine, Output, Partial, Progress


@dataclass(frozen=True, slots=True)
class Made:
    """The clip is in the scratch folder."""

    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Returned:
    """The function is through; its files are in the scratch folder."""

    output: Output


@dataclass(frozen=True, slots=True)
class Refused:
    """An input is not usable."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine raised."""

    reason: str
    no_room: bool = False
    """Because the disk is full; the same job may go well later."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It stopped because it was told to; `was_killed` when it had to be made to."""

    was_killed: bool


@dataclass(frozen=True, slots=True)
class Hung:
    """It was silent, or ran, for too long and was killed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Its process died."""

    reason: str


Ending = Made | Returned | Refused | Failed | Cancelled | Hung | Lost
Said = LogLine | Progress | Partial
"""What a runner tells while it works."""
Report = Callable[[Said], None]


class Runner(Protocol):
    """One engine, loaded somewhere; one job at a time. Owned by one dispatcher slot."""

    name: str

    async def start(self) -> None:
        """
        Bring the engine up, again if it went down.

        Raises:
            StartupTimeout: it did not come up in time, or died trying.
        """
        ...

    async def run(self, job: Job, report: Report) -> Ending:
        """Do the job. Cancelling the caller kills the runner."""
        ...

    def cancel(self) -> None:
        """Ask the job in hand to stop; after the grace it is killed."""
        ...

    @property
    def is_up(self) -> bool:
        """Whether a job could start now."""
        ...

    async def wait_down(self) -> None:
        """Return when the runner has gone down by itself."""
        ...

    async def close(self) -> None:
        """Kill it and clean up. Can be called twice."""
        ...
