"""CPU of a submit and of a status at 16 clients: the project, the yardstick and, where it is installed, nginx."""

import asyncio
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import measure, yardstick
from bench.load import drive
from bench.measure import Row, median
from tests.live import LiveServer, free_port, wait_until

CLIENTS = 16
CALLS = 2_000
JOBS = 200
ROUNDS = 5
JOB_ROUNDS = 3
ENDPOINT = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
PROMPT = (
    "A noble lord walks among his people, his presence a comforting reassurance. He greets them with a gentle smile, "
    "embodying their hopes and earning their respect through simple interactions. The atmosphere is intimate."
)
BODY = json.dumps({"prompt": PROMPT, "duration": "5", "aspect_ratio": "16:9", "cfg_scale": 0.5}).encode()


@dataclass(frozen=True, slots=True)
class Server:
    """Something that answers on a port of loopback."""

    name: str
    port: int
    pid: int


def http(method: str, path: str, key: str, body: bytes = b"") -> bytes:
    """The bytes of one HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Key {key}\r\nAccept: */*\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def submits(count: int) -> Iterator[bytes]:
    """`count` submit requests."""
    return iter([http("POST", f"/queue/{ENDPOINT}", yardstick.KEY, BODY)] * count)


def cost_us(server: Server, requests: Iterable[bytes], expected: set[int]) -> tuple[float, list[bytes]]:
    """CPU microseconds of the server's process tree per answered request, and the answers' bodies."""
    pids = measure.tree(server.pid)
    before = measure.cpu_s(pids)
    answers = asyncio.run(drive(server.port, requests, clients=CLIENTS, keep_bodies=True))
    spent = measure.cpu_s(pids) - before
    if not set(answers.statuses) <= expected:
        raise RuntimeError(f"{server.name} answered {dict(answers.statuses)}; only {expected} count as answered")
    return spent / answers.count * 1e6, answers.bodies


def statuses(bodies: list[bytes]) -> list[bytes]:
    """
    As many status requests as there are `bodies`: so many clients wait, each for its own request, and ask in turn.

    The requests they wait for stand all over the line.
    """
    ids = [json.loads(body)["request_id"] for body in bodies[:: len(bodies) // CLIENTS]][:CLIENTS]
    paths = [f"/queue/fal-ai/kling-video/requests/{request_id}/status" for request_id in ids]
    calls = [http("GET", path, yardstick.KEY) for path in paths]
    return [calls[n % CLIENTS] for n in range(len(bodies))]


def job_costs_us(server: Server) -> tuple[float, float]:
    """CPU microseconds a request while submits come in and jobs run beside them, and until the last job has ended."""
    pids = measure.tree(server.pid)
    measure.settle(pids)
    before = measure.cpu_s(pids)
    answers = asyncio.run(drive(server.port, submits(JOBS), clients=CLIENTS, keep_bodies=True))
    submitted = measure.cpu_s(pids)
    last = json.loads(answers.bodies[-1])["request_id"]
    wait_until(lambda: is_completed(server, last), timeout_s=60, what=f"{JOBS} jobs of {server.name}")
    measure.settle(pids)
    return (submitted - before) / JOBS * 1e6, (measure.cpu_s(pids) - before) / JOBS * 1e6


def is_completed(server: Server, request_id: str) -> bool:
    """Whether the server says COMPLETED."""
    url = f"http://127.0.0.1:{server.port}/queue/fal-ai/kling-video/requests/{request_id}/status"
    request = urllib.request.Request(url, headers={"Authorization": f"Key {yardstick.KEY}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bool(json.loads(answer.read())["status"] == "COMPLETED")


def start_project(stack: ExitStack, folder: Path, runners: int) -> Server:
    """`mutoscope serve` with the null engine."""
    settings = {"engine": "null", "runners": runners, "log_level": "warning"}
    live = stack.enter_context(LiveServer(folder / f"project{runners}", settings, key=yardstick.KEY))
    return Server(f"project, {runners} runners", live.port, live.pid)


def start_yardstick(stack: ExitStack, folder: Path, *, jobs: bool) -> Server:
    """The yardstick in a process of its own."""
    port = free_port()
    place = folder / f"yardstick{jobs:d}"
    place.mkdir()
    command = [sys.executable, "-m", "bench.yardstick", str(port), str(place), *(["--jobs"] if jobs else [])]
    process = stack.enter_context(subprocess.Popen(command))
    stack.callback(process.kill)
    server = Server("yardstick", port, process.pid)
    wait_until(lambda: is_listening(port), what="the yardstick")
    return server


def start_nginx(stack: ExitStack, folder: Path) -> Server | None:
    """nginx with `return 200`, or None where it is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        return None
    port = free_port()
    place = folder / "nginx"
    place.mkdir()
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {place}/{kind};" for kind in folders)
    (place / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log; events {{}}\n"
        f"http {{ access_log off; keepalive_requests 1000000; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{'x' * 430}'; }} }} }}\n"
    )
    process = stack.enter_context(subprocess.Popen([program, "-p", str(place), "-c", str(place / "nginx.conf")]))
    stack.callback(process.terminate)
    wait_until(lambda: is_listening(port), what="nginx")
    return Server("nginx", port, process.pid)


