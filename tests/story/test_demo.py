"""The promise of the README's first command: a playable clip from a photo, by the official client, with live logs."""

import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.live import clean_environment

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "docs/images/demo.jpg"


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program behind scripts/demo, with its data in `folder`."""
    program, output, data = (str(path) for path in (ROOT / "scripts/demo.py", folder / "out.mp4", folder / "demo"))
    return subprocess.run(
        [sys.executable, program, "--output", output, "--folder", data, *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


def frames_of(path: Path) -> tuple[list[np.ndarray], float]:
    """All frames as RGB, and the rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate is not None
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], float(stream.average_rate)


def test_demo_leaves_a_five_second_clip_that_starts_with_the_photo(tmp_path: Path):
    """Logs are printed while it works; the file has 121 frames at 24 fps, and the first one is the picture."""
    done = run_demo(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\[InProgress\]\n    \S", done.stdout), "log lines while it runs"
    assert "out.mp4 · " in done.stdout and "5.04 s" in done.stdout
    frames, rate = frames_of(tmp_path / "out.mp4")
    assert (len(frames), rate) == (121, 24.0)
    height, width, _ = frames[0].shape
    with Image.open(PHOTO) as photo:
        assert abs(width / height - photo.width / photo.height) < 0.01
        wanted = np.asarray(photo.convert("RGB").resize((width, height), Image.Resampling.LANCZOS), np.float64)
    assert np.abs(frames[0] - wanted).mean() < 4.0
    assert np.abs(frames[-1] - wanted).mean() > 4.0, "something has moved by the end"


def test_demo_says_what_went_wrong_and_what_the_server_said(tmp_path: Path):
    """A picture that is none ends with exit code 1, the reason, and the server's last lines."""
    picture = tmp_path / "broken.jpg"
    picture.write_bytes(b"this is not a picture")

    done = run_demo(tmp_path, "--image", str(picture))

    assert done.returncode == 1
    assert "demo: failed:" in done.stderr and "unsupported_image_format" in done.stderr
    assert "the server said:" in done.stderr
    assert not (tmp_path / "out.mp4").exists()
