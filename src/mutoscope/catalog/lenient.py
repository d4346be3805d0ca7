"""
What the lenient profile forgives, before validation: other names, other spellings, keys nobody asked for.

Clients in the field send `duration` as 5 or "5s", the first frame as `image_url` or `start_image_url`, and keys of
neighbouring endpoints. Whatever can be understood in one way only is taken, and a note says so.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from mutoscope.catalog.shape import Field
from mutoscope.errors import Problem
from mutoscope.limits import ARGUMENT_NOTES_MAX

_KEY_CHARS_SHOWN = 64

_Seconds = tuple[tuple[str, Mapping[Any, str | int]], ...]
"""Fields of seconds, with every spelling of each value that they may have."""


class Translation(NamedTuple):
    """A body in the endpoint's own names and types."""

    given: dict[str, Any]
    notes: list[str]
    sent_as: dict[str, str]
    """Name the caller used, by field name, where it was an alias."""
    problems: list[Problem]


class Translator:
    """Turns the bodies that callers of one endpoint send into what its schema asks for."""

    def __init__(self, endpoint_id: str, fields: tuple[Field, ...], ignored: Mapping[str, str]) -> None:
        """
        Args:
            ignored: why a key has no effect here, by key; other unknown keys get a note without a reason.
        """
        self._endpoint_id = endpoint_id
        self._ignored = ignored
        self._names = frozenset(each.name for each in fields)
        self._aliases = {alias: each.name for each in fields for alias in each.aliases if alias not in self._names}
        self._optional = frozenset(each.name for each in fields if not each.required)
        self._optional_urls = tuple(each.name for each in fields if _is_url(each) and not each.required)
        self._seconds = _seconds_of(fields)
        inside = ((each.name, _seconds_of(each.fields)) for each in fields if each.kind == "list")
        self._seconds_inside = tuple((name, members) for name, members in inside if members)
        self._numbers = tuple(each.name for each in fields if each.kind in ("float", "integer"))
        self._nested = tuple(each for each in fields if each.fields)

    def translate(self, body: Mapping[str, Any]) -> Translation:
        """The body with names and spellings put right; values that make no sense are left for validation to refuse."""
        given: dict[str, Any] = {}
        others: list[str] = []
        for key, value in body.items():
            if key not in self._names:
                others.append(key)
            elif value is not None or key not in self._optional:
                given[key] = value
        translation = Translation(given, [], {}, [])
        if others:
            self._take_aliases(others, body, translation)
        for name in self._optional_urls:
            if given.get(name) == "":
                del given[name]
                translation.notes.append(f"{name} is empty and counts as not given")
        _read_seconds(given, self._seconds, "", translation.notes)
        for name, members in self._seconds_inside:
            if isinstance(items := given.get(name), list):
                given[name] = [
                    _with_seconds(item, members, f"{name}[{index}].", translation.notes)
                    for index, item in enumerate(items)
                ]
        if others:
            translation.notes.extend(self._note_on(key) for key in others[:ARGUMENT_NOTES_MAX])
        return translation

    def notes_on_values(self, given: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
        """What can only be said once the values are known to be good: numbers read from text, keys inside objects."""
        notes = [
            f'{name} "{given[name]}" was read as {values[name]}'
            for name in self._numbers
            if type(given.get(name)) is str
        ]
        for each in self._nested:
            if each.name in given:
                notes.extend(islice(_unknown_inside(each, given[each.name], each.name), ARGUMENT_NOTES_MAX))
        return notes

    def _take_aliases(self, others: list[str], body: Mapping[str, Any], into: Translation) -> None:
        """Move values under aliases to their fields, and take those keys out of `others`."""
        for alias in [key for key in others if key in self._aliases]:
            others.remove(alias)
            name, value = self._aliases[alias], body[alias]
            held = into.given.get(name)
            if value in (None, "") and (held is not None or name in self._optional):
                into.notes.append(f"{alias} is empty and counts as not given")
            elif held in (None, ""):
                into.given[name] = value
                into.sent_as[name] = alias
                into.notes.append(f"{alias} was taken as {name}")
            elif type(value) is str and value == held:
                into.notes.append(f"{alias} says the same as {name} and is ignored")
            else:
                into.problems.append(_conflict(alias, name, value))

    def _note_on(self, key: str) -> str:
        reason = self._ignored.get(key) or f"{self._endpoint_id} has no such field"
        return f"{_shown(key)} is ignored: {reason}"


def _is_url(field: Field) -> bool:
    return field.kind == "string" and field.media is not None


def _seconds_of(fields: tuple[Field, ...]) -> _Seconds:
    return tuple((each.name, _seconds(each)) for each in fields if each.unit == "s")


def _read_seconds(given: dict[str, Any], fields: _Seconds, path: str, notes: list[str]) -> None:
    """Put numbers of seconds into the spelling that their field asks for."""
    for name, readings in fields:
        value = given.get(name)
        # By exact type: True equals 1, and only these three are sure to be hashable.
        if type(value) in (str, int, float) and value in readings:
            text = readings[value]
            if value != text:
                given[name] = text
                shown = f'"{text}"' if isinstance(text, str) else text
                notes.append(f"{path}{name} {value!r} was read as {shown}".replace("'", '"'))


def _with_seconds(item: Any, fields: _Seconds, path: str, notes: list[str]) -> Any:
    """An object of a list, as `_read_seconds` has it; the caller's own stays as it is."""
    if not isinstance(item, dict):
        return item
    copy = dict(item)
    # No more notes than can be shown, however many objects there are.
    _read_seconds(copy, fields, path, notes if len(notes) < ARGUMENT_NOTES_MAX else [])
    return copy


def _seconds(field: Field) -> dict[Any, str | int]:
    """Every spelling of each number of seconds; 5.0 finds 5, since they are equal and hash alike."""
    if field.kind == "integer" and field.minimum is not None and field.maximum is not None:
        return {f"{count}s": count for count in range(int(field.minimum), int(field.maximum) + 1)}
    return {spelling: text for text in field.enum for spelling in (text, f"{text}s", int(text))}


def _conflict(alias: str, name: str, value: Any) -> Problem:
    return Problem(
        "mutually_exclusive",
        ("body", alias),
        f"{alias} is another name of {name}, and both are given with different values; send only one of them",
        value,
        {"fields": [name, alias]},
    )


def _unknown_inside(field: Field, value: Any, path: str) -> Iterator[str]:
    """Notes on keys that the objects inside a validated value do not have."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_inside(field, item, f"{path}[{index}]")
        return
    known = {each.name: each for each in field.fields}
    for key, inner in value.items():
        if key not in known:
            yield f"{path}.{_shown(key)} is ignored: there is no such field"
        elif known[key].fields and inner is not None:
            yield from _unknown_inside(known[key], inner, f"{path}.{key}")


def _shown(key: str) -> str:
    """A caller's key, safe to print: one line, bounded, no lone surrogates."""
    if len(key) > _KEY_CHARS_SHOWN:
        key = key[:_KEY_CHARS_SHOWN] + "…"
    return key if key.isprintable() else key.encode("unicode_escape").decode("ascii")
