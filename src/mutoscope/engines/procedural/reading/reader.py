"""
Turns prompt, negative prompt, camera control and cfg_scale into a plan: pure data, without opening any file.

How a prompt is read, file by file:

1. `text` makes it lower case and one script, hides what somebody says in it, and cuts it into tokens.
2. `lexicon` finds the phrases of `vocabulary/`, the longest at each place; `prompt` holds them, says which are negated,
   and cuts the text into clauses at the words of order.
3. `negative` reads the other prompt: what is not wanted, by name.
4. `camera` finds the moves that each clause asks for; it reads text, since its words are patterns.
5. `binding` ties adverbs, colors, numbers and closing words to the nouns beside them.
6. `timeline` gives each clause its part of the clip.
7. `motions`, `effects` and, for text-to-video, `scene` make the parts of the plan out of phrases, ties and times.

All of them tell `ledger` what they used; what nobody used is what the log calls ignored.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mutoscope.engines.procedural.plan import Motion, Plan, SceneWish, Segment
from mutoscope.engines.procedural.reading.binding import Bindings
from mutoscope.engines.procedural.reading.camera import CameraReading, controlled
from mutoscope.engines.procedural.reading.effects import EffectReading
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.motions import MotionFound, find_motions, is_driven, motions_in_time
from mutoscope.engines.procedural.reading.negative import UNWANTED_WORDS, read_negative, take_thing
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.scene import SceneReading
from mutoscope.engines.procedural.reading.text import normalized
from mutoscope.engines.procedural.reading.timeline import Timeline, timeline_of
from mutoscope.engines.procedural.reading.vocabulary.effects import LIGHT_NAMES
from mutoscope.engines.procedural.reading.vocabulary.rows import AmountRow, EffectRow, FigureRow, MotionRow, ThingRow
from mutoscope.generation import GenerationJob

TEAR_BUDGET: Final = 0.35
"""Pixels of relative shift per pixel that a single-layer warp bears before foliage and rails look torn."""
_FINER_CRF: Final = -2


def plan_job(job: GenerationJob) -> Plan:
    """
    Read the job's words. Pure: the same job gives the same plan, and no file is opened.

    Camera control, being a value, is taken before the prompt's words and is not scaled by cfg_scale; words are, by
    0.4 + 1.2·cfg_scale.
    """
    return _Reading(job).plan()


class _Reading:
    """The stages of reading one job; each puts what it used into the account."""

    def __init__(self, job: GenerationJob) -> None:
        self._job = job
        self._strength = 0.4 + 1.2 * job.cfg_scale
        self._is_text = job.task == "text-to-video"
        self._prompt = Prompt(job.prompt)
        self._ledger = Ledger(self._prompt)
        self._unwanted = read_negative(job.negative_prompt, self._ledger)
        self._camera = CameraReading(
            self._prompt.clauses,
            hidden=_hiding_places(self._prompt),
            nouns=_noun_places(self._prompt),
            unwanted=frozenset(self._unwanted.moves),
        )
        self._bindings = Bindings(self._prompt, self._camera.places())
        self._refuse_things()
        self._timeline = self._divide()
        self._speed_words: list[tuple[Found, float]] = []
        self._speeds = self._read_speeds()

    def plan(self) -> Plan:
        motions = find_motions(self._prompt, self._bindings, self._unwanted.names, self._ledger)
        segments = self._segments(motions)
        reading = EffectReading(
            self._prompt,
            self._bindings,
            self._timeline,
            self._ledger,
            is_text=self._is_text,
            unwanted=self._unwanted.names,
        )
        effects = reading.effects(self._strength, ends_bare=bool(self._job.stops))
        scene, subject_motions = self._scene_and_motions(motions)
        return Plan(
            segments=segments,
            effects=effects,
            motions=subject_motions,
            tear_budget=TEAR_BUDGET * (0.6 if self._unwanted.is_distortion else 1.0),
            scene=scene,
            crf_change=_FINER_CRF if self._unwanted.is_low_quality else 0,
            used=self._ledger.used,
            ignored=self._ledger.ignored,
        )

    def _refuse_things(self) -> None:
        """'No text' in the prompt is 'text' in the negative one."""
        for index, found in enumerate(self._prompt.found):
            for row in found.all(ThingRow) if self._prompt.negated[index] else ():
                if row.name in UNWANTED_WORDS:
                    take_thing(row.name, self._unwanted)
                    self._ledger.use_found(found, *UNWANTED_WORDS[row.name], is_negation=True)

    def _divide(self) -> Timeline:
        clauses = self._prompt.clauses
        moves = [bool(found) for found in self._camera.wanted]
        happens = list(moves)
        for found in self._prompt.found:
            if _happens(found):
                happens[self._prompt.clause_of(found)] = True
        # Reading changes how many characters a text has: places are those of what is read.
        shots = [replace(shot, at=len(normalized(self._job.prompt[: shot.at]))) for shot in self._job.shots]
        return timeline_of(clauses, moves=moves, happens=happens, shots=shots)

    def _read_speeds(self) -> list[float]:
        """Factor of each clause; of several words the fastest, before a slow one."""
        taken = {adverb for adverbs in self._bindings.adverbs.values() for adverb in adverbs}
        speeds = [1.0] * len(self._prompt.clauses)
        overall: float | None = None
        for index, found in enumerate(self._prompt.found):
            rows = [row for row in found.all(AmountRow) if row.what == "speed"]
            if not rows or index in taken or self._prompt.negated[index]:
                continue
            clause = self._prompt.clause_of(found)
            if rows[0].is_overall:
                overall = rows[0].factor
            elif speeds[clause] == 1.0 or rows[0].factor > speeds[clause]:
                speeds[clause] = rows[0].factor
            self._speed_words.append((found, rows[0].factor))
        return speeds if overall is None else [overall] * len(speeds)

    def _note_speeds(self) -> None:
        for found, factor in self._speed_words:
            self._ledger.use_found(found, f"speed x{factor:g}", "manner")

    def _segments(self, motions: Sequence[MotionFound]) -> tuple[Segment, ...]:
        segments: tuple[Segment, ...]
        control = self._job.camera_control
        for place in self._prompt.borders:
            self._ledger.use_border(*place)
        if control is not None:
            segments = controlled(control)
            self._ledger.forget("camera")
            field = "camera_control" if control.axis is None else "advanced_camera_control"
            self._camera.note(self._ledger, stronger=field)
            self._ledger.use(field, segments[0].name if segments else "still", "camera")
            if motions:
                self._note_speeds()
            return segments
        self._camera.note(self._ledger, stronger="the negative prompt" if self._unwanted.is_camera else None)
        self._note_speeds()
        if self._unwanted.is_camera:
            return ()
        segments = self._camera.segments(self._timeline, self._speeds, self._strength, driven=is_driven(motions))
        if segments and not any(self._camera.wanted) and is_driven(motions):
            word = next(motion for motion in motions if is_driven([motion]))
            self._ledger.use_found(self._prompt.found[word.index], "camera pushes in with the subject", "manner")
        return segments

    def _scene_and_motions(self, motions: Sequence[MotionFound]) -> tuple[SceneWish, tuple[Motion, ...]]:
        """Text-to-video paints a place with figures; a picture has a subject already."""
        if not self._is_text:
            return SceneWish(), motions_in_time(
                motions, self._prompt, self._timeline, self._speeds, self._strength, self._ledger
            )
        reading = SceneReading(self._prompt, self._bindings, self._timeline, self._unwanted, self._ledger)
        return reading.scene(motions, self._job.prompt), ()


def _noun_places(prompt: Prompt) -> list[tuple[int, int]]:
    """Places of what can move by itself."""
    return [
        (prompt.tokens[found.first].start, prompt.tokens[found.last - 1].end)
        for found in prompt.found
        if any(isinstance(row, EffectRow | FigureRow) for row in found.meaning.rows)
    ]


def _happens(found: Found) -> bool:
    """Whether a phrase is something that moves or changes; a lake is a place."""
    return (
        bool(found.meaning.grammar & {"closing", "clearing"})
        or found.row(MotionRow) is not None
        or any(row.use == "always" or row.name in LIGHT_NAMES for row in found.all(EffectRow))
    )


def _hiding_places(prompt: Prompt) -> list[tuple[int, int]]:
    """Places of phrases that mean something else than the camera, where its words are only a part of them."""
    return [
        (prompt.tokens[found.first].start, prompt.tokens[found.last - 1].end)
        for found in prompt.found
        if found.last - found.first > 1 and any(not isinstance(row, AmountRow) for row in found.meaning.rows)
    ]
