"""
The procedural engine: its speed as a ratio to encoding the same frames alone, its memory, and its quality bars.

Every part runs in a process of its own, so imports count; whole and encoding alternate, and the median of the pairs is
printed. Names are those of the bars: S for speed, the others are the quality bars that are tests as well.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import rivals
from bench.clip import CASES, FULL_AREA_PX
from bench.measure import Row, median
from bench.quality.table import BARS

PAIRS: Final = 3
RATIOS: Final = (
    ("S1", "camera", 1.9),
    ("S2", "weather", 2.1),
    ("S3", "layers", 2.4),
    ("S4", "masks", 1.9),
    ("S5", "tail", 2.4),
    ("S6", "lake", 3.5),
    ("S6", "village", 3.5),
    ("S6", "room", 3.5),
)
"""Bar, case, and how many times the CPU of encoding alone a clip may take."""
SCENE_MEDIAN: Final = 2.5
HALF_AREA_PX: Final = 1280 * 720
CLIP_S: Final = 121 / 24


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def rows() -> list[Row]:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="mutoscope-bench-") as name:
        folder = Path(name)
        return [
            *_ratio_rows(folder),
            *_wall_rows(folder),
            *_setup_rows(folder),
            *_memory_rows(folder),
            *_rival_rows(folder),
            *_quality_rows(),
        ]


def cost_of(*command: str) -> Cost:
    """
    Run a command to its end, with the environment that runners have.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=environment) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        last_words = said.read()[-2_000:].decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{last_words}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024)


def part(case: str, what: str, folder: Path, *, seconds: int = 5, area_px: int = FULL_AREA_PX) -> Cost:
    """What one part of a clip's making takes."""
    return cost_of(
        sys.executable, "-m", "bench.clip", case, what, str(folder), "--seconds", str(seconds), "--area", str(area_px)
    )


def _ratio_rows(folder: Path) -> list[Row]:
    rows, scenes = [], []
    for bar, case, bound in RATIOS:
        part(case, "draw", folder)
        pairs = [(part(case, "generate", folder), part(case, "encode", folder)) for _ in range(PAIRS)]
        ratio = median([whole.cpu_s / alone.cpu_s for whole, alone in pairs])
        whole, alone = (median([pair[index].cpu_s for pair in pairs]) for index in (0, 1))
        if bar == "S6":
            scenes.append(ratio)
        note = f"{whole:.2f} / {alone:.2f} CPU s, wall {min(each.wall_s for each, _ in pairs):.1f} s"
        rows.append(Row(f"{bar} {CASES[case].text}, 1080p, CPU over encoding alone", ratio, "×", bound, note))
    (folder / "frames.yuv").unlink()
    rows.append(Row("S6 median of the three scenes", median(scenes), "×", SCENE_MEDIAN))
    return rows


def _wall_rows(folder: Path) -> list[Row]:
    """How long a person waits, as a share of the clip's length; true on an idle machine only."""
    rows = []
    for case, area_px, name, bar in (
        ("weather", FULL_AREA_PX, "1080p", 0.65),
        ("weather", HALF_AREA_PX, "720p", 0.36),
        ("lake", FULL_AREA_PX, "1080p", 1.2),
    ):
        wall_s = min(part(case, "generate", folder, area_px=area_px).wall_s for _ in range(PAIRS))
        share = wall_s / CLIP_S
        rows.append(Row(f"S8 wall over length, {CASES[case].text}, {name}", share, "×", bar, f"{wall_s:.1f} s"))
    return rows


def _setup_rows(folder: Path) -> list[Row]:
    """From the interpreter's start to the first frame."""
    return [
        Row(
            f"S9 set-up, {text}",
            median([part(case, "setup", folder).cpu_s for _ in range(PAIRS)]),
            "CPU s",
            bar,
        )
        for case, text, bar in (("camera", "no plate", 0.7), ("masks", "with a plate", 1.6))
    ]


def _memory_rows(folder: Path) -> list[Row]:
    rows = []
    for case, bar in (("weather", 330), ("lake", 450)):
        short, long = (part(case, "generate", folder, seconds=seconds).peak_mib for seconds in (5, 10))
        rows.append(Row(f"S10 peak memory, {CASES[case].text}, 1080p", short, "MiB", bar))
        rows.append(Row(f"S10 the same, 10 s over 5 s, {CASES[case].text}", 100 * (long / short - 1), "%", 5))
    return rows


def _rival_rows(folder: Path) -> list[Row]:
    """The same zoom by others, in the same run; nothing where they are not installed."""
    rows = []
    for name, text, bar in (("moviepy", "MoviePy's", 0.20), ("zoompan", "ffmpeg zoompan's with 4× upscale", 0.75)):
        if (command := rivals.command(name, folder)) is None:
            rows.append(
                Row(f"S7 plain zoom, CPU over {text}", float("nan"), "×", bar, "the rivals could not be installed")
            )
            continue
        pairs = [(part("zoom", "generate", folder).cpu_s, cost_of(*command).cpu_s) for _ in range(PAIRS)]
        ratio = median([own / other for own, other in pairs])
        note = f"{median([own for own, _ in pairs]):.2f} / {median([other for _, other in pairs]):.2f} CPU s"
        rows.append(Row(f"S7 plain zoom, CPU over {text}", ratio, "×", bar, note))
    return rows


def _quality_rows() -> list[Row]:
    return [
        Row(f"{bar.id} {bar.text}", bar.measure(), bar.unit, bar.bound, at_most=bar.at_most)
        for bar in sorted(BARS, key=lambda bar: bar.id)
    ]
