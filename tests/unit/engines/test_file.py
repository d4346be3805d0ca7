"""A finished file says what it holds and how it was made; what is asked for beside it lies beside it."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bench.quality.tracks import psnr
from mutoscope.engines.base import GenerationCancelled
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.extras import MAKERS
from mutoscope.generation import Artifact, frame_size
from mutoscope.media.image import RgbArray
from mutoscope.runners.messages import Done, decode_from_runner, encode
from mutoscope.settings import EXTRA_OUTPUTS
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, PIER, Listener, fitted_luma, lumas, picture


def digest(path: Path) -> str:
    """The file's bytes in short."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_artifact_says_what_the_file_says(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Size by the area rule, frames as asked, and the engine's own name."""
    listener = Listener()
    job = make_job("zoom in", num_frames=25, seed=11)

    artifact = engine.generate(job, listener)

    width, height = frame_size(1280, 853, 64_000)
    assert (artifact.width_px, artifact.height_px) == (width, height)
    assert (artifact.fps, artifact.num_frames, artifact.duration_s) == (24.0, 25, 25 / 24)
    assert (artifact.seed, artifact.engine, artifact.preview) == (11, "procedural", True)
    assert artifact.metrics["render_s"] > 0 and artifact.metrics["encode_s"] > 0
    assert [entry.name for entry in job.scratch.iterdir()] == [artifact.path.name]
    with av.open(str(artifact.path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (width, height, 25)
        assert sum(1 for _ in container.decode(video=0)) == 25
        assert len(container.streams) == 1


def test_full_size_clip_of_five_seconds(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """121 frames of 0.92 MP at 24 fps last 121/24 s; the first one is the picture."""
    artifact = engine.generate(make_job("slow zoom in", num_frames=121, area_px=921_600), Listener())

    assert (artifact.width_px, artifact.height_px) == (1174, 782)
    assert artifact.duration_s == 121 / 24
    assert psnr(lumas(artifact)[0], fitted_luma(PIER, 921_600)) >= 42


def test_manifest_tells_the_making_and_nothing_private(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Seed, engine, version and settings; no prompt, no id, no time."""
    job = make_job("a secret pan left", negative_prompt="hush", seed=5)

    artifact = engine.generate(job, Listener())

    with av.open(str(artifact.path)) as container:
        comment = container.metadata["comment"]
    manifest = json.loads(comment)
    assert manifest["note"] == "procedural preview"
    assert (manifest["engine"], manifest["seed"]) == ("procedural", 5)
    assert manifest["version"].startswith("mutoscope ")
    assert manifest["settings"]["num_frames"] == 13
    assert artifact.manifest == manifest
    for private in ("secret", "hush", "pan", job.request_id, str(job.scratch)):
        assert private not in artifact.path.read_bytes().decode("latin-1").split("mdat")[0]


@pytest.mark.parametrize(
    "changes",
    [{"prompt": "handheld zoom in"}, {"last_frame": CANYON}, {"task": "text-to-video", "prompt": "a stormy sea"}],
    ids=["camera", "tail", "text"],
)
def test_same_job_gives_the_same_bytes(engine: ProceduralEngine, make_job: MakeJob, changes: dict[str, Any]) -> None:
    """Another attempt, another id, another folder, another engine: the same file."""
    first = engine.generate(make_job(**changes), Listener())
    second = ProceduralEngine().generate(make_job(**changes), Listener())

    assert digest(first.path) == digest(second.path)


