"""Which meters are worth asking now: a silent one must not slow the others.

Pure: time is the caller's. A meter that stays silent is asked again after pauses that double, up to the pause at which it takes
no more than 1/DEAD_METER_SHARE of the line's time. So three dead meters on a line cost 1.5 % of it, at any speed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.adapters.serial_bus.diagnosis import FailedTry
from gateway.adapters.serial_bus.preamble import PreambleHabit
from gateway.application.ports import MeterCounts

FIRST_PAUSE_S = 2.0
DEAD_METER_SHARE = 200
LONGEST_PAUSE_S = 300.0
"""A meter that comes back is found again within this, whatever its silence cost."""
SMOOTHED_OVER = 8
LATE_ANSWER_S = 1.0
"""A meter that missed its time may still answer: field masters wait 1-3 s (protocols.md 1.1)."""


@dataclass(slots=True)
class TurnRound:
    """How long a meter takes from our last byte to its first."""

    usual_s: float | None = None
    """Smoothed; None: never seen."""
    fastest_s: float = 0.0
    slowest_s: float = 0.0

    def note(self, seen_s: float) -> None:
        """Take one answer's."""
        if self.usual_s is None:
            self.usual_s = self.fastest_s = self.slowest_s = seen_s
            return
        self.usual_s += (seen_s - self.usual_s) / SMOOTHED_OVER
        self.fastest_s = min(self.fastest_s, seen_s)
        self.slowest_s = max(self.slowest_s, seen_s)


@dataclass(slots=True)
class MeterHealth:
    """One address on one line."""

    ever_answered: bool = False
    failures: int = 0
    """Failed calls since the last good frame."""
    not_before_s: float = 0.0
    unanswered: bytes = b""
    """The request of the last try without its answer ..."""
    late_answer_until_s: float = 0.0
    """... which may still come until then."""
    preamble: PreambleHabit = field(default_factory=PreambleHabit)
    answered: int = 0
    missed: int = 0
    """Tries without an answer, since the line was made."""
    collisions: int = 0
    """Calls that failed because two meters seem to answer at once."""
    turn_round: TurnRound = field(default_factory=TurnRound)
    reason: str = ""
    """Why the last call failed: `silent`, or what garbled it; empty since a good frame."""
    last_failed: tuple[FailedTry, ...] = ()
    """The last tries since an answer: a poll of a failing meter has one try, which alone tells nothing."""


class LineHealth:
    """All addresses that one line has asked."""

    def __init__(self) -> None:
        self._meters: dict[str, MeterHealth] = {}

    def of(self, address: str) -> MeterHealth:
        meter = self._meters.get(address)
        if meter is None:
            meter = self._meters[address] = MeterHealth()
        return meter

    def others_answer(self, address: str) -> bool:
        """Whether some other meter of this line is well."""
        return any(
            meter.ever_answered and not meter.failures
            for other, meter in self._meters.items()
            if other != address
        )

    def note_answer(self, address: str, turn_round_s: float | None = None) -> None:
        """A good frame. If the whole line had been silent, it was the line's fault: every meter's pause ends."""
        meter = self.of(address)
        meter.answered += 1
        if turn_round_s is not None:
            meter.turn_round.note(turn_round_s)
        if meter.failures and all(each.failures for each in self._meters.values()):
            self.forgive_all()
        meter.ever_answered, meter.failures, meter.not_before_s = True, 0, 0.0
        meter.last_failed, meter.reason = (), ""

    def note_failure(self, address: str, now_s: float, spent_s: float) -> None:
        """A call that failed with all its tries; `spent_s` is the line time of its last try."""
        meter = self.of(address)
        meter.failures += 1
        longest = min(spent_s * DEAD_METER_SHARE, LONGEST_PAUSE_S)
        meter.not_before_s = now_s + min(FIRST_PAUSE_S * 2 ** min(meter.failures - 1, 16), longest)

    def note_unanswered(self, address: str, request: bytes, now_s: float) -> None:
        """A try without its answer: what comes within LATE_ANSWER_S may belong to it."""
        meter = self.of(address)
        meter.missed += 1
        meter.unanswered, meter.late_answer_until_s = request, now_s + LATE_ANSWER_S

    def all(self) -> Mapping[str, MeterHealth]:
        """Give every address that was asked."""
        return self._meters

    def counts(self) -> dict[str, MeterCounts]:
        """Give what each address did so far."""
        return {
            address: MeterCounts(meter.answered, meter.missed, meter.collisions)
            for address, meter in self._meters.items()
        }

    def forgive_all(self) -> None:
        """Start anew, as after the port was reopened: silence had another cause."""
        for meter in self._meters.values():
            meter.failures, meter.not_before_s = 0, 0.0
