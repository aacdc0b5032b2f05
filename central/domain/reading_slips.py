"""How a wrong reading came about: which slip of hand or eye turns the figure that was expected into the one that was written.

Every slip that explains it is given, none is preferred: where two explain the same, a person must look (R-B4). Pure; a figure is
compared in the display's own hundredths of a kWh.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from central.domain.hand_reading import DISPLAY_STEP_WH, ROLLOVERS_WH


class Slip(StrEnum):
    """What went wrong between the display and the sheet."""

    TRANSPOSED = "transposed"
    """Two digits changed places."""
    MISTYPED = "mistyped"
    """One digit is another one."""
    LEFT_OUT = "left-out"
    """One digit is missing."""
    TYPED_TWICE = "typed-twice"
    """One digit too many."""
    POINT = "point"
    """The decimal point stands elsewhere."""
    ROLLED_OVER = "rolled-over"
    EXCHANGED = "exchanged"
    """It is the other meter's figure; and that one's is this one's, where both were read."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One slip that explains a figure: what it would have been, where (digits counted from the left), or with which meter."""

    slip: Slip
    meant_wh: int
    places: tuple[int, ...] = ()
    meter: str = ""


_TENS: Final = (10, 100, 1000)


def explanations(written_wh: int, expected_wh: int, tolerance_wh: int) -> list[Explanation]:
    """Give every single slip after which the written figure lies within the tolerance of the expected one.

    The nearest at each place, the nearest first; none for a figure that agrees already.
    """
    if abs(written_wh - expected_wh) <= tolerance_wh:
        return []
    digits, wanted = str(written_wh // DISPLAY_STEP_WH), str(expected_wh // DISPLAY_STEP_WH)
    found: dict[tuple[Slip, tuple[int, ...]], Explanation] = {}
    for one in (*_of_digits(digits, wanted), *_of_whole(written_wh)):
        known = found.get((one.slip, one.places))
        if off(one, expected_wh) <= tolerance_wh and (
            known is None or off(one, expected_wh) < off(known, expected_wh)
        ):
            found[one.slip, one.places] = one
    return sorted(found.values(), key=lambda one: (off(one, expected_wh), one.slip))


def off(one: Explanation, expected_wh: int) -> int:
    """Say how far what was meant lies from what was expected."""
    return abs(one.meant_wh - expected_wh)


def _of_digits(digits: str, wanted: str) -> Iterator[Explanation]:
    """Leading zeros are seen on a display and typed or not: a digit that is wrong may stand among them."""
    wide = digits.zfill(len(wanted))
    for place, digit in enumerate(wide):
        for other in range(place + 1, len(wide)):
            if wide[other] != digit:
                swapped = wide[:place] + wide[other] + wide[place + 1 : other] + digit
                yield _meant(Slip.TRANSPOSED, swapped + wide[other + 1 :], place + 1, other + 1)
        for right in "0123456789".replace(digit, ""):
            yield _meant(Slip.MISTYPED, wide[:place] + right + wide[place + 1 :], place + 1)
    if len(digits) > len(wanted):
        for place in range(len(digits)):
            yield _meant(Slip.TYPED_TWICE, digits[:place] + digits[place + 1 :], place + 1)
    if len(digits) < len(wanted):
        for place in range(len(digits) + 1):
            for missing in "0123456789":
                yield _meant(Slip.LEFT_OUT, digits[:place] + missing + digits[place:], place + 1)


def _meant(slip: Slip, digits: str, *places: int) -> Explanation:
    return Explanation(slip, int(digits or "0") * DISPLAY_STEP_WH, places)


def _of_whole(written_wh: int) -> Iterator[Explanation]:
    for ten in _TENS:
        yield Explanation(Slip.POINT, written_wh * ten)
        yield Explanation(Slip.POINT, written_wh // ten)
    for end_wh in ROLLOVERS_WH:
        yield Explanation(Slip.ROLLED_OVER, written_wh + end_wh)


@dataclass(frozen=True, slots=True)
class Pair:
    """A meter's written figure and the one that was expected; None where one is missing."""

    written_wh: int | None
    expected_wh: int | None


def exchanged_with(meter: str, pairs: Mapping[str, Pair], tolerance_wh: int) -> list[Explanation]:
    """Give the meters whose expected figure was written for this one, while theirs is this one's or was not written at all."""
    mine = pairs[meter]
    if mine.written_wh is None or mine.expected_wh is None:
        return []
    found = []
    for other, theirs in pairs.items():
        if other == meter or theirs.expected_wh is None:
            continue
        is_theirs = abs(mine.written_wh - theirs.expected_wh) <= tolerance_wh
        is_mine = theirs.written_wh is None or abs(theirs.written_wh - mine.expected_wh) <= tolerance_wh
        if is_theirs and is_mine:
            found.append(Explanation(Slip.EXCHANGED, mine.expected_wh, (), other))
    return found
