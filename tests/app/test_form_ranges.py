"""Form and API say what this server admits, and not what the engine could do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import engine
from app.main import create_app
from app.settings import Settings
from tests.app.helpers import small_spec

SMALL = {"max_seq_len": 77, "max_hidden_size": 33, "max_batch_size": 21, "max_steps": 555}
FIELDS = {"batch_size": 21, "steps": 555, "truncation_window": 77, "truncation_stride": 77, "task.length": 77,
          "networks.0.hidden_size": 33, "networks.__i__.hidden_size": 33}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("small"), workers=1, **SMALL)
    with TestClient(create_app(settings)) as client:
        yield client


def attributes(html: str, name: str, attribute: str) -> set[str]:
    """What the number fields of this name have as an attribute; several tasks have a `length`."""
    fields = re.findall(rf'<input type="number"[^>]* name="{re.escape(name)}"[^>]*>', html)
    assert fields, name
    return {(re.search(rf' {attribute}="([^"]*)"', field) or ["", "none"])[1] for field in fields}


@pytest.mark.parametrize(("name", "most"), FIELDS.items())
def test_a_number_is_at_most_what_the_server_admits(small: TestClient, name: str, most: int) -> None:
    assert attributes(small.get("/").text, name, "max") == {str(most)}


def test_the_words_beside_it_say_the_same(small: TestClient) -> None:
    words = re.findall(r'<span class="range">([^<]*)</span>', small.get("/").text)
    assert {"1 to 21", "0 to 555", "1 to 33", "1 to 77"} <= set(words)


def test_other_ranges_are_the_engines_and_another_server_has_its_own(small: TestClient, client: TestClient) -> None:
    layers = next(row for row in engine.schema()["network"] if row["name"] == "layers")
    assert attributes(small.get("/").text, "networks.0.layers", "max") == {str(layers["hi"])}
    assert attributes(small.get("/").text, "networks.0.layers", "min") == {str(layers["lo"])}
    assert attributes(client.get("/").text, "batch_size", "max") == {str(Settings(data_dir=Path()).max_batch_size)}


def named(rows: list[dict]) -> dict[str, dict]:
    return {row["name"]: row for row in rows}


def test_the_api_says_the_same_as_the_form(small: TestClient) -> None:
    schema, tasks = small.get("/api/schema").json(), named(small.get("/api/tasks").json())
    assert {name: row["hi"] for name, row in named(schema["fields"]).items() if name in FIELDS} == {
        name: most for name, most in FIELDS.items() if name in named(schema["fields"])
    }
    assert named(schema["network"])["hidden_size"]["hi"] == 33
    for adding in (schema["tasks"]["adding"], tasks["adding"]):
        assert named(adding["parameters"])["length"]["hi"] == 77
    theirs, ours = engine.schema(), {**schema}
    assert schema["limits"].items() >= SMALL.items()
    assert schema["limits"]["max_body"] == Settings(data_dir=Path()).max_body
    del ours["limits"]
    assert unbounded(ours) == unbounded(theirs)  # nothing else is another


def unbounded(tree):
    """The schema without its upper ends."""
    if isinstance(tree, dict):
        return {name: unbounded(value) for name, value in tree.items() if name != "hi"}
    return [unbounded(value) for value in tree] if isinstance(tree, (list, tuple)) else tree


def test_another_server_in_the_same_process_says_its_own(small: TestClient, client: TestClient) -> None:
    assert named(client.get("/api/schema").json()["fields"])["batch_size"]["hi"] == 256
    assert named(small.get("/api/schema").json()["fields"])["batch_size"]["hi"] == 21


@pytest.mark.parametrize(("field", "most"), [("batch_size", 21), ("steps", 555)])
def test_the_most_is_admitted_and_one_more_is_not(small: TestClient, field: str, most: int) -> None:
    assert small.post("/api/runs", json=small_spec(**{field: most})).status_code == 201
    assert small.post("/api/runs", json=small_spec(**{field: most + 1})).status_code == 422
