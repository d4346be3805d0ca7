"""Waiting for room: while the disk is full, work in hand is not given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from mutoscope.errors import ClientCancelled, StoreFull

logger = logging.getLogger(__name__)

STORE_RETRY_S: Final = 1.0
"""Between two tries to write while the store has no room."""

T = TypeVar("T")


async def when_there_is_room(write: Callable[[], Awaitable[T]], stopping: asyncio.Event | None = None) -> T:
    """
    Do it, again and again while there is no room for it.

    Args:
        stopping: ends the wait, if the work is unwanted by then.

    Raises:
        ClientCancelled: it was to stop.
    """
    while True:
        try:
            return await write()
        except StoreFull as error:
            logger.warning("waiting for room", extra={"reason": str(error)})
        await asyncio.sleep(STORE_RETRY_S)
        if stopping is not None and stopping.is_set():
            raise ClientCancelled("Request was cancelled")
