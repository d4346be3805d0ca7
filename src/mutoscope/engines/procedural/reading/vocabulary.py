"""
The words that this engine understands, and what each does: data only.

Patterns are matched on lower-case text at word borders; where two overlap, the longer wins. Camera values are the
amplitude of a whole clip at cfg_scale 0.5, in the units of `Pose`.
"""

from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.plan import Pose, SceneKind, TimeOfDay

NO_MOVE: Final = Pose()


@dataclass(frozen=True, slots=True)
class CameraWord:
    """One move and the words that ask for it."""

    name: str
    pattern: str
    move: Pose = NO_MOVE
    shake: float = 0.0
    """Strength of a hand-held tremble."""
    needs_camera: bool = False
    """True for what a subject may do too: counts beside a word of CAMERA_CONTEXT, or as a command opening a phrase."""
    gives_way: bool = False
    """True for a manner of shooting that an explicit move in the same clause replaces."""


CAMERA_CONTEXT: Final = r"camera|cam|shot|lens|view|viewpoint|pov|drone|footage|frame|steadicam|gimbal|dolly|we"

_GAP = r"(?:[\s-]+(?!left|right|up|down|out|back|in|head|face|chin|hat\b)[\w']+){0,4}?[\s-]+"
_LEFT = r"(?:right[\s-]to[\s-]left|left(?![\s-]to[\s-]right)(?:wards?)?|counter-?clockwise)"
_RIGHT = r"(?:left[\s-]to[\s-]right|right(?![\s-]to[\s-]left)(?:wards?)?|clockwise)"
_UP = r"(?:up|upwards?|skywards?)"
_DOWN = r"(?:down|downwards?)"
_ADVERB = r"(?:[\s-]+\w+ly)?"

_PAN = r"pan(?:s|ned|ning)?"
_TURN = r"(?:turn|rotate|rotat|swing|sweep|look|yaw)(?:s|ed|ing)?"
_TILT = r"tilt(?:s|ed|ing)?"
_TRUCK = r"(?:truck|track|slide|slid|glide|glid|dolly|dollie|travel|move|mov|drift|float|crab|strafe)(?:s|es|ed|ing)?"
_CRANE = r"(?:crane|cran|pedestal|boom|jib)(?:s|ed|ing)?"
_RISE = r"(?:rise|ris|ascend|lift|climb|soar|move|mov|float|fly|flie|go|elevate|elevat)(?:s|es|ed|ing)?"
_SINK = r"(?:descend|lower|sink|drop|move|mov|float|fly|flie|go)(?:s|es|ed|ing)?"
_ORBIT = r"(?:orbit|arc|circle|circl|revolve|revolv|rotate|rotat|spin|spinn|swirl)(?:s|ed|ing)?"
_AROUND = r"(?:(?:[\s-]+around|[\s-]+about)(?:[\s-]+\w+){0,3})?"

_PUSH = Pose(tz=0.34)
_PULL = Pose(tz=-0.24, focal=-0.06)
_PAN_RIGHT = Pose(yaw=0.13)
_TILT_UP = Pose(pitch=0.09)
_TRUCK_RIGHT = Pose(tx=0.16)
_CRANE_UP = Pose(ty=-0.12, pitch=0.03)
# The near side moves against the turn and the far side with it, as around a point between them.
_ORBIT_RIGHT = Pose(tx=-0.20, yaw=0.13)
_ROLL_RIGHT = Pose(roll=0.10)


def _mirrored(pose: Pose) -> Pose:
    return pose.scaled(-1.0)


