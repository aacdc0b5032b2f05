"""The commissioning report: building, lines, each meter with its numbers, readings and ticks, what is open and why, signatures.

A4 portrait, in the reader's language. Loads reportlab; only who prints imports it.
"""

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from gateway.technician.commission.acts import Ticked
from gateway.technician.commission.standing import Meter, Standing
from gateway.technician.commission.ticks import CHECKS, Level, check_word, sentence
from gateway.technician.local_time import minute_of
from gateway.words import mark, say
from gateway.words.paper import HEAD, MIDDLE, SMALL, TITLE, pdf_of, signatures_of, table_of, text_of

WIDTHS = [22 * mm, 31 * mm, 33 * mm, 21 * mm, *([7 * mm] * len(CHECKS)), 26 * mm]
MARKS = {Level.GOOD: "✓", Level.ASK: "!", Level.BAD: "×", Level.SKIPPED: "–", None: ""}
HOW = {
    "scan": mark("number scanned"),
    "blink": mark("relay blink"),
    "load": mark("known load"),
    "typed": mark("typed"),
    "": mark("not tied"),
}
SIGNERS = (mark("Electrician"), mark("Technician, network centre"), mark("Handed over to (card room)"))


def report_pdf(standing: Standing, now_ms: int, utc_offset_minutes: int) -> bytes:
    """Give the report as PDF bytes. Raises NoFont."""
    title = say("Commissioning report {building}", building=standing.building)
    story = [
        text_of(title, TITLE),
        Spacer(0, 5 * mm),
        *_summary(standing, now_ms, utc_offset_minutes),
        *_lines(standing),
        *_meters(standing, utc_offset_minutes),
        *_remarks(standing, utc_offset_minutes),
        KeepTogether(signatures_of([say(signer) for signer in SIGNERS])),
    ]
    return pdf_of(title, standing.by, minute_of(now_ms, utc_offset_minutes), story)


def _summary(standing: Standing, now_ms: int, offset: int) -> Iterator[Flowable]:
    meters = list(standing.meters.values())
    count = {level: sum(meter.level is level for meter in meters) for level in (*Level, None)}
    people = dict.fromkeys([*(tick.by for meter in meters for tick in meter.ticks.values()), standing.by])
    yield text_of(say("Commissioned by: {people}", people=", ".join(name for name in people if name)))
    began, ended = minute_of(standing.began_ms, offset), minute_of(now_ms, offset)
    yield text_of(say("From {began} to {ended}", began=began, ended=ended))
    yield text_of(
        say(
            "Meters: {all}; {good} good, {look} to look at, {bad} bad, {skipped} with tests left out, "
            "{open} not tested to the end; {untied} without a room.",
            all=len(meters),
            good=count[Level.GOOD],
            look=count[Level.ASK],
            bad=count[Level.BAD],
            skipped=count[Level.SKIPPED],
            open=count[None],
            untied=len(standing.untied()),
        )
    )
    left = standing.rooms_left()
    if left:
        yield text_of(say("Rooms of the list without a meter: {rooms}", rooms=", ".join(left)))


def _lines(standing: Standing) -> Iterator[Flowable]:
    yield text_of(say("Lines"), HEAD)
    head = [say("line"), say("port"), say("speed and parity"), say("meters")]
    rows = [
        [
            line.name,
            line.port,
            f"{line.baud} {line.parity}",
            str(sum(one.found.line == line.name for one in standing.meters.values())),
        ]
        for line in standing.lines.values()
    ]
    yield table_of([head, *rows], [15 * mm, 107 * mm, 35 * mm, 25 * mm])


def _meters(standing: Standing, offset: int) -> Iterator[Flowable]:
    yield text_of(say("Meters"), HEAD)
    head = [
        *(
            text_of(word, SMALL)
            for word in (say("room"), say("meter number"), say("line, address, model"), say("reading in kWh"))
        ),
        *(text_of(str(place), MIDDLE) for place in range(1, len(CHECKS) + 1)),
        text_of(say("tied by; tested"), SMALL),
    ]
    order = sorted(standing.meters.values(), key=lambda meter: (not meter.room, meter.room, meter.number))
    rows = [_meter_row(meter, offset) for meter in order]
    yield table_of([head, *rows], WIDTHS, made=True)
    numbered = ", ".join(f"{place} {check_word(check)}" for place, check in enumerate(CHECKS, start=1))
    yield Spacer(0, 1.5 * mm)
    yield text_of(say("Tests: {tests}", tests=numbered), SMALL)
    yield text_of(say("✓ good   ! to be looked at   × bad   – left out   empty: not tested"), SMALL)


def _meter_row(meter: Meter, offset: int) -> list[Flowable]:
    ticks = [meter.ticks.get(check) for check in CHECKS]
    latest = max((tick for tick in ticks if tick), key=lambda tick: tick.at_ms, default=None)
    reading = meter.ticks.get("reading")
    energy = reading.facts.get("again") or reading.facts.get("energy", "") if reading else ""
    tested = f"{minute_of(latest.at_ms, offset)} {latest.by}" if latest else ""
    found = meter.found
    return [
        text_of(meter.room or "-"),
        text_of(meter.number, SMALL),
        text_of(f"{found.line} {found.address} {found.model}", SMALL),
        text_of(energy or "", SMALL),
        *(text_of(MARKS[Level(tick.level) if tick else None], MIDDLE) for tick in ticks),
        text_of(f"{say(HOW[meter.how])}\n{tested}", SMALL),
    ]


def _remarks(standing: Standing, offset: int) -> Iterator[Flowable]:
    """Everything that is not simply good, with its reason, by whom and when."""
    rows = [
        [meter.room or meter.number, check_word(tick.check), MARKS[Level(tick.level)], _remark(tick, offset)]
        for meter in sorted(standing.meters.values(), key=lambda one: (not one.room, one.room, one.number))
        for tick in sorted(meter.ticks.values(), key=lambda one: CHECKS.index(one.check))
        if tick.level != Level.GOOD
    ]
    rows += [
        [
            meter.room or meter.number,
            say("relay"),
            "×",
            say("A test opened it and it was not read back closed."),
        ]
        for meter in standing.opened()
    ]
    if rows:
        yield text_of(say("What is not simply good"), HEAD)
        yield table_of(rows, [26 * mm, 36 * mm, 7 * mm, 113 * mm], head=False)


def _remark(tick: Ticked, offset: int) -> str:
    return f"{sentence(tick.code, tick.facts)} ({tick.by}, {minute_of(tick.at_ms, offset)})"
