"""Writes frames as an MP4 and says what a finished one contains."""

import json
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
from av.video.stream import VideoStream

from mutoscope.media.frames import Planes, planes_of_frame

QUEUED_FRAMES_MAX: Final = 4
"""Frames between renderer and encoder: enough to even out both, and few, so that memory stays flat."""
DEFAULT_PRESET: Final = "superfast"
"""With it x264 takes little more time than drawing; `veryfast` gives a fifth fewer bytes for half again the time."""
_BT709: Final = 1
_LIMITED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How frames become bits. One x264 thread: with more, the bits would depend on the number of cores."""

    crf: int = 22
    preset: str = DEFAULT_PRESET
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """What a finished file says of itself."""

    size_bytes: int
    width_px: int
    height_px: int
    fps: Fraction
    num_frames: int
    duration_s: Fraction


class VideoWriter:
    """
    H.264 in an MP4 that a browser can start before it has all of it; encodes in a thread of its own.

        with VideoWriter(path, width_px=1280, height_px=720, fps=Fraction(24), manifest={}) as writer:
            for index in range(121):
                draw(writer.planes(), index)
                writer.push()

    Leaving the block normally finishes the file: it is written under a temporary name beside `path` and renamed when
    complete. Leaving it by an exception ends the thread and removes what was written.

    Args:
        path: the finished file.
        width_px: even.
        height_px: even.
        fps: exact, so that 24000/1001 stays itself.
        manifest: goes into the file's comment as JSON, keys sorted; equal frames and manifests give equal bytes.
        encoding: quality and speed.

    Raises:
        av.FFmpegError: from `push` or at the end, when encoding or writing failed.

    Source: ISO/IEC 14496-12 for box order; ITU-T H.273 for the color codes (1 = BT.709).
    """

    def __init__(
        self,
        path: Path,
        *,
        width_px: int,
        height_px: int,
        fps: Fraction,
        manifest: Mapping[str, Any],
        encoding: Encoding | None = None,
    ) -> None:
        assert width_px % 2 == 0 and height_px % 2 == 0, "4:2:0 needs even sides"
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._size = (width_px, height_px)
        self._fps = fps
        self._comment = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
        self._encoding = encoding or Encoding()
        self._queue: queue.Queue[av.VideoFrame | None] = queue.Queue(QUEUED_FRAMES_MAX)
        self._failure: BaseException | None = None
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._frame: av.VideoFrame | None = None
        self._pushed = 0
        self.encode_s = 0.0
        """CPU seconds of the encoder's thread, once finished."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._abandoned.set()
        self._queue.put(None)
        self._thread.join()
        if error is None and self._failure is None:
            self._part.replace(self._path)
            return
        self._part.unlink(missing_ok=True)
        if error is None and self._failure is not None:
            raise self._failure

    def planes(self) -> Planes:
        """Room for the next frame, to be filled wholly before `push`."""
        self._frame = av.VideoFrame(*self._size, "yuv420p")
        return planes_of_frame(self._frame)

    def push(self) -> None:
        """Hand the frame over; waits while `QUEUED_FRAMES_MAX` are under way."""
        if self._failure is not None:
            raise self._failure
        assert self._frame is not None, "planes() comes before push()"
        self._frame.pts = self._pushed
        self._frame.time_base = 1 / self._fps
        self._queue.put(self._frame)
        self._frame = None
        self._pushed += 1

    def _run(self) -> None:
        """The encoder's thread: takes frames until None; after a failure it keeps taking, so that nobody waits."""
        try:
            self._encode()
        except BaseException as failure:  # noqa: BLE001  it is raised again, in the thread that pushes
            self._failure = failure
            while self._queue.get() is not None:
                pass
        self.encode_s = time.thread_time()

    def _encode(self) -> None:
        options = {
            "movflags": "+faststart",
            # In the default milliseconds the edit list would cut a third of a millisecond off five frames at 24 fps.
            "movie_timescale": str(self._fps.numerator * 100),
        }
        with av.open(str(self._part), "w", format="mp4", options=options) as container:
            container.metadata["comment"] = self._comment
            stream = self._add_stream(container)
            while (frame := self._queue.get()) is not None:
                if not self._abandoned.is_set():
                    container.mux(stream.encode(frame))
            if not self._abandoned.is_set():
                container.mux(stream.encode(None))

    def _add_stream(self, container: av.container.OutputContainer) -> VideoStream:
        stream = container.add_stream(
            "libx264",
            rate=self._fps,
            options={
                "preset": self._encoding.preset,
                "crf": str(self._encoding.crf),
                "profile": "high",
                "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:ipratio=1.6",
            },
        )
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / self._fps
        context = stream.codec_context
        context.time_base = 1 / self._fps
        context.thread_count = self._encoding.threads
        context.color_primaries = _BT709
        context.color_trc = _BT709
        context.colorspace = _BT709
        context.color_range = _LIMITED
        return stream


def read_facts(path: Path) -> VideoFacts:
    """
    Open a finished file again and report what its tables say.

    Raises:
        av.FFmpegError: it is not a readable MP4.
        ValueError: it has no video, or its tables leave out a fact.
    """
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise ValueError(f"{path.name} has no video stream")
        stream = container.streams.video[0]
        if stream.duration is None or stream.time_base is None or stream.average_rate is None:
            raise ValueError(f"{path.name} does not tell its duration and rate")
        return VideoFacts(
            size_bytes=path.stat().st_size,
            width_px=stream.width,
            height_px=stream.height,
            fps=Fraction(stream.average_rate),
            num_frames=stream.frames,
            duration_s=stream.duration * Fraction(stream.time_base),
        )
