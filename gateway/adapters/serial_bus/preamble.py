"""Whether a meter hears a request without the bytes that wake it (DL/T 645: four FE before each frame, clause 5.3.1). Pure.

Four bytes of twenty are a tenth of a read on the wire, and few meters need them. Each is found out by asking: after some good
answers one poll goes without. The habit is kept in memory, by address on its line: a restart costs a meter one try, where the
registry is the electrician's word, would be rewritten for each meter, and would outlive the meter behind the address.

    untried --an answer without--> hears --silence without, an answer with, twice running--> needed
       '------silence without, an answer with it------------------------------------------------^   for good
"""

from dataclasses import dataclass
from enum import Enum

TRIED_AFTER_ANSWERS = 3
"""Good answers before the first try without: a meter just found has enough to prove."""
STRIKES = 2
"""A meter that has heard bare requests may miss one by noise; twice running is no noise."""


class Hearing(Enum):
    """What is known of a meter."""

    UNTRIED = "untried"
    HEARS = "hears"
    NEEDED = "needed"


@dataclass(slots=True)
class PreambleHabit:
    """One meter's habit."""

    hearing: Hearing = Hearing.UNTRIED
    answers: int = 0
    strikes: int = 0
    missed: bool = False
    """The last try was without and brought nothing; the next one, with it, tells why."""

    @property
    def is_left_out(self) -> bool:
        """Say whether the first try of a read goes without. Retries and relay commands never do."""
        if self.missed:
            return False
        untried = self.hearing is Hearing.UNTRIED and self.answers >= TRIED_AFTER_ANSWERS
        return untried or self.hearing is Hearing.HEARS

    def note_without(self, *, answered: bool, silent: bool) -> None:
        """Note a try without. Damaged bytes prove nothing: somebody did hear it."""
        if answered:
            self.hearing, self.strikes = Hearing.HEARS, 0
        self.missed = silent and not answered

    def note_with(self, *, answered: bool) -> None:
        """Note a try with it. A meter that is silent either way has another reason."""
        missed, self.missed = self.missed, False
        if not answered:
            return
        self.answers += 1
        if missed:
            self.strikes += 1
            if self.hearing is Hearing.UNTRIED or self.strikes >= STRIKES:
                self.hearing = Hearing.NEEDED
