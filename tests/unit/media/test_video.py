"""A written file, opened again: exact length and size, the tags that players need, nothing left when abandoned."""

import hashlib
import json
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mutoscope.media.frames import Planes
from mutoscope.media.video import Encoding, VideoWriter, read_facts

WIDTH, HEIGHT = 98, 54


def draw(target: Planes, index: int) -> None:
    """A bar that moves, by formula."""
    columns = np.arange(WIDTH)
    target.y[:] = (128 + 90 * np.sin((columns + 3 * index) / 9)).astype(np.uint8)
    target.u[:] = 110
    target.v[:] = 140


def write(path: Path, frames: int = 13, fps: Fraction = Fraction(24), **options: Any) -> VideoWriter:
    """A finished clip of the moving bar."""
    options = {"manifest": {}} | options
    writer = VideoWriter(path, width_px=WIDTH, height_px=HEIGHT, fps=fps, **options)
    with writer:
        for index in range(frames):
            draw(writer.planes(), index)
            writer.push()
    return writer


def abandon(path: Path, pushed: int) -> None:
    """Push some frames, then leave by an exception."""
    with VideoWriter(path, width_px=WIDTH, height_px=HEIGHT, fps=Fraction(24), manifest={}) as writer:
        for index in range(pushed):
            draw(writer.planes(), index)
            writer.push()
        raise KeyError


def encoder_threads() -> list[threading.Thread]:
    """Threads of writers that still run."""
    return [thread for thread in threading.enumerate() if thread.name == "encoder"]


@pytest.mark.parametrize(
    ("fps", "frames"),
    [
        *((Fraction(24), count) for count in (1, 2, 3, 4, 5, 7, 8, 121)),
        *((Fraction(30), count) for count in (1, 33, 153)),
        (Fraction(24000, 1001), 10),
    ],
)
def test_length_is_exact(tmp_path: Path, fps: Fraction, frames: int) -> None:
    """Frame count, rate and duration are those asked for, in the tables and by counting."""
    path = tmp_path / "clip.mp4"
    write(path, frames, fps)

    facts = read_facts(path)

    assert (facts.num_frames, facts.fps, facts.duration_s) == (frames, fps, frames / fps)
    assert (facts.width_px, facts.height_px, facts.size_bytes) == (WIDTH, HEIGHT, path.stat().st_size)
    with av.open(str(path)) as container:
        frames_back = list(container.decode(video=0))
    stamps = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in frames_back]
    assert stamps == [index / fps for index in range(frames)]


def test_players_find_what_they_need(tmp_path: Path) -> None:
    """H.264 High in yuv420p, tagged BT.709 and limited, and the index stands before the pictures."""
    path = tmp_path / "clip.mp4"
    write(path)

    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.name == "h264"
        assert context.profile == "High"
        assert context.pix_fmt == "yuv420p"
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        assert not container.streams.audio
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_decoded_frames_are_those_drawn(tmp_path: Path) -> None:
    """Each within what the encoder loses; a shift by one frame would show."""
    path = tmp_path / "clip.mp4"
    write(path, encoding=Encoding(crf=12))

    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray()[:HEIGHT] for frame in container.decode(video=0)]
    drawn = Planes.empty(WIDTH, HEIGHT)
    for index, luma in enumerate(decoded):
        draw(drawn, index)
        assert np.abs(luma.astype(int) - drawn.y).mean() < 2


def test_manifest_is_the_files_comment(tmp_path: Path) -> None:
    """As JSON, for anybody's tools."""
    path = tmp_path / "clip.mp4"
    write(path, manifest={"note": "procedural preview", "seed": 7})

    with av.open(str(path)) as container:
        assert json.loads(container.metadata["comment"]) == {"note": "procedural preview", "seed": 7}
        assert "creation_time" not in container.metadata


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    """No clock, no chance and no count of cores reaches the file."""
    digests = set()
    for name in ("a.mp4", "b.mp4"):
        write(tmp_path / name, frames=30)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).digest())

    assert len(digests) == 1


@pytest.mark.parametrize("pushed", [0, 1, 3, 40])
def test_abandoned_file_leaves_nothing(tmp_path: Path, pushed: int) -> None:
    """An exception inside the block ends the thread and removes the part."""
    path = tmp_path / "clip.mp4"

    with pytest.raises(KeyError):
        abandon(path, pushed)

    assert list(tmp_path.iterdir()) == []
    assert not encoder_threads()


def test_failing_encoder_reaches_the_one_who_pushes(tmp_path: Path) -> None:
    """A folder that is gone ends the block with the encoder's error, not with a wait."""
    path = tmp_path / "gone" / "clip.mp4"

    with pytest.raises(av.FFmpegError):
        write(path, frames=30)

    assert list(tmp_path.iterdir()) == []
    assert not encoder_threads()


def test_finished_file_replaces_an_older_one_whole(tmp_path: Path) -> None:
    """Until the last frame is written the old file stands untouched."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    writer = VideoWriter(path, width_px=WIDTH, height_px=HEIGHT, fps=Fraction(24), manifest={})

    with writer:
        draw(writer.planes(), 0)
        writer.push()
        assert path.read_bytes() == b"old"

    assert read_facts(path).num_frames == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]


def test_file_without_video_has_no_facts(tmp_path: Path) -> None:
    """Something else under that name is an error, not a guess."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"not a film")

    with pytest.raises(av.FFmpegError):
        read_facts(path)
