"""Pictures of every kind, and files that only pretend to be one."""

import io
import resource
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import InputFile, PictureLimits
from mutoscope.limits import IMAGE_ASPECT_MAX, IMAGE_SIDE_PX_MIN
from mutoscope.media.image import RgbArray, read_image

LOC = ("body", "image_url")
PIXELS_MAX = 64_000_000
SIDE_PX_MIN = 16
"""For these tests: most of their pictures are tiny."""

Write = Callable[[bytes], InputFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put bytes into a file whose name tells nothing."""

    def write(content: bytes) -> InputFile:
        path = tmp_path / "input"
        path.write_bytes(content)
        return InputFile(path, LOC)

    return write


def halves(mode: str = "RGB", size: tuple[int, int] = (64, 40)) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, (220, 30, 30))
    picture.paste((30, 30, 220), (size[0] // 2, 0, size[0], size[1]))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of this kind."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def read(file: InputFile, pixels_max: int = PIXELS_MAX, side_px_min: int = SIDE_PX_MIN) -> RgbArray:
    """Read with the bound that is the default of the setting."""
    return read_image(file, pixels_max=pixels_max, side_px_min=side_px_min)


def problem_of(file: InputFile, pixels_max: int = PIXELS_MAX, side_px_min: int = SIDE_PX_MIN) -> Problem:
    """The problem that reading ends with; it points at the input and tells no path."""
    with pytest.raises(InputInvalid) as caught:
        read(file, pixels_max, side_px_min)
    problem = caught.value.problem
    assert problem.loc == LOC
    assert str(file.path) not in problem.msg
    return problem


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("GIF", {}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_reads_each_format_by_its_content(write: Write, kind: str, options: dict[str, Any]) -> None:
    """The file has no ending at all, and the picture comes out as RGB rows."""
    rgb = read(write(saved(halves(), kind, **options)))

    assert rgb.shape == (40, 64, 3)
    assert rgb.dtype == np.uint8
    assert np.abs(rgb[20, 8].astype(int) - (220, 30, 30)).max() < 25
    assert np.abs(rgb[20, 56].astype(int) - (30, 30, 220)).max() < 25


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_reads_each_mode(write: Write, mode: str) -> None:
    """Bits, grays, palettes, alpha and print colors all end as RGB; what is red stays redder than what is blue."""
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"

    rgb = read(write(saved(halves(mode), kind)))

    assert rgb.shape == (40, 64, 3)
    if mode not in ("1", "L", "LA"):
        assert rgb[20, 8, 0] > rgb[20, 8, 2]
        assert rgb[20, 56, 2] > rgb[20, 56, 0]


def test_sixteen_bit_gray_is_scaled_and_not_clipped(write: Write) -> None:
    """Half of 65 535 is middle gray; Pillow's own conversion would make it white."""
    gray = Image.fromarray(np.full((20, 20), 32_768, np.uint16))

    rgb = read(write(saved(gray, "PNG")))

    assert (rgb == 127).all()


def test_transparency_shows_middle_gray(write: Write) -> None:
    """Alpha of a half is half way between the color and gray."""
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 128))

    rgb = read(write(saved(clear, "PNG")))

    assert np.abs(rgb[0, 0].astype(int) - (192, 64, 64)).max() <= 1


def test_transparent_color_of_a_palette_shows_gray(write: Write) -> None:
    """A GIF's one clear color is alpha too."""
    picture = Image.new("P", (20, 20), 0)
    picture.putpalette([0, 0, 0, 255, 255, 255])

    rgb = read(write(saved(picture, "GIF", transparency=0)))

    assert (rgb == 128).all()


def test_background_of_transparency_can_be_chosen(write: Write) -> None:
    """Masks take black, so that unpainted means not bright."""
    clear = saved(Image.new("RGBA", (20, 20), (255, 255, 255, 0)), "PNG")

    rgb = read_image(write(clear), pixels_max=PIXELS_MAX, side_px_min=SIDE_PX_MIN, behind_alpha=(0, 0, 0))

    assert (rgb == 0).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_camera_orientation_is_undone(write: Write, orientation: int) -> None:
    """Whatever way the camera was held, the picture arrives upright, red on the left."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = halves()
    if orientation in undo:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation

    rgb = read(write(saved(stored, "JPEG", exif=exif, quality=95)))

    assert rgb.shape == (40, 64, 3)
    assert rgb[20, 8, 0] > 180
    assert rgb[20, 56, 2] > 180


def test_embedded_profile_becomes_srgb(write: Write) -> None:
    """In a color space whose red primary is sRGB's blue, pure red is blue."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"temp"), (b"bXYZ", b"rXYZ"), (b"temp", b"bXYZ")):
        swapped = swapped.replace(old, new, 1)
    red = Image.new("RGB", (20, 20), (255, 0, 0))

    rgb = read(write(saved(red, "PNG", icc_profile=swapped)))

    assert np.abs(rgb[0, 0].astype(int) - (0, 0, 255)).max() <= 3


