"""The procedural engine: a preview of what was asked for, drawn from the inputs without any model."""

import zlib
from typing import Any, Final

import av
import cv2
import numpy as np

from mutoscope import __version__
from mutoscope.engines.base import Context
from mutoscope.engines.procedural.brush import BrushFilm, Stroke
from mutoscope.engines.procedural.camera import Stage
from mutoscope.engines.procedural.depth import guess_depth
from mutoscope.engines.procedural.diorama import DioramaFilm
from mutoscope.engines.procedural.film import Film, HeldFilm
from mutoscope.engines.procedural.morph import MorphFilm
from mutoscope.engines.procedural.picture import PictureFilm
from mutoscope.engines.procedural.plan import Plan, plan_job
from mutoscope.engines.procedural.render import Rendered, render
from mutoscope.engines.procedural.warp import Source
from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import Artifact, DynamicMask, GenerationJob, InputFile, frame_size
from mutoscope.limits import MASK_ASPECT_TOLERANCE
from mutoscope.media.frames import Plane, cover
from mutoscope.media.image import RgbArray, read_image
from mutoscope.media.video import Encoding

NAME: Final = "procedural"
NOTE: Final = "procedural preview"
_CRF: Final = 22
_CRF_HELD: Final = 18
"""With a static mask: the encoder would otherwise requantise what is to stay still."""
_CRF_MORPH: Final = 20
"""With a last frame: it is reached in motion, where the encoder is at its coarsest."""
_BLACK: Final = (0, 0, 0)


