"""Functions are called with their arguments and files; what they return is read, what they get wrong is said."""

import sys
from pathlib import Path
from typing import Any

import pytest

from mutoscope.engines.application import ApplicationEngine
from mutoscope.engines.base import FunctionEngine, FunctionFailed, GenerationCancelled
from mutoscope.errors import InputInvalid
from mutoscope.generation import FunctionJob, LogLevel, Output, OutputFile
from mutoscope.limits import JSON_DEPTH_MAX, LOG_MESSAGE_CHARS_MAX, RESULT_BYTES_MAX, RESULT_FILES_MAX
from mutoscope.runners.messages import Call, Returned, decode_from_runner, decode_to_runner, encode

FOLDER = Path(__file__).parent


class Ear:
    """A context that remembers; cancelled once it has heard `partials_max` partial results."""

    def __init__(self, partials_max: int = 1_000_000) -> None:
        self.lines: list[tuple[str, str]] = []
        self.partials: list[dict[str, Any]] = []
        self.progressed: list[tuple[float, str | None]] = []
        self._partials_max = partials_max

    def check(self) -> None:
        if len(self.partials) >= self._partials_max:
            raise GenerationCancelled

    def progress(self, fraction: float, message: str | None = None) -> None:
        self.progressed.append((fraction, message))

    def log(self, message: str, level: LogLevel = "INFO") -> None:
        self.lines.append((level, message))

    def partial(self, body: dict[str, Any]) -> None:
        self.check()
        self.partials.append(body)


class Caller:
    """Calls the functions of clockwork.py, or others by their whole names."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.ear = Ear()

    def __call__(self, name: str, /, *, files: Any = (), sent_as: Any = (), **arguments: Any) -> Output:
        place = name if ":" in name else f"clockwork:{name}"
        engine = ApplicationEngine({"acme/toys": place}, [str(FOLDER)])
        assert isinstance(engine, FunctionEngine)
        engine.load()
        job = FunctionJob(
            request_id="r", attempt=1, endpoint_id="acme/toys", scratch=self.scratch, arguments=arguments,
            files=tuple(files), sent_as=dict(sent_as),
        )  # fmt: skip
        command = decode_to_runner(encode(Call(job)))
        assert isinstance(command, Call)
        return engine.call(command.job, self.ear)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A caller with an empty scratch folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Caller(scratch)


def test_function_gets_arguments_and_returns_a_dictionary(call: Caller):
    """The simplest there is; it counts as one unit."""
    assert call("reverse", text="abc") == Output(body={"text": "cba"}, billable_units=1.0)


def test_input_is_a_path_in_its_place(call: Caller):
    """Also inside of a list of objects."""
    file = call.scratch / "input-0"
    file.write_text("hello")

    output = call("copy", pages=[{"file_url": None}], files=[(("pages", 0, "file_url"), file)])

    assert output.body == {"text": "hello"}


def test_files_are_told_by_place(call: Caller):
    """They cross the wall beside the JSON, and the server puts an object where each stood."""
    answer = decode_from_runner(encode(Returned(call("keep"))))
    assert isinstance(answer, Returned)
    output = answer.output

    first, second = call.scratch / "a.png", call.scratch / "sub" / "a.png"
    assert output.files == (
        OutputFile(("image", "url"), first),
        OutputFile(("more", 0), second),
        OutputFile(("more", 1, 0), first),
    )
    entries = {first: {"key": "k/a.png", "content_type": "image/png"}, second: {"key": "k/a-2.png"}}
    assert output.body_with(entries) == {
        "image": {"key": "k/a.png", "content_type": "image/x", "width": 3},
        "more": [{"key": "k/a-2.png"}, [{"key": "k/a.png", "content_type": "image/png"}]],
        "key": "mine",
    }


@pytest.mark.parametrize("name", ["outside", "linked", "missing"])
def test_only_files_of_the_scratch_folder_are_taken(call: Caller, name: str):
    """Neither another file of the machine, nor a link to one, nor one that is not there."""
    with pytest.raises(FunctionFailed, match=r"result\.files?(\.0)? is .*no file in context\.scratch"):
        call(name)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "the result is None; it has to be a dict"),
        ([1], "the result is a list; it has to be a dict"),
        ({"a": [1, {2}]}, r"result\.a\.1 is a set; a result holds JSON types"),
        ({"a": b"x"}, r"result\.a is a bytes"),
        ({1: 2}, "result is a dict; a result holds JSON types .*text as keys"),
        ({"a": float("nan")}, r"result\.a is nan"),
        ({"a": 2**64}, "the result is not JSON"),
        ({"a": "\ud800"}, "the result is not JSON"),
        ({"a": "x" * RESULT_BYTES_MAX}, "RESULT_BYTES_MAX"),
    ],
)
def test_result_that_is_no_json_is_said(call: Caller, result: Any, said: str):
    """With the place, what is there, and what belongs there."""
    engine = ApplicationEngine({"e": "clockwork:echo"}, [str(FOLDER)])
    engine.load()
    arguments = {"result": result}
    job = FunctionJob(request_id="r", attempt=1, endpoint_id="e", scratch=call.scratch, arguments=arguments)

    with pytest.raises(FunctionFailed, match=said):
        engine.call(job, call.ear)


def nested(levels: int) -> dict[str, Any]:
    """Objects inside each other."""
    return {} if levels == 1 else {"a": nested(levels - 1)}


def test_bounds_of_a_result_are_where_they_are_said_to_be(call: Caller):
    """At the bound it goes well, one past it does not."""
    text = "x" * (RESULT_BYTES_MAX - len('{"a":""}'))
    assert call("echo", result={"a": text}).body["a"] == text
    with pytest.raises(FunctionFailed, match="RESULT_BYTES_MAX"):
        call("echo", result={"a": text + "x"})

    assert call("echo", result=nested(JSON_DEPTH_MAX)).body
    with pytest.raises(FunctionFailed, match="JSON_DEPTH_MAX"):
        call("echo", result=nested(JSON_DEPTH_MAX + 1))

    file = call.scratch / "f"
    file.touch()
    places = [(("result", "files", number), file) for number in range(RESULT_FILES_MAX + 1)]
    assert len(call("echo", result={"files": [None] * RESULT_FILES_MAX}, files=places[:-1]).files) == RESULT_FILES_MAX
    with pytest.raises(FunctionFailed, match="RESULT_FILES_MAX"):
        call("echo", result={"files": [None] * (RESULT_FILES_MAX + 1)}, files=places)


@pytest.mark.parametrize(
    ("name", "partials", "result"),
    [
        ("count", [{"number": 0}, {"number": 1}, {"number": 2}], {"number": 2}),
        ("count_and_return", [{"number": 0}], {"total": 1}),
        ("yield_file", [{"number": 0}], {"file": None}),
    ],
)
def test_generator_yields_partials_and_a_result(call: Caller, name: str, partials: list[Any], result: dict[str, Any]):
    """The result is what it returns, or what it yields last; that one may hold a file, and is then no partial."""
    output = call(name)

    assert (call.ear.partials, output.body) == (partials, result)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("yield_file", {"more": True}, "a partial result holds files"),
        ("yield_nothing", {}, "the result is None"),
        ("later", {}, "is async"),
        ("not_callable", {}, r"module clockwork \(.*clockwork\.py\) has no function 'not_callable'"),
        ("nowhere", {}, "has no function 'nowhere'"),
        ("json.nothing:x", {}, "module json.nothing cannot be imported: ModuleNotFoundError: No module named"),
        ("fail", {}, "clockwork:fail failed: ZeroDivisionError: no$"),
        ("leave", {}, "clockwork:leave failed: SystemExit: 3"),
        ("overcharge", {}, "billable units are nan"),
        ("reverse", {}, "KeyError: 'text'"),
    ],
)
def test_what_a_function_gets_wrong_is_said_in_one_line(call: Caller, name: str, arguments: Any, said: str):
    """Fit for the caller; the traceback is another matter."""
    with pytest.raises(FunctionFailed, match=said) as caught:
        call(name, **arguments)

    assert "\n" not in str(caught.value)


def test_module_that_breaks_is_told_to_its_callers_only_and_tried_again(call: Caller, tmp_path: Path):
    """Loading goes on to the next, and a mended module needs no restart."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "brittle_toys.py").write_text("import sys\nsys.exit('not today')")
    places = {"broken": "brittle_toys:f", "good": "clockwork:reverse"}
    engine = ApplicationEngine(places, [str(FOLDER), str(folder)])
    engine.load()
    job = FunctionJob(request_id="r", attempt=1, endpoint_id="good", scratch=tmp_path, arguments={"text": "ab"})
    broken = FunctionJob(request_id="r", attempt=1, endpoint_id="broken", scratch=tmp_path, arguments={})

    assert engine.call(job, call.ear).body == {"text": "ba"}
    with pytest.raises(FunctionFailed, match="module brittle_toys cannot be imported: SystemExit: not today"):
        engine.call(broken, call.ear)
    (folder / "brittle_toys.py").write_text("def f(arguments, context):\n    return {'well': True, 'again': 'now'}")
    assert engine.call(broken, call.ear).body == {"well": True, "again": "now"}


