"""
The words for the camera: data only.

Patterns are matched on lower-case text, English ones at word borders; where two overlap, the longer wins. Values are
the amplitude of a whole clip at cfg_scale 0.5, in the units of `Pose`.
"""

from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.plan import Pose

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
    is_action: bool = False
    """True for what a subject may do too, but that is an order to the camera where no subject stands right before."""
    gives_way: bool = False
    """True for a manner of shooting that an explicit move in the same clause replaces."""


CAMERA_CONTEXT: Final = (
    r"camera|cam|shot|lens(?! flares?\b)|view|viewpoint|pov|fpv|drone|footage|frame|steadicam|gimbal|dolly|we"
)
CAMERA_AS_GOAL: Final = (
    r"(?:towards?|to|at|into|past|facing|near|nearing|before|behind|for|from|approach(?:es|ing)?)[\s]+"
    r"(?:the[\s]+|our[\s]+)?(?:camera|cam|lens|viewer|screen)\b"
)
"""The camera as what somebody walks to or smiles at: no word about the camera itself."""

_GAP = r"(?:[\s-]+(?!left|right|up|down|out|back|in|head|face|chin|hat\b)[\w']+){0,4}?[\s-]+"
_END = r"(?=\s*(?:$|[,:;()]|on\b|to\b|and\b|while\b|slowly\b|quickly\b|from\b|as\b))"
"""What is not followed by more words of the same order, as in `moves in on`."""
_LEFT = r"(?:right[\s-]to[\s-]left|left(?![\s-]to[\s-]right)(?:wards?)?|counter-?clockwise)"
_RIGHT = r"(?:left[\s-]to[\s-]right|right(?![\s-]to[\s-]left)(?:wards?)?|clockwise)"
_UP = r"(?:up|upwards?|skywards?)"
_DOWN = r"(?:down|downwards?)"
_ADVERB = r"(?:[\s-]+\w+ly)?"

_PAN = r"pan(?:s|ned|ning)?"
_TURN = r"(?:turn|rotate|rotat|swing|sweep|look|yaw|pivot)(?:s|ed|ing)?"
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
_RISE_OVER = Pose(ty=-0.10, tz=0.16, pitch=-0.03)


def _mirrored(pose: Pose) -> Pose:
    return pose.scaled(-1.0)


