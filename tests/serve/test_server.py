from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fieldguide import serve
from fieldguide.algorithms.perceptron.mlp import MLP
from fieldguide.data import Dataset
from fieldguide.errors import ModelFolderError, UsageError

Client = Callable[[str], TestClient]


def table() -> Dataset:
    chance = np.random.default_rng(0)
    columns = {
        "id": pl.Series([f"row-{i}" for i in range(60)]),
        "age": pl.Series([None, *chance.normal(40, 12, 59)]),
        "city <b>": pl.Series([("Rome", "Oslo")[i % 2] for i in range(60)]),
        "member": pl.Series([("yes", "no")[i % 3 > 0] for i in range(60)]),
        "since": pl.Series([f"2024-01-{1 + i % 28:02d}" for i in range(60)]),
        "bought": pl.Series([("never", "once")[i % 2] for i in range(60)]),
    }
    return Dataset.from_columns(columns, target="bought")


def pictures() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    return chance.integers(0, 256, (24, 3, 10, 8), dtype=np.uint8), np.array(["cat", "dog"] * 12)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")

    def model() -> MLP:
        return MLP(hidden=(8,), epochs=5, device="cpu")

    model().fit(table()).save(root / "table")
    model().fit(*pictures()).save(root / "image")
    X = np.random.default_rng(0).normal(size=(50, 3))
    model().fit(X, X[:, 0] * 1.5).save(root / "array")
    model().fit(pictures()[0] / 255, pictures()[1]).save(root / "fractions")
    return root


@pytest.fixture
def client(folders: Path) -> Client:
    return lambda name: TestClient(serve.application(serve.load(folders / name)))


ROW = {"age": 33.5, "city <b>": "Oslo", "member": "yes", "since": "2024-01-05"}


def test_health_and_model(client: Client) -> None:
    http = client("table")
    assert http.get("/health").json() == {"status": "ok"}
    model = http.get("/model").json()
    assert model["algorithm"] == "mlp" and model["task"] == "classification"
    assert model["classes"] == ["never", "once"] and model["target"] == "bought"
    fields = {field["name"]: field for field in model["fields"]}
    assert list(fields) == ["age", "city <b>", "member", "since"]
    assert fields["city <b>"]["words"] == ["Oslo", "Rome"]


def test_rows_are_predicted_as_the_model_does(client: Client, folders: Path) -> None:
    rows = [ROW, {**ROW, "age": None, "member": None, "city <b>": "Atlantis"}]
    found = client("table").post("/predict", json={"rows": rows}).json()["predictions"]
    path = folders / "rows.csv"
    path.write_text("age,city <b>,member,since\n33.5,Oslo,yes,2024-01-05\n,Atlantis,,2024-01-05\n")
    estimator = serve.load(folders / "table").estimator
    assert [one["prediction"] for one in found] == estimator.predict(path).tolist()
    shares = [list(one["probabilities"].values()) for one in found]
    np.testing.assert_allclose(shares, estimator.predict_proba(path), atol=1e-6)


def test_numbers_may_come_as_text_and_identifiers_may_come_along(client: Client) -> None:
    http = client("table")
    plain = http.post("/predict", json={"rows": [ROW]}).json()
    other = {**ROW, "age": "33.5", "id": "row-7", "bought": None}
    assert http.post("/predict", json={"rows": [other]}).json() == plain


@pytest.mark.parametrize(
    ("row", "words", "field"),
    [
        ({"age": "old"}, "expected a number, not 'old'", "age"),
        ({"age": True}, "expected a number, not true or false", "age"),
        ({"age": [1]}, "expected a number, not a list", "age"),
        ({"member": "maybe"}, "expected true or false, not 'maybe'", "member"),
        ({"since": "someday"}, "expected a date", "since"),
        ({"agee": 3}, "Did you mean 'age'?", "agee"),
    ],
)
def test_a_wrong_value_is_named(
    row: dict[str, Any], words: str, field: str, client: Client
) -> None:
    reply = client("table").post("/predict", json={"rows": [ROW, {**ROW, **row}]})
    assert reply.status_code == 422
    error = reply.json()["error"]
    assert words in error["message"] and error["field"] == field and error["row"] == 2


@pytest.mark.parametrize("body", [{}, {"rows": 3}, {"rows": []}, {"rows": [7]}, [], "rows"])
def test_a_wrong_body_is_refused(body: Any, client: Client) -> None:
    reply = client("table").post("/predict", json=body)
    assert reply.status_code == 422 and "rows" in reply.text


def test_dates_that_a_file_types_come_as_iso(tmp_path: Path) -> None:
    days = [datetime(2024, 1, 1) + timedelta(days=i) for i in range(40)]
    columns = {"when": pl.Series(days), "y": pl.Series([i * 1.5 for i in range(40)])}
    model = MLP(hidden=(4,), epochs=1, device="cpu").fit(Dataset.from_columns(columns, target="y"))
    served = serve.load(model.save(tmp_path / "m"))
    http = TestClient(serve.application(served))
    dates = ["2024-01-03", "2024-01-03T00:00:00", "2024-01-03T01:00:00+01:00", None]
    reply = http.post("/predict", json={"rows": [{"when": date} for date in dates]}).json()
    values = [one["prediction"] for one in reply["predictions"]]
    assert values[0] == values[1] == values[2] == pytest.approx(model.predict(
        Dataset(fields={}, columns={"when": pl.Series([days[2]])}))[0])  # fmt: skip
    assert http.post("/predict", json={"rows": [{"when": "soon"}]}).status_code == 422


def test_a_missing_field_is_named(client: Client) -> None:
    reply = client("table").post("/predict", json={"rows": [{"age": 3}]})
    assert reply.json()["error"]["field"] == "city <b>"


