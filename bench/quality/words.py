"""What is promised of words: they scale, they hold still, they are taken back exactly, in order, and accounted for."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, Silence, engine, film, frame, job
from bench.quality.tracks import moved
from mutoscope.engines.procedural.composition import Composer
from mutoscope.engines.procedural.reading.reader import plan_job
from mutoscope.engines.procedural.reading.text import normalized, tokens_of
from mutoscope.engines.procedural.reading.vocabulary.manner import STOP_WORDS
from mutoscope.media.frames import Planes

_TINY_AREA_PX: Final = 320 * 180
_LAST: Final = 120
_SAMPLED: Final = (0, 40, 80, _LAST)
_STRICTNESS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_STILL: Final = (("static shot", ""), ("Locked-off camera", ""), ("zoom in", "camera movement"), ("固定镜头", ""))
"""Prompt and negative prompt."""
_SIXTHS: Final = 6

TAKEN_BACK: Final = (
    ("zoom in, heavy snow", "snow", "zoom in"),
    ("static shot, a thunderstorm", "storm", "static shot"),
    ("pan left, sunset", "sunset", "pan left"),
    ("static shot, waves and wind", "waves, wind", "static shot"),
    ("zoom in, 浓雾", "雾", "zoom in"),
    ("a man walks, a red laser dot, zoom in", "laser", "a man walks, zoom in"),
    ("dreamy glow, film grain, zoom in", "glow, grain", "zoom in"),
)
"""A prompt, a negative prompt, and the prompt that both come to."""
NEGATED: Final = (
    ("zoom in, no snow", "zoom in"),
    ("static shot without any rain or fog", "static shot"),
    ("pan left, never a storm", "pan left"),
    ("static shot, free of wind", "static shot"),
    ("zoom in，没有雪，不要下雨", "zoom in"),
)
"""A prompt, and the prompt without its negations."""

REQUESTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("", {}),
    ("🎬", {}),
    ("zoom in", {"negative_prompt": "blur, distort, and low quality"}),
    ("The camera slowly pushes in while heavy snow falls on the pier", {}),
    ("static, then snow, finally the snow stops", {}),
    ("Pan left. Then tilt up to the starry sky. Fireworks!", {"fps": 30, "num_frames": 151}),
    ("A red car races down the highway, motion blur", {"negative_prompt": "people, text"}),
    ("He smiles and greets them", {"negative_prompt": "extra fingers, ugly"}),
    ("镜头缓慢推进，雪花飘落", {}),
    ("固定镜头，一只黑猫在窗台上，夕阳", {"negative_prompt": "模糊、变形"}),
    ("鏡頭向左平移，櫻花飄落", {}),
    ("Снег падает на город", {}),
    ("zoom in, no rain, no wind", {"cfg_scale": 0.0}),
    ("dolly zoom, dramatic", {"cfg_scale": 1.0}),
    ("x " * 1250, {}),
    ('A man in a rain jacket says: "snow is coming". Zoom in, then out.', {}),
    ("[Scene 1] rain on a street [Scene 2] the camera follows a fire truck, at the end it stops", {}),
    ("waves crash, golden hour, film grain", {"num_frames": 241, "duration_s": 10}),
    ("handheld, thunderstorm, lightning", {"first_frame": PHOTOS["canyon"]}),
    ("steam rises, cosy", {"first_frame": PHOTOS["coffee"]}),
    ("the cat jumps, a dancing red dot", {"first_frame": PHOTOS["cat"]}),
    ("the rocket lifts off, smoke and sparks", {"first_frame": PHOTOS["rocket"]}),
    ("morph", {"last_frame": PHOTOS["canyon"]}),
    ("snow on the way", {"last_frame": PHOTOS["demo"]}),
    ("A noble lord walks among his people", {"task": "text-to-video"}),
    ("Two cars on a road at night, neon", {"task": "text-to-video"}),
    ("underwater, three fish, bubbles", {"task": "text-to-video"}),
    ("沙漠日落，骆驼前进", {"task": "text-to-video"}),
    ("a dimly lit room, a cat, a red dot", {"task": "text-to-video"}),
    ("an astronaut floats in space", {"task": "text-to-video", "negative_prompt": "stars, watermark"}),
    ("a lake at noon, then night falls, fireflies", {"task": "text-to-video"}),
    ("gizmo quux blorp", {"task": "text-to-video"}),
    ("", {"task": "text-to-video"}),
    ("forest in autumn, falling leaves, orbit left", {"task": "text-to-video"}),
)
"""Prompts and changes of the job; varied on purpose."""


@cache
def _reach() -> tuple[float, ...]:
    """How much larger the middle of the last frame is, in percent, for each strictness; before encoding."""
    found = []
    for cfg_scale in _STRICTNESS:
        ours = film("zoom in", cfg_scale=cfg_scale)
        found.append(moved(frame(ours, 0).y, frame(ours, _LAST).y).scale)
    return tuple(found)


def least_growth() -> float:
    """Smallest step from one strictness to the next, in percent of scale."""
    return min(high - low for low, high in pairwise(_reach()))


def growth() -> float:
    """Reach at the highest strictness over that at the lowest."""
    return _reach()[-1] / _reach()[0]


def movement_of_still_clips() -> float:
    """Largest mean difference of luma between frames of a clip that asks for a still camera; before encoding."""
    most = 0.0
    for prompt, negative in _STILL:
        ours = film(prompt, negative_prompt=negative)
        lumas = [frame(ours, index).y for index in _SAMPLED]
        most = max(most, *(float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(lumas)))
    return most


def _difference(prompt: str, negative: str, plain: str) -> float:
    """
    Largest difference between the clip of a prompt and that of the plain one, before encoding.

    Chance depends on the prompt's text, so the plain plan is drawn under the same job.
    """
    ours = job(prompt, negative_prompt=negative)
    composer = Composer(preview_tag=True, image_pixels_max=64_000_000)
    plans = [plan_job(job(text, negative_prompt=negative)) for text in (prompt, plain)]
    films = [composer.compose(ours, each, Silence()) for each in plans]
    return max(_apart(*(frame(each, index) for each in films)) for index in _SAMPLED)


def _apart(first: Planes, second: Planes) -> float:
    pairs = ((first.y, second.y), (first.u, second.u), (first.v, second.v))
    return max(float(np.abs(a.astype(int) - b).max()) for a, b in pairs)


def left_of_unwanted() -> float:
    """What a negative prompt leaves of an effect."""
    return max(_difference(*row) for row in TAKEN_BACK)


def left_of_negated() -> float:
    """What a negation in the prompt leaves of an effect."""
    return max(_difference(prompt, "", plain) for prompt, plain in NEGATED)


@cache
def _energy() -> Sequence[float]:
    """Mean change between frames in every sixth of a clip with snow in its middle."""
    ours = film("static, then snow, finally the snow stops")
    found = []
    for sixth in range(_SIXTHS):
        starts = (np.linspace(sixth, sixth + 0.9, 4) * _LAST / _SIXTHS).astype(int)
        pairs = [(frame(ours, int(start)).y, frame(ours, int(start) + 1).y) for start in starts]
        found.append(float(np.mean([np.abs(b.astype(int) - a).mean() for a, b in pairs])))
    return found


def early_energy() -> float:
    """Energy of the first third, in percent of the peak."""
    return 100 * max(_energy()[:2]) / max(_energy())


def late_energy() -> float:
    """Energy of the last sixth, in percent of the peak."""
    return 100 * _energy()[-1] / max(_energy())


def unlogged_requests() -> float:
    """How many of REQUESTS say too little in their log."""
    return sum(not _is_told(prompt, changes) for prompt, changes in REQUESTS)


def _is_told(prompt: str, changes: dict[str, Any]) -> bool:
    """Whether size, rate, frames, camera path and every word that carries a wish are in the log."""
    is_text = changes.get("task") == "text-to-video"
    size = {"width_px": 320, "height_px": 180} if is_text else {}
    ours, listener = job(prompt, **{**changes, **size, "area_px": _TINY_AREA_PX}), Silence()
    engine().film(ours, listener)
    said = "\n".join(listener.lines)
    facts = re.search(r"^frame size: \d+x\d+, (\d+) fps, (\d+) frames", said, re.MULTILINE)
    if facts is None or (int(facts[1]), int(facts[2])) != (ours.fps, ours.num_frames):
        return False
    if ours.last_frame is None and not re.search(r"^camera: \S", said, re.MULTILINE):
        return False
    lines = "\n".join(line for line in listener.lines if line.startswith(("words:", "ignored:")))
    plan = plan_job(ours)
    used = [word for word in plan.used if ours.last_frame is None or word.kind not in ("camera", "manner")]
    told = all(str(word) in lines for word in used)
    return told and all(word in lines for word in plan.ignored) and _missing(prompt, lines) <= _hidden(plan.used)


def _missing(prompt: str, lines: str) -> set[str]:
    """English words of a prompt that are in neither list, though they carry a wish."""
    words = {token.text for token in tokens_of(normalized(prompt)) if not token.is_han}
    return {word for word in words if word not in STOP_WORDS and not word.isdigit() and word not in lines}


def _hidden(used: Sequence[Any]) -> set[str]:
    """Words of order and of place, which belong to the phrase that they stand before."""
    return {word for use in used if use.kind == "camera" for word in use.text.split()} | {"morph"}


BARS: Final = (
    Bar(id="C3", text="least growth of a zoom by cfg 0 .25 .5 .75 1", measure=least_growth, bound=1.0, unit="%",
        at_most=False),
    Bar(id="C3-ratio", text="reach of a zoom, cfg 1 over cfg 0", measure=growth, bound=2.5, at_most=False),
    Bar(id="C5", text="mean change in clips with a still camera", measure=movement_of_still_clips, bound=0.0),
    Bar(id="E2", text="what a negative prompt leaves of an effect", measure=left_of_unwanted, bound=0.0),
    Bar(id="E3", text="what a negation leaves of an effect", measure=left_of_negated, bound=0.0),
    Bar(id="E4-first", text="change in the first third, snow in the middle", measure=early_energy, bound=5.0,
        unit="% of peak"),
    Bar(id="E4-last", text="change in the last sixth, snow in the middle", measure=late_energy, bound=10.0,
        unit="% of peak"),
    Bar(id="H1", text=f"of {len(REQUESTS)} requests, those that log too little", measure=unlogged_requests, bound=0.0),
)  # fmt: skip
