"""
CPU of a 5 s image-to-video clip as a ratio to encoding the same frames alone.

Both run in processes of their own with the same layout (one thread that fills frames, one that encodes) and count from
the interpreter's start, imports included. Run: python bench/renderer.py [--pairs 3] [--seconds 5] [--json]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.picture import PictureFilm
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Source
from mutoscope.generation import GenerationJob, InputFile, LogLevel, frame_size
from mutoscope.media.frames import Planes
from mutoscope.media.image import read_image
from mutoscope.media.video import VideoWriter

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "demo.jpg"
PROMPT = "Camera slowly zooms in"
AREA_PX = 1920 * 1080
FPS = 24
GOAL = 2.2


class Silence:
    """A context that nobody listens to and nobody cancels."""

    def check(self) -> None:
        pass

    def progress(self, fraction: float, message: str | None = None) -> None:
        pass

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        pass


def main() -> None:
    """Measure pairs and print the medians."""
    arguments = _arguments()
    if arguments.part == "generate":
        ProceduralEngine().generate(_job(arguments.folder, arguments.seconds), Silence())
        return
    if arguments.part == "draw":
        _draw(_job(arguments.folder, arguments.seconds))
        return
    if arguments.part == "encode":
        _encode(_job(arguments.folder, arguments.seconds))
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), arguments.seconds, arguments.pairs, as_json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="measured pairs; the median is printed")
    parser.add_argument("--seconds", type=int, default=5, help="nominal length of the clip")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--part", choices=("generate", "draw", "encode"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(folder: Path, seconds: int, pairs: int, *, as_json: bool) -> None:
    _run("draw", folder, seconds)
    whole, alone, peaks = [], [], []
    for _ in range(pairs):
        cpu_s, peak_mib = _run("generate", folder, seconds)
        whole.append(cpu_s)
        peaks.append(peak_mib)
        alone.append(_run("encode", folder, seconds)[0])
    ratio = statistics.median(a / b for a, b in zip(whole, alone, strict=True))
    facts = {
        "i2v_cpu_s": round(statistics.median(whole), 2),
        "encode_alone_cpu_s": round(statistics.median(alone), 2),
        "i2v_cpu_ratio": round(ratio, 2),
        "goal": GOAL,
        "i2v_peak_mib": round(max(peaks)),
    }
    if as_json:
        print(json.dumps(facts))
        return
    print(f"image-to-video, {seconds} s of {AREA_PX / 1e6:.2f} MP at {FPS} fps, camera move, {pairs} pairs")
    print(f"  whole {facts['i2v_cpu_s']} CPU s, encoding alone {facts['encode_alone_cpu_s']} CPU s")
    print(f"  ratio {facts['i2v_cpu_ratio']} (goal <= {GOAL}), peak memory {facts['i2v_peak_mib']} MiB")


def _run(part: str, folder: Path, seconds: int) -> tuple[float, float]:
    """CPU seconds and peak MiB of one part in a process of its own."""
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder), "--seconds", str(seconds)]
    with subprocess.Popen(command) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{part} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _job(folder: Path, seconds: int) -> GenerationJob:
    return GenerationJob(
        request_id="bench",
        attempt=1,
        endpoint_id="bench",
        task="image-to-video",
        scratch=folder,
        prompt=PROMPT,
        negative_prompt="blur, distort, and low quality",
        cfg_scale=0.5,
        seed=0,
        duration_s=seconds,
        fps=FPS,
        num_frames=FPS * seconds + 1,
        area_px=AREA_PX,
        width_px=None,
        height_px=None,
        first_frame=InputFile(PICTURE, ("body", "image_url")),
    )


def _film(job: GenerationJob) -> PictureFilm:
    assert job.first_frame is not None
    rgb = read_image(job.first_frame, pixels_max=64_000_000)
    size = frame_size(rgb.shape[1], rgb.shape[0], job.area_px)
    stage = Stage(*size, job.num_frames / job.fps, job.seed)
    return PictureFilm(Source.of_rgb(rgb, *size), plan_job(job), analyse(rgb), stage, num_frames=job.num_frames)


def _draw(job: GenerationJob) -> None:
    """Leave the frames raw, and their size beside them."""
    film = _film(job)
    planes = Planes.empty(film.width_px, film.height_px)
    with (job.scratch / "frames.yuv").open("wb") as stream:
        for index in range(film.num_frames):
            film.draw(index, planes)
            for plane in (planes.y, planes.u, planes.v):
                stream.write(plane.tobytes())
    (job.scratch / "size.json").write_text(json.dumps([film.width_px, film.height_px]))


def _encode(job: GenerationJob) -> None:
    """Encode the raw frames exactly as the engine would."""
    width, height = json.loads((job.scratch / "size.json").read_text())
    raw = np.memmap(job.scratch / "frames.yuv", np.uint8, "r").reshape(job.num_frames, height * 3 // 2, width)
    writer = VideoWriter(
        job.scratch / "alone.mp4", width_px=width, height_px=height, fps=Fraction(job.fps), manifest={}
    )
    with writer:
        for frame in raw:
            target = writer.planes()
            np.copyto(target.y, frame[:height])
            chroma = frame[height:].reshape(2, height // 2, width // 2)
            np.copyto(target.u, chroma[0])
            np.copyto(target.v, chroma[1])
            writer.push()


if __name__ == "__main__":
    main()