CAMERA_WORDS: Final = (
    CameraWord("zoom in", rf"zoom(?:s|ed|ing)?{_ADVERB}[\s-]+(?:in|into|inwards?|closer|towards?|on)", _PUSH),
    CameraWord(
        "zoom in", r"(?:slow|slight|gentle|subtle|smooth|fast|quick|camera)[\s-]+zoom(?![\s-]+(?:out|back|lens))", _PUSH
    ),
    CameraWord("zoom in", r"zoom(?:s|ing)?", _PUSH, needs_camera=True),
    CameraWord("zoom in", r"(?:crash|snap|punch|whip)[\s-]+zoom(?:s|ing)?(?:[\s-]+(?:in|into|on))?", _PUSH),
    CameraWord("zoom in", r"(?:ken[\s-]+burns(?:[\s-]+effect)?|punch(?:es|ing)?[\s-]+in)", _PUSH, gives_way=True),
    CameraWord("zoom in", r"tighten(?:s|ing)?", _PUSH, needs_camera=True),
    CameraWord("push in", rf"push(?:es|ed|ing)?{_ADVERB}[\s-]+in(?:to|wards?)?", _PUSH, is_action=True),
    CameraWord("dolly in", rf"dolly(?:ing)?{_ADVERB}[\s-]+(?:in|into|forwards?|closer|towards?)", _PUSH),
    CameraWord(
        "move forward",
        r"(?:push|move|mov|go|get|glide|glid|float|fly|flie|drift|travel|track|advance|advanc|close|clos|creep|inch)"
        rf"(?:s|es|ed|ing)?{_ADVERB}[\s-]+(?:forwards?|closer|nearer|ahead|towards?|through|in[\s-]on|into)",
        _PUSH,
        needs_camera=True,
    ),
    CameraWord("move forward", r"(?:approach(?:es|ing)?|advanc(?:e|es|ing))", _PUSH, needs_camera=True),
    CameraWord(
        "move forward", rf"(?:move|mov|track|glide|glid)(?:s|ed|ing)?{_ADVERB}[\s-]+in{_END}", _PUSH, needs_camera=True
    ),
    CameraWord("move forward", r"(?:camera|cam|drone)[\s-]+(?:forwards?|in)" + _END, _PUSH),
    CameraWord(
        "move forward", r"follow(?:s|ed|ing)?(?:[\s-]+[\w']+){1,5}?[\s-]+from[\s-]+behind", _PUSH, needs_camera=True
    ),
    CameraWord("dolly in", r"dolly[\s-]+shot", _PUSH, gives_way=True),
    CameraWord("fly through", r"(?:fly|flies|flying)[\s-]?through(?:[\s-]+shot)?", _PUSH, is_action=True),
    CameraWord("fly through", r"fpv(?:[\s-]+(?:drone|shot|view|footage|flight))*", _PUSH, gives_way=True),
    CameraWord("zoom out", rf"zoom(?:s|ed|ing)?{_ADVERB}[\s-]+(?:out|back|outwards?|away)", _PULL),
    CameraWord("pull back", rf"pull(?:s|ed|ing)?{_ADVERB}[\s-]+(?:back|out|away|backwards?)", _PULL, is_action=True),
    CameraWord("dolly out", rf"dolly(?:ing)?{_ADVERB}[\s-]+(?:out|back|backwards?|away)", _PULL),
    CameraWord(
        "move back",
        rf"(?:move|mov|go|back|glide|glid|float|fly|flie|drift|travel|track|retreat|reced|recede)(?:s|es|ed|ing)?"
        rf"{_ADVERB}[\s-]+(?:back|backwards?|away|off|(?<=back )up|(?<=backs )up|(?<=backing )up)",
        _PULL,
        needs_camera=True,
    ),
    CameraWord("move back", rf"(?:move|mov)(?:s|ed|ing)?{_ADVERB}[\s-]+out{_END}", _PULL, needs_camera=True),
    CameraWord("move back", r"(?:camera|cam|drone)[\s-]+(?:back|backwards?|out)" + _END, _PULL),
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
    CameraWord("pan right", r"(?<!the )(?<!a )(?<!frying )pan", _PAN_RIGHT, needs_camera=True),
    CameraWord("pan right", r"(?:swish|flash)[\s-]+pan(?:s|ning)?", _PAN_RIGHT),
    CameraWord(
        "pan right",
        r"sweep(?:s|ing)?(?:[\s-]+(?:across|over|along|through))?",
        _PAN_RIGHT,
        needs_camera=True,
        gives_way=True,
    ),
    CameraWord("pan right", r"(?:turn|swing|whip)(?:s|ed|ing)?[\s-]+around", _PAN_RIGHT, needs_camera=True),
    CameraWord("tilt up", rf"tilt(?:s|ing)?(?:[\s-]+shot)?{_END}", _TILT_UP, needs_camera=True),
    CameraWord("tilt up", rf"(?:{_TILT}|{_PAN}){_GAP}{_UP}", _TILT_UP),
    CameraWord("tilt down", rf"(?:{_TILT}|{_PAN}){_GAP}{_DOWN}", _mirrored(_TILT_UP)),
    CameraWord("tilt up", rf"{_TURN}{_GAP}{_UP}", _TILT_UP, needs_camera=True),
    CameraWord("tilt down", rf"{_TURN}{_GAP}{_DOWN}", _mirrored(_TILT_UP), needs_camera=True),
    CameraWord("truck left", rf"{_TRUCK}{_GAP}{_LEFT}", _mirrored(_TRUCK_RIGHT), needs_camera=True),
    CameraWord("truck right", rf"{_TRUCK}{_GAP}{_RIGHT}", _TRUCK_RIGHT, needs_camera=True),
    CameraWord(
        "truck right",
        r"(?:(?:tracking|trucking|slider|following|follow)[\s-]+(?:shot|cam)|parallax(?:[\s-]+(?:shot|effect|motion))?)",
        _TRUCK_RIGHT,
        gives_way=True,
    ),
    CameraWord("truck right", r"(?:follow|track)(?:s|ed|ing)?", _TRUCK_RIGHT, needs_camera=True, gives_way=True),
    CameraWord("truck left", r"(?:camera|cam)[\s-]+left(?:wards?)?" + _END, _mirrored(_TRUCK_RIGHT)),
    CameraWord("truck right", r"(?:camera|cam)[\s-]+right(?:wards?)?" + _END, _TRUCK_RIGHT),
    CameraWord("crane up", r"(?:(?:camera|cam|drone)[\s-]+up(?:wards?)?|ped[\s-]+up)" + _END, _CRANE_UP),
    CameraWord(
        "crane down", r"(?:(?:camera|cam|drone)[\s-]+down(?:wards?)?|ped[\s-]+down)" + _END, _mirrored(_CRANE_UP)
    ),
    CameraWord(
        "crane down",
        r"(?:dive|div|swoop|plunge|plung)(?:s|ed|ing)?(?:[\s-]+down(?:wards?)?)?",
        _mirrored(_CRANE_UP),
        needs_camera=True,
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
        r"(?:360(?:[\s-]*(?:°|degrees?|deg))?|turntable|bullet[\s-]+time|(?:orbit(?:ing|al)?|arc)[\s-]+shot)",
        _ORBIT_RIGHT,
    ),
    CameraWord("roll left", rf"(?:roll(?:s|ing)?|{_TILT}){_GAP}{_LEFT}", _mirrored(_ROLL_RIGHT), needs_camera=True),
    CameraWord("roll right", rf"(?:roll(?:s|ing)?|{_TILT}){_GAP}{_RIGHT}", _ROLL_RIGHT, needs_camera=True),
    CameraWord("roll right", r"roll(?:s|ing)?", _ROLL_RIGHT, needs_camera=True),
    CameraWord("roll right", r"(?:dutch[\s-]+(?:angle|tilt|shot)|canted[\s-]+angle|barrel[\s-]+roll)", _ROLL_RIGHT),
    CameraWord(
        "dolly zoom",
        r"(?:(?:dolly|hitchcock|contra)[\s-]+zoom|vertigo(?:[\s-]+(?:effect|shot))?|zolly)",
        Pose(tz=0.5, focal=-0.315),
    ),
    CameraWord("handheld", r"hand[\s-]?held", shake=1.0, needs_camera=True),
    CameraWord("handheld", r"(?:shaky|earthquake|(?:camera|screen)[\s-]+shak(?:es?|ing|y))", shake=1.0),
    CameraWord(
        "aerial",
        r"(?:aerial(?:[\s-]+(?:shot|view|footage))?|drone[\s-]+(?:shot|view|footage|video)|bird'?s[\s-]+eye(?:[\s-]+view)?|flyover)",
        _RISE_OVER,
        gives_way=True,
    ),
    CameraWord("aerial", r"(?:fly|flies|flying)[\s-]+over", _RISE_OVER, needs_camera=True, gives_way=True),
)

