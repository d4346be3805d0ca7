"""The door where a key gets a temporary token, for a browser that must not see the key."""

import re
from typing import Any, Final

import orjson

from mutoscope.api.auth import authenticate, read_body, temporary_token
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.catalog.body import parse_body
from mutoscope.errors import ArgumentsInvalid, Problem
from mutoscope.house import House
from mutoscope.limits import ENDPOINT_ID_CHARS_MAX, SMALL_BODY_BYTES_MAX, TOKEN_APPS_MAX, TOKEN_LIFETIME_S_MAX

_NAME: Final = re.compile(r"[A-Za-z0-9._/-]+")
_LIFETIME_S: Final = 120
"""What both clients ask for, and what counts when nothing is said."""


async def make(house: House, http: HttpRequest) -> Reply:
    """
    Answer a token as a bare JSON string.

    Raises:
        ArgumentsInvalid: no applications, or a lifetime out of its bounds.
    """
    caller = authenticate(http, house.keys)
    arguments = parse_body(await read_body(http, house, caller, SMALL_BODY_BYTES_MAX, "SMALL_BODY_BYTES_MAX"))
    apps = _apps(arguments)
    # The guide's newer form calls it a duration.
    name = "duration" if "duration" in arguments and "token_expiration" not in arguments else "token_expiration"
    lifetime_s = _lifetime_s(name, arguments.get(name, _LIFETIME_S))
    return Reply(200, orjson.dumps(temporary_token(caller, apps, lifetime_s, house.permits)))


def _apps(arguments: dict[str, Any]) -> list[str]:
    """The applications that the token opens: at least one, since a token for all of them would be a key."""
    apps = arguments.get("allowed_apps")
    if apps is None:
        raise _invalid("missing", "allowed_apps", "Field required", arguments)
    if not isinstance(apps, list) or not all(isinstance(app, str) and _NAME.fullmatch(app) for app in apps):
        raise _invalid("list_type", "allowed_apps", 'Input should be a list of names like ["kling-video"]', apps)
    if not 1 <= len(apps) <= TOKEN_APPS_MAX:
        msg = f"List should have 1 to {TOKEN_APPS_MAX} items (TOKEN_APPS_MAX), not {len(apps)}"
        raise _invalid("too_long" if apps else "too_short", "allowed_apps", msg, apps)
    longest = max(len(app) for app in apps)
    if longest > ENDPOINT_ID_CHARS_MAX:
        msg = f"Name of {longest} characters; the limit is {ENDPOINT_ID_CHARS_MAX} (ENDPOINT_ID_CHARS_MAX)"
        raise _invalid("string_too_long", "allowed_apps", msg, apps)
    return apps


def _lifetime_s(name: str, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= TOKEN_LIFETIME_S_MAX:
        msg = f"Input should be a number of seconds from 1 to {TOKEN_LIFETIME_S_MAX} (TOKEN_LIFETIME_S_MAX)"
        raise _invalid("value_error", name, msg, value)
    return float(value)


def _invalid(kind: str, field: str, msg: str, value: Any) -> ArgumentsInvalid:
    return ArgumentsInvalid([Problem(kind, ("body", field), msg, input=value)])
