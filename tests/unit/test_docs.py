"""The documentation names what exists: every setting with its default, every command, every error."""

import ast
import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main

from bench import gallery
from bench.quality.clips import Silence
from mutoscope import errors
from mutoscope.catalog.load import load_catalog
from mutoscope.cli.main import COMMANDS
from mutoscope.engines.procedural import extras
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.plan import SceneKind
from mutoscope.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text("utf-8")


def settings_row(row: Any) -> str:
    """How docs/settings.md has to show a setting."""
    if row.default is None:
        shown = "a folder of the user"
    elif isinstance(row.default, bool):
        shown = "on" if row.default else "off"
    else:
        shown = "–" if row.default in ("", ()) else f"`{row.default}`"
    unit = f" {row.metadata['unit']}" if row.metadata["unit"] else ""
    many = "Any of" if isinstance(row.default, tuple) else "One of"
    choices = (
        f" {many} {', '.join(f'`{choice}`' for choice in row.metadata['choices'])}." if row.metadata["choices"] else ""
    )
    return f"| `{row.name}` | `MUTOSCOPE_{row.name.upper()}` | {shown}{unit} | {row.metadata['help']}{choices} |"


@pytest.mark.parametrize("row", fields(Settings), ids=lambda row: row.name)
def test_every_setting_is_documented_as_it_is(row: Any):
    """Name, variable, default, unit and help in the page are those of the table."""
    assert settings_row(row) in text_of("settings.md").splitlines()


def command_lines() -> Iterator[str]:
    """Every command as it is typed, without its options."""
    for name, entry in COMMANDS.items():
        command = typer.main.get_command(importlib.import_module(entry.module).app)
        below = getattr(command, "commands", None)
        yield from [f"mutoscope {name}"] if below is None else [f"mutoscope {name} {verb}" for verb in below]


def test_every_command_is_documented():
    """Each command of the command line stands in the page for operators."""
    page = text_of("operations.md")

    lines = list(command_lines())

    assert "mutoscope keys create" in lines, "groups are looked into"
    assert [line for line in lines if f"`{line}`" not in page] == []


def test_no_page_promises_a_command_that_is_not_there():
    """Whatever is shown as `mutoscope …` exists, and every MUTOSCOPE_ variable is read."""
    pages = {path.name: path.read_text("utf-8") for path in (*DOCS.glob("*.md"), ROOT / "README.md")}
    variables = {f"MUTOSCOPE_{row.name.upper()}" for row in fields(Settings)} | {"MUTOSCOPE_CONFIG", "MUTOSCOPE_URL"}

    named = {
        (page, name) for page, text in pages.items() for name in re.findall(r"(?m)(?:^|[`/(])mutoscope ([a-z]+)", text)
    }
    read = {(page, name) for page, text in pages.items() for name in re.findall(r"MUTOSCOPE_[A-Z0-9_]+", text)}

    assert {(page, name) for page, name in named if name not in COMMANDS} == set()
    assert {(page, name) for page, name in read if name not in variables} == set()


