"""Registers of receipt books: what is bound and where it is stored; which pages never went out, and why (R-4.1.2, R-4.1.8)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import campus_day, local
from central.desk.book_models import BookPageMark, BoundRange, BoundVolume
from central.desk.book_queries import void_marks, volumes
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words


def build_volumes(period: Period) -> Paper:
    """Make the register of the volumes that were bound in a period, with the place where each is now."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("number", "№", Kind.COUNT, 6),
        Column("title", _("Title"), width=18),
        Column("content", _("What is in it"), width=24),
        Column("bound", _("Bound"), width=10),
        Column("by", _("Bound by"), width=12),
        Column("place", _("Stored at"), width=18),
        Column("since", _("Stored since"), width=10),
    ]
    found = volumes().filter(bound_ms__gte=from_ms, bound_ms__lt=until_ms).order_by("number")
    rows = [_volume_row(volume) for volume in found]
    return _paper("bound-volumes", _("Register of bound volumes"), period, Table("", columns, rows))


def _volume_row(volume: BoundVolume) -> Row:
    place = max(volume.places.all(), key=lambda one: one.pk, default=None)
    return Row(
        [
            volume.number,
            volume.title,
            "、".join(_range_text(one) for one in volume.ranges.all()),
            campus_day(volume.bound_ms).isoformat(),
            volume.by.spoken_name,
            place.place if place else "",
            place.since.isoformat() if place else "",
        ],
        {"number": reverse("desk:volumes")},
    )


def _range_text(one: BoundRange) -> str:
    name = one.book.number if one.book else _("receipts")
    return f"{name} {one.first}-{one.last}"


def build_gaps(period: Period) -> Paper:
    """List the pages that were made void in a period, each with its reason and who said so."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("book", _("Book"), width=12),
        Column("page", _("Page"), Kind.COUNT, 8),
        Column("mark", _("What became of it"), width=14),
        Column("reason", _("Reason"), width=28),
        Column("by", _("Said by"), width=12),
        Column("at", _("Time"), width=16),
    ]
    rows = [_gap_row(gap) for gap in void_marks().filter(at_ms__gte=from_ms, at_ms__lt=until_ms)]
    return _paper("receipt-gaps", _("Void pages of receipt books"), period, Table("", columns, rows))


def _gap_row(gap: BookPageMark) -> Row:
    cells = [
        gap.book.number,
        gap.page,
        str(BookPageMark.Word(gap.mark).label),
        gap.note,
        gap.by.spoken_name,
        local(gap.at_ms).strftime("%Y-%m-%d %H:%M"),
    ]
    return Row(cells, {"book": reverse("desk:book", args=[gap.book_id])})


def _paper(code: str, title: str, period: Period, table: Table) -> Paper:
    from_ms, until_ms = instants_of(period)
    return Paper(
        code=code,
        document="",
        title=title,
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[table],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Card room"), _("Checked by")],
        notes=[],
    )


PERIODS = (PeriodKind.YEAR, PeriodKind.MONTH, PeriodKind.ACCOUNTING)
BOUND_VOLUMES = Report(
    code="bound-volumes",
    title=gettext_lazy("Register of bound volumes"),
    about=gettext_lazy("Receipts that are bound: which pages, by whom, where they are stored."),
    periods=PERIODS,
    roles=SEE_MONEY,
    build=build_volumes,
)
RECEIPT_GAPS = Report(
    code="receipt-gaps",
    title=gettext_lazy("Void pages of receipt books"),
    about=gettext_lazy(
        "Pages that never went out: missing, wrong, surplus, stained, spoiled or skipped, each with its reason."
    ),
    periods=PERIODS,
    roles=SEE_MONEY,
    build=build_gaps,
)
