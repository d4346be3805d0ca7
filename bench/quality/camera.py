"""What is promised of the camera: the exact first frame, steady sharpness, true paths, right directions, no folds."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, SMALL_AREA_PX, clip, film, frame, job
from bench.quality.tracks import block_sharpness, moved, psnr, ranks_agree, ssim
from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.photo.staging import margins_needed
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import CELL_PX, Grid, Map, Source
from mutoscope.generation import CameraControl, InputFile, frame_size
from mutoscope.media.image import RgbArray, read_image

Wish = str | CameraControl
Component = Literal["dx", "dy", "scale", "roll", "turn"]

_PIXELS_MAX: Final = 64_000_000
_TINY_AREA_PX: Final = 64_000
_HD_AREA_PX: Final = 1280 * 720
_LAST: Final = 120

MOVES: Final[tuple[tuple[Wish, Component, int], ...]] = (
    ("zoom in", "scale", 1), ("push in", "scale", 1), ("dolly in", "scale", 1), ("fly through", "scale", 1),
    ("zoom out", "scale", -1), ("pull back", "scale", -1), ("dolly out", "scale", -1),
    ("pan left", "dx", 1), ("pan right", "dx", -1), ("tilt up", "dy", 1), ("tilt down", "dy", -1),
    ("camera trucks left", "dx", 1), ("camera trucks right", "dx", -1),
    ("crane up", "dy", 1), ("crane down", "dy", -1),
    ("camera orbits left", "turn", -1), ("camera orbits right", "turn", 1),
    ("camera rolls left", "roll", 1), ("camera rolls right", "roll", -1), ("aerial shot", "scale", 1),
    (CameraControl(preset="down_back"), "scale", -1),
    (CameraControl(preset="forward_up"), "scale", 1), (CameraControl(preset="forward_up"), "dy", 1),
    (CameraControl(preset="right_turn_forward"), "dx", -1), (CameraControl(preset="left_turn_forward"), "dx", 1),
    (CameraControl(axis="horizontal", value=8), "dx", -1), (CameraControl(axis="horizontal", value=-8), "dx", 1),
    (CameraControl(axis="vertical", value=8), "dy", 1), (CameraControl(axis="vertical", value=-8), "dy", -1),
    (CameraControl(axis="pan", value=8), "dy", 1), (CameraControl(axis="pan", value=-8), "dy", -1),
    (CameraControl(axis="tilt", value=8), "dx", -1), (CameraControl(axis="tilt", value=-8), "dx", 1),
    (CameraControl(axis="roll", value=8), "roll", -1), (CameraControl(axis="roll", value=-8), "roll", 1),
    (CameraControl(axis="zoom", value=8), "scale", -1), (CameraControl(axis="zoom", value=-8), "scale", 1),
)  # fmt: skip
"""
A wish, the component in which it shows, and its sign.

`turn` is how much farther right the lower, nearer half goes than the upper one: an orbit keeps the middle in place.
"""
_LEAST: Final = {"dx": 3.0, "dy": 3.0, "scale": 3.0, "roll": 2.0, "turn": 3.0}
"""Percent of the frame, or degrees."""
_ACROSS_MAX: Final = 0.35
_FOLD_MOVES: Final = (*dict.fromkeys(wish for wish, _, _ in MOVES), "dolly zoom", "handheld", "a quiet day")


def first_frame_difference() -> float:
    """Largest difference of any sample of frame 0 from the fitted picture, over all photos, with everything on."""
    worst = 0
    for path in PHOTOS.values():
        wish = "camera orbits left while the subject jumps in heavy snow at sunset, wind, film grain"
        made = film(wish, first_frame=path, area_px=_TINY_AREA_PX)
        picture = Source.of_rgb(_rgb(path), made.width_px, made.height_px).planes
        first = frame(made, 0)
        for name in ("y", "u", "v"):
            worst = max(worst, int(cv2.absdiff(getattr(first, name), getattr(picture, name)).max()))
    return float(worst)


@cache
def _decoded_first_frames() -> tuple[tuple[float, float], ...]:
    """PSNR and SSIM of decoded luma of frame 0, for every photo."""
    results = []
    for path in PHOTOS.values():
        decoded = clip("zoom in", first_frame=path, area_px=_HD_AREA_PX, num_frames=9).lumas[0]
        picture = Source.of_rgb(_rgb(path), decoded.shape[1], decoded.shape[0]).planes.y
        results.append((psnr(decoded, picture), ssim(decoded, picture)))
    return tuple(results)


def sharpness_pop() -> float:
    """Change of sharpness from frame 0 to 3 in textured blocks, percent: the worst photo of four."""
    worst = 0.0
    for name in ("demo", "canyon", "cat", "orbit"):
        made = film("zoom in", first_frame=PHOTOS[name])
        before, after = (block_sharpness(frame(made, index).y, 60) for index in (0, 3))
        textured = before > 2
        worst = min(worst, float(np.median(after[textured] / before[textured]) - 1))
    return 100 * worst


def breathing() -> float:
    """Spread of local sharpness around a trend of fifth order on a slow push, percent of itself: the mean of blocks."""
    spreads = []
    for name in ("canyon", "coffee"):
        made = film("slowly zoom in", first_frame=PHOTOS[name])
        times = np.linspace(-1, 1, 60)
        blocks = np.array([block_sharpness(frame(made, 1 + 2 * index).y, 60) for index in range(60)])
        blocks = blocks[:, blocks.mean(axis=0) > 2]
        trend = np.polynomial.polynomial.polyfit(times, blocks, 5)
        rest = blocks - np.polynomial.polynomial.polyval(times, trend).T
        spreads.append(float((rest.std(axis=0) / blocks.mean(axis=0)).mean()))
    return 100 * max(spreads)


@cache
def _dot_errors() -> tuple[float, float]:
    """Pixels between decoded dots and where the camera's geometry has them: p95 of the distance, rms of its jitter."""
    centers = _dots()
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder) / "card.png"
        cv2.imwrite(str(card), _card(centers))
        made = film("zoom in", first_frame=card)
        assert isinstance(made, PictureFilm)
        lumas = clip("zoom in", first_frame=card).lumas
    errors = []
    for index in range(4, _LAST, 2):
        expected = _where(made, index / _LAST, centers)
        errors.append(_centroids(lumas[index], expected) - expected)
    paths = np.array(errors)
    seen = np.isfinite(paths).all(axis=(0, 2))
    jitter = np.diff(paths[:, seen], n=2, axis=0)
    far = np.linalg.norm(paths[:, seen], axis=2)
    return float(np.percentile(far, 95)), float(np.sqrt((jitter**2).sum(axis=2).mean()))


