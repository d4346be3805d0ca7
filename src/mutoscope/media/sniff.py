"""What kind of picture a file is, by its first bytes: names and headers are not believed."""

from typing import Final

HEAD_BYTES: Final = 64
"""So many bytes of a file decide."""

SUPPORTED_FORMATS: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")
"""As the platform's 422 lists them."""

_AVIF_BRANDS: Final = (b"avif", b"avis")


def sniff_image(head: bytes) -> str | None:
    """
    `jpg`, `png`, `webp`, `gif` or `avif`, or None for anything else.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of it.

    Source: WHATWG MIME Sniffing §6.1 for the signatures; AV1 Image File Format §6 for the brands.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "avif" if _is_avif(head) else None


def _is_avif(head: bytes) -> bool:
    """An ISO file type box whose major or compatible brands name AVIF; HEIC is the same box with other brands."""
    if head[4:8] != b"ftyp":
        return False
    box = head[: min(int.from_bytes(head[:4], "big"), HEAD_BYTES)]
    brands = [box[8:12], *(box[start : start + 4] for start in range(16, len(box), 4))]
    return any(brand in _AVIF_BRANDS for brand in brands)
