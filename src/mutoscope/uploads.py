"""
Uploads: who may bring which file, and how it becomes one that can be read.

The right to bring one file is a signed ticket, so nothing is stored before the first byte comes. A file is first in
the store and then has its record; only the record makes it readable. What a killed server leaves between the two is
found by the folder of the upload, which goes last.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.permits import Permits
from mutoscope.clock import Clock
from mutoscope.errors import (
    ArgumentsInvalid,
    BadRequest,
    BodyTooLarge,
    Loc,
    OwnError,
    Problem,
    UploadQuotaReached,
    UploadUnknown,
)
from mutoscope.files.base import FileStore
from mutoscope.files.incoming import Incoming, Part, Received
from mutoscope.files.lifecycle import Lifecycle, lifecycle_of
from mutoscope.files.names import is_recorded, safe_content_type, upload_key
from mutoscope.files.records import FileRecord, FileRecords
from mutoscope.files.unfinished import Unfinished
from mutoscope.limits import (
    ARGUMENT_ERRORS_MAX,
    CDN_TOKEN_LIFETIME_S,
    UPLOAD_IN_PARTS_LIFETIME_S,
    UPLOAD_LIFETIME_S,
    UPLOAD_PARTS_MAX,
)
from mutoscope.settings import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

_UPLOAD: Final = "upload"
_CDN_UPLOAD: Final = "cdn upload"
_CDN: Final = "cdn"
"""What signatures cover: a ticket in a path, which logs may show, is worth nothing without its CDN token."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to bring one file."""

    key: str
    """What it will be stored under."""
    caller: Caller
    content_type: str
    lifecycle: Lifecycle
    in_parts: bool

    @property
    def lifetime_s(self) -> float:
        """How long it is good for."""
        return UPLOAD_IN_PARTS_LIFETIME_S if self.in_parts else UPLOAD_LIFETIME_S


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A part as the caller names it at the end."""

    number: int
    etag: str


class Uploads:
    """All uploads of this server. `recover` before the first, `close` after the last."""

    def __init__(
        self,
        *,
        files: FileStore,
        records: FileRecords,
        incoming: Incoming,
        keys: Keys,
        permits: Permits,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._files = files
        self._records = records
        self._incoming = incoming
        self._keys = keys
        self._permits = permits
        self._settings = settings
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._keeping: set[asyncio.Task[Any]] = set()
        self._unfinished = Unfinished()

    # --- the right to upload ---

    def begin(
        self, caller: Caller, file_name: str, content_type: str, lifecycle: Lifecycle, *, in_parts: bool
    ) -> Ticket:
        """A ticket for a new file; its name and type become harmless ones here."""
        kept_type = safe_content_type(content_type)
        return Ticket(upload_key(file_name, kept_type), caller, kept_type, lifecycle, in_parts)

    def sign(self, ticket: Ticket, *, is_cdn: bool = False) -> str:
        """The ticket as a token, good for `lifetime_s`; one for the CDN is of use only beside a CDN token."""
        claims = {
            "file": ticket.key,
            "type": ticket.content_type,
            "life": ticket.lifecycle.to_object(),
            "parts": ticket.in_parts,
        }
        return self._permits.sign(_CDN_UPLOAD if is_cdn else _UPLOAD, ticket.caller, ticket.lifetime_s, claims)

    def read(self, token: str, key: str, *, is_cdn: bool = False) -> Ticket:
        """
        The ticket for the file under `key`, signed as `is_cdn` says.

        Raises:
            UploadUnknown: the token is forged, expired, of a revoked key, or for another file.
        """
        permit = self._permits.read(_CDN_UPLOAD if is_cdn else _UPLOAD, token)
        if permit is None or permit[1]["file"] != key:
            raise UploadUnknown
        caller, claims = permit
        return Ticket(key, caller, claims["type"], lifecycle_of(claims["life"]), claims["parts"])

    def cdn_token(self, caller: Caller) -> tuple[str, float]:
        """A token to upload any file with, and when it ends in Unix seconds."""
        token = self._permits.sign(_CDN, caller, CDN_TOKEN_LIFETIME_S, {})
        return token, self._clock.now() + CDN_TOKEN_LIFETIME_S

    def caller_of(self, cdn_token: str) -> Caller | None:
        """Whose CDN token that is; None for none that is good."""
        permit = self._permits.read(_CDN, cdn_token)
        return None if permit is None else permit[0]

    # --- bytes ---

    async def check_quota(self, ticket: Ticket, announced: int) -> None:
        """
        Whether so many bytes more would fit beside all that is there or on its way, before any of them is taken.

        Raises:
            UploadQuotaReached: it would not.
        """
        account_id = ticket.caller.account_id
        size = self._unfinished.total(account_id) + announced
        await self._records.check_quota(account_id, size, self._settings.upload_quota_bytes)

    async def receive(self, ticket: Ticket, body: AsyncIterator[bytes]) -> None:
        """
        Take the whole file; once this returns it is on stable storage and readable.

        The same file sent again is taken for a repetition; nothing of a body that ends early is left.

        Raises:
            BadRequest: the ticket is for parts, or another file has been brought with it.
            UploadQuotaReached: the account's uploads have too many bytes.
            StoreFull, StoreFailed: nothing was kept.
            Whatever `body` raises; the same.
        """
        if ticket.in_parts:
            raise BadRequest("This upload goes in parts: PUT each to {upload_url}/{number}, then POST /complete")
        async with self._receiving(ticket, body) as received:
            await self._to_its_end(self._keep_whole(ticket, received))

    async def receive_part(self, ticket: Ticket, number: int, body: AsyncIterator[bytes]) -> Part:
        """
        Take one part, in any order and beside others; one that is sent again replaces the earlier.

        Raises:
            BadRequest: the ticket is not for parts, the number is out of range, or the upload is complete.
            BodyTooLarge: all parts together are larger than a file may be.
            StoreFull, StoreFailed: nothing was kept.
            Whatever `body` raises; the same.
        """
        _require_parts(ticket)
        if not 1 <= number <= UPLOAD_PARTS_MAX:
            raise BadRequest(f"Part number is {number}; parts are numbered from 1 to {UPLOAD_PARTS_MAX}")
        await self._require_open(ticket)
        replaced = self._unfinished.part(ticket.key, number)
        async with self._receiving(ticket, body, replaced) as received:
            return await self._to_its_end(self._keep_part(ticket, number, received))

    async def complete(self, ticket: Ticket, named: Sequence[NamedPart]) -> None:
        """
        Make one file of these parts, by their numbers; once this returns it is on stable storage and readable.

        Completing again changes nothing.

        Raises:
            BadRequest: the ticket is not for parts.
            ArgumentsInvalid: a part is missing, named twice, or is not the one that was named.
            BodyTooLarge, UploadQuotaReached: the file is larger than it may be.
            StoreFull, StoreFailed: the parts are as they were.
        """
        _require_parts(ticket)
        await self._to_its_end(self._join(ticket, named))

    # --- what time and deaths leave ---

    async def recover(self) -> None:
        """At start-up: what a killed server was receiving, joining or about to record is dropped; parts stay."""
        for left in await self._incoming.leftovers():
            is_complete = is_recorded(left.key) and await self._records.find(left.key) is not None
            if is_recorded(left.key) and not is_complete:
                await self._take_back(left.key)
            if left.parts and not is_complete:
                await self._incoming.drop_unfinished(left.key)
                for part in left.parts:
                    self._unfinished.keep_part(left.account_id, left.key, part.number, part.size)
            else:
                await self._incoming.drop(left.key)

    async def sweep(self) -> None:
        """Drop uploads in which nothing was written for as long as a ticket is good."""
        for left in await self._incoming.leftovers():
            if left.changed < self._clock.now() - UPLOAD_IN_PARTS_LIFETIME_S:
                await self._incoming.drop(left.key)
                self._unfinished.drop(left.key)

    async def close(self) -> None:
        """Wait until what is complete is also kept; their callers may be gone."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    # --- keeping ---

    @contextlib.asynccontextmanager
    async def _receiving(
        self, ticket: Ticket, body: AsyncIterator[bytes], replaced: int = 0
    ) -> AsyncGenerator[Received]:
        """
        What came, counted against the quota from its first byte until the block has kept it or not.

        Args:
            replaced: bytes that it takes the place of.
        """
        account_id, quota = ticket.caller.account_id, self._settings.upload_quota_bytes
        there = await self._records.uploaded_bytes(account_id) if quota else 0
        with self._unfinished.receiving(account_id) as receiving:

            async def counted() -> AsyncGenerator[bytes]:
                async for chunk in body:
                    receiving.grow(len(chunk))
                    used = there + self._unfinished.total(account_id) - receiving.size - replaced
                    if quota and used + receiving.size > quota:
                        raise UploadQuotaReached(receiving.size, used, quota)
                    yield chunk

            async with contextlib.aclosing(counted()) as chunks:
                received = await self._incoming.receive(ticket.key, account_id, chunks)
            yield received

    async def _to_its_end(self, keeping: Coroutine[Any, Any, T]) -> T:
        """What `keeping` returns; a cancel leaves it to finish by itself, since a rename cannot be taken back."""
        task = asyncio.ensure_future(keeping)
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return await asyncio.shield(task)

    def _lock(self, key: str) -> asyncio.Lock:
        """One for each upload: of two that bring the same file the first one counts."""
        return self._locks.setdefault(key, asyncio.Lock())

    async def _keep_whole(self, ticket: Ticket, received: Received) -> None:
        lock = self._lock(ticket.key)
        async with lock:
            try:
                self._require_key(ticket)
                earlier = await self._records.find(ticket.key)
                if earlier is None:
                    await self._keep(ticket, received)
                elif earlier.digest != received.digest:
                    raise BadRequest("Another file has been uploaded to this URL; initiate a new upload")
            finally:
                await self._incoming.discard(received.path)

    async def _keep_part(self, ticket: Ticket, number: int, received: Received) -> Part:
        lock = self._lock(ticket.key)
        async with lock:
            try:
                self._require_key(ticket)
                await self._require_open(ticket)
                others = [part for part in (await self._incoming.parts(ticket.key)).values() if part.number != number]
                self._check_size(sum(part.size for part in others) + received.size)
                # Again, since files that were on their way at the beginning are on record by now.
                await self.check_quota(ticket, -self._unfinished.part(ticket.key, number))
                part = await self._incoming.keep_part(ticket.key, number, received)
                self._unfinished.keep_part(ticket.caller.account_id, ticket.key, number, part.size)
                return part
            finally:
                await self._incoming.discard(received.path)

    async def _join(self, ticket: Ticket, named: Sequence[NamedPart]) -> None:
        lock = self._lock(ticket.key)
        async with lock:
            if await self._records.find(ticket.key) is not None:
                return
            self._require_key(ticket)
            parts = _chosen(await self._incoming.parts(ticket.key), named)
            size = sum(part.size for part in parts)
            self._check_size(size)
            path = await self._incoming.join(ticket.key, ticket.caller.account_id, parts)
            try:
                await self._keep(ticket, Received(path, size, None))
            finally:
                await self._incoming.discard(path)
            await self._incoming.drop(ticket.key)
            self._unfinished.drop(ticket.key)

    async def _keep(self, ticket: Ticket, received: Received) -> None:
        """Into the store, then onto record; without a record there is no file."""
        now = self._clock.now()
        record = FileRecord(
            key=ticket.key,
            account_id=ticket.caller.account_id,
            content_type=ticket.content_type,
            file_name=ticket.key.rpartition("/")[2],
            size=received.size,
            digest=received.digest,
            created=now,
            expires=ticket.lifecycle.expires(now, self._settings.upload_retention_days),
            acl=ticket.lifecycle.acl,
        )
        await self._files.put(ticket.key, received.path)
        try:
            await self._records.add_upload(record, self._settings.upload_quota_bytes)
        except BaseException:
            await self._take_back(ticket.key)
            raise

    async def _take_back(self, key: str) -> None:
        try:
            await self._files.delete(key)
        except OwnError as error:
            logger.warning("upload without a record not deleted", extra={"reason": str(error)})

    def _require_key(self, ticket: Ticket) -> None:
        """A body may take hours; what a key that was revoked meanwhile has brought is not kept."""
        if self._keys.active(ticket.caller.key_id) is None:
            raise UploadUnknown

    async def _require_open(self, ticket: Ticket) -> None:
        if await self._records.find(ticket.key) is not None:
            raise BadRequest("This upload is complete and takes no more parts; initiate a new one")

    def _check_size(self, size: int) -> None:
        if size > self._settings.upload_bytes_max:
            raise BodyTooLarge(size, self._settings.upload_bytes_max, "upload_bytes_max")


