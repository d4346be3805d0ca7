"""What a file is goes by its first bytes."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from mutoscope.media.sniff import HEAD_BYTES, sniff_image


@pytest.mark.parametrize(
    ("written", "kind"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("AVIF", "avif")]
)
def test_pictures_are_known_by_their_first_bytes(written: str, kind: str) -> None:
    """As a real encoder writes them."""
    buffer = BytesIO()
    Image.new("RGB", (32, 32), "red").save(buffer, written)

    assert sniff_image(buffer.getvalue()[:HEAD_BYTES]) == kind


@pytest.mark.parametrize("written", ["BMP", "TIFF", "ICO", "PPM", "JPEG2000", "PDF"])
def test_other_pictures_are_not_supported(written: str) -> None:
    """A picture, and not one of ours."""
    buffer = BytesIO()
    Image.new("RGB", (32, 32), "red").save(buffer, written)

    assert sniff_image(buffer.getvalue()[:HEAD_BYTES]) is None


@pytest.mark.parametrize(
    "head",
    [
        b"", b"\xff\xd8", b"\x89PNG", b"GIF90a", b"RIFF\0\0\0\0WAVEfmt ", b"<svg xmlns=", b"<!DOCTYPE html>",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", b"\0\0\0\x10ftypmif1\0\0\0\0avif",
        b"ftypavif",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_picture_is_none(head: bytes) -> None:
    """Half a signature, cousins of a format, other media, and a brand beyond the end of its box."""
    assert sniff_image(head) is None


def test_an_avif_may_name_its_brand_among_the_compatible_ones() -> None:
    """As libavif does for pictures that are also generic HEIF."""
    assert sniff_image(b"\0\0\0\x1cftypmif1\0\0\0\0miafMA1Bavif") == "avif"


def test_a_name_decides_nothing(tmp_path: Path) -> None:
    """A web page called cat.png is a web page."""
    page = tmp_path / "cat.png"
    page.write_bytes(b"<html><body>404</body></html>")

    assert sniff_image(page.read_bytes()) is None
