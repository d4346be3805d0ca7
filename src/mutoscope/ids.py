"""Names that machines make: request ids, tokens, key secrets, file names."""

import os
import re
import secrets
import time
import uuid
from typing import Final

_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""RFC 9562, 4.1: two bits say which kind of UUID it is, the other two of this digit are free."""
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_request_id() -> str:
    """
    A UUID of version 7 (RFC 9562, 5.7) in its text form: milliseconds of the clock, then 74 random bits.

    The clock comes first so that new rows are neighbours in the index of ids: one page to write for a whole commit
    instead of one for each request.
    """
    now, chance = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10).hex()
    return f"{now[:8]}-{now[8:]}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"


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
