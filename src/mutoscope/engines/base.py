"""What an engine is: two methods and a record of what it can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from mutoscope.generation import Artifact, FunctionJob, GenerationJob, LogLevel, Output, Task


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


class FunctionFailed(Exception):
    """An operator's function raised, or returned what no result can be; its text is fit for the caller."""


class PartialContext(Context, Protocol):
    """What a running function may say beside that."""

    def partial(self, body: dict[str, Any]) -> None:
        """Hand what there is so far, in JSON types, to whoever streams the request. Also checks."""
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


@runtime_checkable
class FunctionEngine(Protocol):
    """Calls functions of an operator. Lives in a runner process, one call at a time."""

    def load(self) -> None:
        """Make ready. Called once, before the first call."""
        ...

    def call(self, job: FunctionJob, context: PartialContext) -> Output:
        """
        Call the function of the job's endpoint; the files of its output lie in the scratch folder.

        Raises:
            InputInvalid: the function refuses an argument.
            FunctionFailed: it cannot be imported, it raised, or what it returned is no result.
            GenerationCancelled: `context` said so.
        """
        ...
