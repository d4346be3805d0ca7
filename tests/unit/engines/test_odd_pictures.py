"""Pictures as people have them: every mode, orientation and size that a photo or a drawing comes in makes a clip."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.errors import InputInvalid
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import PIER, Listener, lumas

SIZE = (480, 320)
Save = Callable[[Path, Image.Image], None]


def _plain(kind: str, mode: str = "RGB", **options: Any) -> Save:
    return lambda path, photo: photo.convert(mode).save(path, kind, **options)


def _animated(kind: str) -> Save:
    """The photo, then white."""
    white = Image.new("RGB", SIZE, (255, 255, 255))
    return lambda path, photo: photo.save(path, kind, save_all=True, append_images=[white], duration=100)


def _sixteen_bits(path: Path, photo: Image.Image) -> None:
    Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257).save(path, "PNG")


def _sixteen_bits_of_color(path: Path, photo: Image.Image) -> None:
    """Pillow reads such files and does not write them."""
    wide = np.asarray(photo).astype(np.uint16)[:, :, ::-1] * 257
    done, content = cv2.imencode(".png", wide)
    assert done
    path.write_bytes(content.tobytes())


def _see_through(path: Path, photo: Image.Image) -> None:
    """Clear to the right."""
    photo = photo.convert("RGBA")
    photo.putalpha(Image.linear_gradient("L").rotate(-90).resize(SIZE))
    photo.save(path, "PNG")


ODD: dict[str, Save] = {
    "transparent": _see_through,
    "16-bit gray": _sixteen_bits,
    "16-bit color": _sixteen_bits_of_color,
    "gray with alpha": _plain("PNG", "LA"),
    "palette": _plain("PNG", "P"),
    "black and white": _plain("PNG", "1"),
    "CMYK": _plain("JPEG", "CMYK", quality=95),
    "animated GIF": _animated("GIF"),
    "animated WebP": _animated("WEBP"),
    "animated PNG": _animated("PNG"),
    "AVIF": _plain("AVIF"),
}


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """The pier at a size that is quick to save in any format."""
    with Image.open(PIER) as image:
        return image.convert("RGB").resize(SIZE)


@pytest.mark.parametrize("save", ODD.values(), ids=ODD.keys())
def test_odd_picture_makes_a_clip(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, photo: Image.Image, save: Save
) -> None:
    """The first frame is the photo: never its second, nor a negative, nor white."""
    path = tmp_path / "picture"
    save(path, photo)

    frames = lumas(engine.generate(make_job("zoom in", first_frame=path, num_frames=3), Listener()))

    height, width = frames[0].shape
    expected = np.asarray(photo.convert("L").resize((width, height)))
    half = (slice(None), slice(0, width // 2))  # what is clear in the transparent one is on the right
    assert np.corrcoef(frames[0][half].ravel(), expected[half].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_camera_held_any_way_makes_an_upright_clip(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path, photo: Image.Image, orientation: int
) -> None:
    """All eight orientations of EXIF: the clip is as wide as the upright picture, and bright on top as the sky is."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = photo.transpose(Image.Transpose(undo[orientation])) if orientation in undo else photo
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "held.jpg", exif=exif, quality=95)

    frames = lumas(engine.generate(make_job(first_frame=tmp_path / "held.jpg", num_frames=2), Listener()))

    height, width = frames[0].shape
    expected = np.asarray(photo.convert("L").resize((width, height)))
    assert width > height
    assert np.corrcoef(frames[0].ravel(), expected.ravel())[0, 1] > 0.95


def test_largest_photo_of_a_camera_makes_a_clip(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """8000 by 5000, as first and as last frame; the frame has its aspect to the pixel."""
    path = tmp_path / "large.jpg"
    Image.linear_gradient("L").resize((8000, 5000)).save(path, quality=60)

    artifact = engine.generate(make_job(first_frame=path, last_frame=path, num_frames=3), Listener())

    assert (artifact.width_px, artifact.height_px) == (320, 200)


def test_smallest_picture_makes_a_clip_and_a_smaller_one_is_named(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """300 a side is enough; 299 is the caller's mistake, and the message says the bound."""
    for side in (300, 299):
        Image.effect_noise((side, 400), 60).save(tmp_path / f"{side}.png")

    assert engine.generate(make_job(first_frame=tmp_path / "300.png", num_frames=2), Listener()).num_frames == 2
    with pytest.raises(InputInvalid, match="299x400; each side needs at least 300 pixels") as caught:
        engine.generate(make_job(first_frame=tmp_path / "299.png", num_frames=2), Listener())

    assert (caught.value.problem.type, caught.value.problem.loc) == ("image_too_small", ("body", "image_url"))
