"""Cells of a list's form: what was typed, and what is wrong with it. A typed text is never lost."""

from collections.abc import Mapping
from dataclasses import dataclass

from central.office.words import Words

LONGEST_TYPED = 200


@dataclass(slots=True)
class Cell:
    """One field of a table of fields."""

    name: str
    value: str
    error: Words = ""


def cell(typed: Mapping[str, str] | None, name: str, stored: str = "") -> Cell:
    """Give a cell with what was typed, or with what is stored while nothing was sent."""
    return Cell(name, stored if typed is None else typed.get(name, "").strip()[:LONGEST_TYPED])
