"""One call of the platform API, as its operations see it, and how they answer."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson

from mutoscope.accounts.keys import Caller
from mutoscope.api.exchange import HttpRequest, Reply
from mutoscope.api.parameters import Cursors, Parameters
from mutoscope.catalog.body import parse_body
from mutoscope.errors import AuthenticationMissing
from mutoscope.limits import PLATFORM_BODY_BYTES_MAX
from mutoscope.service import Base, Service


class Call:
    """
    What came in, who sent it, and what answers it.

    Attributes:
        subject: the id in the path; empty where there is none.
        known_caller: None when no key was sent, which only some operations take.
    """

    def __init__(self, service: Service, http: HttpRequest, base: Base, subject: str) -> None:
        self.service = service
        self.http = http
        self.base = base
        self.subject = subject
        self.known_caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Whose key it is."""
        if self.known_caller is None:
            raise AuthenticationMissing
        return self.known_caller

    @cached_property
    def parameters(self) -> Parameters:
        """The query."""
        return Parameters(self.http)

    async def body(self) -> dict[str, Any]:
        """
        The JSON object that was sent.

        Raises:
            BodyTooLarge: over PLATFORM_BODY_BYTES_MAX.
            ArgumentsInvalid: it is no JSON object.
        """
        return parse_body(await self.http.body(PLATFORM_BODY_BYTES_MAX))

    def cursors(self) -> Cursors:
        """Those of this list, under these parameters, for this caller."""
        account_id = self.known_caller.account_id if self.known_caller else ""
        return Cursors(self.service.signer, self.parameters.list_id(self.http.route.target, account_id))


def json_reply(body: Any, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, orjson.dumps(body))


def page_reply(name: str, items: list[Any], next_cursor: str | None) -> Reply:
    """One page of a list."""
    return json_reply({name: items, "next_cursor": next_cursor, "has_more": next_cursor is not None})


def timestamp(seconds: float) -> str:
    """ISO 8601 with `+00:00`; older Pythons do not read `Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
