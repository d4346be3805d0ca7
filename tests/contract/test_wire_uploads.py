"""Uploads over HTTP: signed URLs, CDN tokens, parts, access, retention, and what is refused how."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.conftest import Serve, Served
from tests.contract.conftest import photo
from tests.story.test_requests import result_of

IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
FORBID = {"initial_acl": {"default": "forbid"}}
HIDE = {"initial_acl": {"default": "hide"}}
PART_BYTES = 300_000


def lifecycle(value: Any) -> dict[str, str]:
    """The header of an upload that wishes this."""
    return {"X-Fal-Object-Lifecycle": json.dumps(value)}


async def initiate(server: Served, *, name: str = "cat.png", kind: str = "image/png", **more: Any) -> dict[str, str]:
    """Where a file goes and where it will be."""
    way = "initiate-multipart" if more.pop("in_parts", False) else "initiate"
    body = {"file_name": name, "content_type": kind}
    answer = await server.client.post(
        f"/rest/storage/upload/{way}", params={"storage_type": "fal-cdn-v3"}, json=body, **more
    )
    assert answer.status_code == 200, answer.text
    urls: dict[str, str] = answer.json()
    return urls


async def upload(server: Served, content: bytes = b"x", **facts: Any) -> str:
    """A file brought by its signed URL, without a key; the URL it is read at."""
    urls = await initiate(server, **facts)
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.put(urls["upload_url"], content=content, headers={"Content-Type": "text/html"})
    assert answer.status_code == 200, answer.text
    return urls["file_url"]


async def get(url: str, key: str = "", **headers: str) -> httpx.Response:
    """A file, with a key or without."""
    if key:
        headers["Authorization"] = f"Key {key}"
    async with httpx.AsyncClient() as stranger:
        return await stranger.get(url, headers=headers)


async def other_key(server: Served) -> str:
    """A key of another account."""
    _, credential = await server.app.house.keys.create("other")
    return credential


def left_in(server: Served, folder: str) -> list[Path]:
    """Files below a folder of the data folder."""
    return [path for path in (server.app.house.settings.data_dir / folder).rglob("*") if path.is_file()]


# --- signed URLs ---


async def test_signed_upload_is_served_as_it_was_initiated(server: Served):
    """The content type is the one that was signed; ranges, HEAD and entity tags work as for every file."""
    url = await upload(server, photo(), name="my cat.png", kind="image/jpeg")

    whole, part = await get(url), await get(url, Range="bytes=0-3")
    same = await get(url, **{"If-None-Match": whole.headers["etag"]})
    head = await server.client.head(url)

    assert url.endswith("/my-cat.png.jpg")
    assert whole.content == photo() and whole.headers["content-type"] == "image/jpeg"
    assert (part.status_code, part.content) == (206, photo()[:4])
    assert (same.status_code, head.headers["content-length"]) == (304, str(len(photo())))
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.headers["content-disposition"] == 'inline; filename="my-cat.png.jpg"'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.xhtml", "application/xhtml+xml"),
        ("a.xml", "text/xml"),
    ],
)
async def test_nothing_that_was_uploaded_runs_under_this_origin(server: Served, name: str, kind: str):
    """Pages and drawings come back as bytes to download, in a sandbox, under another name."""
    headers = (await get(await upload(server, b"<script>alert(1)</script>", name=name, kind=kind))).headers

    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["content-disposition"] == f'attachment; filename="{name}.bin"'


async def test_text_keeps_its_type_and_is_downloaded(server: Served):
    """Harmless, and still no page of ours."""
    answer = await get(await upload(server, b"hello", name="a.txt", kind="text/plain; charset=utf-8"))

    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_upload_url_opens_nothing_else(server: Served):
    """Another file, a changed token, none at all, a read: 403 in JSON, and nothing is stored."""
    one, other = await initiate(server), await initiate(server)
    query = urlsplit(one["upload_url"]).query

    async with httpx.AsyncClient() as stranger:
        answers = [
            await stranger.put(url, content=b"x")
            for url in (f"{other['file_url']}?{query}", f"{one['upload_url']}x", one["file_url"])
        ]
    answers.append(await server.client.put(one["file_url"], content=b"x"))

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "Initiate the upload again" in answers[0].json()["detail"]
    assert (await get(one["upload_url"])).status_code == 404
    assert left_in(server, "uploads") + left_in(server, "files") == []


async def test_browser_may_put_from_anywhere(server: Served):
    """The preflight of the upload URL is answered without a key."""
    url = (await initiate(server))["upload_url"]

    asked = {"Origin": "https://app.example", "Access-Control-Request-Headers": "content-type"}
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.options(url, headers=asked)

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PUT" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "file_name"]),
        ({"file_name": "a"}, ["body", "content_type"]),
        ({"file_name": 1, "content_type": "a/b"}, ["body", "file_name"]),
        ([], ["body"]),
    ],
)
async def test_initiate_says_what_is_missing(server: Served, body: Any, loc: list[str]):
    """422 with the field."""
    answer = await server.client.post("/rest/storage/upload/initiate", json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize("path", ["storage/upload/initiate", "storage/upload/initiate-multipart", "storage/auth/token"])
async def test_every_upload_begins_with_a_key(server: Served, path: str):
    """401 without one and with a wrong one, with and without the prefix."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        answers = [
            await stranger.post(f"{prefix}/{path}", json={}, headers=headers)
            for prefix in ("/rest", "")
            for headers in ({}, {"Authorization": "Key no-such"})
        ]

    assert [answer.status_code for answer in answers] == [401] * 4


