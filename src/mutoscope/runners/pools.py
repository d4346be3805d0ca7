"""Which runners the settings mean: a pool with the engine, and one for the functions of applications."""

from collections.abc import Sequence
from typing import Any, Final

from mutoscope.catalog.application import POOL, Application
from mutoscope.runners.local import LocalRunner, Patience
from mutoscope.settings import Settings

_APPLICATION_ENGINE: Final = "mutoscope.engines.application:ApplicationEngine"


def local_runners(settings: Settings, applications: Sequence[Application]) -> dict[str, list[LocalRunner]]:
    """By the pool they are for, none of them started; no process for functions where there are none."""
    patience = Patience(
        stall_s=settings.stall_timeout_s, run_s=settings.run_timeout_s, cancel_grace_s=settings.cancel_grace_s
    )
    engine_options, own_options = _engine_options(settings), _application_options(applications)
    return {
        settings.engine: [
            LocalRunner(f"local-{number}", settings.engine, engine_options, patience)
            for number in range(1, settings.runner_count + 1)
        ],
        POOL: [
            LocalRunner(f"applications-{number}", _APPLICATION_ENGINE, own_options, patience)
            for number in range(1, settings.application_runners + 1)
            if applications
        ],
    }


def _application_options(applications: Sequence[Application]) -> dict[str, Any]:
    """What a runner imports, and from where."""
    return {
        "functions": {name: where for each in applications for name, where in each.functions.items()},
        "folders": sorted({str(each.folder) for each in applications if each.folder is not None}),
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    """The settings an engine takes, as keywords of its factory."""
    if settings.engine == "null":
        return {
            "seconds": settings.null_seconds,
            "log_lines": settings.null_log_lines,
            "extra_outputs": settings.extra_outputs,
        }
    return {
        "preview_tag": settings.preview_tag,
        "image_pixels_max": settings.image_pixels_max,
        "extra_outputs": settings.extra_outputs,
        "x264_preset": settings.x264_preset,
    }
