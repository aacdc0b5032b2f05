"""What an electrician reads from a display (R-4.3.7): the figure as it stands there, and whether it can be right.

A doubt never refuses a reading: it is asked about, and confirmed with words. What is no figure at all is refused by name. The same
rules run on the phone (`central/static/readings.js`) from the bounds that the page gives it. Pure; energies are whole watt-hours.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.contract.quantities import wh_from_kwh

DISPLAY_STEP_WH: Final = 10
"""A display shows hundredths of a kWh: what it counted since the last step is not seen."""
MOST_DIGITS: Final = 8
"""Before the point. No display of a house meter has more."""
ROLLOVERS_WH: Final = (100_000_000, 1_000_000_000)
"""Displays of five and of six digits before the point begin anew here."""
_FIGURE: Final = re.compile(r"\d+(\.\d*)?")
_SEPARATORS: Final = re.compile(r"[\s,'_]")


class DisplayFault(StrEnum):
    """Why what was typed is no figure of a display."""

    EMPTY = "empty"
    SEPARATORS = "separators"
    """Blanks or commas: nobody can say whether a comma is a point."""
    NOT_A_FIGURE = "not-a-figure"
    TOO_FINE = "too-fine"
    TOO_LONG = "too-long"


def read_display(text: str) -> int | DisplayFault:
    """Read `12345.67` as watt-hours, typed as it stands on the display; leading zeros and full-width digits are as good."""
    figure = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    if not figure:
        return DisplayFault.EMPTY
    if _SEPARATORS.search(figure):
        return DisplayFault.SEPARATORS
    if not figure.isascii() or not _FIGURE.fullmatch(figure):
        return DisplayFault.NOT_A_FIGURE
    whole, _point, part = figure.partition(".")
    if len(part) > 2:
        return DisplayFault.TOO_FINE
    if len(whole.lstrip("0")) > MOST_DIGITS:
        return DisplayFault.TOO_LONG
    return wh_from_kwh(f"{whole}.{part or 0}")


class Unreadable(StrEnum):
    """Why a meter was not read, said on the spot."""

    DARK = "dark"
    DAMAGED = "damaged"
    LOCKED = "locked"
    """Nobody opened the room or the cabinet."""
    NOT_FOUND = "not-found"
    OTHER_METER = "other-meter"
    """Another number stands on the meter: a matter of its own."""


class Doubt(StrEnum):
    """What about a reading is asked."""

    BELOW_LAST = "below-last"
    ABOVE_USUAL = "above-usual"
    UNMOVED = "unmoved"
    """Nothing used, where something usually is."""
    ROLLED_OVER = "rolled-over"
    """Below the last one, and right if the display began anew meanwhile."""
    EARLIER = "earlier"
    """Read before the last reading was taken."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How much is usually used in as long a time."""

    least_wh: int
    most_wh: int


SLACK_WH: Final = 20_000
"""So much more than ever before is nothing to ask about: a guest, a heater for an evening."""


def usual_use(daily_wh: Sequence[int], days: int) -> Usual | None:
    """Give the usual range for a number of days from daily uses of earlier spans; None without any.

    Twice the largest and half the smallest: a heating month beside a holiday month is usual.
    """
    if not daily_wh:
        return None
    return Usual(min(daily_wh) * days // 2, max(daily_wh) * days * 2 + SLACK_WH)


def use_since(last_wh: int, this_wh: int, usual: Usual | None) -> tuple[int, bool]:
    """Give the use since the last reading, and whether the display began anew: only where the use is a usual one then."""
    if this_wh >= last_wh or usual is None:
        return this_wh - last_wh, False
    for end_wh in ROLLOVERS_WH:
        rolled = this_wh + end_wh - last_wh
        if last_wh < end_wh and rolled <= usual.most_wh:
            return rolled, True
    return this_wh - last_wh, False


def doubts(
    this_wh: int, at_ms: int, last_wh: int | None, last_ms: int | None, usual: Usual | None
) -> list[Doubt]:
    """Say what about a reading is to be asked; none where there is nothing to compare it with."""
    if last_wh is None:
        return []
    found = [Doubt.EARLIER] if last_ms is not None and at_ms < last_ms else []
    use_wh, is_rolled = use_since(last_wh, this_wh, usual)
    if is_rolled:
        found.append(Doubt.ROLLED_OVER)
    elif use_wh < 0:
        found.append(Doubt.BELOW_LAST)
    elif usual is not None and use_wh > usual.most_wh:
        found.append(Doubt.ABOVE_USUAL)
    elif usual is not None and use_wh == 0 and usual.least_wh > SLACK_WH:
        found.append(Doubt.UNMOVED)
    return found
