"""Applications of an operator, called by the unmodified fal_client 1.0.3 as fal's own tests call theirs."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fal_client
import httpx
import pytest
from fal_client import Completed, FalClientHTTPError, InProgress, SyncClient
from PIL import Image

from mutoscope import clients
from tests.contract.conftest import ROOT, photo
from tests.contract.test_fal_client import ADDRESSES
from tests.live import LiveServer, RunScript, clean_environment

FAIRGROUND = Path(__file__).parent / "fairground"
PAINT, REPAINT, TELL = "fal-ai/fast-sdxl", "fal-ai/fast-sdxl/image-to-image", "fal-ai/any-llm"


def page_code(language: str, number: int = 0) -> str:
    """An example of the page in this language, the first unless said otherwise."""
    page = (ROOT / "docs" / "applications.md").read_text("utf-8")
    return str(re.findall(rf"(?s)```{language}\n(.+?)```", page)[number])


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the fairground's applications and with the example of the page."""
    folder = tmp_path_factory.mktemp("fair")
    (folder / "toys.toml").write_text(page_code("toml"))
    (folder / "toys.py").write_text(page_code("python"))
    files = [FAIRGROUND / "painter.toml", FAIRGROUND / "teller.toml", folder / "toys.toml"]
    settings = {"engine": "null", "runners": 1, "applications": ",".join(map(str, files)), "cancel_grace_s": 1}
    with LiveServer(folder / "data", settings) as server:
        yield server


class TidyClient(SyncClient):
    """The official client; closes the connections that it leaves open after uploads."""

    def __init__(self, key: str) -> None:
        super().__init__(key=key)
        self.opened: list[httpx.Client] = []

    def _get_cdn_client(self) -> httpx.Client:
        self.opened.append(super()._get_cdn_client())
        return self.opened[-1]

    def tidy(self) -> None:
        """Hang up."""
        for client in (self._client, *self.opened):
            client.close()


@pytest.fixture
def client(fair: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncClient]:
    """The official client, pointed at the server by the helper that users call."""
    for name in ADDRESSES:
        monkeypatch.setattr(fal_client.client, name, getattr(fal_client.client, name))
    clients.use(fair.url)
    client = TidyClient(fair.key)
    yield client
    client.tidy()


def test_run_submit_follow_and_handles(client: SyncClient):
    """Run, submit, get, result by id, status with logs and without, a handle made of an id, subscribe with a hint."""
    painted = client.run(PAINT, arguments={"prompt": "a cat"})
    assert len(painted["images"]) == 1

    handle = client.submit(
        REPAINT, arguments={"image_url": painted["images"][0]["url"], "prompt": "an orange cat", "seed": 42}
    )
    result = handle.get()

    assert result["seed"] == 42
    assert client.result(REPAINT, handle.request_id) == result
    status, with_logs = handle.status(with_logs=False), handle.status(with_logs=True)
    assert isinstance(status, Completed) and status.logs is None
    assert isinstance(with_logs, Completed) and with_logs.logs is not None
    assert client.get_handle(REPAINT, handle.request_id) == handle
    assert client.status(REPAINT, handle.request_id) == status
    assert len(client.subscribe(PAINT, arguments={"prompt": "a cat"}, hint="lora:a")["images"]) == 1
    assert len(client.run(PAINT, arguments={"prompt": "a cat"}, hint="lora:a")["images"]) == 1


def test_stream_grows_and_ends_with_the_whole(client: SyncClient):
    """Events come with `partial`, and the last one is the result; it is there once."""
    events = list(client.stream(TELL, arguments={"prompt": "Tell me a joke", "model": "small"}))

    assert [event["partial"] for event in events] == [True, True, True, False]
    assert events[-1]["output"] == "word1 word2 word3"


def test_uploads_become_inputs(client: SyncClient, tmp_path: Path):
    """Text, file and picture come back as they went, and a function gets them as local files."""
    text_url = client.upload(b"Hello, world!", content_type="text/plain")
    notes = tmp_path / "notes.txt"
    notes.write_text("from the notes")
    file_url = client.upload_file(notes)
    picture_url = client.upload_image(Image.new("RGB", (100, 100)))

    assert httpx.get(text_url).raise_for_status().text == "Hello, world!"
    assert httpx.get(file_url).raise_for_status().text == "from the notes"
    shown = Image.open(io.BytesIO(httpx.get(picture_url).raise_for_status().content))
    assert (shown.size, shown.mode, shown.getpixel((0, 0))) == ((100, 100), "RGB", (0, 0, 0))
    told = client.run(TELL, arguments={"prompt": "go on", "notes_url": file_url, "words": 1})
    assert told["output"] == "from the notes word1"
    repainted = client.run(REPAINT, arguments={"prompt": "x", "image_url": picture_url})
    assert (repainted["images"][0]["width"], repainted["images"][0]["content_type"]) == (100, "image/png")


