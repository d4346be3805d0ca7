"""What an engine is: two methods and a record of what it can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mutoscope.generation import Artifact, GenerationJob, LogLevel, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Plain data about an engine, readable without importing it."""

    name: str
    tasks: frozenset[Task]
    preview: bool
    """True when no generative model makes the frames; results and files say so."""


Check = Callable[[], None]
"""`Context.check` for a calculation that needs no more of the context."""


def unchecked() -> None:
    """The Check of work that nobody cancels."""


class GenerationCancelled(Exception):
    """Raised inside an engine by `Context.check`, when the job is to stop."""


class Context(Protocol):
    """What a running job may say to the outside; every call is cheap enough for once a frame."""

    def check(self) -> None:
        """Raise GenerationCancelled if the job is to stop. Call it between frames or steps."""
        ...

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report how far the job is, 0 to 1. Also checks."""
        ...

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        """Say a line to the caller."""
        ...


class Engine(Protocol):
    """Makes frames. Lives in a runner process, one job at a time."""

    def load(self) -> None:
        """Make ready: imports, weights, warm-up. Called once, before the first job."""
        ...

    def generate(self, job: GenerationJob, context: Context) -> Artifact:
        """
        Make the clip of `job` and leave it in its scratch folder.

        Raises:
            InputInvalid: an input file is not usable; says which and why.
            GenerationCancelled: `context` said so.
        """
        ...
