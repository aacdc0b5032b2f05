"""Finding the meter of a room from afar: a blink of one meter's relay, or a known load switched on in the room."""

from gateway.protocols.driver import Item
from gateway.technician.commission.acts import RelayMoved, RelayRestored
from gateway.technician.commission.blink import blink
from gateway.technician.commission.job import Job, meter_line
from gateway.technician.commission.known_load import Samples, Sighting, find_step, narrowed
from gateway.technician.commission.sampling import sample
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row
from gateway.technician.commission.standing import Meter
from gateway.technician.commission.ticks import Level, Verdict, sentence
from gateway.technician.commission.trials import RelayMark, relay_refusal
from gateway.technician.commission.tying import tie
from gateway.technician.commission.wires import Wired
from gateway.words import say

USUAL_LOAD_W, LEAST_LOAD_W, MOST_LOAD_W = 1500, 500, 10_000
ROUNDS = 3


async def by_blink(job: Job, number: str) -> None:
    """Blink the marked meter, then ask where the light went out."""
    meter = job.standing.meters.get(number)
    if meter is None:
        await job.stage.tell(say("Blink"), [say("Mark a meter in the list first.")])
        return
    wired = job.wired(meter)
    if wired is None:
        await job.stage.tell(number, [say("Its line is not there any more: search again.")])
        return
    refusal = _may_not_blink(job, meter, wired)
    if refusal:
        await job.stage.tell(say("Not done"), [refusal])
        return
    lines = [
        say("Whoever is behind this meter loses the supply twice for three seconds. Computers there go off."),
        meter_line(meter),
    ]
    if not await job.agrees(say("Blink meter {number}?", number=number), lines):
        return
    async with job.stage.working(say("Blinking {number}", number=number), can_stop=False):
        verdict = await blink(wired, relay_note(job, number))
    await _after_blink(job, meter, verdict)


async def _after_blink(job: Job, meter: Meter, verdict: Verdict) -> None:
    lines = [sentence(verdict.code, verdict.facts)]
    if verdict.level is not Level.GOOD:
        await job.stage.tell(say("Blink"), lines)
        return
    if await job.agrees(say("Did somebody see it?"), [*lines, say("No: mark the next meter.")]):
        await tie(job, meter, "blink")


def _may_not_blink(job: Job, meter: Meter, wired: Wired) -> str:
    """Say why this meter is not blinked; empty when it may be. A meter that may be a protected room's is none to try."""
    room = meter.room or job.configured_room(meter.number)
    verdict = relay_refusal(job, wired, meter, room or "?")
    if verdict is not None:
        return sentence(verdict.code, verdict.facts)
    if room:
        return ""
    tied = {one.room for one in job.standing.meters.values()}
    open_ones = sorted(job.protected_rooms() - tied)
    if open_ones:
        return say(
            "{rooms} are protected and have no meter yet; this may be theirs. Tie those first, by number or known load.",
            rooms=", ".join(open_ones),
        )
    return ""


def relay_note(job: Job, number: str) -> RelayMark:
    """Give what writes down that a relay is about to open, and that it is closed again."""

    def note(opening: bool) -> None:
        job.notebook.note(RelayMoved if opening else RelayRestored, number=number)

    return note


async def by_load(job: Job) -> None:
    """Let somebody switch a known load on and off, and tie the meter that stepped by it."""
    room = await job.stage.ask(
        Question(say("Known load"), say("Room"), help=say("Where the kettle or heater will be switched on."))
    )
    load_w = await _load_w(job) if room else None
    if not room or load_w is None:
        return
    meters = _with_power(job)
    if not meters:
        await job.stage.tell(say("Known load"), [say("No meter without a room tells its power.")])
        return
    sighting: Sighting | None = None
    for number in range(1, ROUNDS + 1):
        seen = await _round(job, room, load_w, meters, number)
        if seen is None:
            return
        sighting = seen if sighting is None else narrowed(sighting, seen)
        if sighting.meter or not (sighting.fits or sighting.unsure):
            break
        if not await job.agrees(say("Once more?"), _words(sighting)):
            break
    assert sighting is not None, "at least one round was made"
    await _after_load(job, room, sighting)


