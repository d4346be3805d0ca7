"""
How long a file lives and who may read it: what `X-Fal-Object-Lifecycle` says, as a noun.

Pure: no clock, no store.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from mutoscope.errors import BadRequest
from mutoscope.limits import LIFECYCLE_CHARS_MAX, LIFECYCLE_S_MAX

_NAME: Final = "The object lifecycle"


class Decision(StrEnum):
    """What becomes of somebody who asks for a file."""

    ALLOW = "allow"
    FORBID = "forbid"
    """Told that it is not for them."""
    HIDE = "hide"
    """Told that there is no such file."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An exception from the default, for one account."""

    user: str
    """The id of an account of this server."""
    decision: Decision


@dataclass(frozen=True, slots=True)
class Acl:
    """Who may read a file. Its owner always may."""

    default: Decision = Decision.ALLOW
    rules: tuple[Rule, ...] = ()

    def decide(self, owner: str, reader: str | None) -> Decision:
        """
        What becomes of a reader.

        Args:
            owner: account that the file belongs to.
            reader: account that asks; None when it did not say who it is.
        """
        if reader is None:
            return self.default
        if reader == owner:
            return Decision.ALLOW
        return next((rule.decision for rule in self.rules if rule.user == reader), self.default)


EVERYBODY: Final = Acl()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The wish of whoever makes a file."""

    duration_s: float | None = None
    """From when the file is there; None for as long as the settings say."""
    acl: Acl = EVERYBODY

    def to_json(self) -> str:
        """The same wish in one spelling; `stored_lifecycle` reads it."""
        return orjson.dumps(self.to_object()).decode()

    def to_object(self) -> dict[str, Any]:
        """As JSON types, without what is as it would be anyway."""
        wish: dict[str, Any] = {}
        if self.duration_s is not None:
            wish["expiration_duration_seconds"] = self.duration_s
        if self.acl != EVERYBODY:
            wish["initial_acl"] = acl_to_object(self.acl)
        return wish

    def expires(self, now: float, retention_days: float) -> float | None:
        """When a file made `now` (Unix seconds) ends, where the settings say `retention_days`; None for never."""
        if self.duration_s is not None:
            return now + self.duration_s
        return now + retention_days * 86_400 if retention_days else None


def parse_lifecycle(text: str) -> Lifecycle:
    """
    Read a lifecycle header.

    Fields that are not known are left out, since clients newer than this server may send them.

    Raises:
        BadRequest: it is not what it should be; says where.
    """
    if len(text) > LIFECYCLE_CHARS_MAX:
        raise BadRequest(f"{_NAME} is {len(text)} characters; the limit is {LIFECYCLE_CHARS_MAX} (LIFECYCLE_CHARS_MAX)")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{_NAME} is not JSON: {error}") from error
    return lifecycle_of(value)


def stored_lifecycle(text: str) -> Lifecycle:
    """What `Lifecycle.to_json` wrote; the bound of the header does not hold for it."""
    return lifecycle_of(orjson.loads(text))


def lifecycle_of(value: Any) -> Lifecycle:
    """
    A lifecycle from JSON types.

    Raises:
        BadRequest: as `parse_lifecycle`.
    """
    wish = _object(value, _NAME)
    acl = wish.get("initial_acl")
    return Lifecycle(_duration_s(wish.get("expiration_duration_seconds")), EVERYBODY if acl is None else acl_of(acl))


def acl_of(value: Any) -> Acl:
    """
    An access list from JSON types.

    Raises:
        BadRequest: as `parse_lifecycle`.
    """
    where = f"{_NAME}'s initial_acl"
    acl = _object(value, where)
    rules = acl.get("rules")
    if rules is not None and not isinstance(rules, list):
        raise BadRequest(f"{where}.rules must be a list of objects with user and decision")
    default = acl.get("default")
    return Acl(
        Decision.ALLOW if default is None else _decision(default, f"{where}.default"),
        tuple(_rule(rule, f"{where}.rules[{at}]") for at, rule in enumerate(rules or ())),
    )


def acl_to_object(acl: Acl) -> dict[str, Any]:
    """An access list as JSON types."""
    rules = [{"user": rule.user, "decision": rule.decision.value} for rule in acl.rules]
    return {"default": acl.default.value} | ({"rules": rules} if rules else {})


def _duration_s(value: Any) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and 0 < value <= LIFECYCLE_S_MAX):
        raise BadRequest(
            f"{_NAME}'s expiration_duration_seconds is {_shown(value)}; it must be a number above 0 "
            f"and at most {LIFECYCLE_S_MAX} (LIFECYCLE_S_MAX)"
        )
    return float(value)


def _rule(value: Any, where: str) -> Rule:
    rule = _object(value, where)
    user = rule.get("user")
    if not isinstance(user, str) or not user:
        raise BadRequest(f"{where}.user is {_shown(user)}; it must be the id of an account")
    return Rule(user, _decision(rule.get("decision"), f"{where}.decision"))


def _decision(value: Any, where: str) -> Decision:
    try:
        return Decision(value)
    except ValueError:
        raise BadRequest(f"{where} is {_shown(value)}; it must be 'allow', 'forbid' or 'hide'") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest(f"{where} is {_shown(value)}; it must be a JSON object")
    return value


def _shown(value: Any) -> str:
    return repr(value)[:60]
