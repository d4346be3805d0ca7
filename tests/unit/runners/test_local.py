"""A child process runner comes up, works, and goes down in every way without taking anything with it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mutoscope.errors import StartupTimeout
from mutoscope.generation import FunctionJob, GenerationJob, LogLine, Output, OutputFile, Partial, Progress
from mutoscope.limits import EVENTS_PER_REQUEST_MAX
from mutoscope.runners.base import Cancelled, Failed, Hung, Lost, Made, Refused, Returned, Said
from mutoscope.runners.local import LocalRunner, Patience
from mutoscope.telemetry import WITHHELD, request_context
from tests.unit.runners.toys import FLOOD_LINES

TOY = "tests.unit.runners.toys:Toy"
PATIENT = Patience(start_s=20, stall_s=20, run_s=20, cancel_grace_s=20)


def ignore(said: Said) -> None:
    """Nobody listens."""


@pytest.fixture
def job(tmp_path: Path) -> GenerationJob:
    """A job that the toy engine does well; a toy's prompt says how it behaves."""
    return GenerationJob(
        request_id="r", attempt=1, endpoint_id="e", task="text-to-video", scratch=tmp_path, prompt="succeed",
        negative_prompt="", cfg_scale=0.5, seed=7, duration_s=5, fps=24, num_frames=121, area_px=921_600,
        width_px=1280, height_px=720,
    )  # fmt: skip


@pytest.fixture
async def runner() -> AsyncIterator[LocalRunner]:
    """A runner that is up, with all the time in the world."""
    runner = LocalRunner("toy", TOY, {}, PATIENT)
    await runner.start()
    yield runner
    await runner.close()


def with_patience(**seconds: float) -> LocalRunner:
    """A runner that has less."""
    return LocalRunner("toy", TOY, {}, replace(PATIENT, **seconds))


async def test_job_comes_back_with_its_file_and_what_was_said(runner: LocalRunner, job: GenerationJob) -> None:
    """A runner reports lines and progress while it works and ends with the artifact."""
    said: list[Said] = []

    ending = await runner.run(job, said.append)

    assert isinstance(ending, Made)
    assert ending.artifact.path.read_bytes() == b"clip"
    assert [type(item) for item in said] == [LogLine, Progress]


async def test_one_runner_does_many_jobs(runner: LocalRunner, job: GenerationJob) -> None:
    """The engine stays loaded: the same process does the next job, also after one that raised."""
    pid = runner.pid

    endings = [await runner.run(replace(job, prompt=prompt), ignore) for prompt in ("succeed", "explode", "succeed")]

    assert [type(ending) for ending in endings] == [Made, Failed, Made]
    assert runner.pid == pid


async def test_error_of_the_engine_is_told_without_its_words(runner: LocalRunner, job: GenerationJob) -> None:
    """An exception's text may hold the prompt; the caller sees its kind, the traceback goes to the log."""
    ending = await runner.run(replace(job, prompt="explode"), ignore)

    assert ending == Failed("ZeroDivisionError in the engine")


async def test_refused_input_names_its_place(runner: LocalRunner, job: GenerationJob) -> None:
    """An input error crosses the wall with its location."""
    ending = await runner.run(replace(job, prompt="refuse"), ignore)

    assert isinstance(ending, Refused)
    assert ending.problem.loc == ("body", "image_url")


@pytest.mark.parametrize(("prompt", "how"), [("crash", "SIGSEGV"), ("leave", "exited with code 7")])
async def test_dead_runner_says_how_it_died(runner: LocalRunner, job: GenerationJob, prompt: str, how: str) -> None:
    """A crash loses the attempt and names the signal or the exit code."""
    ending = await runner.run(replace(job, prompt=prompt), ignore)

    assert isinstance(ending, Lost)
    assert how in ending.reason
    assert not runner.is_up


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_runner_takes_its_helpers_along(runner: LocalRunner, job: GenerationJob) -> None:
    """A process that a dead runner had started is gone too, and does not hide the death by holding the pipes."""
    said: list[str] = []

    ending = await runner.run(
        replace(job, prompt="crash_beside_a_helper"),
        lambda line: said.append(line.message) if isinstance(line, LogLine) else None,
    )

    assert isinstance(ending, Lost) and "SIGSEGV" in ending.reason
    async with asyncio.timeout(5):
        while is_alive(int(said[-1])):
            await asyncio.sleep(0.01)


