"""Calls the functions of an operator's applications: imports them, hands over files, reads what comes back."""

import contextlib
import inspect
import io
import math
import sys
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from mutoscope.applications import InputError
from mutoscope.engines.base import FunctionFailed, GenerationCancelled, PartialContext
from mutoscope.errors import InputInvalid, Loc, Problem
from mutoscope.generation import FunctionJob, LogLevel, Output, OutputFile
from mutoscope.limits import JSON_DEPTH_MAX, LOG_MESSAGE_CHARS_MAX, RESULT_BYTES_MAX, RESULT_FILES_MAX

_Function = Callable[[dict[str, Any], "_Call"], Any]


class ApplicationEngine:
    """All functions of the registered applications, in one process."""

    def __init__(self, functions: Mapping[str, str], folders: Sequence[str]) -> None:
        """
        Args:
            functions: `module:function` by endpoint id.
            folders: where modules are looked for that are not installed.
        """
        self._names = dict(functions)
        self._folders = tuple(folders)
        self._functions: dict[str, _Function] = {}

    def load(self) -> None:
        """Import everything; what cannot be imported is told to those who call it, and tried again then."""
        # Behind everything else: a `queue.py` of the operator must not become the standard library's.
        sys.path.extend(folder for folder in self._folders if folder not in sys.path)
        for endpoint_id in self._names:
            try:
                self._function(endpoint_id)
            except FunctionFailed:
                traceback.print_exc()  # for the server's debug log

    def call(self, job: FunctionJob, context: PartialContext) -> Output:
        """See `FunctionEngine.call`."""
        function = self._function(job.endpoint_id)
        call = _Call(job.scratch, context)
        arguments = _with_files(job)
        printed = _Printed(context)
        try:
            with contextlib.redirect_stdout(printed):
                result = _Result(_final(function(arguments, call), context, job.scratch), job.scratch, "result")
        except (FunctionFailed, GenerationCancelled):
            raise
        except InputError as error:
            raise InputInvalid(_problem(error, job)) from error
        except (Exception, SystemExit) as error:  # its end is not the runner's end
            raise FunctionFailed(f"{self._names[job.endpoint_id]} failed: {_one_line(error)}") from error
        finally:
            printed.flush_rest()
        return Output(body=result.body, files=tuple(result.files), billable_units=call.units)

    def _function(self, endpoint_id: str) -> _Function:
        """The function of this endpoint, imported now unless it was before."""
        if endpoint_id not in self._functions:
            self._functions[endpoint_id] = _import(self._names[endpoint_id])
        return self._functions[endpoint_id]


