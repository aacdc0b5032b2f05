"""Which papers are printed for a payment, on what, and when one is an original. Pure."""

from dataclasses import dataclass
from enum import StrEnum

MOST_OFFSET = 200
"""Tenths of a millimetre: a printer that is out by more than two centimetres is fed wrongly."""
CROSS_AT = 500
"""Where the calibration sheet's cross stands from the left and the upper edge, in tenths of a millimetre."""


class PrintedPaper(StrEnum):
    """What is printed for a payment."""

    RECEIPT = "receipt"
    """Three parts (R-4.1.2)."""
    SLIP = "slip"
    """The charge slip in two copies (R-4.2.2)."""


class PrintLayout(StrEnum):
    """On what it is printed; a setting of each workstation."""

    A4 = "a4"
    """All parts one under another, to be cut."""
    PLIES = "plies"
    """Continuous stock 241 x 140 mm whose carbon plies bear the parts' names: one page."""
    PARTS = "parts"
    """Continuous stock 241 x 140 mm, one page for each part."""


@dataclass(frozen=True, slots=True)
class Workstation:
    """How one desk's printer prints: layout, and how far all is moved to the right and down, in tenths of a millimetre."""

    layout: PrintLayout = PrintLayout.A4
    right: int = 0
    down: int = 0

    def as_text(self) -> str:
        """Write it for a cookie."""
        return f"{self.layout}:{self.right}:{self.down}"

    def measured(self, from_left: int, from_top: int) -> "Workstation":
        """Correct by where the calibration sheet's cross was found, in tenths of a millimetre from the paper's edges."""
        return Workstation(self.layout, self.right + CROSS_AT - from_left, self.down + CROSS_AT - from_top)

    @property
    def is_possible(self) -> bool:
        """Say whether the offsets are those of a printer that is fed rightly."""
        return max(abs(self.right), abs(self.down)) <= MOST_OFFSET


def read_workstation(text: str) -> Workstation:
    """Read what `as_text` wrote; anything else is a workstation that nobody has set up: A4, no offset."""
    layout, _, offsets = text.partition(":")
    right, _, down = offsets.partition(":")
    try:
        read = Workstation(PrintLayout(layout), int(right), int(down))
    except ValueError:
        return Workstation()
    return read if read.is_possible else Workstation()
