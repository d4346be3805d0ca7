"""Uploads on a real store, database and folder: whole, in parts, repeated, cut off, over their bounds."""

import asyncio
import hashlib
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.permits import Permits
from mutoscope.accounts.signer import Signer
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import ArgumentsInvalid, BadRequest, BodyTooLarge, StoreFull, UploadQuotaReached, UploadUnknown
from mutoscope.files.incoming import Incoming, Part
from mutoscope.files.lifecycle import Acl, Decision, Lifecycle
from mutoscope.files.local import LocalFiles
from mutoscope.files.records import FileRecords
from mutoscope.limits import UPLOAD_IN_PARTS_LIFETIME_S, UPLOAD_LIFETIME_S, UPLOAD_PARTS_MAX, UPLOAD_PIECE_BYTES
from mutoscope.settings import load_settings
from mutoscope.uploads import NamedPart, Ticket, Uploads
from tests.conftest import read_whole

DAY_S = 86_400.0


@dataclass
class Place:
    """Uploads and what they stand on."""

    folder: Path
    uploads: Uploads
    files: LocalFiles
    records: FileRecords
    keys: Keys
    clock: ManualClock
    caller: Caller

    def ticket(self, *, in_parts: bool = False, lifecycle: Lifecycle | None = None, **facts: Any) -> Ticket:
        """The right to bring a PNG."""
        name, kind = facts.get("name", "cat.png"), facts.get("content_type", "image/png")
        return self.uploads.begin(self.caller, name, kind, lifecycle or Lifecycle(), in_parts=in_parts)

    async def send(self, ticket: Ticket, content: bytes) -> None:
        """Bring the whole file."""
        await self.uploads.receive(ticket, body_of(content))

    async def send_part(self, ticket: Ticket, number: int, content: bytes) -> NamedPart:
        """Bring a part, and name it as a client would."""
        part = await self.uploads.receive_part(ticket, number, body_of(content))
        return NamedPart(part.number, part.etag)

    async def read(self, ticket: Ticket) -> bytes | None:
        """What lies under the ticket's key."""
        return await read_whole(await self.files.open(ticket.key))

    @property
    def left(self) -> list[str]:
        """Names of what lies in the folder of uploads."""
        return sorted(path.name for path in (self.folder / "uploads").rglob("*"))

    @property
    def kept(self) -> list[str]:
        """Names of what lies in the store."""
        return sorted(path.name for path in (self.folder / "files").rglob("*") if path.is_file())


async def body_of(content: bytes, piece: int = 100_000) -> AsyncIterator[bytes]:
    """A body as it comes from the network."""
    for at in range(0, len(content), piece):
        yield content[at : at + piece]
        await asyncio.sleep(0)


async def cut_off(content: bytes, error: BaseException) -> AsyncIterator[bytes]:
    """A body that ends early."""
    yield content
    raise error


