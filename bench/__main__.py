"""Runs the benches one after the other and prints one table: name, measured, bar, verdict."""

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import calls, engine, files, generate, history, latency, store, uploads, watchers
from bench.measure import Row

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "http": calls.rows,
    "store": store.rows,
    "latency": latency.rows,
    "files": files.rows,
    "uploads": uploads.rows,
    "watchers": watchers.rows,
    "history": history.rows,
    "generate": generate.rows,
    "engine": engine.rows,
}
RESULTS = Path(__file__).with_name("results.md")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table that reads well in a terminal too."""
    cells = [("figure", "measured", "bar", "", "of what")]
    cells += [(row.name, _number(row), _bar(row), row.verdict, row.note) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _number(row: Row) -> str:
    return "–" if math.isnan(row.measured) else f"{row.measured:.3g} {row.unit}".strip()


def _bar(row: Row) -> str:
    return f"{'≤' if row.at_most else '≥'} {row.bar:g} {row.unit}".strip() if row.bar is not None else ""


def machine() -> str:
    """What it ran on, in one line."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def main() -> int:
    """Measure, print, and with `--save` keep the table; 1 when a figure misses its bar."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"only these: {' '.join(BENCHES)}")
    parser.add_argument("--save", action="store_true", help="write the table to bench/results.md")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {' '.join(BENCHES)}")
    start, rows = time.monotonic(), []
    for name in options.names or BENCHES:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        rows += BENCHES[name]()
    text = f"{table(rows)}\n\n{machine()}; {time.monotonic() - start:.0f} s\n"
    print(text)
    if options.save:
        RESULTS.write_text(f"# One run of `scripts/bench`\n\n{text}", "utf-8")
    return 1 if any(row.verdict == "missed" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
