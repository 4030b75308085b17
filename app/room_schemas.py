"""The shapes of answers about rooms, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from app.schemas import RunDocument, StatusName


class ListedRun(BaseModel):
    """A run in the teacher's list."""

    no: int = Field(description="Grows with every run; `before` of the next page.")
    id: str
    client: str = Field(description="Address, or room and member, that made it.")
    created: float
    touched: float
    status: StatusName
    step: int
    steps: int
    room: str | None
    nickname: str | None


class RunList(BaseModel):
    """Runs of everybody, newest first."""

    runs: list[ListedRun]


class Selection(BaseModel):
    """A picked product ∂h_t/∂h_k."""

    network: int
    layer: int
    t: int
    k: int


class Shown(BaseModel):
    """What a teacher shows."""

    run: str
    step: int | None = Field(description="null: the newest, live.")
    view: str | None
    selection: Selection | None


class Now(BaseModel):
    """What a teacher shows, or nothing."""

    now: Shown | None


class RoomMember(BaseModel):
    """A student."""

    member: int
    nickname: str
    run: str
    joined: float = Field(description="Seconds since 1970.")


class Room(BaseModel):
    """A room."""

    code: str
    title: str
    created: float
    hide: list[str] = Field(description="Controls and panels that the page hides.")
    now: Shown | None
    members: list[RoomMember]
    links: dict[str, str]
    spec: dict[str, Any] = Field(description="The preset, all defaults filled in.")


class RoomList(BaseModel):
    """All rooms."""

    rooms: list[Room]


class Restarted(RunDocument):
    """A member with a new run."""

    member: int
    nickname: str


class Joined(Restarted):
    """A new member."""

    token: str = Field(description="Owns everything of this member.")
