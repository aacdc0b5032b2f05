"""The third step: each meter's tests with their ticks. What cuts somebody off is asked for each room by itself."""

from typing import Any

from gateway.technician.commission.acts import AnyAct, Ticked
from gateway.technician.commission.job import Job, mark_of, meter_line
from gateway.technician.commission.script_seek import relay_note
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row, Work
from gateway.technician.commission.standing import Meter
from gateway.technician.commission.ticks import (
    CHECKS,
    CLOSE,
    OPEN,
    Level,
    Verdict,
    check_word,
    judge_duplicate,
    judge_own_prepay,
    sentence,
)
from gateway.technician.commission.trials import (
    clock_trial,
    identity_trial,
    reading_trial,
    relay_refusal,
    relay_trial,
)
from gateway.technician.commission.wires import Wired
from gateway.words import say

ALL, RELAYS = "a", "o"
TEST, RELAY, CASE, SKIP = "t", "o", "c", "s"
HARMLESS = tuple(check for check in CHECKS if check not in (OPEN, CLOSE))


async def tests_step(job: Job) -> None:
    """Show the meters with their marks; test all or one."""
    while True:
        choice = await job.stage.choose(_page(job))
        if choice.key == BACK:
            return
        if choice.key == ALL:
            await _test_all(job)
        elif choice.key == RELAYS:
            await _all_relays(job)
        elif choice.row:
            await _one(job, choice.row)


def _page(job: Job) -> Page:
    meters = sorted(
        job.standing.meters.values(), key=lambda meter: (not meter.room, meter.room, meter.number)
    )
    bad = sum(meter.level is Level.BAD for meter in meters)
    open_ones = sum(meter.level is None for meter in meters)
    lines = [say("Meters with open tests: {open}; with a bad one: {bad}", open=open_ones, bad=bad)]
    return Page(
        say("Tests"),
        lines,
        [Row(meter.number, f"{meter_line(meter)}  {_open_words(meter)}") for meter in meters],
        [Key(ALL, say("test all, no relay moves")), Key(RELAYS, say("relays, room by room"))],
        help=say(
            "a reads each meter twice, compares its clock, and takes over what the search found. o opens and closes each "
            "relay with read-back and current, after asking for each room. Enter on a meter: its ticks, one by one."
        ),
    )


def _open_words(meter: Meter) -> str:
    left = meter.open_checks
    return f"{len(CHECKS) - len(left)}/{len(CHECKS)}" if left else ""


async def _test_all(job: Job) -> None:
    """Make the harmless tests of every meter that has one open."""
    meters = [meter for meter in job.standing.meters.values() if _has_work(meter)]
    async with job.stage.working(say("Testing: meters {count}", count=len(meters))) as work:
        for done, meter in enumerate(meters):
            work.count(done, len(meters))
            if work.stopped:
                break
            await _harmless(job, meter, work)
        work.count(len(meters), len(meters))


def _facts(number: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "number": number,
        "check": verdict.check,
        "level": verdict.level.value,
        "code": verdict.code,
        "facts": dict(verdict.facts),
    }


def _has_work(meter: Meter) -> bool:
    again = {check for check, tick in meter.ticks.items() if tick.level in (Level.ASK, Level.BAD)}
    return bool({*meter.open_checks, *again} & set(HARMLESS))


async def _harmless(job: Job, meter: Meter, work: Work, *, skipped_too: bool = False) -> None:
    """Make the harmless tests that are open or not good; what somebody skipped only where he asks for it."""
    wired = job.wired(meter)
    if wired is None:
        work.say(say("{number}: its line is not there any more: search again.", number=meter.number))
        return
    ticks: list[tuple[type[AnyAct], dict[str, Any]]] = []
    leave = {Level.GOOD.value, *(() if skipped_too else (Level.SKIPPED.value,))}
    for check in HARMLESS:
        tick = meter.ticks.get(check)
        verdict = None if tick and tick.level in leave else await _verdict(job, wired, meter, check)
        if verdict is not None:
            ticks.append((Ticked, _facts(meter.number, verdict)))
            said = sentence(verdict.code, verdict.facts)
            work.say(f"{mark_of(verdict.level)} {meter.room or meter.number} {check_word(check)}: {said}")
    if ticks:
        job.notebook.note_all(ticks)


async def _verdict(job: Job, wired: Wired, meter: Meter, check: str) -> Verdict | None:
    """Make one harmless test; None where the number on the case is still to be read by somebody."""
    match check:
        case "identity":
            return await identity_trial(wired, meter.case) if meter.case else None
        case "reading":
            return await reading_trial(wired, meter, job.notebook.now_ms)
        case "clock":
            return await clock_trial(wired, job.here)
        case "duplicate":
            return judge_duplicate(meter.found.duplicate, meter.found.address)
        case _:
            return judge_own_prepay(meter.found.own_prepay)


