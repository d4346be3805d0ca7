"""
What one attempt brings to the file store: kept when the request's result names it, taken away when not.

Between a put and the finish the server can be killed. So the keys are first noted in the attempt's scratch folder,
which outlives the process, and the next start takes away what no result names.
"""

import asyncio
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mutoscope.errors import OwnError, disk_error
from mutoscope.files.base import FileStore, shown_key
from mutoscope.files.lifecycle import Lifecycle
from mutoscope.files.names import PLAIN_BYTES, guarded_folder, safe_content_type
from mutoscope.files.records import FileRecord
from mutoscope.ids import new_file_name
from mutoscope.queue.store import RequestStore

logger = logging.getLogger(__name__)

_NOTE: Final = "stored="
"""What the name of a note in the scratch folder begins with; then comes the key, with `=` for `/`."""


def scratch_name(request_id: str, attempt: int) -> str:
    """Name of an attempt's scratch folder."""
    return f"{request_id}-{attempt}"


class Deposit:
    """
    The files of one attempt, in a folder of a name that nobody can guess.

    Args:
        lifecycle: what the caller of the request wished for them; the folder's name then says that they have records.
    """

    def __init__(
        self,
        store: RequestStore,
        files: FileStore,
        request_id: str,
        scratch: Path,
        lifecycle: Lifecycle | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._request_id = request_id
        self._scratch = scratch
        self._lifecycle = lifecycle
        self._folder = new_file_name() if lifecycle is None else guarded_folder()
        self._putting: dict[str, asyncio.Task[int]] = {}
        """By key, what brings a file there; it works in a thread, which outlives a cancel."""
        self._content_types: dict[str, str] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all files that were put, or were to be."""
        return tuple(self._putting)

    def key_of(self, name: str) -> str:
        """Where the file of this name goes."""
        return f"{self._folder}/{name}"

    def records(self, account_id: str, now: float, retention_days: float) -> list[FileRecord]:
        """
        Records of all files that were put, for the transaction that names them; none without a lifecycle.

        Args:
            account_id: whose request it is.
            now: Unix seconds, from which the lifecycle counts.
            retention_days: how long the settings keep what names no end; 0 is forever.
        """
        if self._lifecycle is None:
            return []
        return [
            FileRecord(
                key=key,
                account_id=account_id,
                request_id=self._request_id,
                content_type=self._content_types[key],
                file_name=key.rpartition("/")[2],
                size=putting.result(),
                created=now,
                expires=self._lifecycle.expires(now, retention_days),
                acl=self._lifecycle.acl,
            )
            for key, putting in self._putting.items()
        ]

    async def put(self, name: str, path: Path, content_type: str = PLAIN_BYTES) -> int:
        """
        Move a local file into the store; its bytes. May be called again after an error.

        Raises:
            StoreFull: no room; the file is where it was.
            StoreFailed: the medium failed.
        """
        key = self.key_of(name)
        if key not in self._putting:
            self._write_note(key, path)
        self._content_types[key] = safe_content_type(content_type)
        self._putting[key] = asyncio.create_task(self._files.put(key, path))
        return await asyncio.shield(self._putting[key])

    async def drop_unnamed(self) -> None:
        """Delete what the request's result does not name; what cannot be deleted is said in the server's log."""
        if self._putting:
            await asyncio.gather(*self._putting.values(), return_exceptions=True)
            await _drop_unnamed(self._store, self._files, self._request_id, self._putting)

    def _write_note(self, key: str, path: Path) -> None:
        """Only the name of a note counts, so it is a second name of the file: a new file costs far more than that."""
        note = self._scratch / f"{_NOTE}{key.replace('/', '=')}"
        try:
            os.link(path, note, follow_symlinks=False)
        except OSError:  # a filesystem without links
            _make_empty(note)


async def drop_leftovers(scratch: Path, store: RequestStore, files: FileStore) -> None:
    """At start-up: delete what attempts of a killed server had put and no result names."""
    for request_id, keys in await asyncio.to_thread(_read_notes, scratch):
        await _drop_unnamed(store, files, request_id, keys)


def _make_empty(path: Path) -> None:
    try:
        path.touch()
    except OSError as error:
        raise disk_error("the scratch folder", error) from error


def _read_notes(scratch: Path) -> list[tuple[str, list[str]]]:
    """Request and keys of each attempt that noted any."""
    notes: dict[Path, list[str]] = {}
    for note in sorted(scratch.glob(f"*/{_NOTE}*")):
        notes.setdefault(note.parent, []).append(note.name.removeprefix(_NOTE).replace("=", "/"))
    return [(folder.name.rpartition("-")[0], keys) for folder, keys in notes.items()]


async def _drop_unnamed(store: RequestStore, files: FileStore, request_id: str, keys: Iterable[str]) -> None:
    """One file that cannot be deleted does not keep the others."""
    try:
        result = await store.result(request_id)
    except OwnError as error:
        logger.warning("files of an attempt not looked after", extra={"reason": str(error)})
        return
    named = () if result is None else result.output_keys
    for key in keys:
        if key in named:
            continue
        try:
            await files.delete(key)
        except OwnError as error:
            logger.warning("file that no result names not deleted", extra={"key": shown_key(key), "reason": str(error)})
