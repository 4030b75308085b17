"""Every lesson: complete in both languages, every experiment accepted, every answer computed by the engine."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

import numpy as np
import pytest

import engine
from app import i18n, lessons
from engine.figures import FIGURES

NAMES = list(lessons.all_lessons())
HANGUL = re.compile("[가-힣]")


def changed(spec: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(spec)
    for name, value in changes.items():
        *path, last = name.split(".")
        place: Any = made
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        place[last] = value
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_complete_in_every_language(name: str) -> None:
    lesson = lessons.all_lessons()[name]
    for lang in i18n.LANGUAGES:
        words = lesson[lang]
        assert len(words["buttons"]) == len(lesson["buttons"])
        assert len(words.get("options", [])) == len(lesson["question"].get("options", []))
        for key in ("prose", "ask", "reveal"):
            made = lessons.prose(words[key])
            assert "$" not in made
            assert "<merror" not in made
        assert bool(HANGUL.search(words["title"] + words["prose"])) == (lang == "ko")


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_and_picture_of_a_lesson_is_there(name: str) -> None:
    lesson = lessons.all_lessons()[name]
    engine.RunSpec.from_dict(lesson["spec"])
    assert set(lesson["figures"]) <= set(FIGURES) | {"surface"}  # which the server draws when it is asked
    for button in lesson["buttons"]:
        assert set(button) <= {"set", "train", "reset"}
        engine.RunSpec.from_dict(changed(lesson["spec"], button.get("set", {})))


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_one_clear_answer_that_the_engine_computes(name: str) -> None:
    lesson, values = lessons.all_lessons()[name], []
    question = lesson["question"]
    spec = changed(lesson["spec"], question.get("set", {}))
    for option in question.get("options", [question]):
        own = option.get("set", {}) if option is not question else {}
        checkpoint = engine.start(engine.RunSpec.from_dict(changed(spec, own)))
        checkpoint, _ = engine.advance(checkpoint, question.get("train", 0))
        found = np.atleast_1d(engine.resolve(engine.as_tree(engine.frame_of(checkpoint)), option["path"]))
        if question["kind"] == "line":
            low, high = question["axis"]
            assert len(found) == question["length"] + 1
            assert low <= found.min() <= found.max() <= high, "the answer is off the paper"
        values.append(float(found[-1]))
    assert all(math.isfinite(v) for v in values)
    if question["kind"] == "pick":
        assert question["best"] in ("most", "least")
        assert len({round(v, 6) for v in values}) == len(values), "no option is better than the other"


def test_the_pages_are_served_in_the_language_asked_for(client: Any) -> None:
    for lang in i18n.LANGUAGES:
        index = client.get("/lessons", params={"lang": lang})
        assert all(f'href="lessons/{name}"' in index.text for name in NAMES)
        page = client.get(f"/lessons/{NAMES[4]}", params={"lang": lang})
        assert f'<html lang="{lang}">' in page.text
        assert "<math" in page.text
        assert lessons.told(NAMES[4], lang)["title"] in page.text
    client.cookies.clear()


def test_a_lesson_that_is_not_there_says_which_are(client: Any) -> None:
    answer = client.get("/lessons/nonsense")
    assert answer.status_code == 404
    assert NAMES[0] in answer.text


def test_what_a_lesson_says_is_text_never_markup() -> None:
    assert "<script>" not in lessons.prose("<script>alert(1)</script> **<b>** `<i>`")
