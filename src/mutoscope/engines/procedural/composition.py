"""Reads the pictures of a job and composes the film that shows them: which inputs lead, and which give way."""

import zlib
from dataclasses import replace
from functools import partial
from typing import Final

from mutoscope.engines.base import Context
from mutoscope.engines.procedural.brush.film import BrushFilm
from mutoscope.engines.procedural.brush.strokes import Brush, read_brush
from mutoscope.engines.procedural.diorama.caption import Caption
from mutoscope.engines.procedural.diorama.film import DioramaFilm
from mutoscope.engines.procedural.diorama.stir import STIRRED
from mutoscope.engines.procedural.diorama.tag import Tag
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, displacements_of, is_laid_over, overlays_of
from mutoscope.engines.procedural.film import Film, HeldFilm
from mutoscope.engines.procedural.morph.journey import JourneyFilm
from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.photo.staging import lay_out
from mutoscope.engines.procedural.plan import EffectName, Plan, UsedWord
from mutoscope.engines.procedural.sight.analysis import NOTHING_KNOWN, Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.generation import GenerationJob, InputFile, frame_size
from mutoscope.media.frames import Plane, fit, middle
from mutoscope.media.image import RgbArray, read_image

NOTE: Final = "procedural preview"
_ENOUGH: Final = 4
"""Pixels of a picture for each of the frame that are still seen: luma is sampled at twice the frame's size."""


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
        plan, bent = _laid_over(plan, keeps=STIRRED)
        _log_frame(stage, job, context)
        _log_plan(plan, job, context, moves_camera=True, bent=bent)
        if bent:
            context.log(f"ignored as effects: {', '.join(bent)}; a painted scene moves as it is painted")
        scene = plan.scene
        extras = "".join([", water" if scene.water else "", ", snow" if scene.snow else ""])
        context.log(f"scene: {scene.kind}, {scene.time}{extras}")
        context.check()
        film = DioramaFilm(plan, stage, num_frames=job.num_frames)
        # Water, sky and plants of a painting move themselves; laid over, ripples would run across figures.
        laid_over = [effect for effect in plan.effects if effect.name not in STIRRED]
        overlays = overlays_of(laid_over, Site(stage, film.analysis))
        # What is written is written on the glass: no rain falls before it.
        if scene.caption is not None:
            overlays.append(Caption(scene.caption, stage))
        if self._preview_tag:
            overlays.append(Tag(NOTE, stage.width_px, stage.height_px))
        return OverlaidFilm(film, overlays, exact_first=False, exact_last=False) if overlays else film

    def _of_image(self, job: GenerationJob, plan: Plan, context: Context) -> Film:
        assert job.first_frame is not None, "image-to-video has a first frame"
        # The motion brush counts in pixels of the picture as it was sent.
        has_brush = bool(job.dynamic_masks) or job.static_mask is not None
        rgb = self._read(job.first_frame, None if has_brush else _ENOUGH * job.area_px)
        height, width = rgb.shape[:2]
        stage = Stage(*frame_size(width, height, job.area_px), job.num_frames / job.fps, _seed_of(job))
        _log_frame(stage, job, context)
        brush = read_brush(job, (width, height), stage, pixels_max=self._image_pixels_max, context=context)
        moves_camera = not job.stops and not brush.strokes
        plan, bent = (plan, ()) if moves_camera else _laid_over(plan)
        _log_plan(plan, job, context, moves_camera=moves_camera, bent=bent)
        context.check()
        is_last_exact = False
        if brush.strokes:
            _log_giving_way(job, plan, "dynamic masks", (*_names_of_stops(job), *bent), context)
            film, site = _brush_film(job, plan, rgb, brush, stage, context)
        elif job.stops:
            _log_giving_way(job, plan, "the last frame", bent, context)
            film, site = self._morph(job, plan, rgb, stage, context)
            is_last_exact = True
        else:
            film, site = _camera_film(job, plan, rgb, stage, brush.pinned, context)
        context.check()
        if overlays := overlays_of(plan.effects, site):
            film = OverlaidFilm(film, overlays, exact_first=True, exact_last=is_last_exact)
        return film if brush.pinned is None or site.first is None else HeldFilm(film, site.first, brush.pinned)

    def _morph(
        self, job: GenerationJob, plan: Plan, rgb: RgbArray, stage: Stage, context: Context
    ) -> tuple[Film, Site]:
        """The clip from the first picture to the last, by way of those between."""
        source = Source.of_rgb(rgb, stage.width_px, stage.height_px)
        names = [f"middle frame {number}" for number in range(1, len(job.stops))] + ["last frame"]
        second = self._stop(job, job.stops[0], stage, names[0], context)
        for stop, name in zip(job.stops[1:], names[1:], strict=True):
            # Read again when its time comes; but what is wrong with it is said before the first frame is drawn.
            self._stop(job, stop, stage, name, context)
        film = JourneyFilm(
            source,
            second,
            [partial(self._stop, job, stop, stage) for stop in job.stops],
            num_frames=job.num_frames,
            seed=_seed_of(job),
            tell=lambda number, found: context.log(f"{names[number]}: {found}"),
            check=context.check,
        )
        return film, Site(stage, _look(rgb, needed=bool(plan.effects)), source.planes)

    def _stop(
        self, job: GenerationJob, stop: InputFile, stage: Stage, name: str = "", context: Context | None = None
    ) -> Source:
        """A picture that the clip gets to, as large as the frame; what of it is not shown is said to `context`."""
        if context is not None:
            context.check()
        rgb = self._read(stop, pixels_enough=_ENOUGH * job.area_px)
        height, width = rgb.shape[:2]
        if context is not None:
            context.check()
            _log_cut(name, (width, height), job, stage, context)
        return Source.of_rgb(middle(rgb, stage.width_px, stage.height_px), stage.width_px, stage.height_px)

    def _read(self, file: InputFile, pixels_enough: int | None = None) -> RgbArray:
        return read_image(file, pixels_max=self._image_pixels_max, pixels_enough=pixels_enough)


