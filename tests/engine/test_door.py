"""Every public function refuses what it cannot use by an error of the engine that names the argument and the value."""

from __future__ import annotations

import dataclasses
import inspect
import types

import numpy as np
import pytest

import engine
from engine import checks, worked
from engine.errors import EngineError, OutOfRange, ShapeError, SpecError

SPEC = engine.RunSpec.from_dict({
    "task": {"name": "adding", "length": 6}, "networks": [{"cell": "rnn", "hidden_size": 3}, {"cell": "lstm"}],
    "batch_size": 4, "steps": 5})  # fmt: skip
READABLE = engine.RunSpec.from_dict({
    "task": {"name": "inline", "inputs": [[[1.0], [0.5]]], "targets": [[0.0]]},
    "networks": [{"cell": "rnn", "hidden_size": 2}]})  # fmt: skip
RUN = engine.start(SPEC)
PATH = [engine.advance(RUN, steps)[0] for steps in range(4)]
WEIGHTS = {"x": "weight_hh_l0[0, 0]", "y": "weight_hh_l0[0, 1]"}
AT = {"checkpoint": RUN, "network": 0, "batch": 0}
LAYER = AT | {"layer": 0}

# Each function with arguments that it takes.
GOOD = {
    engine.start: {"spec": SPEC},
    engine.frames: {"spec": SPEC},
    engine.advance: {"checkpoint": RUN, "steps": 1, "observe": engine.Probe(), "views": ["hidden"]},
    engine.frame_of: {"checkpoint": RUN, "probe": engine.Probe(), "batch": 0, "products": False, "views": {"gates"}},
    engine.patch: {"checkpoint": RUN, "changes": {"clip_norm": 1.0}},
    engine.what_if: {"checkpoint": RUN, "changes": {"networks.0.drive": 2.0}},
    engine.weights: {"checkpoint": RUN, "network": 0},
    engine.with_weights: {"checkpoint": RUN, "network": 0, "arrays": {"bias_o": np.zeros(1)}},
    engine.jacobian: LAYER | {"sample": 0, "t": 3, "k": 1, "norm": "spectral"},
    engine.walk: LAYER | {"sample": 0, "t": 3},
    engine.why: LAYER | {"sample": 0, "direction": np.ones(3)},
    engine.spectra: LAYER | {"sample": 0},
    engine.copies: LAYER,
    engine.truncation_bias: AT | {"window": 3, "stride": 1},
    engine.surface: AT | WEIGHTS | {"xs": np.zeros(2), "ys": np.zeros(2)},
    engine.path: {"checkpoints": PATH, "network": 0} | WEIGHTS,
    engine.landscape: {"checkpoints": PATH, "network": 0, "size": 3, "span": 0.5, "batch": 0, "zoom": 2.0},
    engine.principal_directions: {"checkpoints": PATH, "network": 0},
    engine.random_direction: {"checkpoint": RUN, "key": 0, "network": 0},
    engine.worked_example: {"spec": READABLE, "weights": {"bias_o": np.zeros(1)}},
    engine.resolve: {"path": "a", "tree": {"a": 1}},
    worked.appendix: {"x": 0.5},
    checks.gradients: {"spec": READABLE, "checkpoint": engine.start(READABLE), "epsilon": 1e-6},
    checks.jacobians: {"spec": READABLE, "checkpoint": engine.start(READABLE), "epsilon": 1e-6},
    checks.adjoint_identity: {"spec": READABLE, "checkpoint": engine.start(READABLE)},
    checks.trust: {"checkpoint": engine.start(READABLE), "count": 4, "epsilon": 1e-6},
}
# Bad for every argument but those of BAD_IS_FINE, which are told apart by hand.
NOTHING = {(f, name) for f, arguments in GOOD.items() for name in arguments
           if inspect.signature(f).parameters[name].default is None}  # fmt: skip
BAD = [None, True, -1, 10**400, 0.5, float("nan"), "word", b"bytes", [], [1, [2]], {3: 4}, np.zeros((2, 3)),
       np.array("word"), np.array([np.nan]), np.float64(1.5), np.bool(True), 1j, object()]  # fmt: skip
CASES = [(f, name) for f, arguments in GOOD.items() for name in arguments if (f, name) != (engine.resolve, "tree")]


def fits(function, name, bad):
    """Whether what is bad elsewhere is good here."""
    if bad is None:
        return (function, name) in NOTHING
    if isinstance(bad, bool):
        return name == "products"
    if isinstance(bad, int):
        huge = name in ("steps", "count", "window") and bad > 0
        return huge or name == "x" and abs(bad) < 350 and function is worked.appendix
    if isinstance(bad, float) and np.isfinite(bad):
        return name in ("epsilon", "span", "zoom") or name == "x" and function is worked.appendix
    return (
        name in ("xs", "ys", "views") and isinstance(bad, list) and not bad or name == "path" and isinstance(bad, str)
    )


