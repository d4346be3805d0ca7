"""Reads an input picture, whatever its format, mode and orientation, as one plain RGB array."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import InputFile, PictureLimits
from mutoscope.limits import IMAGE_ASPECT_MAX, IMAGE_SIDE_PX_MIN
from mutoscope.media.sniff import HEAD_BYTES, sniff_image

RgbArray = NDArray[np.uint8]
"""uint8 of shape (height, width, 3), sRGB."""

FORMATS: Final = ("jpg", "png", "webp", "gif", "avif")
"""What is read, in the words of `sniff_image`."""

BEHIND_ALPHA: Final = (128, 128, 128)
"""What shows through transparent pixels: middle gray favors neither a light nor a dark cut-out."""

_DECODERS: Final = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "avif": "AVIF"}
_ENDINGS: Final = {"jpg": (".jpg", ".jpeg"), "png": (".png",), "webp": (".webp",), "gif": (".gif",), "avif": (".avif",)}
_ORIENTATION_TAG: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_DECODE_ERRORS: Final = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, SyntaxError, NotImplementedError,
    RuntimeError, MemoryError, ZeroDivisionError, AttributeError, struct.error, zlib.error,
)  # fmt: skip
"""What decoders raise at bytes that are not what they claim to be; found with hostile files, hence so many."""


def read_image(
    file: InputFile,
    *,
    pixels_max: int,
    side_px_min: int = IMAGE_SIDE_PX_MIN,
    pixels_enough: int | None = None,
    formats: Sequence[str] = FORMATS,
    behind_alpha: tuple[int, int, int] = BEHIND_ALPHA,
) -> RgbArray:
    """
    Decode a picture by its content, not its name: upright, in sRGB, without alpha, the first frame of an animation.

    Args:
        pixels_max: bound on width times height; checked from the header, before any pixel is decoded.
        side_px_min: bound on the shorter side.
        pixels_enough: a picture with far more may come out at a half, a quarter or an eighth of its sides, in the very
            same aspect and with at least so many pixels: that takes a fraction of the memory.
        formats: those of `FORMATS` that may be read.
        behind_alpha: what shows through transparent pixels, in RGB.

    Returns:
        uint8 RGB of shape (height, width, 3).

    Raises:
        InputInvalid: `unsupported_image_format`, `image_load_error` (truncated or lying), `image_too_large` (pixels),
            `image_too_small` (a side under `side_px_min`, or narrower than IMAGE_ASPECT_MAX allows, or than the limits
            that came with the file).
    """
    with _decoding(file, pixels_max), _open(file, formats) as image:
        limits = file.limits or PictureLimits()
        _check_size(
            file,
            *image.size,
            pixels_max=pixels_max,
            side_px_min=max(side_px_min, limits.side_px_min or 1),
            aspect_max=min(IMAGE_ASPECT_MAX, limits.aspect_max or IMAGE_ASPECT_MAX),
        )
        image.seek(0)
        divisor = _divisor(image, pixels_enough)
        full_size = image.size
        if divisor > 1:
            image.draft(image.mode, (image.width // divisor, image.height // divisor))  # only JPEG knows how
        image.load()
        rgb = _to_rgb(_upright(image), behind_alpha)
        if divisor > 1 and image.size == full_size:
            rgb = rgb.reduce(divisor)
    return np.ascontiguousarray(np.asarray(rgb, dtype=np.uint8))


@contextmanager
def _decoding(file: InputFile, pixels_max: int) -> Iterator[None]:
    """Pillow's warnings are silenced (our own checks decide) and its errors become the caller's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        side = isqrt(pixels_max)
        raise InputInvalid(
            Problem(
                "image_too_large",
                file.loc,
                f"Image has more pixels than any decoder here takes; the limit is {pixels_max / 1e6:g} MP"
                " (setting image_pixels_max). Send a smaller picture",
                ctx={"max_width": side, "max_height": side},
            )
        ) from error
    except _DECODE_ERRORS as error:
        raise InputInvalid(
            Problem(
                "image_load_error",
                file.loc,
                f"Failed to load the image: {_first_line(error)}. Send the whole file, or save it again as JPEG or PNG",
            )
        ) from error


def _open(file: InputFile, formats: Sequence[str]) -> Image.Image:
    """The picture with only its header read."""
    with file.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise OSError("the file is empty")
    found = sniff_image(head)
    if found is None or found not in formats:
        endings = [ending for name in formats for ending in _ENDINGS[name]]
        raise InputInvalid(
            Problem(
                "unsupported_image_format",
                file.loc,
                f"The file is none of {', '.join(endings)}, whatever its name says. Convert it to one of them",
                ctx={"supported_formats": endings},
            )
        )
    # Read whole: a decoder that seeks in a file that shrinks or is replaced meanwhile would see two files.
    return Image.open(io.BytesIO(file.path.read_bytes()), formats=[_DECODERS[found]])


def _divisor(image: Image.Image, pixels_enough: int | None) -> int:
    """How many times smaller the picture's sides may be: a power of 2 that divides both, so that its aspect stays."""
    if pixels_enough is None:
        return 1
    for divisor in (8, 4, 2):
        divides = image.width % divisor == 0 and image.height % divisor == 0
        if divides and image.width * image.height >= pixels_enough * divisor**2:
            return divisor
    return 1


def _check_size(
    file: InputFile, width_px: int, height_px: int, *, pixels_max: int, side_px_min: int, aspect_max: float
) -> None:
    if width_px * height_px > pixels_max:
        side = isqrt(pixels_max)
        raise InputInvalid(
            Problem(
                "image_too_large",
                file.loc,
                # Exact: 64.008 MP would else read as 64.0 against a limit of 64.
                f"Image is {width_px}x{height_px} = {width_px * height_px / 1e6:.10g} MP; the limit is"
                f" {pixels_max / 1e6:.10g} MP (setting image_pixels_max). Send a smaller picture",
                ctx={"max_width": side, "max_height": side},
            )
        )
    shorter, longer = sorted((width_px, height_px))
    least = max(side_px_min, ceil(longer / aspect_max))
    if shorter < least:
        raise InputInvalid(
            Problem(
                "image_too_small",
                file.loc,
                f"Image is {width_px}x{height_px}; each side needs at least {side_px_min} pixels and the longer"
                f" one may be at most {aspect_max:g} times the shorter. Send a larger or less narrow picture",
                ctx={"min_width": least, "min_height": least},
            )
        )


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera's EXIF orientation says; unreadable EXIF counts as none."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODE_ERRORS:
        return image
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image, behind_alpha: tuple[int, int, int]) -> Image.Image:
    """Any mode as sRGB, alpha resolved."""
    if image.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion would clip instead of scale
        wide = np.asarray(image)
        return Image.fromarray((np.clip(wide, 0, 65_535) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        flat = Image.new("RGB", layered.size, behind_alpha)
        flat.paste(_to_srgb(layered.convert("RGB"), image.info.get("icc_profile")), mask=layered.getchannel("A"))
        return flat
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    converted = _to_srgb(image, image.info.get("icc_profile"))
    return converted if converted.mode == "RGB" else converted.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colors of the embedded profile as sRGB; a broken or foreign profile is left out, as browsers do."""
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *_DECODE_ERRORS):
        return image
    return image if converted is None else converted


def _first_line(error: BaseException) -> str:
    """What a decoder said, without the object addresses that some of them print."""
    text = str(error).split("\n", 1)[0].split("<", 1)[0].strip(" .")
    return text or type(error).__name__
