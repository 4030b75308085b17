"""Settings of the server: one declared table, read once from the environment.

Each row is a field with its default, its range and its help; `UNROLLED_` and the name in capitals set it (`HOST` and
`PORT` also go without the prefix). `table()` gives the rows for `python -m app --help` and for the documents.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from limits import parse_many
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.caps import Caps

PREFIX = "UNROLLED_"


def _bare(name: str) -> Any:
    return AliasChoices(name, name.upper(), PREFIX + name.upper())


class Settings(BaseSettings):
    """Everything that may differ from one server to the next."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, populate_by_name=True)

    host: str = Field(default="127.0.0.1", validation_alias=_bare("host"), description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, validation_alias=_bare("port"), description="Port; 0 takes a free one."
    )
    data_dir: Path = Field(default=Path(".data"), description="Folder of the database; made when missing.")
    workers: int = Field(default=0, ge=0, le=256, description="Worker processes; 0 means one per processor.")
    dask: str = Field(
        default="",
        pattern=r"^$|^(tcp|tls|ws|wss)://[^\s/]+:\d+/?$",
        description="Address of a Dask scheduler, tcp://host:8786, whose workers then do all work; empty: our own.",
    )
    root_path: str = Field(default="", description="Path under which a proxy mounts the service, e.g. /unrolled.")
    proxies: str = Field(default="127.0.0.1", description="Addresses whose forwarded headers are believed, or *.")
    log_level: str = Field(
        default="info", pattern="^(critical|error|warning|info|debug)$", description="Least level logged."
    )
    log_json: bool = Field(default=False, description="Log a JSON object a line instead of text.")
    log_requests: bool = Field(default=False, description="Log each request: method, route, status, milliseconds.")
    rate_limit: str = Field(
        default="", description="Requests that one client may send, e.g. 50/second;1200/minute; empty: any number."
    )
    require_token: bool = Field(
        default=False, description="Changing a run needs the owner's token given at its creation."
    )

    teacher_key: SecretStr = Field(
        default=SecretStr(""), description="Key of the teacher, 12 characters or more; empty: there is no class mode."
    )
    max_rooms: int = Field(default=50, ge=1, description="Most rooms open at once.")
    max_members: int = Field(default=200, ge=1, description="Most students in a room.")

    max_seq_len: int = Field(default=1000, ge=1, description="Largest T.")
    max_hidden_size: int = Field(default=256, ge=1, description="Largest n of a layer.")
    max_batch_size: int = Field(default=256, ge=1, description="Largest B.")
    max_features: int = Field(default=1024, ge=1, description="Largest number m of inputs or K of outputs per step.")
    max_steps: int = Field(default=1_000_000, ge=1, description="Most training steps of a run.")
    max_advance: int = Field(default=100_000, ge=1, description="Most steps of one advance call.")
    max_memory: int = Field(
        default=8 << 30, ge=1 << 20, description="Most bytes that one training step may need (estimate)."
    )
    max_body: int = Field(default=8_000_000, ge=1024, description="Most bytes of a request's body.")
    max_products: int = Field(default=32 << 20, ge=0, description="Most bytes of jacobian_products in one frame.")
    max_surface_seconds: float = Field(
        default=2.0, gt=0, description="Most seconds of a worker that one loss surface may take (estimate)."
    )
    max_runs: int = Field(default=100, ge=1, description="Most runs kept for one client.")
    max_sweeps: int = Field(default=20, ge=1, description="Most sweeps kept for one client.")
    max_sweep_points: int = Field(default=2000, ge=1, description="Most points of a sweep.")
    max_sweep_steps: int = Field(
        default=5_000_000, ge=1, description="Most training steps of all points of a sweep together."
    )
    max_streams: int = Field(default=1000, ge=1, description="Most streams open at once.")
    max_fps: float = Field(
        default=0.0, ge=0, description="Most frames per second of a stream; 0: as fast as they are made."
    )

    chunk_seconds: float = Field(default=0.1, gt=0, le=10, description="Aim for the length of a piece of training.")
    watched_seconds: float = Field(default=0.03, gt=0, le=10, description="The same while somebody watches.")
    task_seconds: float = Field(default=60.0, gt=0, description="Longest time that one piece of work may take.")
    checkpoints: int = Field(default=128, ge=4, description="Most checkpoints kept of a run.")
    checkpoint_bytes: int = Field(default=64 << 20, ge=1 << 16, description="Most bytes of checkpoints kept of a run.")
    frame_cache: int = Field(default=64 << 20, ge=0, description="Bytes of recomputed frames kept in memory.")
    idle_seconds: float = Field(
        default=3600.0, ge=0, description="Age at which an idle run may make room for a new one."
    )
    expire_seconds: float = Field(default=30 * 86400.0, gt=0, description="Age at which an idle run is deleted.")

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, text: str) -> str:
        if text:
            parse_many(text)
        return text

    @field_validator("teacher_key")
    @classmethod
    def _is_long(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if text and not (len(text) >= 12 and text.isascii() and text.isprintable() and text == text.strip()):
            raise ValueError("must have 12 characters or more, printable ASCII, no space at either end")
        return key

    @property
    def caps(self) -> Caps:
        """How large a run may be."""
        return Caps(self.max_seq_len, self.max_hidden_size, self.max_batch_size, self.max_features, self.max_steps,
                    self.max_memory)  # fmt: skip

    @property
    def limits(self) -> tuple[tuple[str, float], ...]:
        """What this server admits at the most, by the names of the settings."""
        return tuple((name, getattr(self, name)) for name in type(self).model_fields if name.startswith("max_"))

    @property
    def worker_count(self) -> int:
        """Worker processes to start: as set, else one per processor that this process may use."""
        return self.workers or len(os.sched_getaffinity(0))


def table() -> list[dict[str, Any]]:
    """Return name in the environment, default and help of every setting."""
    return [
        {
            "name": name.upper() if field.validation_alias else PREFIX + name.upper(),
            "default": field.default,
            "help": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]
