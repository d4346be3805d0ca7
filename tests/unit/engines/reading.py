"""Plans of prompts, without any picture, and short ways to name what is in them."""

from pathlib import Path
from typing import Any

from mutoscope.engines.procedural.plan import Effect, FigureWish, Plan, SceneWish
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.generation import GenerationJob


def plan(prompt: str, negative: str = "", **changes: Any) -> Plan:
    """The plan for this prompt, as image-to-video unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "request_id": "r", "attempt": 1, "endpoint_id": "e", "task": "image-to-video", "scratch": Path("/nowhere"),
        "prompt": prompt, "negative_prompt": negative, "cfg_scale": 0.5, "seed": 0, "duration_s": 5, "fps": 24,
        "num_frames": 121, "area_px": 921_600, "width_px": None, "height_px": None,
    }  # fmt: skip
    return plan_job(GenerationJob(**values | changes))


def moves(prompt: str, negative: str = "", **changes: Any) -> list[str]:
    """Names of the camera moves, in order."""
    return [segment.name for segment in plan(prompt, negative, **changes).segments]


def names(prompt: str, negative: str = "", **changes: Any) -> list[str]:
    """Names of the effects, in order."""
    return [effect.name for effect in plan(prompt, negative, **changes).effects]


def effect(prompt: str, negative: str = "", **changes: Any) -> Effect:
    """The only effect of a prompt."""
    (only,) = plan(prompt, negative, **changes).effects
    return only


def spans(prompt: str, **changes: Any) -> dict[str, tuple[float, float]]:
    """When each effect is there, in shares of the clip."""
    return {each.name: (round(each.start, 3), round(each.end, 3)) for each in plan(prompt, **changes).effects}


def motions(prompt: str, negative: str = "") -> list[str]:
    """Names of the subject's motions."""
    return [motion.name for motion in plan(prompt, negative).motions]


def scene(prompt: str, negative: str = "") -> SceneWish:
    """The place that text-to-video paints."""
    return plan(prompt, negative, task="text-to-video").scene


def figures(prompt: str, negative: str = "") -> list[FigureWish]:
    """Who stands in it."""
    return list(scene(prompt, negative).figures)
