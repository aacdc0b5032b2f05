"""From what a bar code reader types to the meter that has this number on its case. Pure.

A reader types the code and Enter. State Grid's bar codes hold 22 digits with the 12-digit number inside; makers print letters
and dashes around it. Leading zeros are no difference on the wire. What fits more than one meter is said, never guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_DIGITS_OF_PART = 4
"""Shorter, a number typed by hand would fit half the building."""
FEWEST_DIGITS_INSIDE = 8
"""A short number stands in many longer codes by chance."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a meter may be called by: its number here, its own number, its address on the line."""

    number: str
    identity: str
    address: str


def meters_with(scanned: str, meters: Iterable[Numbers]) -> list[str]:
    """Give the numbers of the meters that fit: an equal one alone, else those inside the code, else those that end with it."""
    code = tidy(scanned)
    if not code:
        return []
    meters = list(meters)
    for fits in (_is_equal, _is_inside, _ends_with):
        if found := [meter.number for meter in meters if any(fits(code, name) for name in _names(meter))]:
            return found
    return []


def tidy(scanned: str) -> str:
    """Give the letters and digits of a code in capitals."""
    return re.sub(r"[^0-9A-Z]", "", scanned.upper())


def _names(meter: Numbers) -> list[str]:
    return [name for name in (tidy(meter.number), tidy(meter.identity), tidy(meter.address)) if name]


def _is_equal(code: str, name: str) -> bool:
    return code.lstrip("0") == name.lstrip("0")


def _is_inside(code: str, name: str) -> bool:
    return any(len(form) >= FEWEST_DIGITS_INSIDE and form in code for form in (name, name.lstrip("0")))


def _ends_with(code: str, name: str) -> bool:
    return len(code) >= FEWEST_DIGITS_OF_PART and name.endswith(code)
