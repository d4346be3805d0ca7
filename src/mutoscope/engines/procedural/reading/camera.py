"""Reads the camera path out of a prompt: moves, their order, their size."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.plan import Segment
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.prompt import Clause
from mutoscope.engines.procedural.reading.timeline import Span, Timeline
from mutoscope.engines.procedural.reading.vocabulary.camera import (
    AXES,
    CAMERA_AS_GOAL,
    CAMERA_CONTEXT,
    CAMERA_WORDS,
    CHINESE_CAMERA_AS_GOAL,
    CHINESE_CAMERA_WORDS,
    CHINESE_CONTEXT,
    CHINESE_STATIC,
    DRIVEN_PUSH,
    GENTLE_PUSH,
    NEGATIVE_FAMILIES,
    PRESETS,
    STATIC_OPENING,
    STATIC_PATTERN,
    CameraWord,
)
from mutoscope.engines.procedural.reading.vocabulary.order import CHINESE_NEGATION, NEGATION
from mutoscope.generation import CameraControl

_BEFORE_CHARS: Final = 80
"""So much text before a word can change its meaning; more would make a long prompt's reading quadratic."""
_WORDS: Final = tuple((word, re.compile(rf"\b{word.pattern}\b")) for word in CAMERA_WORDS)
_CHINESE_WORDS: Final = tuple((word, re.compile(word.pattern)) for word in CHINESE_CAMERA_WORDS)
_CONTEXT: Final = re.compile(rf"\b(?:{CAMERA_CONTEXT})\b|{CHINESE_CONTEXT}")
_GOAL: Final = re.compile(rf"\b{CAMERA_AS_GOAL}|{CHINESE_CAMERA_AS_GOAL}")
_STATIC: Final = re.compile(rf"\b(?:{STATIC_PATTERN})\b|{CHINESE_STATIC}")
_STATIC_OPENING: Final = re.compile(rf"\b{STATIC_OPENING}")
_NEGATION: Final = re.compile(rf"{NEGATION}|{CHINESE_NEGATION}")
_MANNER_ONLY: Final = re.compile(
    r"[\s-]*(?:(?:and|an?|with(?:\s+an?)?|\w+ly|slow(?:\s+motion)?|fast|gentle|whip|lateral|then|now|start|starts|begins?)\s+"
    r"|(?:to|no|without(?:\s+any)?|don't|do\s+not|never|avoid|any)\s+)*"
)
_LINK: Final = re.compile(r"(?:\s(?:is|are))?(?:\s\w{1,20}ly)?\s?$")
"""What may stand between a subject and its verb."""
_CHINESE_MANNER_ONLY: Final = re.compile(r"[\s缓慢地快速轻徐渐稳速平再先从左右上下到至]*")
_FINITE: Final = re.compile(r"(?!(?:orbit|pan|tilt|truck|dolli|crane|jib|arc|track|zoom|circle|glide)e?s\b)\w+s\b")
"""Verbs in the third person, but for those that only a camera does."""
_DIRECTION: Final = re.compile(
    r"[\s,]*(?:(?:slowly|quickly|gently|back|to|the|again)\s+)*(in|out|left|right|up|down|back|forward|away)(?:\s+again)?[\s,]*"
)
_PHRASE_BORDER: Final = re.compile(r"[,:(，：（、]")
_PART_BORDER: Final = re.compile(r"[,:(，：（、]|\b(?:and|while|with|plus)\b|并|同时")
"""What divides the orders of a clause that gives the camera one already."""


@dataclass(frozen=True, slots=True)
class CameraFound:
    """Camera words in a clause; `word` is None for a still camera."""

    word: CameraWord | None
    text: str
    start: int
    end: int
    """Places in the whole prompt."""

    @property
    def name(self) -> str:
        return "still" if self.word is None else self.word.name


