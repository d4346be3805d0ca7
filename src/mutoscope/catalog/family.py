"""
One TOML family on its way to endpoints.

The TOML is checked as strictly as a request: an unknown key, a field nobody defined or a default outside its own enum
stops the start-up with the file and the key.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mutoscope import limits
from mutoscope.catalog.endpoint import Endpoint, EndpointId, Field, Kind, Related, Role, Rule
from mutoscope.catalog.lenient import Translator
from mutoscope.catalog.validate import LenientParser, Schema, StrictParser
from mutoscope.errors import CatalogInvalid

_PLAIN_KINDS: Mapping[str, Kind] = {"string": "string", "float": "float", "integer": "integer", "boolean": "boolean"}

_Bound = int | float | str
"""A number, or the name of one in limits.py."""


class _Table(BaseModel):
    # Deferred: most tables are built only as parts of another one.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class _FieldTable(_Table):
    type: str
    required: bool = False
    default: Any = None
    description: str = ""
    enum: tuple[str, ...] = ()
    minimum: _Bound | None = None
    maximum: _Bound | None = None
    chars_max: _Bound | None = None
    items_min: _Bound | None = None
    items_max: _Bound | None = None
    media: Literal["image"] | None = None
    role: Role | None = None
    aliases: tuple[str, ...] = ()
    unit: Literal["s"] | None = None
    ignored: str = ""
    extension: bool = False


class _TierTable(_Table):
    area_px: int
    sizes: dict[str, tuple[int, int]]


class _RuleTable(_Table):
    kind: Literal["mutually_exclusive", "at_least_one", "requires_value"]
    fields: tuple[str, ...]
    of: str | None = None
    value: str | None = None
    profile: Literal["both", "strict"] = "both"
    task: str | None = None
    """Only for endpoints of this task; default: for all."""


class _EndpointTable(_Table):
    task: str
    path: str | None = None
    """Default: version/tier/task."""
    tab: str | None = None
    """Default: the task in words."""
    fps: int | None = None
    frames_beyond: int | None = None
    """Default: the family's."""
    fields: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    changes: dict[str, dict[str, Any]] = {}
    """Keys of a field that differ here, by field."""
    examples: dict[str, Any] = {}
    """Values of the input example; a field with a default needs none."""
    output_example: dict[str, Any] = {}


class _PageTable(_Table):
    name: str
    summary: str
    tier: str
    related: tuple[tuple[str, str, str], ...] = ()
    endpoints: tuple[_EndpointTable, ...]


class _Definitions(_Table):
    fields: dict[str, dict[str, Any]] = {}
    types: dict[str, dict[str, dict[str, Any]]] = {}
    tiers: dict[str, _TierTable] = {}


class Common(_Definitions):
    """What families share: `common.toml`."""

    extensions: dict[str, dict[str, Any]]
    output: dict[str, dict[str, Any]]
    ignored: dict[str, dict[str, str]]
    """Why a key has no effect, by task and key."""


class _FamilyTable(_Definitions):
    app: str
    version: str
    model: str
    fps: int
    frames_beyond: int
    rules: tuple[_RuleTable, ...] = ()
    pages: tuple[_PageTable, ...]


_T = TypeVar("_T", bound=_Table)


def read_common(file: Traversable | Path) -> Common:
    """Read what families share; raises CatalogInvalid."""
    return _read(file, Common)


def read_family(file: Traversable | Path, common: Common) -> list[Endpoint]:
    """The endpoints of one file, in its order; raises CatalogInvalid."""
    return _Family(file.name, _read(file, _FamilyTable), common).endpoints()


