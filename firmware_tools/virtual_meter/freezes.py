"""Values that the meter froze: at once (0501), timed (0500), each midnight (0506), and the monthly settlements.

Instants are local milliseconds of the meter's own calendar. A freeze falls exactly when that calendar passes its instant; a
calendar that is set across midnight freezes then, one that is set back doesn't freeze twice at once.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from firmware_tools.virtual_meter.calendar import DAY_MS, civil

Frozen = tuple[int, int]
"""(local ms, register in 0.01 kWh)"""

INSTANT_DEPTH, TIMED_DEPTH, DAILY_DEPTH, SETTLEMENT_DEPTH = 3, 60, 62, 12
SEARCH_DAYS = 63
"""A monthly instant lies at most two months ahead (the 31st)."""


@dataclass(frozen=True, slots=True)
class FreezePattern:
    """When a timed freeze falls; None is the 99 of the frame: every day, every hour."""

    day: int | None
    hour: int | None
    minute: int

    def next_local_ms(self, after_local_ms: int) -> int | None:
        """Return the first matching local instant after the given one."""
        midnight = civil(after_local_ms).replace(hour=0, minute=0, second=0, microsecond=0)
        for days in range(SEARCH_DAYS):
            date = midnight + timedelta(days=days)
            if self.day not in (None, date.day):
                continue
            start_ms = (after_local_ms // DAY_MS + days) * DAY_MS
            for hour in range(24) if self.hour is None else (self.hour,):
                instant_ms = start_ms + (hour * 60 + self.minute) * 60_000
                if instant_ms > after_local_ms:
                    return instant_ms
        return None


@dataclass(slots=True)
class FreezeBook:
    """All frozen values of one meter, newest first."""

    last_local_ms: int
    instant: list[Frozen] = field(default_factory=list)
    timed: list[Frozen] = field(default_factory=list)
    daily: list[Frozen] = field(default_factory=list)
    settlements: list[Frozen] = field(default_factory=list)
    pattern: FreezePattern | None = None
    settlement_day: int = 1

    def freeze_now(self, local_ms: int, register_centi_kwh: int) -> None:
        """Freeze at once (control code 16 with 99999999)."""
        _remember(self.instant, (local_ms, register_centi_kwh), INSTANT_DEPTH)

    def next_due_local_ms(self, local_ms: int) -> int:
        """Return the next local instant at which something freezes."""
        midnight = (local_ms // DAY_MS + 1) * DAY_MS
        timed = self.pattern.next_local_ms(local_ms) if self.pattern else None
        return midnight if timed is None else min(midnight, timed)

    def pass_instant(self, local_ms: int, register_centi_kwh: int) -> None:
        """Take note that the calendar now shows `local_ms`; freeze whatever was passed."""
        last_ms, self.last_local_ms = self.last_local_ms, local_ms
        if local_ms <= last_ms:
            return
        frozen = (local_ms, register_centi_kwh)
        if local_ms // DAY_MS > last_ms // DAY_MS:
            _remember(self.daily, frozen, DAILY_DEPTH)
            settled = FreezePattern(self.settlement_day, 0, 0).next_local_ms(last_ms)
            if settled is not None and settled <= local_ms:
                _remember(self.settlements, frozen, SETTLEMENT_DEPTH)
        timed = self.pattern.next_local_ms(last_ms) if self.pattern else None
        if timed is not None and timed <= local_ms:
            _remember(self.timed, frozen, TIMED_DEPTH)

    def state(self) -> dict[str, Any]:
        """Return the book as JSON values."""
        pattern = self.pattern and [self.pattern.day, self.pattern.hour, self.pattern.minute]
        return {
            "last_local_ms": self.last_local_ms,
            "instant": list(self.instant),
            "timed": list(self.timed),
            "daily": list(self.daily),
            "settlements": list(self.settlements),
            "pattern": pattern,
            "settlement_day": self.settlement_day,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "FreezeBook":
        """Rebuild a book from `state()`."""
        lists = {
            name: [(at, value) for at, value in state[name]]
            for name in ("instant", "timed", "daily", "settlements")
        }
        pattern = FreezePattern(*state["pattern"]) if state["pattern"] else None
        day = state.get("settlement_day", 1)
        return cls(state["last_local_ms"], pattern=pattern, settlement_day=day, **lists)


def _remember(book: list[Frozen], frozen: Frozen, depth: int) -> None:
    book.insert(0, frozen)
    del book[depth:]
