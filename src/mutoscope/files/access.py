"""Who gets to read which file: the store and the records together."""

from urllib.parse import urlsplit

from mutoscope.errors import FileForbidden, FileUnknown
from mutoscope.files.base import FileReader, FileStore
from mutoscope.files.lifecycle import Decision
from mutoscope.files.names import is_recorded
from mutoscope.files.records import FileRecord, FileRecords


async def record_for(records: FileRecords, key: str, reader: str | None) -> FileRecord:
    """
    The record that a file is served by, if this reader may have it.

    Args:
        key: of a file that has a record, as `is_recorded` tells.
        reader: account that wants to read it; None for somebody without a name.

    Raises:
        FileUnknown: there is no record, its time is over, or it is hidden from this reader.
        FileForbidden: it is not for this reader.
    """
    record = await records.get(key)
    if record is None:
        raise FileUnknown
    match record.decide(reader):
        case Decision.FORBID:
            raise FileForbidden
        case Decision.HIDE:
            raise FileUnknown
    return record


async def own_file(files: FileStore, records: FileRecords, url: str, reader: str) -> FileReader | None:
    """
    The object behind one of our own file URLs, under whatever host name it was given; None for any other URL.

    Its key has 192 random bits: whoever knows it was given it, and no stranger's URL has it by chance.

    Args:
        reader: account that a request belongs to.

    Raises:
        FileUnknown: it is one of ours, and its time is over or this account may not read it.
    """
    try:
        path = urlsplit(url).path
    except ValueError:  # `http://[::1`: not ours, and whoever fetches it says what is wrong with it
        return None
    _, found, key = path.partition("/files/")
    if not found:
        return None
    if is_recorded(key):
        if await records.find(key) is None:  # perhaps a file of another server of our kind
            return None
        try:
            await record_for(records, key, reader)
        except FileForbidden as error:
            raise FileUnknown from error
    return await files.open(key)
