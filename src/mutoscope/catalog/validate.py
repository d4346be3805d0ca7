"""
Arguments held against an endpoint's fields, with the errors in pydantic's own words.

One pydantic model per endpoint and profile, made from the data on first use. Field names of the wire are aliases of the
model, so that no name (`copy`, `model_name`, `_x`) can collide with pydantic's own.
"""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError, create_model
from pydantic import Field as PydanticField
from pydantic_core import PydanticKnownError

from mutoscope.catalog.endpoint import Arguments
from mutoscope.catalog.lenient import Translator
from mutoscope.catalog.rules import Rules
from mutoscope.catalog.shape import Field, Rule
from mutoscope.errors import ArgumentsInvalid, Loc, Problem
from mutoscope.limits import ARGUMENT_ERRORS_MAX, ARGUMENT_NOTES_MAX


class _Validator(Protocol):
    def validate_python(self, value: Any, /, *, from_attributes: bool) -> BaseModel: ...


class Schema:
    """The fields and rules of one endpoint in one profile, ready to check values in the endpoint's own names."""

    def __init__(self, fields: tuple[Field, ...], rules: tuple[Rule, ...], *, strict: bool) -> None:
        self._fields = tuple(each for each in fields if each.is_printed) if strict else fields
        self._has_rules = bool(rules)
        self._rules = Rules(rules, self._fields, strict=strict)
        self._strict = strict
        self._attributes = tuple((_attribute(each.name), each.name, bool(each.fields)) for each in self._fields)
        self._defaults = {each.name: each.default for each in self._fields}
        self._places = {name: i for i, each in enumerate(self._fields) for name in (*each.aliases, each.name)}

    def check(self, given: object) -> tuple[dict[str, Any], list[Problem]]:
        """
        Hold values against the schema.

        Returns:
            (values with defaults filled, problems); the values are empty where there are problems.
        """
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        try:
            # from_attributes as FastAPI has it: a value that is no object is then a `model_attributes_type`.
            values = self._values(self._validator.validate_python(given, from_attributes=True))
        except ValidationError as error:
            problems = [
                Problem(each["type"], ("body", *each["loc"]), each["msg"], each["input"], each.get("ctx"))
                for each in error.errors(include_url=False)
            ]
        if self._has_rules and isinstance(given, dict):
            refused = {each.loc[1] for each in problems if len(each.loc) > 1}
            problems.extend(self._rules.broken(given, refused))
        return ({}, problems) if problems else (values, [])

    def place(self, problem: Problem) -> int:
        """Where in the field order a problem belongs; those of the whole body first, of unknown keys last."""
        return self._places.get(str(problem.loc[1]), len(self._fields)) if len(problem.loc) > 1 else -1

    def without_surplus(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with no more unknown keys than errors are reported, so that a million of them cost little."""
        if len(body) <= len(self._fields) + ARGUMENT_ERRORS_MAX:
            return body
        known = {name: body[name] for name in self._defaults if name in body}
        unknown = (item for item in body.items() if item[0] not in self._defaults)
        return known | dict(islice(unknown, ARGUMENT_ERRORS_MAX))

    @cached_property
    def _validator(self) -> _Validator:
        validator: _Validator = _model("Arguments", self._fields, strict=self._strict).__pydantic_validator__
        return validator

    def _values(self, model: BaseModel) -> dict[str, Any]:
        held = model.__dict__
        return {
            name: _plain(held[attribute]) if is_nested else held[attribute]
            for attribute, name, is_nested in self._attributes
            if held[attribute] is not None
        }


class StrictParser:
    """The published schema and nothing else: no aliases, no coercion, no unknown keys, no extensions."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def __call__(self, body: object) -> Arguments:
        """Validate a body; raises ArgumentsInvalid."""
        given = self._schema.without_surplus(body) if isinstance(body, dict) else body
        values, problems = self._schema.check(given)
        if problems:
            raise _invalid(problems, self._schema, body, {})
        return Arguments(values)


class LenientParser:
    """As kind as cannot be misunderstood, see `lenient.py`."""

    def __init__(self, schema: Schema, translator: Translator) -> None:
        self._schema = schema
        self._translator = translator

    def __call__(self, body: object) -> Arguments:
        """Validate a body; raises ArgumentsInvalid."""
        if not isinstance(body, dict):
            raise _invalid(self._schema.check(body)[1], self._schema, body, {})
        given, notes, sent_as, problems = self._translator.translate(body)
        values, found = self._schema.check(given)
        problems.extend(found)
        if problems:
            raise _invalid(problems, self._schema, body, sent_as)
        notes.extend(self._translator.notes_on_values(given, values))
        return Arguments(values, tuple(notes[:ARGUMENT_NOTES_MAX]), sent_as)


def _invalid(problems: list[Problem], schema: Schema, body: object, sent_as: Mapping[str, str]) -> ArgumentsInvalid:
    """Problems in field order, bounded, under the names the caller used and with what the caller sent around them."""
    problems.sort(key=schema.place)
    return ArgumentsInvalid([_as_sent(each, body, sent_as) for each in problems[:ARGUMENT_ERRORS_MAX]])


def _as_sent(problem: Problem, body: object, sent_as: Mapping[str, str]) -> Problem:
    if len(problem.loc) < 2:
        return problem
    loc: Loc = ("body", sent_as.get(str(problem.loc[1]), problem.loc[1]), *problem.loc[2:])
    # Of what is missing, what it is missing from.
    sent = _at(body, loc[1:-1] if problem.type == "missing" else loc[1:])
    return Problem(problem.type, loc, problem.msg, sent, problem.ctx)


def _at(body: Any, path: Loc) -> Any:
    """What the caller sent in a place; a value read in another spelling is not that."""
    for step in path:
        body = body[step]
    return body


def _model(name: str, fields: tuple[Field, ...], *, strict: bool) -> type[BaseModel]:
    """A pydantic model of `fields`; in the strict profile it refuses unknown keys."""
    config = ConfigDict(extra="forbid" if strict else "ignore", protected_namespaces=(), validate_default=False)
    members: dict[str, Any] = {}
    for each in fields:
        annotation = _annotation(each, strict=strict)
        if each.required:
            members[_attribute(each.name)] = (annotation, PydanticField(alias=each.name))
        elif each.default is not None:
            members[_attribute(each.name)] = (annotation, PydanticField(alias=each.name, default=each.default))
        else:
            # Where absent means nothing, null means the same; the platform's own models say so too.
            members[_attribute(each.name)] = (annotation | None, PydanticField(alias=each.name, default=None))
    return create_model(name, __config__=config, **members)


def _annotation(field: Field, *, strict: bool) -> Any:
    """The type of one field, with its bounds, as pydantic reads it."""
    match field.kind:
        case "string":
            return Annotated[str, StringConstraints(max_length=field.chars_max)] if field.chars_max else str
        case "enum":
            return Literal[field.enum]
        case "boolean":
            return Annotated[bool, PydanticField(strict=strict)]
        case "float" | "integer":
            return _number(field, strict=strict)
        case "object":
            return _model(field.name, field.fields, strict=strict)
        case "list":
            item = _model(field.name, field.fields, strict=strict) if field.fields else str
            bounded = Annotated[list[item], PydanticField(min_length=field.items_min, max_length=field.items_max)]  # type: ignore[valid-type]
            # The strict profile says of an empty list that it is too short, where it has a shortest length.
            is_optional = not field.required and not (strict and field.items_min)
            return Annotated[bounded | None, BeforeValidator(_empty_as_absent)] if is_optional else bounded


def _number(field: Field, *, strict: bool) -> Any:
    is_float = field.kind == "float"
    of_kind = float if is_float else int
    bounds = {
        bound: of_kind(value) for bound, value in (("ge", field.minimum), ("le", field.maximum)) if value is not None
    }
    finite = {"allow_inf_nan": False} if is_float else {}
    number = Annotated[of_kind, PydanticField(strict=strict, **bounds, **finite)]  # type: ignore[valid-type]
    return Annotated[number, BeforeValidator(_refuse_float_bool if is_float else _refuse_int_bool)]


def _refuse_float_bool(value: Any) -> Any:
    """pydantic reads true as 1.0; in a request it is a mistake."""
    if type(value) is bool:
        raise PydanticKnownError("float_type")
    return value


def _refuse_int_bool(value: Any) -> Any:
    """As above, for whole numbers."""
    if type(value) is bool:
        raise PydanticKnownError("int_type")
    return value


def _empty_as_absent(value: Any) -> Any:
    """A list with nothing in it says nothing: a mask without a path stays where it is."""
    return None if value == [] else value


def _attribute(name: str) -> str:
    return f"field_{name}"


def _plain(value: Any) -> Any:
    """Nested models as JSON types under the wire's names."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.model_dump(by_alias=True, exclude_none=True) if isinstance(value, BaseModel) else value
