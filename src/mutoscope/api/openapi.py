"""The OpenAPI documents: of one endpoint, at the platform's own address, and of this server."""

import hashlib
from functools import lru_cache
from typing import Final

import orjson

from mutoscope.api.description import server_document
from mutoscope.api.exchange import JSON, Header, HttpRequest, Reply
from mutoscope.api.ranges import is_known
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog
from mutoscope.catalog.openapi import endpoint_document
from mutoscope.house import House
from mutoscope.limits import OPENAPI_DOCUMENTS_MAX
from mutoscope.service import Base

_CACHING: Final[Header] = (b"cache-control", b"public, max-age=300")
"""A document changes with the catalog, which is read at start-up: five minutes after an update all have the new one."""
_ANY_ORIGIN: Final = "https://any.invalid"
"""Stands in the document until it is known by which address it was asked for."""


async def server(house: House, http: HttpRequest, base: Base) -> Reply | None:
    """Answer GET or HEAD of the server's own document; needs no key."""
    head, tail, digest = _server_parts(house.catalog)
    body = b"%b%b%b" % (head, orjson.dumps(base.public), tail)
    return await _answer(http, body, _etag(digest + base.public.encode()))


async def endpoint(house: House, http: HttpRequest, base: Base) -> Reply | None:
    """
    Answer GET or HEAD of the document of the endpoint that the query names; needs no key.

    Returns:
        None when the answer is sent; 404 with `null` for an endpoint that there is not, as the platform has it.
    """
    found = house.catalog.get(http.query().get("endpoint_id", "").strip("/"))
    if found is None:
        return Reply(404, b"null")
    return await _answer(http, *_endpoint_body(found, base.public))


@lru_cache(maxsize=1)
def _server_parts(catalog: Catalog) -> tuple[bytes, bytes, bytes]:
    """
    The document around its origin, and its digest.

    It takes 20 ms to make, and whoever asks may choose among many names of this machine.
    """
    body = orjson.dumps(server_document(catalog, _ANY_ORIGIN))
    head, tail = body.split(orjson.dumps(_ANY_ORIGIN))
    return head, tail, hashlib.sha256(body).digest()


@lru_cache(maxsize=OPENAPI_DOCUMENTS_MAX)
def _endpoint_body(found: Endpoint, public: str) -> tuple[bytes, str]:
    # The prefix is served on every host, and without it a POST might mean another door.
    body = orjson.dumps(endpoint_document(found, f"{public}/queue"))
    return body, _etag(body)


def _etag(text: bytes) -> str:
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


async def _answer(http: HttpRequest, body: bytes, etag: str) -> Reply | None:
    headers = (_CACHING, (b"etag", etag.encode()))
    if is_known(http.headers, etag):
        await http.start(304, headers)
        await http.write(b"", more=False)
        return None
    return Reply(200, body, (JSON, *headers))
