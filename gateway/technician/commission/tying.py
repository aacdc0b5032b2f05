"""Tying one meter to one room: ask the room, say what speaks against it, write it down. Whom the meter bills is central's (C-3)."""

from gateway.technician.commission.acts import Tied
from gateway.technician.commission.job import Job
from gateway.technician.commission.stage import Question
from gateway.technician.commission.standing import Meter
from gateway.words import say


async def tie(job: Job, meter: Meter, how: str, *, room: str = "", case: str = "") -> bool:
    """Tie a meter; the room is asked unless it is known. False when nothing was written."""
    room = room or await _asked(job, meter) or ""
    if not room:
        return False
    doubts = _doubts(job, meter, room)
    title = say("{number} to {room}?", number=meter.number, room=room)
    if doubts and not await job.agrees(title, doubts):
        return False
    refusal = job.notebook.note(Tied, number=meter.number, room=room, how=how, case=case)
    await job.tell_refusals(meter.number, [refusal] if refusal else [])
    return refusal is None


async def _asked(job: Job, meter: Meter) -> str | None:
    known = job.configured_room(meter.number) or _location(job, meter)
    lines = [say("Meter {number}, line {line}", number=meter.number, line=meter.found.line)]
    if known:
        lines.append(say("It is known at {room}.", room=known))
    left = job.standing.rooms_left()
    if left:
        lines.append(
            say(
                "Rooms without a meter: {rooms}",
                rooms=", ".join(left[:8]) + (" ..." if len(left) > 8 else ""),
            )
        )
    return await job.stage.ask(
        Question(
            say("Which room?"),
            say("Room"),
            lines,
            default=meter.room or known,
            help=say("As it stands on the door and in central's list, such as 1-301."),
        )
    )


def _location(job: Job, meter: Meter) -> str:
    rows = job.notebook.registered_meters()
    return next((row.location for row in rows if row.meter_number == meter.number), "")


def _doubts(job: Job, meter: Meter, room: str) -> list[str]:
    """What speaks against it; a person decides."""
    standing = job.standing
    doubts = []
    configured = job.configured_room(meter.number)
    if configured and configured != room:
        doubts.append(
            say(
                "Central has bound this meter to {room}. The bill follows central: have it changed there, too.",
                room=configured,
            )
        )
    if standing.rooms and room not in standing.rooms:
        doubts.append(say("{room} is not on the list of rooms.", room=room))
    other = standing.meter_of(room)
    if other is not None and other.number != meter.number:
        doubts.append(
            say(
                "{room} has meter {number} already; this would be a second one.",
                room=room,
                number=other.number,
            )
        )
    if meter.room and meter.room != room:
        doubts.append(say("The meter is tied to {room} now.", room=meter.room))
    return doubts