async def open_place(folder: Path, **settings: Any) -> tuple[Place, SqliteDatabase]:
    """Everything, on this folder."""
    clock = ManualClock()
    database = await SqliteDatabase.open(folder / "mutoscope.db")
    keys = Keys(database, clock, "outside")
    await keys.load()
    caller = keys.authenticate("outside")
    assert caller is not None
    files, records = LocalFiles(folder / "files"), FileRecords(database, clock)
    uploads = Uploads(
        files=files,
        records=records,
        incoming=Incoming(folder / "uploads"),
        keys=keys,
        permits=Permits(keys, Signer(b"x" * 32, clock)),
        settings=load_settings({"data_dir": folder, **settings}, environ={}),
        clock=clock,
    )
    return Place(folder, uploads, files, records, keys, clock, caller), database


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A place with the settings of a test of bounds: a file of 1 MB, an account of 2 MB."""
    opened, database = await open_place(tmp_path, upload_bytes_max=1_000_000, upload_quota_bytes=2_000_000)
    yield opened
    await opened.uploads.close()
    await database.close()


# --- whole ---


async def test_a_file_is_stored_with_its_record_and_nothing_is_left_beside_it(place: Place):
    """All bytes, over several pieces; a week to live; no trace in the folder of uploads."""
    content = os.urandom(UPLOAD_PIECE_BYTES + 77)
    ticket = place.ticket()

    await place.send(ticket, content)

    record = await place.records.get(ticket.key)
    assert await place.read(ticket) == content
    assert record is not None and record.size == len(content) and record.content_type == "image/png"
    assert record.account_id == place.caller.account_id and record.digest == hashlib.sha256(content).hexdigest()
    assert record.expires == place.clock.now() + 7 * DAY_S
    assert place.left == []


async def test_an_empty_file_is_a_file(place: Place):
    """No bytes at all are not an error."""
    ticket = place.ticket()

    await place.send(ticket, b"")

    assert await place.read(ticket) == b""


async def test_lifecycle_is_kept_and_ends_the_file_at_once(place: Place):
    """The record says who may read it; a second after its time nobody may."""
    hidden = Acl(Decision.HIDE)
    ticket = place.ticket(lifecycle=Lifecycle(60, hidden))
    await place.send(ticket, b"x")

    record = await place.records.get(ticket.key)
    place.clock.advance(59)
    before = await place.records.get(ticket.key)
    place.clock.advance(1)

    assert record is not None and record.acl == hidden and before is not None
    assert await place.records.get(ticket.key) is None
    assert await place.records.expired() == [ticket.key]


async def test_a_body_that_is_cut_off_leaves_nothing_and_may_be_sent_again(place: Place):
    """Not in the store, not on record, not in the folder; the same ticket still works."""
    ticket = place.ticket()

    with pytest.raises(ConnectionError):
        await place.uploads.receive(ticket, cut_off(b"x" * 300_000, ConnectionError()))
    left, kept = place.left, place.kept
    await place.send(ticket, b"whole")

    assert (left, kept) == ([], [])
    assert await place.read(ticket) == b"whole"


async def test_an_upload_that_is_cancelled_leaves_nothing(place: Place):
    """The server stops in the middle of a body."""
    begun, never = asyncio.Event(), asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * UPLOAD_PIECE_BYTES
        begun.set()
        await never.wait()

    uploading = asyncio.create_task(place.uploads.receive(place.ticket(), stuck()))
    await begun.wait()
    uploading.cancel()
    await asyncio.gather(uploading, return_exceptions=True)

    assert (place.left, place.kept) == ([], [])


async def test_the_same_file_again_is_a_repetition_and_another_is_refused(place: Place):
    """A client that lost the answer sends again; what was once under a URL stays under it."""
    ticket = place.ticket()
    await place.send(ticket, b"first")

    await place.send(ticket, b"first")
    with pytest.raises(BadRequest, match="Another file"):
        await place.send(ticket, b"second")

    assert await place.read(ticket) == b"first"
    assert place.left == []


async def test_of_two_at_once_one_counts(place: Place):
    """The other is a repetition or is refused; the file is one of them, whole."""
    ticket = place.ticket()
    contents = [b"a" * 200_000, b"b" * 200_000, b"a" * 200_000]

    answers = await asyncio.gather(*(place.send(ticket, content) for content in contents), return_exceptions=True)

    assert await place.read(ticket) in contents
    assert all(answer is None or isinstance(answer, BadRequest) for answer in answers)
    assert place.left == []


async def test_quota_counts_what_can_be_read(place: Place):
    """Up to the last byte there is room; one more is refused and leaves nothing; what expires makes room."""
    for size in (1_000_000, 999_999, 1):
        await place.send(place.ticket(lifecycle=Lifecycle(60)), b"x" * size)

    with pytest.raises(UploadQuotaReached, match="upload_quota_bytes"):
        await place.send(place.ticket(), b"x")
    kept = len(place.kept)
    place.clock.advance(60)
    await place.send(place.ticket(), b"x")

    assert kept == 3
    assert place.left == []


async def test_a_record_that_finds_no_room_takes_its_file_back(tmp_path: Path):
    """The file was moved already; without a record it would never be found again."""
    place, database = await open_place(tmp_path)
    await database.close()

    class FullRecords(FileRecords):
        """A database without room for one more row."""

        async def find(self, key: str) -> None:
            return None

        async def add_upload(self, record: Any, quota_bytes: int) -> None:
            raise StoreFull("no room")

    place.uploads._records = FullRecords(database, place.clock)
    with pytest.raises(StoreFull):
        await place.send(place.ticket(), b"x")

    assert (place.left, place.kept) == ([], [])


# --- tickets ---


async def test_a_ticket_survives_its_signature(place: Place):
    """What was signed is what is read."""
    ticket = place.ticket(in_parts=True, lifecycle=Lifecycle(60, Acl(Decision.FORBID)))

    assert place.uploads.read(place.uploads.sign(ticket), ticket.key) == ticket


async def test_tickets_are_for_one_file_and_a_while(place: Place):
    """Another file, no signature, another purpose, and the end of its time."""
    ticket, other = place.ticket(), place.ticket()
    token = place.uploads.sign(ticket)
    cdn, _ = place.uploads.cdn_token(place.caller)

    for key, text in ((other.key, token), (ticket.key, token[:-1]), (ticket.key, ""), (ticket.key, cdn)):
        with pytest.raises(UploadUnknown):
            place.uploads.read(text, key)
    place.clock.advance(UPLOAD_LIFETIME_S - 1)
    assert place.uploads.read(token, ticket.key) == ticket
    place.clock.advance(1)
    with pytest.raises(UploadUnknown):
        place.uploads.read(token, ticket.key)


async def test_a_revoked_key_takes_its_tickets_with_it(place: Place):
    """Neither its upload URLs nor its CDN tokens work on."""
    record, credential = await place.keys.create("app")
    caller = place.keys.authenticate(credential)
    assert caller is not None
    ticket = place.uploads.begin(caller, "a.png", "image/png", Lifecycle(), in_parts=False)
    token, (cdn, _) = place.uploads.sign(ticket), place.uploads.cdn_token(caller)
    assert (place.uploads.read(token, ticket.key), place.uploads.caller_of(cdn)) == (ticket, caller)

    await place.keys.revoke(record.id)

    assert place.uploads.caller_of(cdn) is None
    with pytest.raises(UploadUnknown):
        place.uploads.read(token, ticket.key)


async def test_ways_are_not_mixed(place: Place):
    """A whole file for a ticket of parts, a part and an end for one of a whole file."""
    whole, in_parts = place.ticket(), place.ticket(in_parts=True)

    with pytest.raises(BadRequest, match="in parts"):
        await place.send(in_parts, b"x")
    with pytest.raises(BadRequest, match="whole file"):
        await place.send_part(whole, 1, b"x")
    with pytest.raises(BadRequest, match="whole file"):
        await place.uploads.complete(whole, [NamedPart(1, "x")])


# --- parts ---


async def test_parts_come_in_any_order_and_are_joined_by_number(place: Place):
    """At once, and named in the order they were done; nothing of them is left."""
    ticket = place.ticket(in_parts=True)
    contents = {number: os.urandom(50_000 + number) for number in range(1, 8)}

    named = await asyncio.gather(*(place.send_part(ticket, n, contents[n]) for n in (5, 2, 7, 1, 3, 6, 4)))
    await place.uploads.complete(ticket, named)

    assert await place.read(ticket) == b"".join(contents[number] for number in sorted(contents))
    assert place.left == []


async def test_a_part_sent_again_replaces_the_first(place: Place):
    """Its etag says what it holds: the same for the same bytes."""
    ticket = place.ticket(in_parts=True)
    first = await place.send_part(ticket, 1, b"old")
    again = await place.send_part(ticket, 1, b"old")

    second = await place.send_part(ticket, 1, b"new")
    with pytest.raises(ArgumentsInvalid, match="has the etag"):
        await place.uploads.complete(ticket, [first])
    await place.uploads.complete(ticket, [second])

    assert first == again != second
    assert await place.read(ticket) == b"new"


async def test_a_part_that_is_cut_off_leaves_the_old_one(place: Place):
    """Half of a second try is worth nothing."""
    ticket = place.ticket(in_parts=True)
    named = await place.send_part(ticket, 1, b"old")

    with pytest.raises(ConnectionError):
        await place.uploads.receive_part(ticket, 1, cut_off(b"ne", ConnectionError()))
    await place.uploads.complete(ticket, [named])

    assert await place.read(ticket) == b"old"


async def test_completing_again_changes_nothing_and_takes_no_more_parts(place: Place):
    """A client that lost the answer asks again."""
    ticket = place.ticket(in_parts=True)
    named = [await place.send_part(ticket, 1, b"x")]

    await place.uploads.complete(ticket, named)
    await place.uploads.complete(ticket, named)
    with pytest.raises(BadRequest, match="complete"):
        await place.send_part(ticket, 2, b"y")

    assert await place.read(ticket) == b"x"
    assert place.left == []


async def test_all_that_is_wrong_with_a_list_of_parts_is_said_at_once(place: Place):
    """Missing, named twice, another etag; the parts stay and the right list still works."""
    ticket = place.ticket(in_parts=True)
    one, two = [await place.send_part(ticket, number, b"x" * number) for number in (1, 2)]

    with pytest.raises(ArgumentsInvalid) as refused:
        await place.uploads.complete(ticket, [one, one, NamedPart(2, "0" * 32), NamedPart(9, "")])
    await place.uploads.complete(ticket, [two, one])

    assert [problem.loc for problem in refused.value.problems] == [
        ("body", "parts", 1, "partNumber"),
        ("body", "parts", 2, "etag"),
        ("body", "parts", 3, "partNumber"),
    ]
    assert await place.read(ticket) == b"xxx"


@pytest.mark.parametrize("number", [0, -1, UPLOAD_PARTS_MAX + 1])
async def test_part_numbers_have_bounds(place: Place, number: int):
    """From one to the limit."""
    with pytest.raises(BadRequest, match=str(UPLOAD_PARTS_MAX)):
        await place.send_part(place.ticket(in_parts=True), number, b"x")


async def test_parts_together_are_no_larger_than_a_file(place: Place):
    """The last byte that fits is taken, one more is not; one that replaces another counts once."""
    ticket = place.ticket(in_parts=True)
    await place.send_part(ticket, 1, b"x" * 500_000)
    with pytest.raises(BodyTooLarge, match="upload_bytes_max"):
        await place.send_part(ticket, 2, b"x" * 500_001)

    await place.send_part(ticket, UPLOAD_PARTS_MAX, b"x" * 500_000)
    await place.send_part(ticket, UPLOAD_PARTS_MAX, b"y" * 500_000)

    assert len([name for name in place.left if name.startswith("part-")]) == 2


# --- what an account has on its way ---


async def test_a_quota_cannot_be_filled_with_halves(place: Place):
    """Parts of uploads that are never completed count; given up, or complete, they count once or not at all."""
    open_ones = [place.ticket(in_parts=True) for _ in range(3)]
    named = [await place.send_part(ticket, 1, b"x" * 600_000) for ticket in open_ones]

    with pytest.raises(UploadQuotaReached, match="have 1800000"):
        await place.send_part(place.ticket(in_parts=True), 1, b"y" * 200_001)
    with pytest.raises(UploadQuotaReached):
        await place.uploads.check_quota(place.ticket(), 200_001)
    await place.send(place.ticket(), b"y" * 200_000)
    await place.uploads.complete(open_ones[0], named[:1])

    assert len(place.kept) == 2 and len([name for name in place.left if name.startswith("part-")]) == 2


async def test_a_part_sent_again_counts_in_place_of_the_first(place: Place):
    """A repetition fits wherever the part did."""
    ticket = place.ticket(in_parts=True)
    await place.send(place.ticket(), b"a" * 1_000_000)
    await place.send_part(ticket, 1, b"x" * 1_000_000)

    again = await place.send_part(ticket, 1, b"y" * 1_000_000)
    await place.uploads.complete(ticket, [again])

    assert await place.read(ticket) == b"y" * 1_000_000


async def test_bodies_at_once_share_the_quota(place: Place):
    """Each would fit alone; together they do not, and what is refused leaves nothing."""
    tickets = [place.ticket() for _ in range(4)]

    answers = await asyncio.gather(*(place.send(each, b"x" * 900_000) for each in tickets), return_exceptions=True)

    refused = [answer for answer in answers if answer is not None]
    assert len(place.kept) == 4 - len(refused) <= 2
    assert all(isinstance(answer, UploadQuotaReached) for answer in refused)
    assert place.left == []
    await place.send(place.ticket(), b"x" * (2_000_000 - 900_000 * len(place.kept) - 900_000))


async def test_parts_count_after_a_restart(place: Place, tmp_path: Path):
    """The folder knows whose they are."""
    await place.send_part(place.ticket(in_parts=True), 1, b"x" * 1_000_000)
    await place.send_part(place.ticket(in_parts=True), 1, b"x" * 900_000)
    again, database = await open_place(tmp_path, upload_bytes_max=1_000_000, upload_quota_bytes=2_000_000)
    try:
        await again.uploads.recover()

        with pytest.raises(UploadQuotaReached):
            await again.send(again.ticket(), b"y" * 100_001)
        again.clock.advance(10 * DAY_S + time.time())
        await again.uploads.sweep()
        await again.send(again.ticket(), b"y" * 1_000_000)
    finally:
        await database.close()


async def test_parts_of_a_complete_file_do_not_count_beside_it(place: Place, tmp_path: Path):
    """A server that was killed between the record and the end of the folder."""
    ticket = place.ticket(in_parts=True)
    named = await place.send_part(ticket, 1, b"x" * 900_000)
    (folder,) = (place.folder / "uploads").iterdir()
    kept = tmp_path / "kept"
    shutil.copytree(folder, kept)
    await place.uploads.complete(ticket, [named])
    shutil.move(kept, folder)

    await place.uploads.recover()

    assert place.left == []
    await place.send(place.ticket(), b"y" * 1_000_000)


async def test_a_key_that_is_revoked_during_an_upload_brings_nothing(place: Place):
    """The body may have begun a day before."""
    record, credential = await place.keys.create("app")
    caller = place.keys.authenticate(credential)
    assert caller is not None
    whole = place.uploads.begin(caller, "a.png", "image/png", Lifecycle(), in_parts=False)
    parts = place.uploads.begin(caller, "a.png", "image/png", Lifecycle(), in_parts=True)
    named = await place.send_part(parts, 1, b"x")

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await place.keys.revoke(record.id)
        yield b"y"

    with pytest.raises(UploadUnknown):
        await place.uploads.receive(whole, slow())
    with pytest.raises(UploadUnknown):
        await place.uploads.receive_part(parts, 2, slow())
    with pytest.raises(UploadUnknown):
        await place.uploads.complete(parts, [named])

    assert place.kept == [] and len([name for name in place.left if name.startswith("part-")]) == 1


async def test_slow_callers_together_hold_little_in_memory(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Above the bound for all of them each writes at once what came."""
    monkeypatch.setattr("mutoscope.files.incoming.UPLOADS_HELD_BYTES_MAX", 100_000)
    go_on = asyncio.Event()

    async def stops() -> AsyncIterator[bytes]:
        yield b"x" * 60_000
        await go_on.wait()

    sending = [asyncio.create_task(place.uploads.receive(place.ticket(), stops())) for _ in range(2)]
    async with asyncio.timeout(10):
        while not any(path.stat().st_size for path in (place.folder / "uploads").rglob("whole-*")):
            await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.gather(*sending)

    assert len(place.kept) == 2


