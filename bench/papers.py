"""Published results beside ours, by bands over several seeds: `make papers` prints the table and writes docs/papers.md.

Every row states what was published, what is run here (never exactly the same: batches, optimizer and sizes differ, and
the row says how), the band that counts as a pass, and what came out. A miss is printed as a miss. Only the numbers of
training are in the table, no clock: the same commit gives the same table.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import engine
from engine.tasks.base import random_stream

PAGE = Path(__file__).resolve().parent.parent / "docs" / "papers.md"
TESTED = 2560  # sequences of the final test, as in Hochreiter & Schmidhuber 1997
FRESH = 10_000  # sequences that a run is tested on, as in Pascanu 2013
UNSEEN = 10**6  # a step that no run trains on


class Row(NamedTuple):
    """One published result, and how it is held against ours."""

    paper: str
    published: str
    read: str  # where the figure was read, or that it was not
    ours: str
    band: str
    measure: Callable[[], tuple[str, bool]]


def spec(task: dict[str, Any], network: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return a run of one network."""
    return {"task": task, "networks": [network], **rest}


def adam(rate: float) -> dict[str, Any]:
    """Return Adam at a rate."""
    return {"name": "adam", "learning_rate": rate}


def trained(tree: dict[str, Any], seed: int) -> engine.Checkpoint:
    """Return the run trained to its end."""
    run = engine.RunSpec.from_dict({**tree, "seed": seed})
    return engine.advance(engine.start(run), run.steps)[0]


def share(checkpoint: engine.Checkpoint, last: int = 20) -> float:
    """Return the mean loss of the last batches as a share of chance; inf where the run diverged."""
    if checkpoint.diverged is not None:
        return float("inf")
    losses = [row["networks"][0]["loss"] for row in checkpoint.metrics[-last:]]
    return float(np.mean(losses)) / checkpoint.spec.baseline_loss


def updates_until(tree: dict[str, Any], seed: int, wanted: float, chunk: int = 50) -> int | None:
    """Return after how many updates the loss, mean of a chunk, is below `wanted` x chance; None if never."""
    checkpoint = engine.start(engine.RunSpec.from_dict({**tree, "seed": seed}))
    while not checkpoint.finished and checkpoint.diverged is None:
        checkpoint, _ = engine.advance(checkpoint, chunk)
        if share(checkpoint, chunk) < wanted:
            return checkpoint.step
    return None


