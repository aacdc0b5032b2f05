"""Rooms that stand otherwise than by their credit: a faulty meter under software control, a relay that is locked out. Pure."""

from collections.abc import Iterator, Sequence

from gateway.adapters.control_protocol import LockTold, RoomStatus
from gateway.technician.findings import Finding, Level
from gateway.technician.lock_words import lock_line
from gateway.technician.spans import span_text
from gateway.words import mark, say

CHECK = "rooms"
END_LOCK = {
    "technician": mark(
        "Somebody works there. When he is done: cardroom-gateway lock-out {meter} --end --why ..."
    ),
    "central": mark("Somebody works there. Central ends it, with its work order."),
}


def judge_rooms(rooms: Sequence[RoomStatus]) -> Iterator[Finding]:
    """Tell each such room, with since when and the next step."""
    for room in rooms:
        yield from _faulty(room)
        yield from _locked(room)


def told_of(rooms: Sequence[RoomStatus]) -> frozenset[str]:
    """Name the alarms, as `what subject`, that are told here."""
    faulty = {f"software-control {room.account}" for room in rooms if room.control is not None}
    locked = {f"locked-out {room.meter}" for room in rooms if room.lock_notes}
    return frozenset(faulty | locked)


def _faulty(room: RoomStatus) -> Iterator[Finding]:
    control = room.control
    if control is None:
        return
    span = "?" if control.since_s is None else span_text(control.since_s)
    yield Finding(
        CHECK,
        Level.ASK,
        "software-control",
        say(
            "{room}: meter {meter} is faulty; supplied and billed nothing for {span}",
            room=room.room,
            meter=room.meter or "-",
            span=span,
        ),
        f"{control.by}: {control.why}" + (f" [{control.ref}]" if control.ref else ""),
        say(
            "Put another meter in: cardroom-gateway swap {meter} NEW; or, once it is good: "
            "cardroom-gateway software-control {account} --end",
            meter=room.meter or "OLD",
            account=room.account,
        ),
        {"account": room.account, "meter": room.meter or "", "since_s": control.since_s or 0},
    )


def _said(lock: LockTold) -> str:
    span = "" if lock.since_s is None else f", {span_text(lock.since_s)}"
    return f"{lock.by}: {lock.why}" + (f" [{lock.ref}]" if lock.ref else "") + span


def _locked(room: RoomStatus) -> Iterator[Finding]:
    for lock in room.lock_notes:
        if lock.owner not in END_LOCK:
            continue
        yield Finding(
            CHECK,
            Level.ASK,
            "locked-out",
            lock_line(f"{room.room} ({room.meter})", LockTold(lock.owner, "", "")),
            _said(lock),
            say(END_LOCK[lock.owner], meter=room.meter or "METER"),
            {"account": room.account, "meter": room.meter or "", "owner": lock.owner},
        )