def test_picture_as_data_uri(client: SyncClient):
    """`encode_image` makes a data URI, which becomes a file as well."""
    url = fal_client.encode_image(Image.new("RGB", (1024, 1024)))

    response = client.run(REPAINT, arguments={"image_url": url, "prompt": "a cat"})

    assert [(image["width"], image["height"]) for image in response["images"]] == [(1024, 1024)]


def test_error_of_an_argument_names_the_field(client: SyncClient):
    """By the schema and by the function alike, on the queue and on a run."""
    with pytest.raises(FalClientHTTPError) as missing:
        client.run(TELL, arguments={})
    with pytest.raises(FalClientHTTPError) as refused:
        client.submit(TELL, arguments={"prompt": "fail"}).get()

    for caught, kind in ((missing, "missing"), (refused, "value_error")):
        assert caught.value.status_code == 422
        (problem,) = caught.value.response.json()["detail"]
        assert (problem["type"], problem["loc"]) == (kind, ["body", "prompt"])


def test_stream_that_breaks_does_not_look_whole(client: SyncClient):
    """A failure in the middle is the last thing told, and then the connection breaks."""
    events: list[Any] = []

    with pytest.raises(httpx.RemoteProtocolError):
        events.extend(client.stream(TELL, arguments={"prompt": "break"}))

    assert events[0] == {"output": "word1", "partial": True}
    assert events[-1]["error_type"] == "runner_server_error"
    assert "RuntimeError: lost the thread" in events[-1]["detail"]


def test_stream_of_a_video_endpoint_is_not_there(client: SyncClient, fair: LiveServer):
    """404 in JSON; the Python client says that this is no event stream."""
    endpoint = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"

    answer = client._client.post(f"{fair.url}/run/{endpoint}/stream", json={"prompt": "x"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert "stream not found" in answer.json()["detail"]


def test_hanging_up_on_a_stream_cancels_it(client: SyncClient, fair: LiveServer):
    """The one runner is free again soon after, though the story had an hour to go."""
    story = client.stream(TELL, arguments={"prompt": "long", "words": 1000, "pause_s": 3.6})
    assert next(iter(story))["partial"]
    story.close()  # type: ignore[attr-defined]

    assert client.subscribe(PAINT, {"prompt": "x"}, client_timeout=30)["seed"] == 7


def test_example_of_the_page_runs(client: SyncClient, fair: LiveServer, tmp_path: Path):
    """Upload as input, log lines, a file as output, a stream, and an endpoint page that lists it."""
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo())
    lines: list[str] = []

    def hear(update: fal_client.Status) -> None:
        if isinstance(update, InProgress | Completed):
            lines.extend(line["message"] for line in update.logs or [])

    arguments = {"image_url": client.upload_file(picture)}
    result = client.subscribe("acme/toys/thumbnail", arguments, with_logs=True, on_queue_update=hear)
    events = list(client.stream("acme/toys/count", {"to": 4}))

    assert "making a thumbnail of (640, 360)" in lines
    small = Image.open(io.BytesIO(httpx.get(result["image"]["url"]).raise_for_status().content))
    assert (small.size, result["image"]["file_name"]) == ((128, 72), "small.png")
    assert events == [{"number": number} for number in (1, 2, 3, 4)]
    assert len((page_code("toml") + page_code("python")).splitlines()) <= 30


def test_program_of_the_page_runs(fair: LiveServer, run_python: RunScript, tmp_path: Path):
    """As it is printed, with this server's address."""
    (tmp_path / "photo.jpg").write_bytes(photo())
    program = page_code("python", 1).replace("http://127.0.0.1:8000", fair.url)

    printed = run_python(program, clean_environment({"FAL_KEY": fair.key})).splitlines()

    assert printed[0].endswith("/small.png")
    assert printed[1:] == ["1", "2", "3", "4", "5"]


_JS_STREAM = """
import { fal } from "@fal-ai/client";
%s
const stream = await fal.stream("fal-ai/any-llm", { input: { prompt: "Grüße", words: 2 } });
const outputs = [];
for await (const event of stream) outputs.push(event.output);
const broken = await fal.stream("fal-ai/any-llm", { input: { prompt: "break" } });
const ending = await broken.done().then(() => "whole", () => "broken");
console.log(JSON.stringify({ outputs, last: await stream.done(), id: stream.requestId, ending }));
"""


def test_javascript_client_streams(fair: LiveServer, run_node: RunScript):
    """`fal.stream` gets every event and the request id; a failure in the middle rejects `done()`."""
    printed = json.loads(run_node(_JS_STREAM % fair.fal_config(), clean_environment({"FAL_KEY": fair.key})))

    assert printed["outputs"] == ["word1", "word1 word2", "word1 word2"]
    assert printed["last"]["partial"] is False
    assert re.fullmatch(r"[0-9a-f-]{36}", printed["id"])
    assert printed["ending"] == "broken"
