"""The prompt as a caption: one or two lines in the lower third, in whatever script the font has."""

import unicodedata
from functools import cache
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Plane, Planes

_SIZE: Final = 0.030
"""Of letters, in shares of the stage's unit."""
_SIZE_PX_MIN: Final = 9
_MARGIN: Final = 0.055
"""Of the frame's sides that stay free of text."""
_WIDTH: Final = 0.80
"""Most of the frame's width that a line takes."""
_LINES_MAX: Final = 2
_LEADING: Final = 1.42
_WEIGHT: Final = 500
_WHITE, _BLACK = 232, 18
_SHADE: Final = 0.58
"""Of the black behind the letters, at its darkest."""
_LENGTH_MAX: Final = 400
"""Characters that are looked at: more than two lines hold in any frame."""
_NO_LINE_BEGINS: Final = frozenset("。，、．！？：；）】》」』”’…,.!?:;)]}%‰·ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_CLAUSE: Final = 0.25
_ELLIPSIS: Final = "…"


class Caption:
    """Text laid over every frame alike."""

    def __init__(self, text: str, stage: Stage) -> None:
        """Characters that no font has are left out; what is too long ends in an ellipsis."""
        self._size_px = max(_SIZE_PX_MIN, round(_SIZE * stage.unit_px))
        lines = _broken(_drawable(text[: 4 * _LENGTH_MAX])[:_LENGTH_MAX], _WIDTH * stage.width_px, self._size_px)
        self.lines: tuple[str, ...] = tuple(lines)
        """What is written; empty when nothing is."""
        self._rows = self._columns = slice(0, 0)
        if lines:
            self._render(lines, stage)

    def draw(self, share: float, target: Planes) -> None:
        """Write it into `target`; the same in every frame."""
        del share
        if not self.lines:
            return
        rows, columns = self._rows, self._columns
        half_rows, half_columns = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
        _over(target.y[rows, columns], self._light, self._rest)
        for plane in (target.u, target.v):
            _over(plane[half_rows, half_columns], self._gray, self._rest_half)

    def _render(self, lines: list[str], stage: Stage) -> None:
        """Letters over a soft shade of their own shape: white times cover, and what is left of the picture."""
        size = self._size_px
        step = round(size * _LEADING)
        pad = size
        width = max(_width_px(line, size) for line in lines)
        box_width = min(_even(width + 2 * pad), stage.width_px)
        box_height = min(_even(step * len(lines) + 2 * pad), stage.height_px)
        ink = np.zeros((box_height, box_width), np.uint8)
        for index, line in enumerate(lines):
            x = (box_width - _width_px(line, size)) // 2
            cv2.putText(ink, line, (x, pad + index * step + size), (255,), _font(), size, _WEIGHT)
        grown = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size // 3 * 2 + 1, size // 3 * 2 + 1)))
        shade = np.asarray(cv2.GaussianBlur(grown, (0, 0), 0.30 * size), np.float32) * np.float32(_SHADE / 255)
        fade = _faded(box_height, pad)[:, None] * _faded(box_width, pad)[None, :]
        shade *= fade
        cover = ink.astype(np.float32) / 255
        self._rest: Plane = _bytes(255 * (1 - shade) * (1 - cover))
        self._light: Plane = _bytes(_BLACK * shade * (1 - cover) + _WHITE * cover)
        self._rest_half: Plane = np.asarray(cv2.resize(self._rest, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        self._gray: Plane = _bytes((255 - self._rest_half.astype(np.float32)) * np.float32(128 / 255))
        left = (stage.width_px - box_width) // 4 * 2
        bottom = stage.height_px - round(_MARGIN * stage.height_px) + pad // 2
        top = max(0, min(bottom, stage.height_px) - box_height) // 2 * 2
        self._rows, self._columns = slice(top, top + box_height), slice(left, left + box_width)


def _over(part: Plane, color: Plane, rest: Plane) -> None:
    cv2.multiply(part, rest, dst=part, scale=1 / 255)
    cv2.add(part, color, dst=part)


def _bytes(values: np.ndarray) -> Plane:
    rounded: Plane = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def _faded(count: int, pad: int) -> np.ndarray:
    """1 inside, 0 at both ends."""
    place = np.arange(count, dtype=np.float32)
    return np.clip(np.minimum(place, count - 1 - place) / np.float32(pad * 0.6), 0, 1)


def _even(pixels: int) -> int:
    return -(-pixels // 2) * 2


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _width_px(text: str, size_px: int) -> int:
    """Advance of a line."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), _font(), size_px, _WEIGHT)[2]) if text else 0


# --- what can be drawn ------------------------------------------------------------------------------------------------


def _drawable(text: str) -> str:
    """The text in single spaces, without what the font lacks or would set wrongly: emoji, scripts that need shaping."""
    composed = unicodedata.normalize("NFC", text)
    kept = (character if _has(character) else " " if character.isspace() else "" for character in composed)
    joined = " ".join("".join(kept).split())
    return joined if any(unicodedata.category(character)[0] in "LN" for character in joined) else ""


@cache
def _has(character: str) -> bool:
    category = unicodedata.category(character)
    if character == " ":
        return True
    if category[0] in "CZM" or unicodedata.bidirectional(character) in ("R", "AL", "AN"):
        return False
    if character.isascii():
        return True
    picture, missing = _picture(character), _picture("?")
    return bool(picture.any()) and not np.array_equal(picture, missing)


def _picture(character: str) -> Plane:
    plane = np.zeros((48, 48), np.uint8)
    cv2.putText(plane, character, (8, 34), (255,), _font(), 24, _WEIGHT)
    return plane


# --- lines ------------------------------------------------------------------------------------------------------------


def _broken(text: str, width_px: float, size_px: int) -> list[str]:
    """At most `_LINES_MAX` lines; the last one ends in an ellipsis where more would follow."""
    pieces = [part for word in _words(text) for part in _cut(word, width_px, size_px)]
    words = pieces
    lines: list[str] = []
    while words and len(lines) < _LINES_MAX:
        count = _fitting(words, width_px, size_px)
        lines.append("".join(words[:count]).strip())
        words = words[count:]
    if words:
        lines[-1] = _ended(lines[-1], width_px, size_px)
    elif len(lines) == 2:
        lines = _balanced(pieces, lines, width_px, size_px)
    return [line for line in lines if line]


def _words(text: str) -> list[str]:
    """Pieces between which a line may end: words with the space after them, and single wide characters."""
    words: list[str] = []
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF" and not "\uac00" <= character <= "\ud7a3"
        glued = character in _NO_LINE_BEGINS or character == " "
        fresh = not words or wide or words[-1].endswith(" ") or _is_wide(words[-1])
        if words and (glued or not fresh):
            words[-1] += character
        else:
            words.append(character)
    return words


def _cut(word: str, width_px: float, size_px: int) -> list[str]:
    """A word in parts that fit on a line; nearly always it is one."""
    parts: list[str] = []
    while _width_px(word.rstrip(), size_px) > width_px and len(word) > 1:
        count = _fitting(list(word), width_px, size_px)
        parts.append(word[:count])
        word = word[count:]
    return [*parts, word] if word else parts


def _is_wide(word: str) -> bool:
    """A single wide character, perhaps with its punctuation."""
    return unicodedata.east_asian_width(word[0]) in "WF" and not "\uac00" <= word[0] <= "\ud7a3"


def _fitting(words: list[str], width_px: float, size_px: int) -> int:
    """How many words go on one line; at least one."""
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if _width_px("".join(words[:middle]).rstrip(), size_px) <= width_px:
            low = middle
        else:
            high = middle - 1
    return low


def _ended(line: str, width_px: float, size_px: int) -> str:
    """The line shortened until an ellipsis fits behind it."""
    kept = line
    while kept and _width_px(kept + _ELLIPSIS, size_px) > width_px:
        shorter = kept.rsplit(" ", 1)[0] if " " in kept[len(kept) // 2 :] else kept[:-1]
        kept = shorter.rstrip()
    return kept.rstrip(" ,.;:、，。") + _ELLIPSIS


def _balanced(words: list[str], lines: list[str], width_px: float, size_px: int) -> list[str]:
    """Two lines of about equal length instead of a long one and a word."""
    best = lines
    least: float = abs(_width_px(lines[0], size_px) - _width_px(lines[1], size_px))
    for count in range(len(words) - 1, 0, -1):
        upper, lower = "".join(words[:count]).strip(), "".join(words[count:]).strip()
        widths = _width_px(upper, size_px), _width_px(lower, size_px)
        if max(widths) > width_px:
            continue
        # A line that ends where a clause ends may be that much longer or shorter.
        unevenness = abs(widths[0] - widths[1]) - (_CLAUSE * width_px if upper[-1] in _NO_LINE_BEGINS else 0.0)
        if unevenness < least:
            best, least = [upper, lower], unevenness
    return best