def _brush_film(
    job: GenerationJob, plan: Plan, rgb: RgbArray, brush: Brush, stage: Stage, context: Context
) -> tuple[Film, Site]:
    picture = fit(rgb, stage.width_px, stage.height_px)
    film = BrushFilm(
        picture, brush.strokes, num_frames=job.num_frames, fps=job.fps, seed=stage.seed, check=context.check
    )
    return film, Site(stage, _look(rgb, needed=bool(plan.effects)), film.source)


def _camera_film(
    job: GenerationJob, plan: Plan, rgb: RgbArray, stage: Stage, pinned: Plane | None, context: Context
) -> tuple[Film, Site]:
    source = Source.of_rgb(rgb, stage.width_px, stage.height_px)
    context.check()
    sees_depth = any(segment.move.tx or segment.move.ty or segment.move.tz for segment in plan.segments)
    analysis = _look(rgb, needed=bool(sees_depth or plan.effects or plan.motions))
    site = Site(stage, analysis, source.planes)
    if sees_depth:
        sky = f"sky {100 * analysis.sky_share:.0f} % of the picture" if analysis.sky_share >= 0.005 else "no sky"
        context.log(f"depth: {sky}, ground from {100 * analysis.horizon:.0f} % of the height down")
    layout = lay_out(rgb, source, plan, analysis, stage, pinned=pinned is not None, check=context.check)
    for note in layout.notes:
        context.log(note)
    film = PictureFilm(
        source,
        plan,
        analysis,
        stage,
        num_frames=job.num_frames,
        pinned=pinned,
        displacements=displacements_of(plan.effects, site, Grid(stage.width_px, stage.height_px)),
        layout=layout,
    )
    return film, site if plan.is_still else replace(site, view=film.positions)


def _look(rgb: RgbArray, *, needed: bool) -> Analysis:
    """What the picture shows, where anything asks for it."""
    return analyse(rgb) if needed else NOTHING_KNOWN