CAMERA_WORDS: Final = (
    CameraWord("zoom in", rf"zoom(?:s|ed|ing)?{_ADVERB}[\s-]+(?:in|into|inwards?|closer|towards?|on)", _PUSH),
    CameraWord(
        "zoom in", r"(?:slow|slight|gentle|subtle|smooth|fast|quick|camera)[\s-]+zoom(?![\s-]+(?:out|back|lens))", _PUSH
    ),
    CameraWord("zoom in", r"zoom(?:s|ing)?", _PUSH, needs_camera=True),
    CameraWord("push in", rf"push(?:es|ed|ing)?{_ADVERB}[\s-]+in(?:to|wards?)?", _PUSH),
    CameraWord("dolly in", rf"dolly(?:ing)?{_ADVERB}[\s-]+(?:in|into|forwards?|closer|towards?)", _PUSH),
    CameraWord(
        "move forward",
        r"(?:push|move|mov|go|get|glide|glid|float|fly|flie|drift|travel|track|advance|advanc|close|clos|creep|inch)"
        rf"(?:s|es|ed|ing)?{_ADVERB}[\s-]+(?:forwards?|closer|nearer|ahead|towards?|through|in[\s-]on|into)",
        _PUSH,
        needs_camera=True,
    ),
    CameraWord("move forward", r"(?:approach(?:es|ing)?|advanc(?:e|es|ing))", _PUSH, needs_camera=True),
    CameraWord("fly through", r"(?:fly|flies|flying)[\s-]?through(?:[\s-]+shot)?", _PUSH),
    CameraWord("zoom out", rf"zoom(?:s|ed|ing)?{_ADVERB}[\s-]+(?:out|back|outwards?|away)", _PULL),
    CameraWord("pull back", rf"pull(?:s|ed|ing)?{_ADVERB}[\s-]+(?:back|out|away|backwards?)", _PULL),
    CameraWord("dolly out", rf"dolly(?:ing)?{_ADVERB}[\s-]+(?:out|back|backwards?|away)", _PULL),
    CameraWord(
        "move back",
        rf"(?:move|mov|go|back|glide|glid|float|fly|flie|drift|travel|retreat|reced|recede)(?:s|es|ed|ing)?{_ADVERB}"
        r"[\s-]+(?:back|backwards?|away|off)",
        _PULL,
        needs_camera=True,
    ),
    CameraWord(
        "reveal",
        r"(?:reveal(?:s|ed|ing)?|widen(?:s|ed|ing)?|recedes?|retreats?)",
        _PULL,
        needs_camera=True,
        gives_way=True,
    ),
    CameraWord("pan left", rf"{_PAN}{_GAP}{_LEFT}", _mirrored(_PAN_RIGHT)),
    CameraWord("pan right", rf"{_PAN}{_GAP}{_RIGHT}", _PAN_RIGHT),
    CameraWord("pan left", rf"{_LEFT}[\s-]+{_PAN}", _mirrored(_PAN_RIGHT)),
    CameraWord("pan right", rf"{_RIGHT}[\s-]+{_PAN}", _PAN_RIGHT),
    CameraWord("pan left", rf"{_TURN}{_GAP}{_LEFT}", _mirrored(_PAN_RIGHT), needs_camera=True),
    CameraWord("pan right", rf"{_TURN}{_GAP}{_RIGHT}", _PAN_RIGHT, needs_camera=True),
    CameraWord("pan right", r"(?:pans|panning|pan[\s-]+(?:across|over|along)|slow[\s-]+pan|whip[\s-]+pan)", _PAN_RIGHT),
    CameraWord("pan right", r"pan", _PAN_RIGHT, needs_camera=True),
    CameraWord("tilt up", rf"(?:{_TILT}|{_PAN}){_GAP}{_UP}", _TILT_UP),
    CameraWord("tilt down", rf"(?:{_TILT}|{_PAN}){_GAP}{_DOWN}", _mirrored(_TILT_UP)),
    CameraWord("tilt up", rf"{_TURN}{_GAP}{_UP}", _TILT_UP, needs_camera=True),
    CameraWord("tilt down", rf"{_TURN}{_GAP}{_DOWN}", _mirrored(_TILT_UP), needs_camera=True),
    CameraWord("truck left", rf"{_TRUCK}{_GAP}{_LEFT}", _mirrored(_TRUCK_RIGHT), needs_camera=True),
    CameraWord("truck right", rf"{_TRUCK}{_GAP}{_RIGHT}", _TRUCK_RIGHT, needs_camera=True),
    CameraWord(
        "truck right", r"(?:tracking[\s-]+shot|trucking[\s-]+shot|slider[\s-]+shot)", _TRUCK_RIGHT, gives_way=True
    ),
    CameraWord("crane up", rf"{_CRANE}{_GAP}{_UP}", _CRANE_UP),
    CameraWord("crane down", rf"{_CRANE}{_GAP}{_DOWN}", _mirrored(_CRANE_UP)),
    CameraWord("crane up", r"(?:crane|jib|pedestal|boom)[\s-]+shot", _CRANE_UP, gives_way=True),
    CameraWord("crane up", rf"{_RISE}(?:{_GAP}{_UP})", _CRANE_UP, needs_camera=True),
    CameraWord(
        "crane up",
        r"(?:ris(?:es?|ing)|ascend(?:s|ing)?|lifts?|climb(?:s|ing)?|soar(?:s|ing)?)",
        _CRANE_UP,
        needs_camera=True,
    ),
    CameraWord("crane down", rf"{_SINK}(?:{_GAP}{_DOWN})", _mirrored(_CRANE_UP), needs_camera=True),
    CameraWord("crane down", r"(?:descend(?:s|ing)?|lowers|sinks)", _mirrored(_CRANE_UP), needs_camera=True),
    CameraWord("orbit left", rf"{_ORBIT}{_AROUND}{_GAP}{_LEFT}", _mirrored(_ORBIT_RIGHT), needs_camera=True),
    CameraWord("orbit right", rf"{_ORBIT}{_AROUND}{_GAP}{_RIGHT}", _ORBIT_RIGHT, needs_camera=True),
    CameraWord("orbit right", rf"{_ORBIT}{_AROUND}", _ORBIT_RIGHT, needs_camera=True),
    CameraWord(
        "orbit right",
        r"(?:360(?:[\s-]*(?:°|degrees?|deg))?|turntable|(?:orbit(?:ing|al)?|arc)[\s-]+shot)",
        _ORBIT_RIGHT,
    ),
    CameraWord("roll left", rf"(?:roll(?:s|ing)?|{_TILT}){_GAP}{_LEFT}", _mirrored(_ROLL_RIGHT), needs_camera=True),
    CameraWord("roll right", rf"(?:roll(?:s|ing)?|{_TILT}){_GAP}{_RIGHT}", _ROLL_RIGHT, needs_camera=True),
    CameraWord("roll right", r"roll(?:s|ing)?", _ROLL_RIGHT, needs_camera=True),
    CameraWord("roll right", r"(?:dutch[\s-]+(?:angle|tilt|shot)|canted[\s-]+angle|barrel[\s-]+roll)", _ROLL_RIGHT),
    CameraWord(
        "dolly zoom", r"(?:dolly[\s-]+zoom|vertigo(?:[\s-]+(?:effect|shot))?|zolly)", Pose(tz=0.5, focal=-0.315)
    ),
    CameraWord("handheld", r"(?:hand[\s-]?held|shaky|earthquake|(?:camera|screen)[\s-]+shak(?:es?|ing|y))", shake=1.0),
    CameraWord(
        "aerial",
        r"(?:aerial(?:[\s-]+(?:shot|view|footage))?|drone[\s-]+(?:shot|view|footage|video)|bird'?s[\s-]+eye(?:[\s-]+view)?|fly[\s-]?over)",
        Pose(ty=-0.10, tz=0.16, pitch=-0.03),
        gives_way=True,
    ),
)

