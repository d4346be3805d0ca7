"""Inputs by URL: every road to a local file, and every way it can fail as the caller reads it."""

import base64
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.errors import FileUnknown, InputInvalid, Problem
from mutoscope.files.base import FileReader
from mutoscope.files.local import LocalFiles
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX
from mutoscope.media.fetch import _decode_base64, fetch_input
from mutoscope.outbound import Outbound
from tests.unit.outbound.stranger import PNG, stranger

LOC = ("body", "image_url")


class Fetching:
    """A folder to fetch into, an outbound, and our own file store behind /files/."""

    def __init__(self, folder: Path, outbound: Outbound) -> None:
        self.folder = folder
        self.outbound = outbound
        self.files = LocalFiles(folder / "store")

    async def own_file(self, url: str) -> FileReader | None:
        """Ours is what stands under this host."""
        base = "http://mutoscope.invalid/files/"
        if not url.startswith(base):
            return None
        reader = await self.files.open(url.removeprefix(base))
        if reader is None:
            raise FileUnknown
        return reader

    async def fetch(self, url: str, *, bytes_max: int = 100_000, timeout_s: float = 5.0) -> Path:
        """Fetch `url` as the field image_url."""
        return await fetch_input(
            url,
            LOC,
            self.folder / "input",
            outbound=self.outbound,
            own_file=self.own_file,
            bytes_max=bytes_max,
            timeout_s=timeout_s,
        )

    async def problem(self, url: str, *, bytes_max: int = 100_000, timeout_s: float = 5.0) -> Problem:
        """How fetching `url` fails; nothing is left of it."""
        with pytest.raises(InputInvalid) as caught:
            await self.fetch(url, bytes_max=bytes_max, timeout_s=timeout_s)
        assert not (self.folder / "input").exists()
        assert caught.value.problem.loc == LOC
        return caught.value.problem


@pytest.fixture
async def fetching(tmp_path: Path) -> AsyncIterator[Fetching]:
    """Private networks allowed, so that a stranger on loopback can be asked."""
    outbound = Outbound(allow_private_networks=True)
    yield Fetching(tmp_path, outbound)
    await outbound.close()


@pytest.fixture
async def base() -> AsyncIterator[str]:
    """A stranger's server on loopback."""
    async with stranger() as url:
        yield url


# --- data URIs -----------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "data:;base64," + base64.b64encode(PNG).decode(),
        "DATA:image/png;charset=utf-8;BASE64," + base64.b64encode(PNG).decode(),
        "data:text/plain;base64," + base64.b64encode(PNG).decode().rstrip("="),
        "data:image/png;base64,\n" + base64.encodebytes(PNG).decode(),
        "data:image/png;base64," + base64.b64encode(PNG).decode().replace("+", "%2B").replace("=", "%3D"),
        "data:image/png," + quote_from_bytes(PNG),
        "  data:image/png;base64," + base64.b64encode(PNG).decode() + "\n",
    ],
)
async def test_a_data_uri_becomes_its_bytes(fetching: Fetching, url: str) -> None:
    """Base64 with or without padding and line breaks, escaped, or plain percent-encoding."""
    path = await fetching.fetch(url)

    assert path.read_bytes() == PNG


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:" + "x" * 2_000 + ";base64,AAAA", "no comma"),
        ("data:image/png;base64,!!!!", "valid base64"),
        ("data:image/png;base64,AAAAA", "valid base64"),
        ("data:image/png;base64,AA=AA", "valid base64"),
        ("data:image/png;base64,AA-_", "valid base64"),
        ("data:image/png;base64,äöü=", "valid base64"),
    ],
)
async def test_a_broken_data_uri_says_what_is_wrong(fetching: Fetching, url: str, said: str) -> None:
    """A download error in the platform's words, a reason in ours."""
    problem = await fetching.problem(url)

    assert problem.type == "file_download_error"
    assert said in problem.msg


