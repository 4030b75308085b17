"""English and Korean: nothing left untranslated, and the page speaks what its reader reads."""

from __future__ import annotations

import re

import numpy as np
import pytest

import engine
from app import i18n
from app.phrases import PHRASES
from engine.diagnosis import sentence
from engine.figures import FIGURES, figures_json
from tools import catalogue

HANGUL = re.compile("[가-힣]")
NAMES = re.compile(r"\{(\w+)\}|(?<!\w)%\{[^}]*\}")
OTHERS = [lang for lang in i18n.LANGUAGES if lang != "en"]


@pytest.mark.parametrize("lang", OTHERS)
def test_every_message_of_pages_scripts_figures_and_engine_is_translated(lang):
    assert catalogue.missing(lang) == [], "run tools/catalogue.py and fill in what is empty"


@pytest.mark.parametrize("lang", OTHERS)
def test_the_catalogue_is_that_of_today(lang):
    assert (i18n.LOCALE / f"{lang}.po").read_bytes() == catalogue.written(catalogue.collected(lang))


@pytest.mark.parametrize("lang", OTHERS)
def test_a_translation_fills_in_the_same_names(lang):
    for m in i18n.catalogue(lang):
        assert sorted(NAMES.findall(str(m.id))) == sorted(NAMES.findall(str(m.string))), m.id


def test_a_message_hidden_in_an_f_string_is_found():
    assert list(catalogue.called('f\'{view.say("unit")} {_("x")} {say(name)}\'')) == ["unit", "x"]


ASKED = [
    ({}, {}, "en"),
    ({"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"}, {}, "ko"),
    ({"accept-language": "en-GB,ko;q=0.5"}, {}, "en"),
    ({"accept-language": "fr-FR,ko;q=0.2"}, {}, "ko"),
    ({"accept-language": "ko;q=0"}, {}, "en"),
    ({"accept-language": "ko;q=much,,;;q=,*"}, {}, "en"),
    ({"accept-language": "ko"}, {"lang": "en"}, "en"),
    ({"cookie": "lang=ko"}, {}, "ko"),
    ({"cookie": "lang=tlh", "accept-language": "ko"}, {"lang": "../../etc"}, "ko"),
]


@pytest.mark.parametrize(("headers", "query", "lang"), ASKED)
def test_the_page_speaks_the_language_asked_for(client, headers, query, lang):
    page = client.get("/", headers=headers, params=query)
    assert page.status_code == 200
    assert f'<html lang="{lang}">' in page.text
    assert page.headers["content-language"] == lang
    assert ("재생" in page.text) == (lang == "ko")
    assert {"Accept-Language", "Cookie"} <= set(re.split(", *", page.headers["vary"]))


def test_a_language_chosen_by_name_is_kept_in_a_cookie_of_this_site(client):
    chosen = client.get("/", params={"lang": "ko"}).headers["set-cookie"]
    assert chosen.startswith("lang=ko;")
    assert "SameSite=lax" in chosen
    client.cookies.clear()
    assert "set-cookie" not in client.get("/", headers={"accept-language": "ko"}).headers


def test_the_opening_figures_come_in_the_language_too_with_tags_of_their_own(client):
    client.cookies.clear()
    english, korean = (client.get("/opening.json", headers={"accept-language": lang}) for lang in ("en", "ko"))
    assert english.headers["etag"] != korean.headers["etag"]
    assert not HANGUL.search(english.text)
    assert all(HANGUL.search(f["title"] + f["help"]) for f in korean.json()["figures"])


def test_every_word_of_a_figure_is_translated():
    """A message that does not go through `say` stays what it is when `say` marks all it is given."""
    cells = [{"cell": cell, "hidden_size": 3, "layers": 2} for cell in ("rnn", "lstm", "gru")]
    spec = engine.RunSpec.from_dict({"task": {"name": "adding", "length": 10}, "networks": cells})
    made = figures_json(spec, FIGURES.values(), say=lambda text: "".join("가" if c.isalpha() else c for c in text))
    words: set[str] = set()
    for figure in made:
        words |= set(_texts(figure["template"]["layout"])) | set(_texts(figure["narrow"]))
    plain = {re.sub(r"<[^>]*>", " ", word) for word in words}
    english = {w for w in plain for part in re.findall(r"[A-Za-z]{3,}", w) if part not in {"RNN", "LSTM", "GRU", "log"}}
    assert english == set()


def _texts(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("text", "ticktext", "sentence") and isinstance(value, (str, list)):
                yield from [value] if isinstance(value, str) else value
            elif key not in ("font", "meta"):
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(".+?".join(re.escape(part) for part in re.split(r"\{\w+\}", phrase)))


def known(text: str) -> bool:
    clauses = text.removesuffix(".").split("; ")
    return all(any(_pattern(phrase).fullmatch(clause) for phrase in PHRASES) for clause in clauses)


FLOWS = [
    (np.array([0.0, -1, -4]), 0.7), (np.array([0.0, -0.5]), 1.2), (np.array([0.0, 0.1]), None),
    (np.array([0.0, 5.0]), None), (np.array([0.0, np.inf]), None), (np.array([0.0, -np.inf]), 0.3),
]  # fmt: skip


@pytest.mark.parametrize("what", ["Gradient", "Cell-state gradient"])
@pytest.mark.parametrize(("flow", "half"), FLOWS)
def test_every_diagnosis_is_known_to_the_page(flow, half, what):
    assert known(sentence(flow, half, 0.12, what)), sentence(flow, half, 0.12, what)
    assert known(sentence(flow, half, None, what))


BROKEN = [
    {"networks": []}, {"networks": [{"cell": "mlp"}]}, {"networks": [{"hidden_size": 0}]}, {"steps": 1.5},
    {"steps": "many"}, {"truncation_stride": 3}, {"dtype": 3}, {"nonsense": 1}, {"steps": None},
    {"optimizer": {"name": "adam", "learning_rate": -1}}, {"task": {"name": "adding", "length": 10**9}},
]  # fmt: skip


@pytest.mark.parametrize("changes", BROKEN)
def test_what_is_refused_at_the_door_is_known_to_the_page(changes):
    with pytest.raises(engine.SpecError) as caught:
        engine.RunSpec.from_dict({"task": {"name": "adding"}, "networks": [{"cell": "rnn"}]} | changes)
    for problem in caught.value.problems:
        assert (
            known(problem.message)
            or problem.message in PHRASES
            or any(_pattern(phrase).fullmatch(problem.message) for phrase in PHRASES)
        ), problem.message


WRONG = [
    ("/nonsense", 'href="."', "/nonsense"),
    ("/lessons/nonsense", 'href="../"', "단원 &#39;nonsense&#39;은(는) 없다"),
    ("/api/runs/0123/report.html", 'href="../../../"', "실행 &#39;0123&#39;은(는) 없다"),
]


@pytest.mark.parametrize(("path", "home", "missing"), WRONG)
def test_a_browser_at_a_wrong_address_gets_a_page_that_says_what_is_missing_and_a_way_on(client, path, home, missing):
    answer = client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "ko"})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert "이 주소에는 아무것도 없다." in answer.text
    assert home in answer.text
    assert path in answer.text
    assert missing in answer.text
    for accept in ("application/json", "*/*", "application/json, text/html"):
        assert client.get(path, headers={"accept": accept}).json()["status"] == 404
    assert client.get("/api/runs/x", headers={"accept": "text/html"}).json()["status"] == 404
