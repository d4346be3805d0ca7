"""Talking to the running server of a data folder, over its Unix socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any, Final

from mutoscope.errors import BadRequest, ServerUnreachable

_TIMEOUT_S: Final = 10.0


def ask_server(data_dir: Path, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """
    The server's answer as JSON types, or None when no server runs on this data folder.

    Raises:
        BadRequest: the server refuses, with its reason.
        ServerUnreachable: it is there and does not answer.
    """
    connection = _UnixConnection(data_dir / "control.sock")
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        return None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServerUnreachable(f"the server of {data_dir} does not answer on its control socket: {error}") from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise BadRequest(_reason(said))
    return dict(said)


def _reason(said: Any) -> str:
    detail = said.get("detail", said) if isinstance(said, dict) else said
    if isinstance(detail, list):
        return "; ".join(str(problem.get("msg", problem)) for problem in detail)
    return str(detail)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