def _import(name: str) -> _Function:
    module_name, _, attribute = name.partition(":")
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        raise FunctionFailed(f"module {module_name} cannot be imported: {_one_line(error)}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        where = getattr(module, "__file__", None) or "built in"
        raise FunctionFailed(f"module {module_name} ({where}) has no function {attribute!r}")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise FunctionFailed(f"{name} is async; an application's function is a plain one, or a generator")
    imported: _Function = function
    return imported


class _Call:
    """The context that a function gets, see `applications.Context`."""

    def __init__(self, scratch: Path, context: PartialContext) -> None:
        self.scratch = scratch
        self.units = 1.0
        self._context = context

    def check(self) -> None:
        self._context.check()

    def progress(self, fraction: float, message: str | None = None) -> None:
        self._context.progress(min(1.0, max(0.0, float(fraction))), message)

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self._context.log(str(message), level)

    def billable(self, units: float) -> None:
        if not (math.isfinite(units) and units >= 0):
            raise ValueError(f"billable units are {units}; they must be a number, 0 or more")
        self.units = float(units)


class _Printed(io.TextIOBase):
    """Standard output of a function: each line goes to the request's log."""

    def __init__(self, context: PartialContext) -> None:
        self._context = context
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        while len(self._rest) > LOG_MESSAGE_CHARS_MAX:  # one endless line must not be kept until its end
            lines.append(self._rest[:LOG_MESSAGE_CHARS_MAX])
            self._rest = self._rest[LOG_MESSAGE_CHARS_MAX:]
        for line in lines:
            self._context.log(line, "STDOUT")
        return len(text)

    def flush_rest(self) -> None:
        """The last line, where no newline ends it."""
        if self._rest:
            self._context.log(self._rest, "STDOUT")
            self._rest = ""


def _with_files(job: FunctionJob) -> dict[str, Any]:
    """The arguments with a path where a file belongs."""
    arguments = job.arguments
    for place, path in job.files:
        inside: Any = arguments
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = path
    return arguments


def _final(returned: Any, context: PartialContext, scratch: Path) -> Any:
    """What a function returned; of a generator, what it returned at its end or else yielded last."""
    if not isinstance(returned, Generator):
        return returned
    last, has_files = None, False
    try:
        while True:
            try:
                last = next(returned)
            except StopIteration as end:
                return last if end.value is None else end.value
            if has_files:
                raise FunctionFailed("a partial result holds files; only the last one, or what is returned, may")
            partial = _Result(last, scratch, "partial result")
            has_files = bool(partial.files)
            if not has_files:
                context.partial(partial.body)
            context.check()
    finally:
        with contextlib.suppress(Exception):  # what it says while it is ended early is of no account
            returned.close()


class _Result:
    """What a function returned or yielded, as JSON types, and the files in it."""

    def __init__(self, value: Any, scratch: Path, what: str) -> None:
        self._scratch = scratch.resolve()
        self._what = what
        self.files: list[OutputFile] = []
        if not isinstance(value, dict):
            raise FunctionFailed(f"the {what} is {_a(value)}; it has to be a dict")
        self.body: dict[str, Any] = self._plain(value, ())
        try:
            size = len(orjson.dumps(self.body))
        except orjson.JSONEncodeError as error:  # a number of more than 64 bits, half a surrogate pair
            raise FunctionFailed(f"the {what} is not JSON: {error}") from error
        if size > RESULT_BYTES_MAX:
            raise FunctionFailed(
                f"the {what} is {size} bytes of JSON, the limit is {RESULT_BYTES_MAX} (RESULT_BYTES_MAX); "
                "put what is large into a file"
            )
        if len(self.files) > RESULT_FILES_MAX:
            raise FunctionFailed(
                f"the {what} has {len(self.files)} files, the limit is {RESULT_FILES_MAX} (RESULT_FILES_MAX)"
            )

    def _plain(self, value: Any, place: Loc) -> Any:
        match value:
            case None | bool() | int() | str():
                return value
            case float() if math.isfinite(value):
                return value
            case Path():
                self.files.append(OutputFile(place, self._checked(value, place)))
                return None
            case dict() | list() | tuple() if len(place) >= JSON_DEPTH_MAX:
                raise FunctionFailed(f"the {self._what} is nested deeper than {JSON_DEPTH_MAX} (JSON_DEPTH_MAX)")
            case dict() if all(isinstance(name, str) for name in value):
                return {name: self._plain(each, (*place, name)) for name, each in value.items()}
            case list() | tuple():
                return [self._plain(each, (*place, index)) for index, each in enumerate(value)]
        raise FunctionFailed(
            f"{self._name(place)} is {_a(value)}; a {self._what} holds JSON types (finite numbers, text as keys) and "
            "pathlib.Path for files"
        )

    def _checked(self, path: Path, place: Loc) -> Path:
        real = path.resolve()
        if real.is_relative_to(self._scratch) and real.is_file():
            return real
        raise FunctionFailed(f"{self._name(place)} is {path}, which is no file in context.scratch; write files there")

    def _name(self, place: Loc) -> str:
        return ".".join((self._what.replace(" ", "_"), *map(str, place)))


def _a(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, float) else f"a {type(value).__name__}"


def _problem(error: InputError, job: FunctionJob) -> Problem:
    """The 422, under the name that the caller used."""
    name = job.sent_as.get(error.field, error.field)
    given = job.arguments.get(error.field)
    return Problem("value_error", ("body", name), error.message, None if isinstance(given, Path) else _json(given))


def _json(value: Any) -> Any:
    """`value` where it crosses the wall as it is; paths inside lists do not."""
    try:
        orjson.dumps(value)
    except TypeError:
        return None
    return value


def _one_line(error: BaseException) -> str:
    """Kind and first line of an exception."""
    text = str(error).strip().partition("\n")[0][:LOG_MESSAGE_CHARS_MAX]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