def test_broken_profile_is_left_out(write: Write) -> None:
    """As browsers do: the colors are taken as they stand."""
    rgb = read(write(saved(Image.new("RGB", (20, 20), (9, 99, 199)), "PNG", icc_profile=b"not a profile")))

    assert (rgb == (9, 99, 199)).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animation_gives_its_first_frame(write: Write, kind: str) -> None:
    """The rest of it is not looked at."""
    first, second = (Image.new("RGB", (32, 32), color) for color in ((250, 0, 0), (0, 0, 250)))

    rgb = read(write(saved(first, kind, save_all=True, append_images=[second], duration=100)))

    assert rgb[16, 16, 0] > 200
    assert rgb[16, 16, 2] < 60


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<!doctype html><title>Sign in</title>", id="a web page"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="a vector drawing"),
        pytest.param(b"BM" + bytes(60), id="a bitmap of Windows"),
        pytest.param(b"II*\0" + bytes(60), id="a TIFF"),
        pytest.param(b"%PDF-1.7\n", id="a document"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(40), id="a HEIC photo"),
        pytest.param(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40), id="a video"),
        pytest.param(b"\x89PN", id="a beginning too short to tell"),
    ],
)
def test_other_formats_are_named_unsupported(write: Write, content: bytes) -> None:
    """The error lists what is read."""
    problem = problem_of(write(content))

    assert problem.type == "unsupported_image_format"
    assert problem.ctx == {"supported_formats": [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]}


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(width: int, height: int, rows: bytes, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [_png_chunk(b"IHDR", header), *extra, _png_chunk(b"IDAT", rows), _png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


HOSTILE = {
    "nothing at all": b"",
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "half a JPEG": saved(halves(), "JPEG")[:300],
    "three quarters of a PNG": saved(Image.effect_noise((64, 64), 50), "PNG")[:2000],
    "half a WebP": saved(halves(), "WEBP")[:60],
    "half a GIF": saved(halves(), "GIF")[:30],
    "half an AVIF": saved(halves(), "AVIF")[:200],
    "a JPEG of zeros": b"\xff\xd8\xff\xe0" + bytes(500),
    "a PNG with fewer rows than it says": _png(64, 64, zlib.compress(bytes(100))),
    "a PNG whose rows are not zlib": _png(64, 64, b"these are no rows"),
    "a PNG of no width": _png(0, 64, zlib.compress(b"")),
    "an APNG that lies about its frames": _png(
        64, 64, zlib.compress(bytes(100)), _png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    ),
    "a GIF of no size": b"GIF89a" + bytes(20),
    "a text bomb": _png(
        64, 64, zlib.compress(bytes(100)), _png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(80_000_000)))
    ),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_truncated_and_lying_files_do_not_load(write: Write, content: bytes) -> None:
    """One clear problem, whatever the decoder made of it."""
    problem = problem_of(write(content))

    assert problem.type == "image_load_error"
    assert problem.msg.startswith("Failed to load the image: ")
    assert "0x" not in problem.msg


@pytest.mark.parametrize(
    ("width", "height"), [(8_001, 8_000), (30_000, 30_000), (60_000, 60_000)], ids=["just over", "bomb", "huge bomb"]
)
def test_too_many_pixels_are_refused_from_the_header(write: Write, width: int, height: int) -> None:
    """The file says how large it is; nothing of that size is ever allocated."""
    bomb = _png(width, height, zlib.compress(bytes(1000)))
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    problem = problem_of(write(bomb))

    assert problem.type == "image_too_large"
    assert problem.ctx == {"max_width": 8_000, "max_height": 8_000}
    assert "64 MP" in problem.msg and "image_pixels_max" in problem.msg
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50_000


def test_lying_webp_canvas_is_refused_without_allocating(write: Write) -> None:
    """A canvas of 16 383 by 16 383 around a picture of 64 by 40."""
    honest = saved(halves(), "WEBP")
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (16_382).to_bytes(3, "little") * 2
    body = b"WEBP" + canvas + honest[12:]
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    problem = problem_of(write(b"RIFF" + struct.pack("<I", len(body)) + body))

    assert problem.type in ("image_too_large", "image_load_error")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 100_000


def test_pixel_bound_is_inclusive(write: Write) -> None:
    """At the bound it is read, one row past it is not."""
    file = write(saved(halves(size=(50, 40)), "PNG"))

    assert read(file, pixels_max=2_000).shape == (40, 50, 3)
    problem = problem_of(file, pixels_max=1_999)
    assert problem.type == "image_too_large"
    assert "50x40" in problem.msg


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        ((IMAGE_SIDE_PX_MIN, IMAGE_SIDE_PX_MIN), True),
        ((IMAGE_SIDE_PX_MIN - 1, IMAGE_SIDE_PX_MIN), False),
        ((400, IMAGE_SIDE_PX_MIN - 1), False),
        ((310 * int(IMAGE_ASPECT_MAX), 310), True),
        ((310 * int(IMAGE_ASPECT_MAX) + 1, 310), False),
        ((1, 1), False),
    ],
)
def test_smallest_side_and_narrowest_shape(write: Write, size: tuple[int, int], fits: bool) -> None:
    """Each bound holds at the bound and not one past it."""
    file = write(saved(Image.new("RGB", size), "PNG"))

    if fits:
        assert read(file, side_px_min=IMAGE_SIDE_PX_MIN).shape[:2] == (size[1], size[0])
    else:
        problem = problem_of(file, side_px_min=IMAGE_SIDE_PX_MIN)
        assert problem.type == "image_too_small"
        assert problem.ctx is not None and problem.ctx["min_width"] >= IMAGE_SIDE_PX_MIN
        assert f"{size[0]}x{size[1]}" in problem.msg


