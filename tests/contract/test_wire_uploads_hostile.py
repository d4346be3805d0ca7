"""Uploads as somebody sends them who means harm: huge fields, paths, halves, keys that end on the way, idle readers."""

import asyncio
import contextlib
import json
import logging
import time
from urllib.parse import urlsplit

import httpx
import pytest

from mutoscope.limits import (
    ARGUMENT_ERRORS_MAX,
    LIFECYCLE_CHARS_MAX,
    SMALL_BODY_BYTES_MAX,
    UPLOAD_PARTS_BODY_BYTES_MAX,
    UPLOAD_PARTS_MAX,
)
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.contract.test_wire_uploads import get, initiate, left_in, other_key, upload

INITIATE = "/rest/storage/upload/initiate"


async def connect(server: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that is spoken on by hand."""
    place = urlsplit(server.url)
    assert place.hostname and place.port
    return await asyncio.open_connection(place.hostname, place.port)


def head(method: str, url: str, size: int, *headers: str) -> bytes:
    """The head of an exchange with a body of so many bytes."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = (f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *headers, "", "")
    return "\r\n".join(lines).encode()


# --- fields ---


@pytest.mark.parametrize("path", [INITIATE, f"{INITIATE}-multipart", "/rest/tokens/", "/v1/keys"])
async def test_a_few_fields_are_not_megabytes(server: Served, path: str):
    """A name of thirty million slashes took three seconds of everybody's time; at the bound it is still read."""
    began = time.monotonic()
    huge = await server.client.post(path, json={"file_name": "/" * 30_000_000, "content_type": "a/b"})
    took_s = time.monotonic() - began
    largest = await server.client.post(path, content=b"{}" + b" " * (SMALL_BODY_BYTES_MAX - 2))

    assert huge.status_code == 413 and "(SMALL_BODY_BYTES_MAX)" in huge.text
    assert took_s < 2
    assert largest.status_code == 422


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("../../../etc/passwd", "passwd.png"),
        ("..\\..\\boot.ini", "boot.ini.png"),
        ("/absolute/cat.png", "cat.png"),
        ("%2e%2e%2fcat.png", "2e-2e-2fcat.png"),
        ("cat.png\x00.html", "cat.png-.html.png"),
        ('a";\r\nSet-Cookie: x=1.png', "a-Set-Cookie-x-1.png"),
        ("/" * 60_000, "file.png"),
        ("..", "file.png"),
    ],
)
async def test_a_name_with_a_path_is_a_name(server: Served, name: str, last: str):
    """The file lies in a folder of its own, under a name of letters; nothing of it gets into a header."""
    url = await upload(server, b"x", name=name)
    answer = await get(url)

    assert url.rpartition("/")[2] == last
    assert answer.headers["content-disposition"] == f'inline; filename="{last}"'
    assert "set-cookie" not in answer.headers
    assert [path.name for path in left_in(server, "files")] == [last]


async def test_a_name_of_four_thousand_letters_is_cut(server: Served):
    """And still ends in what it is."""
    url = await upload(server, b"x", name="a" * 4_000 + ".png")

    assert url.endswith("a.png") and len(url.rpartition("/")[2]) <= 100


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html;charset=utf-8", b"<script>alert(1)</script>"),
        ("text/html; foo", b"<script>alert(1)</script>"),
        ("TEXT/HTML", b"<script>alert(1)</script>"),
        ("image/svg+xml;x=image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("image/png, text/html", b"<script>alert(1)</script>"),
        ("image/png\r\nX-Evil: 1", b"<script>alert(1)</script>"),
        ("multipart/x-mixed-replace; boundary=x", b"--x\r\nContent-Type: text/html\r\n\r\n<script>"),
        ("application/mathml+xml", b"<math/>"),
        ("text/javascript", b"alert(1)"),
        ("", b"<script>alert(1)</script>"),
    ],
)
async def test_no_spelling_of_a_type_makes_a_page_of_an_upload(server: Served, kind: str, content: bytes):
    """Whatever was said, it is downloaded, not shown, and the browser may not guess."""
    answer = await get(await upload(server, content, name="a", kind=kind))

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"] and "x-evil" not in answer.headers


async def test_a_polyglot_is_the_picture_that_it_says_it_is(server: Served):
    """A page behind a picture's type is shown as a picture, which no browser runs."""
    answer = await get(await upload(server, b"GIF89a/*<script>alert(1)</script>*/", name="a.gif", kind="image/gif"))

    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/gif", "nosniff")


async def test_the_longest_lifecycle_makes_an_upload_url_that_works(server: Served):
    """Also where each of its characters takes two bytes in the signature."""
    empty = len(json.dumps({"initial_acl": {"rules": [{"user": "", "decision": "allow"}]}}))
    user = "\xe9" * (LIFECYCLE_CHARS_MAX - empty)
    wish = json.dumps({"initial_acl": {"rules": [{"user": user, "decision": "allow"}]}}, ensure_ascii=False)

    urls = await initiate(server, headers={"X-Fal-Object-Lifecycle": wish.encode("latin-1")})
    answer = await server.client.put(urls["upload_url"], content=b"x")

    assert answer.status_code == 200, answer.text


# --- parts ---


