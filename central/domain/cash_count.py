"""Counting a drawer: pieces by denomination, and the count against what the books expect. Pure.

One equation ties it: counted = float + taken - paid out + difference; what is not left in the drawer is moved to the safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DENOMINATIONS_FEN = (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 1)
"""Notes and coins in use, the largest first. The last one takes any number of fen: coins below a jiao."""
PIECES_AT_MOST = 1_000_000
"""No drawer holds more pieces of one kind: a typing mistake."""


class NotACount(ValueError):
    """The pieces are no count: an unknown denomination, or a number below zero or beyond reason."""


def total_of(pieces: Mapping[int, int]) -> int:
    """Give the fen of pieces by denomination (fen: number). Raises NotACount."""
    for denomination, number in pieces.items():
        if denomination not in DENOMINATIONS_FEN or not 0 <= number <= PIECES_AT_MOST:
            raise NotACount(f"{number} pieces of {denomination} fen are no count")
    return sum(denomination * number for denomination, number in pieces.items())


@dataclass(frozen=True, slots=True)
class DrawerTie:
    """A drawer at the end of a shift, in fen: what was put in, taken and paid out, and what was counted and stays."""

    float_fen: int
    taken_fen: int
    paid_out_fen: int
    counted_fen: int
    left_fen: int = 0

    @property
    def expected_fen(self) -> int:
        """What the books say lies in the drawer."""
        return self.float_fen + self.taken_fen - self.paid_out_fen

    @property
    def difference_fen(self) -> int:
        """Above zero: more is there than the books say."""
        return self.counted_fen - self.expected_fen

    @property
    def moved_fen(self) -> int:
        """What goes to the safe, to be handed in."""
        return self.counted_fen - self.left_fen


def waits_for_approval(difference_fen: int, limit_fen: int) -> bool:
    """Say whether a difference is more than the desk may book by itself: above the limit, over or short."""
    return abs(difference_fen) > limit_fen
