"""The conversation from first to last. Each step may be left and entered again; the notebook knows where it stands."""

from gateway.technician.commission.acts import (
    AnyAct,
    Began,
    LineFound,
    MeterFound,
    Renumbered,
    RoomProtected,
    RoomsListed,
    Ticked,
    Tied,
)
from gateway.technician.commission.job import Job
from gateway.technician.commission.script_find import find_step
from gateway.technician.commission.script_paper import paper_step
from gateway.technician.commission.script_rooms import offer_configured_rooms, rooms_step
from gateway.technician.commission.script_seek import relay_note
from gateway.technician.commission.script_tests import tests_step
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row, printable
from gateway.technician.commission.ticks import sentence
from gateway.technician.commission.trials import close_again
from gateway.technician.findings import Level
from gateway.technician.setup.places import BUILDING_NAME
from gateway.words import say

STEPS = {"find": find_step, "rooms": rooms_step, "tests": tests_step, "paper": paper_step}
UNDO = "u"


async def converse(job: Job, who: str, building: str) -> None:
    """Hold the whole conversation; returns when the person leaves."""
    if not await _introduce(job, who, building):
        return
    await job.tell_refusals(say("Going on"), job.notebook.catch_up())
    await _restore_relays(job)
    await offer_configured_rooms(job)
    while (choice := await job.stage.choose(_menu(job))).key != BACK:
        if choice.key == UNDO:
            await _undo(job)
        elif choice.row in STEPS:
            await STEPS[choice.row](job)


async def _introduce(job: Job, who: str, building: str) -> bool:
    """Ask who works here and in which building; both stand on the report."""
    before = job.standing
    title = say("Commissioning")
    name = await job.stage.ask(
        Question(
            title,
            say("Your name"),
            [say("Everything is kept at once: you may leave at any moment and go on later.")],
            default=before.by or who,
            help=say("It stands behind each tick on the report."),
        )
    )
    if name is None:
        return False
    job.notebook.by = name
    called = (
        building
        or before.building
        or await job.stage.ask(
            Question(
                title,
                say("Building"),
                default=_told_at_setup(job),
                help=say("As people call it; it stands on the report and the labels."),
                needed=True,
            )
        )
    )
    if called is None:
        return False
    if (name, called) != (before.by, before.building):
        job.notebook.note(Began, building=called)
    return True


def _told_at_setup(job: Job) -> str:
    """The building's name as central has it; empty where `setup` never ran."""
    try:
        return printable((job.folder / BUILDING_NAME).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


async def _restore_relays(job: Job) -> None:
    """A relay that a test opened before a power cut or a lost connection is closed first of all, with consent."""
    for meter in job.standing.opened():
        if job.is_locked_out(meter.number):
            await job.stage.tell(meter.number, [sentence("locked-out", {})])
            continue
        wired = job.wired(meter)
        lines = [
            say("Meter {number} of {room}: a test opened its relay and was broken off.",
                number=meter.number, room=meter.room or say("(no room)")),
            say("The room may be without power since then."),
        ]  # fmt: skip
        if wired is None or not await job.agrees(say("Close this relay now?"), lines):
            continue
        async with job.stage.working(say("Closing {number}", number=meter.number), can_stop=False):
            await close_again(wired, relay_note(job, meter.number))
        done = job.standing.meters[meter.number].opened is None
        said = (
            say("It is closed, read back.")
            if done
            else say("It did not close: read it, and look at the meter.")
        )
        await job.stage.tell(meter.number, [said])


def _menu(job: Job) -> Page:
    now = job.standing
    tied = sum(bool(meter.room) for meter in now.meters.values())
    tested = sum(meter.level not in (None, Level.BAD) for meter in now.meters.values())
    found = say("lines {lines}, meters {meters}", lines=len(now.lines), meters=len(now.meters))
    rows = [
        Row("find", say("Find lines and meters: {found}", found=found)),
        Row("rooms", say("Tie meters to rooms: {tied} of {all}", tied=tied, all=len(now.meters))),
        Row("tests", say("Test each meter: {tested} of {all}", tested=tested, all=len(now.meters))),
        Row("paper", say("Report and labels")),
    ]
    undo = job.notebook.next_undo()
    lines = [say("Next: {step}", step=_next_step(job))]
    if undo:
        lines.append(say("Undo (u) would take back: {what}", what=undo_words(undo)))
    return Page(
        say("Commissioning {building}", building=now.building),
        lines,
        rows,
        [Key(UNDO, say("undo"))] if undo else [],
        help=say(
            "Go from top to bottom; you may enter each step again at any time. Nothing is lost when you leave or the "
            "connection breaks: start the same command again. Undo takes the last act back, then the one before it."
        ),
        back=say("leave"),
    )


def _next_step(job: Job) -> str:
    now = job.standing
    if not now.meters:
        return say("find the meters")
    if now.untied():
        return say("tie meters to rooms ({count} left)", count=len(now.untied()))
    if untested := [meter for meter in now.meters.values() if meter.level is None]:
        return say("test the meters ({count} left)", count=len(untested))
    if now.finished is None:
        return say("make the report")
    return say("start the gateway: sudo systemctl start cardroom-gateway")


async def _undo(job: Job) -> None:
    acts = job.notebook.next_undo()
    if acts and await job.agrees(say("Undo?"), [undo_words(acts)]):
        job.notebook.undo()


def undo_words(acts: list[AnyAct]) -> str:
    """Say what an undo takes back."""
    last = acts[-1]
    match last:
        case Tied(number=number, room=room):
            return say("{number} tied to {room}", number=number, room=room)
        case Ticked(number=number):
            return say("the last ticks of {number}: {count}", count=len(acts), number=number)
        case MeterFound(line=line):
            return say("meters entered on line {line}: {count}", count=len(acts), line=line)
        case LineFound(name=name):
            return say("line {line} entered", line=name)
        case Renumbered(number=number, to=to):
            return say("{number} called {to}", number=number, to=to)
        case RoomProtected(room=room, protected=protected):
            return say("{room} is never cut", room=room) if protected else say("{room} may be cut", room=room)
        case RoomsListed(rooms=rooms):
            return say("the list of rooms: {count}", count=len(rooms))
    raise AssertionError("only these acts can be undone")
