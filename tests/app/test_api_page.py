"""docs/api.md names every call, every event and every status, and no others."""

from __future__ import annotations

import re

from app.openapi import PROBLEMS
from app.runs import Status
from app.stream import ENDS, IDS_PER_STEP
from tests.app.helpers import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()


def test_every_call_is_described(client):
    document = client.get("/openapi.json").json()
    calls = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", PAGE, re.MULTILINE)) == calls


def test_every_event_is_described():
    table = PAGE.partition("## The stream")[2].partition("\n- ")[0]
    events = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert events == {"status", "frame", "metrics", "bye", *ENDS.values()}
    assert f"id // {IDS_PER_STEP}" in PAGE


def test_every_status_of_a_run_and_every_refusal_is_described():
    assert all(f"`{status}`" in PAGE for status in Status)
    assert all(str(status) in PAGE.partition("## Refusals")[2] for status in PROBLEMS)


def test_every_call_that_gives_csv_says_so(client):
    document = client.get("/openapi.json").json()
    giving = []
    for path, calls in document["paths"].items():
        asked = {p["name"]: p["schema"].get("enum", []) for p in calls.get("get", {}).get("parameters", [])}
        if "csv" in asked.get("format", []):
            giving.append(path)
            assert "text/csv" in calls["get"]["responses"]["200"]["content"], path
    assert {path.rsplit("/", 1)[1] for path in giving} >= {"metrics", "results", "why", "spectra", "surface"}
