"""Lessons: a page each, and the list of them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app import i18n, lessons
from app.errors import HTTPProblem
from app.templating import render

router = APIRouter(include_in_schema=False)


@router.get("/lessons", response_class=HTMLResponse)
def index(request: Request) -> Response:
    """The list, in order."""
    lang = i18n.language(request)
    return render(request, "lessons.html", {"lessons": {n: lessons.told(n, lang) for n in lessons.all_lessons()}})


@router.get("/lessons/{name}", response_class=HTMLResponse)
def lesson(request: Request, name: str) -> Response:
    """One lesson."""
    names, lang = list(lessons.all_lessons()), i18n.language(request)
    if name not in names:
        raise HTTPProblem(404, f"there is no lesson {name[:60]!r}; the lessons are {', '.join(names)}")
    at = names.index(name)
    near = {"before": names[at - 1] if at else None, "after": names[at + 1] if at + 1 < len(names) else None}
    texts = {n: lessons.told(n, lang) for n in names}
    context = {"name": name, "number": at + 1, "count": len(names), "lesson": lessons.all_lessons()[name],
               "words": texts[name], "texts": texts, **near,
               "part": lessons.script_part(name, lang)}  # fmt: skip
    return render(request, "lesson.html", context, up="../")