def _read(file: Traversable | Path, shape: type[_T]) -> _T:
    try:
        return shape.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogInvalid(f"{file.name} cannot be read: {error}") from error
    except ValidationError as error:
        raise CatalogInvalid(f"{file.name}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first thing that is wrong with a table, with its key."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


class _Family:
    """A family's tables and the definitions they name."""

    def __init__(self, file_name: str, table: _FamilyTable, common: Common) -> None:
        self._file_name = file_name
        self._table = table
        self._common = common
        self._fields = common.fields | table.fields
        self._types = common.types | table.types
        self._tiers = common.tiers | table.tiers

    def endpoints(self) -> list[Endpoint]:
        """The endpoints, in the order of the file."""
        rows = [(page, table) for page in self._table.pages for table in page.endpoints]
        inputs = {self._id(page, table): self._inputs(table) for page, table in rows}
        return [self._endpoint(page, table, inputs) for page, table in rows]

    def _id(self, page: _PageTable, table: _EndpointTable) -> str:
        path = table.path or f"{self._table.version}/{page.tier}/{table.task}"
        try:
            endpoint_id = EndpointId.parse(f"{self._table.app}/{path}")
        except ValueError as error:
            raise self._wrong("path", str(error)) from error
        if endpoint_id.app_id != self._table.app:
            raise self._wrong("app", f"{self._table.app!r} does not have the form owner/app")
        return str(endpoint_id)

    def _endpoint(self, page: _PageTable, table: _EndpointTable, inputs: Mapping[str, tuple[Field, ...]]) -> Endpoint:
        endpoint_id = self._id(page, table)
        fields = inputs[endpoint_id]
        if page.tier not in self._tiers:
            raise self._wrong(f"{page.name}.tier", f"{page.tier!r} is none of {', '.join(self._tiers)}")
        rules = self._rules(table.task, fields)
        ignored = self._elsewhere(endpoint_id, table.task, inputs) | self._common.ignored.get(table.task, {})
        on_page = [each for sibling in page.endpoints for each in inputs[self._id(page, sibling)] if each.is_printed]
        return Endpoint(
            id=endpoint_id,
            app_id=EndpointId.parse(endpoint_id).app_id,
            version=self._table.version,
            tier=page.tier,
            task=table.task,
            model=self._table.model,
            fields=fields,
            output_fields=tuple(self._field(name, row) for name, row in self._common.output.items()),
            rules=rules,
            fps=self._table.fps if table.fps is None else table.fps,
            frames_beyond=self._table.frames_beyond if table.frames_beyond is None else table.frames_beyond,
            area_px=self._tiers[page.tier].area_px,
            sizes=self._tiers[page.tier].sizes,
            title=f"{page.name} API",
            description=f"API reference for {page.name}. {page.summary}",
            tab=table.tab or table.task.replace("-", " ").title(),
            limitations=tuple(dict.fromkeys(each.limitation for each in on_page if each.limitation)),
            related=tuple(Related(*link) for link in page.related),
            input_example=self._input_example(table, fields),
            output_example=table.output_example,
            lenient=LenientParser(Schema(fields, rules, strict=False), Translator(endpoint_id, fields, ignored)),
            strict=StrictParser(Schema(fields, rules, strict=True)),
        )

    def _inputs(self, table: _EndpointTable) -> tuple[Field, ...]:
        for name in table.changes:
            if name not in table.fields:
                raise self._wrong(f"changes.{name}", f"the endpoint has no field {name!r}")
        printed = [self._named(name, table.changes.get(name, {})) for name in table.fields]
        hidden = [replace(self._named(name, {}), hidden=True) for name in table.hidden]
        extensions = [replace(self._field(*row), extension=True) for row in self._common.extensions.items()]
        return (*printed, *hidden, *extensions)

    def _named(self, name: str, changes: Mapping[str, Any]) -> Field:
        if name not in self._fields:
            raise self._wrong(f"fields.{name}", "no file defines this field")
        return self._field(name, {**self._fields[name], **changes})

    def _field(self, name: str, row: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Field:
        """A field of its table; `inside` are the types around it."""
        try:
            table = _FieldTable.model_validate(row)
        except ValidationError as error:
            raise self._wrong(f"fields.{name}", _first(error)) from error
        item_type = table.type.removeprefix("list<").removesuffix(">")
        if item_type in inside:
            raise self._wrong(f"fields.{name}.type", f"{item_type} contains itself")
        members = tuple(
            self._field(member, each, (*inside, item_type)) for member, each in self._types.get(item_type, {}).items()
        )
        if table.enum and table.default is not None and table.default not in table.enum:
            raise self._wrong(f"fields.{name}.default", f"{table.default!r} is none of {', '.join(table.enum)}")
        bounds = ("minimum", "maximum", "chars_max", "items_min", "items_max")
        return Field(
            name=name,
            kind=self._kind(name, table),
            fields=members,
            **{bound: self._bound(name, bound, getattr(table, bound)) for bound in bounds},
            role=None if table.ignored else table.role,
            **table.model_dump(exclude={*bounds, "role"}),
        )

    def _kind(self, name: str, table: _FieldTable) -> Kind:
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
        raise self._wrong(f"fields.{name}.type", f"no file defines the type {table.type!r}")

    def _bound(self, name: str, key: str, value: _Bound | None) -> Any:
        if not isinstance(value, str):
            return value
        if not isinstance(getattr(limits, value, None), int | float):
            raise self._wrong(f"fields.{name}.{key}", f"limits.py has no {value}")
        return getattr(limits, value)

    def _rules(self, task: str, fields: tuple[Field, ...]) -> tuple[Rule, ...]:
        """The family's rules that hold for an endpoint of this task and these fields."""
        tables = (each for each in self._table.rules if each.task in (None, task))
        return tuple(rule for each in tables if (rule := self._rule(each, fields)))

    def _rule(self, table: _RuleTable, fields: tuple[Field, ...]) -> Rule | None:
        """The rule as far as it touches these fields; None where it does not."""
        names = {each.name for each in fields}
        present = tuple(name for name in table.fields if name in names)
        is_strict = table.profile == "strict"
        if table.kind != "requires_value":
            return Rule(kind=table.kind, fields=present, is_strict=is_strict) if len(present) > 1 else None
        if table.of is None or table.value is None:
            raise self._wrong("rules.requires_value", "needs `of` and `value`")
        if not present or table.of not in names:
            return None
        return Rule(kind=table.kind, fields=present, of=table.of, value=table.value, is_strict=is_strict)

    def _elsewhere(self, endpoint_id: str, task: str, inputs: Mapping[str, tuple[Field, ...]]) -> dict[str, str]:
        """Which endpoint of the family takes a key that this one does not, for the note on ignoring it."""
        own = {name for each in inputs[endpoint_id] for name in (each.name, *each.aliases)}
        return {
            name: f"{endpoint_id} has no such field, {sibling} has"
            for sibling, fields in inputs.items()
            if sibling.endswith(f"/{task}")
            for each in fields
            for name in (each.name, *each.aliases)
            if name not in own
        }

    def _input_example(self, table: _EndpointTable, fields: tuple[Field, ...]) -> dict[str, Any]:
        printed = [each for each in fields if each.is_printed]
        for name in table.examples:
            if name not in {each.name for each in printed}:
                raise self._wrong(f"examples.{name}", f"the endpoint has no field {name!r}")
        values = {each.name: table.examples.get(each.name, each.default) for each in printed}
        return {name: value for name, value in values.items() if value is not None}

    def _wrong(self, key: str, said: str) -> CatalogInvalid:
        return CatalogInvalid(f"{self._file_name}: {key}: {said}")