async def test_files_over_the_limit_are_refused_whether_announced_or_not(serve: Serve):
    """At the bound it is taken; over it 413 names the setting, and nothing is left."""
    async with serve(upload_bytes_max=1_000) as server:
        urls = await initiate(server)

        async def chunks() -> Any:
            yield b"x" * 600
            yield b"x" * 401

        async with httpx.AsyncClient() as stranger:
            announced = await stranger.put(urls["upload_url"], content=b"x" * 1_001)
            streamed = await stranger.put(urls["upload_url"], content=chunks())
            left = left_in(server, "uploads")
            fits = await stranger.put(urls["upload_url"], content=b"x" * 1_000)

    assert [answer.status_code for answer in (announced, streamed, fits)] == [413, 413, 200]
    assert "upload_bytes_max" in announced.json()["detail"] and "upload_bytes_max" in streamed.json()["detail"]
    assert left == []


async def test_quota_is_told_before_the_bytes_are_taken(serve: Serve):
    """403 with what is used and what may be."""
    async with serve(upload_quota_bytes=1_000) as server:
        await upload(server, b"x" * 900)
        urls = await initiate(server)
        refused = await server.client.put(urls["upload_url"], content=b"x" * 101)
        taken = await server.client.put(urls["upload_url"], content=b"x" * 100)

    assert (refused.status_code, taken.status_code) == (403, 200)
    assert "900" in refused.json()["detail"] and "upload_quota_bytes" in refused.json()["detail"]


async def test_caller_that_hangs_up_leaves_nothing(server: Served):
    """Half of what was announced came; the URL is still empty and still good."""
    urls = await initiate(server)
    parts = urlsplit(urls["upload_url"])
    assert parts.hostname and parts.port
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 2000000\r\n\r\n"
    writer.write(head.encode() + b"x" * 1_000_000)
    await writer.drain()
    async with asyncio.timeout(10):
        while not left_in(server, "uploads"):
            await asyncio.sleep(0.01)

    writer.transport.abort()
    async with asyncio.timeout(10):
        while left_in(server, "uploads"):
            await asyncio.sleep(0.01)

    assert (await get(urls["file_url"])).status_code == 404
    assert (await server.client.put(urls["upload_url"], content=b"whole")).status_code == 200
    assert (await get(urls["file_url"])).content == b"whole"


# --- parts by signed URL ---


async def test_signed_parts_as_the_javascript_client_sends_them(server: Served):
    """`{path}/{n}` with the query; the etag is in the body and in the header; complete makes one file."""
    urls = await initiate(server, in_parts=True, name="clip.mp4", kind="video/mp4")
    path, _, query = urls["upload_url"].partition("?")
    contents = [bytes([n]) * PART_BYTES for n in range(1, 4)]

    async with httpx.AsyncClient() as stranger:
        parts = [await stranger.put(f"{path}/{n}?{query}", content=each) for n, each in enumerate(contents, 1)]
        named = [{"partNumber": part.json()["partNumber"], "etag": part.json()["etag"]} for part in parts]
        done = [await stranger.post(f"{path}/complete?{query}", json={"parts": named}) for _ in range(2)]

    assert [part.headers["etag"] for part in parts] == [f'"{each["etag"]}"' for each in named]
    assert all(part.headers["content-type"] == "application/json" for part in parts)
    assert [answer.status_code for answer in done] == [200, 200]
    assert (await get(urls["file_url"])).content == b"".join(contents)
    assert left_in(server, "uploads") == []


