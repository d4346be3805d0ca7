"""Draws a film frame by frame into the encoder, which works in its own thread meanwhile."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from mutoscope.engines.base import Context
from mutoscope.engines.procedural.film import Film
from mutoscope.media.video import Encoding, VideoFacts, VideoWriter, read_facts


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished file and what it cost."""

    facts: VideoFacts
    render_s: float
    """CPU seconds of the thread that draws."""
    encode_s: float
    """CPU seconds of the thread that encodes."""


def render(
    film: Film, path: Path, *, fps: int, encoding: Encoding, manifest: Mapping[str, Any], context: Context
) -> Rendered:
    """
    Write every frame of `film`; report progress and look for a cancel once a frame.

    Raises:
        GenerationCancelled: `context` said so; nothing is left at `path` or beside it.
        RuntimeError: the finished file does not hold the frames that were drawn.
    """
    started = time.thread_time()
    writer = VideoWriter(
        path,
        width_px=film.width_px,
        height_px=film.height_px,
        fps=Fraction(fps),
        manifest=manifest,
        encoding=encoding,
    )
    with writer:
        for index in range(film.num_frames):
            context.check()
            film.draw(index, writer.planes())
            writer.push()
            context.progress((index + 1) / film.num_frames, f"frame {index + 1} of {film.num_frames}")
    render_s = time.thread_time() - started
    facts = read_facts(path)
    if facts.num_frames != film.num_frames or facts.duration_s != Fraction(film.num_frames, fps):
        raise RuntimeError(f"{facts.num_frames} of {film.num_frames} frames in the file, {facts.duration_s} s")
    return Rendered(facts, render_s, writer.encode_s)
