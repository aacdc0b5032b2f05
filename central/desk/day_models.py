"""The closed day and what is handed in to finance (R-4.1.7, R-4.1.8). Nothing here is ever edited."""

from django.conf import settings
from django.db import models

from central.domain.day_totals import Totals
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class DayClose(ImmutableModel):
    """A day's totals as they were closed, one per day, numbered without a gap. What comes later is booked on a later day."""

    number = models.BigIntegerField(primary_key=True)
    day = models.DateField(unique=True)
    closed_ms = models.BigIntegerField()
    closed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    shifts = models.IntegerField()
    receipts = models.IntegerField()
    first_receipt = models.BigIntegerField(null=True)
    last_receipt = models.BigIntegerField(null=True)
    dormitory = models.BigIntegerField()
    merchant = models.BigIntegerField()
    staff = models.BigIntegerField()
    repair = models.BigIntegerField()
    on_behalf = models.BigIntegerField()
    penalty = models.BigIntegerField(default=0)
    """Paid of penalties for stolen power (R-4.2.4)."""
    card = models.BigIntegerField()
    paid_out = models.BigIntegerField()
    difference = models.BigIntegerField()
    voids = models.IntegerField(default=0)
    """Receipts made void in its shifts."""
    moved_fen = models.BigIntegerField()
    """Cash that went to the safe."""
    float_change_fen = models.BigIntegerField()
    """What stayed in the drawers more than was in them before."""

    @property
    def totals(self) -> Totals:
        """The day's totals; all in fen."""
        return Totals(
            self.dormitory,
            self.merchant,
            self.staff,
            self.repair,
            self.on_behalf,
            self.card,
            self.receipts,
            self.paid_out,
            self.difference,
            self.voids,
            self.penalty,
        )


class HandIn(ImmutableModel):
    """A batch of closed days handed in to finance: cash, receipts from and to, void pages, bank slip."""

    number = models.BigIntegerField(primary_key=True)
    made_ms = models.BigIntegerField()
    handed_in_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    first_receipt = models.BigIntegerField(null=True)
    last_receipt = models.BigIntegerField(null=True)
    receipts = models.IntegerField()
    void_pages = models.CharField(max_length=400, blank=True)
    """Void pages of the receipt books that lie with the batch."""
    bank_slip = models.CharField(max_length=80, blank=True)
    expected_fen = models.BigIntegerField()
    cash_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    """Why the cash differs from what is expected."""

    @property
    def difference_fen(self) -> int:
        """Handed in above what is expected."""
        return self.cash_fen - self.expected_fen


class HandInDay(ImmutableModel):
    """A closed day in a batch. A day is in one batch that finance has not sent back."""

    hand_in = models.ForeignKey(HandIn, on_delete=models.PROTECT, related_name="days")
    day_close = models.ForeignKey(DayClose, on_delete=models.PROTECT, related_name="hand_ins")


class HandInEnd(ImmutableModel):
    """Finance's word on a batch: received, or sent back with the reason."""

    hand_in = models.OneToOneField(HandIn, on_delete=models.PROTECT, primary_key=True, related_name="end")
    received = models.BooleanField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)
