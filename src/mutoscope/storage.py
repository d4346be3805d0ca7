"""Which database and which file store the settings mean, and who may open them: the one place that names the kinds."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from mutoscope.database.lock import FolderLock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import SettingInvalid
from mutoscope.files.local import LocalFiles
from mutoscope.settings import Settings


@contextlib.contextmanager
def data_folder(settings: Settings) -> Iterator[Path]:
    """
    The data folder, made if absent, for this process alone.

    Raises:
        DataFolderInUse: another process has it.
        SettingInvalid: it cannot be made, or is no folder.
    """
    with _named("data_dir", settings.data_dir):
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FolderLock(settings.data_dir):
        yield settings.data_dir


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[SqliteDatabase]:
    """
    The database, at its newest schema; take the data folder first.

    Raises:
        SchemaTooNew, StoreFailed: it cannot be used.
    """
    opened = await SqliteDatabase.open(_path_of(settings.database_url) or settings.data_dir / "mutoscope.db")
    try:
        yield opened
    finally:
        await opened.close()


def file_store(settings: Settings) -> LocalFiles:
    """
    Where output files are kept.

    Raises:
        SettingInvalid: the folder cannot be made, or is none.
    """
    folder = _path_of(settings.files_url) or settings.data_dir / "files"
    with _named("files_url", folder):
        return LocalFiles(folder)


@contextlib.contextmanager
def _named(setting: str, folder: Path) -> Iterator[None]:
    """What the operating system says against a folder, with the setting that chose it."""
    try:
        yield
    except OSError as error:
        raise SettingInvalid(f"{setting}: {folder} cannot be used as a folder: {error.strerror or error}") from error


def _path_of(url: str) -> Path | None:
    """The path in `sqlite:///PATH` or `file:///PATH`; None when nothing is set."""
    _, found, path = url.partition("://")
    return Path(path) if found else None