def test_every_frame_reports_progress(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Evenly, up to 1, in words too."""
    listener = Listener()

    engine.generate(make_job(num_frames=8), listener)

    assert listener.fractions == [pytest.approx((index + 1) / 8) for index in range(8)]
    assert (listener.messages[0], listener.messages[-1]) == ("frame 1 of 8", "frame 8 of 8")


@pytest.mark.parametrize("after", [0, 1, 5, 12])
@pytest.mark.parametrize("task", ["image-to-video", "text-to-video"])
def test_cancel_leaves_nothing(engine: ProceduralEngine, make_job: MakeJob, task: str, after: int) -> None:
    """No file, no part of one, no thread; and the engine takes the next job."""
    job = make_job("zoom in", task=task)

    with pytest.raises(GenerationCancelled):
        engine.generate(job, Listener(cancel_after=after))

    assert list(job.scratch.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "encoder"]
    assert engine.generate(make_job(num_frames=2), Listener()).num_frames == 2


# --- beside the clip ---------------------------------------------------------------


def beside(make_job: MakeJob, *names: str, **changes: Any) -> Artifact:
    """A clip with these pictures beside it."""
    engine = ProceduralEngine(extra_outputs=names)
    engine.load()
    return engine.generate(make_job(**changes), Listener())


def still(path: Path) -> RgbArray:
    """A written picture, opened again."""
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        return np.asarray(image)


def test_setting_and_engine_know_the_same_pictures() -> None:
    """The server checks names without importing what makes the pictures."""
    assert tuple(MAKERS) == EXTRA_OUTPUTS


def test_pictures_lie_beside_the_clip(make_job: MakeJob) -> None:
    """Each once, described as it is; nothing else is left in the folder."""
    artifact = beside(make_job, "poster", "contact_sheet", "poster", prompt="zoom in")

    assert [extra.name for extra in artifact.extras] == ["poster", "contact_sheet"]
    for extra in artifact.extras:
        assert (extra.path, extra.content_type) == (artifact.path.with_name(f"{extra.name}.jpg"), "image/jpeg")
        assert extra.size_bytes == extra.path.stat().st_size
    assert len(list(artifact.path.parent.iterdir())) == 3
    assert decode_from_runner(encode(Done(artifact))) == Done(artifact)


def test_poster_is_the_frame_after_a_third(make_job: MakeJob) -> None:
    """At the clip's size, as its decoder shows it."""
    artifact = beside(make_job, "poster", prompt="fast zoom in", num_frames=25, area_px=128_000)

    poster = still(artifact.extras[0].path)

    frames = lumas(artifact)
    luma = (16 + poster.astype(float) @ (0.2126, 0.7152, 0.0722) * 219 / 255).astype(np.uint8)
    nearest = max(range(25), key=lambda index: psnr(luma, frames[index]))
    assert poster.shape == (artifact.height_px, artifact.width_px, 3)
    assert nearest == 8


def test_poster_has_the_colors_of_the_picture(make_job: MakeJob, tmp_path: Path) -> None:
    """BT.709 on the way in and on the way out; BT.601 on either would turn green by 20."""
    patches = np.zeros((400, 600, 3), np.uint8)
    for column, color in enumerate(((200, 40, 40), (40, 200, 40), (40, 40, 200))):
        patches[:, 200 * column : 200 * column + 200] = color
    Image.fromarray(patches).save(tmp_path / "patches.png")

    artifact = beside(make_job, "poster", prompt="static shot", first_frame=tmp_path / "patches.png")

    poster = still(artifact.extras[0].path)
    height, width = poster.shape[:2]
    for column, color in enumerate(((200, 40, 40), (40, 200, 40), (40, 40, 200))):
        middle = poster[height // 2, round(width * (2 * column + 1) / 6)].astype(int)
        assert np.abs(middle - color).max() <= 6


@pytest.mark.parametrize("aspect", [(1280, 853), (600, 1067)])
def test_contact_sheet_shows_the_clip_in_six_frames(make_job: MakeJob, tmp_path: Path, aspect: tuple[int, int]) -> None:
    """Three by two with margins, in the clip's aspect, first and last frame included, at most 1280 wide."""
    path = tmp_path / "first.png"
    Image.fromarray(picture(PIER)).resize(aspect).save(path)

    artifact = beside(make_job, "contact_sheet", first_frame=path, last_frame=CANYON, area_px=640_000, num_frames=6)

    sheet = still(artifact.extras[0].path)
    height, width = (sheet.shape[0] - 3 * 8) // 2, (sheet.shape[1] - 4 * 8) // 3
    assert sheet.shape[1] <= 1280
    assert abs(width * artifact.height_px / (height * artifact.width_px) - 1) < 0.02
    assert np.abs(sheet[:, :8].astype(int) - 24).mean() < 6, "a margin"
    with Image.open(path) as first, Image.open(CANYON) as last:
        ends = [np.asarray(each.convert("L").resize((width, height)), np.uint8) for each in (first, last)]
    first_cell = sheet[8 : 8 + height, 8 : 8 + width].mean(axis=2).astype(np.uint8)
    assert np.corrcoef(first_cell.ravel(), ends[0].ravel())[0, 1] > 0.95


def test_slower_preset_gives_another_file(make_job: MakeJob) -> None:
    """And the manifest says which it was."""
    made = [
        ProceduralEngine(x264_preset=name).generate(make_job("zoom in"), Listener()) for name in ("superfast", "medium")
    ]

    assert [each.manifest["settings"]["preset"] for each in made] == ["superfast", "medium"]
    assert digest(made[0].path) != digest(made[1].path)
