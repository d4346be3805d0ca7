"""The words for order in time, and for no before a camera word: patterns on lower-case text, data only."""

from typing import Final

STRONG_BORDER: Final = (
    r"\b(?:and[\s]+then|then|after[\s]+that|afterwards?|next(?![\s]+to)|followed[\s]+by|finally|gives[\s]+way[\s]+to|cut[\s]+to"
    r"|(?:turns?|turning|changes?|transitions?|morphs?|transforms?)[\s]+into|(?:changes?|transitions?)[\s]+to"
    r"|(?:turns?|turning)[\s]+to(?=[\s]+(?:night|day|snow|rain|dusk|storm|dark))"
    r"|fad(?:es?|ing)[\s]+(?:in)?to(?![\s]+(?:black|white|nothing)))\b"
    r"|\b(?:shot|scene)[\s]*#?\d{1,2}(?=[\s]*[:\])])|镜头[一二三四五六七八九十\d]{1,2}(?=:)"
    r"|然后|紧接着|接着|随后|最后|之后|而后|接下来|终于|最终|(?<!不)再(?![次见也一])|转为|转变为"
    r"|(?:渐渐|逐渐|慢慢)?变(?:成|为)(?=了?(?:黑夜|夜|白天|日落|黄昏|雪|雨|雾))"
    r"|(?<=[进近远摇移升降绕])后(?=[拉推摇左右上下环升降])"
)
"""What always divides one moment of a clip from the next; the numbers of a storyboard do."""
LATE_BORDER: Final = (
    r"\b(?:later(?:[\s]+on)?|eventually|(?:and[\s]+)?in[\s]+the[\s]+end|half[\s]?way[\s]+through|midway(?:[\s]+through)?"
    r"|(?:and[\s]+)?(?:in|at|for|during)[\s]+the[\s]+(?:last|final)[\s]+(?:\w+[\s]+)?(?:seconds?|moments?|part|half|third)"
    r"|after[\s]+(?:\d+|one|two|three|four|five|a[\s]+few|a[\s]+couple[\s]+of|some)[\s]+(?:seconds?|moments?|s)"
    r"|after[\s]+a[\s]+(?:while|moment|second)"
    r"|at[\s]+the[\s]+end(?![\s]+of[\s]+(?!the[\s]+(?:clip|video|shot))))\b"
    r"|后来|一会儿后|过了一会儿?|片刻后"
)
"""The same, where nothing has to be said of the time before: 'after two seconds the lights go out'."""
WEAK_BORDER: Final = r"\b(?:before|until|becomes?)\b|直到"
"""What divides when something that moves stands on both sides; elsewhere it tells a place, or a degree."""
SENTENCE_BORDER: Final = r"[.!?;\n。！？；]+"
NEGATION: Final = r"(?:\b(?:no|not|without|never|avoid|free[\s]+of)|n't)(?:[\s-]+[\w']+)?[\s-]*$"
"""Looked for right before a match, with at most one word between."""
CHINESE_NEGATION: Final = r"(?:没有|不要|无|不|别|避免|没|禁止|勿)(?:任何|再)?$"
