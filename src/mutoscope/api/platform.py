"""
The platform API under `/v1`: what can be called, what it costs, what was called; and the keys.

    GET    models                            list, find (endpoint_id) or search (q, category, status); no key needed
    GET    models/pricing                    list prices
    POST   models/pricing/estimate           what calls would cost
    GET    models/usage                      what was billed; admin
    GET    models/analytics                  counts and percentiles
    GET    models/requests/by-endpoint       finished requests, with payloads where asked for
    DELETE models/requests/{id}/payloads     forget arguments, result and files of a request
    GET    keys · POST keys · DELETE keys/{id}   those of the account; admin
    GET    meta                              where webhooks come from; no key needed
"""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final, NamedTuple

from mutoscope.accounts.keys import Scope
from mutoscope.api.auth import authenticate
from mutoscope.api.exchange import HttpRequest, Reply, json_reply
from mutoscope.api.platform_call import Call
from mutoscope.api.platform_history import delete_payloads, list_requests
from mutoscope.api.platform_keys import create_key, list_keys, revoke_key
from mutoscope.api.platform_models import estimate, list_models, list_prices
from mutoscope.api.platform_usage import analytics, usage
from mutoscope.errors import AuthenticationMissing, MethodNotAllowed, PathUnknown, ScopeMissing
from mutoscope.house import House
from mutoscope.service import Base


class _Access(Enum):
    """Who may ask."""

    ALL = "all"
    """Also without a key; one that is sent has to be good."""
    KEYS = "keys"
    ADMINS = "admins"


class _Operation(NamedTuple):
    answer: Callable[[Call], Awaitable[Reply]]
    access: _Access = _Access.KEYS


async def _meta(call: Call) -> Reply:
    return json_reply({"webhook_ip_ranges": list(call.house.settings.webhook_ip_ranges)})


_OPERATIONS: Final[dict[tuple[str, ...], dict[str, _Operation]]] = {
    ("models",): {"GET": _Operation(list_models, _Access.ALL)},
    ("models", "pricing"): {"GET": _Operation(list_prices)},
    ("models", "pricing", "estimate"): {"POST": _Operation(estimate)},
    ("models", "usage"): {"GET": _Operation(usage, _Access.ADMINS)},
    ("models", "analytics"): {"GET": _Operation(analytics)},
    ("models", "requests", "by-endpoint"): {"GET": _Operation(list_requests)},
    ("models", "requests", "*", "payloads"): {"DELETE": _Operation(delete_payloads)},
    ("meta",): {"GET": _Operation(_meta, _Access.ALL)},
    ("keys",): {
        "GET": _Operation(list_keys, _Access.ADMINS),
        "POST": _Operation(create_key, _Access.ADMINS),
    },
    ("keys", "*"): {"DELETE": _Operation(revoke_key, _Access.ADMINS)},
}
"""By path; `*` is any id."""


async def answer(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    The answer of the platform API to this exchange.

    Raises:
        PathUnknown, MethodNotAllowed: there is no such operation.
        AuthenticationMissing, KeyUnknown: no good key.
        ScopeMissing: a good key, and the operation is for admins.
        CallerError: what the operation says of its parameters.
    """
    operations, subject = _find(http)
    operation = operations.get(http.method)
    if operation is None:
        raise MethodNotAllowed(tuple(operations))
    call = Call(house, http, base, subject)
    try:
        call.known_caller = authenticate(http, house.keys)
    except AuthenticationMissing:
        if operation.access is not _Access.ALL:
            raise
    else:
        if operation.access is _Access.ADMINS and call.caller.scope is not Scope.ADMIN:
            raise ScopeMissing(call.caller.scope.value)
    return await operation.answer(call)


def _find(http: HttpRequest) -> tuple[dict[str, _Operation], str]:
    """The operations of a path by method, and the id in it."""
    path = tuple(http.route.target.split("/"))
    found = _OPERATIONS.get(path)
    if found is not None:
        return found, ""
    for at in (1, 2):
        if len(path) > at and (found := _OPERATIONS.get((*path[:at], "*", *path[at + 1 :]))) is not None:
            return found, path[at]
    raise PathUnknown(http.path)
