"""The report in a real browser: complete, offline, without errors, as wide as a phone."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fieldguide.data import Dataset
from tests.advisor.reporting.made_up import made_up
from tests.advisor.reporting.raced_forecasts import raced, waves
from tests.advisor.reporting.unlabelled_run import digits, finished, sensors

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)
PHONE, DESKTOP = 390, 1280
# The page that looks at the report, in a frame as wide as a screen: a window on its own would not
# be made as narrow as a phone.
FRAME = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe id="page" src="report.html" style="border:0;width:{width}px;height:800px"></iframe>
<pre id="seen"></pre><script>
document.getElementById("page").onload = (event) => {{
  const page = event.target.contentDocument, root = page.documentElement;
  const wide = [...page.querySelectorAll("body *")].filter((one) =>
    one.getBoundingClientRect().right > {width} + 1 && !one.closest(".scroll, svg"));
  document.getElementById("seen").textContent = JSON.stringify({{
    scrolls: root.scrollWidth > root.clientWidth,
    wide: wide.map((one) => one.tagName + "." + one.className),
    broken: [...page.images].filter((one) => !one.naturalWidth).length,
    fetched: event.target.contentWindow.performance.getEntriesByType("resource")
      .map((one) => one.name).filter((name) => !name.startsWith("data:")),
    sections: page.querySelectorAll("section").length,
    drawn: [...page.querySelectorAll("figure svg")].every((one) =>
      one.getBoundingClientRect().height > 50),
  }});
}};
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; a browser lists what a page fetches only where it came by HTTP."""

    def log_message(self, *_: object) -> None:
        pass


pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser: install chromium")


def look(folder: Path, width: int) -> tuple[str, list[str]]:
    """Return what the frame saw, and what the browser complained about."""
    assert BROWSER is not None
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--log-level=0", f"--user-data-dir={folder / 'profile'}", "--no-first-run",
             "--disable-background-networking", f"--window-size={width},900",
             "--virtual-time-budget=10000", "--dump-dom",
             f"http://127.0.0.1:{server.server_port}/frame.html"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        server.shutdown()
    seen = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert seen is not None
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return seen[1], [line for line in said if "favicon" not in line]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_opens_in_a_browser(
    tmp_path: Path, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    made_up(tmp_path, request.getfixturevalue(name), noise=0.5)
    seen, said = look(tmp_path, width)
    assert seen == (
        '{"scrolls":false,"wide":[],"broken":0,"fetched":[],"sections":12,"drawn":true}'
    )
    assert not said


def test_forecasts_open_in_a_browser(tmp_path: Path) -> None:
    raced(tmp_path, waves(series=2, count=200))
    seen, said = look(tmp_path, PHONE)
    assert seen == (
        '{"scrolls":false,"wide":[],"broken":0,"fetched":[],"sections":13,"drawn":true}'
    )
    assert not said


@pytest.mark.parametrize(("task", "data"), [("outliers", sensors), ("generation", digits)])
def test_reports_without_a_target_fit_a_phone(
    tmp_path: Path, task: str, data: Callable[[], Dataset]
) -> None:
    finished(tmp_path, data(), task)
    seen, said = look(tmp_path, PHONE)
    expected = '{"scrolls":false,"wide":[],"broken":0,"fetched":[],"sections":'
    assert seen.startswith(expected) and seen.endswith('"drawn":true}')
    assert not said


def test_the_frame_would_see_what_is_wrong(tmp_path: Path) -> None:
    page = (
        "<link rel='stylesheet' href='other.css'><p style='width:900px'>wide</p>"
        "<img src='missing.png'><script>x.y</script>"
    )
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    (tmp_path / "other.css").write_text("p { color: red }", encoding="utf-8")
    seen, said = look(tmp_path, PHONE)
    for wrong in ('"scrolls":true', '"P."', '"broken":1', "other.css"):
        assert wrong in seen
    assert said
