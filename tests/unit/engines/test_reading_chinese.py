"""Chinese prompts, and prompts in two languages: words without borders, the longest at each place."""

import pytest

from tests.unit.engines.reading import moves, names, plan, spans


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("镜头推进", "zoom in"), ("镜头缓慢推近人物", "zoom in"), ("推镜头", "zoom in"), ("拉近", "zoom in"),
        ("镜头拉远", "zoom out"), ("镜头慢慢后退", "move back"), ("镜头靠近城堡", "move forward"), ("左摇", "pan left"),
        ("镜头向右摇", "pan right"), ("镜头向左缓缓转动", "pan left"), ("镜头向左平移", "truck left"), ("右移",
        "truck right"),
        ("跟拍", "truck right"), ("镜头上摇", "tilt up"), ("镜头向下俯", "tilt down"), ("仰拍", "tilt up"),
        ("镜头上升", "crane up"), ("镜头缓缓下降", "crane down"), ("镜头环绕雕像", "orbit right"), ("左环绕",
        "orbit left"),
        ("镜头顺时针旋转", "roll right"), ("希区柯克变焦", "dolly zoom"), ("手持拍摄", "handheld"), ("航拍海岸",
        "aerial"),
        ("无人机视角", "aerial"), ("鏡頭拉遠", "zoom out"), ("鏡頭環繞", "orbit right"), ("雪山，缓缓上升", "crane up"),
        ("镜头前移", "move forward"), ("镜头后移", "move back"), ("由远及近", "zoom in"), ("由近及远", "zoom out"),
        ("从近景拉到远景", "zoom out"), ("镜头穿过走廊", "fly through"), ("镜头转向窗外", "pan right"),
        ("镜头跟着他", "truck right"), ("跟镜头", "truck right"), ("滑轨镜头", "truck right"), ("升降镜头", "crane up"),
        ("摇臂镜头", "crane up"), ("镜头俯冲", "crane down"), ("子弹时间", "orbit right"), ("缓慢向左平移",
        "truck left"),
    ],
)  # fmt: skip
def test_words_of_the_camera(prompt: str, move: str) -> None:
    """With adverbs between, in simplified and traditional characters."""
    assert moves(prompt) == [move]
    assert not plan(prompt).is_still


@pytest.mark.parametrize(
    "prompt",
    [
        "固定镜头",
        "镜头固定，下雪",
        "静止镜头",
        "没有镜头移动",
        "三脚架拍摄",
        "固定鏡頭",
        "不要移动镜头",
        "镜头不要动",
        "镜头不推近",
    ],
)
def test_a_still_camera(prompt: str) -> None:
    """Not the gentle push of a clip without words."""
    assert plan(prompt).is_still


@pytest.mark.parametrize(
    "prompt",
    [
        "小鸟上升",
        "车轮旋转",
        "老人靠近窗户",
        "旋转木马在发光",
        "画面温馨，小鸟上升",
        "有人推着车",
        "他向左移动",
        "汽车向右转",
        "她向左转头",
        "气球向上飞",
        "拉开窗帘",
        "人物靠近镜头",
        "女孩看向镜头",
        "小船向左移动",
        "手持鲜花的女孩",
    ],
)
def test_words_of_the_subject_do_not_move_the_camera(prompt: str) -> None:
    """What a subject may do too counts only beside a word for the camera."""
    assert moves(prompt) in (["gentle push"], ["driven push"])


def test_words_of_order_divide_the_clip() -> None:
    """Then, at last, again; but not 'again and again'."""
    assert spans("固定镜头，然后下雪，最后雪停了") == {"snow": (0.333, 0.667)}
    assert spans("下雨。接着放晴，阳光洒下。") == {"rain": (0, 0.5), "brighten": (0.5, 1)}
    assert moves("镜头先推进后拉远") == ["zoom in", "zoom out"]
    assert spans("白天变成黑夜") == {"night": (0.5, 1)}
    assert spans("镜头一：下雨的街道。镜头二：雪花飘落。") == {"rain": (0, 0.5), "snow": (0.5, 1)}
    assert spans("下雪，后来停了") == {"snow": (0, 0.5)}
    assert moves("镜头左摇，再推进") == ["pan left", "zoom in"]
    assert spans("再次下雪") == {"snow": (0, 1)}
    assert spans("大雾，不再有雾") == {"fog": (0, 0.5)}


def test_longer_words_hide_shorter_ones() -> None:
    """A drone is not nobody, the Milky Way no silver river."""
    assert names("无人机") == []
    assert plan("无人机").used[0].effect == "aerial"
    assert names("银河") == ["stars"]
    assert names("不断下雪") == ["snow"]
    assert names("暴风雪") == ["snow"]


@pytest.mark.parametrize(
    "prompt",
    [
        "穿风衣的女孩", "漂亮的花瓶", "浪漫的晚餐", "流浪猫", "雪糕店", "一锅火锅", "火车站", "云南的菜", "海报",
        "玩游戏",
        "站在舞台上", "星巴克", "赛博朋克风的房间里的球星", "国风插画", "动漫风", "香烟盒", "游泳池边", "泪如雨下",
        "旋转木马", "电风扇", "江湖",
        "湖南菜", "雨衣",
    ],
)  # fmt: skip
def test_characters_inside_another_word_bring_nothing(prompt: str) -> None:
    """A trench coat is no wind, ice cream no snow, hot pot no fire."""
    assert set(names(prompt)) <= {"neon"}
    assert plan(prompt).motions == ()


def test_two_languages_in_one_prompt() -> None:
    """One reader for both."""
    result = plan("镜头 slowly zooms in，heavy 雪，a cat 跳跃 in the 花园")

    assert [segment.name for segment in result.segments] == ["zoom in"]
    assert [(each.name, each.strength) for each in result.effects] == [("snow", 1.5)]
    assert [each.name for each in result.motions] == ["jump"]
    assert result.ignored == ("cat", "花园")


def test_unknown_characters_in_a_row_are_one_ignored_word() -> None:
    """Without the words that carry no wish."""
    assert plan("下雪的咖喱饭").ignored == ("咖喱饭",)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("Снег падает", ("снег", "падает")), ("ثلج يتساقط", ("ثلج", "يتساقط")), ("चलता हुआ आदमी", ("चलता", "हुआ", "आदमी"))],
)
def test_words_of_other_languages_are_ignored_aloud(prompt: str, words: tuple[str, ...]) -> None:
    """Whole, with their marks."""
    assert plan(prompt).ignored == words
