"""The programs in docs/webhooks.md verify what this server sends, and nothing else."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEXT_TO_VIDEO, Serve
from tests.unit.webhooks.conftest import until
from tests.unit.webhooks.receiver import receiver

ROOT = Path(__file__).parents[2]
PAGE_URL = "https://video.example.org/rest/.well-known/jwks.json"

PYTHON_CASES = """
import pathlib
headers, body = json.loads(pathlib.Path("headers.json").read_text()), pathlib.Path("body").read_bytes()
late = {**headers, "x-fal-webhook-timestamp": str(int(time.time()) - 301)}
print(verify_webhook(headers, body), verify_webhook(headers, body + b" "), verify_webhook(late, body))
"""
NODE_CASES = """
import { readFileSync } from "node:fs";
const headers = JSON.parse(readFileSync("headers.json")), body = readFileSync("body");
const late = { ...headers, "x-fal-webhook-timestamp": String(Math.floor(Date.now() / 1000) - 301) };
const all = [[headers, body], [headers, Buffer.concat([body, Buffer.from(" ")])], [late, body]];
console.log(...(await Promise.all(all.map(([h, b]) => verifyWebhook(h, b)))));
"""


def example(language: str) -> str:
    """The block of the page that has the key set's address in it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if PAGE_URL in block]
    return str(found)


@pytest.mark.parametrize("language", ["python", "js"])
async def test_the_examples_of_the_page_work(serve: Serve, tmp_path: Path, language: str):
    """True for what came, false for another body and for an old timestamp."""
    if language == "js" and not shutil.which("node"):
        pytest.skip("node is not installed")
    async with receiver() as calls, serve(allow_private_networks=1) as server:
        await server.client.post(f"/queue/{TEXT_TO_VIDEO}?fal_webhook={calls.url}", json={"prompt": "a boat"})

        async def has_come() -> bool:
            return bool(calls.received)

        await until(has_come)
        (got,) = calls.received
        (tmp_path / "headers.json").write_text(json.dumps({k.lower(): v for k, v in got.headers.items()}))
        (tmp_path / "body").write_bytes(got.body)
        program = example(language).replace(PAGE_URL, f"{server.url}/rest/.well-known/jwks.json")
        name, runner, cases = {
            "python": ("verify.py", sys.executable, PYTHON_CASES),
            "js": ("verify.mjs", "node", NODE_CASES),
        }[language]
        (tmp_path / name).write_text(program + cases)
        # In a thread: the program asks this very process for the keys.
        done = await asyncio.to_thread(
            subprocess.run, [runner, name], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout.lower().split() == ["true", "false", "false"]