def test_arrays_are_lists(client: Client, folders: Path) -> None:
    http = client("array")
    rows = [[0.5, 1, -2], [0, 0, 0]]
    found = http.post("/predict", json={"rows": rows}).json()["predictions"]
    wanted = serve.load(folders / "array").estimator.predict(np.array(rows))
    np.testing.assert_allclose([one["prediction"] for one in found], wanted, rtol=1e-6)
    reply = http.post("/predict", json={"rows": [[1, 2]]})
    assert reply.status_code == 422
    assert "expected a list of 3 numbers, not 2 values" in reply.json()["error"]["message"]


def upload(http: TestClient, *contents: tuple[str, bytes]) -> Any:
    return http.post("/predict", files=[("files", one) for one in contents])


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_are_uploaded(client: Client, folders: Path) -> None:
    X, _ = pictures()
    large = np.kron(X[0].transpose(1, 2, 0), np.ones((3, 4, 1), dtype=np.uint8))
    http = client("image")
    reply = upload(http, ("a.png", png(X[0].transpose(1, 2, 0))), ("b.png", png(large)))
    found = reply.json()["predictions"]
    assert [one["file"] for one in found] == ["a.png", "b.png"]
    estimator = serve.load(folders / "image").estimator
    np.testing.assert_allclose(
        list(found[0]["probabilities"].values()), estimator.predict_proba(X[:1])[0], atol=1e-6
    )
    broken = upload(http, ("c.png", b"no picture"))
    assert broken.status_code == 422 and broken.json()["error"]["file"] == "c.png"
    assert http.post("/predict").status_code == 422


def test_fractions_cannot_come_as_files(client: Client) -> None:
    reply = upload(client("fractions"), ("a.png", png(np.zeros((10, 8, 3), dtype=np.uint8))))
    assert reply.status_code == 422 and "not bytes" in reply.json()["error"]["message"]


@pytest.mark.parametrize("name", ["table", "array", "image"])
def test_pages_work_offline(name: str, client: Client) -> None:
    http = client(name)
    for path in ("/", "/docs"):
        text = http.get(path).text
        assert "<html" in text and not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
        assert "<b>" not in text.replace("&lt;b&gt;", "")
    schema = http.get("/openapi.json").json()
    assert set(schema["paths"]) == {"/health", "/model", "/predict"}


def test_the_example_in_the_schema_is_accepted(client: Client) -> None:
    for name in ("table", "array"):
        http = client(name)
        schemas = http.get("/openapi.json").json()["components"]["schemas"]
        (body,) = [one for key, one in schemas.items() if key.startswith("Body")]
        (rows,) = body["properties"]["rows"]["examples"]
        assert http.post("/predict", json={"rows": rows}).status_code == 200


MOST = 500


@pytest.fixture
def limited(folders: Path) -> Client:
    """A client of a server that takes `MOST` bytes."""

    def client(name: str) -> TestClient:
        return TestClient(serve.application(serve.load(folders / name), max_bytes=MOST))

    return client


def body(length: int) -> bytes:
    """A valid request of so many bytes."""
    return json.dumps({"rows": [ROW]}).encode().ljust(length)


def refused(reply: Any) -> None:
    assert reply.status_code == 413
    message = reply.json()["error"]["message"]
    assert re.search(r"larger than 500 bytes.*fewer or smaller.*--max-bytes", message)


@pytest.mark.parametrize("length", [MOST, MOST + 1, 100 * MOST])
def test_a_request_that_is_too_large_is_refused(length: int, limited: Client) -> None:
    http, json_type = limited("table"), {"Content-Type": "application/json"}
    whole = http.post("/predict", content=body(length), headers=json_type)
    streamed = http.post("/predict", content=iter([body(length)]), headers=json_type)
    assert "content-length" not in streamed.request.headers
    for reply in (whole, streamed):
        if length > MOST:
            refused(reply)
        else:
            assert reply.status_code == 200
    assert http.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("name", "kind"),
    [("table", "application/json"), ("image", "multipart/form-data; boundary=x")],
)
def test_a_stream_is_read_up_to_the_limit_only(name: str, kind: str, folders: Path) -> None:
    app = serve.application(serve.load(folders / name), max_bytes=MOST)
    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"",
             "headers": [(b"content-type", kind.encode())]}  # fmt: skip
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    pieces, sent = iter([start]), []

    async def endless() -> dict[str, Any]:
        return {"type": "http.request", "body": next(pieces, b" " * 100), "more_body": True}

    async def keep(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, endless, keep))
    assert sent[0]["status"] == 413 and b"500 bytes" in sent[1]["body"]


def test_a_picture_that_is_too_large_is_refused(limited: Client) -> None:
    http = limited("image")
    assert upload(http, ("a.png", png(np.zeros((2, 2, 3), np.uint8)))).status_code == 200
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    refused(upload(http, ("a.png", png(noise))))


def test_the_limit_is_in_the_schema(limited: Client) -> None:
    assert "500 bytes" in limited("table").get("/openapi.json").json()["info"]["description"]


def test_a_taken_port_is_said() -> None:
    first = serve.listen("127.0.0.1", 0)
    first.listen()
    with first, pytest.raises(UsageError, match=r"Cannot listen on 127.0.0.1.*--port"):
        serve.listen("127.0.0.1", first.getsockname()[1])


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="does not exist"):
        serve.load(tmp_path / "nothing")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    served = serve.load(folders / "table")
    from fieldguide.serve import extra

    monkeypatch.setattr(extra, "PACKAGES", {"no_such_module": "no-such-package"})
    with pytest.raises(UsageError, match=r"no-such-package.*fieldguide\[serve\]"):
        serve.application(served)
