"""
Applications of the operator: endpoints that a TOML file describes and a Python function serves.

Nothing is imported here: a function is a name, `module:function`, until a runner process looks for it.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pydantic import Field as Default

from mutoscope.catalog.binding import inputs_of
from mutoscope.catalog.common import common
from mutoscope.catalog.endpoint import Arguments, Endpoint, EndpointId, Nominal
from mutoscope.catalog.fields import FieldReader, read_table
from mutoscope.catalog.lenient import Translator
from mutoscope.catalog.shape import Field
from mutoscope.catalog.tables import Table
from mutoscope.catalog.validate import LenientParser, Schema, StrictParser
from mutoscope.errors import CatalogInvalid, Loc
from mutoscope.generation import FunctionJob

ENTRY_POINTS: Final = "mutoscope.applications"
"""The group under which an installed package names its applications: `toys = "package:toys.toml"`."""

POOL: Final = "applications"
"""Requests for applications wait in a line of their own, for runners that have the functions."""

_PATH: Final = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_FUNCTION: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")

Unreachable = Callable[[str], str | None]
"""Why no call could reach an endpoint of this id; None where one can."""


class _EndpointTable(Table):
    path: str = ""
    function: str
    description: str = ""
    fields: dict[str, dict[str, Any]] = Default(default_factory=dict)
    output: dict[str, dict[str, Any]] = Default(default_factory=dict)
    examples: dict[str, Any] = Default(default_factory=dict)
    """Values of the input example; a field with a default needs none."""
    output_example: dict[str, Any] = Default(default_factory=dict)


class _ApplicationTable(Table):
    app: str
    name: str = ""
    """For people; default: the app id."""
    types: dict[str, dict[str, dict[str, Any]]] = Default(default_factory=dict)
    endpoints: tuple[_EndpointTable, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """What one file registers."""

    file: Path
    endpoints: tuple[Endpoint, ...]
    functions: Mapping[str, str]
    """`module:function` by endpoint id."""
    folder: Path | None
    """Where their modules may lie; None for a file that came with an installed package."""


def load_applications(files: Sequence[Path], unreachable: Unreachable) -> list[Application]:
    """
    Read the applications of these files, and those of installed packages.

    Raises:
        CatalogInvalid: a file cannot be read or says something that makes no sense; names the file and the key.
    """
    named = [(file, file.parent) for file in files]
    installed = [(_installed(each), None) for each in entry_points(group=ENTRY_POINTS)]
    applications = [_read(file, folder, unreachable) for file, folder in [*named, *installed]]
    _refuse_ambiguous(applications)
    return applications


def bind_call(
    endpoint: Endpoint,
    arguments: Arguments,
    *,
    files: Mapping[Loc, Path],
    request_id: str,
    attempt: int,
    scratch: Path,
) -> FunctionJob:
    """
    The job of one attempt.

    Args:
        files: local file of every input of `inputs_of`, by its loc.
        scratch: a folder of this attempt, which has these files.
    """
    values = copy.deepcopy(arguments.values)
    own_names = {sent: name for name, sent in arguments.sent_as.items()}
    placed = []
    for media in inputs_of(endpoint, arguments):
        place = (own_names.get(str(media.loc[1]), media.loc[1]), *media.loc[2:])
        inside: Any = values
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = None  # a picture as a data URI is megabytes, and lies there as a file
        placed.append((place, files[media.loc]))
    return FunctionJob(
        request_id=request_id,
        attempt=attempt,
        endpoint_id=endpoint.id,
        scratch=scratch,
        arguments=values,
        files=tuple(placed),
        sent_as=dict(arguments.sent_as),
    )


def _installed(entry: EntryPoint) -> Path:
    """The file that an entry point names; nothing of its package is run to find it."""
    package, *below = entry.module.split(".")
    spec = find_spec(package)
    places = [Path(place, *below, entry.attr) for place in (spec and spec.submodule_search_locations) or ()]
    for file in places:
        if file.is_file():
            return file
    raise CatalogInvalid(
        f"entry point {ENTRY_POINTS}: {entry.name}: {entry.value!r} names no file; write it as package:file.toml"
    )


def _read(file: Path, folder: Path | None, unreachable: Unreachable) -> Application:
    table = read_table(file, _ApplicationTable)
    if not table.endpoints:
        raise CatalogInvalid(f"{file.name}: endpoints: there is none; each begins with [[endpoints]]")
    readers = [
        _EndpointReader(file.name, {**common().types, **table.types}, table, number, unreachable)
        for number in range(len(table.endpoints))
    ]
    endpoints = tuple(reader.endpoint() for reader in readers)
    functions = {each.id: row.function for each, row in zip(endpoints, table.endpoints, strict=True)}
    return Application(file, endpoints, functions, folder)


def _refuse_ambiguous(applications: Sequence[Application]) -> None:
    """All functions live in one process, where a name means one module."""
    owners: dict[str, Application] = {}
    for each in applications:
        for module in sorted({name.partition(":")[0].partition(".")[0] for name in each.functions.values()}):
            other = owners.setdefault(module, each)
            if other.folder != each.folder and (_has_module(each, module) or _has_module(other, module)):
                raise CatalogInvalid(
                    f"{each.file.name}: function: {other.file} in another folder has a module {module!r} too; "
                    "rename one of them"
                )


def _has_module(application: Application, module: str) -> bool:
    folder = application.folder
    return folder is not None and ((folder / f"{module}.py").exists() or (folder / module).is_dir())


class _EndpointReader(FieldReader):
    """One endpoint of an application file."""

    def __init__(
        self, file_name: str, types: Mapping[str, Any], table: _ApplicationTable, number: int, unreachable: Unreachable
    ) -> None:
        super().__init__(file_name, types, {})
        self._application = table
        self._table = table.endpoints[number]
        self._key = f"endpoints.{number}."
        self._unreachable = unreachable

    def endpoint(self) -> Endpoint:
        """The endpoint; raises CatalogInvalid."""
        app, row = self._application, self._table
        endpoint_id = self._id()
        if not _FUNCTION.fullmatch(row.function):
            raise self._wrong("function", f"{row.function!r} does not have the form module:function")
        fields = tuple(self._input(name, each) for name, each in row.fields.items())
        title = app.name or app.app
        return Endpoint(
            id=endpoint_id,
            app_id=app.app,
            served_by="application",
            task="application",
            fields=fields,
            output_fields=tuple(self._field(name, each) for name, each in row.output.items()),
            title=title,
            description=row.description,
            tab=(row.path or app.app.rpartition("/")[2]).replace("-", " ").replace("/", " ").title(),
            input_example=dict(self._example(fields)),
            output_example=row.output_example,
            lenient=LenientParser(Schema(fields, (), strict=False), Translator(endpoint_id, fields, {})),
            strict=StrictParser(Schema(fields, (), strict=True)),
            # What only a video has.
            version="",
            tier="",
            model="",
            fps=0,
            frames_beyond=0,
            area_px=0,
            sizes={},
            nominal=Nominal(resolution=None, fps=None, audio=False),
            limitations=(),
            related=(),
        )

    def _id(self) -> str:
        app, path = self._application.app, self._table.path
        try:
            is_app = bool(_PATH.fullmatch(app)) and EndpointId.parse(app).app_id == app
        except ValueError:
            is_app = False
        if not is_app:
            raise CatalogInvalid(f"{self._file_name}: app: {app!r} does not have the form owner/app")
        if path and not _PATH.fullmatch(path):
            raise self._wrong("path", f"{path!r} is not words of letters, digits, '.', '_' and '-' with '/' between")
        endpoint_id = f"{app}/{path}" if path else app
        reason = self._unreachable(endpoint_id)
        if reason is not None:
            raise self._wrong("path", f"{endpoint_id} cannot be called: {reason}")
        return endpoint_id

    def _input(self, name: str, row: Mapping[str, Any]) -> Field:
        """An input field; its default has to be a value that a caller might send."""
        field = self._field(name, row)
        if field.default is not None:
            _, problems = Schema((replace(field, required=False),), (), strict=False).check({name: field.default})
            if problems:
                raise self._wrong(f"fields.{name}.default", problems[0].msg)
        return field

    def _example(self, fields: Sequence[Field]) -> Iterator[tuple[str, Any]]:
        for name in self._table.examples:
            if name not in self._table.fields:
                raise self._wrong(f"examples.{name}", f"the endpoint has no field {name!r}")
        for each in fields:
            value = self._table.examples.get(each.name, each.default)
            if value is not None:
                yield each.name, value

    def _wrong(self, key: str, said: str) -> CatalogInvalid:
        return super()._wrong(self._key + key, said)