async def test_a_data_uri_is_bounded_and_not_repeated(fetching: Fetching) -> None:
    """At the bound it is taken; one byte more and the error holds the bound, not the megabytes."""
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    await fetching.fetch(url, bytes_max=len(PNG))
    (fetching.folder / "input").unlink()

    problem = await fetching.problem(url, bytes_max=len(PNG) - 1)

    assert problem.type == "file_too_large"
    assert problem.ctx == {"max_size": len(PNG) - 1}
    assert problem.input == url[:ECHOED_INPUT_CHARS_MAX]


@given(st.binary(max_size=200))
def test_base64_comes_back_as_it_went_in(data: bytes) -> None:
    """For any bytes, padded or not."""
    text = base64.b64encode(data)

    assert _decode_base64(text) == data
    assert _decode_base64(text.rstrip(b"=")) == data


# --- http ------------------------------------------------------------------------


async def test_a_picture_is_fetched(fetching: Fetching, base: str) -> None:
    """Bytes as they came."""
    path = await fetching.fetch(f"{base}/picture")

    assert path.read_bytes() == PNG


@pytest.mark.parametrize("path", ["/status/404", "/hops/9", "/cut", "/redirect?to=file:///etc/passwd"])
async def test_what_cannot_be_downloaded_is_a_download_error(fetching: Fetching, base: str, path: str) -> None:
    """Non-2xx, redirect loops, broken connections and refusals are one type."""
    problem = await fetching.problem(base + path)

    assert problem.type == "file_download_error"
    assert problem.input == base + path


async def test_secrets_of_a_signed_url_are_not_in_the_message(fetching: Fetching, base: str) -> None:
    """The message may be logged and forwarded; the input is the caller's own."""
    problem = await fetching.problem(f"{base}/status/403?X-Amz-Signature=topsecret")

    assert "topsecret" not in problem.msg
    assert "?…" in problem.msg


async def test_a_file_over_the_bound_says_the_bound(fetching: Fetching, base: str) -> None:
    """With the platform's type and context."""
    problem = await fetching.problem(f"{base}/bytes/5001", bytes_max=5_000)

    assert problem.type == "file_too_large"
    assert problem.ctx == {"max_size": 5_000}
    assert "5000 bytes (setting input_bytes_max)" in problem.msg


@pytest.mark.parametrize("path", ["/headers", "/bytes/0"])
async def test_what_is_no_picture_lists_what_would_be(fetching: Fetching, base: str, path: str) -> None:
    """A page, or nothing at all."""
    problem = await fetching.problem(base + path)

    assert problem.type == "unsupported_image_format"
    assert problem.ctx == {"supported_formats": [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]}


async def test_what_need_not_be_a_picture_may_be_anything(fetching: Fetching) -> None:
    """An application's input of any kind; also an empty one."""
    for data in (b"%PDF-1.7", b""):
        path = await fetch_input(
            f"data:;base64,{base64.b64encode(data).decode()}",
            LOC,
            fetching.folder / "input",
            outbound=fetching.outbound,
            own_file=fetching.own_file,
            bytes_max=8,
            timeout_s=5.0,
            is_picture=False,
        )
        assert path.read_bytes() == data
        path.unlink()


async def test_a_slow_server_is_a_download_error_within_the_bound(fetching: Fetching, base: str) -> None:
    """The message says how long was waited."""
    problem = await fetching.problem(f"{base}/slow", timeout_s=0.2)

    assert problem.type == "file_download_error"
    assert "within 0.2 s" in problem.msg


async def test_in_production_a_private_address_names_the_way_out(tmp_path: Path) -> None:
    """The developer's first question, answered in the error."""
    outbound = Outbound()
    problem = await Fetching(tmp_path, outbound).problem("http://127.0.0.1:9/cat.png")
    await outbound.close()

    assert problem.type == "file_download_error"
    assert "allow_private_networks" in problem.msg and "MUTOSCOPE_ALLOW_PRIVATE_NETWORKS" in problem.msg


