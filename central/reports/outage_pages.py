"""Pages that were written by hand while the system was down and entered in a period: the supplementary day sheets (R-4.1.9)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.outage.models import OutageSheet
from central.desk.outage.tables import pages_of, pages_table
from central.domain.paper import Paper
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words


def build(period: Period) -> Paper:
    """List every page by sheet, with when it was written and when entered, and by whom."""
    from_ms, until_ms = instants_of(period)
    sheets = OutageSheet.objects.filter(entered_ms__gte=from_ms, entered_ms__lt=until_ms)
    return Paper(
        code="outage-pages",
        document="",
        title=_("Supplementary day sheet: pages entered later"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[pages_table(pages_of(sheets))],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Written by"), _("Entered by"), _("Checked by")],
        notes=[
            _(
                "The book's page is the original. Takings are booked on the day of the shift in which they were entered."
            ),
        ],
    )


OUTAGE_PAGES = Report(
    code="outage-pages",
    title=gettext_lazy("Supplementary day sheet: pages entered later"),
    about=gettext_lazy(
        "What was taken by hand while the system was down: page, written, entered, both names."
    ),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
)
