"""
The operator's door: what the command line asks of a running server, over a Unix socket that only its owner can open.

    GET    /server                what runs here
    GET    /keys                  all keys, without their secrets
    POST   /keys                  {"name", "account"?, "scope"?} → the key, its secret this once
    DELETE /keys/{id}             revoke, at once
    GET    /requests              ?state &endpoint_id &account_id &limit &before_seq, newest first
    GET    /requests/{id}         one, with attempts and logs
    GET    /webhooks              ?state &request_id &limit, newest first, with every try; URLs without their queries
    POST   /webhooks/{id}         tell the end of this request again, now
    POST   /webhook-keys          sign with a new key from now on

There is no authentication here: who may open the socket may do all of it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from mutoscope.accounts.keys import KeyRecord
from mutoscope.accounts.keys import Scope as KeyScope
from mutoscope.api.exchange import HttpRequest, Receive, Reply, Scope, Send, json_reply
from mutoscope.api.parameters import shown, whole_number
from mutoscope.api.problems import not_found, reply_to, reply_to_fault
from mutoscope.api.routes import Kind, Route
from mutoscope.api.wire import log_objects
from mutoscope.catalog.body import parse_body
from mutoscope.errors import ArgumentsInvalid, BadRequest, MethodNotAllowed, MutoscopeError, Problem, RequestUnknown
from mutoscope.house import House
from mutoscope.ids import is_request_id, new_request_id
from mutoscope.limits import CONTROL_LIST_ROWS_MAX, SMALL_BODY_BYTES_MAX
from mutoscope.queue.outbox import WebhookState, webhook_object
from mutoscope.queue.request import Request, State

log = logging.getLogger(__name__)

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Facts = Callable[[], Mapping[str, Any]]
"""What `GET /server` tells, as JSON types."""

_ROUTE: Final = Route(Kind.NOTHING)
_LIST_ROWS: Final = 50
_NUMBER_MOST: Final = 10**18 - 1


def build_control(house: House, facts: Facts) -> Asgi:
    """The application behind the Unix socket."""
    return _Control(house, facts)


class _Control:
    """A handler per method and first segment."""

    def __init__(self, house: House, facts: Facts) -> None:
        self._house = house
        self._facts = facts
        self._handlers: dict[str, dict[str, Callable[[HttpRequest, str], Awaitable[object]]]] = {
            "server": {"GET": self._show_server},
            "keys": {"GET": self._list_keys, "POST": self._create_key},
            "keys/": {"DELETE": self._revoke_key},
            "requests": {"GET": self._list_requests},
            "requests/": {"GET": self._show_request},
            "webhooks": {"GET": self._list_webhooks},
            "webhooks/": {"POST": self._redeliver},
            "webhook-keys": {"POST": self._rotate_webhook_key},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        http = HttpRequest(scope, receive, send, _ROUTE)
        await http.answer(await self._answer(http))

    async def _answer(self, http: HttpRequest) -> Reply:
        first, slash, rest = http.path.strip("/").partition("/")
        handlers = self._handlers.get(first + slash)
        if handlers is None:
            return not_found(http.path)
        try:
            if http.method not in handlers:
                raise MethodNotAllowed(sorted(handlers))
            return json_reply(await handlers[http.method](http, rest))
        except MutoscopeError as error:
            return reply_to(error)
        except Exception:
            # The operator's command gets a body to print, whatever went wrong behind it.
            fault_id = new_request_id()
            log.exception("%s %s failed", http.method, http.path, extra={"request_id": fault_id})
            return reply_to_fault(fault_id)

    async def _show_server(self, _http: HttpRequest, _rest: str) -> object:
        return self._facts()

    async def _list_keys(self, _http: HttpRequest, _rest: str) -> object:
        return {"keys": [_key_object(record) for record in await self._house.keys.list()]}

    async def _create_key(self, http: HttpRequest, _rest: str) -> object:
        wanted = parse_body(await http.body(SMALL_BODY_BYTES_MAX, "SMALL_BODY_BYTES_MAX"))
        name, account = wanted.get("name", ""), wanted.get("account")
        for field, value in (("name", name), ("account", account or "")):
            if not isinstance(value, str):
                raise ArgumentsInvalid(
                    [Problem("string_type", ("body", field), "Input should be a valid string", input=value)]
                )
        record, secret = await self._house.keys.create(
            name, account or None, _one_of(KeyScope, "scope", wanted.get("scope"))
        )
        return {**_key_object(record), "key": secret}

    async def _revoke_key(self, _http: HttpRequest, key_id: str) -> object:
        return {"revoked": await self._house.keys.revoke(key_id)}

    async def _list_requests(self, http: HttpRequest, _rest: str) -> object:
        query = http.query()
        rows = await self._house.store.list(
            account_id=query.get("account_id"),
            state=_one_of(State, "state", query.get("state")),
            endpoint_id=query.get("endpoint_id"),
            limit=min(_number(query, "limit") or _LIST_ROWS, CONTROL_LIST_ROWS_MAX),
            before_seq=_number(query, "before_seq"),
        )
        return {"requests": [_request_object(request) for request in rows]}

    async def _list_webhooks(self, http: HttpRequest, _rest: str) -> object:
        query = http.query()
        webhooks = await self._house.outbox.list(
            state=_one_of(WebhookState, "state", query.get("state")),
            request_id=query.get("request_id"),
            limit=min(_number(query, "limit") or _LIST_ROWS, CONTROL_LIST_ROWS_MAX),
        )
        return {"webhooks": [webhook_object(webhook) for webhook in webhooks]}

    async def _redeliver(self, _http: HttpRequest, request_id: str) -> object:
        await self._house.outbox.redeliver(request_id)
        return {"request_id": request_id}

    async def _rotate_webhook_key(self, _http: HttpRequest, _rest: str) -> object:
        return {"kid": (await self._house.webhook_keys.rotate()).kid}

    async def _show_request(self, _http: HttpRequest, request_id: str) -> object:
        store = self._house.store
        request = await store.get(request_id) if is_request_id(request_id) else None
        if request is None:
            raise RequestUnknown(request_id)
        # Lines may repeat what the caller wrote, which may not be for anybody else.
        is_private = await self._house.history.is_private(request_id)
        return {
            **_request_object(request),
            "position": request.position,
            "attempts": [dict(attempt) for attempt in await store.attempts(request_id)],
            "logs": [] if is_private else log_objects(await store.logs(request_id)),
        }


def _key_object(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "account_id": record.account_id,
        "scope": record.scope.value,
        "created": record.created,
        "revoked": record.revoked,
    }


def _request_object(request: Request) -> dict[str, Any]:
    """A request for an operator's eyes; its arguments and its result are the caller's and stay out of it."""
    return {
        "id": request.id,
        "seq": request.seq,
        "endpoint_id": request.endpoint_id,
        "account_id": request.account_id,
        "state": request.state.value,
        "priority": request.priority.name.lower(),
        "is_sync": request.is_sync,
        "attempt": request.attempt,
        "max_attempts": request.max_attempts,
        "cancel_requested": request.cancel_requested,
        "created": request.created,
        "started": request.started,
        "finished": request.finished,
        "status_code": request.status_code,
        "error": request.error,
        "error_type": request.error_type,
        "inference_s": request.inference_s,
    }


E = TypeVar("E", bound=StrEnum)


def _one_of(choices: type[E], name: str, value: Any) -> E | None:
    """The choice of this value; None where nothing was said."""
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError:
        raise BadRequest(f"{name} is {shown(value)}; it must be one of {', '.join(choices)}") from None


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    number = whole_number(text, _NUMBER_MOST)
    if number is None:
        raise BadRequest(f"{name} is {shown(text)}; it must be a whole number")
    return number
