"""The cells by name; see `engine.cells.base` for what a cell is."""

from engine.cells.base import Cell, CellOptions, DirectAdjoints, Factors, Params, Shape, Tape
from engine.cells.gru import GRU
from engine.cells.lstm import LSTM
from engine.cells.rnn import RNN

CELLS: dict[str, Cell] = {cell.name: cell for cell in (RNN, LSTM, GRU)}

__all__ = ["CELLS", "Cell", "CellOptions", "DirectAdjoints", "Factors", "Params", "Shape", "Tape"]
