"""A prompt as tokens: words where a script has borders between them, single characters where it has none."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_SIMPLIFIED: Final = str.maketrans(
    "鏡頭機攝運動畫風電閃煙霧氣滿樹葉變溫黃紅藍綠銀燈點將從還這個們來後開關閉車馬鳥魚貓龍獅飛躍騎馳遊衝靜無沒別請雙"
    "兩隻輛條對幾許眾獨數遠離進縮轉搖傾環繞圍滾顫蕩飄懸發靈螢爐燭熱塵揚櫻楓顆膠復懷舊戲劇夢輝虛淺線擺隨漣濤節賽燒巖"
    "湯烏雲時場視頻鄉鎮莊園農麥廚臥廳館圖書臺灘島嶼灣潛鯨鯊輪漁宮壘橋築鐘觀貴領國聖誕裝襯傘鮮艷蒼質壓標題簽雜產損壞"
    "傷嚴陰強壯纖細輕緩漸結終於態穩樂現實際隊鄰親擁問駕駛撲爾專業導員長寬夠簡單純淨潔種著裡邊過處寧寶雞鵝繽紛歲陽臨"
    "曉勝陸桜",
    "镜头机摄运动画风电闪烟雾气满树叶变温黄红蓝绿银灯点将从还这个们来后开关闭车马鸟鱼猫龙狮飞跃骑驰游冲静无没别请双"
    "两只辆条对几许众独数远离进缩转摇倾环绕围滚颤荡飘悬发灵萤炉烛热尘扬樱枫颗胶复怀旧戏剧梦辉虚浅线摆随涟涛节赛烧岩"
    "汤乌云时场视频乡镇庄园农麦厨卧厅馆图书台滩岛屿湾潜鲸鲨轮渔宫垒桥筑钟观贵领国圣诞装衬伞鲜艳苍质压标题签杂产损坏"
    "伤严阴强壮纤细轻缓渐结终于态稳乐现实际队邻亲拥问驾驶扑尔专业导员长宽够简单纯净洁种着里边过处宁宝鸡鹅缤纷岁阳临"
    "晓胜陆樱",
)
"""Traditional characters of the vocabulary, and their simplified ones."""

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0d7f\u0e31-\u0e4e"
_LETTER: Final = rf"(?:[^\W_{_HAN}]|[{_MARKS}])"
_PIECES: Final = re.compile(
    rf"(?P<word>{_LETTER}+(?:'{_LETTER}+)*)|(?P<han>[{_HAN}])|(?P<sentence>[.!?;\n。！？；])"
    r"|(?P<phrase>[,，、:：()\[\]{}\"“”«»—–|/])"
)

_SPEECH: Final = re.compile(
    r"(?:\b(?:say|said|ask|shout|whisper|repl(?:y|ie)|yell|scream|exclaim|answer|announce|murmur|mutter|sing|call|read)"
    r"(?:s|ed|ing)?\b[^\"“”「」.!?;\n]{0,40}|[说道问喊叫唱答写]着?[^\"“”「」。！？\n]{0,8})[\"“「](?P<words>[^\"“”「」\n]{1,400})[\"”」]"
)

CHARS_MAX: Final = 5000
"""So much of a prompt is read: twice what the API takes, so that every text is read in milliseconds."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or one character of a script without borders between words."""

    text: str
    start: int
    end: int
    """Places in the text it was read from."""
    phrase: int
    """Number of the stretch between two commas or stronger borders."""
    sentence: int
    is_han: bool
    follows: str
    """The border right before it: empty, or the last of its characters."""


def normalized(text: str) -> str:
    """
    Lower case, compatible characters as one, traditional characters as simplified ones, gaps as single spaces.

    Some characters stand for whole sentences; what is past CHARS_MAX then is not read.
    """
    plain = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLIFIED).replace("’", "'")
    return re.sub(r"-+", "-", re.sub(r"[^\S\n]+", " ", plain))[:CHARS_MAX]


def without_speech(text: str) -> str:
    """A normalized text with spaces for what somebody says or a sign reads: 'back before the storm' is no storm."""
    return _SPEECH.sub(lambda said: said[0].replace(said["words"], " " * len(said["words"])), text)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a normalized text, in order."""
    tokens: list[Token] = []
    phrase = sentence = 0
    border = ""
    for match in _PIECES.finditer(text):
        kind = match.lastgroup
        if kind in ("word", "han"):
            # Whose it is does not matter: the cat's eyes belong to a cat.
            word = match[0].removesuffix("'s")
            tokens.append(Token(word, *match.span(), phrase, sentence, kind == "han", border))
            border = ""
            continue
        # Several borders in a row are one.
        phrase += 1
        sentence += kind == "sentence"
        border = match[0]
    return tokens