def _require_parts(ticket: Ticket) -> None:
    if not ticket.in_parts:
        raise BadRequest("This upload does not go in parts: PUT the whole file to the upload URL")


def _chosen(there: dict[int, Part], named: Sequence[NamedPart]) -> list[Part]:
    """The parts that were named, in the order of their numbers; all that is wrong with the list is said at once."""
    problems: list[Problem] = []
    chosen: dict[int, Part] = {}
    for at, each in enumerate(named):
        loc: Loc = ("body", "parts", at)
        part = there.get(each.number)
        if part is None:
            msg = f"Part {each.number} has not been uploaded; PUT it and complete again"
            problems.append(Problem("value_error", (*loc, "partNumber"), msg, each.number))
        elif each.number in chosen:
            msg = f"Part {each.number} is named twice"
            problems.append(Problem("value_error", (*loc, "partNumber"), msg, each.number))
        elif each.etag != part.etag:
            msg = f"Part {each.number} has the etag {part.etag}; upload it again or name that one"
            problems.append(Problem("value_error", (*loc, "etag"), msg, each.etag))
        else:
            chosen[each.number] = part
        if len(problems) == ARGUMENT_ERRORS_MAX:
            break
    if problems:
        raise ArgumentsInvalid(problems)
    return [chosen[number] for number in sorted(chosen)]