STATIC_PATTERN: Final = (
    r"(?:static|fixed|stationary|motionless|still|locked)[\s-]+(?:shot|camera|frame|framing|view|angle)"
    r"|lock(?:ed)?[\s-](?:off|down)(?:[\s-]+(?:shot|camera))?|(?:on[\s-]+a[\s-]+)?tripod"
    r"|camera(?:[\s-]+(?:is|remains?|stays?|holds?|stands?|keeps?|completely|perfectly|totally))+[\s-]+"
    r"(?:still|static|fixed|steady|stationary|motionless|locked|unmoving|in[\s-]+place)"
    r"|(?:no|zero|without|without[\s-]+any|minimal)[\s-]+camera[\s-]+(?:movements?|motions?|moves?)"
    r"|camera[\s-]+(?:does[\s-]+not|doesn't|never|not)[\s-]+moves?(?:ing)?"
)
STATIC_OPENING: Final = r"(?:static|motionless|stationary)(?=\s*(?:,|$))"
"""Means a still camera only where it is a phrase by itself; elsewhere it is something in the picture."""

NEGATIVE_STATIC: Final = (
    r"(?:camera[\s-]+(?:movements?|motions?|moves?)|moving[\s-]+camera|movement[\s-]+of[\s-]+the[\s-]+camera)"
)
NEGATIVE_FAMILIES: Final = {
    "zoom": ("zoom in", "zoom out", "push in", "dolly in", "move forward", "gentle push", "dolly zoom"),
    "pan": ("pan left", "pan right"),
    "panning": ("pan left", "pan right"),
    "tilt": ("tilt up", "tilt down"),
    "rotation": ("roll left", "roll right", "orbit left", "orbit right"),
    "shake": ("handheld",),
    "shaky": ("handheld",),
    "camera shake": ("handheld",),
    "shaking": ("handheld",),
}
"""A bare word of the negative prompt, and the moves it takes away."""
NEGATIVE_DISTORT: Final = r"(?:distort\w*|warp\w*|deform\w*)"

SPEEDS: Final = (
    (1.9, r"(?:whip|explosive(?:ly)?|breakneck|lightning[\s-]fast)"),
    (1.5, r"(?:fast|quick(?:ly)?|rapid(?:ly)?|energetic(?:ally)?|frantic(?:ally)?|swift(?:ly)?|brisk(?:ly)?)"),
    (0.65, r"(?:slow(?:ly)?|gentl[ey]|calm(?:ly)?|subtl[ey]|slight(?:ly)?|gradual(?:ly)?)"),
)
"""Factor on the speed, strongest first; the amplitude grows with its power of 0.6."""
SLOW_MOTION: Final = r"slow[\s-]?mo(?:tion)?"

