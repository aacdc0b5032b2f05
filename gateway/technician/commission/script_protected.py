"""Which rooms are never cut: a list says it, and a person corrects it here at any time. What central protects stays so."""

from gateway.technician.commission.acts import RoomProtected
from gateway.technician.commission.job import Job
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row
from gateway.words import say

ANOTHER = "n"


async def protected_step(job: Job) -> None:
    """Show the rooms, turn one or the other."""
    while True:
        choice = await job.stage.choose(_page(job))
        if choice.key == BACK:
            return
        room = await _typed_room(job) if choice.key == ANOTHER else choice.row
        if room:
            await _turn(job, room)


def _page(job: Job) -> Page:
    standing, protected, central = job.standing, job.protected_rooms(), job.centrals_protected()
    tied = sorted({meter.room for meter in standing.meters.values() if meter.room})
    rooms = list(dict.fromkeys([*standing.rooms, *tied, *sorted(protected)]))
    rows = [Row(room, f"{room}  {_word(room in protected, room in central)}".rstrip()) for room in rooms]
    return Page(
        say("Protected rooms"),
        [say("Never cut: {count} of {all}", count=len(protected), all=len(rooms))],
        rows,
        [Key(ANOTHER, say("another room"))],
        help=say(
            "Enter on a room: it is never cut, or may be cut again. No test opens the relay of a protected room, and none blinks "
            "while it may be such a room's. What central protects is changed at central."
        ),
    )


def _word(protected: bool, by_central: bool) -> str:
    if by_central:
        return say("never cut, central's word")
    return say("never cut") if protected else ""


async def _typed_room(job: Job) -> str | None:
    return await job.stage.ask(Question(say("Protected rooms"), say("Room"), [say("Empty: back.")]))


async def _turn(job: Job, room: str) -> None:
    if room in job.centrals_protected():
        said = say("Central protects {room}: that is changed at central, on the room's account.", room=room)
        await job.stage.tell(room, [said])
        return
    job.notebook.note(RoomProtected, room=room, protected=room not in job.standing.protected)