def test_refused_argument_is_named_as_the_caller_named_it(call: Caller):
    """With what was sent; an alias stays an alias."""
    with pytest.raises(InputInvalid) as caught:
        call("refuse", text="ab", sent_as={"text": "prompt"})

    problem = caught.value.problem
    assert (problem.type, problem.loc, problem.input) == ("value_error", ("body", "prompt"), "ab")
    assert problem.msg == "is too short; send at least 3 letters"


def test_prints_and_logs_come_as_lines(call: Caller):
    """A line for each line, and the last one at the end, though nothing ends it."""
    output = call("chat")

    said = [("STDOUT", "one"), ("STDOUT", "two three"), ("WARN", "five"), ("STDOUT", "four")]
    assert call.ear.lines == said
    assert call.ear.progressed == [(1.0, "done")]
    assert output.billable_units == 2.5


def test_megabytes_of_print_are_cut_into_lines(call: Caller):
    """An endless line is not kept until its end."""
    assert call("shout").body == {"done": True}

    assert max(len(line) for _, line in call.ear.lines) == LOG_MESSAGE_CHARS_MAX
    assert len(call.ear.lines) == 2_000_000 // LOG_MESSAGE_CHARS_MAX + 30_000


def test_cancel_ends_a_generator_where_it_is(call: Caller, tmp_path: Path):
    """It gets to tidy up."""
    call.ear = Ear(partials_max=2)

    with pytest.raises(GenerationCancelled):
        call("count_on", sign=str(tmp_path / "sign"))

    assert (tmp_path / "sign").exists()
    assert len(call.ear.partials) == 2
