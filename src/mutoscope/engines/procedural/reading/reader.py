"""Turns prompt, camera control and cfg_scale into numbers: pure data that can be logged, tested and rendered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from mutoscope.engines.procedural.plan import (
    Plan,
    SceneKind,
    SceneWish,
    Segment,
    TimeOfDay,
    UsedWord,
    UseKind,
)
from mutoscope.engines.procedural.reading.vocabulary import (
    AXES,
    CAMERA_CONTEXT,
    CAMERA_WORDS,
    CLAUSE_BORDER,
    DRIVEN_PUSH,
    FORWARD_SUBJECT,
    GENTLE_PUSH,
    NEGATION,
    NEGATIVE_DISTORT,
    NEGATIVE_FAMILIES,
    NEGATIVE_STATIC,
    PRESETS,
    SCENES,
    SENTENCE_BORDER,
    SLOW_MOTION,
    SNOW,
    SPEEDS,
    STATIC_OPENING,
    STATIC_PATTERN,
    STOP_WORDS,
    TIMES,
    WATER,
    CameraWord,
)
from mutoscope.generation import CameraControl, GenerationJob

_Name = TypeVar("_Name", bound=str)

IGNORED_WORDS_MAX: Final = 40
"""Words that the log lists as without effect."""
_BEFORE_CHARS: Final = 80
"""So much text before a word can change its meaning; more would make a long prompt's reading quadratic."""
TEAR_BUDGET: Final = 0.35
"""Pixels of relative shift per pixel that a single-layer warp bears before foliage and rails look torn."""


def plan_job(job: GenerationJob) -> Plan:
    """
    Read the job's words. Pure: the same job gives the same plan, and no file is opened.

    Camera control, being a value, is taken before the prompt's words and is not scaled by cfg_scale; words are, by
    0.4 + 1.2·cfg_scale.
    """
    reading = _Reading(job.prompt, job.negative_prompt)
    segments = reading.segments(0.4 + 1.2 * job.cfg_scale)
    if job.camera_control is not None:
        segments = _controlled(job.camera_control)
        reading.used = [word for word in reading.used if word.kind not in ("camera", "manner")]
        reading.use("camera_control", segments[0].name if segments else "still", "camera")
    scene = reading.scene(is_text=job.task == "text-to-video")
    return Plan(
        segments=segments,
        tear_budget=TEAR_BUDGET * (0.6 if reading.is_distortion_unwanted else 1.0),
        scene=scene,
        used=tuple(dict.fromkeys(reading.used)),
        ignored=reading.ignored(),
    )


def _controlled(control: CameraControl) -> tuple[Segment, ...]:
    """The whole clip as one move by value."""
    if control.preset is not None:
        return (Segment(control.preset, 0.0, 1.0, PRESETS[control.preset]),)
    if control.axis is None or control.value == 0:
        return ()
    return (Segment(f"{control.axis} {control.value:+g}", 0.0, 1.0, AXES[control.axis].scaled(control.value)),)


@dataclass(frozen=True, slots=True)
class _Found:
    """A camera word in a clause; `word` is None for a still camera."""

    word: CameraWord | None
    text: str
    start: int
    end: int


