"""Bytes as groups of five letters that a person can read out and type, each group checked by its last letter. Knows no secret.

Four letters of every group are data, the fifth checks them and their place, so that a slip is named by its group.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U. What is typed for them, in either case, is understood."""
GROUP_DATA = 4
MOST_TYPED = 1_000
_MISREAD = str.maketrans("OIL", "011")
_BETWEEN_GROUPS = str.maketrans("", "", " -_.,\t\r\n　－")
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class NoGroups:
    """What was typed is none: `mistyped` are the groups that don't check, counted from 1; empty: it is something else."""

    mistyped: tuple[int, ...] = ()


def plain(text: str) -> str:
    """Give the letters alone, as they were meant."""
    return text.translate(_BETWEEN_GROUPS).upper().translate(_MISREAD)


def is_of_letters(text: str) -> bool:
    """Say whether there is nothing but letters of the alphabet in it."""
    return all(letter in VALUES for letter in plain(text))


def grouped(raw: bytes) -> str:
    """Give bytes, a multiple of five, as `XXXXX-XXXXX-...`."""
    number = int.from_bytes(raw, "big")
    letters = len(raw) * 8 // 5
    values = [number >> 5 * (letters - 1 - place) & 31 for place in range(letters)]
    groups = [values[first : first + GROUP_DATA] for first in range(0, letters, GROUP_DATA)]
    return "-".join(
        "".join(ALPHABET[value] for value in [*group, _check(group, place)])
        for place, group in enumerate(groups)
    )


def ungrouped(text: str) -> bytes | NoGroups:
    """Read groups as they were typed. Anything may be typed; what is none is named, never raised."""
    typed = plain(text[:MOST_TYPED])
    if not typed or any(letter not in VALUES for letter in typed):
        return NoGroups()
    values = [VALUES[letter] for letter in typed]
    groups = [values[first : first + GROUP_DATA + 1] for first in range(0, len(values), GROUP_DATA + 1)]
    bits = len(groups) * GROUP_DATA * 5
    if len(groups[-1]) <= GROUP_DATA or bits % 8:
        return NoGroups()
    wrong = tuple(place + 1 for place, group in enumerate(groups) if _check(group[:-1], place) != group[-1])
    if wrong:
        return NoGroups(wrong)
    number = 0
    for value in (value for group in groups for value in group[:-1]):
        number = number << 5 | value
    return number.to_bytes(bits // 8, "big")


def check_sum(values: Iterable[int], begun: int = 0) -> int:
    """Give the sum over GF(32) of numbers from 0 to 31: every wrong one and every two swapped neighbours change it."""
    check = begun
    for value in values:
        check = _times_alpha(check) ^ value
    return _times_alpha(check)


def _check(group: list[int], place: int) -> int:
    """The sum begins with the group's place: swapped groups change it, too."""
    return check_sum(group, place + 1 & 31)


def _times_alpha(value: int) -> int:
    """Multiply in GF(32), by x^5 + x^2 + 1."""
    return (value << 1) ^ (0b100101 if value & 16 else 0)
