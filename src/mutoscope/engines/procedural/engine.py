"""The procedural engine: a preview of what was asked for, drawn from the inputs without any model."""

from collections.abc import Sequence
from typing import Any, Final

import av
import cv2
import numpy as np

from mutoscope import __version__
from mutoscope.engines.base import Context
from mutoscope.engines.procedural.composition import NOTE, Composer
from mutoscope.engines.procedural.extras import make_extras
from mutoscope.engines.procedural.film import Film
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.render import Rendered, render
from mutoscope.generation import Artifact, ExtraFile, GenerationJob
from mutoscope.media.video import DEFAULT_PRESET, Encoding

NAME: Final = "procedural"
_CRF: Final = 22
_CRF_HELD: Final = 18
"""With a static mask: the encoder would otherwise requantise what is to stay still."""
_CRF_MORPH: Final = 20
"""With a last frame: it is reached in motion, where the encoder is at its coarsest."""


class ProceduralEngine:
    """
    Image-to-video and text-to-video without weights and without a GPU.

    Masks come before a last frame, a last frame before camera control, camera control before the prompt's camera; what
    gives way is named in the request's log.
    """

    def __init__(
        self,
        preview_tag: bool = True,
        image_pixels_max: int = 64_000_000,
        extra_outputs: Sequence[str] = (),
        x264_preset: str = DEFAULT_PRESET,
    ) -> None:
        """
        Args:
            preview_tag: draw "procedural preview" into text-to-video clips.
            image_pixels_max: largest picture taken as input.
            extra_outputs: names of `extras.MAKERS`, made beside every clip.
            x264_preset: how hard the encoder works for a smaller file.
        """
        self._extra_outputs = tuple(extra_outputs)
        self._preset = x264_preset
        self._composer = Composer(preview_tag=preview_tag, image_pixels_max=image_pixels_max)

    def load(self) -> None:
        """Make ready; later calls change nothing. One thread for OpenCV: the encoder has the other core."""
        cv2.setNumThreads(1)
        av.Codec("libx264", "w")
        nowhere = np.zeros((8, 8), np.float32)
        cv2.remap(np.zeros((8, 8), np.uint8), nowhere, nowhere, cv2.INTER_LINEAR)

    def generate(self, job: GenerationJob, context: Context) -> Artifact:
        """
        Make the clip of `job` and what belongs beside it, in its scratch folder. The same job gives the same bytes.

        Raises:
            InputInvalid: a picture is not usable; says which and why.
            GenerationCancelled: `context` said so; nothing is left in the scratch folder.
        """
        plan = plan_job(job)
        film = self._composer.compose(job, plan, context)
        encoding = encoding_for(job, plan, self._preset)
        manifest = _manifest(job, film, encoding)
        rendered = render(
            film,
            job.scratch / "output.mp4",
            fps=job.fps,
            encoding=encoding,
            manifest=manifest,
            context=context,
        )
        extras = make_extras(film, self._extra_outputs, job.scratch)
        beside = "".join(f", {extra.path.name} {extra.size_bytes} bytes" for extra in extras)
        context.log(f"done: {rendered.facts.size_bytes} bytes, {rendered.facts.num_frames} frames{beside}")
        return _artifact(job, rendered, extras, manifest)

    def film(self, job: GenerationJob, context: Context) -> Film:
        """The frames of `job` by index, before any encoding."""
        return self._composer.compose(job, plan_job(job), context)


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


def _artifact(
    job: GenerationJob, rendered: Rendered, extras: tuple[ExtraFile, ...], manifest: dict[str, Any]
) -> Artifact:
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
        extras=extras,
        manifest=manifest,
    )


def encoding_for(job: GenerationJob, plan: Plan, preset: str = DEFAULT_PRESET) -> Encoding:
    """Quality and speed of the encoder, by what has to come through it exactly."""
    crf = _CRF_HELD if job.static_mask is not None else _CRF_MORPH if job.stops else _CRF
    return Encoding(crf=crf + plan.crf_change, preset=preset)
