"""Each task's targets are what its words say, worked out here from the inputs alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

import engine
from engine.errors import SpecError
from engine.tasks import TASKS
from engine.tasks.base import random_stream
from engine.tasks.windows import coverage


def draw(name, size=300, **knobs):
    return TASKS[name](**knobs).draw(random_stream(5), size)


@pytest.mark.parametrize(("windows", "length"), [(1, 5), (3, 7), (4, 4), (9, 2), (2, 1)])
def test_windows_cover_each_value_as_often_as_they_hold_it(windows, length):
    held = [sum(start <= at < start + length for start in range(windows)) for at in range(windows + length - 1)]
    np.testing.assert_array_equal(coverage(windows, length), held)


def shown(batch):
    """Return the numbers of one-hot inputs (T, B), -1 where nothing is shown."""
    return np.where(batch.inputs.any(axis=1), batch.inputs.argmax(axis=1), -1)


def test_bit_sum_counts_the_ones_and_keeps_one_set():
    for samples in (20, None):
        batch = draw("bit_sum", samples=samples)
        assert batch.steps.tolist() == [10]
        assert (batch.targets[0, 0] == batch.inputs.sum(axis=(0, 1))).all()
    task = TASKS["bit_sum"]()
    assert task.batch(0, 1, 32).inputs.shape == (10, 1, 20)
    assert (task.batch(0, 1, 32).inputs == task.batch(5, 9, 32).inputs).all()
    assert (task.batch(0, 1, 32).inputs != TASKS["bit_sum"](data_seed=1).batch(0, 1, 32).inputs).any()


def test_binary_addition_adds_numbers():
    batch = draw("binary_addition", length=9)
    weights = 2 ** np.arange(9)
    numbers = np.einsum("t,tkb->kb", weights, batch.inputs)
    assert (np.einsum("t,tkb->kb", weights, batch.targets)[0] == numbers.sum(axis=0)).all()
    assert numbers.max() < 2**8


WINDOWS = {2: [(0.1, 0.2), (0.5, 0.6)], 3: [(0.1, 0.2), (0.3, 0.4), (0.6, 0.7)]}


@pytest.mark.parametrize(("events", "T"), [(2, 10), (2, 50), (3, 37)])
def test_temporal_order_tells_which_came_when(events, T):
    batch = draw("temporal_order", length=T, events=events)
    numbers = shown(batch)
    assert ((numbers < 2).sum(axis=0) == events).all()
    for b in range(300):
        word = "".join(str(s) for s in numbers[:, b] if s < 2)
        assert batch.targets[0, b] == int(word, 2)
    places = np.array([np.flatnonzero(numbers[:, b] < 2) for b in range(300)]) / T
    for place, (low, high) in zip(places.T, WINDOWS[events], strict=True):
        assert place.min() >= low - 1 / T
        assert place.max() < high


@pytest.mark.parametrize("targets", ["all", "recall"])
def test_copy_memory_asks_for_the_symbols_in_order_after_the_delimiter(targets):
    batch = draw("copy_memory", length=30, symbols=6, alphabet=5, targets=targets)
    numbers = shown(batch)
    assert (numbers[23] == 6).all()  # the delimiter just before the recall
    assert (numbers[6:23] == 5).all()
    assert (numbers[24:] == 5).all()
    assert (batch.targets[-6:] == numbers[:6]).all()
    assert batch.steps.tolist() == list(range(1 if targets == "all" else 25, 31))
    assert (batch.targets[:-6] == 5).all()


@pytest.mark.parametrize("delay", [0, 1, 7])
def test_delayed_recall_asks_for_the_input_of_d_steps_ago(delay):
    batch = draw("delayed_recall", length=12, delay=delay, symbols=3)
    numbers = shown(batch)
    for step, target in zip(batch.steps, batch.targets, strict=True):
        assert (target == numbers[step - 1 - delay]).all()
    assert len(batch.steps) == 12 - delay


def test_shown_first_is_one_to_many():
    batch = draw("delayed_recall", length=12, delay=0, shown="first")
    assert batch.inputs[0].sum() == 300
    assert not batch.inputs[1:].any()
    assert (batch.targets == shown(batch)[0]).all()
    assert len(batch.targets) == 12


INNER = r"B(?:TS*(?:XS|XXT*V(?:PXT*V)*(?:V|PS))|PT*V(?:PXT*V)*(?:V|PS))E"
LAWFUL = {True: re.compile(rf"B(?:T{INNER}T|P{INNER}P)E"), False: re.compile(INNER)}


@pytest.mark.parametrize(("embedded", "T"), [(True, 8), (True, 30), (False, 4), (False, 20)])
@pytest.mark.parametrize("targets", ["legal", "next"])
def test_reber_strings_are_lawful_and_their_successors_known(embedded, T, targets):
    """The automaton is compared with a regular expression of the grammar, written independently."""
    batch = draw("reber", length=T, embedded=embedded, targets=targets)
    numbers = shown(batch)
    words, prefixes = [], {}
    for b, length in enumerate(batch.lengths):
        word = "".join("BTPSXVE"[s] for s in numbers[:length, b]) + "E"
        words.append(word)
        assert LAWFUL[embedded].fullmatch(word), word
        assert (batch.mask[:, b] == (batch.steps <= length)).all()
        for t in range(length):
            prefixes.setdefault(word[: t + 1], set()).add(word[t + 1])
            if targets == "next":
                assert "BTPSXVE"[batch.targets[t, b]] == word[t + 1]
            else:
                legal = {s for s, one in zip("BTPSXVE", batch.targets[t, :, b], strict=True) if one}
                assert word[t + 1] in legal
                assert len(legal) <= 2
                prefixes.setdefault((word[: t + 1], "said"), legal)
    if targets == "legal" and T > 8:
        often = [p for p in prefixes if isinstance(p, str) and sum(w.startswith(p) for w in words) > 40]
        assert len(often) >= 5
        for prefix in often:
            assert prefixes[prefix] == prefixes[prefix, "said"], prefix


def test_reber_keeps_to_strings_that_fit():
    assert set(draw("reber", length=8).lengths) == {8}
    assert set(draw("reber", length=9, size=2000).lengths) == {8, 9}
    assert draw("reber", length=500, size=2000).lengths.mean() == pytest.approx(11, abs=0.5)


def test_reber_draws_short_strings_as_often_as_the_grammar_does():
    """All strings of a grammar weigh 2^-choices; among those that fit, that ratio must hold."""
    batch = draw("reber", length=5, embedded=False, size=6000)
    numbers = shown(batch)
    words = ["".join("BTPSXVE"[s] for s in numbers[:n, b]) for b, n in enumerate(batch.lengths)]
    # BTXS, BPVV: three choices; BTSXS, BTXXV.. is too long, BPTVV, BPVPS: four
    expected = {"BTXS": 2, "BPVV": 2, "BTSXS": 1, "BPTVV": 1, "BPVPS": 1}
    assert set(words) == set(expected)
    for word, weight in expected.items():
        assert words.count(word) / 6000 == pytest.approx(weight / 7, abs=0.02)


def test_char_text_asks_for_the_next_character_of_any_script():
    text = "가나다 라마바, 가나다 사아자!"
    task = TASKS["char_text"](text=text, length=4)
    batch = task.draw(random_stream(0), 100)
    assert len(batch.lengths) == len(text) - 4
    assert task.vocabulary == sorted(set(text))
    for b in range(len(text) - 4):
        assert "".join(task.vocabulary[i] for i in shown(batch)[:, b]) == text[b : b + 4]
        assert "".join(task.vocabulary[i] for i in batch.targets[:, b]) == text[b + 1 : b + 5]


def test_csv_asks_for_the_column_a_horizon_later_standardised():
    rows = [(i, i * i % 13, -i) for i in range(40)]
    text = "t;value;down\n" + "\n".join(f"{a};{b};{c}" for a, b, c in rows)
    series = np.array([float(b) for _, b, _ in rows])
    scaled = (series - series.mean()) / series.std()
    task = TASKS["csv"](text=text, target="value", columns="*", length=6, horizon=2)
    batch = task.draw(random_stream(0), 1000)
    assert task.input_size == 3
    assert len(batch.lengths) == 40 - 6 - 2 + 1
    for b in range(len(batch.lengths)):
        assert batch.inputs[:, 1, b] == pytest.approx(scaled[b : b + 6])
        assert batch.targets[0, 0, b] == pytest.approx(scaled[b + 7])
    every = TASKS["csv"](text=text, target="2", length=6, horizon=2, targets="all").draw(random_stream(0), 1000)
    assert every.inputs.shape[1] == 1
    assert every.targets[:, 0, 4] == pytest.approx(scaled[6:12])


@pytest.mark.parametrize("text", ["1,2\n3,4\n5,9", "a\tb\n1\t2\n3\t4\n\n5\t9\n", '"a","b, c"\r\n1,2\r\n3,4\r\n5,9'])
def test_csv_reads_the_usual_forms(text):
    batch = TASKS["csv"](text=text, length=1, columns="1").draw(random_stream(0), 10)
    assert batch.inputs[:, 0].tolist() == [pytest.approx([-1.2247449, 0.0])]
    assert batch.targets[0, 0] == pytest.approx([-1 / np.sqrt(26 / 3), 4 / np.sqrt(26 / 3)])


def test_csv_opens_with_the_sunspots():
    """309 years of known mean and deviation (49.752 and 40.453): the series is the published one."""
    task = TASKS["csv"]()
    numbers = [float(line.split(",")[1]) for line in task.text.splitlines()[1:]]
    assert len(numbers) == 309
    assert np.mean(numbers) == pytest.approx(49.752104, abs=1e-6)
    assert np.std(numbers, ddof=1) == pytest.approx(40.452595, abs=1e-6)


PATTERNS = {
    "one to many": {"name": "delayed_recall", "shown": "first", "delay": 0, "length": 6},
    "one to many, arrays": {"name": "inline", "inputs": [[[1.0], [0], [0]], [[2.0], [0], [0]]],
                            "targets": [[[1.0], [2.0], [3.0]], [[2.0], [4.0], [6.0]]], "target_steps": "all"},
    "many to one": {"name": "temporal_order", "length": 10},
    "many to many, aligned": {"name": "delayed_recall", "delay": 0, "length": 6},
    "many to many, delayed": {"name": "delayed_recall", "delay": 3, "length": 6},
    "many to many, after the end": {"name": "copy_memory", "length": 9, "symbols": 4, "targets": "recall"},
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "steps", "inputs"), [
    ("one to many", [1, 2, 3, 4, 5, 6], [1]),
    ("one to many, arrays", [1, 2, 3], [1]),
    ("many to one", [10], list(range(1, 11))),
    ("many to many, aligned", [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
    ("many to many, delayed", [4, 5, 6], [1, 2, 3, 4, 5, 6]),
    ("many to many, after the end", [6, 7, 8, 9], list(range(1, 10))),
])  # fmt: skip
def test_every_pattern_of_seed_004_is_trained_and_its_gradients_hold(pattern, steps, inputs):
    """Seed 004's picture: inputs and targets stand where the pattern says, and BPTT is right for each."""
    spec = engine.RunSpec.from_dict(
        {"task": PATTERNS[pattern], "networks": [{"cell": c, "hidden_size": 3} for c in ("rnn", "lstm", "gru")],
         "batch_size": 4, "steps": 3}
    )  # fmt: skip
    batch = spec.task.batch(0, 0, 4)
    assert (np.flatnonzero(batch.inputs.any(axis=(1, 2))) + 1).tolist() == inputs
    assert batch.steps.tolist() == steps
    shown = engine.frame_of(engine.start(spec)).networks[0]
    assert (np.flatnonzero(~np.isnan(shown.targets).any(axis=1)) + 1).tolist() == steps
    assert engine.checks.gradients(spec) < 1e-6
    assert engine.checks.adjoint_identity(spec) < 1e-9


