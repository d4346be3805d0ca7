"""What the functions of an operator's applications import: an error for arguments, and what the context can do."""

from pathlib import Path
from typing import Protocol

from mutoscope.generation import LogLevel


class InputError(ValueError):
    """
    An argument that a function cannot use; the caller gets a 422 that names the field.

    Args:
        field: name of the argument, as the application's file has it.
        message: what is wrong, and what would be right.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Context(Protocol):
    """The second argument of every function."""

    scratch: Path
    """A folder of this call: its inputs lie in it, and so must every file that is returned. Emptied afterwards."""

    def check(self) -> None:
        """End the function here if its request was cancelled; cheap enough for every step."""
        ...

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Say how far it is, 0 to 1; each new tenth becomes a line of the request's log. Also checks."""
        ...

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        """Write a line to the request's log; `print` does the same with the level STDOUT."""
        ...

    def billable(self, units: float) -> None:
        """Say what this call counts as, 0 or more; without it 1."""
        ...
