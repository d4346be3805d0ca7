"""What the bench says of itself."""

import re
from pathlib import Path

from bench.__main__ import BENCHES


def test_script_names_every_bench() -> None:
    """In its usage, in the order in which they run."""
    usage = (Path(__file__).parents[2] / "scripts" / "bench").read_text("utf-8")

    (names,) = re.findall(r"^#   name +only these: (.+)$", usage, re.M)

    assert names.split() == list(BENCHES)
