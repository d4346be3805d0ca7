"""
The wall protocol: everything that server and runner process say to each other, one JSON object a line.

    server → runner      Load · Generate · Call · Cancel
    runner → server      Ready · Log · Progress · Partial · Done · Returned · Rejected · Broke · Stopped

The server speaks first (Load), the runner answers Ready once; then each Generate, or Call of a function, is answered by
any number of Log, Progress and Partial and exactly one of Done or Returned, Rejected, Broke, Stopped. Closing the pipe
ends the runner.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson

from mutoscope.errors import Problem
from mutoscope.generation import Artifact, FunctionJob, GenerationJob, LogLevel, Output


@dataclass(frozen=True, slots=True)
class Load:
    """Become a runner of this engine."""

    tag: ClassVar[str] = "load"
    engine: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Generate:
    """Do this job."""

    tag: ClassVar[str] = "generate"
    job: GenerationJob


@dataclass(frozen=True, slots=True)
class Call:
    """Call this function."""

    tag: ClassVar[str] = "call"
    job: FunctionJob


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the job in hand; ignored when there is none."""

    tag: ClassVar[str] = "cancel"


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine is loaded."""

    tag: ClassVar[str] = "ready"
    load_s: float


@dataclass(frozen=True, slots=True)
class Log:
    """A line for the caller's eyes."""

    tag: ClassVar[str] = "log"
    message: str
    level: LogLevel
    ts: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is; also the sign that the engine lives."""

    tag: ClassVar[str] = "progress"
    fraction: float
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """What a function has so far, for whoever streams it."""

    tag: ClassVar[str] = "partial"
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The clip lies in the scratch folder."""

    tag: ClassVar[str] = "done"
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Returned:
    """The function is through, and its files lie in the scratch folder."""

    tag: ClassVar[str] = "returned"
    output: Output


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input of the job is not usable: the caller's mistake."""

    tag: ClassVar[str] = "rejected"
    problem: Problem


@dataclass(frozen=True, slots=True)
class Broke:
    """The engine raised: our mistake. The runner is good for the next job."""

    tag: ClassVar[str] = "broke"
    reason: str
    """One line that may be shown to the caller."""
    traceback: str
    """For the server's log."""
    no_room: bool = False
    """The disk is full."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job was cancelled and has left nothing behind."""

    tag: ClassVar[str] = "stopped"


ToRunner = Load | Generate | Call | Cancel
FromRunner = Ready | Log | Progress | Partial | Done | Returned | Rejected | Broke | Stopped

_TO_RUNNER: dict[str, type[ToRunner]] = {kind.tag: kind for kind in (Load, Generate, Call, Cancel)}
_FROM_RUNNER: dict[str, type[FromRunner]] = {
    kind.tag: kind for kind in (Ready, Log, Progress, Partial, Done, Returned, Rejected, Broke, Stopped)
}
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def encode(message: ToRunner | FromRunner) -> bytes:
    """One line, newline included."""
    if isinstance(message, Generate):
        # Pictures in the arguments are megabytes, and lie in the scratch folder as files.
        message = Generate(dataclasses.replace(message.job, arguments={}))
    body = {name: getattr(message, name) for name in message.__match_args__}
    return orjson.dumps({"tag": message.tag, **body}, default=_plain, option=_OPTIONS)


def decode_to_runner(line: bytes) -> ToRunner:
    """
    What the server said.

    Raises:
        ValueError: not a message of this protocol.
    """
    kind, body = _open(line, _TO_RUNNER)
    if kind is Generate:
        return Generate(GenerationJob.from_wire(body["job"]))
    if kind is Call:
        return Call(FunctionJob.from_wire(body["job"]))
    command: ToRunner = kind(**body)
    return command


def decode_from_runner(line: bytes) -> FromRunner:
    """
    What the runner said.

    Raises:
        ValueError: not a message of this protocol.
    """
    kind, body = _open(line, _FROM_RUNNER)
    if kind is Done:
        return Done(Artifact.from_wire(body["artifact"]))
    if kind is Returned:
        return Returned(Output.from_wire(body["output"]))
    if kind is Rejected:
        problem = body["problem"]
        return Rejected(Problem(**{**problem, "loc": tuple(problem["loc"])}))
    answer: FromRunner = kind(**body)
    return answer


def _plain(value: Any) -> str:
    """What is no JSON and no data class."""
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not cross the wall")


def _open(line: bytes, kinds: dict[str, type[Any]]) -> tuple[type[Any], dict[str, Any]]:
    body = orjson.loads(line)
    if not isinstance(body, dict) or body.get("tag") not in kinds:
        raise ValueError(f"not a message of the wall protocol: {line[:200]!r}")
    return kinds[body.pop("tag")], body
