"""What is known of one line when it is judged, and the questions that all checks of a line ask of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.adapters.control_protocol import LineState, MeterState


@dataclass(frozen=True, slots=True)
class Trial:
    """One other setting tried on a line where nobody answered: how many tries, how many answers."""

    baud: int
    parity: str
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line. `is_live`: the daemon owns it, so no other setting could be tried."""

    state: LineState
    is_live: bool
    trials: tuple[Trial, ...] = ()
    latency_timer_ms: int | None = None
    """What an FTDI adapter keeps bytes back for; None: it has no such setting."""
    recent: Mapping[str, int] | None = None
    """What the counters grew by while we looked; None: all that is counted is of now."""

    @property
    def line(self) -> str:
        """The line's name."""
        return self.state.line

    @property
    def asked(self) -> list[MeterState]:
        """The meters that were asked at all."""
        return [meter for meter in self.state.meters if meter.answered or meter.missed]

    @property
    def answering(self) -> list[MeterState]:
        """The meters that answer now."""
        return [meter for meter in self.asked if not meter.failures]

    @property
    def failing(self) -> list[MeterState]:
        """The meters that don't, in the order of their numbers."""
        return [meter for meter in self.asked if meter.failures]

    @property
    def works_at(self) -> Trial | None:
        """The other setting at which somebody answered."""
        return next((trial for trial in self.trials if trial.answered), None)

    def counted(self, start: str) -> int:
        """Sum the counters since the line's start whose names begin so."""
        return _sum(self.state.counters, start)

    def counted_now(self, start: str) -> int:
        """Sum what they grew by while we looked: yesterday's handheld is gone."""
        return _sum(self.state.counters if self.recent is None else self.recent, start)


def _sum(counters: Mapping[str, int], start: str) -> int:
    return sum(count for name, count in counters.items() if name.startswith(start))