def subclasses(kind: type[errors.MutoscopeError]) -> Iterator[type[errors.MutoscopeError]]:
    """All classes below `kind`."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def test_every_error_type_is_documented():
    """Each `error_type` of the tree has a row."""
    page = text_of("errors.md")

    missing = {kind.error_type for kind in subclasses(errors.MutoscopeError) if f"| `{kind.error_type}` |" not in page}

    assert missing - {None} == set()


def test_every_own_error_is_documented():
    """Errors of start-up and of commands have a row that says what to do."""
    page = text_of("errors.md")

    missing = {kind.__name__ for kind in subclasses(errors.OwnError) if f"| `{kind.__name__}` |" not in page}

    assert missing == set()


def problem_types() -> set[str]:
    """The first argument of every `Problem(...)` in the sources, and of what becomes one, that is a plain string."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Problem"
                and node.args
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_problem_type_is_documented():
    """Each `type` that our code puts into a 422 stands in the page about errors."""
    page = text_of("errors.md")

    types = problem_types()

    assert len(types) > 5, "the scan finds them"
    assert {name for name in types if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str):
    """A relative link names a file that is there."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))

    assert [target for target in targets if not (DOCS / target).exists()] == []


def test_readme_links_every_page():
    """And each of its links leads somewhere."""
    text = (ROOT / "README.md").read_text("utf-8")

    targets = set(re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text))

    assert {target for target in targets if not (ROOT / target).exists()} == set()
    assert {f"docs/{path.name}" for path in DOCS.glob("*.md")} - targets == set()


# --- the engine and its pictures ------------------------------------------------

ENGINE = ROOT / "src" / "mutoscope" / "engines" / "procedural"
IMAGES = DOCS / "images"
PICTURE_BYTES_MAX = 350_000
CLIP_BYTES_MAX = 500_000


def test_manifest_of_the_page_has_the_keys_of_a_file(tmp_path: Path):
    """The example is what an engine writes, not what it wrote once."""
    (example,) = re.findall(r"```json\n(.+)\n```", text_of("engine.md"))
    artifact = ProceduralEngine().generate(
        gallery.make_job(gallery.PIECES["lake"], tmp_path, area_px=64_000, num_frames=2), Silence()
    )

    shown = json.loads(example)

    assert shown.keys() == artifact.manifest.keys()
    assert shown["settings"].keys() == artifact.manifest["settings"].keys()
    assert shown["engine"] == artifact.engine


def test_sizes_and_lengths_of_the_page_are_those_of_the_catalog():
    """Every frame size and frame count that an endpoint can give stands in the table, and no other does."""
    page = text_of("engine.md").split("## Sizes and lengths")[1].split("## The file")[0]
    endpoints = [each for each in load_catalog() if each.served_by == "local"]

    sizes = {f"{width}×{height}" for each in endpoints for width, height in each.sizes.values()}
    frames = {f"{each.num_frames(seconds)} for {seconds} s" for each in endpoints for seconds in (5, 10)}
    areas = {f"{each.area_px:,}".replace(",", " ") for each in endpoints}

    assert set(re.findall(r"\d{3,4}×\d{3,4}", page)) == sizes
    assert set(re.findall(r"\d{3} for \d+ s", page.replace(" frames", ""))) == frames
    assert set(re.findall(r"\d[\d ]+(?= pixels \(| \(pro)", page)) == areas


def test_endpoints_of_the_readme_are_counted():
    """The number of those that are made here, and those that it names."""
    (sentence,) = re.findall(r"(?s)\nEndpoints: .+?\n\n", (ROOT / "README.md").read_text("utf-8"))
    catalog = load_catalog()

    assert f" {sum(each.served_by == 'local' for each in catalog)} in all" in sentence
    named = re.findall(r"`(\S+(?:image|text)-to-video)`", sentence)
    assert named and all(catalog.get(f"fal-ai/kling-video/{path}") for path in named)


def test_settings_and_extras_of_the_page_exist():
    """Each row names a setting, and each extra output has a maker."""
    page = text_of("engine.md").split("## Settings that matter here")[1].split("## Speed")[0]

    named = set(re.findall(r"(?m)^\| `(\w+)` \|", page))

    assert named == {"preview_tag", "trajectory_origin", "x264_preset", "extra_outputs", "image_pixels_max"}
    assert named <= {row.name for row in fields(Settings)}
    assert {name for name in extras.MAKERS if f"`{name}`" not in page} == set()


def test_files_that_the_page_names_exist():
    """Of the engine, of its tests, and of the benches."""
    places = (ENGINE, ENGINE / "effects", ROOT / "tests" / "unit" / "engines", ROOT / "bench" / "quality", ROOT)

    named = set(re.findall(r"`([\w/]+\.py)`", text_of("engine.md")))

    assert len(named) > 10, "the scan finds them"
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


def test_number_of_painted_places_is_counted():
    """`SceneKind` grows, and so does the page."""
    words = {12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen"}

    assert f"one of {words[len(get_args(SceneKind))]} kinds of place" in " ".join(text_of("engine.md").split())


def test_floors_of_the_architecture_are_those_that_are_checked():
    """The page has the rooms of each floor as the contract of imports has them, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    checked = [{room.strip(" ()") for room in layer.split("|")} for layer in contracts[0]["layers"]]

    page = text_of("architecture.md").split("## Floors")[1].split("\n\n##")[0]
    rows = [row.split("|") for row in page.splitlines() if re.match(r"\| \d", row)]

    assert [int(row[1]) for row in rows] == list(reversed(range(len(checked))))
    assert [set(re.findall(r"`(\w+)`", row[2])) for row in rows] == checked


def test_every_file_that_the_architecture_names_is_there():
    """A reader can open each of them under `src/mutoscope`; rooms of the procedural engine have a test of their own."""
    page = text_of("architecture.md").split("## The procedural engine")[0]

    names = set(re.findall(r"`([\w/]+(?:\.py|/))`", page)) - {"mutoscope"}

    assert len(names) > 40
    assert [name for name in sorted(names) if not (ROOT / "src" / "mutoscope" / name).exists()] == []


def test_every_room_of_the_engine_stands_in_the_architecture():
    """A folder with a slash, a file without its ending."""
    page = text_of("architecture.md").split("## The procedural engine")[1].split("## The wall")[0]
    rooms = {path.name + "/" for path in ENGINE.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.stem for path in ENGINE.glob("[a-z]*.py")}

    assert {room for room in rooms if f"`{room}`" not in page} == set()


def test_pictures_of_the_documentation_are_pieces_of_the_gallery():
    """One command makes them again; they are linked, they are there, and they are small."""
    pieces = {name for row in gallery.SHEET for name in row} | set(gallery.CLIPS)
    pictures = {"gallery.jpg": PICTURE_BYTES_MAX} | dict.fromkeys((f"{n}.mp4" for n in gallery.CLIPS), CLIP_BYTES_MAX)

    for page, folder in ((text_of("engine.md"), "images"), ((ROOT / "README.md").read_text("utf-8"), "docs/images")):
        assert {name for name in pictures if f"({folder}/{name})" not in page} == set()

    assert pieces <= gallery.PIECES.keys()
    assert {name: size for name, most in pictures.items() if (size := (IMAGES / name).stat().st_size) > most} == {}
    assert "python -m bench.gallery docs/images --readme" in text_of("engine.md")


def test_every_photo_has_its_source_in_one_table():
    """Whose it is and under which license, for each that is shipped, and for no other."""
    shipped = {"docs/images/demo.jpg"} | {f"tests/photos/{path.name}" for path in (ROOT / "tests/photos").iterdir()}

    (table,) = re.findall(r"(?m)^\|---.*\n((?:\|.*\n)+)", text_of("photos.md"))

    assert set(re.findall(r"(?m)^\| `(.+?)` \|", table)) == shipped