def find_camera(text: str, at: int = 0) -> list[CameraFound]:
    """Camera words of a clause that starts at `at`; of overlapping ones the longest, of equal ones the first row."""
    spans: list[tuple[CameraWord | None, re.Match[str]]] = [(None, match) for match in _STATIC.finditer(text)]
    spans += [(None, match) for match in _STATIC_OPENING.finditer(text) if _opens_phrase(text, match.start())]
    matches = [(word, match) for word, pattern in _WORDS for match in pattern.finditer(text)]
    chinese = [(word, match) for word, pattern in _CHINESE_WORDS for match in pattern.finditer(text)]
    has_camera = _CONTEXT.search(_GOAL.sub("", text)) is not None
    border = _PHRASE_BORDER
    # After one order, another one needs no comma before it: 'truck left and orbit right'.
    if any(not word.needs_camera or _is_order(text, match, border) for word, match in matches):
        border = _PART_BORDER
    for word, match in matches:
        if has_camera or not word.needs_camera or _is_order(text, match, border):
            spans.append((word, match))
    for word, match in chinese:
        if has_camera or not word.needs_camera or _is_phrase(text, *match.span()):
            spans.append((word, match))
    return _without_overlaps([CameraFound(word, m.group(), at + m.start(), at + m.end()) for word, m in spans])


def _is_order(text: str, match: re.Match[str], border: re.Pattern[str]) -> bool:
    """Whether a verb opens a phrase; 'rises' there is what somebody does who was named before, 'orbits' is not."""
    return _FINITE.match(match.group()) is None and _opens_phrase(text, match.start(), border)


def _opens_phrase(text: str, start: int, border: re.Pattern[str] = _PHRASE_BORDER) -> bool:
    """Whether only words of manner stand between the last border and `start`, as in 'slowly orbit left'."""
    before = border.split(text[max(0, start - _BEFORE_CHARS) : start])[-1]
    return _MANNER_ONLY.fullmatch(before) is not None


def _is_phrase(text: str, start: int, end: int) -> bool:
    """Whether a Chinese word is an order by itself: nothing but adverbs between it and the borders of its phrase."""
    before = _PHRASE_BORDER.split(text[max(0, start - _BEFORE_CHARS) : start])[-1]
    after = _PHRASE_BORDER.split(text[end : end + _BEFORE_CHARS])[0]
    return _CHINESE_MANNER_ONLY.fullmatch(before) is not None and not after.strip()


def _without_overlaps(found: list[CameraFound]) -> list[CameraFound]:
    kept: list[CameraFound] = []
    first = min((item.start for item in found), default=0)
    taken = bytearray(max((item.end for item in found), default=0) - first)
    for item in sorted(found, key=lambda item: item.start - item.end):
        if not any(taken[item.start - first : item.end - first]):
            taken[item.start - first : item.end - first] = b"\1" * (item.end - item.start)
            kept.append(item)
    return sorted(kept, key=lambda item: item.start)


def moves_named(term: str) -> frozenset[str]:
    """The moves that a term of the negative prompt takes away."""
    if term in NEGATIVE_FAMILIES:
        return frozenset(NEGATIVE_FAMILIES[term])
    return frozenset(found.name for found in find_camera(f"camera, {term}") if found.word is not None)


