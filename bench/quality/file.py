"""The finished file: equal jobs give equal bytes, its length is exact, and players find what they need."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, Silence, engine, job

_SMALL: Final[dict[str, Any]] = {"area_px": 320 * 180, "num_frames": 13}
_CHANCY: Final[tuple[dict[str, Any], ...]] = (
    {"prompt": "a stormy sea at night", "task": "text-to-video", "width_px": 320, "height_px": 180},
    {"prompt": "Heavy snow falls, handheld camera"},
    {"prompt": "", "last_frame": PHOTOS["canyon"]},
)
"""Jobs that draw lots: for the scene, for an effect, for the order of a dissolve."""
_LENGTHS: Final = ((121, 24), (241, 24), (153, 30), (5, 24), (1, 24))
"""Frames and frames a second: both lengths of either family, and the shortest."""
_TAGS: Final = (1, 1, 1, 1)
"""Primaries, transfer and matrix of BT.709; limited range (ITU-T H.273)."""


@contextmanager
def _made(**changes: Any) -> Iterator[Path]:
    """The file of a small job, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        values = _SMALL | changes
        yield engine().generate(job(values.pop("prompt", ""), Path(folder), **values), Silence()).path


def unequal() -> float:
    """Files that differ although their jobs are equal, and files that are equal although their seeds differ."""
    wrong = 0
    for changes in _CHANCY:
        digests = []
        for seed in (3, 3, 4):
            with _made(**changes, seed=seed) as path:
                digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        wrong += (digests[0] != digests[1]) + (digests[0] == digests[2])
    return wrong


def inexact() -> float:
    """Frame counts, durations of stream and container, and steps between frames that are not as asked."""
    wrong = 0
    for num_frames, fps in _LENGTHS:
        asked = Fraction(num_frames, fps)
        with (
            _made(prompt="static shot", area_px=64 * 64, num_frames=num_frames, fps=fps) as path,
            av.open(str(path)) as container,
        ):
            stream = container.streams.video[0]
            base = Fraction(stream.time_base or 0)
            times = [Fraction(each.pts or 0) * Fraction(each.time_base or 0) for each in container.decode(video=0)]
            wrong += stream.frames != num_frames
            wrong += times != [Fraction(index, fps) for index in range(num_frames)]
            wrong += (stream.duration or 0) * base != asked
            wrong += container.duration != round(asked * av.time_base)
    return wrong


def unplayable() -> float:
    """Properties that players count on and a file does not have, and frames that a decoder does not give."""
    wrong = 0
    for changes in _CHANCY:
        with _made(**changes) as path:
            wrong += _lacking(path) + _undecoded_by_opencv(path)
    return wrong


def _lacking(path: Path) -> int:
    content = path.read_bytes()
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        decoded = sum(1 for _ in container.decode(video=0))
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        return sum(
            (
                not 0 < content.find(b"moov") < content.find(b"mdat"),
                tags != _TAGS,
                context.pix_fmt != "yuv420p",
                context.profile != "High",
                len(container.streams) != 1,
                decoded != _SMALL["num_frames"],
            )
        )


def _undecoded_by_opencv(path: Path) -> int:
    reader = cv2.VideoCapture(str(path))
    try:
        frames = 0
        while reader.read()[0]:
            frames += 1
    finally:
        reader.release()
    return int(frames != _SMALL["num_frames"])


BARS: Final = (
    Bar(id="D1", text="equal jobs, unequal files; unequal seeds, equal files", measure=unequal, bound=0),
    Bar(id="D2", text="frame counts, durations and steps that are not exact", measure=inexact, bound=0),
    Bar(id="D3", text="what players need and do not find, in PyAV and OpenCV", measure=unplayable, bound=0),
)
