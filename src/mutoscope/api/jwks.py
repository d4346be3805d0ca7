"""The public keys that webhooks are verified with."""

from typing import Final

from mutoscope.api.exchange import HttpRequest, Reply, json_reply
from mutoscope.house import House

_CACHE: Final = (b"cache-control", b"public, max-age=3600")
"""Short beside the day that a retired key stays in the set, so that nobody misses a new one for long."""


async def read_keys(house: House, _http: HttpRequest) -> Reply:
    """Answer the set; it is for everybody and needs no key."""
    keys = [key.jwk for key in await house.webhook_keys.published()]
    return json_reply({"keys": keys}, 200, _CACHE)
