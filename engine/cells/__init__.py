"""The cells by name; see `engine.cells.base` for what a cell is."""

from engine.cells.base import Cell, DirectAdjoints, Factors, Params
from engine.cells.gru_after import GRU_AFTER
from engine.cells.gru_before import GRU_BEFORE
from engine.cells.lstm import LSTM
from engine.cells.rnn import RNN
from engine.cells.tape import CellOptions, Shape, Tape

CELLS: dict[str, Cell] = {cell.name: cell for cell in (RNN, LSTM, GRU_AFTER)}


def cell_for(name: str, options: CellOptions) -> Cell:
    """Return the cell of that name; the GRU is one of two, by where its reset gate stands."""
    return GRU_BEFORE if name == "gru" and not options.reset_after else CELLS[name]


__all__ = ["CELLS", "Cell", "CellOptions", "DirectAdjoints", "Factors", "Params", "Shape", "Tape", "cell_for"]