class ProceduralEngine:
    """
    Image-to-video and text-to-video without weights and without a GPU.

    Masks come before a last frame, a last frame before camera control, camera control before the prompt's camera; what
    gives way is named in the request's log.
    """

    def __init__(self, preview_tag: bool = True, image_pixels_max: int = 64_000_000) -> None:
        """
        Args:
            preview_tag: draw "procedural preview" into text-to-video clips.
            image_pixels_max: largest picture taken as input.
        """
        self._preview_tag = preview_tag
        self._image_pixels_max = image_pixels_max

    def load(self) -> None:
        """Make ready; later calls change nothing. One thread for OpenCV: the encoder has the other core."""
        cv2.setNumThreads(1)
        av.Codec("libx264", "w")
        nowhere = np.zeros((8, 8), np.float32)
        cv2.remap(np.zeros((8, 8), np.uint8), nowhere, nowhere, cv2.INTER_LINEAR)

    def generate(self, job: GenerationJob, context: Context) -> Artifact:
        """
        Make the clip of `job` and leave it in its scratch folder. The same job gives the same bytes.

        Raises:
            InputInvalid: a picture is not usable; says which and why.
            GenerationCancelled: `context` said so; nothing is left in the scratch folder.
        """
        plan = plan_job(job)
        film = (
            self._text_film(job, plan, context) if job.task == "text-to-video" else self._image_film(job, plan, context)
        )
        encoding = Encoding(crf=_crf_for(job))
        rendered = render(
            film,
            job.scratch / "output.mp4",
            fps=job.fps,
            encoding=encoding,
            manifest=_manifest(job, film, encoding),
            context=context,
        )
        context.log(f"done: {rendered.facts.size_bytes} bytes, {rendered.facts.num_frames} frames")
        return _artifact(job, rendered)

    def _text_film(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        assert job.width_px is not None and job.height_px is not None, "text-to-video has a fixed frame size"
        stage = Stage(job.width_px, job.height_px, job.num_frames / job.fps, _seed_of(job))
        _log_plan(plan, stage, job, context)
        scene = plan.scene
        extras = "".join([", water" if scene.water else "", ", snow" if scene.snow else ""])
        context.log(f"scene: {scene.kind} at {scene.time}{extras}; figures and weather are not drawn by this version")
        context.check()
        return DioramaFilm(
            plan, stage, num_frames=job.num_frames, seed=_seed_of(job), tag=NOTE if self._preview_tag else None
        )

    def _image_film(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        assert job.first_frame is not None, "image-to-video has a first frame"
        rgb = self._read(job.first_frame)
        height, width = rgb.shape[:2]
        stage = Stage(*frame_size(width, height, job.area_px), job.num_frames / job.fps, _seed_of(job))
        _log_plan(plan, stage, job, context)
        context.check()
        pinned, strokes = self._read_brush(job, rgb, stage, context)
        source = Source.of_rgb(rgb, stage.width_px, stage.height_px)
        context.check()
        film: Film
        if strokes:
            _log_giving_way(job, "dynamic masks", last_frame=True, context=context)
            film = BrushFilm(source.planes, strokes, num_frames=job.num_frames)
        elif job.last_frame is not None:
            _log_giving_way(job, "the last frame", last_frame=False, context=context)
            film = self._morph(job, job.last_frame, source, stage, context)
        else:
            film = self._camera_film(job, plan, rgb, source, stage, pinned, context)
        if pinned is None:
            return film
        context.log(f"static mask: {(pinned > 0).mean():.1%} of the picture stays as it is")
        return HeldFilm(film, source.planes, pinned)

    def _camera_film(
        self,
        job: GenerationJob,
        plan: Plan,
        rgb: RgbArray,
        source: Source,
        stage: Stage,
        pinned: Plane | None,
        context: Context,
    ) -> Film:
        depth = guess_depth(rgb)
        film = PictureFilm(source, plan, depth, stage, num_frames=job.num_frames, pinned=pinned)
        context.log(f"depth: sky {depth.sky_share:.0%} of the picture, ground from {depth.horizon:.0%} of the height")
        if not plan.is_still and (beyond := film.camera.stretch()) > 0:
            context.log(f"edges: the camera sees {beyond:.0%} past the picture; its margins are stretched over that")
        return film

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


def _log_giving_way(job: GenerationJob, winner: str, *, last_frame: bool, context: Context) -> None:
    """Say which inputs have no effect because a stronger one is there."""
    losers = [
        name
        for name, given in (
            ("tail_image_url", last_frame and job.last_frame is not None),
            ("camera_control", job.camera_control is not None),
            ("the camera words of the prompt", job.camera_control is None),
        )
        if given
    ]
    context.log(f"ignored: {', '.join(losers)}; {winner} come{'' if winner.endswith('s') else 's'} first")


def _log_plan(plan: Plan, stage: Stage, job: GenerationJob, context: Context) -> None:
    """Say what the words came to, and which of them came to nothing."""
    context.log(
        f"frame size: {stage.width_px}x{stage.height_px}, {job.fps} fps, {job.num_frames} frames"
        f" ({stage.duration_s:.3f} s), seed {job.seed}"
    )
    moves_camera = job.last_frame is None and not job.dynamic_masks
    if moves_camera:
        context.log(f"camera: {plan.describe_path()}, strength {0.4 + 1.2 * job.cfg_scale:.2f}")
    if used := plan.used if moves_camera else plan.used_without_camera():
        context.log(f"words: {'; '.join(used)}")
    if plan.ignored:
        context.log(f"ignored: {', '.join(plan.ignored)}")


def _manifest(job: GenerationJob, film: Film, encoding: Encoding) -> dict[str, Any]:
    """What the file says of its making. No prompt, no id and no clock time, so equal jobs give equal files."""
    return {
        "note": NOTE,
        "engine": NAME,
        "version": f"mutoscope {__version__}",
        "seed": job.seed,
        "settings": {
            "task": job.task,
            "width": film.width_px,
            "height": film.height_px,
            "fps": job.fps,
            "num_frames": film.num_frames,
            "cfg_scale": job.cfg_scale,
            "crf": encoding.crf,
            "preset": encoding.preset,
        },
    }


def _artifact(job: GenerationJob, rendered: Rendered) -> Artifact:
    facts = rendered.facts
    return Artifact(
        path=job.scratch / "output.mp4",
        width_px=facts.width_px,
        height_px=facts.height_px,
        fps=float(facts.fps),
        num_frames=facts.num_frames,
        duration_s=float(facts.duration_s),
        seed=job.seed,
        engine=NAME,
        preview=True,
        metrics={"render_s": round(rendered.render_s, 3), "encode_s": round(rendered.encode_s, 3)},
    )


def _crf_for(job: GenerationJob) -> int:
    if job.static_mask is not None:
        return _CRF_HELD
    return _CRF if job.last_frame is None else _CRF_MORPH


def _seed_of(job: GenerationJob) -> int:
    """A seed for this job's chance: other seeds and other prompts look different."""
    return zlib.crc32(f"{job.seed}\n{job.prompt}".encode())
