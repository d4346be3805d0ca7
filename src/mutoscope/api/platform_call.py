"""One call of the platform API, as its operations see it, and how they answer."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from mutoscope.accounts.keys import Caller
from mutoscope.api.auth import read_body
from mutoscope.api.exchange import HttpRequest, Reply, json_reply
from mutoscope.api.parameters import Cursors, Parameters
from mutoscope.api.wire import timestamp
from mutoscope.catalog.body import parse_body
from mutoscope.errors import AuthenticationMissing
from mutoscope.house import House
from mutoscope.limits import PAGE_ITEMS_MAX, SMALL_BODY_BYTES_MAX
from mutoscope.service import Base

Place = Sequence[float | int | str]
"""Where in a list a page ended, by what the list is sorted by."""


class Paging(NamedTuple):
    """Which page of a list is asked for."""

    limit: int
    after: list[Any] | None
    """The place of the cursor; None for the first page."""
    cursors: Cursors

    def reply(self, name: str, items: list[Any], next_place: Place | None) -> Reply:
        """The page, and where the next one begins."""
        return json_reply({name: items} | self.to(next_place))

    def to(self, next_place: Place | None) -> dict[str, Any]:
        """What a page says of the one after it; None when it is the last."""
        cursor = None if next_place is None else self.cursors.write(*next_place)
        return {"next_cursor": cursor, "has_more": cursor is not None}


class Call:
    """
    What came in, who sent it, and what answers it.

    Attributes:
        subject: the id in the path; empty where there is none.
        known_caller: None when no key was sent, which only some operations take.
    """

    def __init__(self, house: House, http: HttpRequest, base: Base, subject: str) -> None:
        self.house = house
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
            BodyTooLarge: over SMALL_BODY_BYTES_MAX.
            ArgumentsInvalid: it is no JSON object.
        """
        return parse_body(
            await read_body(self.http, self.house, self.caller, SMALL_BODY_BYTES_MAX, "SMALL_BODY_BYTES_MAX")
        )

    def paging(self, default: int = PAGE_ITEMS_MAX, limit_max: int = PAGE_ITEMS_MAX) -> Paging:
        """
        Which page of this list is asked for; cursors are good for this list under these parameters for this caller.

        Args:
            default: how many items a page has when the query does not say.
        """
        account_id = self.known_caller.account_id if self.known_caller else ""
        cursors = Cursors(self.house.signer, self.parameters.list_id(self.http.route.target, account_id))
        after = cursors.read(self.parameters.text("cursor"))
        return Paging(self.parameters.whole("limit", limit_max, default), after, cursors)


def moment(seconds: float) -> str:
    """A time as the platform API writes it."""
    return timestamp(seconds, "milliseconds")
