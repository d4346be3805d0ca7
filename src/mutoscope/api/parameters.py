"""
The query of a platform call: lists, choices, numbers, times and cursors, each refused with its value and its bound.

Unknown parameters are ignored. A list may repeat its name or stand in one value with commas: `a=1&a=2`, `a=1,2`.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from mutoscope.accounts.signer import Signer
from mutoscope.api.exchange import HttpRequest
from mutoscope.errors import BadRequest, ParameterInvalid
from mutoscope.limits import (
    CURSOR_LIFETIME_S,
    ENDPOINT_ID_CHARS_MAX,
    ENDPOINT_IDS_MAX,
    PLATFORM_QUERY_FIELDS_MAX,
    TIME_ZONE_CHARS_MAX,
)

_SHOWN_CHARS: Final = 60
"""Of an offending value, in a message."""
_YEARS: Final = (1970, 2200)
"""Whose times are taken; the last one is outside."""
_PAGING: Final = frozenset({"cursor", "limit"})
"""May differ from page to page."""


class Parameters:
    """
    What the query of one call says.

    Raises:
        ParameterInvalid: it is longer, or of more fields, than anyone needs.
    """

    def __init__(self, http: HttpRequest) -> None:
        try:
            pairs = http.query_fields(PLATFORM_QUERY_FIELDS_MAX, "PLATFORM_QUERY_FIELDS_MAX")
        except BadRequest as error:
            raise ParameterInvalid(str(error)) from None
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            # Some clients write the name of a list with brackets.
            self._values.setdefault(name.removesuffix("[]"), []).append(value)

    def text(self, name: str) -> str | None:
        """The last value that is not empty, or None."""
        return next((value for value in reversed(self._values.get(name, ())) if value), None)

    def many(self, name: str) -> list[str]:
        """All values of a list, in order, each once."""
        parts = (part.strip() for value in self._values.get(name, ()) for part in value.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def endpoint_ids(self) -> list[str]:
        """`endpoint_id`, as many as one call may name; none when it is absent."""
        return checked_endpoint_ids(self.many("endpoint_id"))

    def choice(self, name: str, choices: Collection[str], default: str | None = None) -> str | None:
        """One of `choices`."""
        value = self.text(name)
        if value is None:
            return default
        if value not in choices:
            raise ParameterInvalid(f"{name} is {shown(value)}; it must be one of {', '.join(choices)}")
        return value

    def choices(self, name: str, choices: Collection[str]) -> set[str]:
        """Any of `choices`."""
        values = self.many(name)
        for value in values:
            if value not in choices:
                raise ParameterInvalid(f"{name} has {shown(value)}; it may have {', '.join(choices)}")
        return set(values)

    def whole(self, name: str, most: int, default: int) -> int:
        """A whole number from 1 to `most`."""
        text = self.text(name)
        if text is None:
            return default
        number = whole_number(text, most)
        if not number:
            raise ParameterInvalid(f"{name} is {shown(text)}; it must be a whole number from 1 to {most}")
        return number

    def yes(self, name: str, default: bool) -> bool:
        """A switch."""
        value = self.choice(name, ("true", "false", "1", "0"))
        return default if value is None else value in ("true", "1")

    def zone(self) -> tzinfo:
        """`timezone`, a name of the IANA database; UTC when it is absent."""
        name = self.text("timezone")
        if name is None or name.upper() == "UTC":
            return UTC
        if len(name) <= TIME_ZONE_CHARS_MAX and name.isascii() and name.isprintable():
            try:
                return ZoneInfo(name)
            except (KeyError, ValueError, OSError):
                pass  # not in the database, or no name at all: a folder of it, a path out of it
        raise ParameterInvalid(f"timezone is {shown(name)}; it must be a name like Europe/Berlin or UTC")

    def time(self, name: str, zone: tzinfo) -> float | None:
        """A moment in ISO 8601, in Unix seconds; without an offset it is a time of `zone`."""
        text = self.text(name)
        if text is None:
            return None
        # A plus sign that was not percent-encoded arrives as a blank.
        moment = _moment(text) or _moment(text.replace(" ", "+"))
        if moment is None or not _YEARS[0] < moment.year < _YEARS[1] - 1:
            bound = (
                f"it must be a time like 2026-11-01T00:00:00Z or 2026-11-01, from {_YEARS[0] + 1} to {_YEARS[1] - 2}"
            )
            raise ParameterInvalid(f"{name} is {shown(text)}; {bound}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()

    def list_id(self, operation: str, account_id: str) -> str:
        """What a cursor is good for: this list, of this account, under these parameters."""
        rest = sorted((name, value) for name, value in self._values.items() if name not in _PAGING)
        said = json.dumps([operation, account_id, rest]).encode()
        return f"cursor {hashlib.sha256(said).hexdigest()}"


class Cursors:
    """Writes and reads the cursors of one list: signed places, good for no other list."""

    def __init__(self, signer: Signer, list_id: str) -> None:
        self._signer = signer
        self._list_id = list_id

    def write(self, *place: float | int | str) -> str:
        """The cursor of a place."""
        return self._signer.sign(self._list_id, {"at": place}, CURSOR_LIFETIME_S)

    def read(self, cursor: str | None) -> list[Any] | None:
        """
        The place of a cursor; None without one.

        Raises:
            ParameterInvalid: it is of another list, expired, or made up.
        """
        if cursor is None:
            return None
        claims = self._signer.read(self._list_id, cursor) if cursor.isascii() else None
        if claims is None:
            raise ParameterInvalid(
                f"cursor is {shown(cursor)}; it must be the next_cursor of this very list, with the same parameters, "
                f"and not older than {CURSOR_LIFETIME_S:g} s (CURSOR_LIFETIME_S)"
            )
        return list(claims["at"])


def checked_endpoint_ids(endpoint_ids: Iterable[str]) -> list[str]:
    """
    The ids, when they are not too many and none is too long.

    Raises:
        ParameterInvalid: they are.
    """
    ids = list(endpoint_ids)
    if len(ids) > ENDPOINT_IDS_MAX:
        raise ParameterInvalid(f"{len(ids)} endpoints are named; the limit is {ENDPOINT_IDS_MAX} (ENDPOINT_IDS_MAX)")
    for each in ids:
        if len(each) > ENDPOINT_ID_CHARS_MAX:
            bound = f"the limit is {ENDPOINT_ID_CHARS_MAX} (ENDPOINT_ID_CHARS_MAX)"
            raise ParameterInvalid(f"endpoint_id {shown(each)} is {len(each)} characters; {bound}")
    return ids


def quantity(value: Any, name: str, most: float) -> float:
    """
    A number of a body, above 0 and at most `most`.

    Raises:
        ParameterInvalid: it is none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN is in no range; integers beyond what a float can be are compared all the same.
    if not is_number or not 0 < value <= most:
        raise ParameterInvalid(f"{name} is {shown(value)}; it must be a number above 0 and at most {most:g}")
    return float(value)


def whole_number(text: str, most: int) -> int | None:
    """The number that these digits are, from 0 to `most`; None for anything else, signs and blanks included."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if is_number and int(text) <= most else None


def shown(value: Any) -> str:
    """An offending value as a message has it, cut to a readable length."""
    if isinstance(value, dict | list):
        return f"a {type(value).__name__}"
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
