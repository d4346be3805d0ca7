"""
What an uploaded file is called and shown as: a name that is harmless everywhere, a content type that nothing runs.

Pure. Whoever uploads chooses both, and the file is served from this server's own origin; so a page or a drawing that
could run script must never come back as one.
"""

import re
import unicodedata
from typing import Final

from mutoscope.files.base import is_file_key
from mutoscope.ids import new_file_name
from mutoscope.limits import FILE_NAME_CHARS_MAX

PLAIN_BYTES: Final = "application/octet-stream"
"""What a file is when nobody says, or when what they say could run."""

_ESSENCE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""RFC 6838, 4.2: type and subtype, in lower case, without parameters."""
_ACTIVE_TYPE: Final = re.compile(r"html|xml|xsl|svg|script|multipart/|message/|application/x-shockwave-flash")
_MEDIA: Final = re.compile(r"(?:image|video|audio)/.+")
_ACTIVE_EXTENSIONS: Final = re.compile(r"[mpsx]?html?|x?html?|svgz?|xml|xsl|xslt|m?js|mht|mhtml|swf|eml|url|desktop")

_EXTENSIONS: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "image/avif": ("avif",),
    "image/bmp": ("bmp",),
    "image/tiff": ("tif", "tiff"),
    "image/heic": ("heic",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "video/quicktime": ("mov", "qt"),
    "video/x-matroska": ("mkv",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a", "mp4"),
    "audio/wav": ("wav",),
    "audio/x-wav": ("wav",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/webm": ("webm", "weba"),
    "audio/flac": ("flac",),
    "application/json": ("json",),
    "application/pdf": ("pdf",),
    "application/zip": ("zip",),
    "text/plain": ("txt", "log", "md", "text"),
    "text/csv": ("csv",),
}
"""The first is appended where a name has none of them."""

_EXTENSION_CHARS_MAX: Final = 12
_RECORDED: Final = re.compile(r"[gu]-[A-Za-z0-9_-]{32}")
"""Two characters more than any other folder has, so that chance cannot make one."""


def upload_key(file_name: str, content_type: str) -> str:
    """A new key for a file that somebody uploads; its folder cannot be guessed."""
    return f"u-{new_file_name()}/{safe_name(file_name, content_type)}"


def guarded_folder() -> str:
    """A new folder for outputs that have a record."""
    return f"g-{new_file_name()}"


def is_recorded(key: str) -> bool:
    """Whether the file under `key` is served only as its record says."""
    return _RECORDED.fullmatch(key.partition("/")[0]) is not None and is_file_key(key)


def safe_content_type(said: str) -> str:
    """The type without its parameters; PLAIN_BYTES for what is no type, or is one that a browser may run."""
    essence = said.partition(";")[0].strip().lower()
    if _ESSENCE.fullmatch(essence) is None or _ACTIVE_TYPE.search(essence):
        return PLAIN_BYTES
    return essence


def is_shown_in_place(content_type: str) -> bool:
    """Whether a browser may open a file of this type under our origin: pictures, video and sound."""
    return _MEDIA.fullmatch(content_type) is not None and not _ACTIVE_TYPE.search(content_type)


def safe_name(said: str, content_type: str) -> str:
    """
    A name that every filesystem, URL and header takes: ASCII letters, digits, `.`, `_` and `-`, no path, no dot first.

    Args:
        said: any text; of a path the last part counts.
        content_type: as `safe_content_type` gives it; the name ends in an extension that fits.
    """
    last = said.strip().replace("\\", "/").rpartition("/")[2]
    plain = unicodedata.normalize("NFKD", last[: 4 * FILE_NAME_CHARS_MAX]).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)
    plain = re.sub(r"\.{2,}", ".", plain).rstrip(".-_")
    stem, dot, extension = plain.rpartition(".")
    if not dot or not _fits(extension.lower(), content_type):
        stem, extension = plain, _EXTENSIONS.get(content_type, ("bin",))[0]
    stem = stem.lstrip(".-_")[: FILE_NAME_CHARS_MAX - len(extension) - 1].rstrip(".-_") or "file"
    return f"{stem}.{extension}"


def _fits(extension: str, content_type: str) -> bool:
    """Of a type that is not in the table any extension will do that says nothing of script."""
    known = _EXTENSIONS.get(content_type)
    if known is not None:
        return extension in known
    return (
        bool(extension) and len(extension) <= _EXTENSION_CHARS_MAX and _ACTIVE_EXTENSIONS.fullmatch(extension) is None
    )