class _Reading:
    """One pass over the words of a prompt, remembering which of them did something."""

    def __init__(self, prompt: str, negative_prompt: str) -> None:
        self.prompt = prompt.lower().replace("’", "'")
        self.used: list[UsedWord] = []
        self._spans: set[str] = set()
        self._negative_words: list[str] = []
        self._unwanted: set[str] = set()
        self.is_distortion_unwanted = False
        self._is_camera_unwanted = False
        self._read_negative(negative_prompt.lower().replace("’", "'"))

    def _read_negative(self, text: str) -> None:
        for term in (part.strip() for part in re.split(r",|;|\n|\.|\band\b", text)):
            if not term:
                continue
            if re.search(rf"\b{NEGATIVE_STATIC}\b", term):
                self._is_camera_unwanted = True
                self.use(term, "camera stands still", "camera", is_negation=True)
            elif re.search(rf"\b{NEGATIVE_DISTORT}", term):
                self.is_distortion_unwanted = True
                self.use(term, "less depth in the camera move", "scene", is_negation=True)
            elif names := self._moves_named(term):
                self._unwanted |= names
                self.use(term, f"without {', '.join(sorted(names))}", "camera", is_negation=True)
            else:
                self._negative_words.append(term)

    @staticmethod
    def _moves_named(term: str) -> set[str]:
        if term in NEGATIVE_FAMILIES:
            return set(NEGATIVE_FAMILIES[term])
        return {found.word.name for found in _find_camera(f"camera, {term}") if found.word is not None}

    def segments(self, strength: float) -> tuple[Segment, ...]:
        """The camera path. Clauses joined by 'then' and the like share the time; within one, moves add up."""
        timeline = list(self._timeline())
        if self._is_camera_unwanted:
            return ()
        slow_motion = re.search(rf"\b{SLOW_MOTION}\b", self.prompt)
        self._note(slow_motion, "slower", "manner")
        moves: list[Segment] = []
        for index, (clause, found) in enumerate(timeline):
            speed = self._speed(clause) if slow_motion is None else 0.65
            # One move, however often and by whatever words a clause asks for it.
            words = {item.word.move: item.word for item in reversed(found) if item.word is not None}
            moves += [_segment(word, index, len(timeline), strength * speed**0.6) for word in reversed(words.values())]
        if timeline:
            return tuple(moves)
        speed = self._speed(self.prompt) if slow_motion is None else 0.65
        return self._default_move(strength * speed**0.6)

    def _default_move(self, amplitude: float) -> tuple[Segment, ...]:
        """A clip without camera words moves a little: a still one would look like a broken one."""
        if GENTLE_PUSH.name in self._unwanted:
            return ()
        forward = re.search(rf"\b{FORWARD_SUBJECT}\b", self.prompt)
        self._note(forward, "camera pushes in with the subject", "camera")
        return (_segment(GENTLE_PUSH if forward is None else DRIVEN_PUSH, 0, 1, amplitude),)

    def _timeline(self) -> Iterator[tuple[str, list[_Found]]]:
        """Every clause of the sentences that speak of the camera, in order, with what it asks of the camera."""
        for sentence in re.split(SENTENCE_BORDER, self.prompt):
            clauses = [(clause, _find_camera(clause)) for clause in re.split(CLAUSE_BORDER, sentence) if clause.strip()]
            kept = [(clause, self._wanted(clause, found)) for clause, found in clauses]
            if any(found for _, found in kept):
                yield from kept

    def _wanted(self, clause: str, found: list[_Found]) -> list[_Found]:
        """Without what is negated, here or in the negative prompt."""
        wanted = []
        for item in found:
            name = "still" if item.word is None else item.word.name
            self._spans.update(re.findall(r"[\w']+", item.text))
            if re.search(NEGATION, clause[max(0, item.start - _BEFORE_CHARS) : item.start]) or name in self._unwanted:
                self.use(item.text, f"no {name}", "camera", is_negation=True)
                if name in NEGATIVE_FAMILIES["zoom"]:
                    self._unwanted.add(GENTLE_PUSH.name)
            else:
                wanted.append(item)
                self.use(item.text, name, "camera")
        explicit = [item for item in wanted if item.word is None or not item.word.gives_way]
        return explicit or wanted

    def _speed(self, text: str) -> float:
        for factor, pattern in SPEEDS:
            if match := re.search(rf"\b{pattern}\b", text):
                self._note(match, f"speed x{factor:g}", "manner")
                return factor
        return 1.0

    def scene(self, *, is_text: bool) -> SceneWish:
        """The place, told by the earliest word of each kind; only text-to-video draws it."""
        if not is_text:
            return SceneWish("mountain", "day", False, False)
        kind = _earliest(self.prompt, SCENES)
        time = _earliest(self.prompt, TIMES)
        water = re.search(rf"\b{WATER}\b", self.prompt)
        snow = re.search(rf"\b{SNOW}\b", self.prompt)
        for match, effect in ((kind[1], kind[0]), (time[1], time[0]), (water, "water"), (snow, "snow on the ground")):
            self._note(match, str(effect), "scene")
        place: SceneKind = kind[0] or "mountain"
        fallback: TimeOfDay = "night" if place in ("room", "space") else "day"
        return SceneWish(place, time[0] or fallback, water is not None or place == "sea", snow is not None)

    def use(self, text: str, effect: str, kind: UseKind, *, is_negation: bool = False) -> None:
        """Remember that a word did something."""
        self.used.append(UsedWord(text, effect, kind, is_negation))

    def _note(self, match: re.Match[str] | None, effect: str, kind: UseKind) -> None:
        if match is not None:
            self.use(match.group(), effect, kind)
            self._spans.update(re.findall(r"[\w']+", match.group()))

    def ignored(self) -> tuple[str, ...]:
        """Words of both prompts that nothing was made of, in order, at most IGNORED_WORDS_MAX."""
        words = [word for word in re.findall(r"[\w']+", self.prompt) if word not in STOP_WORDS]
        left = [word for word in words if word not in self._spans and not word.isdigit()]
        left += [f"not '{term}'" for term in self._negative_words]
        unique = list(dict.fromkeys(left))
        more = [f"and {len(unique) - IGNORED_WORDS_MAX} more"] if len(unique) > IGNORED_WORDS_MAX else []
        return (*unique[:IGNORED_WORDS_MAX], *more)


