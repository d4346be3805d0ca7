"""Commands run as a user runs them: in a process of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MUTOSCOPE = Path(sys.executable).with_name("mutoscope")

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing of the outer shell points anywhere; data goes into the test's folder."""
    dropped = ("MUTOSCOPE_", "FAL_", "SSL_CERT_FILE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"MUTOSCOPE_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "200"}


@pytest.fixture
def mutoscope(tmp_path: Path, environment: dict[str, str]) -> Command:
    """Run `mutoscope ARGUMENTS…` in the test's folder; keywords are variables."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [MUTOSCOPE, *arguments],
            cwd=tmp_path,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run
