"""What a request with `X-Fal-Store-IO: 0` leaves in the log: that it was there, and nothing of what it said."""

from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.story.test_applications import serving
from tests.story.test_requests import result_of


async def test_failure_of_a_private_request_is_logged_without_its_words(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller reads why; the operator reads where."""
    async with serving(serve, tmp_path, "fail") as server:
        answer = await server.client.post("/queue/acme/toys/fail", json={}, headers={"X-Fal-Store-IO": "0"})
        status, body = await result_of(server, answer.json())

    assert status == 500 and "ZeroDivisionError" in body["detail"]
    (raised,) = [record.__dict__["traceback"] for record in caplog.records if record.getMessage() == "engine raised"]
    assert "second line" not in raised and "clockwork.py" in raised
