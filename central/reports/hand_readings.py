"""The agreed table of readings by hand in six copies: every building of an accounting period (R-4.3.7, R-4.1.9)."""

from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.domain.paper import Paper
from central.domain.periods import Period, PeriodKind
from central.losses.readings.models import ReadingSheet
from central.losses.readings.papers import table_paper
from central.office.roles import SEE_REPORTS
from central.papers.catalogue import Report


def build(period: Period) -> Paper:
    """Make the tables that were signed, building by building; what is not agreed yet stands in the overview."""
    return table_paper(period, Building.objects.order_by("code"))


def is_settled(period: Period) -> bool:
    """Say whether every building's sheet is agreed: before that, lines may still come."""
    agreed = ReadingSheet.objects.filter(period=period.name, state=ReadingSheet.State.AGREED)
    return (
        not Building.objects.exclude(pk__in=agreed.values("building")).filter(meters__isnull=False).exists()
    )


HAND_READINGS = Report(
    code="agreed-readings",
    title=gettext_lazy("Agreed meter readings"),
    about=gettext_lazy(
        "Every meter read by hand, its automatic register, the value that both houses signed; against the master. Six copies."
    ),
    periods=(PeriodKind.ACCOUNTING,),
    roles=SEE_REPORTS,
    build=build,
    is_settled=is_settled,
)
