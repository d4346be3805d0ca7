"""Names that machines make: request ids, tokens, key secrets, file names."""

import re
import secrets
import uuid
from typing import Final

_REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_request_id() -> str:
    """A random UUID in its text form, as the wire shows it."""
    return str(uuid.uuid4())


def is_request_id(text: str) -> bool:
    """Whether `text` has the form of a request id; anything else is unknown without asking the store."""
    return _REQUEST_ID.fullmatch(text) is not None


def new_token() -> str:
    """128 random bits in hexadecimal: fencing tokens and boot ids."""
    return secrets.token_hex(16)


def new_file_name() -> str:
    """192 random bits, URL-safe: output files are public by their unguessable name."""
    return secrets.token_urlsafe(24)


def new_key() -> tuple[str, str]:
    """A key id (public, a UUID) and its secret (64 hexadecimal digits); a caller sends `<id>:<secret>`."""
    return str(uuid.uuid4()), secrets.token_hex(32)
