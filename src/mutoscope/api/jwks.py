"""The public keys that webhooks are verified with."""

from typing import Final

import orjson

from mutoscope.api.exchange import JSON, HttpRequest, Reply
from mutoscope.service import Service

_CACHE: Final = (b"cache-control", b"public, max-age=3600")
"""Short beside the day that a retired key stays in the set, so that nobody misses a new one for long."""


async def read_keys(service: Service, _http: HttpRequest) -> Reply:
    """Answer the set; it is for everybody and needs no key."""
    keys = [key.jwk for key in await service.webhook_keys.published()]
    return Reply(200, orjson.dumps({"keys": keys}), (JSON, _CACHE))
