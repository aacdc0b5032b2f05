"""From a few tries of one question to what is there. One try proves nothing: replies are lost, and noise looks like a collision.

answers of one address, two more than damaged ones   one meter
answers of two addresses, or three damaged answers   several
silence, as often as the caller wants                nobody
what contradicts itself                              is asked again, up to MOST_TRIES times
"""

from dataclasses import dataclass
from enum import StrEnum

SILENT, DAMAGED, REFUSED, ECHO = "silent", "damaged", "refused", "echo"
"""A try's outcome in a history; every other entry is the address that answered."""
GOOD_FOR_ONE = 2
DAMAGED_FOR_SEVERAL = 2
MOST_DAMAGED = 5
"""Where a line has shown that it is noisy, several meters must be heard so often: noise would open a hundred places each time."""
SHARED_DAMAGED, SHARED_DAMAGED_SILENT = 4, 6
"""How often an address must be damaged to be several meters': without a silence between, and with one."""
SILENT_FOR_NOBODY = 3
"""For an address that was heard before."""
MOST_TRIES = 8


class Place(StrEnum):
    """What stands at an address or an abbreviation; one letter, as kept in a row."""

    UNASKED = "."
    NOBODY = "S"
    ONE = "O"
    SEVERAL = "X"


@dataclass(frozen=True, slots=True)
class Care:
    """How sure the caller wants to be."""

    silent_tries: int
    good_tries: int = GOOD_FOR_ONE
    noise: int = 0
    """How many places contradicted themselves so far."""

    @property
    def damaged_tries(self) -> int:
        """How many damaged answers are several meters."""
        return min(DAMAGED_FOR_SEVERAL + self.noise.bit_length(), MOST_DAMAGED)


def settle(history: list[str], care: Care) -> Place | None:
    """Say what is at a place by all tries so far; None: ask again."""
    answered = [entry for entry in history if entry not in (SILENT, DAMAGED)]
    damaged, silent = history.count(DAMAGED), history.count(SILENT)
    enough_damage = care.damaged_tries + (damaged < len(history))
    if len(set(answered)) > 1 or damaged >= enough_damage:
        return Place.SEVERAL
    if len(answered) - damaged >= (GOOD_FOR_ONE if damaged or silent else care.good_tries):
        return Place.ONE
    # Several meters are never silent together, so silence says more than damage does.
    if not answered and silent >= care.silent_tries + bool(damaged):
        return Place.NOBODY
    if len(history) < MOST_TRIES:
        return None
    if not answered:
        return Place.NOBODY
    return Place.ONE if len(answered) > damaged else Place.SEVERAL


class Claim(StrEnum):
    """What became of an address that was heard somewhere."""

    PROVED = "proved"
    SHARED = "shared"
    """Several meters answer to it."""
    OTHER_EDITION = "other-edition"
    UNPROVED = "unproved"


def contradicts_itself(history: list[str]) -> bool:
    """Tell whether noise was heard: damage once, and once something else, at one place."""
    return DAMAGED in history and len(set(history)) > 1


def judge(history: list[str], address: str) -> Claim | None:
    """Say whether exact reads prove an address; None: read again. False addresses, from noise, never answer."""
    good, damaged, silent = history.count(address), history.count(DAMAGED), history.count(SILENT)
    if good >= GOOD_FOR_ONE:
        return Claim.PROVED
    if damaged >= (SHARED_DAMAGED_SILENT if silent else SHARED_DAMAGED):
        return Claim.SHARED
    if history.count(REFUSED) >= GOOD_FOR_ONE:
        return Claim.OTHER_EDITION
    if (silent >= SILENT_FOR_NOBODY and not good) or len(history) >= MOST_TRIES:
        return Claim.UNPROVED
    return None
