"""
Limits over several fields, held against what the caller sent.

Each kind of rule is a function here; which endpoint has which rule, with which bound, is data. A rule reads values as
they came: fields whose own type was refused are left to that error.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from mutoscope.catalog.shape import Field, Rule
from mutoscope.catalog.storyboard import SHOT_DURATION_S
from mutoscope.errors import Problem

_NOTHING: Final[tuple[object, ...]] = (None, "", [])
"""What counts as not given."""


class Rules:
    """The rules of one endpoint in one profile."""

    def __init__(self, rules: tuple[Rule, ...], fields: tuple[Field, ...], *, strict: bool) -> None:
        self._rules = tuple(rule for rule in rules if strict or not rule.is_strict)
        self._fields = {each.name: each for each in fields}
        self._strict = strict

    def broken(self, given: Mapping[str, Any], refused: Collection[str | int]) -> Iterator[Problem]:
        """
        Everything that breaks a rule.

        Args:
            given: values in the endpoint's own names, defaults not filled.
            refused: names whose own value is already refused.
        """
        for rule in self._rules:
            paths = (rule.of, rule.when) if rule.kind in _BY_PRESENCE else (*rule.fields, rule.of, rule.when)
            about = {_head(path) for path in paths if path}
            if about.isdisjoint(refused) and (rule.when is None or any(_given_at(given, rule.when))):
                yield from _CHECKS[rule.kind](self, rule, given)

    def _mutually_exclusive(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        present = _present(rule, given)
        if len(present) > 1:
            message = f"{' and '.join(present)} exclude each other; send only one of them"
            yield Problem("mutually_exclusive", ("body", present[-1]), message, given[present[-1]], {"fields": present})

    def _at_least_one(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        if not _present(rule, given):
            names = " or ".join(rule.fields)
            yield Problem("missing", ("body", rule.fields[0]), f"Field required: send {names}", given)

    def _exactly_one(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        yield from self._mutually_exclusive(rule, given)
        yield from self._at_least_one(rule, given)

    def _requires_value(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        assert rule.of is not None, "requires_value names the field it is about; family.py checks it"
        value = given.get(rule.of, self._fields[rule.of].default)
        if value == rule.value:
            return
        for name in _present(rule, given):
            needed = f"{name} needs {rule.of} to be {_shown(rule.value)}, and it is {_shown(value)}"
            message = f"{needed}; change that, or leave {name} out"
            ctx = {"field": rule.of, "expected": rule.value}
            yield Problem("requires_value", ("body", name), message, given[name], ctx)

    def _sum_max(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        name, total = _head(rule.fields[0]), self._sum(rule, given)
        if total > _bound(rule):
            message = f"{name} lasts {total} s in all; the limit is {rule.value} s. Shorten or drop some of it"
            yield Problem("sum_max", ("body", name), message, given[name], {"sum": total, "limit": rule.value})

    def _sum_equals(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        """The sum is what `of` would be: within its bounds, and in the strict profile no other than was sent."""
        assert rule.of is not None, "sum_equals names the field it is about; family.py checks it"
        name, field, total = _head(rule.fields[0]), self._fields[rule.of], self._sum(rule, given)
        if not total:
            return
        low, high = field.minimum or 0, field.maximum
        if total < low or (high is not None and total > high):
            message = f"{name} lasts {total} s in all, and {rule.of} may be {low:g} to {high:g}; make it fit"
            ctx = {"field": rule.of, "sum": total, "minimum": low, "maximum": high}
            yield Problem("sum_equals", ("body", name), message, given[name], ctx)
        elif self._strict and given.get(rule.of, total) != total:
            message = f"{rule.of} is {given[rule.of]}, and {name} lasts {total} s in all; leave {rule.of} out"
            ctx = {"field": rule.of, "sum": total}
            yield Problem("sum_equals", ("body", rule.of), message, given[rule.of], ctx)

    def _count_sum_max(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        present = _present(rule, given)
        counted = {name: _count(given[name]) for name in present}
        if (total := sum(counted.values())) > _bound(rule):
            because = f" where {rule.when} is given" if rule.when else ""
            message = f"{_counted(counted, total)}; the limit is {rule.value}{because}. Leave some out"
            ctx = {"fields": list(rule.fields), "count": total, "limit": rule.value}
            yield Problem("count_sum_max", ("body", present[-1]), message, given[present[-1]], ctx)

    def _count_where_max(self, rule: Rule, given: Mapping[str, Any]) -> Iterator[Problem]:
        path = rule.fields[0]
        name, _, inner = path.partition("[].")
        where = [index for index, found in enumerate(_given_at(given, path)) if found]
        if len(where) > _bound(rule):
            message = f"{len(where)} of {name} have {inner}; the limit is {rule.value}. Leave it out of the others"
            ctx = {"count": len(where), "limit": rule.value}
            loc = ("body", name, where[-1], inner)
            yield Problem("count_where_max", loc, message, given[name][where[-1]][inner], ctx)

    def _sum(self, rule: Rule, given: Mapping[str, Any]) -> int:
        """The whole numbers at a path, added up; the default where one is left out."""
        name, _, inner = rule.fields[0].partition("[].")
        default = next(each.default for each in self._fields[name].fields if each.name == inner)
        values = (item.get(inner) for item in given.get(name) or ())
        return sum(int(float(default or SHOT_DURATION_S if value is None else value)) for value in values)


_CHECKS: Final[Mapping[str, Callable[[Rules, Rule, Mapping[str, Any]], Iterator[Problem]]]] = {
    "mutually_exclusive": Rules._mutually_exclusive,
    "at_least_one": Rules._at_least_one,
    "exactly_one": Rules._exactly_one,
    "requires_value": Rules._requires_value,
    "sum_max": Rules._sum_max,
    "sum_equals": Rules._sum_equals,
    "count_sum_max": Rules._count_sum_max,
    "count_where_max": Rules._count_where_max,
}

_BY_PRESENCE: Final = ("mutually_exclusive", "at_least_one", "exactly_one", "requires_value")
"""Kinds that ask only whether a field was sent, so that a wrong value in it changes nothing."""


def _head(path: str) -> str:
    return path.partition("[].")[0]


def _present(rule: Rule, given: Mapping[str, Any]) -> list[str]:
    return [name for name in rule.fields if given.get(name) not in (None, [])]


def _given_at(given: Mapping[str, Any], path: str) -> list[bool]:
    """Whether there is something at a path, for each object of the list that it goes through."""
    name, _, inner = path.partition("[].")
    if not inner:
        return [given.get(name) not in _NOTHING]
    return [item.get(inner) not in _NOTHING for item in given.get(name) or ()]


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _counted(counted: Mapping[str, int], total: int) -> str:
    """What each of the fields holds."""
    if len(counted) == 1:
        return f"{next(iter(counted))} has {total}"
    return " and ".join(f"{name} ({count})" for name, count in counted.items()) + f" make {total} together"


def _bound(rule: Rule) -> int:
    assert isinstance(rule.value, int), "a bound is a number; family.py checks it"
    return rule.value


def _shown(value: Any) -> str:
    """As the caller writes it in JSON, but for text, which stands in single quotes as in pydantic's messages."""
    return str(value).lower() if isinstance(value, bool) else repr(value)
