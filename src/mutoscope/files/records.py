"""Records of files that have an owner, an end and readers of their own: uploads, and outputs with a lifecycle."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.errors import UploadQuotaReached
from mutoscope.files.lifecycle import EVERYBODY, Acl, Decision, acl_of, acl_to_object
from mutoscope.limits import EXPIRE_ROWS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """What is known of one file beside its bytes."""

    key: str
    account_id: str
    """Whose it is."""
    request_id: str | None = None
    """The request that made it; None for an upload."""
    content_type: str
    file_name: str
    size: int
    """Bytes."""
    digest: str | None = None
    """SHA-256 in hexadecimal of an upload that came in one piece."""
    created: float
    """Seconds since the Unix epoch, as `expires`."""
    expires: float | None
    """None for never."""
    acl: Acl = EVERYBODY

    def decide(self, reader: str | None) -> Decision:
        """What becomes of somebody who wants to read it; None is somebody without a name."""
        return self.acl.decide(self.account_id, reader)


class FileRecords:
    """All records; a file whose record has ended, or never was, is not there."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, key: str) -> FileRecord | None:
        """The record of the file under `key`; None when there is none or its time is over."""
        record = await self.find(key)
        return None if record is None or self.is_over(record) else record

    async def find(self, key: str) -> FileRecord | None:
        """The record of the file under `key`, even when its time is over."""
        rows = await self._database.read(_rows("file_by_key", key=key))
        return _record(rows[0]) if rows else None

    def left_s(self, record: FileRecord) -> float:
        """Seconds until the file's time has come."""
        return math.inf if record.expires is None else record.expires - self._clock.now()

    def is_over(self, record: FileRecord) -> bool:
        """Whether the file's time has come."""
        return self.left_s(record) <= 0

    async def add_upload(self, record: FileRecord, quota_bytes: int) -> None:
        """
        Make an uploaded file readable.

        Args:
            quota_bytes: what all uploads of the account together may have; 0 is no bound.

        Raises:
            UploadQuotaReached: with this one they would have more; nothing was written.
        """
        await self._database.write(_add_upload(record, quota_bytes, self._clock.now()))

    async def check_quota(self, account_id: str, size: int, quota_bytes: int) -> None:
        """
        Whether an upload of so many bytes would fit beside those that are there.

        Raises:
            UploadQuotaReached: it would not.
        """
        if quota_bytes:
            await self._database.read_slow(_check_quota(account_id, size, quota_bytes, self._clock.now()))

    async def uploaded_bytes(self, account_id: str) -> int:
        """How many bytes the readable uploads of an account have."""
        return await self._database.read_slow(_uploaded_bytes(account_id, self._clock.now()))

    async def expired(self, limit: int = EXPIRE_ROWS_MAX) -> list[str]:
        """Keys of files whose time is over; delete the files, then `forget` them."""
        rows = await self._database.read_slow(_rows("files_expired", now=self._clock.now(), limit=limit))
        return [row["key"] for row in rows]

    async def forget(self, keys: Iterable[str]) -> None:
        """The files under these keys are not in the store any more."""
        await self._database.write(_forget(list(keys)))


def add_outputs(records: Iterable[FileRecord]) -> Script[None]:
    """The part of a finishing transaction that makes a request's guarded outputs readable."""
    for record in records:
        yield _insert(record)


def _add_upload(record: FileRecord, quota_bytes: int, now: float) -> Script[None]:
    if quota_bytes:
        yield from _check_quota(record.account_id, record.size, quota_bytes, now)
    yield _insert(record)


def _check_quota(account_id: str, size: int, quota_bytes: int, now: float) -> Script[None]:
    used = yield from _uploaded_bytes(account_id, now)
    if used + size > quota_bytes:
        raise UploadQuotaReached(size, used, quota_bytes)


def _uploaded_bytes(account_id: str, now: float) -> Script[int]:
    (row,) = yield Statement("files_uploaded_bytes", {"account_id": account_id, "now": now})
    size: int = row["bytes"]
    return size


def _forget(keys: list[str]) -> Script[None]:
    for key in keys:
        yield Statement("file_delete", {"key": key})


def _insert(record: FileRecord) -> Statement:
    acl = None if record.acl == EVERYBODY else orjson.dumps(acl_to_object(record.acl)).decode()
    return Statement("file_insert", {**asdict(record), "acl": acl})


def _rows(name: str, **params: Any) -> Script[list[Row]]:
    return (yield Statement(name, params))


def _record(row: Row) -> FileRecord:
    return FileRecord(
        key=row["key"],
        account_id=row["account_id"],
        request_id=row["request_id"],
        content_type=row["content_type"],
        file_name=row["file_name"],
        size=row["size"],
        digest=row["digest"],
        created=row["created"],
        expires=row["expires"],
        acl=EVERYBODY if row["acl"] is None else acl_of(orjson.loads(row["acl"])),
    )
