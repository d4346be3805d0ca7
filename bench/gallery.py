"""
Clips to look at: what the engine makes of the prompts of the API's pages and of two dozen others.

    python -m bench.gallery FOLDER [name ...] [--area 409920] [--frames 121]

Leaves NAME.mp4 and NAME.jpg, a row of frames, in the folder, and prints what the engine said about each.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.quality.clips import PHOTOS, SMALL_AREA_PX, Silence, engine
from mutoscope.generation import CameraControl, DynamicMask, GenerationJob, InputFile

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


def ellipse(folder: Path, photo: str, box: tuple[float, float, float, float], name: str) -> InputFile:
    """A mask of the photo's size, white in the ellipse within (left, top, right, bottom), as shares of the picture."""
    with Image.open(PHOTOS[photo]) as picture:
        size = picture.size
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).ellipse([box[i] * size[i % 2] for i in range(4)], fill=255)
    path = folder / f"{photo}-{name}.png"
    mask.save(path)
    return InputFile(path, ("body", name))


def _masks(folder: Path) -> dict[str, Any]:
    """The rocket lifts off; the lamps below stay as they are."""
    rocket = ellipse(folder, "rocket", (0.465, 0.28, 0.545, 0.985), "dynamic")
    return {
        "dynamic_masks": (DynamicMask(rocket, ((322, 140), (324, 180), (328, 260), (336, 380))),),
        "static_mask": ellipse(folder, "rocket", (0.1, 0.8, 0.35, 1.0), "static"),
    }


def _swing(folder: Path) -> dict[str, Any]:
    lantern = ellipse(folder, "lantern", (0.13, 0.10, 0.44, 0.70), "dynamic")
    return {"dynamic_masks": (DynamicMask(lantern, ((330, 400), (420, 430), (520, 480), (600, 420), (640, 380))),)}


def _to(photo: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"last_frame": InputFile(PHOTOS[photo], ("body", "tail_image_url"))}


PIECES: Final[dict[str, Piece]] = {
    # The prompts of the API's pages, with pictures of our own.
    "page-cat": Piece(CAT, "cat"),
    "page-cat-text": Piece(CAT),
    "page-cars": Piece(CARS, "rocket"),
    "page-cars-text": Piece(CARS),
    "page-lord-text": Piece(LORD),
    "page-snow-masks": Piece("Snowflakes fall as a car moves forward along the road.", "rocket", values=_masks),
    # Photos: camera, weather, light, optics, subject, last frame.
    "pier-sunset": Piece("The camera slowly pushes in over the pier, golden hour, gentle waves", "demo"),
    "pier-storm": Piece("A thunderstorm with heavy rain and lightning, static shot", "demo"),
    "pier-night": Piece("Night falls, stars twinkle, a shooting star. Slow tilt up", "demo"),
    "canyon-dust": Piece("Drone shot flying through the canyon, dust and sunbeams", "canyon"),
    "coffee-steam": Piece("Steam rises from the cup, warm morning light, slow orbit right", "coffee"),
    "cat-leaves": Piece("Autumn leaves fall around the cat, soft bokeh, handheld camera", "cat"),
    "lantern-fireflies": Piece("Fireflies dance around the lantern, candle light flickers, zoom out", "lantern"),
    "lantern-swing": Piece("", "lantern", values=_swing),
    "orbit-pan": Piece("Camera pans right, lens flare, then it zooms in on the spacecraft", "orbit"),
    "astronaut-confetti": Piece("Confetti falls, vivid colors, she floats. Truck left", "astronaut"),
    "rocket-embers": Piece("火箭发射, 火花飞舞, 夜晚, 镜头缓缓推进", "rocket"),
    "pier-to-canyon": Piece("", "demo", values=_to("canyon")),
    "preset": Piece("", "canyon", values=lambda folder: {"camera_control": CameraControl(preset="forward_up")}),
    # Scenes from words alone.
    "lake": Piece("Snow falls over a mountain lake at sunset, a sailing boat drifts by"),
    "neon-rain": Piece("Neon cyberpunk city street at night in the rain, camera slowly pushes in"),
    "fireworks": Piece("Fireworks over a city by the river at night", aspect="1:1"),
    "balloons": Piece("Three hot air balloons over a green meadow at sunrise, birds fly past"),
    "desert": Piece("A lone rider on a horse gallops through desert dunes, dust in the air", aspect="9:16"),
    "underwater": Piece("A whale swims through the deep ocean among a school of fish, underwater"),
    "space": Piece("A rocket flies through space past a red planet, stars twinkle", aspect="9:16"),
    "forest": Piece("Foggy pine forest at dawn, a dog runs along the path"),
    "lighthouse": Piece("A lighthouse on the coast in a thunderstorm, waves"),
    "street-zh": Piece("雪中的小镇, 傍晚, 一只黑猫在屋顶上行走, 镜头缓慢右移"),
}


def main() -> None:
    """Render the pieces asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="name")
    parser.add_argument("--area", type=int, default=SMALL_AREA_PX)
    parser.add_argument("--frames", type=int, default=121)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or PIECES:
        job = make_job(PIECES[name], options.folder, options.area, options.frames)
        listener = Silence()
        artifact = engine().generate(job, listener)
        path = artifact.path.replace(options.folder / f"{name}.mp4")
        row_of(path, artifact.num_frames).save(options.folder / f"{name}.jpg", quality=88)
        print(f"{name}: {PIECES[name].prompt}", *listener.lines, sep="\n    ", flush=True)


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
