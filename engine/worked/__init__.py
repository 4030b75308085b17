"""Seed 003's gradient worked by hand: every term of it for a network small enough to read."""

from engine.worked.example import appendix, worked_example
from engine.worked.records import Derivation, Factor, Part, Step, Term, WorkedExample

__all__ = ["Derivation", "Factor", "Part", "Step", "Term", "WorkedExample", "appendix", "worked_example"]
