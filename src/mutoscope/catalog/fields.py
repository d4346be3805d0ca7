"""Field tables on their way to fields, for every kind of file that describes endpoints."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from mutoscope import limits
from mutoscope.catalog.shape import Field, Kind, MediaLimits
from mutoscope.catalog.tables import Bound, FieldTable, Table
from mutoscope.errors import CatalogInvalid

_PLAIN_KINDS: Mapping[str, Kind] = {"string": "string", "float": "float", "integer": "integer", "boolean": "boolean"}
_BOUNDS = ("minimum", "maximum", "chars_max", "items_min", "items_max")

_READ_HERE = frozenset({*_BOUNDS, "role", "enum", "media_limits"})
"""Keys of a table that a field has in another form."""

_T = TypeVar("_T", bound=Table)


def read_table(file: Traversable | Path, shape: type[_T]) -> _T:
    """The whole of a file as one table; raises CatalogInvalid."""
    try:
        return shape.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogInvalid(f"{file.name} cannot be read: {error}") from error
    except ValidationError as error:
        raise CatalogInvalid(f"{file.name}: {first_problem(error, shape)}") from error


def first_problem(error: ValidationError, shape: type[Table]) -> str:
    """The first thing that is wrong with a table, with its key; for an unknown key those that its shape has."""
    first = error.errors(include_url=False)[0]
    loc = first["loc"]
    said = first["msg"]
    if first["type"] == "extra_forbidden":
        said = f"there is no such key here; there are {', '.join(_table_at(loc[:-1], shape).model_fields)}"
    return f"{'.'.join(map(str, loc))}: {said}"


def _table_at(loc: Sequence[int | str], shape: type[Table]) -> type[Table]:
    """The shape of the table at `loc`, whether the key holds one, many in a row, or many by name."""
    for step in loc:
        field = shape.model_fields.get(str(step))
        if field is not None:  # else an index, or a name that the file gave
            kinds = (field.annotation, *get_args(field.annotation))
            shape = next((each for each in kinds if isinstance(each, type) and issubclass(each, Table)), shape)
    return shape


class FieldReader:
    """The field tables of one file."""

    def __init__(
        self,
        file_name: str,
        types: Mapping[str, Mapping[str, Mapping[str, Any]]],
        media_limits: Mapping[str, MediaLimits],
    ) -> None:
        """
        Args:
            types: the members of every object type that a field may name, by type and member.
            media_limits: what files may have to be, by the name that a field gives.
        """
        self._file_name = file_name
        self._types = types
        self._media_limits = media_limits

    def _field(self, name: str, row: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Field:
        """A field of its table; `inside` are the types around it."""
        try:
            table = FieldTable.model_validate(row)
        except ValidationError as error:
            raise self._wrong(f"fields.{name}", first_problem(error, FieldTable)) from error
        item_type = table.type.removeprefix("list<").removesuffix(">")
        if item_type in inside:
            raise self._wrong(f"fields.{name}.type", f"{item_type} contains itself")
        members = tuple(
            self._field(member, each, (*inside, item_type)) for member, each in self._types.get(item_type, {}).items()
        )
        enum = self._enum(name, table)
        if enum and table.default is not None and table.default not in enum:
            raise self._wrong(f"fields.{name}.default", f"{table.default!r} is none of {', '.join(enum)}")
        if table.media_limits is not None and table.media_limits not in self._media_limits:
            raise self._wrong(f"fields.{name}.media_limits", f"no file defines {table.media_limits!r}")
        return Field(
            name=name,
            kind=self._kind(name, table),
            enum=enum,
            fields=members,
            media_limits=self._media_limits.get(table.media_limits or ""),
            **{bound: self._bound(name, bound, getattr(table, bound)) for bound in _BOUNDS},
            role=None if table.ignored else table.role,
            **{key: value for key, value in table.__dict__.items() if key not in _READ_HERE},
        )

    def _enum(self, name: str, table: FieldTable) -> tuple[str, ...]:
        if not isinstance(table.enum, str):
            return table.enum
        try:
            return _listed(table.enum)
        except OSError as error:
            raise self._wrong(f"fields.{name}.enum", f"there is no list {table.enum!r}") from error

    def _kind(self, name: str, table: FieldTable) -> Kind:
        if table.enum:
            return "enum"
        if table.type in self._types:
            return "object"
        if table.type.startswith("list<"):
            item_type = table.type.removeprefix("list<").removesuffix(">")
            if item_type in self._types or item_type == "string":
                return "list"
        if table.type in _PLAIN_KINDS:
            return _PLAIN_KINDS[table.type]
        plain = ", ".join(_PLAIN_KINDS)
        raise self._wrong(
            f"fields.{name}.type", f"no file defines the type {table.type!r}; plain ones are {plain} and list<string>"
        )

    def _bound(self, name: str, key: str, value: Bound | None) -> Any:
        if not isinstance(value, str):
            return value
        if not isinstance(getattr(limits, value, None), int | float):
            raise self._wrong(f"fields.{name}.{key}", f"limits.py has no {value}")
        return getattr(limits, value)

    def _wrong(self, key: str, said: str) -> CatalogInvalid:
        return CatalogInvalid(f"{self._file_name}: {key}: {said}")


@cache
def _listed(name: str) -> tuple[str, ...]:
    """The values of a list of the package, one on each line."""
    file = resources.files("mutoscope.catalog") / "lists" / f"{name}.txt"
    return tuple(file.read_text("utf-8").split())
