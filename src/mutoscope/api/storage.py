"""
The storage doors: an upload begins with a key, and its bytes then come to an address that needs none.

Two families. At rest: a signed URL, one PUT or parts (JavaScript; Python as its second choice). At the CDN: a token,
one POST or parts (Python). `docs/files.md` shows both with curl.
"""

from contextlib import aclosing
from typing import Any, Final

from mutoscope.accounts.keys import Caller
from mutoscope.api.auth import authenticate, credentials, read_body
from mutoscope.api.exchange import HttpRequest, Reply, json_reply
from mutoscope.api.parameters import shown, whole_number
from mutoscope.api.wire import timestamp
from mutoscope.catalog.body import parse_body
from mutoscope.errors import ArgumentsInvalid, BadRequest, Loc, Problem, UploadUnknown
from mutoscope.files.incoming import Part
from mutoscope.files.lifecycle import Lifecycle, parse_lifecycle
from mutoscope.files.names import PLAIN_BYTES
from mutoscope.house import House
from mutoscope.limits import (
    ARGUMENT_ERRORS_MAX,
    SMALL_BODY_BYTES_MAX,
    UPLOAD_PARTS_BODY_BYTES_MAX,
    UPLOAD_PARTS_MAX,
)
from mutoscope.service import Base
from mutoscope.uploads import NamedPart, Ticket

_LIFECYCLE: Final = (b"x-fal-object-lifecycle", b"x-fal-object-lifecycle-preference")
"""The Python client sends both, the JavaScript client the first."""
_DONE: Final = Reply(200, b"{}")


# --- signed URLs ---


