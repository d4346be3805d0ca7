"""Which of our own URLs a request may read, and what a file on its way is made of where the kernel does not copy."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import FileUnknown
from mutoscope.files.access import own_file
from mutoscope.files.incoming import Incoming
from mutoscope.files.lifecycle import Acl, Decision, Rule
from mutoscope.files.local import LocalFiles
from mutoscope.files.names import guarded_folder
from mutoscope.files.records import FileRecord, FileRecords
from mutoscope.ids import new_file_name
from tests.conftest import read_whole

HOST = "https://cdn.example/files"


class Shelf:
    """A store and its records."""

    def __init__(self, folder: Path, database: SqliteDatabase) -> None:
        self.clock = ManualClock()
        self.folder = folder
        self.files = LocalFiles(folder / "files")
        self.records = FileRecords(database, self.clock)

    async def put(self, key: str, *, acl: Acl | None = None, lives_s: float = 60) -> str:
        """Store a file; with an access list it has a record. Its URL under some host's name."""
        source = self.folder / "source"
        source.write_bytes(b"content")
        await self.files.put(key, source)
        if acl is not None:
            now = self.clock.now()
            record = FileRecord(
                key=key,
                account_id="owner",
                content_type="image/png",
                file_name="a.png",
                size=7,
                created=now,
                expires=now + lives_s,
                acl=acl,
            )
            await self.records.add_upload(record, 0)
        return f"{HOST}/{key}"

    async def read(self, url: str, reader: str) -> bytes | None:
        """What a request of this account reads there."""
        return await read_whole(await own_file(self.files, self.records, url, reader))


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield Shelf(tmp_path, database)
    await database.close()


async def test_plain_outputs_are_for_whoever_has_the_url(shelf: Shelf):
    """No record is asked for."""
    url = await shelf.put(f"{new_file_name()}/output.mp4")

    assert await shelf.read(url, "anybody") == b"content"


async def test_guarded_files_are_for_those_who_may(shelf: Shelf):
    """The owner and the account of a rule; others learn nothing, whether it is forbidden or hidden."""
    friend = (Rule("friend", Decision.ALLOW),)
    for decision in (Decision.FORBID, Decision.HIDE):
        url = await shelf.put(f"{guarded_folder()}/a.png", acl=Acl(decision, friend))

        assert [await shelf.read(url, reader) for reader in ("owner", "friend")] == [b"content"] * 2
        with pytest.raises(FileUnknown):
            await shelf.read(url, "stranger")


async def test_a_file_whose_time_is_over_is_gone_for_its_owner_too(shelf: Shelf):
    """Though it still lies there."""
    url = await shelf.put(f"{guarded_folder()}/a.png", acl=Acl(), lives_s=60)

    shelf.clock.advance(60)

    with pytest.raises(FileUnknown):
        await shelf.read(url, "owner")


@pytest.mark.parametrize(
    "url",
    [f"{HOST}/u-{'x' * 32}/a.png", f"{HOST}/nothing.png", "https://cdn.example/a.png", "http://[::1", f"{HOST}/../x"],
)
async def test_what_is_not_ours_is_left_to_the_network(shelf: Shelf, url: str):
    """Also a recorded file of another server of our kind, which has its own records."""
    assert await shelf.read(url, "owner") is None


async def test_parts_are_joined_where_the_kernel_does_not_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """macOS, or a filesystem that says no: the same bytes by hand."""
    incoming, key = Incoming(tmp_path), f"{guarded_folder()}/a.bin"
    contents = [os.urandom(2_500_000), b"", b"end"]

    async def body(content: bytes) -> AsyncIterator[bytes]:
        yield content

    parts = [
        await incoming.keep_part(key, number, await incoming.receive(key, "a", body(content)))
        for number, content in enumerate(contents, 1)
    ]
    by_kernel = (await incoming.join(key, "a", parts)).read_bytes()
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    by_hand = (await incoming.join(key, "a", parts)).read_bytes()

    assert by_kernel == by_hand == b"".join(contents)
