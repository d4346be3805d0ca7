"""@fal-ai/client 1.10.1, unmodified, against a live server: streaming and polling, errors, cancel."""

import json
from typing import Any

from tests.live import LiveServer, RunScript

TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"


def run_program(body: str, live: LiveServer, run_node: RunScript, **constants: Any) -> Any:
    """Run a program that imports `fal`, is pointed at the server and has `say` to print its one answer as JSON."""
    constants["endpoint"] = TEXT_TO_VIDEO
    named = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    opening = 'import { fal, ApiError, ValidationError } from "@fal-ai/client";\n'
    say = "const say = (answer) => console.log(JSON.stringify(answer));\n"
    return json.loads(run_node(opening + live.fal_config() + say + named + body, live.client_environment()))


SUBSCRIBE = """
const updates = [];
const options = { input: { prompt: "Waves" }, logs: true, mode, pollInterval: 100 };
const result = await fal.subscribe(endpoint, { ...options, onQueueUpdate: (update) => updates.push(update) });
say({ updates, data: result.data, requestId: result.requestId });
"""


def test_subscribe_by_polling(live: LiveServer, run_node: RunScript):
    """The default mode ends with the data, and the request id comes with it."""
    answer = run_program(SUBSCRIBE, live, run_node, mode="polling")

    assert answer["updates"][-1]["status"] == "COMPLETED"
    assert answer["updates"][-1]["request_id"] == answer["requestId"]
    assert answer["data"]["video"]["content_type"] == "video/mp4"


def test_subscribe_by_streaming(live: LiveServer, run_node: RunScript):
    """Over the status stream the client, which appends, ends up with every log line exactly once."""
    answer = run_program(SUBSCRIBE, live, run_node, mode="streaming")

    assert [update["status"] for update in answer["updates"]].count("COMPLETED") >= 1
    last = answer["updates"][-1]
    assert last["status"] == "COMPLETED"
    lines = [log["message"] for log in last["logs"] if log["message"].startswith("null engine")]
    assert lines == [f"null engine: line {n} of 4" for n in (1, 2, 3, 4)]
    assert answer["data"]["video"]["content_type"] == "video/mp4"


def test_validation_error_names_the_field(live: LiveServer, run_node: RunScript):
    """An invalid argument is a ValidationError whose `fieldErrors` are the server's."""
    program = """
    try {
      await fal.subscribe(endpoint, { input: { prompt: "x", duration: "7" }, pollInterval: 100 });
    } catch (error) {
      const errors = error.getFieldErrors("duration");
      say({ isValidation: error instanceof ValidationError, status: error.status, errors, id: error.requestId });
    }
    """

    answer = run_program(program, live, run_node)

    assert (answer["isValidation"], answer["status"]) == (True, 422)
    assert [error["type"] for error in answer["errors"]] == ["literal_error"]
    assert len(answer["id"]) == 36


def test_wrong_key_is_an_api_error(live: LiveServer, run_node: RunScript):
    """401 with the text in the body, and no further attempt."""
    program = """
    fal.config({ ...fal.config, credentials: "someone:else", requestMiddleware: async (request) =>
      ({ ...request, url: request.url.replace("https://queue.fal.run", url + "/queue") }) });
    try {
      await fal.queue.submit(endpoint, { input: { prompt: "x" } });
    } catch (error) {
      say({ isApi: error instanceof ApiError, status: error.status, body: error.body });
    }
    """

    answer = run_program(program, live, run_node, url=live.url)

    detail = "No user found for Key ID and Secret"
    assert answer == {"isApi": True, "status": 401, "body": {"detail": detail}}


def test_cancel(live: LiveServer, run_node: RunScript):
    """A cancelled request completes, and its result is a 499."""
    program = """
    const { request_id: requestId } = await fal.queue.submit(endpoint, { input: { prompt: "x" } });
    await fal.queue.cancel(endpoint, { requestId });
    let status = "";
    while (status !== "COMPLETED") ({ status } = await fal.queue.status(endpoint, { requestId }));
    try {
      await fal.queue.result(endpoint, { requestId });
    } catch (error) {
      say({ status: error.status, type: error.body.error_type });
    }
    """

    answer = run_program(program, live, run_node)

    assert answer == {"status": 499, "type": "client_cancelled"}
