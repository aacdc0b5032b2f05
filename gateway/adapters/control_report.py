"""Turns what the store knows of the building into lines of the control socket's `StatusReport`. Adds nothing, hides nothing."""

from gateway.adapters.control_protocol import RoomLine
from gateway.application.records import RaisedAlarm
from gateway.application.status import RoomStatus
from gateway.contract.facts import DecisionKind, Instant
from gateway.domain.cutoff import HELD_BY_GUARD


def room_line(room: RoomStatus, now: Instant) -> RoomLine:
    """Give one room's line."""
    return RoomLine(
        account=room.account,
        room=room.room,
        unit=room.unit,
        balance=room.balance,
        meter=room.meter,
        decision=room.decision.value if room.decision else "",
        desired_closed=room.relay_desired_closed,
        observed_closed=room.relay_observed_closed,
        verdict=room.relay_verdict.value,
        why=_why(room),
        last_seen_s=_seconds_between(room.last_seen, now),
        power_w=room.power_w,
        locks=list(room.locks),
        doubt=room.doubt,
        quarantine=room.quarantined,
        closed=room.closed,
    )


def cuts_held(rooms: list[RoomStatus]) -> int:
    """Count the rooms that the cut guard keeps on (C-10)."""
    return sum(room.decision is DecisionKind.HOLD and room.reason == HELD_BY_GUARD.reason for room in rooms)


def alarm_line(alarm: RaisedAlarm) -> str:
    """Give one standing alarm as text."""
    return (
        f"{alarm.what} {alarm.subject}: {alarm.detail}" if alarm.detail else f"{alarm.what} {alarm.subject}"
    )


def _why(room: RoomStatus) -> str:
    """The decision's reason and, where it says more, the relay's."""
    return ", ".join(dict.fromkeys(reason for reason in (room.reason, room.relay_why) if reason))


def _seconds_between(then: Instant | None, now: Instant) -> int | None:
    if then is None:
        return None
    if then.boot == now.boot:
        return max(0, now.monotonic_ms - then.monotonic_ms) // 1000
    return max(0, now.wall_ms - then.wall_ms) // 1000 if then.trusted and now.trusted else None
