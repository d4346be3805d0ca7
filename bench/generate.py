"""What one clip costs a person: client, server and runner together, from `mutoscope generate` to the file."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.clip import PIER
from bench.engine import PAIRS, cost_of
from bench.measure import Row, median

PROGRAM: Final = Path(sys.executable).with_name("mutoscope")
BAR_CPU_S: Final = 4.0
CLIPS: Final = (
    ("image-to-video", ("Camera slowly zooms in", "--image", str(PIER))),
    (
        "text-to-video",
        ("A sailing boat on a lake at sunset", "--endpoint", "fal-ai/kling-video/v1/standard/text-to-video"),
    ),
)


def rows() -> list[Row]:
    """Five seconds of 720p each; the wall time is beside it."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as name:
        return [_row(text, arguments, Path(name)) for text, arguments in CLIPS]


def _row(text: str, arguments: tuple[str, ...], folder: Path) -> Row:
    command = (str(PROGRAM), "generate", *arguments, "-o", str(folder / "out.mp4"))
    costs = [cost_of(*command, "--data-dir", str(folder / "data")) for _ in range(PAIRS)]
    return Row(
        f"generate, {text}, 5 s of 720p: client, server and runner",
        median([cost.cpu_s for cost in costs]),
        "CPU s",
        BAR_CPU_S if text == "image-to-video" else None,
        f"wall {median([cost.wall_s for cost in costs]):.1f} s",
    )