async def test_bad_parts_are_told_what_is_wrong(serve: Serve):
    """No number, out of range, too large, no token; and lists that do not say what there is."""
    async with serve(upload_part_bytes_max=1_000) as server:
        urls = await initiate(server, in_parts=True)
        path, _, query = urls["upload_url"].partition("?")

        async def put(part: str, content: bytes = b"x", query: str = query) -> httpx.Response:
            return await server.client.put(f"{path}/{part}?{query}", content=content)

        async def complete(body: Any) -> httpx.Response:
            return await server.client.post(f"{path}/complete?{query}", json=body)

        assert [(await put(part)).status_code for part in ("0", "x", "10001", "-1", "1e3")] == [400] * 5
        large, fits = await put("1", b"x" * 1_001), await put("1", b"x" * 1_000)
        assert (large.status_code, fits.status_code) == (413, 200)
        assert "upload_part_bytes_max" in large.json()["detail"]
        assert (await put("2", query="upload=x")).status_code == 403
        good = {"partNumber": 1, "etag": fits.json()["etag"]}
        bad = [
            {},
            {"parts": "all"},
            {"parts": []},
            {"parts": [1]},
            {"parts": [{"partNumber": True, "etag": "x"}]},
            {"parts": [good, {"partNumber": 2, "etag": "x"}]},
            {"parts": [{**good, "etag": "x"}]},
            {"parts": [good, good]},
        ]
        answers = [await complete(body) for body in bad]
        assert [answer.status_code for answer in answers] == [422] * len(bad)
        assert "has not been uploaded" in answers[5].json()["detail"][0]["msg"]
        assert (await get(urls["file_url"])).status_code == 404
        assert (await complete({"parts": [good]})).status_code == 200


# --- CDN ---


async def cdn(server: Served) -> dict[str, str]:
    """The token answer."""
    answer = await server.client.post("/rest/storage/auth/token", json={})
    assert answer.status_code == 200, answer.text
    token: dict[str, str] = answer.json()
    return token


async def test_cdn_token_has_all_that_the_client_reads(server: Served):
    """Four keys, and a time with its zone in the future."""
    token = await cdn(server)

    assert token.keys() == {"token", "token_type", "base_url", "expires_at"}
    assert token["expires_at"].endswith("+00:00")
    assert timedelta(minutes=5) < datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC) < timedelta(hours=2)


@pytest.mark.parametrize("path", ["/cdn/files/upload", "/files/upload"])
async def test_cdn_upload_by_token(server: Served, path: str):
    """The name and the type stand in headers; without a name it gets one."""
    token = await cdn(server)
    headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "image/png"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        named = await client.post(path, content=b"x", headers={"X-Fal-File-Name": "../a b.png"})
        plain = await client.post(path, content=b"y")

    assert named.json()["access_url"].endswith("/a-b.png") and plain.json()["access_url"].endswith("/file.png")
    assert (await get(named.json()["access_url"])).content == b"x"


@pytest.mark.parametrize("credential", ["", "Bearer no-such", "Bearer"])
async def test_cdn_upload_wants_a_token(server: Served, credential: str):
    """401 and nothing stored; a key does too, as the oldest clients send it."""
    headers = {"Authorization": credential} if credential else {}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as stranger:
        answer = await stranger.post("/cdn/files/upload", content=b"x")

    assert answer.status_code == 401
    assert left_in(server, "files") == []
    assert (await server.client.post("/cdn/files/upload", content=b"x")).status_code == 200