# --- what deaths and time leave ---


async def test_recovery_drops_half_files_and_keeps_parts(place: Place):
    """Files that were being received or joined, and one that was stored and not yet on record."""
    parts, stored = place.ticket(in_parts=True), place.ticket()
    named = await place.send_part(parts, 1, b"x")
    incoming = Incoming(place.folder / "uploads")
    await incoming.join(parts.key, "environment", [Part(1, 1, named.etag)])
    received = await incoming.receive(stored.key, "environment", body_of(b"y"))
    await incoming.receive(place.ticket().key, "environment", body_of(b"z"))
    await place.files.put(stored.key, received.path)

    await place.uploads.recover()

    assert place.kept == []
    assert [name.partition("-")[0] for name in place.left] == ["name", "part", "u"]
    await place.uploads.complete(parts, [named])
    assert await place.read(parts) == b"x"


async def test_uploads_that_nobody_goes_on_with_are_swept(place: Place):
    """As long as its ticket is good a part stays, and not longer."""
    ticket = place.ticket(in_parts=True)
    await place.send_part(ticket, 1, b"x")
    changed = max(path.stat().st_mtime for path in (place.folder / "uploads").rglob("*"))

    place.clock.advance(changed - place.clock.now() + UPLOAD_IN_PARTS_LIFETIME_S - 1)
    await place.uploads.sweep()
    before = place.left
    place.clock.advance(2)
    await place.uploads.sweep()

    assert before and place.left == []


async def test_what_is_on_its_way_is_for_the_servers_eyes_only(place: Place):
    """The folder of unfinished uploads, and that of each of them."""
    await place.send_part(place.ticket(in_parts=True), 1, b"secret")

    folders = [path for path in place.folder.rglob("*") if path.is_dir()]
    assert folders and {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
