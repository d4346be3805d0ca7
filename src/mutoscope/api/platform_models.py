"""What can be called and what the platform charges for it: models, list prices, estimates."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mutoscope.api.exchange import Reply, json_reply
from mutoscope.api.parameters import checked_endpoint_ids, quantity, shown
from mutoscope.api.platform_call import Call, moment
from mutoscope.api.platform_prices import amount, cost_of, quantity_of, unit_of
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.openapi import endpoint_document
from mutoscope.errors import MutoscopeError, ParameterInvalid, PathUnknown, PriceUnknown
from mutoscope.limits import (
    ESTIMATE_QUANTITY_MAX,
    HISTORICAL_PRICE_DAYS,
    SEARCH_CHARS_MAX,
)
from mutoscope.queue.history import Scan, Span, Use

_ACTIVE: Final = "active"
_STATUSES: Final = (_ACTIVE, "inactive", "deprecated")
_OPENAPI: Final = "openapi-3.0"
_UNIT_PRICE: Final = "unit_price"
_HISTORICAL: Final = "historical_api_price"
_QUANTITIES: Final = {_UNIT_PRICE: "unit_quantity", _HISTORICAL: "call_quantity"}
"""What each kind of estimate is told of an endpoint."""
_DAY_S: Final = 86_400.0


async def list_models(call: Call) -> Reply:
    """
    Endpoints in the order of the catalog: all, those of `endpoint_id`, or those that `q`, `category`, `status` fit.

    Raises:
        ApplicationUnknown, PathUnknown: an endpoint that is not here.
        ParameterInvalid: a value that cannot be meant.
    """
    parameters = call.parameters
    with_openapi = _OPENAPI in parameters.choices("expand", (_OPENAPI, "enterprise_status"))
    paging = call.paging()
    found = _find(call)
    if paging.after is not None:
        # The catalog of a later version may have lost the endpoint; then the list is at its end.
        ids = [endpoint.id for endpoint in found]
        found = found[ids.index(paging.after[0]) + 1 :] if paging.after[0] in ids else []
    page = found[: paging.limit]
    models = [_model(endpoint, call, with_openapi=with_openapi) for endpoint in page]
    return paging.reply("models", models, [page[-1].id] if len(found) > paging.limit else None)


async def list_prices(call: Call) -> Reply:
    """
    The platform's list prices, with the month they are from; of all endpoints that have one, or of `endpoint_id`.

    Raises:
        ApplicationUnknown, PathUnknown: an endpoint that is not here.
        PriceUnknown: one of those named has no known price.
    """
    paging = call.paging()
    named = call.parameters.endpoint_ids()
    found = [_endpoint(call, each) for each in named] or [
        each for each in call.house.catalog if each.price.unit_price is not None
    ]
    prices = [_price(endpoint) for endpoint in found]
    start = 0 if paging.after is None else int(paging.after[0])
    end = start + paging.limit
    return paging.reply("prices", prices[start:end], [end] if len(prices) > end else None)


async def estimate(call: Call) -> Reply:
    """
    What calls would cost: by units at list price, or by calls at what this account's own calls came to lately.

    Raises:
        ParameterInvalid: a body that cannot be meant, or no own calls to go by.
        ApplicationUnknown, PathUnknown, PriceUnknown: as `list_prices`.
    """
    body = await call.body()
    kind = body.get("estimate_type")
    if not isinstance(kind, str) or kind not in _QUANTITIES:
        raise ParameterInvalid(f"estimate_type is {shown(kind)}; it must be one of {', '.join(_QUANTITIES)}")
    wanted = body.get("endpoints")
    if not isinstance(wanted, dict) or not wanted:
        raise ParameterInvalid(f"endpoints is {shown(wanted)}; it must be an object with an endpoint in it")
    ids = checked_endpoint_ids(wanted)
    quantities = {each: _quantity(wanted[each], each, _QUANTITIES[kind]) for each in ids}
    endpoints = [_endpoint(call, each) for each in ids]
    for endpoint in endpoints:
        _price(endpoint)
    if kind == _UNIT_PRICE:
        costs = [cost_of(each.price, each.price.unit_price or 0.0, quantities[each.id]) for each in endpoints]
    else:
        average = await _average_costs(call, endpoints)
        costs = [average[each.id] * quantities[each.id] for each in endpoints]
    currencies = {each.price.currency for each in endpoints}
    if len(currencies) > 1:
        raise ParameterInvalid(f"The endpoints are priced in {', '.join(sorted(currencies))}; ask for each by itself")
    return json_reply({"estimate_type": kind, "total_cost": amount(sum(costs)), "currency": currencies.pop()})


async def _average_costs(call: Call, endpoints: Iterable[Endpoint]) -> dict[str, float]:
    """What a successful call of each endpoint came to for this account, over HISTORICAL_PRICE_DAYS."""
    by_id = {endpoint.id: endpoint for endpoint in endpoints}
    now = call.house.history.now()
    scan = Scan(
        account_id=call.caller.account_id,
        span=Span(now - HISTORICAL_PRICE_DAYS * _DAY_S, now + 1),
        endpoint_ids=list(by_id),
    )
    costs, calls = dict.fromkeys(by_id, 0.0), dict.fromkeys(by_id, 0)
    for use in await call.house.history.usage(scan):
        costs[use.endpoint_id] += use.calls * _cost(by_id[use.endpoint_id], use)
        calls[use.endpoint_id] += use.calls
    for endpoint_id, count in calls.items():
        if not count:
            raise ParameterInvalid(
                f"This account has no successful call of {endpoint_id} in the last {HISTORICAL_PRICE_DAYS} days "
                f"(HISTORICAL_PRICE_DAYS) to take a price from; ask with estimate_type {_UNIT_PRICE}"
            )
    return {endpoint_id: costs[endpoint_id] / calls[endpoint_id] for endpoint_id in by_id}


def _cost(endpoint: Endpoint, use: Use) -> float:
    price = endpoint.price
    unit_price = (price.unit_price or 0.0) if use.unit_price is None else use.unit_price
    return cost_of(price, unit_price, quantity_of(price, use.billable_units))


def _quantity(value: Any, endpoint_id: str, name: str) -> float:
    if not isinstance(value, dict):
        raise ParameterInvalid(f"endpoints has {shown(value)} for {endpoint_id}; it must be an object with {name}")
    return quantity(value.get(name), f"{name} of {endpoint_id}", ESTIMATE_QUANTITY_MAX)


def _endpoint(call: Call, endpoint_id: str) -> Endpoint:
    """As `Service.endpoint`; the message names all of the id, for there may be many."""
    endpoint = call.house.catalog.get(endpoint_id)
    if endpoint is None:
        raise PathUnknown(endpoint_id, call.house.catalog.suggest(endpoint_id))
    return endpoint


def _price(endpoint: Endpoint) -> dict[str, Any]:
    price = endpoint.price
    if price.unit_price is None:
        raise PriceUnknown(endpoint.id)
    own = {"as_of": price.as_of} if price.as_of else {}
    if price.note:
        own["note"] = price.note
    return {
        "endpoint_id": endpoint.id,
        "unit_price": price.unit_price,
        "unit": unit_of(price),
        "currency": price.currency,
        **own,
    }


def _find(call: Call) -> list[Endpoint]:
    parameters = call.parameters
    words = (parameters.text("q") or "").lower()
    if len(words) > SEARCH_CHARS_MAX:
        bound = f"the limit is {SEARCH_CHARS_MAX} (SEARCH_CHARS_MAX)"
        raise ParameterInvalid(f"q is {len(words)} characters; {bound}")
    category, status = parameters.text("category"), parameters.choice("status", _STATUSES)
    named = [_endpoint(call, each) for each in parameters.endpoint_ids()]
    return [
        endpoint
        for endpoint in named or call.house.catalog
        if (category is None or endpoint.task == category)
        and (status is None or _status(endpoint) == status)
        and all(word in _searched(endpoint) for word in words.split())
    ]


def _searched(endpoint: Endpoint) -> str:
    return " ".join((endpoint.id, endpoint.title, endpoint.tab, endpoint.description, *_tags(endpoint))).lower()


def _status(endpoint: Endpoint) -> str:
    """What only another server could make is listed, and not active."""
    return "inactive" if endpoint.served_by == "upstream" else _ACTIVE


def _tags(endpoint: Endpoint) -> list[str]:
    words = [endpoint.model, endpoint.version, endpoint.tier, endpoint.task]
    if endpoint.served_by != "local":
        words.append(f"{endpoint.served_by}-only")
    return list(dict.fromkeys(word for word in words if word))


def _model(endpoint: Endpoint, call: Call, *, with_openapi: bool) -> dict[str, Any]:
    model: dict[str, Any] = {"endpoint_id": endpoint.id, "metadata": _metadata(endpoint, call)}
    if with_openapi:
        model["openapi"] = _document(endpoint, call)
    return model


def _document(endpoint: Endpoint, call: Call) -> Mapping[str, Any]:
    """One that cannot be made does not keep the others, as at fal."""
    try:
        return endpoint_document(endpoint, f"{call.base.public}/queue")
    except MutoscopeError as error:
        return {"error": {"code": "expansion_failed", "message": str(error)}}


def _dated(endpoint: Endpoint, call: Call) -> str:
    """The month that its price is from: nothing else here has a date; an operator's own is as old as this start."""
    month = endpoint.price.as_of[:7]
    return f"{month}-01T00:00:00.000+00:00" if len(month) == 7 else moment(call.house.history.opened)


def _metadata(endpoint: Endpoint, call: Call) -> dict[str, Any]:
    name = endpoint.title.removesuffix(" API")
    family, _, _ = name.rpartition(f" {endpoint.tier.title()}") if endpoint.tier else (name, "", "")
    dated = _dated(endpoint, call)
    typical_s = call.house.store.estimates.typical_s(endpoint.id)
    return {
        "display_name": f"{name}: {endpoint.tab}" if endpoint.tab else name,
        "category": endpoint.task,
        "description": endpoint.description,
        "status": _status(endpoint),
        "tags": _tags(endpoint),
        "updated_at": dated,
        "is_favorited": None,
        "thumbnail_url": "",
        "model_url": f"{call.base.public}/run/{endpoint.id}",
        "date": dated,
        "highlighted": False,
        "pinned": False,
        "license_type": "commercial",
        "kind": "inference",
        "group": {"key": endpoint.model, "label": family or name},
        # Minutes, as at fal; only once a run has ended here.
        **({} if typical_s is None else {"duration_estimate": round(typical_s / 60, 4)}),
    }