_NEAR = r"[^，。；！？,.;!?不没勿别无]{0,6}?"
"""A few characters within the same phrase, as of an adverb."""
CHINESE_CAMERA_AS_GOAL: Final = (
    r"[向着对近过离看朝](?:着)?(?:镜头|相机|摄像机)(?![向往推拉摇移左右上下前后])|镜头前(?![进移推])"
)
CHINESE_CONTEXT: Final = r"镜头|相机|摄像机|摄影机|机位|视角|运镜|无人机"
CHINESE_CAMERA_WORDS: Final = (
    CameraWord("zoom in", r"(?:变焦推近|放大镜头|镜头放大|变焦放大|推镜头?|推近|推进|前推|拉近|由远及近)", _PUSH),
    CameraWord("zoom in", rf"(?:镜头|相机){_NEAR}推(?!出|远|开|着|动)(?:进|近|向)?", _PUSH),
    CameraWord("move forward", r"(?:靠近|前进|前移|向前|往前|接近|逼近|放大)", _PUSH, needs_camera=True),
    CameraWord("fly through", r"(?:穿梭|穿越|穿过)(?:镜头)?", _PUSH, needs_camera=True),
    CameraWord(
        "zoom out", r"(?:拉远|后拉|拉镜头?|推远|镜头缩小|变焦拉远|由近及远|拉(?:到|至)(?:远景|全景|中景))", _PULL
    ),
    CameraWord("zoom out", r"(?:拉开|拉出)", _PULL, needs_camera=True),
    CameraWord("move back", r"(?:后退|后移|远离|向后|往后|缩小)", _PULL, needs_camera=True),
    CameraWord(
        "pan left",
        rf"(?:左摇|(?:向左|往左|朝左){_NEAR}(?:平摇|摇)|摇向左|从右(?:到|至|向)左摇)",
        _mirrored(_PAN_RIGHT),
    ),
    CameraWord(
        "pan right",
        rf"(?:右摇|(?:向右|往右|朝右){_NEAR}(?:平摇|摇)|摇向右|从左(?:到|至|向)右摇)",
        _PAN_RIGHT,
    ),
    CameraWord(
        "pan left",
        rf"(?:左转|转向左|(?:向左|往左|朝左){_NEAR}(?:转动|转|旋转))",
        _mirrored(_PAN_RIGHT),
        needs_camera=True,
    ),
    CameraWord(
        "pan right",
        rf"(?:右转|转向右|(?:向右|往右|朝右){_NEAR}(?:转动|转|旋转))",
        _PAN_RIGHT,
        needs_camera=True,
    ),
    CameraWord("pan right", r"(?:摇镜头?|平摇|横摇|甩镜头?)", _PAN_RIGHT),
    CameraWord("pan right", r"(?:转向|转到|扫过)", _PAN_RIGHT, needs_camera=True, gives_way=True),
    CameraWord("tilt up", rf"(?:上摇|仰拍|上仰|仰视|摇向上|(?:向上|往上){_NEAR}(?:摇|仰|抬|倾斜)|镜头抬起)", _TILT_UP),
    CameraWord("tilt down", rf"(?:下摇|下俯|俯拍|摇向下|(?:向下|往下){_NEAR}(?:摇|俯|倾斜))", _mirrored(_TILT_UP)),
    CameraWord(
        "truck left",
        rf"(?:左移|左平移|(?:向左|往左|朝左){_NEAR}(?:平移|移动|移|滑动|横移))",
        _mirrored(_TRUCK_RIGHT),
        needs_camera=True,
    ),
    CameraWord(
        "truck right",
        rf"(?:右移|右平移|(?:向右|往右|朝右){_NEAR}(?:平移|移动|移|滑动|横移))",
        _TRUCK_RIGHT,
        needs_camera=True,
    ),
    CameraWord(
        "truck right",
        r"(?:跟拍|跟镜头?|跟随镜头|镜头(?:一直)?跟[随着]|跟踪镜头|跟踪拍摄|移镜头?|平移|横移|滑轨(?:镜头)?)",
        _TRUCK_RIGHT,
        gives_way=True,
    ),
    CameraWord("crane up", r"(?:升镜头?|升降镜头|摇臂(?:镜头|拍摄)?)", _CRANE_UP),
    CameraWord("crane up", rf"(?:向上|往上){_NEAR}(?:移动|移|升|飞)", _CRANE_UP, needs_camera=True),
    CameraWord("crane up", r"(?:上升|升起|升高|上移|拉升)", _CRANE_UP, needs_camera=True),
    CameraWord("crane down", r"降镜头?", _mirrored(_CRANE_UP)),
    CameraWord(
        "crane down", rf"(?:俯冲|(?:向下|往下){_NEAR}(?:移动|移|降|飞))", _mirrored(_CRANE_UP), needs_camera=True
    ),
    CameraWord("crane down", r"(?:下降|降低|下移|降落)", _mirrored(_CRANE_UP), needs_camera=True),
    CameraWord("orbit left", rf"(?:左环绕|(?:向左|逆时针){_NEAR}(?:环绕|绕))", _mirrored(_ORBIT_RIGHT)),
    CameraWord(
        "orbit right",
        rf"(?:右环绕|(?:向右|顺时针){_NEAR}(?:环绕|绕)|环绕拍摄|环绕镜头|子弹时间|360度(?:环绕|旋转)?)",
        _ORBIT_RIGHT,
    ),
    CameraWord("orbit right", r"(?:环绕|围绕|绕着|旋转)", _ORBIT_RIGHT, needs_camera=True),
    CameraWord("roll left", r"逆时针(?:滚动|翻滚|旋转|转动)", _mirrored(_ROLL_RIGHT), needs_camera=True),
    CameraWord("roll right", r"(?:顺时针(?:滚动|翻滚|旋转|转动)|翻滚|滚转)", _ROLL_RIGHT, needs_camera=True),
    CameraWord("roll right", r"(?:荷兰角|斜角镜头|倾斜构图)", _ROLL_RIGHT),
    CameraWord("dolly zoom", r"(?:滑动变焦|希区柯克(?:式)?变焦|眩晕效果|眩晕镜头)", Pose(tz=0.5, focal=-0.315)),
    CameraWord("handheld", r"手持", shake=1.0, needs_camera=True),
    CameraWord(
        "handheld",
        r"(?:手持(?:镜头|拍摄|摄影|跟拍|运镜|感|晃动感?)|地震|(?:镜头|画面|相机)(?:晃动|抖动|摇晃))",
        shake=1.0,
    ),
    CameraWord(
        "aerial",
        r"(?:航拍(?:镜头)?|无人机(?:视角|镜头|拍摄)?|鸟瞰|俯瞰|空中视角)",
        _RISE_OVER,
        gives_way=True,
    ),
)
"""The same moves in Chinese, whose words have no borders; characters are simplified ones."""

