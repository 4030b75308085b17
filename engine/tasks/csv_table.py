"""Reads a table of numbers from text; a bad cell is named by its row and column."""

from __future__ import annotations

import csv
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError

DELIMITERS = ",;\t"
MOST_COLUMNS = 200
SHOWN_PROBLEMS = 10


class Table(NamedTuple):
    """Cells as text, equally many in each row, with the line of the text that each row came from."""

    names: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, field: str, wanted: str) -> int:
        """Return the number from 0 of a column given by name, or by its number from 1. Raises `SpecError`."""
        wanted = wanted.strip()
        if wanted in self.names:
            return self.names.index(wanted)
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(self.names):
            return int(wanted) - 1
        known = f"no such column; there are {', '.join(self.names[:20])} (or numbers 1 to {len(self.names)})"
        raise SpecError([Problem(field, wanted, known)])

    def numbers(self, columns: Collection[int]) -> Array:
        """Return (rows, columns) with the given columns filled in. Raises `SpecError` naming bad cells."""
        values = np.zeros((len(self.rows), len(self.names)))
        problems = []
        for r, row in enumerate(self.rows):
            for c in columns:
                number = _number(row[c])
                if number is None:
                    where = f"row {self.lines[r]}, column {self.names[c]}: must be a finite number"
                    problems.append(Problem("text", row[c], where))
                else:
                    values[r, c] = number
            if len(problems) >= SHOWN_PROBLEMS:
                break
        if problems:
            raise SpecError(problems[:SHOWN_PROBLEMS])
        return values


def read_table(text: str) -> Table:
    """Return the table of a text: blank lines are skipped, a first row that is not all numbers gives the names.

    Raises `SpecError` for an empty table, too many columns, and rows that are not equally long.
    """
    lines, rows = _cells(text)
    if not rows:
        raise SpecError([Problem("text", text, "must hold a row of numbers")])
    width = len(rows[0])
    if width > MOST_COLUMNS:
        raise SpecError([Problem("text", width, f"must have at most {MOST_COLUMNS} columns")])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise SpecError([Problem("text", ",".join(row), f"row {line} has {len(row)} cells, not {width}")])
    if all(_number(cell) is not None for cell in rows[0]):
        return Table([str(c + 1) for c in range(width)], rows, lines)
    return Table(rows[0], rows[1:], lines[1:])


def _cells(text: str) -> tuple[list[int], list[list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(text.splitlines(), delimiter=max(DELIMITERS, key=first.count))
    lines, rows = [], []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                lines.append(reader.line_num)
                rows.append(cells)
    except csv.Error as error:
        raise SpecError([Problem("text", text, f"row {reader.line_num}: {error}")]) from None
    return lines, rows


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if np.isfinite(number) and abs(number) < 1e100 else None