class CameraReading:
    """What each clause asks of the camera."""

    def __init__(
        self,
        clauses: Sequence[Clause],
        *,
        hidden: Iterable[tuple[int, int]],
        nouns: Iterable[tuple[int, int]],
        unwanted: frozenset[str],
    ) -> None:
        """
        Read every clause.

        Args:
            clauses: of the whole prompt.
            hidden: places of longer phrases that mean something else.
            nouns: places of effects and figures; a verb right after one, as in 'mist rising', is theirs.
            unwanted: names of moves that the negative prompt takes away.
        """
        spans = sorted(hidden)
        ends = {end for _, end in nouns}
        self._unwanted = set(unwanted)
        self.wanted: list[list[CameraFound]] = []
        self.refused: list[CameraFound] = []
        """Negated here, or in the negative prompt."""
        for clause in clauses:
            found = find_camera(clause.text, clause.start) or self._elliptic(clause)
            found = [item for item in found if not _lies_in(item, spans)]
            found = [item for item in found if not _follows_noun(item, clause, ends)]
            self.wanted.append(self._wanted(clause, found))

    def _elliptic(self, clause: Clause) -> list[CameraFound]:
        """A clause that is nothing but a direction has its verb from the move before: 'zoom in, then out'."""
        if not self.wanted or not self.wanted[-1] or (said := _DIRECTION.fullmatch(clause.text)) is None:
            return []
        verb = self.wanted[-1][-1].name.split()[0]
        start, end = said.span(1)
        whole = find_camera(f"camera {verb} {said[1]}")
        return [CameraFound(item.word, said[1], clause.start + start, clause.start + end) for item in whole[:1]]

    def _wanted(self, clause: Clause, found: list[CameraFound]) -> list[CameraFound]:
        wanted = []
        for item in found:
            begin = item.start - clause.start
            is_negated = _NEGATION.search(clause.text[max(0, begin - _BEFORE_CHARS) : begin]) is not None
            if is_negated or item.name in self._unwanted:
                self.refused.append(item)
                if item.name in NEGATIVE_FAMILIES["zoom"]:
                    self._unwanted.add(GENTLE_PUSH.name)
            else:
                wanted.append(item)
        explicit = [item for item in wanted if item.word is None or not item.word.gives_way]
        return explicit or wanted

    def places(self) -> list[tuple[int, int]]:
        """Start and end of everything that speaks of the camera."""
        return [(item.start, item.end) for clause in (*self.wanted, self.refused) for item in clause]

    def note(self, ledger: Ledger, stronger: str | None = None) -> None:
        """Put all of it into the account; `stronger` is what decides in place of the words, where anything does."""
        for item in self.refused:
            ledger.cover_text(item.start, item.end)
            ledger.use(item.text, f"no {item.name}", "camera", is_negation=True)
        for clause in self.wanted:
            for item in clause:
                ledger.cover_text(item.start, item.end)
                said = item.name if stronger is None else f"no {item.name}; {stronger} comes first"
                ledger.use(item.text, said, "camera", is_negation=stronger is not None)

    def segments(
        self, timeline: Timeline, speeds: Sequence[float], strength: float, *, driven: bool
    ) -> tuple[Segment, ...]:
        """
        The camera path. Clauses joined by 'then' and the like share the time; within one, moves add up.

        Args:
            timeline: of the clauses.
            speeds: factor of each clause.
            strength: factor on every amplitude.
            driven: whether the subject moves forward and, where no word directs the camera, draws it along.
        """
        if not any(self.wanted):
            # A clip without camera words moves a little: a still one would look like a broken one.
            if GENTLE_PUSH.name in self._unwanted:
                return ()
            speed = max(speeds, key=_prominence, default=1.0)
            return (_segment(DRIVEN_PUSH if driven else GENTLE_PUSH, (0.0, 1.0), strength * speed**0.6),)
        moves: list[Segment] = []
        for index, found in enumerate(self.wanted):
            # One move, however often and by whatever words a clause asks for it.
            words = {item.word.move: item.word for item in reversed(found) if item.word is not None}
            amplitude = strength * speeds[index] ** 0.6
            moves += [_segment(word, timeline.spans[index], amplitude) for word in reversed(words.values())]
        return tuple(moves)


def controlled(control: CameraControl) -> tuple[Segment, ...]:
    """The whole clip as one move by value."""
    if control.preset is not None:
        return (Segment(control.preset, 0.0, 1.0, PRESETS[control.preset]),)
    if control.axis is None or control.value == 0:
        return ()
    return (Segment(f"{control.axis} {control.value:+g}", 0.0, 1.0, AXES[control.axis].scaled(control.value)),)


def _segment(word: CameraWord, span: Span, amplitude: float) -> Segment:
    return Segment(word.name, *span, word.move.scaled(amplitude), shake=word.shake * amplitude)


def _lies_in(item: CameraFound, spans: list[tuple[int, int]]) -> bool:
    """Whether a longer one of the ordered places contains it."""
    at = bisect_right(spans, (item.start, item.end)) - 1
    return any(
        start <= item.start and item.end <= end and item.end - item.start < end - start
        for start, end in spans[max(0, at) : at + 2]
    )


def _follows_noun(item: CameraFound, clause: Clause, ends: set[int]) -> bool:
    """Whether the words may be a subject's, and one stands right before them."""
    if item.word is None or not (item.word.needs_camera or item.word.is_action):
        return False
    begin = item.start - clause.start
    before = clause.text[max(0, begin - _BEFORE_CHARS) : begin]
    return item.start - len(before) + len(_LINK.sub("", before)) in ends


def _prominence(speed: float) -> float:
    """Which of several words of speed counts: the fastest, then a slow one, then none."""
    return speed if speed > 1 else 0.5 if speed < 1 else 0.0
