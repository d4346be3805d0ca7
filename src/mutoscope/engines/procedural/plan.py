"""
What a job comes to before any picture is opened: pure data that can be logged, tested and rendered.

`reading` makes it from words and values; everything that draws reads nothing else of the request. Times are shares of
the clip, 0 to 1. Strengths are 1 at cfg_scale 0.5 without an adverb.
"""

from dataclasses import dataclass
from typing import Final, Literal

from mutoscope.engines.procedural.timing import smoothstep

# --- words of the plan ----------------------------------------------------------------------------------------------

LightName = Literal[
    "sunset", "sunrise", "night", "dim", "brighten", "neon", "candle", "strobe",
    "warm", "cold", "black and white", "sepia", "vivid", "faded", "tint",
]  # fmt: skip
"""Light and color: all of a moment fold into one table for each plane."""
VeilName = Literal["fog", "smoke"]
ParticleName = Literal[
    "snow", "rain", "storm", "dust", "embers", "fireflies", "petals", "leaves", "confetti", "bubbles",
    "stars", "shooting star", "fireworks", "dot",
]  # fmt: skip
OpticsName = Literal["god rays", "lens flare", "grain", "vignette", "glow", "bokeh", "motion blur"]
SwayName = Literal["clouds", "waves", "wind", "heat haze"]
"""What moves parts of the picture itself."""
EffectName = LightName | VeilName | ParticleName | OpticsName | SwayName

MotionName = Literal[
    "walk", "run", "jump", "fly", "float", "spin", "dance", "swim", "shake", "breathe", "grow",
]  # fmt: skip
FigureKind = Literal[
    "person", "noble", "crowd", "cat", "dog", "horse", "bird", "car", "boat", "balloon", "fish", "whale", "rocket",
    "tree", "castle", "house", "lighthouse",
]  # fmt: skip
ColorName = Literal[
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "gold", "silver", "gray", "white",
    "black",
]  # fmt: skip
TimeOfDay = Literal["day", "sunrise", "sunset", "night", "storm", "fog", "neon"]
SceneKind = Literal[
    "mountain", "forest", "field", "desert", "snow", "city", "village", "road", "room", "space", "sea", "underwater",
]  # fmt: skip

FADE: Final = 0.15
"""Share of the clip in which an effect comes, and in which it goes."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera stands and looks, relative to the first frame. The nearest things are 1 away, the sky 4.5."""

    tx: float = 0.0
    """Position to the right."""
    ty: float = 0.0
    """Position downwards."""
    tz: float = 0.0
    """Position forwards."""
    yaw: float = 0.0
    """Radians turned to the right."""
    pitch: float = 0.0
    """Radians turned upwards."""
    roll: float = 0.0
    """Radians turned clockwise, as the camera; the picture turns the other way."""
    focal: float = 0.0
    """Natural logarithm of the focal length's growth: above 0 the view narrows."""

    def __add__(self, other: "Pose") -> "Pose":
        return Pose(
            self.tx + other.tx,
            self.ty + other.ty,
            self.tz + other.tz,
            self.yaw + other.yaw,
            self.pitch + other.pitch,
            self.roll + other.roll,
            self.focal + other.focal,
        )

    def scaled(self, factor: float) -> "Pose":
        """The same move, `factor` times as far."""
        return Pose(
            self.tx * factor,
            self.ty * factor,
            self.tz * factor,
            self.yaw * factor,
            self.pitch * factor,
            self.roll * factor,
            self.focal * factor,
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """One camera move and its share of the clip."""

    name: str
    start: float
    end: float
    move: Pose
    """How far the camera gets within the segment; segments add up."""
    shake: float = 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Weather, particles, light, optics, or a moving part of the picture, for some of the clip."""

    name: EffectName
    start: float = 0.0
    end: float = 1.0
    """From here on it goes; at 1 it stays to the last frame."""
    strength: float = 1.0
    color: ColorName | None = None
    """Of a dot, of petals, of a tint, where the words name one."""

    def level(self, share: float) -> float:
        """How strong it is at this share of the clip: 0 up to `start`, `strength` after FADE, 0 again after `end`."""
        comes = smoothstep((share - self.start) / FADE)
        goes = smoothstep((share - self.end) / FADE)
        return self.strength * comes * (1 - goes)


@dataclass(frozen=True, slots=True)
class Motion:
    """What the subject does, for some of the clip."""

    name: MotionName
    start: float = 0.0
    end: float = 1.0
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class FigureWish:
    """Something that stands or moves in a text-to-video scene."""

    kind: FigureKind
    count: int = 1
    color: ColorName | None = None
    motion: MotionName | None = None
    """What it does, where the words say so; each kind has a motion of its own otherwise."""
    rider: "FigureWish | None" = None
    """Who sits on it."""


@dataclass(frozen=True, slots=True)
class SceneWish:
    """What a text-to-video prompt says about the place."""

    kind: SceneKind = "mountain"
    time: TimeOfDay = "day"
    water: bool = False
    """A lake, river or sea before the land."""
    shore: bool = False
    """A beach on this side of the sea."""
    snow: bool = False
    """White ground."""
    deserted: bool = False
    """Nobody but the figures named."""
    figures: tuple[FigureWish, ...] = ()
    colors: tuple[ColorName, ...] = ()
    """Named for the scene as a whole: they tint its palette."""
    caption: str | None = None
    """The prompt, to be written small at the bottom; None when it is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything the words and values of a job come to."""

    segments: tuple[Segment, ...]
    """The camera path; empty for a still camera."""
    effects: tuple[Effect, ...] = ()
    motions: tuple[Motion, ...] = ()
    tear_budget: float
    """Pixels of relative shift per pixel that the depth of a picture may bring about."""
    scene: SceneWish
    crf_change: int = 0
    """Below 0 where the negative prompt asks for better quality."""
    used: tuple["UsedWord", ...]
    ignored: tuple[str, ...]
    """Words of the prompts that have no effect in this engine."""

    @property
    def is_still(self) -> bool:
        """True when the camera never moves."""
        return all(segment.move == Pose() and segment.shake == 0 for segment in self.segments)

    def describe_path(self) -> str:
        """The camera path for the log: `zoom in 0-50 %, pan left 50-100 %`."""
        if self.is_still:
            return "still"
        return ", ".join(f"{segment.name} {_span(segment.start, segment.end)}" for segment in self.segments)

    def describe_effects(self) -> str:
        """Effects and motions for the log: `snow 33-67 % x1.2, walk 0-100 %`; empty when there are none."""
        parts = [f"{each.name} {_span(each.start, each.end)} x{each.strength:.2g}" for each in self.effects]
        parts += [f"{each.name} {_span(each.start, each.end)}" for each in self.motions]
        return ", ".join(parts)


UseKind = Literal["camera", "effect", "motion", "scene", "manner"]


@dataclass(frozen=True, slots=True)
class UsedWord:
    """A word of the request and what it did."""

    text: str
    effect: str
    kind: UseKind
    is_negation: bool = False
    """It took something away."""
    is_default: bool = False
    """Nobody wrote it: the API's own negative prompt."""

    def __str__(self) -> str:
        if self.is_default:
            return f"default negative prompt: {self.effect}"
        return f"{'not ' if self.is_negation else ''}'{self.text}': {self.effect}"


def _span(start: float, end: float) -> str:
    return f"{100 * start:.0f}-{100 * end:.0f} %"