async def _load_w(job: Job) -> int | None:
    while True:
        typed = await job.stage.ask(
            Question(
                say("Known load"),
                say("Its power in W"),
                default=str(USUAL_LOAD_W),
                help=say("From its plate: 1000 to 2000 W are best, from 500 on it can work."),
            )
        )
        if typed is None:
            return None
        if typed.isascii() and typed.isdigit() and LEAST_LOAD_W <= int(typed) <= MOST_LOAD_W:
            return int(typed)
        await job.stage.tell(
            say("Known load"),
            [say("A whole number from {least} to {most}.", least=LEAST_LOAD_W, most=MOST_LOAD_W)],
        )


def _with_power(job: Job) -> dict[str, Wired]:
    wired = {meter.number: job.wired(meter) for meter in job.standing.untied()}
    return {
        number: one for number, one in wired.items() if one is not None and Item.POWER in one.driver.items
    }


async def _round(job: Job, room: str, load_w: int, meters: dict[str, Wired], number: int) -> Sighting | None:
    """One time on and off; None when somebody wants to leave."""
    title = say("Known load, round {number}", number=number)
    phases: list[dict[str, list[int]]] = []
    for order in (
        say("Is the load in {room} OFF? Then go on.", room=room),
        say("Switch the load in {room} ON ({watt} W) and leave it on. Then go on.", room=room, watt=load_w),
        say("Switch it OFF again. Then go on."),
    ):
        if not await _go_on(job, title, order):
            return None
        async with job.stage.working(say("Reading the power: meters {count}", count=len(meters))) as work:
            phases.append(await sample(meters, work))
        if work.stopped:
            return None
    before, on, after = phases
    return find_step({name: Samples(before[name], on[name], after[name]) for name in meters}, load_w)


async def _go_on(job: Job, title: str, order: str) -> bool:
    page = Page(title, [order], keys=[Key("g", say("go on"))])
    while (choice := await job.stage.choose(page)).key not in ("g", BACK):
        pass
    return choice.key == "g"


def _words(sighting: Sighting) -> list[str]:
    lines = []
    if sighting.fits:
        lines.append(say("These meters stepped by the load: {meters}", meters=", ".join(sighting.fits)))
    if sighting.unsure:
        lines.append(say("These were too restless to tell: {meters}", meters=", ".join(sighting.unsure)))
    if sighting.unread:
        lines.append(say("These did not answer: {meters}", meters=", ".join(sighting.unread)))
    if not sighting.fits and not sighting.unsure:
        lines.append(
            say("No meter stepped by the load. Is the room on a line that was not searched, or tied already?")
        )
    return lines


async def _after_load(job: Job, room: str, sighting: Sighting) -> None:
    if sighting.meter:
        meter = job.standing.meters[sighting.meter]
        lines = [meter_line(meter), *_words(sighting)]
        if await job.agrees(
            say("Meter {number} stepped by the load: tie it to {room}?", number=meter.number, room=room),
            lines,
        ):
            await tie(job, meter, "load", room=room)
        return
    candidates = [Row(number, meter_line(job.standing.meters[number])) for number in sighting.fits]
    lines = (
        [say("Ambiguous: nothing was tied."), *_words(sighting)]
        if candidates or sighting.unsure
        else _words(sighting)
    )
    if not candidates:
        await job.stage.tell(say("Known load"), lines)
        return
    help_text = say(
        "Nothing is tied unless you pick one. Better: go back, and make sure by its number or a blink."
    )
    choice = await job.stage.choose(
        Page(say("Which one is at {room}?", room=room), lines, candidates, help=help_text)
    )
    if choice.row and choice.key != BACK:
        await tie(job, job.standing.meters[choice.row], "load", room=room)
