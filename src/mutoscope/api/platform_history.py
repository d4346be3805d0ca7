"""Finished requests of the caller's account, with their payloads where asked for; and how those are deleted."""

import json
from typing import Any, Final

import orjson

from mutoscope.api.exchange import Reply, json_reply
from mutoscope.api.parameters import shown
from mutoscope.api.platform_call import Call, moment
from mutoscope.api.problems import reply_to_outcome
from mutoscope.api.wire import output_reply
from mutoscope.errors import OwnError, ParameterInvalid, RequestUnknown
from mutoscope.ids import is_request_id
from mutoscope.limits import IDEMPOTENCY_KEY_CHARS_MAX
from mutoscope.queue.history import Past, Payloads, Place, Scan, Span
from mutoscope.queue.outcome import echoable
from mutoscope.queue.request import State

_OUTCOMES: Final = {"success": 2, "user_error": 4, "error": 5}
"""The hundred of the status codes that each word stands for."""
_ALWAYS: Final = Span(0.0, 1e12)
_PAGE_ITEMS: Final = 50


async def list_requests(call: Call) -> Reply:
    """
    A page of finished requests, newest (`sort_by=ended_at`) or longest (`sort_by=duration`) first.

    Raises:
        ApplicationUnknown, PathUnknown: an endpoint that is not here.
        ParameterInvalid: a value that cannot be meant, or a cursor of another list.
    """
    parameters = call.parameters
    endpoint_ids = parameters.endpoint_ids()
    for endpoint_id in endpoint_ids:
        call.house.service.endpoint(endpoint_id)
    zone = parameters.zone()
    span = Span(parameters.time("start", zone) or _ALWAYS.start, parameters.time("end", zone) or _ALWAYS.end)
    if span.start >= span.end:
        raise ParameterInvalid(
            f"start is {shown(parameters.text('start'))}; it must be before end, {shown(parameters.text('end'))}"
        )
    by_duration = parameters.choice("sort_by", ("ended_at", "duration")) == "duration"
    status = parameters.choice("status", _OUTCOMES)
    with_payloads = "payloads" in parameters.choices("expand", ("payloads",))
    paging = call.paging(_PAGE_ITEMS)
    page = await call.house.history.page(
        Scan(account_id=call.caller.account_id, span=span, endpoint_ids=endpoint_ids),
        limit=paging.limit,
        after=None if paging.after is None else Place(*paging.after),
        by_duration=by_duration,
        outcome=None if status is None else _OUTCOMES[status],
        request_id=parameters.text("request_id"),
        with_payloads=with_payloads,
    )
    return paging.reply("items", [_object(past) for past in page.items], page.next)


async def delete_payloads(call: Call) -> Reply:
    """
    Delete the files of a request, then its arguments, result and log lines; what was deleted before is no error.

    `Idempotency-Key` is taken and needs nothing: doing it again changes nothing and names what was left.

    Raises:
        RequestUnknown: the account has no such request.
        ParameterInvalid: it has not ended, or its webhook is still to be delivered.
    """
    key = call.http.header(b"idempotency-key") or ""
    if len(key) > IDEMPOTENCY_KEY_CHARS_MAX:
        bound = f"the limit is {IDEMPOTENCY_KEY_CHARS_MAX} (IDEMPOTENCY_KEY_CHARS_MAX)"
        raise ParameterInvalid(f"Idempotency-Key is {len(key)} characters; {bound}")
    history, request_id = call.house.history, call.subject
    found = await history.deletable(call.caller.account_id, request_id) if is_request_id(request_id) else None
    if found is None:
        raise RequestUnknown(request_id)
    if not found.state.is_terminal:
        raise ParameterInvalid(f"Request {request_id} is {found.state.value}; wait for its end, or cancel it first")
    if found.has_to_tell:
        raise ParameterInvalid(f"The webhook of request {request_id} is still to be delivered; try again after that")
    results, kept = [], []
    # Files first: as long as one is there, the row names it, and asking again takes up where this ended.
    for file_key in found.output_keys:
        problem = await _delete_file(call, file_key)
        if problem is not None:
            kept.append(file_key)
        results.append({"link": f"{found.public_base}/files/{file_key}", "exception": problem})
    await call.house.records.forget(set(found.output_keys).difference(kept))
    await history.delete_payloads(found.seq, kept)
    return json_reply({"cdn_delete_results": results})


async def _delete_file(call: Call, key: str) -> str | None:
    """None when the file is gone, else why it is not."""
    try:
        await call.house.files.delete(key)
    except OwnError as error:
        return str(error)
    return None


def _object(past: Past) -> dict[str, Any]:
    item: dict[str, Any] = {
        "request_id": past.id,
        "endpoint_id": past.endpoint_id,
        "sent_at": moment(past.created),
        "started_at": moment(past.finished if past.started is None else past.started),
        "ended_at": moment(past.finished),
        "status_code": past.status_code,
        "duration": past.duration_s,
    }
    if past.payloads is not None:
        item["json_input"] = _input(past.payloads.arguments)
        item["json_output"] = _output(past.payloads, past.id)
    return item


def _input(arguments: bytes) -> Any:
    """What was sent, byte for byte; where it is JSON to Python only, as near to it as any parser takes."""
    try:
        orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return echoable(json.loads(arguments))
    return orjson.Fragment(arguments)


def _output(payloads: Payloads, request_id: str) -> Any:
    """The body that the result is answered with."""
    outcome = payloads.outcome
    if outcome.state is State.SUCCEEDED:
        return orjson.Fragment(output_reply(outcome, payloads.public_base, request_id).body)
    return orjson.Fragment(reply_to_outcome(outcome, request_id).body)
