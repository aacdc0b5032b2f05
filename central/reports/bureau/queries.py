"""Read the power bureau's bills: those that hold, and each with what it was before."""

from django.db.models import QuerySet

from central.domain.periods import Period
from central.reports.bureau.models import BureauBill


def all_bills() -> QuerySet[BureauBill]:
    """Give every row, the newest first."""
    return BureauBill.objects.select_related("building", "by", "corrects", "corrected_by")


def standing_bills(period: Period) -> list[BureauBill]:
    """Give the bills of an accounting period that hold: those that no later row corrects, the whole campus's first."""
    found = BureauBill.objects.filter(period=period.name, corrected_by=None).select_related("building")
    return sorted(found, key=lambda one: (one.building.code if one.building else "", one.pk))