async def test_a_list_of_ten_thousand_wrong_parts_gets_a_short_answer(server: Served):
    """What is wrong is said as often as it helps; a list over its bound is not read."""
    urls = await initiate(server, in_parts=True)
    path, _, query = urls["upload_url"].partition("?")

    async def complete(parts: object) -> httpx.Response:
        return await server.client.post(f"{path}/complete?{query}", json={"parts": parts})

    numbered = [{"partNumber": n, "etag": "x"} for n in range(1, UPLOAD_PARTS_MAX + 1)]
    answers = [await complete(numbered), await complete(["x"] * UPLOAD_PARTS_MAX)]
    large = await complete("x" * UPLOAD_PARTS_BODY_BYTES_MAX)

    assert [(answer.status_code, len(answer.json()["detail"])) for answer in answers] == [
        (422, ARGUMENT_ERRORS_MAX)
    ] * 2
    assert large.status_code == 413 and "(UPLOAD_PARTS_BODY_BYTES_MAX)" in large.text


async def test_a_part_that_stops_half_way_is_no_part(server: Served):
    """Parts come last first; the one that was cut off is named as missing until it is sent again."""
    urls = await initiate(server, in_parts=True)
    path, _, query = urls["upload_url"].partition("?")
    second = await server.client.put(f"{path}/2?{query}", content=b"second")
    _, writer = await connect(server)
    writer.write(head("PUT", f"{path}/1?{query}", 1_000_000) + b"x" * 600_000)
    async with asyncio.timeout(10):
        while not any(each.name.startswith("whole-") for each in left_in(server, "uploads")):
            await asyncio.sleep(0.01)
    writer.transport.abort()

    named = [{"partNumber": 2, "etag": second.json()["etag"]}, {"partNumber": 1, "etag": "x"}]
    short = await server.client.post(f"{path}/complete?{query}", json={"parts": named})
    first = await server.client.put(f"{path}/1?{query}", content=b"first ")
    named[1]["etag"] = first.json()["etag"]
    whole = await server.client.post(f"{path}/complete?{query}", json={"parts": named})

    assert short.status_code == 422
    assert short.json()["detail"][0]["msg"] == "Part 1 has not been uploaded; PUT it and complete again"
    assert (whole.status_code, (await get(urls["file_url"])).content) == (200, b"first second")


# --- keys that end, callers that idle ---


async def test_a_key_that_is_revoked_while_a_body_comes_submits_nothing(server: Served):
    """The head was sent with a good key; by the end of the body it opens nothing."""
    record, credential = await server.app.house.keys.create("app")
    reader, writer = await connect(server)
    body = json.dumps({"prompt": "a red boat"}).encode()
    writer.write(head("POST", f"/queue/{TEXT_TO_VIDEO}", len(body), f"Authorization: Key {credential}") + body[:5])
    await writer.drain()
    assert (await server.client.get("/health/live")).status_code == 200, "and the head above was read before this"

    await server.app.house.keys.revoke(record.id)
    writer.write(body[5:])
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()

    assert b"401" in answer.splitlines()[0], answer
    assert await server.app.house.store.list(account_id=record.account_id) == []


async def test_a_reader_that_takes_nothing_is_hung_up_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Each would hold two megabytes for as long as it likes; and no error of ours is logged for it."""
    monkeypatch.setattr("mutoscope.api.outputs.TAKE_SILENCE_S_MAX", 0.2)

    def sending() -> bool:
        return any(task.get_name() == "file-disconnect" for task in asyncio.all_tasks())

    async with serve() as server:
        url = await upload(server, b"x" * 50_000_000, name="a.mp4", kind="video/mp4")
        reader, writer = await connect(server)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(head("GET", url, 0))

        async with asyncio.timeout(10):
            while not sending():
                await asyncio.sleep(0.01)
            while sending():
                await asyncio.sleep(0.01)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        came = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := await reader.read(2**20):
                came += len(piece)
        writer.close()

    assert came < 50_000_000
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_no_log_line_opens_a_file(serve: Serve, caplog: pytest.LogCaptureFixture):
    """Neither its address nor the ticket that brought it, at the most talkative level."""
    with caplog.at_level(logging.DEBUG, logger="mutoscope"):
        async with serve(log_level="debug") as server:
            urls = await initiate(server, in_parts=True)
            path, _, query = urls["upload_url"].partition("?")
            part = await server.client.put(f"{path}/1?{query}", content=b"x")
            named = [{"partNumber": 1, "etag": part.json()["etag"]}]
            await server.client.post(f"{path}/complete?{query}", json={"parts": named})
            assert (await get(urls["file_url"])).status_code == 200

    folder = urlsplit(urls["file_url"]).path.split("/")[2]
    assert "/files/…" in caplog.text
    assert folder not in caplog.text and query not in caplog.text


async def test_nothing_of_another_account_opens(server: Served):
    """A ticket, a token and a guarded file of one account with the key of another."""
    urls = await initiate(
        server, in_parts=True, headers={"X-Fal-Object-Lifecycle": '{"initial_acl":{"default":"hide"}}'}
    )
    stranger = {"Authorization": f"Key {await other_key(server)}"}
    path, _, query = urls["upload_url"].partition("?")
    part = await server.client.put(f"{path}/1?{query}", content=b"mine")
    own = await initiate(server, in_parts=True, headers=stranger)
    foreign_query = own["upload_url"].partition("?")[2]

    async with httpx.AsyncClient(headers=stranger) as other:
        answers = [
            await other.put(f"{path}/1?{foreign_query}", content=b"theirs"),
            await other.put(f"{path}/1", content=b"theirs"),
            await other.post(f"{path}/complete?{foreign_query}", json={"parts": [part.json()]}),
        ]
        done = await server.client.post(f"{path}/complete?{query}", json={"parts": [part.json()]})
        read = await other.get(urls["file_url"])

    assert [answer.status_code for answer in answers] == [403] * 3
    assert (done.status_code, read.status_code) == (200, 404)