def _laid_over(plan: Plan, *, keeps: frozenset[EffectName] = frozenset()) -> tuple[Plan, tuple[str, ...]]:
    """
    The plan without what bends the picture itself, which only a camera's film can show; and the names of that.

    A painted scene `keeps` what moves its own parts.
    """
    shown = [effect for effect in plan.effects if is_laid_over(effect.name) or effect.name in keeps]
    names = [effect.name for effect in plan.effects if effect not in shown]
    bent = tuple(dict.fromkeys([*names, *(motion.name for motion in plan.motions)]))
    return replace(plan, effects=tuple(shown), motions=()), bent


def _names_of_stops(job: GenerationJob) -> tuple[str, ...]:
    """The fields that they came in, each once."""
    return tuple(dict.fromkeys(str(stop.loc[1]) for stop in job.stops))


def _log_giving_way(job: GenerationJob, plan: Plan, winner: str, others: tuple[str, ...], context: Context) -> None:
    """Say which inputs have no effect because a stronger one is there; `others` are those beside the camera's."""
    losers = list(others)
    if job.camera_control is not None:
        losers.append("camera_control")
    elif _speaks_of_camera(plan):
        losers.append("the camera words of the prompt")
    if losers:
        context.log(f"ignored: {', '.join(losers)}; {winner} come{'' if winner.endswith('s') else 's'} first")


def _speaks_of_camera(plan: Plan) -> bool:
    return any(word.kind == "camera" for word in plan.used)


def _log_cut(name: str, size: tuple[int, int], job: GenerationJob, stage: Stage, context: Context) -> None:
    """Say what of a picture is not shown, since it has another aspect than the frame."""
    width, height = size
    if frame_size(width, height, job.area_px) == (stage.width_px, stage.height_px):
        return
    sides = "left and right" if width * stage.height_px > height * stage.width_px else "top and bottom"
    context.log(
        f"{name}: {width}x{height} has another aspect than the frame's {stage.width_px}x{stage.height_px};"
        f" its middle is shown, what is too much at {sides} is cut off"
    )


def _log_frame(stage: Stage, job: GenerationJob, context: Context) -> None:
    context.log(
        f"frame size: {stage.width_px}x{stage.height_px}, {job.fps} fps, {job.num_frames} frames"
        f" ({stage.duration_s:.3f} s), seed {job.seed}"
    )


def _log_plan(plan: Plan, job: GenerationJob, context: Context, *, moves_camera: bool, bent: tuple[str, ...]) -> None:
    """Say what the words came to, and which of them came to nothing; `bent` is asked for and cannot be shown."""
    if job.shots:
        begins = (f"shot {number} from {shot.start * job.duration_s:.1f} s" for number, shot in enumerate(job.shots, 1))
        context.log(", ".join(begins))
    if moves_camera:
        context.log(f"camera: {_describe_camera(plan, job)}")
    if effects := plan.describe_effects():
        context.log(f"effects: {effects}")
    words = [
        str(word)
        for word in plan.used
        if (moves_camera or word.kind not in ("camera", "manner"))
        and not _asks_for(word, bent)
        and not (word.is_default and job.first_frame is None)
    ]
    if words:
        context.log(f"words: {'; '.join(words)}")
    if plan.ignored:
        context.log(f"ignored: {', '.join(plan.ignored)}")


def _describe_camera(plan: Plan, job: GenerationJob) -> str:
    """The path, and how strong it is where cfg_scale has a say in that."""
    if plan.is_still or job.camera_control is not None:
        return plan.describe_path()
    is_directed = any(word.kind == "camera" or word.effect.startswith("camera ") for word in plan.used)
    undirected = "" if is_directed else ", since no words direct it"
    return f"{plan.describe_path()}, strength {0.4 + 1.2 * job.cfg_scale:.2f}{undirected}"


def _asks_for(word: UsedWord, names: tuple[str, ...]) -> bool:
    return not word.is_negation and word.effect.removeprefix("subject: ").startswith(tuple(f"{n} " for n in names))


def _seed_of(job: GenerationJob) -> int:
    """A seed for this job's chance: other seeds and other prompts look different."""
    return zlib.crc32(f"{job.seed}\n{job.prompt}".encode())
