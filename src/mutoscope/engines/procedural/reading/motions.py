"""Reads what subjects do: the motions of a picture's subject, or one for each figure of a painted scene."""

from collections.abc import Sequence
from dataclasses import dataclass

from mutoscope.engines.procedural.plan import Motion, MotionName
from mutoscope.engines.procedural.reading.binding import Bindings
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.timeline import Timeline
from mutoscope.engines.procedural.reading.vocabulary.rows import FigureRow, MotionRow
from mutoscope.engines.procedural.reading.vocabulary.subjects import ROOTED, STRAIGHT


@dataclass(frozen=True, slots=True)
class MotionFound:
    """A motion word of the prompt that is the subject's own."""

    name: MotionName
    index: int
    """Into `prompt.found`."""


def find_motions(prompt: Prompt, bindings: Bindings, unwanted: set[str], ledger: Ledger) -> list[MotionFound]:
    """
    Motion words that mean a subject.

    Words of the camera are none, nor are those that say how an effect moves, which are put into the account.
    """
    motions = []
    for index, found in enumerate(prompt.found):
        row = found.row(MotionRow)
        if row is None or index in bindings.camera_verbs:
            continue
        if (effect := bindings.belongs_to_effect(index)) is not None:
            ledger.use_found(found, f"of '{prompt.text_of(prompt.found[effect])}'", "effect")
        elif prompt.negated[index] or row.name in unwanted:
            ledger.use_found(found, f"no {row.name}", "motion", is_negation=True)
        else:
            motions.append(MotionFound(row.name, index))
    return motions


def is_driven(motions: Sequence[MotionFound]) -> bool:
    """Whether a subject moves forward."""
    return any(motion.name in STRAIGHT for motion in motions)


def motions_in_time(
    motions: Sequence[MotionFound],
    prompt: Prompt,
    timeline: Timeline,
    speeds: Sequence[float],
    strength: float,
    ledger: Ledger,
) -> tuple[Motion, ...]:
    """Motions of a picture's subject: each from its part of the clip until another part brings another one."""
    starts = [timeline.start(prompt.clause_of(prompt.found[motion.index])) for motion in motions]
    planned: dict[tuple[MotionName, float], Motion] = {}
    for motion, start in zip(motions, starts, strict=True):
        end = _end(start, starts, _stops(prompt, timeline))
        speed = speeds[prompt.clause_of(prompt.found[motion.index])]
        planned.setdefault((motion.name, start), Motion(motion.name, start, end, strength * speed**0.6))
        ledger.use_found(
            prompt.found[motion.index], f"subject: {motion.name} {100 * start:.0f}-{100 * end:.0f} %", "motion"
        )
    return tuple(planned.values())


def _end(start: float, starts: Sequence[float], stops: Sequence[float]) -> float:
    return min((other for other in (*starts, *stops) if other > start), default=1.0)


def _stops(prompt: Prompt, timeline: Timeline) -> list[float]:
    """Where somebody 'stops' who is not weather."""
    return [
        timeline.start(prompt.clause_of(found))
        for index, found in enumerate(prompt.found)
        if prompt.is_grammar(index, "closing")
    ]


def doer_of(motion: MotionFound, prompt: Prompt, figures: Sequence[int]) -> int | None:
    """
    Whose motion it is: of the figures at these indices of `prompt.found`, in order.

    The one right after it ('a walking man'), else the last one before it in its sentence, else the first of all.
    """
    here: Found = prompt.found[motion.index]
    is_participle = prompt.tokens[here.last - 1].text.endswith("ing") or prompt.tokens[here.last - 1].is_han
    if is_participle:
        for other in figures:
            if other > motion.index and prompt.gap(here, prompt.found[other]) <= 1:
                return other
    sentence = prompt.tokens[here.first].sentence
    before = [
        other
        for other in figures
        if other < motion.index and prompt.tokens[prompt.found[other].first].sentence == sentence
    ]
    # A pronoun points back, and a tree by the way does not dance.
    for rank in (_can_move, _is_named):
        if ranked := [other for other in before if rank(prompt.found[other])]:
            return ranked[-1]
    movable = [other for other in figures if _can_move(prompt.found[other])]
    return next(iter((*before, *movable, *figures)), None)


def _is_named(found: Found) -> bool:
    return not all(row.is_pronoun for row in found.all(FigureRow))


def _can_move(found: Found) -> bool:
    return _is_named(found) and not all(row.kind in ROOTED for row in found.all(FigureRow))