def _segment(word: CameraWord, index: int, count: int, amplitude: float) -> Segment:
    return Segment(
        word.name, index / count, (index + 1) / count, word.move.scaled(amplitude), shake=word.shake * amplitude
    )


def _find_camera(clause: str) -> list[_Found]:
    """Camera words of a clause; of overlapping ones the longest, of equal ones the first in the table."""
    found = [
        _Found(None, match.group(), *match.span()) for match in re.finditer(rf"\b(?:{STATIC_PATTERN})\b", clause)
    ] + [
        _Found(None, match.group(), *match.span())
        for match in re.finditer(rf"\b{STATIC_OPENING}", clause)
        if _opens_phrase(clause, match.start())
    ]
    has_camera = re.search(rf"\b(?:{CAMERA_CONTEXT})\b", clause) is not None
    for word in CAMERA_WORDS:
        for match in re.finditer(rf"\b{word.pattern}\b", clause):
            if has_camera or not word.needs_camera or _opens_phrase(clause, match.start()):
                found.append(_Found(word, match.group(), *match.span()))
    return _without_overlaps(found)


def _opens_phrase(clause: str, start: int) -> bool:
    """Whether only words of manner stand between the last comma and `start`, as in 'slowly orbit left'."""
    before = re.split(r"[,:(]", clause[max(0, start - _BEFORE_CHARS) : start])[-1]
    return (
        re.fullmatch(r"[\s-]*(?:and\s+|a\s+|with\s+a\s+|\w+ly\s+|slow\s+|fast\s+|gentle\s+|whip\s+)*", before)
        is not None
    )


def _without_overlaps(found: list[_Found]) -> list[_Found]:
    kept: list[_Found] = []
    taken = bytearray(max((item.end for item in found), default=0))
    for item in sorted(found, key=lambda item: item.start - item.end):
        if not any(taken[item.start : item.end]):
            taken[item.start : item.end] = b"\1" * (item.end - item.start)
            kept.append(item)
    return sorted(kept, key=lambda item: item.start)


def _earliest(text: str, table: tuple[tuple[_Name, str], ...]) -> tuple[_Name | None, re.Match[str] | None]:
    """The row whose word comes first in the text; the upper row when two do."""
    best: tuple[_Name, re.Match[str]] | None = None
    for name, pattern in table:
        match = re.search(rf"\b{pattern}\b", text)
        if match is not None and (best is None or match.start() < best[1].start()):
            best = (name, match)
    return best if best is not None else (None, None)