BAD = [
    ({"name": "bit_sum", "length": 0}, "length", 0),
    ({"name": "bit_sum", "samples": 0}, "samples", 0),
    ({"name": "binary_addition", "length": 1}, "length", 1),
    ({"name": "temporal_order", "length": 9}, "length", 9),
    ({"name": "temporal_order", "events": 4}, "events", 4),
    ({"name": "copy_memory", "length": 20}, "length", 20),
    ({"name": "copy_memory", "targets": "some"}, "targets", "some"),
    ({"name": "delayed_recall", "delay": 20}, "delay", 20),
    ({"name": "delayed_recall", "symbols": 1}, "symbols", 1),
    ({"name": "reber", "length": 7}, "length", 7),
    ({"name": "reber", "embedded": "yes"}, "embedded", "yes"),
    ({"name": "char_text", "text": "too short"}, "text", "too short"),
    ({"name": "char_text", "text": "a" * 40}, "text", "a" * 40),
    ({"name": "char_text", "text": ["a"]}, "text", ["a"]),
    ({"name": "csv", "text": ""}, "text", ""),
    ({"name": "csv", "text": "a,b\n", "length": 1}, "text", "a,b\n"),
    ({"name": "csv", "text": "1\n2\n3\n", "length": 3}, "text", "1\n2\n3\n"),
    ({"name": "csv", "text": "1,2\n3\n", "length": 1}, "text", "3"),
    ({"name": "csv", "text": "x\n1\n\nhello\n3\n", "length": 1}, "text", "hello"),
    ({"name": "csv", "text": "1\nnan\n3\n", "length": 1}, "text", "nan"),
    ({"name": "csv", "text": "7\n7\n7\n", "length": 1}, "target", "1"),
    ({"name": "csv", "target": "moon"}, "target", "moon"),
    ({"name": "csv", "columns": "year,3"}, "columns", "3"),
    ({"name": "mnist1d", "samples": 15}, "samples", 15),
]  # fmt: skip


@pytest.mark.parametrize(("task", "field", "value"), BAD, ids=lambda v: str(v)[:30])
def test_bad_input_is_refused_naming_field_and_value(task, field, value):
    with pytest.raises(SpecError) as caught:
        engine.RunSpec.from_dict({"task": task, "networks": [{}]})
    assert [(p.field, p.value) for p in caught.value.problems] == [(f"task.{field}", value)]


def test_a_bad_cell_is_named_by_row_and_column_and_only_where_it_is_used():
    text = "day,price\nmon,1\ntue,oops\nwed,3\nthu,4\n"
    with pytest.raises(SpecError, match=r"row 3, column price") as caught:
        TASKS["csv"](text=text, length=1)
    assert caught.value.problems[0].value == "oops"
    fine = TASKS["csv"](text=text.replace("oops", "2"), length=1)
    assert fine.input_size == 1
    with pytest.raises(SpecError, match=r"row 2, column day"):
        TASKS["csv"](text=text.replace("oops", "2"), length=1, columns="*")
    with pytest.raises(SpecError, match=r"row 4 has 1 cells, not 2"):
        TASKS["csv"](text="1,2\n3,4\n\n5\n", length=1)