def wrong_directions() -> float:
    """How many words, presets and controls go elsewhere, too little, or not level: seen by tracking corners."""
    return float(len([wish for wish, component, sign in MOVES if not _is_right(wish, component, sign)]))


def _is_right(wish: Wish, component: Component, sign: int) -> bool:
    made = _film_of(wish)
    first, later = frame(made, 0).y, frame(made, 72).y
    if component == "turn":
        half = made.height_px // 2
        near, far = moved(first[half:], later[half:]), moved(first[:half], later[:half])
        return sign * (near.dx - far.dx) >= _LEAST["turn"]
    seen = moved(first, later)
    value = sign * float(getattr(seen, component))
    across = {"dx": abs(seen.dy), "dy": abs(seen.dx)}.get(component, 0.0)
    return value >= _LEAST[component] and across <= _ACROSS_MAX * value


def least_jacobian() -> float:
    """
    Smallest local area of the sampling map over all photos and moves at full strength, frames sampled.

    As a share of the area that a flat plane at the same distance would have: a push makes near things larger, which is
    no fold.
    """
    least = 1.0
    for path in PHOTOS.values():
        rgb = _rgb(path)
        stage = Stage(*frame_size(rgb.shape[1], rgb.shape[0], _TINY_AREA_PX), 5.0, seed=3)
        grid, analysis = Grid(stage.width_px, stage.height_px), _analysis(path)
        nearness = grid.of_picture(analysis.nearness)
        for wish in _FOLD_MOVES:
            camera = Camera(_plan(wish, cfg_scale=1.0), nearness, grid, stage)
            camera.margins = margins_needed(camera, stage)
            for share in (0.5, 1.0):
                least = min(least, _relative_area(camera, share))
    return least


def depth_agreement() -> float:
    """Rank correlation of guessed nearness with the true one of a made scene: a plain, a sky, and standing boxes."""
    agreements = []
    for seed in range(3):
        rgb, truth = _made_scene(np.random.default_rng(seed))
        guessed = analyse(rgb).nearness
        size = guessed.shape[::-1]
        agreements.append(ranks_agree(guessed, np.asarray(cv2.resize(truth, size), np.float32)))
    return min(agreements)


BARS: Final = (
    Bar(id="F1", text="frame 0 before encoding against the fitted picture", measure=first_frame_difference, bound=0),
    Bar(
        id="F2-psnr", text="decoded frame 0, luma, worst photo, 720p", bound=42, unit="dB", at_most=False,
        measure=lambda: min(psnr_db for psnr_db, _ in _decoded_first_frames()),
    ),
    Bar(
        id="F2-ssim", text="decoded frame 0, luma, worst photo, 720p", bound=0.985, at_most=False,
        measure=lambda: min(alike for _, alike in _decoded_first_frames()),
    ),
    Bar(id="F4", text="sharpness from frame 0 to 3", measure=sharpness_pop, bound=-6, unit="%", at_most=False),
    Bar(id="F5", text="breathing of local sharpness, slow push", measure=breathing, bound=2.5, unit="%"),
    Bar(
        id="C1-path", text="dots from their path, p95, decoded", bound=0.20, unit="px",
        measure=lambda: _dot_errors()[0],
    ),
    Bar(
        id="C1-jitter", text="second difference of that, rms", bound=0.10, unit="px", measure=lambda: _dot_errors()[1]
    ),
    Bar(id="C2", text=f"wrong directions of {len(MOVES)}", measure=wrong_directions, bound=0),
    Bar(
        id="C4", text="least local area of a sampling map, all photos and moves", measure=least_jacobian, bound=0.5,
        at_most=False,
    ),
    Bar(id="Q1", text="nearness against truth, Spearman", measure=depth_agreement, bound=0.65, at_most=False),
)  # fmt: skip


