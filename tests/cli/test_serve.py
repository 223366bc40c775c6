from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from inspect import signature
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from fieldguide import serve
from fieldguide.cli.serve import serve as verb


def test_serves_until_it_is_stopped(iris_model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = [sys.executable, "-m", "fieldguide", "serve", str(iris_model), "--port", str(port)]
    words += ["--json", "--max-bytes", "1000"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        read = ""
        while not read.endswith("}\n"):
            read += server.stdout.readline()
        url = json.loads(read)["url"]
        assert url == f"http://127.0.0.1:{port}"
        with urlopen(f"{url}/health", timeout=20) as reply:
            assert json.load(reply) == {"status": "ok"}
        for body in (b" " * 1001, iter([b" " * 100] * 11)):  # an iterator is sent in chunks
            with pytest.raises(HTTPError, match="413") as refused:
                urlopen(f"{url}/predict", data=body, timeout=20)
            with refused.value as reply:
                assert "1000 bytes" in json.load(reply)["error"]["message"]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        server.stdout.close()
    assert server.returncode == 130


def test_the_command_line_has_the_same_limit_as_python() -> None:
    assert signature(verb).parameters["max_bytes"].default == serve.MAX_BYTES == 32 * 1024 * 1024