def _tick(job: Job, number: str, verdict: Verdict) -> None:
    job.notebook.note(Ticked, **_facts(number, verdict))


async def _all_relays(job: Job) -> None:
    """Go through the rooms whose relay is not proved; `q` at a question ends the round."""
    for meter in sorted(job.standing.meters.values(), key=lambda one: one.room):
        if OPEN in meter.ticks and CLOSE in meter.ticks and meter.ticks[OPEN].level == Level.GOOD:
            continue
        if meter.room and not await _relay(job, meter):
            return


async def _relay(job: Job, meter: Meter) -> bool:
    """Test one relay, with consent; False when somebody wants no more questions."""
    wired = job.wired(meter)
    if wired is None:
        await job.stage.tell(meter.number, [say("Its line is not there any more: search again.")])
        return True
    refusal = relay_refusal(job, wired, meter, meter.room)
    if refusal is not None:
        if refusal.code != "no-room":
            _tick_both(job, meter.number, refusal)
        await job.stage.tell(meter_line(meter), [sentence(refusal.code, refusal.facts)])
        return True
    keys = [Key("y", say("yes")), Key("n", say("no, leave this room out"))]
    lines = [
        say("Its relay is opened, read back, and closed again: some seconds without power."),
        say("Has somebody in {room} agreed, or is it empty?", room=meter.room),
    ]
    choice = await job.stage.choose(Page(say("Test the relay of {room}?", room=meter.room), lines, keys=keys))
    if choice.key == "n":
        _tick_both(job, meter.number, Verdict(OPEN, Level.SKIPPED, "not-agreed"))
    if choice.key != "y":
        return choice.key != BACK
    async with job.stage.working(say("Relay of {room}", room=meter.room), can_stop=False):
        verdicts = await relay_trial(wired, relay_note(job, meter.number))
    for verdict in verdicts:
        _tick(job, meter.number, verdict)
    await job.stage.tell(
        meter_line(job.standing.meters[meter.number]), [_said(verdict) for verdict in verdicts]
    )
    return True


def _tick_both(job: Job, number: str, verdict: Verdict) -> None:
    for check in (OPEN, CLOSE):
        _tick(job, number, Verdict(check, verdict.level, verdict.code, verdict.facts))


def _said(verdict: Verdict) -> str:
    return f"{mark_of(verdict.level)} {check_word(verdict.check)}: {sentence(verdict.code, verdict.facts)}"


async def _one(job: Job, number: str) -> None:
    """One meter's ticks, and what can be done about them."""
    while True:
        meter = job.standing.meters[number]
        choice = await job.stage.choose(_ticks_page(meter))
        match choice.key:
            case k if k == BACK:
                return
            case k if k == TEST:
                async with job.stage.working(say("Testing {number}", number=number)) as work:
                    await _harmless(job, meter, work, skipped_too=True)
            case k if k == RELAY:
                await _relay(job, meter)
            case k if k == CASE:
                await _case(job, meter)
            case k if k == SKIP:
                await _skip(job, meter)


def _ticks_page(meter: Meter) -> Page:
    lines = [meter_line(meter)]
    for check in CHECKS:
        tick = meter.ticks.get(check)
        said = sentence(tick.code, tick.facts) if tick else say("not tested yet")
        lines.append(f"{mark_of(Level(tick.level) if tick else None)} {check_word(check)}: {said}")
    keys = [
        Key(TEST, say("test, no relay moves")),
        Key(RELAY, say("relay")),
        Key(CASE, say("number on the case")),
        Key(SKIP, say("skip what is open")),
    ]
    help_text = say(
        "What is not good is tested again by t. A test that is skipped stands on the report with its reason."
    )
    return Page(meter.room or meter.number, lines, keys=keys, help=help_text)


async def _case(job: Job, meter: Meter) -> None:
    typed = await job.stage.ask(
        Question(
            meter.room or meter.number,
            say("Number on the case"),
            help=say("Scan it, or type the whole number."),
        )
    )
    wired = job.wired(meter)
    if typed and wired is not None:
        async with job.stage.working(say("Testing {number}", number=meter.number), can_stop=False):
            verdict = await identity_trial(wired, typed)
        _tick(job, meter.number, verdict)


async def _skip(job: Job, meter: Meter) -> None:
    why = await job.stage.ask(
        Question(say("Skip"), say("Why"), help=say("It stands on the report, with your name."))
    )
    for check in meter.open_checks if why else ():
        _tick(job, meter.number, Verdict(check, Level.SKIPPED, "skipped", {"why": why or ""}))
