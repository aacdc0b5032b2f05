"""The commissioning report: building, lines, each meter with its numbers, readings and ticks, what is open and why, signatures.

A4 portrait, in the reader's language. Loads reportlab; only who prints imports it.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from gateway.technician.commission.acts import Ticked
from gateway.technician.commission.paper_font import FONT_NAME, paper_font
from gateway.technician.commission.standing import Meter, Standing
from gateway.technician.commission.ticks import CHECKS, Level, check_word, sentence
from gateway.technician.local_time import minute_of
from gateway.words import mark, say

MARGIN = 14 * mm
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
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.black),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 2.5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2.5),
]


def _style(size: float, **more: object) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{sorted(more)}",
        fontName=FONT_NAME,
        fontSize=size,
        leading=size * 1.3,
        wordWrap="CJK",
        **more,
    )


TITLE, HEAD, PLAIN, SMALL = _style(17), _style(11.5, spaceBefore=9, spaceAfter=3), _style(9), _style(7.5)
MIDDLE = _style(8.5, alignment=1)


def report_pdf(standing: Standing, now_ms: int, utc_offset_minutes: int) -> bytes:
    """Give the report as PDF bytes. Raises NoFont."""
    paper_font()
    file = BytesIO()
    title = say("Commissioning report {building}", building=standing.building)
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        title=title,
        author=standing.by,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
    )
    story = [
        _text(title, TITLE),
        Spacer(0, 5 * mm),
        *_summary(standing, now_ms, utc_offset_minutes),
        *_lines(standing),
        *_meters(standing, utc_offset_minutes),
        *_remarks(standing, utc_offset_minutes),
        KeepTogether(_signatures()),
    ]
    printed = minute_of(now_ms, utc_offset_minutes)

    def foot(canvas: Canvas, _: object) -> None:
        canvas.setFont(FONT_NAME, 7.5)
        canvas.drawString(MARGIN, 8 * mm, paper_font().shown(f"{title}   {printed}"))
        canvas.drawRightString(A4[0] - MARGIN, 8 * mm, say("page {number}", number=canvas.getPageNumber()))

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _text(text: str, style: ParagraphStyle = PLAIN) -> Paragraph:
    lines = (escape(paper_font().shown(line)) for line in text.split("\n"))
    return Paragraph("<br/>".join(lines), style)


def _summary(standing: Standing, now_ms: int, offset: int) -> Iterator[Flowable]:
    meters = list(standing.meters.values())
    count = {level: sum(meter.level is level for meter in meters) for level in (*Level, None)}
    people = dict.fromkeys([*(tick.by for meter in meters for tick in meter.ticks.values()), standing.by])
    yield _text(say("Commissioned by: {people}", people=", ".join(name for name in people if name)))
    began, ended = minute_of(standing.began_ms, offset), minute_of(now_ms, offset)
    yield _text(say("From {began} to {ended}", began=began, ended=ended))
    yield _text(
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
        yield _text(say("Rooms of the list without a meter: {rooms}", rooms=", ".join(left)))


def _lines(standing: Standing) -> Iterator[Flowable]:
    yield _text(say("Lines"), HEAD)
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
    yield _table([head, *rows], [15 * mm, 107 * mm, 35 * mm, 25 * mm])


def _meters(standing: Standing, offset: int) -> Iterator[Flowable]:
    yield _text(say("Meters"), HEAD)
    head = [
        *(
            _text(word, SMALL)
            for word in (say("room"), say("meter number"), say("line, address, model"), say("reading in kWh"))
        ),
        *(_text(str(place), MIDDLE) for place in range(1, len(CHECKS) + 1)),
        _text(say("tied by; tested"), SMALL),
    ]
    order = sorted(standing.meters.values(), key=lambda meter: (not meter.room, meter.room, meter.number))
    rows = [_meter_row(meter, offset) for meter in order]
    yield _table([head, *rows], WIDTHS, made=True)
    numbered = ", ".join(f"{place} {check_word(check)}" for place, check in enumerate(CHECKS, start=1))
    yield Spacer(0, 1.5 * mm)
    yield _text(say("Tests: {tests}", tests=numbered), SMALL)
    yield _text(say("✓ good   ! to be looked at   × bad   – left out   empty: not tested"), SMALL)


def _meter_row(meter: Meter, offset: int) -> list[Flowable]:
    ticks = [meter.ticks.get(check) for check in CHECKS]
    latest = max((tick for tick in ticks if tick), key=lambda tick: tick.at_ms, default=None)
    reading = meter.ticks.get("reading")
    energy = reading.facts.get("again") or reading.facts.get("energy", "") if reading else ""
    tested = f"{minute_of(latest.at_ms, offset)} {latest.by}" if latest else ""
    found = meter.found
    return [
        _text(meter.room or "-"),
        _text(meter.number, SMALL),
        _text(f"{found.line} {found.address} {found.model}", SMALL),
        _text(energy or "", SMALL),
        *(_text(MARKS[Level(tick.level) if tick else None], MIDDLE) for tick in ticks),
        _text(f"{say(HOW[meter.how])}\n{tested}", SMALL),
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
        yield _text(say("What is not simply good"), HEAD)
        yield _table(rows, [26 * mm, 36 * mm, 7 * mm, 113 * mm], head=False)


def _remark(tick: Ticked, offset: int) -> str:
    return f"{sentence(tick.code, tick.facts)} ({tick.by}, {minute_of(tick.at_ms, offset)})"


def _table(
    rows: Sequence[Sequence[object]], widths: Sequence[float], *, head: bool = True, made: bool = False
) -> Table:
    cells = rows if made else [[_text(str(cell), SMALL) for cell in row] for row in rows]
    style = GRID if head else [rule for rule in GRID if rule[0] != "BACKGROUND"]
    return Table(cells, colWidths=widths, repeatRows=int(head), style=style, hAlign="LEFT")


def _signatures() -> list[Flowable]:
    cells = [[_text(say(signer)) for signer in SIGNERS], ["", "", ""], [_text(say("name, date"), SMALL)] * 3]
    style = [("LINEBELOW", (0, 1), (-1, 1), 0.6, colors.black), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    table = Table(
        cells, colWidths=[60 * mm] * 3, rowHeights=[6 * mm, 13 * mm, 5 * mm], style=style, hAlign="LEFT"
    )
    return [_text(say("Signatures"), HEAD), table]
