"""What README and the pages show runs as it is printed; only addresses are replaced."""

import json
import re
import shutil
from pathlib import Path

import httpx
import pytest

from tests.contract.conftest import ROOT, Receiver, photo, tool
from tests.live import LiveServer, RunScript, clean_environment, wait_until

PRINTED = "http://127.0.0.1:8000"
RECEIVER = "https://app.example.org/clips/done?token=s3cret"
JS_CALLS = """
const url = await fal.storage.upload(new Blob(["hello"], { type: "text/plain" }));
const text = await (await fetch(url)).text();
const { data } = await fal.subscribe("fal-ai/kling-video/v2.5-turbo/pro/text-to-video", { input: { prompt: "x" } });
console.log(JSON.stringify({ text, video: data.video.url }));
"""


def blocks(page: str, language: str) -> list[str]:
    """All code of a page in one language, in order."""
    return re.findall(rf"(?s)```{language}\n(.+?)```", (ROOT / page).read_text("utf-8"))


def environment(server: LiveServer) -> dict[str, str]:
    """What the pages say that their shell examples need."""
    return clean_environment({"URL": server.url, "FAL_KEY": server.key})


def test_readme_program_prints_a_video(tls_server: LiveServer, run_python: RunScript, tmp_path: Path):
    """With `mutoscope env` alone, in a folder that has the picture."""
    (program,) = blocks("README.md", "python")
    (tmp_path / "docs/images").mkdir(parents=True)
    shutil.copy(ROOT / "docs/images/demo.jpg", tmp_path / "docs/images")

    printed = run_python(program, tls_server.client_environment())

    assert printed.startswith(f"{tls_server.url}/files/")


def test_python_over_plain_http(live: LiveServer, run_python: RunScript):
    """`clients.use` once; then uploads come here too."""
    (program,) = blocks("docs/clients.md", "python")
    calls = "print(fal_client.upload(b'hello', 'text/plain'))"

    printed = run_python(f"{program.replace(PRINTED, live.url)}\n{calls}", environment(live))

    assert httpx.get(printed.strip()).text == "hello"


@pytest.mark.parametrize("road", [0, 1], ids=["proxyUrl", "requestMiddleware"])
def test_javascript_configurations(live: LiveServer, run_node: RunScript, road: int):
    """Either line of the page points runs and uploads here."""
    first, second = blocks("docs/clients.md", "javascript")
    opening = first.splitlines()[0]
    program = f"{opening}\n{(first.removeprefix(opening), second)[road]}\n{JS_CALLS}".replace(PRINTED, live.url)

    printed = json.loads(run_node(program, environment(live)))

    assert printed["text"] == "hello"
    assert printed["video"].startswith(f"{live.url}/files/")


def test_curl_lines_for_tokens_and_runs(live: LiveServer, run_shell: RunScript):
    """A token as a bare JSON string, and a synchronous run."""
    token, run = (each.replace(PRINTED, live.url) for each in blocks("docs/clients.md", "sh") if "curl -X" in each)

    assert json.loads(run_shell(token, environment(live))).count(".") == 1
    assert json.loads(run_shell(run, environment(live)))["video"]["url"].startswith(live.url)


def test_uploading_by_hand_and_a_private_output(live: LiveServer, run_shell: RunScript, tmp_path: Path):
    """The two calls of an upload, and a submit with a lifecycle."""
    tool("jq")
    (tmp_path / "boat.png").write_bytes(photo())
    upload, submit = blocks("docs/files.md", "sh")

    url = run_shell(upload, environment(live)).strip().removeprefix("{}")
    envelope = json.loads(run_shell(submit, environment(live)))

    assert httpx.get(url).content == photo()
    headers = {"Authorization": f"Key {live.key}"}
    with httpx.Client(headers=headers) as client:
        wait_until(lambda: client.get(envelope["status_url"]).status_code == 200, what="the clip")
        video_url = client.get(envelope["response_url"]).json()["video"]["url"]
        assert client.get(video_url).status_code == 200
    assert httpx.get(video_url).status_code == 403


def test_reading_the_description_of_an_endpoint(live: LiveServer, run_shell: RunScript):
    """The first line of the page; the second asks a package index for its program."""
    tool("jq")
    (lines,) = blocks("docs/openapi.md", "sh")

    schemas = json.loads(run_shell(lines.splitlines()[0], environment(live)))

    assert "KlingVideoV25TurboProImageToVideoInput" in schemas


@pytest.mark.parametrize("language", ["python", "js"])
def test_submitting_with_a_webhook(
    live: LiveServer, receiver: Receiver, run_python: RunScript, run_node: RunScript, language: str
):
    """Either client; the address is called with its query as it was given."""
    program = blocks("docs/webhooks.md", language)[0].replace(RECEIVER, f"{receiver.url}/{language}?token=s3cret")
    pointed = blocks("docs/clients.md", {"python": "python", "js": "javascript"}[language])[0]
    run = {"python": run_python, "js": run_node}[language]

    run(f"{pointed.replace(PRINTED, live.url)}\n{program}", environment(live))

    wait_until(
        lambda: [body["status"] for path, body in receiver.posts if path == f"/{language}?token=s3cret"] == ["OK"],
        what="the webhook",
    )
