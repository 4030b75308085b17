"""Request bodies in the OpenAPI document, made from the engine's own table of knobs."""

from __future__ import annotations

from typing import Any

import engine
from app.schemas import Problem

KINDS = {"int": "integer", "float": "number", "bool": "boolean", "choice": "string", "text": "string"}
PROBLEMS = {
    400: "The body is not JSON.",
    401: "The owner's token is missing.",
    403: "The token is not the owner's.",
    404: "No such run.",
    409: "The run is not in a state for this.",
    413: "The body is too large.",
    422: "A field has a bad value.",
    429: "Too many requests, runs, or changes of one run.",
    503: "The store or the workers cannot be used.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route for refusals of these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": PROBLEMS[status], "content": {"application/problem+json": {"schema": schema}}}
            for status in statuses}  # fmt: skip


def json_body(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """Return the `openapi_extra=` of a route that takes a JSON body."""
    media: dict[str, Any] = {"schema": schema}
    if example is not None:
        media["example"] = example
    return {"requestBody": {"required": True, "content": {"application/json": media}}}


def binary_body() -> dict[str, Any]:
    """Return the `openapi_extra=` of a route that takes a file."""
    media = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {"application/octet-stream": media}}}


def binary(*types: str) -> dict[str, Any]:
    """Return the description of a 200 that is a file."""
    return {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types}}


def events(description: str) -> dict[str, Any]:
    """Return the description of a 200 that is a stream of server-sent events, each with JSON as its data."""
    text = {"type": "string"}
    event = {"type": "object", "required": ["event", "data"], "properties": {"event": text, "id": text, "data": text}}
    return {"description": description, "content": {"text/event-stream": {"schema": event}}}


def run_spec() -> dict[str, Any]:
    """Return the JSON schema of a RunSpec."""
    table = engine.schema()
    parts = {
        "task": {"oneOf": [_named(name, task["parameters"]) for name, task in table["tasks"].items()]},
        "networks": {"type": "array", "minItems": 1, "maxItems": table["most_networks"],
                     "items": _object(table["network"])},
        "optimizer": {"oneOf": [_named(name, _knobs(knobs)) for name, knobs in table["optimizers"].items()]},
        "probe": _object(table["probe"]),
    }  # fmt: skip
    whole = _object(table["fields"])
    return {**whole, "properties": {**parts, **whole["properties"]}, "required": ["task", "networks"]}


def add_problem_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Put the Problem schema where the responses refer to it."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    return document


def _knobs(entry: Any) -> list[dict[str, Any]]:
    """Return the list of knobs of an entry, which may be the list itself."""
    knobs: list[dict[str, Any]] = entry["parameters"] if isinstance(entry, dict) else entry
    return knobs


def _named(name: str, knobs: list[dict[str, Any]]) -> dict[str, Any]:
    whole = _object(knobs)
    return {
        **whole,
        "title": name,
        "properties": {"name": {"const": name}, **whole["properties"]},
        "required": ["name"],
    }


def _object(knobs: list[dict[str, Any]]) -> dict[str, Any]:
    properties = {knob["name"]: _knob(knob) for knob in knobs}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _knob(knob: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": knob["label"], "description": knob["help"], "default": knob["default"]}
    kind = KINDS.get(knob["kind"])
    if kind:
        schema["type"] = [kind, "null"] if knob["optional"] else kind
    limits = {"minimum": knob["lo"], "maximum": knob["hi"], "exclusiveMinimum": knob.get("above")}
    if kind in ("integer", "number"):
        schema |= {name: limit for name, limit in limits.items() if limit is not None}
    elif kind == "string" and knob["hi"] is not None:
        schema["maxLength"] = int(knob["hi"])
    if knob["choices"]:
        schema["enum"] = [*knob["choices"], *([None] if knob["optional"] else [])]
    return schema
