"""The shapes of answers about sweeps, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.schemas import Divergence


class SweepState(BaseModel):
    """Where a sweep is."""

    id: str
    status: Literal["running", "finished", "failed", "cancelled"]
    done: int = Field(description="Points whose results are stored.")
    points: int
    points_per_second: float = Field(description="Since the server took the sweep up; while running, else 0.")
    steps_per_second: float
    seconds_left: float | None
    error: str | None


class SweepDocument(SweepState):
    """Everything about a sweep but its results."""

    created: float = Field(description="Seconds since 1970.")
    steps: int = Field(description="Training steps of all points together.")
    grid: dict[str, list[Any]]
    spec: dict[str, Any] = Field(description="The RunSpec as it was given.")
    links: dict[str, str]


class SweepCreated(SweepDocument):
    """A new sweep."""

    token: str | None = Field(None, description="Owner's token, where the server requires one. It is shown only here.")


class PointNetwork(BaseModel):
    """A trained network, of its last frame: on the probe batch, norms of its first layer."""

    label: str
    cell: str
    loss: float | None
    accuracy: float | None
    grad_norm: float | None
    half_life: float | None = Field(description="Null: never within the sequence.")
    cell_half_life: float | None
    log_flow: float | None = Field(description="log10 of the mean norm of ∂h_t/∂h_k over a lag of T - 1 steps.")
    log_cell_flow: float | None


class Point(BaseModel):
    """One trained point of the grid."""

    point: int = Field(description="Its number: the grid's last field moves fastest.")
    values: dict[str, Any]
    step: int
    diverged: Divergence | None
    networks: list[PointNetwork]
    error: str | None = Field(None, description="Why it could not be computed.")


class SweepResults(BaseModel):
    """The points that are done."""

    sweep: str
    status: str
    done: int
    points: int
    grid: dict[str, list[Any]]
    results: list[Point]


class SweepFigure(BaseModel):
    """Results as a Plotly figure with data."""

    measure: str
    done: int = Field(description="Points in it.")
    figure: dict[str, Any]
    narrow: dict[str, Any] = Field(description="The same for a phone.")