async def test_process_that_left_the_group_does_not_hide_the_death(runner: LocalRunner, job: GenerationJob) -> None:
    """The pipes that it holds open are closed on our side; the next job is done by a new process."""
    async with asyncio.timeout(4):
        ending = await runner.run(replace(job, prompt="crash_beside_a_stranger"), ignore)
        await runner.start()

        assert isinstance(ending, Lost) and "SIGSEGV" in ending.reason
        assert isinstance(await runner.run(job, ignore), Made)


async def test_flood_of_lines_is_cut_and_does_not_stop_the_loop(runner: LocalRunner, job: GenerationJob) -> None:
    """An engine that says too much on both pipes keeps nobody else from working, and its clip counts."""
    lines, turns = 0, 0

    def count(said: Said) -> None:
        nonlocal lines
        lines += 1

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    ending = await runner.run(replace(job, prompt="flood"), count)
    turning.cancel()

    assert isinstance(ending, Made)
    assert EVENTS_PER_REQUEST_MAX < lines < FLOOD_LINES / 2
    assert turns >= lines


async def test_lost_runner_starts_again(runner: LocalRunner, job: GenerationJob) -> None:
    """After a death the same runner comes up in a new process."""
    await runner.run(replace(job, prompt="crash"), ignore)

    await runner.start()

    assert isinstance(await runner.run(job, ignore), Made)


async def test_idle_runner_that_dies_is_noticed(runner: LocalRunner) -> None:
    """A kill between two jobs wakes whoever keeps the runner warm."""
    assert runner.pid is not None

    os.kill(runner.pid, signal.SIGKILL)
    await asyncio.wait_for(runner.wait_down(), 5)

    assert not runner.is_up


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run])
def test_job_given_to_a_runner_that_just_died_is_lost(
    job: GenerationJob, run_loop: Callable[[Coroutine[Any, Any, object]], object]
) -> None:
    """The moment between a death and its notice loses an attempt, on either event loop, and raises nothing."""

    async def give_job_to_the_dead() -> object:
        runner = LocalRunner("toy", TOY, {}, PATIENT)
        await runner.start()
        assert runner.pid is not None
        os.kill(runner.pid, signal.SIGKILL)
        await runner.wait_down()
        return await runner.run(job, ignore)

    assert isinstance(run_loop(give_job_to_the_dead()), Lost)


async def test_runner_that_breaks_the_protocol_is_replaced(runner: LocalRunner, job: GenerationJob) -> None:
    """A line that is no message ends the attempt and the process."""
    ending = await runner.run(replace(job, prompt="babble"), ignore)

    assert isinstance(ending, Lost)


async def call(*names: str, scratch: Path) -> tuple[object, list[Said]]:
    """The ending of the last of these calls of clockwork functions, and what it said before."""
    options = {"functions": {name: f"tests.unit.engines.clockwork:{name}" for name in names}, "folders": []}
    runner = LocalRunner("functions", "mutoscope.engines.application:ApplicationEngine", options, PATIENT)
    await runner.start()
    try:
        for name in names:
            said: list[Said] = []
            arguments: dict[str, Any] = {"text": "x"}
            job = FunctionJob(request_id="r", attempt=1, endpoint_id=name, scratch=scratch, arguments=arguments)
            ending = await runner.run(job, said.append)
    finally:
        await runner.close()
    return ending, said


async def test_function_is_called_behind_the_wall(tmp_path: Path) -> None:
    """What it yields comes while it works, what it returns at the end, its file by its path."""
    ending, said = await call("yield_file", scratch=tmp_path)

    file = OutputFile(("file",), tmp_path / "done.txt")
    assert ending == Returned(Output(body={"file": None}, files=(file,)))
    assert said == [Partial({"number": 0})]


async def test_function_that_raises_is_told_with_its_words(tmp_path: Path) -> None:
    """It is the operator's own, and so are its messages; its print comes as lines."""
    ending, _ = await call("fail", scratch=tmp_path)
    _, said = await call("chat", scratch=tmp_path)

    assert ending == Failed("tests.unit.engines.clockwork:fail failed: ZeroDivisionError: no")
    assert next(line.message for line in said if isinstance(line, LogLine) and line.level == "STDOUT") == "one"


async def test_function_with_a_refusal_is_the_caller_s_mistake(tmp_path: Path) -> None:
    """A problem of its field."""
    ending, _ = await call("refuse", scratch=tmp_path)

    assert isinstance(ending, Refused)
    assert (ending.problem.loc, ending.problem.input) == (("body", "text"), "x")


