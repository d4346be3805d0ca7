"""
The same zoom as others make it: 1.0 to 1.12 over five seconds of 1920×1080 at 24 fps, H.264 superfast CRF 22.

MoviePy brings an ffmpeg binary, which also serves for `zoompan`. Neither is part of the project, and MoviePy asks for
an older Pillow: they live in an environment of their own, made on first use. As a program, `rivals.py FOLDER` is
MoviePy's zoom, and `rivals.py --ffmpeg` prints where the binary is.
"""

import argparse
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PICTURE: Final = ROOT / "docs" / "images" / "demo.jpg"
HOME: Final = ROOT / ".cache" / "rivals"
PACKAGE: Final = "moviepy==2.2.1"
FRAMES: Final = 121
GROWTH: Final = 0.12


def command(name: str, folder: Path) -> list[str] | None:
    """The command line of `moviepy` or `zoompan`; None where they cannot be installed."""
    if (python := _python()) is None:
        return None
    return [python, __file__, str(folder)] if name == "moviepy" else _zoompan(python, folder)


@cache
def _python() -> str | None:
    """The interpreter of the rivals' environment."""
    python = HOME / "bin" / "python"
    if not (HOME / ".done").exists():
        venv.create(HOME, with_pip=True, clear=True)
        if subprocess.run([python, "-m", "pip", "install", "-qq", PACKAGE], check=False).returncode:
            print(f"bench: {PACKAGE} could not be installed; its rows stay empty", file=sys.stderr)
            return None
        (HOME / ".done").touch()
    return str(python)


def _zoompan(python: str, folder: Path) -> list[str]:
    ffmpeg = subprocess.run([python, __file__, "--ffmpeg"], check=True, capture_output=True, text=True).stdout.strip()
    move = (
        "scale=7680:-2,crop=7680:4320,"
        f"zoompan=z='1+{GROWTH}*on/{FRAMES - 1}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
        f":d={FRAMES}:s=1920x1080:fps=24,format=yuv420p"
    )
    return [
        ffmpeg, "-v", "error", "-y", "-threads", "1", "-i", str(PICTURE), "-vf", move, "-frames:v", str(FRAMES),
        "-c:v", "libx264", "-preset", "superfast", "-crf", "22", "-threads", "1", str(folder / "zoompan.mp4"),
    ]  # fmt: skip


def main() -> None:
    """MoviePy's zoom, or the way to its ffmpeg. Imports stand here because only the rivals' environment has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--ffmpeg", action="store_true")
    options = parser.parse_args()
    if options.ffmpeg:
        from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-not-found]  # noqa: PLC0415

        print(get_ffmpeg_exe())
        return
    from moviepy import CompositeVideoClip, ImageClip, vfx  # type: ignore[import-not-found]  # noqa: PLC0415

    seconds = FRAMES / 24
    still = ImageClip(str(PICTURE)).with_duration(seconds).with_effects([vfx.Resize(width=1920)])
    moving = still.with_effects([vfx.Resize(lambda t: 1 + GROWTH * t / seconds)]).with_position("center")
    CompositeVideoClip([moving], size=(1920, 1080)).write_videofile(
        str(options.folder / "moviepy.mp4"), fps=24, codec="libx264", preset="superfast", audio=False, logger=None,
        threads=1, ffmpeg_params=["-crf", "22"],
    )  # fmt: skip


if __name__ == "__main__":
    main()
