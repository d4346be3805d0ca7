"""
Clips to look at: what the engine makes of the prompts of the API's pages and of two dozen others.

    python -m bench.gallery FOLDER [name ...] [--area 409920] [--frames 121]
    python -m bench.gallery FOLDER --readme

The first leaves NAME.mp4 and NAME.jpg, a row of frames, in the folder, and prints what the engine said about each. The
second makes the pictures of the documentation: gallery.jpg and the clips of CLIPS; `docs/images` is their folder.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.quality.clips import PHOTOS, SMALL_AREA_PX, Silence, engine, frame
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.generation import CameraControl, DynamicMask, GenerationJob, InputFile
from mutoscope.media.frames import middle, rgb_of_planes

SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Moments of the clip that a row shows."""
ROW_WIDTH_PX: Final = 1600
NEGATIVE: Final = "blur, distort, and low quality"
ASPECTS: Final = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}

CAT: Final = (
    "In a dimly lit room, a playful cat's eyes light up, fixated on a dancing red dot. With boundless energy, it "
    "pounces and leaps, chasing the elusive beam across the floor and up the walls. The simple joy of the hunt "
    "unfolds in clear, uncomplicated visuals."
)
CARS: Final = (
    "A stark starting line divides two powerful cars, engines revving for the challenge ahead. They surge forward"
    " in the heat of competition, a blur of speed and chrome. The finish line looms as they vie for victory."
)
LORD: Final = (
    "A noble lord walks among his people, his presence a comforting reassurance. He greets them with a gentle "
    "smile, embodying their hopes and earning their respect through simple interactions. The atmosphere is "
    "intimate and sincere, highlighting the bond between the leader and community."
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One clip of the gallery."""

    prompt: str
    photo: str = ""
    """A name in PHOTOS; empty for text-to-video."""
    aspect: str = "16:9"
    values: Callable[[Path], dict[str, Any]] = lambda folder: {}
    """More fields of the job; files it needs are made in the folder."""


Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""


def mask(
    folder: Path, photo: str, name: str, *, ellipses: tuple[Box, ...] = (), boxes: tuple[Box, ...] = ()
) -> InputFile:
    """A mask of the photo's size, white in these shapes."""
    with Image.open(PHOTOS[photo]) as picture:
        size = picture.size
    painted = Image.new("L", size)
    draw = ImageDraw.Draw(painted)
    for box in ellipses:
        draw.ellipse(_pixels(box, size), fill=255)
    for box in boxes:
        draw.rectangle(_pixels(box, size), fill=255)
    path = folder / f"{photo}-{name}.png"
    painted.save(path)
    return InputFile(path, ("body", name))


def _pixels(box: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    (left, top, right, bottom), (width, height) = box, size
    return left * width, top * height, right * width, bottom * height


def _launch(folder: Path) -> dict[str, Any]:
    """The rocket lifts off; the lamps to its left stay as they are. Points are pixels of the photo's 640×427."""
    rocket = mask(
        folder, "rocket", "dynamic", ellipses=((0.480, 0.275, 0.528, 0.45),), boxes=((0.480, 0.36, 0.528, 0.952),)
    )
    return {
        "dynamic_masks": (DynamicMask(rocket, ((322, 140), (322, 165), (323, 225), (325, 330))),),
        "static_mask": mask(folder, "rocket", "static", ellipses=((0.1, 0.8, 0.35, 1.0),)),
    }


def _swing(folder: Path) -> dict[str, Any]:
    """The lantern goes and its cord with it. Points are pixels of the photo's 1200×800."""
    lantern = mask(
        folder, "lantern", "dynamic", ellipses=((0.13, 0.10, 0.44, 0.70),), boxes=((0.265, 0.0, 0.285, 0.3),)
    )
    return {"dynamic_masks": (DynamicMask(lantern, ((330, 400), (420, 392), (560, 384), (700, 384))),)}


def _to(photo: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"last_frame": InputFile(PHOTOS[photo], ("body", "tail_image_url"))}


PIECES: Final[dict[str, Piece]] = {
    # The prompts of the API's pages, with pictures of our own.
    "page-cat": Piece(CAT, "cat"),
    "page-cat-text": Piece(CAT),
    "page-cars": Piece(CARS, "orbit"),
    "page-cars-text": Piece(CARS),
    "page-lord-text": Piece(LORD),
    "page-snow-masks": Piece("Snowflakes fall as a car moves forward along the road.", "rocket", values=_launch),
    # Photos: camera, weather, light, optics, subject, last frame.
    "pier-sunset": Piece("The camera pushes in over the pier, golden hour, gentle waves", "demo"),
    "pier-storm": Piece("A thunderstorm with heavy rain and lightning, static shot", "demo"),
    "pier-night": Piece("Night falls, stars twinkle, a shooting star. Slow tilt up", "demo"),
    "canyon-dust": Piece("Drone shot flying through the canyon, dust and sunbeams", "canyon"),
    "coffee-steam": Piece("Steam rises from the cup, warm morning light, slow orbit right", "coffee"),
    "cat-leaves": Piece("Heavy autumn leaves fall around the cat, warm light, she breathes, handheld camera", "cat"),
    "lantern-fireflies": Piece("Fireflies dance around the lantern, candle light flickers, zoom out", "lantern"),
    "lantern-swing": Piece("Candle light", "lantern", values=_swing),
    "rocket-launch": Piece("The rocket lifts off, rising smoke and sparks", "rocket", values=_launch),
    "orbit-pan": Piece("Camera pans right, lens flare, then it zooms in on the spacecraft", "orbit"),
    "astronaut-confetti": Piece("Confetti falls, vivid colors, she floats. Truck left", "astronaut"),
    "rocket-embers": Piece("火箭发射, 火花飞舞, 夜晚, 镜头缓缓推进", "rocket"),
    "pier-to-canyon": Piece("", "demo", values=_to("canyon")),
    "preset": Piece(
        "Heavy dust, sunbeams", "canyon", values=lambda folder: {"camera_control": CameraControl(preset="forward_up")}
    ),
    # Scenes from words alone.
    "lake": Piece("Snow falls over a mountain lake at sunset, a sailing boat drifts by"),
    "neon-rain": Piece("Neon cyberpunk city street at night in the rain, camera slowly pushes in"),
    "fireworks": Piece("Fireworks over a city by the river at night", aspect="1:1"),
    "balloons": Piece("Three hot air balloons over a green meadow at sunrise, birds fly past"),
    "desert": Piece("A lone rider on a horse gallops through desert dunes, dust in the air", aspect="9:16"),
    "underwater": Piece("A whale swims through the deep ocean among a school of fish, underwater"),
    "space": Piece("A rocket flies through space past a red planet, stars twinkle", aspect="9:16"),
    "forest": Piece("Foggy pine forest at dawn, a dog runs along the path"),
    "arctic": Piece("A husky runs over the snow in the arctic at night, stars twinkle, slow pan right"),
    "lighthouse": Piece("A lighthouse on the coast in a thunderstorm, waves"),
    "street-zh": Piece("雪中的小镇, 傍晚, 一只黑猫在屋顶上行走, 镜头缓慢右移"),
}


SHEET: Final = (
    ("pier-night", "lake"),
    ("canyon-dust", "neon-rain"),
    ("coffee-steam", "underwater"),
    ("rocket-launch", "balloons"),
    ("lantern-swing", "forest"),
    ("pier-to-canyon", "page-lord-text"),
)
"""Rows of gallery.jpg: a picture that was set in motion, and a scene made of words."""
SHEET_SHARES: Final = (0.0, 0.5, 1.0)
SHEET_FRAME_PX: Final = (264, 148)
"""Six of them and their gaps are ROW_WIDTH_PX."""
CLIPS: Final = {"pier-sunset": 97, "underwater": 97}
"""The clips of the documentation and their frames: four seconds."""


def main() -> None:
    """Render the pieces asked for, or all, or what the documentation shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="name")
    parser.add_argument("--readme", action="store_true", help="the pictures of the documentation")
    parser.add_argument("--area", type=int, default=SMALL_AREA_PX)
    parser.add_argument("--frames", type=int, default=121)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.readme:
        make_readme(options.folder)
        return
    for name in options.names or PIECES:
        job = make_job(PIECES[name], options.folder, options.area, options.frames)
        listener = Silence()
        artifact = engine().generate(job, listener)
        path = artifact.path.replace(options.folder / f"{name}.mp4")
        row_of(path, artifact.num_frames).save(options.folder / f"{name}.jpg", quality=88)
        print(f"{name}: {PIECES[name].prompt}", *listener.lines, sep="\n    ", flush=True)


def make_readme(folder: Path) -> None:
    """gallery.jpg and the clips of CLIPS, small enough for a repository."""
    sheet().save(folder / "gallery.jpg", quality=80, optimize=True)
    slow = ProceduralEngine(x264_preset="medium")
    slow.load()
    with tempfile.TemporaryDirectory() as scratch:
        for name, num_frames in CLIPS.items():
            artifact = slow.generate(make_job(PIECES[name], Path(scratch), SMALL_AREA_PX, num_frames), Silence())
            (folder / f"{name}.mp4").write_bytes(artifact.path.read_bytes())
    for name in ("gallery.jpg", *(f"{name}.mp4" for name in CLIPS)):
        print(f"{folder / name}: {(folder / name).stat().st_size / 1000:.0f} kB")


def sheet() -> Image.Image:
    """The pieces of SHEET, each as three moments side by side."""
    rows = [np.hstack([_strip(left), _gap(8), _strip(right)]) for left, right in SHEET]
    line = np.full((6, rows[0].shape[1], 3), 255, np.uint8)
    return Image.fromarray(np.vstack([part for row in rows for part in (row, line)][:-1]))


def _strip(name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Moments of a piece, their middles cropped to one shape."""
    with tempfile.TemporaryDirectory() as scratch:
        film = engine().film(make_job(PIECES[name], Path(scratch), SMALL_AREA_PX, 121), Silence())
    shown = [rgb_of_planes(frame(film, round(share * (film.num_frames - 1)))) for share in SHEET_SHARES]
    small = [cv2.resize(middle(rgb, *SHEET_FRAME_PX), SHEET_FRAME_PX, interpolation=cv2.INTER_AREA) for rgb in shown]
    return np.hstack([part for rgb in small for part in (np.asarray(rgb, np.uint8), _gap(2))][:-1])


def _gap(width_px: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((SHEET_FRAME_PX[1], width_px, 3), 255, np.uint8)


def make_job(piece: Piece, folder: Path, area_px: int, num_frames: int) -> GenerationJob:
    """The job of a piece."""
    across, down = ASPECTS[piece.aspect]
    width = int((area_px * across / down) ** 0.5) // 2 * 2
    values: dict[str, Any] = {
        "request_id": "gallery", "attempt": 1, "endpoint_id": "gallery", "scratch": folder, "prompt": piece.prompt,
        "task": "image-to-video" if piece.photo else "text-to-video", "negative_prompt": NEGATIVE, "cfg_scale": 0.5,
        "seed": 7, "duration_s": 5, "fps": 24, "num_frames": num_frames, "area_px": area_px,
        "width_px": None if piece.photo else width, "height_px": None if piece.photo else area_px // width // 2 * 2,
        "first_frame": InputFile(PHOTOS[piece.photo], ("body", "image_url")) if piece.photo else None,
    }  # fmt: skip
    return GenerationJob(**(values | piece.values(folder)))


def row_of(path: Path, num_frames: int) -> Image.Image:
    """Frames of a clip side by side."""
    wanted = {round(share * (num_frames - 1)) for share in SHARES}
    with av.open(str(path)) as container:
        frames = [
            frame.to_ndarray(format="rgb24") for index, frame in enumerate(container.decode(video=0)) if index in wanted
        ]
    width = ROW_WIDTH_PX // len(SHARES) - 4
    height = round(width * frames[0].shape[0] / frames[0].shape[1])
    small = [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    gap = np.full((height, 4, 3), 255, np.uint8)
    return Image.fromarray(np.hstack([part for frame in small for part in (frame, gap)][:-1]))


if __name__ == "__main__":
    main()
