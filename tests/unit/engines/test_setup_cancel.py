"""A cancel is heard while a clip is still being prepared: between all steps, and often within the long ones."""

from dataclasses import dataclass
from typing import Any

import pytest

from mutoscope.engines.base import GenerationCancelled
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.generation import DynamicMask, InputFile
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, LANTERN, Listener, draw_mask


@dataclass
class Impatient(Listener):
    """Cancels at the check of this number, and counts them."""

    cancel_at: int | None = None
    checks: int = 0

    def check(self) -> None:
        self.checks += 1
        if self.checks == self.cancel_at:
            raise GenerationCancelled


LONG: dict[str, tuple[int, dict[str, Any]]] = {
    "the world beyond the edges": (30, {"prompt": "zoom out"}),
    "the place behind a subject": (30, {"prompt": "he jumps, static shot", "first_frame": LANTERN}),
    "a way to the last frame": (7, {"last_frame": CANYON}),
    "what a brush leaves behind": (30, {"dynamic_masks": (0.2, 0.3, 0.6, 0.7)}),
    "a part that goes on past the edge": (60, {"dynamic_masks": (0.0, 0.3, 0.4, 0.7)}),
}
"""What takes long to prepare: how often a cancel is looked for at least, and the job."""


@pytest.mark.parametrize("name", LONG)
def test_a_cancel_is_heard_while_a_clip_is_prepared(engine: ProceduralEngine, make_job: MakeJob, name: str) -> None:
    """At any of the checks it ends the work, which leaves nothing behind; without one the preparation goes through."""
    least, values = LONG[name]
    job = make_job(**values)
    if box := values.get("dynamic_masks"):
        path = draw_mask(job.scratch.parent / "mask.png", box)
        stroke = DynamicMask(InputFile(path, ("body", "dynamic_masks", 0, "mask_url")), ((400, 400), (700, 300)))
        job = make_job(**values | {"dynamic_masks": (stroke,)})
    calm = Impatient()

    engine.film(job, calm)

    assert calm.checks >= least
    for cancel_at in (1, calm.checks // 2, calm.checks):
        hasty = Impatient(cancel_at=cancel_at)
        with pytest.raises(GenerationCancelled):
            engine.generate(job, hasty)
        assert hasty.checks == cancel_at, "nothing was begun after it"
        assert hasty.fractions == [] and list(job.scratch.iterdir()) == []
