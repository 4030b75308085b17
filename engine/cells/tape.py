"""The scratch memory that the cells write into: what forward records, what backward adds, and their sums over time.

Every step reads the block z_t = [x_t; 1; h_{t-1}] of one array, so a step's pre-activation, bias and all, is one matrix
product W z_t with W = [W_ih | b | W_hh], and dL/dW is the sum over t and the batch of delta_t z_t^T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array, in_one_piece
from engine.cells.product import ROWS, SMALL, product

CACHED_NUMBERS = 2**20  # that backward touches at once, 4 MB in float32; with fewer the calls cost more than is saved
Span = tuple[int, int]  # rows [first, last)


@dataclass(frozen=True)
class CellOptions:
    """The choices a cell has beyond its sizes."""

    activation: str = "tanh"
    reset_after: bool = True


class Shape(NamedTuple):
    """Sizes of one layer's work."""

    T: int
    B: int
    m: int
    n: int


class OuterSum(NamedTuple):
    """The sum over t and b of delta_t z_t^T, for some rows of the deltas and some of the memory's blocks."""

    deltas: slice  # counted from the first row that any sum reads
    blocks: slice
    total: Array
    share: Array  # of the steps added last


class Tape:
    """The unrolled record of one layer, in buffers made once per run: forward writes it, everything else reads it.

    A tape may be recorded over: arrays handed out are views until the next `forward`. Backward goes through it some
    steps at once, from their local derivatives to the sums: few enough to stay in the cache, many enough for few calls.
    """

    def __init__(
        self, shape: Shape, dtype: np.dtype[Any], options: CellOptions, kept: dict[str, int], local: dict[str, int],
        sums: dict[str, tuple[Span, Span]], weights: dict[str, tuple[int, ...]] | None = None, head: int = 0,
    ) -> None:  # fmt: skip
        """Make the buffers: `kept` for every step, `local` for some steps at once; numbers count rows of n.

        Among the kept are the "deltas", whose entry t belongs to step t. `sums` names for each sum over time its rows
        of n of the deltas, and its rows of the memory. `weights` are the shapes of matrices that a cell keeps here as
        its products like them. `head` rows of the memory lie above the blocks z_t.
        """
        T, B, m, n = shape
        self.shape, self.dtype, self.options, self.half = shape, dtype, options, np.array(0.5, dtype)
        per_step = (sum(kept.values()) + sum(local.values()) + 2) * n * B
        self.at_once = _at_once(T, per_step, (m + 1 + n) * B)
        weights = weights or {}
        shapes: dict[str, tuple[int, ...]] = {"memory": (T + 1, head + m + 1 + n, B), "adjoints": (T + 1, n, B)}
        shapes |= {name: (T + 1, rows * n, B) for name, rows in kept.items()}
        shapes |= {name: (self.at_once, rows * n, B) for name, rows in local.items()}
        self.room = in_one_piece(shapes | weights | self._shapes_of_sums(sums, head), dtype)
        self.memory, self.adjoints = self.room["memory"], self.room["adjoints"]  # the latter dL/dh_t
        self.blocks = self.memory[:, head:]  # z_t = [x_{t+1}; 1; h_t]
        self.blocks[:, m] = 1.0
        self.inputs = self.blocks[:T, :m]  # (T, m, B)
        self.hidden = self.blocks[:, m + 1 :]  # (T+1, n, B)
        self.state_parts = [self.hidden]  # h, and c where the cell has one: s = [h] or [h | c]
        self.adjoint_parts = [self.adjoints]  # dL/dh_t, and dL/dc_t where the cell has a c
        self.buffers = {name: self.room[name] for name in (*kept, *local)}
        self.weights = {name: self.room[name] for name in weights}
        self.rows: dict[str, list[Any]] = {name: list(a) for name, a in self.buffers.items()}
        self.rows |= {"blocks": list(self.blocks), "hidden": list(self.hidden), "adjoints": list(self.adjoints)}
        self._make_sums(sums)
        self._views: dict[Any, Any] = {}

    def _shapes_of_sums(self, sums: dict[str, tuple[Span, Span]], head: int) -> dict[str, tuple[int, ...]]:
        _, B, m, n = self.shape
        first, last = min(rows[0] for rows, _ in sums.values()), max(rows[1] for rows, _ in sums.values())
        self.summed = slice(first * n, last * n)  # rows of the deltas that any sum reads
        shapes: dict[str, tuple[int, ...]] = {"beside": ((last - first) * n * self.at_once * B,)}
        shapes["below"] = (self.at_once * B * (head + m + 1 + n),)
        for name, ((r0, r1), (k0, k1)) in sums.items():
            shapes |= {f"{part} of {name}": ((r1 - r0) * n, k1 - k0) for part in ("total", "share")}
        return shapes

    def _make_sums(self, sums: dict[str, tuple[Span, Span]]) -> None:
        n, first, room = self.shape.n, self.summed.start, self.room
        self.sums: dict[str, OuterSum] = {}
        for name, ((r0, r1), blocks) in sums.items():
            rows = slice(r0 * n - first, r1 * n - first)
            self.sums[name] = OuterSum(rows, slice(*blocks), room[f"total of {name}"], room[f"share of {name}"])

    def name_views(self, buffer: str, views: dict[str, Span], *, apart: bool = False) -> None:
        """Add to `rows` lists of views of a buffer's rows of n by time, (rows n, B), or (rows, n, B) when `apart`.

        They are made here because slicing in the time loop costs more than many of its products.
        """
        for name, (first, last) in views.items():
            part = self.part(buffer, first, last)
            shape = (last - first, self.shape.n, self.shape.B)
            self.rows[name] = [a.reshape(shape) for a in part] if apart else list(part)

    def part(self, name: str, first: int, last: int) -> Array:
        """Return rows first n .. last n of a buffer, (steps, (last - first) n, B)."""
        n = self.shape.n
        return self.buffers[name][:, first * n : last * n]

    def chunks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield (before, end) backwards through the steps start+1 .. stop, `at_once` of them at a time."""
        for end in range(stop, start, -self.at_once):
            yield max(start, end - self.at_once), end

    def chunks_forward(self, T: int) -> Iterator[tuple[int, int]]:
        """Yield the same (before, end) of the steps 1 .. T in the order of time."""
        yield from reversed(list(self.chunks(0, T)))

    def start_back(self, last: Array | None, stop: int) -> None:
        """Begin a pass back from h_stop, of which the loss says `last` at once: no step is in the sums yet."""
        self.adjoints[stop] = 0.0 if last is None else last
        for one in self.sums.values():
            one.total[...] = 0.0

    def add_up(self, before: int, end: int) -> None:
        """Add the steps before+1 .. end to the sums.

        Deltas are laid out with time and batch side by side, blocks below each other: so BLAS need copy neither.
        """
        copies, shares = self.views_of(("sums", before, end), lambda: self._laid_out(before, end))
        for out, there in copies:
            np.copyto(out, there)
        for deltas_times, blocks, one in shares:
            deltas_times(blocks, one.share)
            np.add(one.total, one.share, one.total)

    def _laid_out(self, before: int, end: int) -> tuple[list[Any], list[Any]]:
        """Return what `add_up` copies from where to where, and what it multiplies then."""
        steps, B = end - before, self.shape.B
        deltas, blocks = self.buffers["deltas"][before + 1 : end + 1, self.summed], self.memory[before:end]
        beside, below = self.room["beside"][: deltas.size], self.room["below"][: blocks.size]
        copies = [_by_rows(beside.reshape(-1, steps, B), deltas.transpose(1, 0, 2)),
                  (below.reshape(steps, B, -1), blocks.transpose(0, 2, 1))]  # fmt: skip
        beside, below = beside.reshape(-1, steps * B), below.reshape(steps * B, -1)
        shares = [(product(beside[one.deltas], one.share.shape[1]), below[:, one.blocks], one)
                  for one in self.sums.values()]  # fmt: skip
        return copies, shares

    def views_of(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` makes of the buffers, made once for each key: slicing takes as long as some products."""
        if key not in self._views:
            self._views[key] = make()
        return self._views[key]

    def sum_over(self, start: int, stop: int) -> None:
        """Make the sums anew, over the steps start+1 .. stop of the last pass back."""
        for one in self.sums.values():
            one.total[...] = 0.0
        for before, end in self.chunks(start, stop):
            self.add_up(before, end)

    def of_sample(self, b: int) -> Tape:
        """Return sample b's part of the record, as views: what `sum_over` reads of a batch of one."""
        one = copy(self)
        one._views = {}
        one.shape = self.shape._replace(B=1)
        for name in ("memory", "blocks", "inputs", "hidden", "adjoints"):
            setattr(one, name, getattr(self, name)[..., b : b + 1])
        one.buffers = {name: buffer[..., b : b + 1] for name, buffer in self.buffers.items()}
        return one

    def states(self) -> Array:
        """Return s_0 .. s_T as one array, (T+1, S, B)."""
        return np.concatenate(self.state_parts, axis=1)


def _at_once(T: int, numbers: int, summed: int) -> int:
    """Return how many steps to take at once, of so many numbers each, and so many that the sums read.

    Chunks of T are about equally long, fit into the cache, and are not longer than `product` likes to sum over.
    """
    most = min(CACHED_NUMBERS // numbers, SMALL // (ROWS * summed))
    return -(-T // -(-T // max(1, most)))


def _by_rows(out: Array, there: Array) -> tuple[Array, Array]:
    """Return both with the numbers of a last axis that lies in one piece as one item: copied in half the time."""
    if there.strides[-1] != there.itemsize:
        return out, there
    row = np.dtype((np.void, there.shape[-1] * there.itemsize))
    return out.view(row), there.view(row)
