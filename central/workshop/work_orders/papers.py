"""Two papers of a work order: the notice for the corridor in Chinese and English, and the permit 停电作业票 with its signatures."""

from django.utils import translation
from django.utils.translation import gettext as _

from central.clock import minute_text
from central.domain.paper import Column, Paper, Row, Table
from central.domain.work_order import OrderAct
from central.office.models import Approval
from central.papers.boxes import MM, Box
from central.papers.slip import Cell, Slip
from central.papers.slip import Row as SlipRow
from central.papers.slip_pdf import Sheet, slips_pdf
from central.workshop.stock.sources import source_words
from central.workshop.work_orders.models import ACTS, SAYS, WorkOrder
from central.workshop.work_orders.notices import where_of
from central.workshop.work_orders.reading import OrderNow, RoomOfWork
from central.workshop.work_orders.texts import LANGUAGES, phone_of, room_labels, window_words
from central.workshop.work_orders.words import LOCKINGS, MEASURE_WORDS, RETURNS, STANDS, WARNING

A4 = (210 * MM, 297 * MM)
MARGIN = 14 * MM


def corridor_notice(order: WorkOrder, now_ms: int) -> bytes:
    """Draw the notice: one sheet, Chinese above, English below. Raises NoFont."""
    width, height = A4
    half = height / 2
    frames = [Box(MARGIN, half + MARGIN / 2, width - 2 * MARGIN, half - 1.5 * MARGIN)]
    frames.append(Box(MARGIN, MARGIN, width - 2 * MARGIN, half - 1.5 * MARGIN))
    forms = [
        (_notice(order, language, now_ms), frame) for language, frame in zip(LANGUAGES, frames, strict=True)
    ]
    return slips_pdf([Sheet(width, height, forms, (half,))], order.number)


def _notice(order: WorkOrder, language: str, now_ms: int) -> Slip:
    with translation.override(language):
        phone = phone_of(order, now_ms)
        big, label = 15, 0.16
        rows = [
            SlipRow([Cell(_("Where"), where_of(order), 1, big, label)], 0.9),
            SlipRow([Cell(_("Time"), window_words(order), 1, 20, label)], 1.2),
            SlipRow([Cell(_("Rooms"), room_labels(order), 1, 13, label)], 2.0),
            SlipRow([Cell(_("Task"), order.task, 1, big, label)], 1.0),
            SlipRow([Cell(_("Reason"), order.why, 1, 13, label)], 1.0),
            SlipRow([Cell(_("Questions"), phone, 1, big, label)], 0.9),
        ]
        foot = [
            SlipRow(
                [
                    Cell(
                        "",
                        _("Say on your room's page, to the warden or at the card room whether you agree."),
                        1,
                        11,
                    )
                ]
            ),
            SlipRow([Cell("", _("Whoever does not answer in time may count as agreeing."), 1, 11)]),
        ]
        return Slip(
            _("Notice: power off"), order.number, order.building.name, "", minute_text(now_ms), rows, foot
        )  # fmt: skip


def permit(found: OrderNow) -> Paper:
    """Give the permit with rooms, agreements, times and places to sign, in the active language."""
    order = found.order
    tables = [_head(found), _rooms(found), _measures(found), _steps(found)]
    return Paper(
        code="work-permit",
        document="",
        title=_("Permit for work with the power off"),
        period=f"{order.number}  {window_words(order)}",
        from_ms=order.from_ms,
        until_ms=order.until_ms,
        tables=tables,
        signatures=[_("In charge of the work"), _("Permit given by"), _("Building warden"), _("Card room")],
        notes=[str(WARNING)],
    )


def _head(found: OrderNow) -> Table:
    order = found.order
    columns = [Column("name", _("Point"), width=14), Column("text", _("Content"), width=60)]
    person = order.person.spoken_name if order.person else ""
    rows = [
        Row([_("Where"), where_of(order)]),
        Row([_("Task"), order.task]),
        Row([_("Reason"), order.why]),
        Row([_("Belongs to"), source_words(order.source)[0]]),
        Row([_("In charge"), person]),
        Row([_("Rooms and people"), _("%(rooms)d rooms, %(people)d people") % _count(found)]),
        Row([_("Decided by a head"), _override(order)]),
    ]
    return Table("", columns, [row for row in rows if row.cells[1]])


def _count(found: OrderNow) -> dict[str, int]:
    return {"rooms": len(found.rooms), "people": found.people}


def _override(order: WorkOrder) -> str:
    """Name the approval, who signed it, and why it was asked for."""
    request = Approval.objects.filter(pk=order.override).first() if order.override else None
    if request is None:
        return ""
    signers = "、".join(one.person.spoken_name for one in request.signatures.select_related("person"))
    danger = f"{_('danger')}: " if order.is_danger else ""
    return f"№ {request.number} {signers}: {danger}{request.why}"


def _rooms(found: OrderNow) -> Table:
    columns = [
        Column("room", _("Room"), width=8),
        Column("meter", _("Meter"), width=14),
        Column("people", _("People"), width=6),
        Column("stand", _("Agreement"), width=18),
        Column("says", _("What they say"), width=22),
        Column("lock", _("Lock-out and supply"), width=26),
    ]
    return Table(_("Rooms"), columns, [_room(one) for one in found.rooms])


def _room(one: RoomOfWork) -> Row:
    mark = f" {_('protected')}" if one.household.is_protected else ""
    meters = [point.meter for point in one.points] or list(one.household.meters)
    says = f"{SAYS[one.says.says]} {one.says.why} {minute_text(one.says.at_ms)}" if one.says else ""
    locks = [
        str((RETURNS[point.returns] if point.lock.order.ended_ms else LOCKINGS[point.locking]).word)
        for point in one.points
    ]
    return Row(
        [
            f"{one.row.room.label}{mark}",
            "、".join(meters),
            str(one.household.people),
            str(STANDS[one.stand.stand]) if one.stand else "",
            says,
            "；".join(locks),
        ]
    )


def _measures(found: OrderNow) -> Table:
    """The measures with who ticked them; blank to be written where nobody has."""
    step = found.order.steps.filter(act=OrderAct.ISOLATED.value).select_related("by").first()
    who = step.by.spoken_name if step and step.by else ""
    at = minute_text(step.at_ms) if step else ""
    columns = [
        Column("measure", _("Measure"), width=36),
        Column("who", _("Done by"), width=16),
        Column("at", _("Time"), width=18),
        Column("removed", _("Removed: who, when"), width=24),
    ]
    return Table(
        _("Safety measures"), columns, [Row([str(words), who, at, ""]) for words in MEASURE_WORDS.values()]
    )


def _steps(found: OrderNow) -> Table:
    columns = [
        Column("at", _("Time"), width=16),
        Column("act", _("Step"), width=26),
        Column("by", _("By"), width=14),
        Column("text", _("Remarks"), width=38),
    ]
    rows = [
        Row(
            [
                minute_text(step.at_ms),
                str(ACTS[OrderAct(step.act)]),
                step.by.spoken_name if step.by else "",
                step.text,
            ]
        )
        for step in found.order.steps.select_related("by")
    ]
    return Table(_("What happened"), columns, rows)
