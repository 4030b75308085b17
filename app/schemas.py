"""The shapes of answers, for the OpenAPI document. They are sent as ready-made JSON and not built through these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

StatusName = Literal["paused", "running", "finished", "diverged", "failed", "cancelled"]


class FieldError(BaseModel):
    """One bad value."""

    field: str = Field(description="Dotted name, e.g. networks.0.hidden_size.")
    value: Any = Field(description="The value given, shortened.")
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]


class Divergence(BaseModel):
    """Where and why training left the finite numbers."""

    step: int
    network: int
    reason: str


class RunState(BaseModel):
    """Where a run is."""

    id: str
    status: StatusName
    step: int = Field(description="Training steps done.")
    steps: int = Field(description="Training steps of the whole run.")
    steps_per_second: float = Field(description="While running, else 0.")
    diverged: Divergence | None
    error: str | None = Field(description="Why the run failed or could not be stored.")
    revision: int = Field(description="Grows with every change of hyper-parameters or weights.")


class NetworkMetrics(BaseModel):
    """One network at one step; null where a number is not finite or does not exist."""

    loss: float | None
    accuracy: float | None
    grad_norm: float | None


class MetricsRow(BaseModel):
    """Row s: before update s, on batch s."""

    step: int
    networks: list[NetworkMetrics]


class Advanced(RunState):
    """A run after `advance`, with a row for each step done."""

    metrics: list[MetricsRow]


class Change(BaseModel):
    """A change in flight: it holds from the step after `step` on."""

    step: int
    at: float = Field(description="Seconds since 1970.")
    changes: dict[str, Any]


class RunDocument(RunState):
    """Everything about a run."""

    created: float = Field(description="Seconds since 1970.")
    spec: dict[str, Any] = Field(description="The RunSpec with all defaults filled in and all changes applied.")
    links: dict[str, str]
    changes: list[Change]


class RunCreated(RunDocument):
    """A new run."""

    token: str | None = Field(None, description="Owner's token, where the server requires one. It is shown only here.")


class Metrics(BaseModel):
    """All metrics of a run."""

    run: str
    metrics: list[MetricsRow]


class TypedArray(BaseModel):
    """An array in Plotly's typed form: base64, little endian, C order."""

    model_config = ConfigDict(title="TypedArray")

    dtype: Literal["f4", "f8", "i4", "u1"]
    shape: str = Field(description='E.g. "41, 41".')
    bdata: str
