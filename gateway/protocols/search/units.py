"""Modbus has no wildcard: every unit number is asked, 1 to 247, by two functions, for no register is in every meter.

A meter that lacks what it is asked for says so (an exception), which proves it as well as an answer does. Each number that was
heard is proved by two exact reads.
"""

from dataclasses import dataclass, field

from gateway.protocols.search.claims import ClaimedSearch, Claims
from gateway.protocols.search.questions import Ask, Done, Heard, Question

LAST_UNIT = 247
QUICK_WINDOW_MS = 200
"""The specification's second (clause 2.4.1) is for slow bridges; meters of this class answer within 100 ms."""
THOROUGH_WINDOW_MS = 1000
PASSES = 2


@dataclass(slots=True)
class UnitSearch(ClaimedSearch):
    """One line's search for Modbus meters, an address being a unit. An exception counts as an answer here."""

    claims: Claims = field(default_factory=Claims)
    thorough: bool = False
    asked: int = 0
    window_ms: int = QUICK_WINDOW_MS
    full_window_ms: int = THOROUGH_WINDOW_MS
    at: int = 1
    """The next unit of this pass."""
    passes: int = 0
    heard_by: dict[str, int] = field(default_factory=dict)
    """By which function a unit was heard first: it is proved by the same one."""
    unexplained: list[str] = field(default_factory=list)
    kind: str = "units"

    def next_question(self) -> Question | Done:
        """Give the next unit; `attempt` says by which function it is asked: even ones by 04H, odd ones by 03H."""
        window_ms = self.full_window_ms if self.thorough else self.window_ms
        for unit, history in self.claims.open.items():
            attempt = PASSES * len(history) + self.heard_by.get(unit, 0)
            return Question(Ask.READ, unit, self.full_window_ms, attempt)
        self._pass_known()
        if self.passes == PASSES:
            return Done()
        return Question(Ask.READ, str(self.at), window_ms, self.passes, proving=self.passes > 0)

    def left(self) -> int:
        """Count the questions known to be needed."""
        rest = (PASSES - self.passes) * LAST_UNIT - self.at + 1 if self.passes < PASSES else 0
        return self.claims.left() + rest

    def answer(self, question: Question, heard: Heard) -> None:
        """Take what a question brought."""
        self.asked += 1
        heard = Heard((*heard.addresses, *heard.refused), damaged=heard.damaged)
        for unit in heard.addresses:
            if unit.isdecimal() and 1 <= int(unit) <= LAST_UNIT:
                self._claim(unit, question)
        if question.address in self.claims.open:
            self.claims.take(question.address, heard)
        elif heard.damaged and question.address not in (*self.found, *self.duplicates):
            self._claim(question.address, question)
        if question.address == str(self.at):
            self._step()

    def _claim(self, unit: str, question: Question) -> None:
        self.heard_by.setdefault(unit, question.attempt % PASSES)
        self.claims.claim(unit)

    def _pass_known(self) -> None:
        while self.passes < PASSES and str(self.at) in (*self.found, *self.duplicates):
            self._step()

    def _step(self) -> None:
        self.at += 1
        if self.at > LAST_UNIT:
            self.at, self.passes = 1, self.passes + 1
