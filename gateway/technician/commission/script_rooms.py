"""The second step: which meter is at which room? By the number on its case, by a blink of its relay, by a known load, or typed."""

from pathlib import Path

from gateway.technician.commission.acts import Renumbered, RoomsListed
from gateway.technician.commission.case_numbers import Numbers, meters_with, tidy
from gateway.technician.commission.job import Job, meter_line
from gateway.technician.commission.room_list import RoomList, read_rooms
from gateway.technician.commission.script_protected import protected_step
from gateway.technician.commission.script_seek import by_blink, by_load
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row
from gateway.technician.commission.standing import Meter
from gateway.technician.commission.tying import tie
from gateway.words import say

SCAN, BLINK, LOAD, LIST, PROTECTED = "s", "b", "l", "f", "p"
CENTRAL = "central"


async def offer_configured_rooms(job: Job) -> None:
    """Take over the rooms that central's configuration has now, where it came already and nobody gave another list."""
    standing = job.standing
    if job.configured is None or (standing.rooms and standing.rooms_from != CENTRAL):
        return
    accounts = job.configured.accounts.values()
    rooms = tuple(sorted({account.room for account in accounts}))
    protected = tuple(sorted({account.room for account in accounts if account.protected}))
    if (rooms, frozenset(protected)) != (standing.rooms, standing.listed_protected):
        job.notebook.note(RoomsListed, rooms=rooms, protected=protected, source=CENTRAL)


async def rooms_step(job: Job) -> None:
    """Show the meters, tie them."""
    while True:
        choice = await job.stage.choose(_page(job))
        match choice.key:
            case k if k == BACK:
                return
            case k if k == SCAN:
                await by_number(job)
            case k if k == BLINK:
                await by_blink(job, choice.row)
            case k if k == LOAD:
                await by_load(job)
            case k if k == LIST:
                await _read_list(job)
            case k if k == PROTECTED:
                await protected_step(job)
            case _ if choice.row:
                await _one(job, choice.row)


def _page(job: Job) -> Page:
    standing = job.standing
    left = standing.rooms_left()
    lines = [say("Meters without a room: {count}", count=len(standing.untied()))]
    if standing.rooms:
        lines.append(say("Rooms of the list without a meter: {count}", count=len(left)))
    if not standing.meters:
        lines = [say("Find the meters first.")]
    meters = sorted(standing.meters.values(), key=lambda meter: (bool(meter.room), meter.room, meter.number))
    return Page(
        say("Meters and rooms"),
        lines,
        [Row(meter.number, meter_line(meter)) for meter in meters],
        [
            Key(SCAN, say("scan or type numbers")),
            Key(BLINK, say("blink")),
            Key(LOAD, say("known load")),
            Key(LIST, say("list of rooms from a file")),
            Key(PROTECTED, say("protected rooms")),
        ],
        help=say(
            "s: scan the bar code on the case with a reader that types, or type the number, then the room. "
            "b: the marked meter's relay goes off and on twice; who stands in the room sees it. "
            "l: switch a kettle on in the room; the meter whose power steps by it is the one. "
            "Enter on a meter: type its room, or another number for it."
        ),
    )


async def by_number(job: Job) -> None:
    """Take one number after another, as a reader types them, and ask each meter's room."""
    title = say("Scan or type")
    while True:
        left = say("Meters without a room: {count}", count=len(job.standing.untied()))
        question = Question(
            title,
            say("Number on the case"),
            [left, say("Empty: back.")],
            help=say("The whole number, or its last digits (four at least)."),
        )
        scanned = await job.stage.ask(question)
        if scanned is None:
            return
        meter = await _scanned_meter(job, scanned)
        if meter is not None:
            await tie(job, meter, "scan", case=_case(meter, scanned))


async def _scanned_meter(job: Job, scanned: str) -> Meter | None:
    meters = job.standing.meters
    numbers = [Numbers(one.number, one.found.identity, one.found.address) for one in meters.values()]
    fitting = meters_with(scanned, numbers)
    if len(fitting) == 1:
        return meters[fitting[0]]
    if not fitting:
        lines = [
            say("No meter that was found has the number {number}.", number=scanned),
            say(
                "Has it power? Is its line searched to the end? A Modbus meter tells no number: pick it in the list."
            ),
        ]
        await job.stage.tell(say("Not found"), lines)
        return None
    rows = [Row(number, meter_line(meters[number])) for number in fitting]
    choice = await job.stage.choose(
        Page(say("{count} meters fit: which one?", count=len(fitting)), rows=rows)
    )
    return meters[choice.row] if choice.row and choice.key != BACK else None


def _case(meter: Meter, scanned: str) -> str:
    """The whole number on the case: what was scanned, or the part of a longer code that is the meter's own; none of a short end."""
    code = tidy(scanned)
    for name in (meter.found.identity, meter.number, meter.found.address):
        bare = tidy(name).lstrip("0")
        if bare and (code.lstrip("0") == bare or (len(code) > len(bare) and bare in code)):
            return name
    return ""


async def _one(job: Job, number: str) -> None:
    """One meter of the list: its room, or its number."""
    meter = job.standing.meters[number]
    page = Page(
        number,
        [meter_line(meter), say("model {model}", model=meter.found.model)],
        keys=[Key("r", say("type its room")), Key("n", say("another number for it"))],
        help=say(
            "A meter that tells no number of its own is called by line and address until somebody types its number."
        ),
    )
    choice = await job.stage.choose(page)
    if choice.key == "r":
        await tie(job, meter, "typed")
    elif choice.key == "n":
        await _renumber(job, meter)


async def _renumber(job: Job, meter: Meter) -> None:
    typed = await job.stage.ask(
        Question(
            meter.number,
            say("Number on the case"),
            help=say("It becomes the meter's number in the registry; central knows the meter by it."),
        )
    )
    billed = job.configured_room(meter.number)
    lines = [
        say("Central bills {room} by meter {number}.", room=billed, number=meter.number),
        say("Under another number it bills whom central bound to that one, or nobody."),
    ]
    if (
        typed
        and typed != meter.number
        and (not billed or await job.agrees(say("Call it {number}?", number=typed), lines))
    ):
        refusal = job.notebook.note(Renumbered, number=meter.number, to=typed)
        await job.tell_refusals(meter.number, [refusal] if refusal else [])


async def _read_list(job: Job) -> None:
    typed = await job.stage.ask(
        Question(
            say("List of rooms"),
            say("File"),
            help=say(
                "A text or CSV file with one room a line; a second column may say `protected`: such a room is never cut."
            ),
        )
    )
    if typed is None:
        return
    try:
        found = _rooms_of(typed)
    except OSError as error:
        await job.stage.tell(
            say("Not read"), [say("{file} can't be read: {why}.", file=typed, why=error.strerror)]
        )
        return
    if not found.rooms:
        await job.stage.tell(say("Not read"), [say("{file} names no room.", file=typed)])
        return
    job.notebook.note(RoomsListed, rooms=found.rooms, protected=found.protected, source=typed)
    said = say(
        "Rooms: {count}; protected: {protected}.",
        count=len(found.rooms),
        protected=len(found.protected),
    )
    await job.stage.tell(say("List of rooms"), [said])


def _rooms_of(typed: str) -> RoomList:
    return read_rooms(Path(typed).expanduser().read_bytes())