@pytest.mark.parametrize(
    ("size", "enough", "expected"),
    [
        ((64, 48), 64 * 48, (64, 48)),
        ((64, 48), 64 * 48 // 4, (32, 24)),
        ((64, 48), 64 * 48 // 4 + 1, (64, 48)),
        ((64, 48), 1, (8, 6)),
        ((66, 50), 1, (33, 25)),
        ((65, 48), 1, (65, 48)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_picture_with_more_pixels_than_enough_may_come_out_smaller(
    write: Write, kind: str, size: tuple[int, int], enough: int, expected: tuple[int, int]
) -> None:
    """By a power of two that divides both sides, so the aspect is exactly the same; never below what is enough."""
    file = write(saved(halves(size=size), kind))

    rgb = read_image(file, pixels_max=PIXELS_MAX, side_px_min=SIDE_PX_MIN, pixels_enough=enough)

    assert rgb.shape == (expected[1], expected[0], 3)
    row = rgb[expected[1] // 2].astype(int)
    assert np.abs(row[1] - (220, 30, 30)).max() < 30
    assert np.abs(row[-2] - (30, 30, 220)).max() < 30


def test_turned_picture_comes_out_smaller_too(write: Write) -> None:
    """The camera's orientation is undone as ever."""
    exif = Image.Exif()
    exif[0x0112] = 6

    rgb = read_image(
        write(saved(halves(), "JPEG", exif=exif)), pixels_max=PIXELS_MAX, side_px_min=16, pixels_enough=640
    )

    assert rgb.shape == (32, 20, 3)


# --- limits that come with the file ---------------------------------------------


@pytest.mark.parametrize(
    ("size", "is_taken"),
    [((300, 300), True), ((299, 400), False), ((750, 300), True), ((751, 300), False), ((300, 751), False)],
)
def test_limits_of_the_field_hold_beside_our_own(write, size, is_taken):
    """A side of 300 pixels and an aspect of 2.5, at the bound and one pixel past it."""
    file = write(saved(halves(size=size), "PNG"))
    strict = InputFile(file.path, file.loc, PictureLimits(side_px_min=300, aspect_max=2.5))

    assert read(file).shape[:2] == (size[1], size[0]), "the lenient profile asks for less"
    if is_taken:
        assert read(strict).shape[:2] == (size[1], size[0])
        return
    problem = problem_of(strict)
    assert problem.type == "image_too_small"
    assert problem.msg.startswith(f"Image is {size[0]}x{size[1]}; each side needs at least 300 pixels")
    assert "at most 2.5 times the shorter" in problem.msg
