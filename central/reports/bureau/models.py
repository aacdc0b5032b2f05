"""Bills of the power bureau as finance entered them. Written once: a wrong one is corrected by a new row (R-4.1.9)."""

from django.conf import settings
from django.db import models

from central.campus.models import Building
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL
REASON_LENGTH = 300


class BureauBill(ImmutableModel):
    """What the bureau asks for an accounting period, of one building's connection or of the whole campus."""

    key = models.CharField(max_length=32, unique=True)
    """Made by the page that enters it: the same again is the same bill."""
    period = models.CharField(max_length=24, db_index=True)
    """The accounting period's name: `period:2026-11`."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="bureau_bills")
    """None: the whole campus."""
    number = models.CharField(max_length=40)
    """As it is printed on the bill."""
    day = models.DateField()
    energy_wh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    note = models.CharField(max_length=REASON_LENGTH, blank=True)
    """What else is to be known; of a correction, why it was made."""
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(energy_wh__gte=0, amount_fen__gte=0), name="bureau_bill_not_negative"
            )
        ]

    @property
    def said(self) -> str:
        """The row as the audit chain keeps it."""
        where = self.building.code if self.building else "*"
        figures = f"{self.energy_wh} Wh, {self.amount_fen} fen"
        return f"{self.period} {where}, {self.number}, {self.day.isoformat()}: {figures}"
