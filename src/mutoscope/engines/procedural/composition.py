"""Reads the pictures of a job and composes the film that shows them: which inputs lead, and which give way."""

import zlib
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np

from mutoscope.engines.base import Context
from mutoscope.engines.procedural.brush import BrushFilm, Stroke
from mutoscope.engines.procedural.diorama.film import DioramaFilm
from mutoscope.engines.procedural.effects.base import Displacement, Site
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, displacements_of, overlays_of
from mutoscope.engines.procedural.film import Film, HeldFilm
from mutoscope.engines.procedural.morph import MorphFilm
from mutoscope.engines.procedural.picture import PictureFilm
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import DynamicMask, GenerationJob, InputFile, frame_size
from mutoscope.limits import MASK_ASPECT_TOLERANCE
from mutoscope.media.frames import Plane, cover
from mutoscope.media.image import RgbArray, read_image

NOTE: Final = "procedural preview"
_BLACK: Final = (0, 0, 0)


class Composer:
    """Makes films of jobs."""

    def __init__(self, *, preview_tag: bool, image_pixels_max: int) -> None:
        self._preview_tag = preview_tag
        self._image_pixels_max = image_pixels_max

    def compose(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        """
        The film of a job, with what was decided said to `context`.

        Raises:
            InputInvalid: a picture is not usable; says which and why.
        """
        return self._of_text(job, plan, context) if job.first_frame is None else self._of_image(job, plan, context)

    def _of_text(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        assert job.width_px is not None and job.height_px is not None, "text-to-video has a fixed frame size"
        stage = Stage(job.width_px, job.height_px, job.num_frames / job.fps, _seed_of(job))
        _log_plan(plan, stage, job, context)
        scene = plan.scene
        extras = "".join([", water" if scene.water else "", ", snow" if scene.snow else ""])
        context.log(f"scene: {scene.kind} at {scene.time}{extras}")
        context.check()
        film = DioramaFilm(
            plan, stage, num_frames=job.num_frames, seed=stage.seed, tag=NOTE if self._preview_tag else None
        )
        overlays = overlays_of(plan.effects, Site(stage, film.analysis, None))
        return OverlaidFilm(film, overlays, exact_first=False, exact_last=False) if overlays else film

    def _of_image(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        assert job.first_frame is not None, "image-to-video has a first frame"
        rgb = self._read(job.first_frame)
        height, width = rgb.shape[:2]
        stage = Stage(*frame_size(width, height, job.area_px), job.num_frames / job.fps, _seed_of(job))
        _log_plan(plan, stage, job, context)
        context.check()
        pinned, strokes = self._read_brush(job, rgb, stage, context)
        source = Source.of_rgb(rgb, stage.width_px, stage.height_px)
        context.check()
        analysis = analyse(rgb)
        site = Site(stage, analysis, source.planes)
        film: Film
        if strokes:
            _log_giving_way(job, plan, "dynamic masks", last_frame=True, context=context)
            film = BrushFilm(source.planes, strokes, num_frames=job.num_frames)
        elif job.last_frame is not None:
            _log_giving_way(job, plan, "the last frame", last_frame=False, context=context)
            film = self._morph(job, job.last_frame, source, stage, context)
        else:
            grid = Grid(stage.width_px, stage.height_px)
            displacements = displacements_of(plan.effects, site, grid)
            film = _camera_film(job, plan, source, analysis, stage, pinned, displacements, context)
        if overlays := overlays_of(plan.effects, site):
            film = OverlaidFilm(film, overlays, exact_first=True, exact_last=job.last_frame is not None and not strokes)
        if pinned is None:
            return film
        context.log(f"static mask: {(pinned > 0).mean():.1%} of the picture stays as it is")
        return HeldFilm(film, source.planes, pinned)

    def _morph(self, job: GenerationJob, last_frame: InputFile, source: Source, stage: Stage, context: Context) -> Film:
        rgb = self._read(last_frame)
        height, width = rgb.shape[:2]
        if frame_size(width, height, job.area_px) != (stage.width_px, stage.height_px):
            context.log(
                f"last frame: {width}x{height} has another aspect than the frame; its middle is cropped to"
                f" {stage.width_px}x{stage.height_px}"
            )
        last = Source.of_rgb(cover(rgb, 2 * stage.width_px, 2 * stage.height_px), stage.width_px, stage.height_px)
        film = MorphFilm(source, last, num_frames=job.num_frames, seed=_seed_of(job))
        context.log(f"last frame: matches the first by {film.confidence:.0%}")
        return film

    def _read(self, file: InputFile) -> RgbArray:
        return read_image(file, pixels_max=self._image_pixels_max)

    def _read_brush(
        self, job: GenerationJob, picture: RgbArray, stage: Stage, context: Context
    ) -> tuple[Plane | None, list[Stroke]]:
        """The region of the static mask, if there is one, and the strokes that move something."""
        still = [] if job.static_mask is None else [job.static_mask]
        regions = self._read_masks([*still, *(mask.mask for mask in job.dynamic_masks)], picture, stage)
        strokes = []
        for index, (mask, region) in enumerate(zip(job.dynamic_masks, regions[len(still) :], strict=True)):
            if not region.any():
                context.log(f"ignored: dynamic_masks[{index}], its mask has no bright pixel", "WARN")
                continue
            strokes.append(Stroke(region, _path_of(mask, picture, stage)))
            share = (region > 0).mean()
            context.log(f"dynamic_masks[{index}]: {share:.1%} of the picture along {len(mask.trajectory)} points")
        return (regions[0] if still else None), strokes

    def _read_masks(self, files: list[InputFile], picture: RgbArray, stage: Stage) -> list[Plane]:
        """Masks at the frame's size, 255 where bright. All have one size, and the picture's aspect."""
        regions: list[Plane] = []
        first: tuple[int, int] | None = None
        for file in files:
            mask = read_image(file, pixels_max=self._image_pixels_max, behind_alpha=_BLACK)
            height, width = mask.shape[:2]
            first = first or (width, height)
            _check_mask(file, (width, height), first, picture)
            bright = np.where(mask.max(axis=2) >= 128, 255, 0).astype(np.uint8)
            scaled = cv2.resize(bright, (stage.width_px, stage.height_px), interpolation=cv2.INTER_LINEAR)
            regions.append(np.where(scaled >= 128, 255, 0).astype(np.uint8))
        return regions


def _camera_film(
    job: GenerationJob,
    plan: Plan,
    source: Source,
    analysis: Analysis,
    stage: Stage,
    pinned: Plane | None,
    displacements: Sequence[Displacement],
    context: Context,
) -> Film:
    film = PictureFilm(
        source, plan, analysis, stage, num_frames=job.num_frames, pinned=pinned, displacements=displacements
    )
    context.log(f"depth: sky {analysis.sky_share:.0%} of the picture, ground from {analysis.horizon:.0%} of the height")
    if not plan.is_still and (beyond := film.camera.stretch()) > 0:
        context.log(f"edges: the camera sees {beyond:.0%} past the picture; its margins are stretched over that")
    return film


def _check_mask(file: InputFile, size: tuple[int, int], first: tuple[int, int], picture: RgbArray) -> None:
    height, width = picture.shape[:2]
    if size != first:
        text = f"Mask is {size[0]}x{size[1]}, another mask of this request {first[0]}x{first[1]}; all need one size"
    elif abs(size[0] * height / (size[1] * width) - 1) > MASK_ASPECT_TOLERANCE:
        text = (
            f"Mask is {size[0]}x{size[1]}, the picture {width}x{height}; their aspects may differ by at most"
            f" {MASK_ASPECT_TOLERANCE:.0%}. Draw the mask on the picture itself"
        )
    else:
        return
    raise InputInvalid(Problem("value_error", file.loc, text, ctx={"error": text}))


def _path_of(mask: DynamicMask, picture: RgbArray, stage: Stage) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The trajectory in pixels of the frame, y downwards."""
    height, width = picture.shape[:2]
    points = np.array(mask.trajectory, np.float64)
    return np.column_stack([points[:, 0] * stage.width_px / width, (height - points[:, 1]) * stage.height_px / height])


def _log_giving_way(job: GenerationJob, plan: Plan, winner: str, *, last_frame: bool, context: Context) -> None:
    """Say which inputs have no effect because a stronger one is there."""
    losers = [
        name
        for name, given in (
            ("tail_image_url", last_frame and job.last_frame is not None),
            ("camera_control", job.camera_control is not None),
            ("the camera words of the prompt", job.camera_control is None and _speaks_of_camera(plan)),
        )
        if given
    ]
    if losers:
        context.log(f"ignored: {', '.join(losers)}; {winner} come{'' if winner.endswith('s') else 's'} first")


def _speaks_of_camera(plan: Plan) -> bool:
    return any(word.kind == "camera" for word in plan.used)


def _log_plan(plan: Plan, stage: Stage, job: GenerationJob, context: Context) -> None:
    """Say what the words came to, and which of them came to nothing."""
    context.log(
        f"frame size: {stage.width_px}x{stage.height_px}, {job.fps} fps, {job.num_frames} frames"
        f" ({stage.duration_s:.3f} s), seed {job.seed}"
    )
    moves_camera = job.last_frame is None and not job.dynamic_masks
    if moves_camera:
        context.log(f"camera: {plan.describe_path()}, strength {0.4 + 1.2 * job.cfg_scale:.2f}")
    if effects := plan.describe_effects():
        context.log(f"effects: {effects}")
    if used := [str(word) for word in plan.used if moves_camera or word.kind not in ("camera", "manner")]:
        context.log(f"words: {'; '.join(used)}")
    if plan.ignored:
        context.log(f"ignored: {', '.join(plan.ignored)}")


def _seed_of(job: GenerationJob) -> int:
    """A seed for this job's chance: other seeds and other prompts look different."""
    return zlib.crc32(f"{job.seed}\n{job.prompt}".encode())
