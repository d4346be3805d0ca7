"""Small jobs for the procedural engine, and the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.generation import GenerationJob, InputFile
from tests.unit.engines.looking import PIER

MakeJob = Callable[..., GenerationJob]


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    """A small job: `make_job("zoom in", num_frames=9)`; a picture given as a path becomes an input file."""
    made = 0

    def make(prompt: str = "", **changes: Any) -> GenerationJob:
        nonlocal made
        made += 1
        scratch = tmp_path / f"job-{made}"
        scratch.mkdir()
        is_text = changes.get("task") == "text-to-video"
        values: dict[str, Any] = {
            "request_id": f"request-{made}", "attempt": made, "endpoint_id": "e", "task": "image-to-video",
            "scratch": scratch, "prompt": prompt, "negative_prompt": "", "cfg_scale": 0.5, "seed": 0, "duration_s": 5,
            "fps": 24, "num_frames": 13, "area_px": 64_000, "width_px": 320 if is_text else None,
            "height_px": 180 if is_text else None, "first_frame": None if is_text else PIER,
        }  # fmt: skip
        values |= changes
        for name, loc in (
            ("first_frame", "image_url"),
            ("last_frame", "tail_image_url"),
            ("static_mask", "static_mask_url"),
        ):
            if isinstance(values.get(name), Path):
                values[name] = InputFile(values[name], ("body", loc))
        return GenerationJob(**values)

    return make


@pytest.fixture(scope="session")
def engine() -> ProceduralEngine:
    """The engine, loaded."""
    engine = ProceduralEngine()
    engine.load()
    return engine