def _rgb(path: Path) -> RgbArray:
    return read_image(InputFile(path, ("body",)), pixels_max=_PIXELS_MAX)


@cache
def _analysis(path: Path) -> Analysis:
    return analyse(_rgb(path))


def _plan(wish: Wish, *, cfg_scale: float = 0.5) -> Plan:
    if isinstance(wish, str):
        return plan_job(job(wish, cfg_scale=cfg_scale))
    return plan_job(job(camera_control=wish, cfg_scale=cfg_scale))


def _film_of(wish: Wish) -> PictureFilm:
    """Without plates: they do not change where things go."""
    path = PHOTOS["demo"]
    rgb = _rgb(path)
    size = frame_size(rgb.shape[1], rgb.shape[0], SMALL_AREA_PX // 4)
    return PictureFilm(
        Source.of_rgb(rgb, *size), _plan(wish), _analysis(path), Stage(*size, 5.0, seed=3), num_frames=_LAST + 1
    )


def _relative_area(camera: Camera, share: float) -> float:
    x, y = camera.positions(share)
    down_x, across_x = np.gradient(x, CELL_PX)
    down_y, across_y = np.gradient(y, CELL_PX)
    area = (across_x * down_y - across_y * down_x) / camera.flat_area(share)
    return float(area[1:-1, 1:-1].min())


def _dots() -> NDArray[np.float64]:
    """Places of 45 dots on a card of 854×480, x and y."""
    x, y = np.meshgrid(np.linspace(120, 734, 9), np.linspace(80, 400, 5))
    return np.column_stack([x.ravel(), y.ravel()])


def _card(centers: NDArray[np.float64]) -> RgbArray:
    rows, columns = np.mgrid[:480, :854]
    light = np.full((480, 854), 40.0)
    for x, y in centers:
        light += 180 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3.0**2))
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _where(made: PictureFilm, share: float, centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the frame shows these points of the picture: its sampling map, inverted by substitution."""
    grid = Grid(made.width_px, made.height_px)
    maps = made.positions(share)
    places = centers.copy()
    for _ in range(25):
        looked = np.column_stack([_read(grid, values, places) for values in maps])
        places += centers - looked
    return places


def _read(grid: Grid, values: Map, places: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = (places[:, axis].astype(np.float32)[None] for axis in (0, 1))
    return grid.at(values, x, y).ravel().astype(np.float64)


def _centroids(luma: NDArray[np.uint8], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centers of light around these places; not a number where the frame cuts them."""
    found = np.full(near.shape, np.nan)
    reach = 12
    for index, (x, y) in enumerate(near):
        column, row = round(x), round(y)
        if not (reach <= column < luma.shape[1] - reach and reach <= row < luma.shape[0] - reach):
            continue
        window = luma[row - reach : row + reach + 1, column - reach : column + reach + 1].astype(float)
        weight = np.maximum(window - np.median(window) - 8, 0)
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        found[index] = column + (weight * columns).sum() / weight.sum(), row + (weight * rows).sum() / weight.sum()
    return found


def _made_scene(random: np.random.Generator) -> tuple[RgbArray, NDArray[np.float32]]:
    """A picture of 480×320 and the inverse distance of each pixel, the sky's being 0."""
    height, width, horizon = 320, 480, int(random.uniform(110, 160))
    rgb = np.zeros((height, width, 3), np.float32)
    truth = np.zeros((height, width), np.float32)
    rgb[:horizon] = np.linspace(0, 1, horizon)[:, None, None] * (60, 40, 10) + (120, 160, 215)
    below = np.arange(1, height - horizon + 1, dtype=np.float32)
    truth[horizon:] = (below / below[-1])[:, None]
    grain = cv2.resize(random.normal(0, 1, (height, width)).astype(np.float32), None, fx=1, fy=1)
    rgb[horizon:] = np.array((110, 105, 80)) + 22 * (grain[horizon:] * np.sqrt(truth[horizon:]))[:, :, None]
    for foot in sorted(random.uniform(0.08, 0.8, 9)):
        tall, wide = int(0.55 * foot * height) + 6, int(0.28 * foot * width) + 4
        bottom = horizon + int(foot * (height - horizon))
        left = int(random.uniform(0, width - wide))
        box = (slice(max(0, bottom - tall), bottom), slice(left, left + wide))
        rgb[box] = random.uniform(30, 220, 3) + 6 * grain[box][:, :, None]
        truth[box] = foot
    return np.clip(rgb, 0, 255).astype(np.uint8), truth
