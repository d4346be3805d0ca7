"""Logs that strangers write into: no forged entries, no floods, and nothing of a private request's arguments."""

import io
import logging
from collections.abc import Iterator

import pytest

from mutoscope.telemetry import Sparing, configure_logging, request_context

LOGGERS = ("mutoscope", "uvicorn", "mutoscope.api.bases", "uvicorn.error")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a server's log has, as text; the loggers are as before afterwards."""
    before = [(each, dict(each.__dict__), each.level) for each in map(logging.getLogger, LOGGERS)]
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("text", "info")
    yield stream
    for logger, state, level in before:
        logger.__dict__.update(state)
        logger.setLevel(level)


def a_record(message: str, *args: object, at: float = 0.0, level: int = logging.WARNING) -> logging.LogRecord:
    """A line at a time in Unix seconds."""
    record = logging.LogRecord("mutoscope.x", level, "", 0, message, args, None)
    record.created = at
    return record


def test_a_path_cannot_forge_an_entry(written: io.StringIO):
    """A line end within an entry begins no other, and a terminal is not talked to."""
    logging.getLogger("mutoscope.x").warning("GET %s", "/x\r\n2026-01-01T00:00:00 error   all is lost\x1b[2J")

    first, second = written.getvalue().splitlines()
    assert second.startswith("    2026") and "GET /x\\r" in first
    assert "\x1b" not in second and "\\x1b" in second


def test_a_stranger_cannot_flood_the_log():
    """One line a minute for each kind of warning, and it says how many were held back; errors always pass."""
    sparing = Sparing(every_s=60)

    passed = [sparing.filter(a_record("Host %r", f"evil{n}", at=float(n))) for n in range(60)]
    other = sparing.filter(a_record("Other", at=1.0))
    errors = [sparing.filter(a_record("Host %r", at=1.0, level=logging.ERROR)) for _ in range(2)]
    later = a_record("Host %r", "evil", at=60.0)

    assert passed == [True] + [False] * 59
    assert other and errors == [True, True]
    assert sparing.filter(later) and later.__dict__["held_back"] == 59


@pytest.mark.parametrize("name", ["mutoscope.api.bases", "uvicorn.error"])
def test_the_loggers_that_strangers_reach_are_sparing(written: io.StringIO, name: str):
    """Unknown hosts, and bytes that are no HTTP."""
    for number in range(100):
        logging.getLogger(name).warning("from a stranger: %d", number)

    assert len(written.getvalue().splitlines()) == 1


@pytest.mark.parametrize("is_private", [False, True])
def test_a_fault_in_a_private_request_is_told_by_its_place(written: io.StringIO, is_private: bool):
    """The message of an exception may quote what the request was given."""
    with request_context("r", is_private=is_private):
        try:
            raise ValueError("a secret prompt")
        except ValueError:
            logging.getLogger("mutoscope.x").exception("attempt broke")

    text = written.getvalue()
    assert ("a secret prompt" in text.replace('raise ValueError("a secret prompt")', "")) is not is_private
    assert "test_telemetry.py" in text and "ValueError" in text