async def test_cdn_parts_in_any_order_and_only_by_their_account(server: Served):
    """Parts at once, named in the order they were done; another account's token does not get in."""
    token = (await cdn(server))["token"]
    stranger = {"Authorization": f"Key {await other_key(server)}"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
    async with httpx.AsyncClient(headers=headers) as client:
        begun = (await client.post(f"{server.url}/cdn/files/upload/multipart")).json()
        base = f"{begun['access_url']}/multipart/{begun['uploadId']}"
        foreign = [
            await client.put(f"{base}/1", content=b"x", headers=stranger),
            await client.post(f"{base}/complete", json={"parts": []}, headers=stranger),
            await client.put(f"{begun['access_url']}/multipart/no-such/1", content=b"x"),
            # It stands in paths, which logs show, and must be of no use alone.
            await client.put(f"{begun['access_url']}/1?upload={begun['uploadId']}", content=b"x"),
        ]
        contents = {n: bytes([n]) * PART_BYTES for n in (3, 1, 2)}
        parts = await asyncio.gather(*(client.put(f"{base}/{n}", content=each) for n, each in contents.items()))
        named = [{"partNumber": n, "etag": part.headers["etag"]} for n, part in zip(contents, parts, strict=True)]
        done = await client.post(f"{base}/complete", json={"parts": named})

    assert [answer.status_code for answer in foreign] == [403] * 4
    assert done.status_code == 200
    assert (await get(begun["access_url"])).content == b"".join(contents[n] for n in (1, 2, 3))


# --- lifecycle and access ---


@pytest.mark.parametrize(("wish", "status"), [(FORBID, 403), (HIDE, 404)])
async def test_guarded_upload_is_for_its_owner(server: Served, wish: Any, status: int):
    """No key, a wrong key, another account: told so or told nothing. Nobody caches it."""
    url = await upload(server, b"mine", headers=lifecycle(wish))

    answers = [await get(url, key) for key in ("", "no-such", await other_key(server))]
    mine = await get(url, server.key)

    assert [answer.status_code for answer in answers] == [status] * 3
    assert (mine.content, mine.headers["cache-control"]) == (b"mine", "private, no-store")


async def test_rules_open_a_file_to_an_account(server: Served):
    """Its owner, and the account that the rule names."""
    record, friend = await server.app.house.keys.create("friend")
    wish = {"initial_acl": {"default": "hide", "rules": [{"user": record.account_id, "decision": "allow"}]}}

    url = await upload(server, b"ours", headers=lifecycle(wish))

    assert (await get(url, friend)).content == b"ours"
    assert (await get(url)).status_code == 404


async def test_caches_are_told_when_a_file_ends(server: Served):
    """Not for longer than it lives."""
    short, long = [await upload(server, headers=lifecycle({"expiration_duration_seconds": s})) for s in (100, 10_000)]

    ages = [int((await get(url)).headers["cache-control"].split("max-age=")[1].split(",")[0]) for url in (short, long)]

    assert 90 <= ages[0] <= 100 and ages[1] == 3_600


@pytest.mark.parametrize("header", ["X-Fal-Object-Lifecycle", "X-Fal-Object-Lifecycle-Preference"])
async def test_malformed_lifecycle_is_refused_by_every_door(server: Served, header: str):
    """400 that says what is wrong, before anything is stored."""
    headers = {header: '{"expiration_duration_seconds": "soon"}'}
    body = {"file_name": "a.png", "content_type": "image/png"}

    answers = [
        await server.client.post(path, headers=headers, **more)
        for path, more in (
            ("/rest/storage/upload/initiate", {"json": body}),
            ("/rest/storage/upload/initiate-multipart", {"json": body}),
            ("/cdn/files/upload", {"content": b"x"}),
            ("/cdn/files/upload/multipart", {}),
        )
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert all(answer.json()["error_type"] == "bad_request" and "soon" in answer.text for answer in answers)
    assert left_in(server, "files") == []


async def test_expired_upload_is_gone_at_once(server: Served):
    """404 the moment its time is over, before any sweep."""
    url = await upload(server, headers=lifecycle({"expiration_duration_seconds": 0.5}))

    async with asyncio.timeout(10):
        while (await get(url)).status_code == 200:
            await asyncio.sleep(0.02)

    assert (await get(url)).status_code == 404
    assert left_in(server, "files"), "the file itself waits for the sweep"


# --- uploads as inputs, outputs with a lifecycle ---


async def outcome(server: Served, endpoint: str, arguments: dict[str, Any], **headers: str) -> tuple[int, Any]:
    """Status and body of a request's result."""
    answer = await server.client.post(f"/queue/{endpoint}", json=arguments, headers=headers)
    assert answer.status_code == 200, answer.text
    return await result_of(server, answer.json())


async def test_upload_is_an_input_without_network(server: Served):
    """Private addresses are refused here, so only the inner way can bring it; a guarded one is for its account."""
    urls = [await upload(server, photo(), kind="image/jpeg", headers=lifecycle(wish)) for wish in ({}, FORBID)]
    foreign = await other_key(server)

    mine = [(await outcome(server, IMAGE_TO_VIDEO, {"prompt": "x", "image_url": url}))[0] for url in urls]
    theirs = await server.client.post(
        f"/run/{IMAGE_TO_VIDEO}",
        json={"prompt": "x", "image_url": urls[1]},
        headers={"Authorization": f"Key {foreign}"},
    )

    assert mine == [200, 200]
    assert theirs.status_code == 422
    assert theirs.json()["detail"][0]["type"] == "file_download_error"


async def test_outputs_live_and_open_as_their_request_wished(server: Served):
    """Guarded by a record from the same commit as the result; without the header there is no record."""
    wish = {**FORBID, "expiration_duration_seconds": 3_600}
    header = {"X-Fal-Object-Lifecycle-Preference": json.dumps(wish)}
    arguments = {"prompt": "a red boat"}

    _, guarded = await outcome(server, "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", arguments, **header)
    _, plain = await outcome(server, "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", arguments)

    url = guarded["video"]["url"]
    assert (await get(url)).status_code == 403
    mine = await get(url, server.key)
    assert (mine.status_code, mine.headers["content-type"]) == (200, "video/mp4")
    assert len(mine.content) == guarded["video"]["file_size"]
    record = await server.app.house.records.find(urlsplit(url).path.removeprefix("/files/"))
    assert record is not None and record.expires == record.created + 3_600
    assert (await get(plain["video"]["url"])).status_code == 200
    assert parse_qs(urlsplit(url).query) == {}