async def test_thread_that_outlives_its_call_does_not_speak_into_the_next(tmp_path: Path) -> None:
    """What it says belongs to a request that is over."""
    _, said = await call("mutter", "shout", scratch=tmp_path)

    assert said
    assert not [line for line in said if isinstance(line, LogLine) and line.message == "muttering"]


async def cancel_while_running(runner: LocalRunner, job: GenerationJob) -> object:
    """The ending of a job that is cancelled after its first word."""
    started = asyncio.Event()
    running = asyncio.create_task(runner.run(job, lambda said: started.set()))
    await started.wait()
    runner.cancel()
    return await running


async def test_cancelled_engine_stops_by_itself_and_stays_warm(runner: LocalRunner, job: GenerationJob) -> None:
    """An engine that looks at the flag is not killed."""
    ending = await cancel_while_running(runner, replace(job, prompt="obey"))

    assert ending == Cancelled(was_killed=False)
    assert isinstance(await runner.run(job, ignore), Made)


@pytest.mark.parametrize("prompt", ["hang", "chatter"])
async def test_engine_that_ignores_a_cancel_is_killed_after_the_grace(job: GenerationJob, prompt: str) -> None:
    """Neither silence nor chatter saves an engine that does not stop."""
    runner = with_patience(cancel_grace_s=0.2)
    await runner.start()

    ending = await cancel_while_running(runner, replace(job, prompt=prompt))

    assert ending == Cancelled(was_killed=True)
    assert not runner.is_up


async def test_silent_engine_is_hung(job: GenerationJob) -> None:
    """An engine that says nothing for the stall time is killed and the reason names the setting."""
    runner = with_patience(stall_s=0.3)
    await runner.start()

    ending = await runner.run(replace(job, prompt="hang"), ignore)

    assert isinstance(ending, Hung)
    assert "stall_timeout_s" in ending.reason


async def test_endless_engine_is_stopped_at_the_run_deadline(job: GenerationJob) -> None:
    """Chatter does not extend the run deadline."""
    runner = with_patience(run_s=0.4)
    await runner.start()

    ending = await runner.run(replace(job, prompt="chatter"), ignore)

    assert isinstance(ending, Hung)
    assert "run_timeout_s" in ending.reason


async def test_cancelled_owner_leaves_no_process(runner: LocalRunner, job: GenerationJob) -> None:
    """When the slot itself is cancelled the child is gone, not orphaned."""
    pid, started = runner.pid, asyncio.Event()
    running = asyncio.create_task(runner.run(replace(job, prompt="hang"), lambda said: started.set()))
    await started.wait()

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("options", "patience", "words"),
    [
        ({"load_exit": 3}, {}, "exited with code 3"),
        ({"slow_load_s": 60}, {"start_s": 0.5}, "not ready within 0.5 s"),
    ],
)
async def test_engine_that_does_not_come_up_says_why(
    options: dict[str, float], patience: dict[str, float], words: str
) -> None:
    """A start fails with a reason, and leaves no process."""
    runner = LocalRunner("toy", TOY, options, replace(PATIENT, **patience))

    with pytest.raises(StartupTimeout, match=words):
        await runner.start()

    assert not runner.is_up


@pytest.mark.parametrize("is_private", [False, True])
async def test_nothing_of_a_private_request_is_quoted_in_the_log(
    runner: LocalRunner, job: GenerationJob, caplog: pytest.LogCaptureFixture, is_private: bool
) -> None:
    """An exception, and the last words of the dead, may repeat what the request was given; where it broke is told."""
    with caplog.at_level("DEBUG", logger="mutoscope"), request_context("r", is_private=is_private):
        await runner.run(replace(job, prompt="explode"), ignore)
        await runner.run(replace(job, prompt="leave"), ignore)

    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert ("out of memory, more or less" in logged) is not is_private
    assert ("a secret prompt" in logged) is not is_private
    assert "toys.py" in logged and "exited with code 7" in logged


async def test_what_a_private_request_printed_is_not_quoted_for_a_later_one(
    runner: LocalRunner, job: GenerationJob, caplog: pytest.LogCaptureFixture
) -> None:
    """It may still be in the pipe; a process that is started anew is quoted again."""
    with request_context("private", is_private=True):
        await runner.run(replace(job, prompt="flood"), ignore)
    for _ in range(2):
        with request_context("public"):
            await runner.run(replace(job, prompt="leave"), ignore)
        await runner.start()

    first, second = [each.__dict__["stderr"] for each in caplog.records if each.getMessage() == "runner died"]
    assert "yyy" not in first and WITHHELD in first
    assert "out of memory, more or less" in second
