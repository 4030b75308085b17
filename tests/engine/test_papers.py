"""The table of published results: a miss is printed as a miss, and the page belongs to the rows of the code."""

from __future__ import annotations

from bench import papers
from bench.papers import Row


def test_a_miss_is_printed_as_a_miss():
    row = Row("a paper", "what it says", "where", "what we run", "the band", lambda: ("what came out", False))
    assert (
        papers.line(row) == "| a paper | what it says | where | what we run | the band | what came out | **miss** |\n"
    )
    assert papers.line(row._replace(measure=lambda: ("fine", True))).endswith("| fine | pass |\n")


def test_the_shortest_row_is_measured_and_passes():
    measured, passed = papers.scalar_linear()
    assert passed
    assert float(measured.rpartition(" ")[2]) < 0.01


def test_the_page_has_a_line_for_each_row():
    """Written by `make papers`; a row whose set-up or band changes must be measured again."""
    page = papers.PAGE.read_text()
    assert page.startswith(papers.HEAD)
    lines = page[len(papers.HEAD) :].splitlines()
    assert len(lines) == len(papers.ROWS)
    for line, row in zip(lines, papers.ROWS, strict=True):
        assert line.startswith(f"| {row.paper} | {row.published} | {row.read} | {row.ours} | {row.band} | ")
        assert line.endswith(("| pass |", "| **miss** |"))
