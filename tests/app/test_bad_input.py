"""Everything a client can get wrong: a clear 4xx that names field and value, and nothing left behind."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from tests.app.helpers import small_spec

INLINE = {"name": "inline", "loss": "mse", "target_steps": "last"}


def with_network(**changes: object) -> dict:
    return small_spec(networks=[{"cell": "rnn", "hidden_size": 6, **changes}])


def inline(**changes: object) -> dict:
    task = {**INLINE, "inputs": [[[1.0], [2.0]], [[3.0], [4.0]]], "targets": [[1.0], [2.0]], **changes}
    return small_spec(task=task)


REFUSED = [
    pytest.param(small_spec(bogus=1), "bogus", 1, id="unknown field"),
    pytest.param(with_network(bogus=1), "networks.0.bogus", 1, id="unknown field of a network"),
    pytest.param(small_spec(task={"name": "nonsense"}), "task.name", "nonsense", id="unknown task"),
    pytest.param(small_spec(task={"name": "adding", "lenght": 8}), "task.lenght", 8, id="misspelt parameter"),
    pytest.param(small_spec(task={}), "task.name", None, id="task without a name"),
    pytest.param(with_network(hidden_size=0), "networks.0.hidden_size", 0, id="size zero"),
    pytest.param(with_network(hidden_size=-3), "networks.0.hidden_size", -3, id="size negative"),
    pytest.param(with_network(hidden_size=257), "networks.0.hidden_size", 257, id="size over this server's cap"),
    pytest.param(with_network(hidden_size=10**9), "networks.0.hidden_size", 10**9, id="size huge"),
    pytest.param(with_network(hidden_size=2.5), "networks.0.hidden_size", 2.5, id="size broken"),
    pytest.param(with_network(hidden_size="6"), "networks.0.hidden_size", "6", id="size as text"),
    pytest.param(with_network(cell="transformer"), "networks.0.cell", "transformer", id="unknown cell"),
    pytest.param(small_spec(networks=[]), "networks", None, id="no networks"),
    pytest.param(small_spec(networks=[{"cell": "rnn"}] * 5), "networks", None, id="five networks"),
    pytest.param(small_spec(batch_size=0), "batch_size", 0, id="batch zero"),
    pytest.param(small_spec(batch_size=257), "batch_size", 257, id="batch over the cap"),
    pytest.param(small_spec(steps=1_000_001), "steps", 1_000_001, id="steps beyond the cap"),
    pytest.param(small_spec(task={"name": "adding", "length": 1001}), "task.length", 1001, id="T over the cap"),
    pytest.param(small_spec(task={"name": "adding", "length": 10**12}), "task.length", 10**12, id="T huge"),
    pytest.param(small_spec(optimizer={"name": "adam", "learning_rate": "fast"}), "optimizer.learning_rate", "fast",
                 id="learning rate as text"),
    pytest.param(small_spec(probe={"sample": 4}), "probe.sample", 4, id="probe outside the batch"),
    pytest.param(small_spec(dtype="float16"), "dtype", "float16", id="unknown precision"),
    pytest.param(inline(inputs=[]), "task.inputs", None, id="inline empty"),
    pytest.param(inline(inputs=[[[1.0], [2.0]], [[3.0]]]), "task.inputs", None, id="inline of unequal lengths"),
    pytest.param(inline(inputs=[[[1.0], [2.0, 3.0]], [[3.0], [4.0]]]), "task.inputs", None, id="inline ragged"),
    pytest.param(inline(inputs="abc"), "task.inputs", None, id="inline not numbers"),
    pytest.param(inline(targets=[[1.0]]), "task.targets", None, id="targets of the wrong shape"),
    pytest.param(inline(loss="softmax_cross_entropy", targets=[0, -1]), "task.targets", None, id="class negative"),
    pytest.param(inline(loss="softmax_cross_entropy", targets=[0, 7], classes=3), "task.targets", None,
                 id="class out of range"),
    pytest.param(inline(target_steps=[3]), "task.target_steps", None, id="target step beyond T"),
    pytest.param({"networks": [{"cell": "rnn"}]}, "task", None, id="no task"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "field", "value"), REFUSED)
def test_a_bad_spec_is_refused_by_name(client, count_runs, spec, field, value):
    before = count_runs()
    answer = client.post("/api/runs", json=spec)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    named = {error["field"]: error["value"] for error in problem["errors"]}
    assert field in named, named
    if value is not None:
        assert named[field] == value
    assert count_runs() == before


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_numbers_that_are_not_finite_are_refused_with_their_field(client, literal):
    body = json.dumps(small_spec()).replace('"batch_size": 4', f'"batch_size": {literal}')
    answer = client.post("/api/runs", content=body, headers={"content-type": "application/json"})
    error = answer.json()["errors"][0]
    assert answer.status_code == 422
    assert error["field"] == "batch_size"
    assert error["value"] in ("NaN", "Infinity", "-Infinity")


@pytest.mark.parametrize(
    "body", [b"", b"not json", b'{"task":', b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"]
)
@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/{run}/advance", "/api/runs/{run}"])
def test_a_body_that_is_not_json_is_a_400(client, run, path, body):
    method = "PATCH" if path.endswith("{run}") else "POST"
    answer = client.request(method, path.format(run=run), content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize("body", [b"[]", b"3", b'"text"', b"null"])
def test_json_that_is_no_object_is_a_422(client, body):
    assert client.post("/api/runs", content=body).status_code == 422


@pytest.mark.parametrize("steps", [0, -1, 1.5, "3", None, True, 100_001, 10**30])
def test_bad_steps_of_advance(client, run, steps):
    answer = client.post(f"/api/runs/{run}/advance", json={"steps": steps})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "steps"
    assert answer.json()["errors"][0]["value"] in (steps, str(steps))
    assert client.get(f"/api/runs/{run}").json()["step"] == 0


QUESTIONS = [
    ("frames/1", "step", 1),
    ("frames/999999999999", "step", 999999999999),
    ("frames/0?sample=4", "sample", 4),
    ("frames/0?sample=-1", "sample", "-1"),
    ("frames/0?norm=nuclear", "norm", "nuclear"),
    ("frames/0?format=pickle", "format", "pickle"),
    ("frames/x", "step", "x"),
    ("jacobian?t=2&k=3", "t", 2),
    ("jacobian?t=9&k=3", "t", 9),
    ("jacobian?t=8&k=3&network=2", "network", 2),
    ("jacobian?t=8&k=3&layer=1", "layer", 1),
    ("jacobian?t=8&k=3&sample=4", "sample", 4),
    ("jacobian?t=8&k=3&step=1", "step", 1),
    ("jacobian?k=3", "t", None),
    ("stream?views=hidden,nonsense", "views", "nonsense"),
    ("stream?max_fps=0", "max_fps", "0"),
    ("stream?max_fps=nan", "max_fps", "nan"),
    ("metrics?format=xml", "format", "xml"),
    ("weights?network=2", "network", 2),
    ("weights?format=pickle", "format", "pickle"),
]


@pytest.mark.parametrize(("question", "field", "value"), QUESTIONS)
def test_a_bad_question_is_refused_by_name(client, run, question, field, value):
    answer = client.get(f"/api/runs/{run}/{question}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["value"] == value


def test_a_last_event_id_that_is_no_number(client, run):
    answer = client.get(f"/api/runs/{run}/stream", headers={"Last-Event-ID": "abc"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["value"] == "abc"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/advance"), ("POST", "/play"), ("POST", "/pause"),
     ("GET", "/stream"), ("GET", "/frames/0"), ("GET", "/jacobian?t=1&k=0"), ("GET", "/metrics"), ("GET", "/weights"),
     ("PUT", "/weights")],
)  # fmt: skip
def test_an_unknown_run_is_a_404(client, method, path):
    answer = client.request(method, f"/api/runs/nobody{path}", content=b'{"steps": 1}')
    assert answer.status_code == 404
    assert answer.json()["errors"][0] == {"field": "run_id", "value": "nobody", "message": "there is no such run"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"networks.0.hidden_size": 9}, "networks.0.hidden_size"), ({"bogus": 1}, "bogus"),
     ({"optimizer": {"learning_rate": -1}}, "optimizer.learning_rate"),
     ({"networks.7.forget_bias": 1}, "networks.7.forget_bias")],
)  # fmt: skip
def test_a_change_that_cannot_be_made_leaves_the_run_as_it_was(client, run, changes, field):
    before = client.get(f"/api/runs/{run}").json()
    answer = client.patch(f"/api/runs/{run}", json=changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert client.get(f"/api/runs/{run}").json() == before


def test_a_body_of_fifty_megabytes(client, count_runs):
    before = count_runs()
    answer = client.post("/api/runs", content=b" " * 50_000_000)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["field"] == "body"

    def pieces():  # without a Content-Length
        yield from (b" " * 1_000_000 for _ in range(50))

    assert client.post("/api/runs", content=pieces()).status_code == 413
    assert count_runs() == before


def test_a_page_of_another_site_changes_nothing(client, run):
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://elsewhere.example"}):
        assert client.post(f"/api/runs/{run}/play", headers=headers).status_code == 403
    assert client.get(f"/api/runs/{run}").json()["status"] == "paused"
    same = {"origin": "http://testserver"}
    assert client.post(f"/api/runs/{run}/pause", headers=same).status_code == 200


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def bomb(*shape: int, size: int = 200_000_000) -> bytes:
    """An npz of a few hundred kB whose one array says it has `shape` and unpacks to `size` bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        member = io.BytesIO()
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": shape})
        archive.writestr("weight_hh_l0.npy", member.getvalue() + bytes(size))
    return buffer.getvalue()


