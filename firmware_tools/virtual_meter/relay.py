"""The disconnecting relay of a prepayment meter: what it is told, what its contact does, and what it says.

Three things that a gateway must never mix are kept apart here: the command, the contact and the reported position. Pure: every
instant is an argument. The actions are those of the 1C extension (N1): see protocols 1.6.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

PRE_TRIP_UNIT_MS = 5 * 60 * 1000
"""N2 of 1D and 1E counts in five minutes (Weisheng)."""


class Action(IntEnum):
    """N1, the relay action of control code 1C."""

    TRIP = 0x1A
    PERMIT_CLOSE = 0x1B
    CLOSE = 0x1C
    TRIP_THEN_CLOSE = 0x1D
    TRIP_THEN_PERMIT = 0x1E
    ALARM_ON = 0x2A
    ALARM_OFF = 0x2B
    KEEP_POWER_ON = 0x3A
    KEEP_POWER_OFF = 0x3B


class Verdict(StrEnum):
    """What the meter answers to an action. ACCEPTED doesn't mean done."""

    ACCEPTED = "accepted"
    REFUSED_KEEP_POWER = "refused-keep-power"
    REFUSED_DURATION = "refused-duration"
    UNKNOWN_ACTION = "unknown-action"


class Fault(StrEnum):
    """How a relay can betray its owner."""

    NONE = "none"
    WELDED = "welded"
    """Reports open, current keeps flowing."""
    STUCK = "stuck"
    """Accepts every command, nothing moves."""
    LYING = "lying"
    """The contact obeys, the reported position stays as it was."""


@dataclass(slots=True)
class Relay:
    """Contact, command and report of one relay, with what is still to come."""

    key_needed: bool = True
    delay_ms: int = 100
    trip_limit_ma: int = 30_000
    fault: Fault = Fault.NONE
    contact_closed: bool = True
    mechanism_closed: bool = True
    reported_closed: bool = True
    commanded_closed: bool = True
    permit_waiting: bool = False
    keep_power: bool = False
    alarm: bool = False
    moving_to_closed: bool | None = None
    move_due_ms: int = 0
    restore_due_ms: int | None = None
    restore_needs_key: bool = False
    moved_at_ms: int = 0
    trip_count: int = 0
    close_count: int = 0

    def command(self, action: int, n2: int, at_ms: int) -> Verdict:
        """Take one plain-text 1C action; the contact follows later, in `settle`."""
        if action in (Action.TRIP, Action.TRIP_THEN_CLOSE, Action.TRIP_THEN_PERMIT):
            return self._trip(action, n2, at_ms)
        if action in (Action.CLOSE, Action.PERMIT_CLOSE):
            self._close(needs_key=action == Action.PERMIT_CLOSE and self.key_needed, at_ms=at_ms)
        elif action in (Action.KEEP_POWER_ON, Action.KEEP_POWER_OFF):
            self._keep_power(action == Action.KEEP_POWER_ON, at_ms)
        elif action in (Action.ALARM_ON, Action.ALARM_OFF):
            self.alarm = action == Action.ALARM_ON
        else:
            return Verdict.UNKNOWN_ACTION
        return Verdict.ACCEPTED

    def press_key(self, at_ms: int) -> bool:
        """Press the meter's key; return whether that closes the relay (only a permitted one)."""
        if not self.permit_waiting:
            return False
        self._close(needs_key=False, at_ms=at_ms)
        return True

    def next_due_ms(self) -> int | None:
        """Return the instant of the next move that time alone brings."""
        dues = [self.restore_due_ms] if self.restore_due_ms is not None else []
        if self.moving_to_closed is not None:
            dues.append(self.move_due_ms)
        return min(dues, default=None)

    def settle(self, at_ms: int, current_ma: int) -> bool:
        """Do what is due at the instant; a trip waits while the current is above the limit. Return whether anything moved."""
        before = self.position()
        if self.restore_due_ms is not None and at_ms >= self.restore_due_ms:
            self.restore_due_ms = None
            self._close(self.restore_needs_key, at_ms)
        if self.moving_to_closed is not None and at_ms >= self.move_due_ms and not self._too_much(current_ma):
            self._move(self.moving_to_closed)
            self.moving_to_closed = None
        if self.position() == before:
            return False
        self.moved_at_ms = at_ms
        return True

    def position(self) -> tuple[bool, bool]:
        """Return (contact closed, reported closed)."""
        return self.contact_closed, self.reported_closed

    def start_open(self) -> None:
        """Take the open position without moving: as delivered, or as configured."""
        self.contact_closed = self.mechanism_closed = self.reported_closed = self.commanded_closed = False

    def set_fault(self, fault: Fault) -> None:
        """Break or repair the relay; a repaired one takes the position of its mechanism."""
        self.fault = fault
        if fault is Fault.NONE:
            self.contact_closed = self.reported_closed = self.mechanism_closed
        elif fault is Fault.WELDED:
            self.contact_closed = True

    def waits_for_low_current(self, at_ms: int) -> bool:
        """Return whether a trip is due but held back by the current."""
        return self.moving_to_closed is False and at_ms >= self.move_due_ms

    def _trip(self, action: int, n2: int, at_ms: int) -> Verdict:
        if self.keep_power:
            return Verdict.REFUSED_KEEP_POWER
        if action != Action.TRIP and n2 == 0:
            return Verdict.REFUSED_DURATION
        self.commanded_closed = False
        self.permit_waiting = False
        self.restore_due_ms = None if action == Action.TRIP else at_ms + n2 * PRE_TRIP_UNIT_MS
        self.restore_needs_key = action == Action.TRIP_THEN_PERMIT and self.key_needed
        self._start(closed=False, at_ms=at_ms)
        return Verdict.ACCEPTED

    def _close(self, needs_key: bool, at_ms: int) -> None:
        self.commanded_closed = True
        self.restore_due_ms = None
        self.permit_waiting = needs_key and not self.mechanism_closed
        if not self.permit_waiting:
            self._start(closed=True, at_ms=at_ms)

    def _keep_power(self, on: bool, at_ms: int) -> None:
        self.keep_power = on
        if on:
            self._close(needs_key=False, at_ms=at_ms)

    def _start(self, closed: bool, at_ms: int) -> None:
        if self.mechanism_closed == closed:
            self.moving_to_closed = None
        elif self.moving_to_closed is not closed:
            self.moving_to_closed = closed
            self.move_due_ms = at_ms + self.delay_ms

    def _too_much(self, current_ma: int) -> bool:
        return self.moving_to_closed is False and current_ma > self.trip_limit_ma

    def _move(self, closed: bool) -> None:
        if self.fault is Fault.STUCK:
            return
        self.mechanism_closed = closed
        self.contact_closed = closed or self.fault is Fault.WELDED
        if self.fault is not Fault.LYING:
            self.reported_closed = closed
        self.close_count += closed
        self.trip_count += not closed
