"""
What a database is to the rooms above it: named statements, put together into scripts that commit as a whole.

A script does no I/O. It is a generator that yields statements and is sent the rows of each, so the same script is
played by whichever database is underneath, in whichever thread that likes.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")

Params = Mapping[str, Any]
"""Values of a statement's `:name` places."""


class Row(Protocol):
    """One row of an answer, read by column name, or as its values in the order of the columns."""

    def __getitem__(self, name: str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Statement(NamedTuple):
    """One statement of a script."""

    name: str
    """Of a statement in the database's `.sql` files."""
    params: Params


Script = Generator[Statement, list[Row], T]
"""A transaction: yields statements, is sent their rows, returns what the caller gets after the commit."""


class Database(Protocol):
    """Plays scripts. All methods belong to one event loop."""

    async def write(self, script: Script[T], *, is_heavy: bool = False) -> T:
        """
        Play the script in a transaction; returns only after its commit is on stable storage.

        A script that raises leaves nothing behind, and its exception comes out here.

        Args:
            is_heavy: it moves megabytes or thousands of rows, which the event loop should not wait for.

        Raises:
            StoreFull: no room; nothing was written, a later write may go through.
            StoreFailed: the write could not be made durable.
            ShuttingDown: the database is being closed.
        """
        ...

    async def read(self, script: Script[T]) -> T:
        """
        Play a script of point reads against committed state; never waits for writers.

        It sees every commit that its caller can know of; what must agree belongs into one statement.
        """
        ...

    async def rows(self, name: str, params: Params) -> list[Row]:
        """The rows of one statement: `read` for a script of a single point read, without the script."""
        ...

    async def read_slow(self, script: Script[T]) -> T:
        """Play a script that scans, on one snapshot and beside the event loop."""
        ...

    async def close(self) -> None:
        """Finish what was asked for, then let go of the files. Can be called twice."""
        ...