@pytest.mark.parametrize(
    "url", ["", "cat.png", "/etc/passwd", "file:///etc/passwd", "ftp://example.com/cat.png", "C:\\cat.png", "blob:x"]
)
async def test_other_schemes_are_refused(fetching: Fetching, url: str) -> None:
    """Only https, http and data are ways to send a picture."""
    problem = await fetching.problem(url)

    assert problem.type == "file_download_error"
    assert "https:, http: or data:" in problem.msg


# --- our own files -----------------------------------------------------------------


async def test_our_own_file_urls_are_read_without_http(fetching: Fetching) -> None:
    """The host does not resolve, and need not."""
    data = PNG + struct.pack("<I", 7) * 300_000
    (fetching.folder / "made").write_bytes(data)
    await fetching.files.put("uploads/cat.png", fetching.folder / "made")

    path = await fetching.fetch("http://mutoscope.invalid/files/uploads/cat.png", bytes_max=2_000_000)

    assert path.read_bytes() == data


async def test_an_own_file_that_is_gone_says_so(tmp_path: Path) -> None:
    """Its address is private more often than not, which would be all that the message said."""
    outbound = Outbound()
    fetching = Fetching(tmp_path, outbound)

    refused = await fetching.problem("http://127.0.0.1:8000/files/u-gone/boat.png?x=1")
    other = await fetching.problem("http://127.0.0.1:8000/boat.png?from=/files/x")
    await outbound.close()

    assert refused.msg.endswith("if it was a file of this server, it is not there any more: upload it again")
    assert "this server" not in other.msg


async def test_our_own_files_have_the_same_bounds(fetching: Fetching) -> None:
    """Size, presence and kind are checked as for any other URL."""
    (fetching.folder / "made").write_bytes(b"not a picture")
    await fetching.files.put("uploads/text", fetching.folder / "made")
    base = "http://mutoscope.invalid/files/uploads"

    assert (await fetching.problem(f"{base}/text", bytes_max=12)).type == "file_too_large"
    assert (await fetching.problem(f"{base}/text")).type == "unsupported_image_format"
    assert (await fetching.problem(f"{base}/gone")).type == "file_download_error"


# --- limits of the field -----------------------------------------------------------


async def fetched(fetching: Fetching, content: bytes, **limits: Any) -> Path:
    """A data URI of `content`, for a field with limits of its own."""
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return await fetch_input(
        url,
        LOC,
        fetching.folder / "input",
        outbound=fetching.outbound,
        own_file=fetching.own_file,
        bytes_max=100_000,
        timeout_s=5.0,
        **limits,
    )


async def test_formats_that_the_field_takes(fetching):
    """Fewer than this server takes: a png passes where it is named, and is named where it is not."""
    assert (await fetched(fetching, PNG, formats=("jpg", "jpeg", "png"))).read_bytes() == PNG

    with pytest.raises(InputInvalid) as caught:
        await fetched(fetching, PNG, formats=("jpg", "jpeg"))
    problem = caught.value.problem
    assert (problem.type, problem.ctx) == ("unsupported_image_format", {"supported_formats": [".jpg", ".jpeg"]})
    assert problem.msg == "it is a png, which this endpoint does not take (setting strict); send one of .jpg, .jpeg"
    assert not (fetching.folder / "input").exists()


async def test_bytes_that_the_field_takes(fetching):
    """At the bound, and one byte past it."""
    assert (await fetched(fetching, PNG, field_bytes_max=len(PNG))).read_bytes() == PNG

    with pytest.raises(InputInvalid) as caught:
        await fetched(fetching, PNG, field_bytes_max=len(PNG) - 1)
    problem = caught.value.problem
    assert (problem.type, problem.ctx) == ("file_too_large", {"max_size": len(PNG) - 1})
    assert f"is {len(PNG)} bytes, the limit of this endpoint is {len(PNG) - 1} bytes" in problem.msg
