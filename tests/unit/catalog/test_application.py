"""Application files: what they register, and what is said about those that make no sense."""

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from mutoscope.api.routes import RESERVED, why_unreachable
from mutoscope.catalog import application
from mutoscope.catalog.application import Application, bind_call, load_applications
from mutoscope.catalog.load import load_catalog
from mutoscope.errors import ArgumentsInvalid, CatalogInvalid
from mutoscope.limits import ENDPOINT_ID_CHARS_MAX

WHOLE = """
app = "acme/toys"

[types.Page.text]
type = "string"
[types.Page.image_url]
type = "string"
media = "image"

[[endpoints]]
path = "reverse"
function = "toys:reverse"
description = "Turns a text around."
[endpoints.fields.text]
type = "string"
required = true
aliases = ["prompt"]
[endpoints.fields.times]
type = "integer"
default = 2
maximum = 9
[endpoints.fields.pages]
type = "list<Page>"
[endpoints.output.image]
type = "File"
[endpoints.examples]
text = "stressed"

[[endpoints]]
function = "toys:root"
"""

Load = Callable[[str], Application]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The application of a file of this text."""

    def load(text: str) -> Application:
        file = tmp_path / "toys.toml"
        file.write_text(text)
        (loaded,) = load_applications([file], why_unreachable)
        return loaded

    return load


def test_endpoints_of_a_file_are_in_the_catalog(load: Load, tmp_path: Path):
    """Beside those of the package, each with its function; an endpoint without path has the id of the app."""
    toys = load(WHOLE)

    catalog = load_catalog(beside=toys.endpoints)

    reverse, root = catalog.get("acme/toys/reverse"), catalog.get("acme/toys")
    assert reverse is not None and root is not None and catalog.has_app("acme/toys")
    assert {reverse.served_by, root.served_by} == {"application"}
    assert toys.functions == {"acme/toys/reverse": "toys:reverse", "acme/toys": "toys:root"}
    assert toys.folder == tmp_path
    assert reverse.input_example == {"text": "stressed", "times": 2}
    assert [each.name for each in reverse.output_fields] == ["image"]
    assert (reverse.title, reverse.tab, root.tab) == ("acme/toys", "Reverse", "Toys")


def test_arguments_are_held_against_the_fields(load: Load):
    """Defaults are filled, aliases taken, and what breaks the schema is told as for the video endpoints."""
    reverse = load(WHOLE).endpoints[0]

    arguments = reverse.parse({"prompt": "abc"}, strict=False)
    with pytest.raises(ArgumentsInvalid) as caught:
        reverse.parse({"times": 10}, strict=True)

    assert (arguments.values, arguments.sent_as) == ({"text": "abc", "times": 2}, {"text": "prompt"})
    assert [problem.type for problem in caught.value.problems] == ["missing", "less_than_equal"]


def test_call_has_its_inputs_by_place(load: Load, tmp_path: Path):
    """A URL inside a list is a file at that place, and its text, which may be megabytes, stays here."""
    reverse = load(WHOLE).endpoints[0]
    arguments = reverse.parse({"prompt": "x", "pages": [{"text": "a"}, {"image_url": "data:,y"}]}, strict=False)
    loc = ("body", "pages", 1, "image_url")

    job = bind_call(reverse, arguments, files={loc: tmp_path}, request_id="r", attempt=1, scratch=tmp_path)

    assert job.files == ((("pages", 1, "image_url"), tmp_path),)
    assert job.arguments["pages"] == [{"text": "a"}, {"image_url": None}]
    assert job.sent_as == {"text": "prompt"}
    assert arguments.values["pages"][1]["image_url"] == "data:,y", "what the caller sent is not touched"


def endpoint(lines: str) -> str:
    """A file with one endpoint of these lines."""
    return f'app = "acme/toys"\n[[endpoints]]\n{lines}'


GOOD = 'function = "toys:reverse"\n'
WRONG = [
    ("", "app: Field required"),
    ('app = "acme/toys"', "endpoints: Field required"),
    ('app = "acme/toys"\nendpoints = []', "endpoints: there is none"),
    ('app = "acme"\n[[endpoints]]\n' + GOOD, "app: 'acme' does not have the form owner/app"),
    ('app = "acme/toys/more"\n[[endpoints]]\n' + GOOD, "app: 'acme/toys/more' does not have the form"),
    ('app = "acme/to ys"\n[[endpoints]]\n' + GOOD, "app: 'acme/to ys' does not have the form"),
    ('app = "files/toys"\n[[endpoints]]\n' + GOOD, "endpoints.0.path: files/toys cannot be called: 'files' begins"),
    ('app = "storage/auth"\n[[endpoints]]\npath = "token"\n' + GOOD, "'storage' begins paths of the server"),
    ('owner = "x"\n' + endpoint(GOOD), "owner: there is no such key here; there are app, name, types, endpoints"),
    (endpoint('path = "x"'), "endpoints.0.function: Field required"),
    (endpoint('function = "toys"'), "endpoints.0.function: 'toys' does not have the form module:function"),
    (endpoint('function = "toys:a b"'), "endpoints.0.function"),
    (endpoint('path = "/x"\n' + GOOD), "endpoints.0.path: '/x' is not words"),
    (endpoint('path = "a//b"\n' + GOOD), "endpoints.0.path"),
    (endpoint('path = "x/stream"\n' + GOOD), "endpoints.0.path: acme/toys/x/stream cannot be called"),
    (endpoint('path = "requests/x"\n' + GOOD), "endpoints.0.path: acme/toys/requests/x cannot be called"),
    (endpoint(f'path = "{"x" * ENDPOINT_ID_CHARS_MAX}"\n' + GOOD), "ENDPOINT_ID_CHARS_MAX"),
    (endpoint(GOOD + "colour = 1"), "endpoints.0.colour: there is no such key here; there are path, function,"),
    (endpoint(GOOD + "[endpoints.fields.text]\nrequired = true"), "endpoints.0.fields.text: type: Field required"),
    (endpoint(GOOD + '[endpoints.fields.text]\ntype = "text"'), "endpoints.0.fields.text.type: no file defines"),
    (endpoint(GOOD + '[endpoints.fields.n]\ntype = "integer"\ndefault = "x"'), "endpoints.0.fields.n.default: Input"),
    (
        endpoint(GOOD + '[endpoints.fields.n]\ntype = "integer"\nmaximum = 3\ndefault = 4'),
        "endpoints.0.fields.n.default",
    ),
    (endpoint(GOOD + '[endpoints.fields.n]\ntype = "string"\nchars_max = "MANY"'), "endpoints.0.fields.n.chars_max"),
    (endpoint(GOOD + '[endpoints.examples]\ntext = "x"'), "endpoints.0.examples.text: the endpoint has no field"),
    ("app = ", "toys.toml cannot be read"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said[:50] for _, said in WRONG])
def test_what_makes_no_sense_is_told_with_file_and_key(load: Load, text: str, said: str):
    """The server does not start, and the message leads to the line."""
    with pytest.raises(CatalogInvalid, match=re.escape(said)) as caught:
        load(text)

    assert str(caught.value).startswith("toys.toml")


def test_file_that_is_not_there_is_told(tmp_path: Path):
    """By its name."""
    with pytest.raises(CatalogInvalid, match=r"none\.toml cannot be read"):
        load_applications([tmp_path / "none.toml"], why_unreachable)


def test_two_files_with_one_endpoint_are_refused(load: Load):
    """Also when one of them is a family of the package."""
    kling = load_catalog().get("fal-ai/kling-video/v1/standard/image-to-video")
    assert kling is not None
    text = 'app = "fal-ai/kling-video"\n[[endpoints]]\npath = "v1/standard/image-to-video"\n' + GOOD

    with pytest.raises(CatalogInvalid, match="twice"):
        load_catalog(beside=load(text).endpoints)


@pytest.mark.parametrize("owner", sorted(RESERVED))
def test_no_reserved_word_can_be_an_owner(owner: str):
    """Whatever comes after it."""
    said = why_unreachable(f"{owner}/toys/x")

    assert said is not None and f"{owner!r} begins paths of the server itself" in said


@pytest.mark.parametrize("endpoint_id", ["acme/toys", "acme/toys/x", "acme/toys/requests", "workflows/acme/toys/x"])
def test_other_ids_can_be_called(endpoint_id: str):
    """A word counts only where it means something else."""
    assert why_unreachable(endpoint_id) is None


def write(folder: Path, app: str, *modules: str) -> Path:
    """An application file and its modules."""
    folder.mkdir()
    for module in modules:
        (folder / f"{module}.py").touch()
    file = folder / "app.toml"
    file.write_text(f'app = "{app}"\n[[endpoints]]\nfunction = "toys.deep:reverse"')
    return file


def test_one_module_name_in_two_folders_is_refused(tmp_path: Path):
    """All functions live in one process, where the second would never be found; an installed one may be shared."""
    first, second = write(tmp_path / "a", "acme/a", "toys"), write(tmp_path / "b", "acme/b")
    shared = write(tmp_path / "c", "acme/c")

    with pytest.raises(CatalogInvalid, match=r"app\.toml: function: .* module 'toys' too"):
        load_applications([first, second], why_unreachable)
    assert len(load_applications([second, shared], why_unreachable)) == 2


def test_installed_package_registers_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An entry point names a file inside a package, which would raise if it were run."""
    package = tmp_path / "acme_toys" / "inner"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("raise RuntimeError('imported in the server')")
    (package / "toys.toml").write_text(endpoint(GOOD))
    monkeypatch.syspath_prepend(tmp_path)
    entries = [EntryPoint("toys", "acme_toys.inner:toys.toml", application.ENTRY_POINTS)]
    monkeypatch.setattr(application, "entry_points", lambda group: entries)

    (toys,) = load_applications([], why_unreachable)

    assert (toys.folder, list(toys.functions)) == (None, ["acme/toys"])
    entries[0] = EntryPoint("toys", "acme_toys:none.toml", application.ENTRY_POINTS)
    with pytest.raises(CatalogInvalid, match=r"entry point mutoscope\.applications: toys: 'acme_toys:none\.toml'"):
        load_applications([], why_unreachable)