def is_listening(port: int) -> bool:
    """Whether something answers HTTP on `port`."""
    try:
        asyncio.run(drive(port, [http("GET", "/", yardstick.KEY)], clients=1))
    except OSError:
        return False
    return True


def rows() -> list[Row]:
    """Interleaved rounds over all servers; medians and their ratios."""
    submit: dict[str, list[float]] = {}
    status: dict[str, list[float]] = {}
    floor: list[float] = []
    with TemporaryDirectory(prefix="mutoscope-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = [start_project(stack, folder, 0), start_yardstick(stack, folder, jobs=False)]
        nginx = start_nginx(stack, folder)
        for number in range(ROUNDS + 1):
            for server in servers:
                one, bodies = cost_us(server, submits(CALLS), {200})
                two, _ = cost_us(server, statuses(bodies), {202})
                if number:  # the first round warms up
                    submit.setdefault(server.name, []).append(one)
                    status.setdefault(server.name, []).append(two)
            if nginx is not None:
                floor.append(cost_us(nginx, submits(CALLS), {200})[0])
    found = [
        _ratio("submit, CPU over the yardstick's", submit, 2.0),
        _ratio("status, CPU over the yardstick's", status, 2.5),
        *job_rows(),
    ]
    if floor:
        theirs = median(submit["yardstick"])
        note = f"{theirs:.0f} µs / {median(floor):.1f} µs"
        found.append(Row("the yardstick's submit over nginx `return 200`", theirs / median(floor), "×", 15.0, note))
    return found


def job_rows() -> list[Row]:
    """With jobs on both sides; the project's go through a child process and a file, the yardstick's are two commits."""
    while_submitting: dict[str, list[float]] = {}
    to_the_end: dict[str, list[float]] = {}
    with TemporaryDirectory(prefix="mutoscope-bench-") as name, ExitStack() as stack:
        servers = [start_project(stack, Path(name), 1), start_yardstick(stack, Path(name), jobs=True)]
        for number in range(JOB_ROUNDS + 1):
            for server in servers:
                one, two = job_costs_us(server)
                if number:
                    while_submitting.setdefault(server.name, []).append(one)
                    to_the_end.setdefault(server.name, []).append(two)
    return [
        _ratio("submit while jobs run, CPU over the yardstick's", while_submitting, None),
        _ratio("a null job to its end, CPU over the yardstick's", to_the_end, None),
    ]


def _ratio(name: str, costs: dict[str, list[float]], bar: float | None) -> Row:
    """The project's median over the yardstick's; the project is the first of the two."""
    ours, theirs = (median(values) for values in costs.values())
    return Row(name, ours / theirs, "×", bar, f"{ours:.0f} µs / {theirs:.0f} µs")