def packed(method: int) -> bytes:
    """An npz whose array is packed in another way than NumPy does."""
    member, buffer = io.BytesIO(), io.BytesIO()
    np.save(member, np.zeros((6, 6), np.float32))
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("weight_hh_l0.npy", member.getvalue())
    return buffer.getvalue()


def again_and_again(times: int) -> bytes:
    """An npz in whose index one small member stands many times."""
    sound = npz(weight_hh_l0=np.zeros((6, 6), np.float32))
    end = sound.index(b"PK\x05\x06")
    start = struct.unpack("<I", sound[end + 16 : end + 20])[0]
    index = sound[start:end] * times
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, times, times, len(index), start, 0)
    return sound[:start] + index + tail


def endless_header() -> bytes:
    """An npz whose array's header is 60 kB of spaces."""
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (6, 6)}" + b" " * 60_000
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weight_hh_l0.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(144))
    return buffer.getvalue()


def lying_safetensors() -> bytes:
    header = json.dumps({"weight_hh_l0": {"dtype": "F32", "shape": [6, 6], "data_offsets": [0, 10**12]}}).encode()
    return struct.pack("<Q", len(header)) + header


UPLOADS = [
    pytest.param("npz", b"not a zip", "body", id="no archive"),
    pytest.param("npz", b"PK\x03\x04" + bytes(100), "body", id="half an archive"),
    pytest.param("npz", npz(weight_hh_l0=np.zeros((3, 3))), "weight_hh_l0", id="shape"),
    pytest.param("npz", npz(nonsense=np.zeros((6, 6))), "nonsense", id="name"),
    pytest.param("npz", npz(weight_hh_l0=np.full((6, 6), np.nan)), "weight_hh_l0", id="nan"),
    pytest.param("npz", npz(weight_hh_l0=np.full((6, 6), None)), "weight_hh_l0", id="pickle"),
    pytest.param("npz", npz(weight_hh_l0=np.full((6, 6), "x")), "weight_hh_l0", id="text"),
    pytest.param("npz", npz(), "body", id="nothing in it"),
    pytest.param("npz", bomb(25_000_000, 2), "weight_hh_l0", id="zip bomb"),
    pytest.param("npz", bomb(6, 6), "weight_hh_l0", id="more than its header says"),
    pytest.param("npz", bomb(6, 6, size=100), "body", id="less than its header says"),
    pytest.param("npz", bomb(2**62, 4, size=100), "weight_hh_l0", id="2^64 numbers"),
    pytest.param("npz", endless_header(), "body", id="endless header"),
    pytest.param("npz", again_and_again(20_000), "body", id="one array 20000 times"),
    pytest.param("npz", packed(zipfile.ZIP_LZMA), "weight_hh_l0", id="packed by LZMA"),
    pytest.param("npz", packed(zipfile.ZIP_BZIP2), "weight_hh_l0", id="packed by bzip2"),
    pytest.param("safetensors", b"", "body", id="empty"),
    pytest.param("safetensors", struct.pack("<Q", 2**60) + b"{}", "body", id="header of 2^60 bytes"),
    pytest.param("safetensors", lying_safetensors(), "body", id="offsets beyond the file"),
    pytest.param(
        "safetensors", safetensors.numpy.save({"weight_hh_l0": np.zeros((5, 6))}), "weight_hh_l0", id="st shape"
    ),
    pytest.param(
        "safetensors", safetensors.numpy.save({"weight_hh_l0": np.zeros((6, 6), bool)}), "weight_hh_l0", id="bool"
    ),
]


@pytest.mark.parametrize(("format", "body", "field"), UPLOADS)
def test_a_bad_file_of_weights_changes_nothing(client, run, format, body, field):
    before = client.get(f"/api/runs/{run}/weights").content
    answer = client.put(f"/api/runs/{run}/weights?format={format}", content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert client.get(f"/api/runs/{run}/weights").content == before
    assert client.get(f"/api/runs/{run}").json()["revision"] == 0
