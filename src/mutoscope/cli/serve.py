"""`mutoscope serve`: the server, and what its operator reads first."""

import shlex
from typing import Any, Final

import uvloop

from mutoscope.app import serve as serve_app
from mutoscope.cli.options import ConfigOption, application, with_setting_flags
from mutoscope.facts import ServerFacts
from mutoscope.settings import load_settings

_ENDPOINT: Final = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"

app = application("Run the server.")


@app.command()
@with_setting_flags
def serve(config: ConfigOption = None, **flags: Any) -> None:
    """
    Run the server until it is told to stop (Ctrl-C, SIGTERM); running work may finish.

    Every option is a setting: it stands in mutoscope.toml, in MUTOSCOPE_*, or here; the later wins.
    """
    settings = load_settings(flags, config=config)
    uvloop.run(serve_app(settings, announce=lambda facts: announce(facts, has_own_key=bool(settings.key))))


def announce(facts: ServerFacts, *, has_own_key: bool) -> None:
    """Print where the server is, its first key (this once), and a curl line that works when pasted."""
    runners = f"{facts.runners} runner{'' if facts.runners == 1 else 's'}"
    lines = [
        f"Mutoscope {facts.version} · engine {facts.engine} · {runners} · data in {facts.data_dir}",
        f"Ready at {facts.url}",
    ]
    lines += [f"Application {endpoint_id}" for endpoint_id in facts.applications]
    if facts.first_key:
        lines.append(f"Key (shown this once): {facts.first_key}")
    lines += ["", curl_line(facts, has_own_key=has_own_key), "", 'Point clients here: eval "$(mutoscope env)"']
    print("\n".join(lines), flush=True)


def curl_line(facts: ServerFacts, *, has_own_key: bool) -> str:
    """A synchronous call with a key where one is known; the key from outside stays a variable."""
    key = facts.first_key or ("$MUTOSCOPE_KEY" if has_own_key else "$FAL_KEY")
    trust = f" --cacert {shlex.quote(facts.ca_file)}" if facts.ca_file else ""
    return (
        f'curl -X POST {facts.url}/{_ENDPOINT}{trust} -H "Authorization: Key {key}" '
        """-H "Content-Type: application/json" -d '{"prompt": "A paper boat on a pond"}'"""
    )