def names(error):
    """Return what an error of the engine names."""
    if isinstance(error, SpecError):
        return {p.field.partition(".")[0] for p in error.problems}
    return {error.name.partition("'")[0] if isinstance(error, ShapeError) else error.field}


def test_no_public_function_is_forgotten():
    exported = [getattr(engine, name) for name in engine.__all__] + [getattr(checks, n) for n in checks.__all__]
    functions = {f for f in exported if isinstance(f, types.FunctionType)} | {worked.appendix}
    assert functions - set(GOOD) == {engine.tasks, engine.schema, engine.as_tree, checks.relative_error}
    for function, arguments in GOOD.items():
        assert set(arguments) == set(inspect.signature(function).parameters), function


@pytest.mark.parametrize("bad", [["loss"], ["hidden", "jacobian_products"], ["hidden", 3], {"hidden": 1}, "hidden"])
def test_views_are_names_of_arrays(bad):
    for function in (engine.advance, engine.frame_of):
        with pytest.raises(OutOfRange) as caught:
            function(**GOOD[function] | {"views": bad})
        assert caught.value.field == "views"


@pytest.mark.parametrize("bad", ["word", [1j], None, [[1.0], [1.0, 2.0]]], ids=repr)
def test_an_error_is_of_numbers(bad):
    for pair in ((bad, [1.0]), ([1.0], bad)):
        with pytest.raises(OutOfRange, match="must hold real numbers"):
            checks.relative_error(*pair)
    with pytest.raises(ShapeError, match="estimate"):
        checks.relative_error([1.0], [1.0, 2.0])


@pytest.mark.parametrize("function", GOOD, ids=lambda f: f.__name__)
def test_what_is_good_passes(function):
    function(**GOOD[function])


@pytest.mark.parametrize(("function", "name"), CASES, ids=lambda x: getattr(x, "__name__", x))
def test_what_is_bad_is_refused_by_name(function, name):
    also = {"arrays": "weights", "checkpoints": "checkpoint"}  # what is wrong inside is named as what it is
    for bad in BAD:
        if fits(function, name, bad):
            continue
        with pytest.raises(EngineError) as caught:
            function(**GOOD[function] | {name: bad})
        assert names(caught.value) <= {name, also.get(name, name)}, repr(bad)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("function", "name", "bad", "want"), [
    (engine.why, "direction", np.ones(4), "(3)"), (engine.why, "direction", np.ones((1, 3)), "(3)"),
    (engine.surface, "xs", np.zeros((2, 2)), "(X)"), (engine.surface, "ys", 1.0, "(Y)"),
    (engine.surface, "x", np.ones(5), "(25)"), (engine.path, "y", np.ones(26), "(25)"),
])  # fmt: skip
def test_an_array_of_another_shape_names_the_shape_it_has_and_the_one_it_should(function, name, bad, want):
    with pytest.raises(ShapeError) as caught:
        function(**GOOD[function] | {name: bad})
    assert (caught.value.name, caught.value.got, caught.value.want) == (name, np.shape(bad), want)


@pytest.mark.parametrize(("weights", "field"), [
    ({"weight_hh_l0": np.zeros((2, 3))}, "weights.weight_hh_l0"), ({"weight_hh_l0": 0.5}, "weights.weight_hh_l0"),
    ({"weight_xx": np.zeros(2)}, "weights.weight_xx"), ({"bias_o": [np.inf]}, "weights.bias_o"),
])  # fmt: skip
def test_weights_that_a_worked_network_does_not_have_are_refused_and_never_spread_over_it(weights, field):
    with pytest.raises(SpecError) as caught:
        engine.worked_example(READABLE, weights)
    assert [p.field for p in caught.value.problems] == [field]


def test_checkpoints_of_another_network_are_refused():
    other = engine.start(engine.RunSpec.from_dict(SPEC.to_dict() | {"networks": [{"hidden_size": 4}] * 2}))
    with pytest.raises(ShapeError, match="parameters"):
        engine.path([RUN, other], **WEIGHTS)
    with pytest.raises(ShapeError, match="parameters"):
        checks.gradients(SPEC, other)
    with pytest.raises(OutOfRange, match="2 networks"):
        checks.gradients(SPEC, engine.start(READABLE))


def test_a_probe_beyond_the_batch_is_refused_before_any_training():
    with pytest.raises(OutOfRange) as caught:
        engine.advance(RUN, 5, engine.Probe(sample=4, every=5))
    assert (caught.value.field, caught.value.value) == ("sample", 4)


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.array([1]), np.bool(True), 1j, object()], ids=repr)
def test_knobs_take_numbers_only(bad):
    for made in (lambda: engine.Probe(every=bad), lambda: dataclasses.replace(SPEC, clip_norm=bad)):
        with pytest.raises(SpecError):
            made()
    assert engine.Probe(every=np.int64(3)) == engine.Probe(every=3.0) == engine.Probe(every=3)