GENTLE_PUSH: Final = CameraWord("gentle push", r"", Pose(tz=0.12, tx=0.05))
"""When no word says anything about the camera."""
DRIVEN_PUSH: Final = CameraWord("driven push", r"", Pose(tz=0.26, tx=0.03))
"""The same, when the subject itself moves forward."""
FORWARD_SUBJECT: Final = r"(?:runs?|running|rac(?:es?|ing)|driv(?:es?|ing)|surg(?:es?|ing)|forwards?|gallop\w*|rush\w*)"

PRESETS: Final = {
    "down_back": Pose(ty=0.11, tz=-0.24),
    "forward_up": Pose(tz=0.30, pitch=0.10),
    "right_turn_forward": Pose(tz=0.26, yaw=0.16),
    "left_turn_forward": Pose(tz=0.26, yaw=-0.16),
}
"""Moves of `camera_control` by name."""
AXES: Final = {
    "horizontal": Pose(tx=0.026),
    "vertical": Pose(ty=-0.020),
    "pan": Pose(pitch=0.015),
    "tilt": Pose(yaw=0.020),
    "roll": Pose(roll=0.017),
    "zoom": Pose(focal=-0.035),
}
"""Moves of `camera_control` per unit of its value. In Kling's own text + pans up, tilts right and widens."""

CLAUSE_BORDER: Final = (
    r"\b(?:and[\s]+then|then|after[\s]+that|afterwards?|next(?![\s]+to)|followed[\s]+by|finally|before|until)\b"
)
SENTENCE_BORDER: Final = r"[.!?;\n]+"
NEGATION: Final = r"(?:\b(?:no|not|without|never|avoid|free[\s]+of)|n't)(?:[\s-]+[\w']+)?[\s-]*$"
"""Looked for right before a match, with at most one word between."""

TIMES: Final[tuple[tuple[TimeOfDay, str], ...]] = (
    ("neon", r"(?:neon|cyberpunk|synthwave|vaporwave)"),
    ("sunset", r"(?:sunsets?|setting sun|golden hour|dusk|evening|twilight)"),
    ("sunrise", r"(?:sunrise|rising sun|dawn|morning|daybreak)"),
    ("night", r"(?:night(?:time)?|midnight|moon(?:lit|light)?|starry|stars|starlight|dark)"),
    ("storm", r"(?:storm(?:y)?|thunder(?:storm)?|overcast|rain(?:y|ing|s)?|gloomy|fog(?:gy)?|mist(?:y)?|gr[ae]y sky)"),
    ("day", r"(?:day(?:light|time)?|noon|sunny|sunshine|sunlight|blue sky|bright)"),
)
SCENES: Final[tuple[tuple[SceneKind, str], ...]] = (
    ("space", r"(?:outer space|space|galaxy|galaxies|cosmos|cosmic|nebula|planets?|asteroids?|spaceship|astronaut)"),
    ("city", r"(?:city|cities|cityscape|streets?|skyline|skyscrapers?|downtown|urban|metropolis|rooftops?|town)"),
    (
        "room",
        r"(?:rooms?|kitchen|bedroom|indoors?|interior|office|studio|apartment|caf[eé]|restaurant|library|table|desk|sofa)",
    ),
    ("sea", r"(?:seas?|oceans?|beach|coast|seaside|harbou?r|bay|waves?|ships?|boats?|sail\w*|islands?|underwater)"),
    ("desert", r"(?:deserts?|dunes?|sahara|sand)"),
    ("forest", r"(?:forests?|woods|woodland|trees?|jungle|pines?)"),
    ("field", r"(?:fields?|meadows?|grass(?:land|y)?|prairie|farm|gardens?|hills?|park|countryside|village|flowers?)"),
    ("mountain", r"(?:mountains?|peaks?|alps|alpine|cliffs?|canyon|valley|volcano|landscape|glacier)"),
)
WATER: Final = (
    r"(?:lakes?|rivers?|seas?|oceans?|beach|harbou?r|coast|shore|bay|waves?|boats?|ships?|pond|underwater|island)"
)
SNOW: Final = r"(?:snow(?:y|fall|ing|capped|-capped)?|winter|arctic|ice|icy|frozen|glacier|blizzard)"

_STOP_WORDS = """
a an the and or of in on at to from with by for as is are was be been being it its his her their this that these
those into over under through while where which who he she they we you your our my me him them there here very
so such up down out off some any all both each other same own just only then than too also has have had do does
will would can could should may might must not no nor but if about around between during before after above
below again once more most few camera shot view cinematic scene video clip style without never don't doesn't
isn't avoid free finally afterwards next until followed
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
"""Words that carry no wish of their own; not listed among the ignored ones."""