def answers(checkpoint: engine.Checkpoint, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outputs, targets and mask at the target steps of `size` sequences that were never trained on."""
    from engine.network import Network

    run = engine.RunSpec.from_dict({**checkpoint.spec.to_dict(), "batch_size": size})
    network = Network(run, run.networks[0], size)
    network.theta[...] = checkpoint.networks[0].theta
    batch = run.task.draw(random_stream(run.seed, UNSEEN), size)
    network.forward(batch)
    return network.outputs()[batch.steps - 1], batch.targets, batch.mask


# --- Rows ------------------------------------------------------------------------------------------------------------


def scalar_linear() -> tuple[str, bool]:
    """Rprop on the two weights of seed 000, five data sets."""
    from engine.presets import PRESETS

    worst = 0.0
    for data_seed in range(5):
        tree = {**PRESETS["bit_sum"].spec, "task": {"name": "bit_sum", "data_seed": data_seed}}
        found = engine.weights(trained(tree, 0))
        worst = max(worst, *(abs(found[name].item() - 1.0) for name in ("weight_ih_l0", "weight_hh_l0")))
    return f"largest distance from 1: {worst:.5f}", worst < 0.01


def binary_addition() -> tuple[str, bool]:
    """RMSProp on three tanh units."""
    tree = spec({"name": "binary_addition"}, {"hidden_size": 3, "recurrent_init": "glorot"}, batch_size=100, steps=1000,
                optimizer={"name": "rmsprop", "learning_rate": 0.05, "decay": 0.9})  # fmt: skip
    rights = []
    for seed in range(5):
        outputs, targets, _ = answers(trained(tree, seed), 1000)
        rights.append(float(((outputs > 0) == (targets > 0.5)).mean()))
    solved = sum(right > 0.99 for right in rights)
    return f"{solved} of 5; bits right {', '.join(f'{r:.3f}' for r in rights)}", solved >= 3


def adding_lstm() -> tuple[str, bool]:
    """LSTM on the adding problem, T = 100."""
    # Chrono starts the forget gates near 1: the nearest there is to the carousel of 1997, which had none.
    tree = spec({"name": "adding", "length": 100, "scaling": "mean", "markers": "early"},
                {"cell": "lstm", "hidden_size": 16, "recurrent_init": "chrono"}, optimizer=adam(0.005), clip_norm=1.0,
                batch_size=8, steps=40_000 // 8)  # fmt: skip
    wrong = []
    for seed in range(3):
        outputs, targets, _ = answers(trained(tree, seed), TESTED)
        wrong.append(int((np.abs(outputs - targets) > 0.04).sum()))
    return f"wrong of {TESTED}: {', '.join(map(str, wrong))}", max(wrong) <= 3


def embedded_reber() -> tuple[str, bool]:
    """LSTM on the embedded Reber grammar."""
    tree = spec({"name": "reber", "length": 40}, {"cell": "lstm", "hidden_size": 16}, optimizer=adam(0.01),
                clip_norm=1.0, batch_size=8, steps=39_740 // 8)  # fmt: skip
    ranked, signed = [], []
    for seed in range(5):
        outputs, targets, mask = answers(trained(tree, seed), 1000)
        # The paper's criterion: as many of the most active outputs as there are lawful successors are just these.
        least_lawful = np.where(targets > 0.5, outputs, np.inf).min(axis=1)
        most_unlawful = np.where(targets > 0.5, -np.inf, outputs).max(axis=1)
        ranked.append(_whole_strings(least_lawful > most_unlawful, mask))
        signed.append(_whole_strings(((outputs > 0) == (targets > 0.5)).all(axis=1), mask))
    text = f"strings with every successor known {listed(ranked)}; by the sign of each logit {listed(signed)}"
    return text, sum(right > 0.99 for right in ranked) >= 4


def _whole_strings(right: np.ndarray, mask: np.ndarray) -> float:
    """Return the share of strings that are right at every step that has a target."""
    return float((right | (mask == 0)).all(axis=0).mean())


def temporal_order_clipped() -> tuple[str, bool]:
    """SGD with and without clipping on temporal order, T = 50."""
    tree = spec({"name": "temporal_order", "length": 50},
                {"hidden_size": 50, "recurrent_init": "orthogonal", "spectral_radius": 0.95}, batch_size=20,
                optimizer={"name": "sgd", "learning_rate": 0.1}, steps=CLIPPED_STEPS)  # fmt: skip
    clipped = [_misjudged(trained({**tree, "clip_norm": 1.0}, seed)) for seed in range(2)]
    plain = [_misjudged(trained(tree, seed)) for seed in range(2)]
    text = f"wrong of {FRESH}: clipped {', '.join(map(str, clipped))}; not clipped {', '.join(map(str, plain))}"
    return text, max(clipped) < FRESH // 100 <= min(plain)


def _misjudged(checkpoint: engine.Checkpoint) -> int:
    """Return how many of `FRESH` sequences are given the wrong class at their end."""
    outputs, targets, _ = answers(checkpoint, FRESH)
    return int((outputs[0].argmax(axis=0) != targets[0]).sum())


def irnn() -> tuple[str, bool]:
    """Identity start against a tanh RNN on the adding problem."""
    tree = spec({"name": "adding", "length": IRNN_LENGTH}, {}, batch_size=16, clip_norm=1.0, steps=IRNN_STEPS,
                optimizer=adam(0.001))  # fmt: skip
    ours = {"hidden_size": 100, "activation": "relu", "recurrent_init": "identity"}
    identity = [share(trained({**tree, "networks": [ours]}, seed), 200) for seed in range(2)]
    tanh = [share(trained({**tree, "networks": [{"hidden_size": 100}]}, seed), 200) for seed in range(2)]
    return f"loss / chance IRNN {listed(identity)}; tanh {listed(tanh)}", max(identity) < 0.3 and min(tanh) > 0.7


def forget_bias() -> tuple[str, bool]:
    """Updates until an LSTM is below half of chance, by forget bias, and until a GRU is."""
    when = {}
    for name, network in BIASED.items():
        tree = spec({"name": "adding", "length": 60}, network, optimizer=adam(0.005), clip_norm=1.0, steps=2000)
        when[name] = [updates_until(tree, seed, 0.5, chunk=25) or 10**6 for seed in range(3)]
    text = "updates: " + "; ".join(f"{name} {', '.join(map(str, steps))}" for name, steps in when.items())
    return text, all(one < zero for one, zero in zip(when["bias 1"], when["bias 0"], strict=True))


def copy_baseline() -> tuple[str, bool]:
    """LSTM on the copy problem with a wait of 100."""
    rmsprop = {"name": "rmsprop", "learning_rate": 0.001, "decay": 0.9}
    tree = spec({"name": "copy_memory", "length": 120}, {"cell": "lstm", "hidden_size": 40}, batch_size=20,
                optimizer=rmsprop, clip_norm=1.0, steps=2000)  # fmt: skip
    stuck = [share(trained(tree, seed)) for seed in range(2)]
    return f"loss / (10 ln 8 / 120): {listed(stuck)}", 0.9 <= min(stuck) and max(stuck) <= 1.1


def hessian_free() -> tuple[str, bool]:
    """Hessian-free and Adam with the same tanh RNN on the adding problem, T = 100."""
    tree = spec({"name": "adding", "length": 100}, {"hidden_size": 32, "recurrent_init": "orthogonal"}, batch_size=128)
    free = {**tree, "steps": 60, "optimizer": {"name": "hessian_free", "damping": 1.0, "structural_damping": 0.1}}
    when = [updates_until(free, seed, 0.05, chunk=3) for seed in range(2)]
    stays = [share(trained({**tree, "steps": 2000, "optimizer": adam(0.001)}, seed)) for seed in range(2)]
    text = f"solved after {', '.join(map(str, when))} updates; Adam after 2000 at {listed(stays)} of chance"
    return text, None not in when and min(stays) > 0.7


def listed(values: list[float]) -> str:
    """Return numbers in a row."""
    return ", ".join(f"{value:.3f}" for value in values)


BIASED = {"bias 0": {"cell": "lstm", "forget_bias": 0.0}, "bias 1": {"cell": "lstm"}, "GRU": {"cell": "gru"}}
CLIPPED_STEPS, IRNN_STEPS, IRNN_LENGTH = 8000, 3000, 160
ROWS = [
    Row("Seed 000; Roelants 2015, part 1", "Rprop from (-1.5, 2) ends near w_x = w_rec = 1 in 500 updates",
        "the tutorial's code", "the same, float64, five data sets of 20 x 10 bits; his Rprop also moves in the turn "
        "after a flip", "all within 0.01 of 1", scalar_linear),
    Row("Roelants 2015, part 2", "3 tanh units add 6-bit numbers after 5 epochs of 2000, that is 100 updates (RMSProp "
        "0.05 with Nesterov 0.8); no share of bits is given", "the tutorial's code", "ten times as many updates: 1000 "
        "fresh batches of 100, RMSProp 0.05 without momentum", "3 of 5 seeds > 99 % of bits", binary_addition),
    Row("Hochreiter & Schmidhuber 1997, exp. 4", "LSTM, adding, T = 100 to 110: 1 of 2560 wrong by > 0.04 after 74 000 "
        "sequences (mean of 10 runs, never more than 3 wrong)", "the paper, table 7", "LSTM n = 16, forget gates near "
        "1 (chrono) for none, Adam, 40 000 sequences in batches of 8, T = 100, inputs in [0, 1] for [-1, 1]",
        "3 seeds, each at most 3 wrong", adding_lstm),
    Row("Hochreiter & Schmidhuber 1997, exp. 1", "LSTM learns the embedded Reber grammar in 97-100 % of trials, after "
        "8 440 to 39 740 strings (five settings)", "the paper, table 1", "LSTM n = 16, Adam, 39 740 strings in batches "
        "of 8, cross-entropy on lawful sets; 1000 fresh strings for the paper's 256 + 256",
        "4 of 5 seeds: all but 1 % of strings wholly right by the paper's rule", embedded_reber),
    Row("Pascanu 2013", "clipping at 1 raises the success of SGD (rate 0.01, to 5 million batches of 20) on temporal "
        "order, more so the longer the sequence; success is < 1 % of 10 000 wrong", "the paper, section 4.1.1",
        f"T = 50, n = 50 tanh as theirs, orthogonal at radius 0.95 for sparse, {CLIPPED_STEPS} batches of 20, rate 0.1",
        "clipped succeeds, not clipped fails, 2 seeds", temporal_order_clipped),
    Row("Le 2015", "a tanh RNN struggles with adding beyond T = 150, where an IRNN does as well as an LSTM (to T = "
        "400)", "Keller 2024, section 3 (adding task); the abstract", f"T = {IRNN_LENGTH}, n = 100, Adam in place of "
        f"SGD, {IRNN_STEPS} batches of 16, clip 1; no LSTM run", "IRNN < 0.3, tanh > 0.7 of chance, 2 seeds", irnn),
    Row("Jozefowicz 2015", "a forget bias of 1 closes the gap between LSTM and GRU on their tasks; makes the LSTM as "
        "strong as the best variant explored", "the abstract; Goodfellow 2016, section 10.10.2", "what we take from "
        "it, that long lags are learned sooner: adding, T = 60, n = 32, Adam; updates until half of chance. Here most "
        "of the gap to the GRU stays", "bias 1 before bias 0 on each of 3 seeds", forget_bias),
    Row("Arjovsky 2016", "on copy an LSTM does no better than the memoryless 10 ln 8 / (T + 20); a larger one trained "
        "longer does (Tallec 2018)", "Tallec 2018, section 4 (copy tasks)", "T = 100, n = 40, RMSProp 0.001, 2000 "
        "batches of 20: no longer than that is claimed", "0.9 to 1.1 of it, 2 seeds", copy_baseline),
    Row("Martens & Sutskever 2011", "Hessian-free trains a tanh RNN (n = 100) on the long lags of 1997, adding among "
        "them, held to be impossible for first-order methods; momentum and a careful start come close at T = 80",
        "Sutskever 2013, sections 1, 4.2, A.4; the abstract", "adding, T = 100, n = 32, batches of 128; Adam from the "
        "same start gets 2000 updates", "Hessian-free below 0.05 of chance, Adam above 0.7, 2 seeds", hessian_free),
]  # fmt: skip
HEAD = """# Published results beside ours

Made by `make papers`, three minutes of one core. Ours is never the published set-up to the letter: each row says what
differs, what counts as a pass, and what was measured. A miss is printed as a miss. Bands are
ours unless they are said to be the paper's: a pass says that the effect is there, not that a figure was reproduced.

"Figure read in" says where the published figure was looked up: papers were read as transcriptions of their text. Where
another paper is named, the figure is what that one says of the first, which itself was read no further than its
abstract: Goodfellow 2016 (Deep Learning), Keller 2024 (Traveling Waves Encode the Recent Past), Sutskever 2013 (On the
Importance of Initialization and Momentum), Tallec 2018 (Can Recurrent Neural Networks Warp Time?).

Changed after the first try: both rows of 1997 missed with batches of 32 and a forget bias of 1, because the paper
updates after every sequence and as many sequences were then too few updates. They take batches of 8 now, and the adding
row starts its forget gates near 1, as the LSTM of 1997 had none. The Reber row is judged by the paper's own rule: at
each step the outputs of the lawful successors must be the most active ones. The stricter rule, that every logit has the
right sign, is ours (it is the task's accuracy); it stands beside it. The paper asks for all of two fixed sets, this row
for 99 % of fresh strings. The clipping row was first judged by its loss, and now by the paper's share of wrong answers.
The IRNN row ran at T = 150, from memory, then at T = 200, where the gradient of one of two seeds left float32; now it
runs at T = 160, beyond the 150 of the statement.

The clipping row passed until the cells became faster: they round otherwise, and with today's rounding one of its two
seeds is still at chance after 8000 batches (the paper allows 5 million and counts successes out of 5 runs).

| paper | published | figure read in | ours | band | measured | verdict |
| --- | --- | --- | --- | --- | --- | --- |
"""


def line(row: Row) -> str:
    """Measure a row and return its line of the table."""
    measured, passed = row.measure()
    cells = (row.paper, row.published, row.read, row.ours, row.band, measured, "pass" if passed else "**miss**")
    return f"| {' | '.join(cells)} |\n"


def report(chosen: Sequence[str] = ()) -> None:
    """Print the rows whose measure's name is given, or all; write the page when all were run."""
    lines = []
    for row in ROWS:
        if not chosen or row.measure.__name__ in chosen:
            began = time.process_time()
            lines.append(line(row))
            print(lines[-1], end="", flush=True)
            print(f"{row.measure.__name__}: {time.process_time() - began:.1f} s of CPU", file=sys.stderr, flush=True)
    if not chosen:
        PAGE.write_text(HEAD + "".join(lines))
    missed = sum("**miss**" in text for text in lines)
    print(f"{len(lines) - missed} pass, {missed} miss")


if __name__ == "__main__":
    report(sys.argv[1:])