async def initiate(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    Answer where one file goes, and where it will be read.

    Raises:
        AuthenticationMissing, KeyUnknown: no good key.
        ArgumentsInvalid: no file name or content type.
        BadRequest: a lifecycle that cannot be meant.
    """
    return await _initiate(house, http, base, in_parts=False)


async def initiate_in_parts(house: House, http: HttpRequest, base: Base) -> Reply:
    """The same for a file that comes in parts: `{upload_url's path}/{n}` and `/complete`, with its query."""
    return await _initiate(house, http, base, in_parts=True)


async def write_file(house: House, http: HttpRequest) -> Reply:
    """
    Take the one PUT of a signed upload.

    Raises:
        UploadUnknown: without a good token for this very file.
        BodyTooLarge: over `upload_bytes_max`.
        UploadQuotaReached, StoreFull, StoreFailed: there is no room for it.
    """
    ticket = house.uploads.read(http.query().get("upload", ""), http.route.target)
    await _receive(house, http, ticket)
    return _DONE


# --- CDN tokens ---


async def cdn_token(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    Answer a token that uploads for a while; what is in the body is of no account.

    Raises:
        AuthenticationMissing, KeyUnknown: no good key.
    """
    token, expires = house.uploads.cdn_token(authenticate(http, house.keys))
    return json_reply(
        {
            "token": token,
            "token_type": "Bearer",
            "base_url": f"{base.public}/cdn",
            "expires_at": timestamp(expires, "seconds"),
        }
    )


async def upload(house: House, http: HttpRequest, base: Base) -> Reply:
    """
    Take a whole file by CDN token, or by key.

    Raises:
        As `initiate` and `write_file`.
    """
    ticket = _ticket_by_headers(house, http, in_parts=False)
    await _receive(house, http, ticket)
    return json_reply({"access_url": _file_url(base, ticket)})


async def upload_in_parts(house: House, http: HttpRequest, base: Base) -> Reply:
    """Begin a file in parts: `{access_url}/multipart/{uploadId}/{n}` and `/complete`. Raises as `upload`."""
    ticket = _ticket_by_headers(house, http, in_parts=True)
    return json_reply({"access_url": _file_url(base, ticket), "uploadId": house.uploads.sign(ticket, is_cdn=True)})


# --- parts, of both families ---


async def write_part(house: House, http: HttpRequest) -> Reply:
    """
    Take one part; its etag stands in the header for Python and in the body for JavaScript.

    Raises:
        As `write_file`; BodyTooLarge over `upload_part_bytes_max`, BadRequest for a number that is none.
    """
    ticket = _ticket_of_parts(house, http)
    number = _part_number(http.route.part)
    bytes_max = min(house.settings.upload_part_bytes_max, house.settings.upload_bytes_max)
    async with aclosing(http.parts(bytes_max, "upload_part_bytes_max")) as body:
        part = await house.uploads.receive_part(ticket, number, body)
    return _part_reply(part)


async def complete(house: House, http: HttpRequest) -> Reply:
    """
    Make one file of the parts that the body names, in the order of their numbers.

    Raises:
        As `write_part`; ArgumentsInvalid for a body that names no parts, or parts that there are not.
    """
    ticket = _ticket_of_parts(house, http)
    body = await http.body(UPLOAD_PARTS_BODY_BYTES_MAX, "UPLOAD_PARTS_BODY_BYTES_MAX")
    named = _named_parts(parse_body(body))
    await house.uploads.complete(ticket, named)
    return _DONE


async def _initiate(house: House, http: HttpRequest, base: Base, *, in_parts: bool) -> Reply:
    caller = authenticate(http, house.keys)
    lifecycle = _lifecycle(http)
    body = parse_body(await read_body(http, house, caller, SMALL_BODY_BYTES_MAX, "SMALL_BODY_BYTES_MAX"))
    problems = [problem for name in ("file_name", "content_type") for problem in _problems_of_text(body, name)]
    if problems:
        raise ArgumentsInvalid(problems)
    uploads = house.uploads
    ticket = uploads.begin(caller, body["file_name"], body["content_type"], lifecycle, in_parts=in_parts)
    file_url = _file_url(base, ticket)
    return json_reply({"upload_url": f"{file_url}?upload={uploads.sign(ticket)}", "file_url": file_url})


async def _receive(house: House, http: HttpRequest, ticket: Ticket) -> None:
    """The body of the exchange, as the ticket's file."""
    bytes_max = house.settings.upload_bytes_max
    announced = http.announced_bytes()
    if announced is not None and announced <= bytes_max:
        await house.uploads.check_quota(ticket, announced)
    async with aclosing(http.parts(bytes_max, "upload_bytes_max")) as body:
        await house.uploads.receive(ticket, body)


def _ticket_by_headers(house: House, http: HttpRequest, *, in_parts: bool) -> Ticket:
    """A new ticket as the headers describe the file."""
    caller = _cdn_caller(house, http)
    content_type = http.header(b"content-type") or PLAIN_BYTES
    name = http.headers.get(b"x-fal-file-name", b"").decode("utf-8", "replace")
    return house.uploads.begin(caller, name, content_type, _lifecycle(http), in_parts=in_parts)


def _ticket_of_parts(house: House, http: HttpRequest) -> Ticket:
    """The ticket in the query of a signed upload, or in the path of one by CDN token, which shows the token as well."""
    route = http.route
    if not route.upload_id:
        return house.uploads.read(http.query().get("upload", ""), route.target)
    caller = _cdn_caller(house, http)
    ticket = house.uploads.read(route.upload_id, route.target, is_cdn=True)
    if ticket.caller.account_id != caller.account_id:
        raise UploadUnknown
    return ticket


def _cdn_caller(house: House, http: HttpRequest) -> Caller:
    """Whoever the CDN token stands for; a key does as well, as the oldest clients send it here."""
    return house.uploads.caller_of(credentials(http)[1]) or authenticate(http, house.keys)


def _lifecycle(http: HttpRequest) -> Lifecycle:
    text = next((text for text in map(http.header, _LIFECYCLE) if text), None)
    return Lifecycle() if text is None else parse_lifecycle(text)


def _file_url(base: Base, ticket: Ticket) -> str:
    return f"{base.public}/files/{ticket.key}"


def _part_number(text: str) -> int:
    number = whole_number(text, UPLOAD_PARTS_MAX)
    if not number:
        raise BadRequest(f"Part number is {shown(text)}; parts are numbered from 1 to {UPLOAD_PARTS_MAX}")
    return number


def _part_reply(part: Part) -> Reply:
    return json_reply({"partNumber": part.number, "etag": part.etag}, 200, (b"etag", f'"{part.etag}"'.encode()))


def _named_parts(body: dict[str, Any]) -> list[NamedPart]:
    """
    The parts as the body names them, in whatever order.

    Raises:
        ArgumentsInvalid: it names none, too many, or not as `{"partNumber": 1, "etag": "…"}`.
    """
    if "parts" not in body:
        raise ArgumentsInvalid([Problem("missing", ("body", "parts"), "Field required", body)])
    parts = body["parts"]
    if not isinstance(parts, list):
        raise ArgumentsInvalid([Problem("list_type", ("body", "parts"), "Input should be a valid list", parts)])
    if not 1 <= len(parts) <= UPLOAD_PARTS_MAX:
        msg = f"An upload has from 1 to {UPLOAD_PARTS_MAX} parts, {len(parts)} are named"
        raise ArgumentsInvalid([Problem("value_error", ("body", "parts"), msg)])
    named, problems = [], []
    for at, part in enumerate(parts):
        match part:
            case {"partNumber": int(number), "etag": str(etag)} if not isinstance(number, bool):
                # The header has the quotes that HTTP wants, and Python sends the header back.
                named.append(NamedPart(number, etag.strip().removeprefix("W/").strip('"')))
            case _:
                msg = 'A part is {"partNumber": 1, "etag": "…"} as its PUT answered'
                problems.append(Problem("value_error", ("body", "parts", at), msg, part))
        if len(problems) == ARGUMENT_ERRORS_MAX:
            break
    if problems:
        raise ArgumentsInvalid(problems)
    return named


def _problems_of_text(body: dict[str, Any], name: str) -> list[Problem]:
    loc: Loc = ("body", name)
    if name not in body:
        return [Problem("missing", loc, "Field required", body)]
    if not isinstance(body[name], str):
        return [Problem("string_type", loc, "Input should be a valid string", body[name])]
    return []
