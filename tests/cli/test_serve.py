from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen


def test_serves_until_it_is_stopped(iris_model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = [sys.executable, "-m", "fieldguide", "serve", str(iris_model), "--port", str(port)]
    server = subprocess.Popen([*words, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        read = ""
        while not read.endswith("}\n"):
            read += server.stdout.readline()
        url = json.loads(read)["url"]
        assert url == f"http://127.0.0.1:{port}"
        with urlopen(f"{url}/health", timeout=20) as reply:
            assert json.load(reply) == {"status": "ok"}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        server.stdout.close()
    assert server.returncode == 130