CHINESE_STATIC: Final = (
    r"(?:固定|静止|静态|定)(?:镜头|机位|画面|拍摄|视角|相机)|(?:镜头|机位|画面|相机|摄像机)(?:保持)?(?:固定|静止|"
    r"不动|不移动|锁定)"
    r"|三脚架|(?:没有|无|不要)(?:镜头|相机|摄像机)(?:移动|运动|运镜)|(?:没有|无|不要)运镜"
    r"|(?:不要|别)(?:移动|晃动)(?:镜头|相机|摄像机)|(?:镜头|相机|摄像机)(?:不要|别|不能|不)(?:再)?(?:移动|运动|动)"
)
CHINESE_NEGATIVE_STATIC: Final = r"(?:镜头|相机|摄像机|机位)(?:的)?(?:移动|运动|晃动)|运镜"

STATIC_PATTERN: Final = (
    r"(?:static|fixed|stationary|motionless|still|locked)[\s-]+(?:shot|camera|cam|frame|framing|view|angle|lens)"
    r"|lock(?:ed)?[\s-]?(?:off|down)(?:[\s-]+(?:shot|camera))?|(?:on[\s-]+a[\s-]+)?tripod"
    r"|(?:unmoving|immobile)[\s-]+camera|camera[\s-]+holds?(?:[\s-]+on)?"
    r"|(?:camera|cam):?(?:[\s-]+(?:is|remains?|stays?|holds?|stands?|keeps?|completely|perfectly|totally|in[\s]+a))*[\s-]+"
    r"(?:still|static|fixed|steady|stationary|motionless|locked|unmoving|in[\s-]+place)"
    r"|(?:no|zero|without|without[\s-]+any|minimal)[\s-]+camera[\s-]+(?:movements?|motions?|moves?)"
    r"|(?:camera|cam)[\s-]+(?:(?:does|is|will|should|must)[\s-]+not|doesn't|isn't|won't|never|not)[\s-]+mov(?:es?|ing)"
    r"|(?:do[\s]+not|don't|never|without|not)[\s]+mov(?:e|ing)[\s]+the[\s]+camera"
    r"|keep(?:s|ing)?[\s]+the[\s]+camera[\s]+(?:still|static|fixed|steady|locked)"
    r"|no[\s]+(?:movements?|motion)[\s]+of[\s]+the[\s]+camera|camera[\s]+movements?:[\s]*(?:none|no|static)"
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
    "变焦": ("zoom in", "zoom out", "move forward", "gentle push", "dolly zoom"),
    "缩放": ("zoom in", "zoom out", "move forward", "gentle push", "dolly zoom"),
    "抖动": ("handheld",),
    "晃动": ("handheld",),
}
"""A bare word of the negative prompt, and the moves it takes away."""
GENTLE_PUSH: Final = CameraWord("gentle push", r"", Pose(tz=0.12, tx=0.05))
"""When no word says anything about the camera."""
DRIVEN_PUSH: Final = CameraWord("driven push", r"", Pose(tz=0.26, tx=0.03))
"""The same, when the subject itself moves forward."""
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
