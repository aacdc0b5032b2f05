"""What belongs to a locked period and came after its lock: shown where it is booked, with both dates (R-4.1.9)."""

from dataclasses import dataclass

from central.domain.periods import Period


@dataclass(frozen=True, slots=True)
class LateLine:
    """One late booking as a page shows it."""

    account: str
    what: str
    amount: str
    at: str
    booked: str
    belongs_to: str


def late_lines(period: Period, building: str) -> list[LateLine]:
    """Give what came late to a building's period."""
    return []
