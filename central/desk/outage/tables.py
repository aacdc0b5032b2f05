"""Supplementary day sheets as tables: page, written and entered, both names, room, sum (R-4.1.9). One shape for page and paper."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from central.clock import minute_text
from central.desk.outage.models import OutagePage, OutageSheet
from central.domain.paper import Cell, Column, Kind, Row, Table
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def pages_table(pages: Iterable[OutagePage], title: str = "") -> Table:
    """List pages with both instants and both names."""
    columns = [
        Column("book", _("Book"), width=9),
        Column("page", _("Page"), Kind.COUNT, 7),
        Column("written", _("Written on the page"), width=14),
        Column("writer", _("Written by"), width=10),
        Column("entered", _("Entered"), width=14),
        Column("enterer", _("Entered by"), width=10),
        Column("room", _("Room"), width=10),
        Column("voucher", _("Voucher"), width=9),
        Column("receipt", _("Receipt"), width=10),
        Column("sum", _("Sum, yuan"), Kind.YUAN, 11, summed=True),
        Column("void", _("Void because"), width=14),
    ]
    return Table(title, columns, [_row(page) for page in pages])


def _row(page: OutagePage) -> Row:
    sheet, receipt = page.sheet, page.payment.receipt if page.payment else None
    cells: list[Cell] = [
        sheet.book.number,
        page.page,
        minute_text(page.written_ms) if page.written_ms else "",
        sheet.written_by.spoken_name,
        minute_text(sheet.entered_ms),
        sheet.entered_by.spoken_name,
        receipt.room if receipt else "",
        page.voucher_id or "",
        f"{receipt.number:08d}" if receipt else "",
        receipt.amount_fen * MICRO_YUAN_PER_FEN if receipt else None,
        page.void_reason,
    ]
    links = {"receipt": reverse("desk:receipt", args=[receipt.number])} if receipt else {}
    return Row(cells, links)


def pages_of(sheets: Iterable[OutageSheet]) -> Iterable[OutagePage]:
    """Give the pages of sheets with all that a table needs."""
    pages = OutagePage.objects.filter(sheet__in=sheets).order_by("sheet", "page")
    return pages.select_related(
        "sheet__book", "sheet__written_by", "sheet__entered_by", "payment__receipt", "voucher"
    )
