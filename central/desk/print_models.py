"""Who printed which paper of a payment, and which receipts are void. Nothing here is ever edited."""

from django.conf import settings
from django.db import models

from central.domain.receipt_prints import PrintedPaper, PrintLayout
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class ReceiptPrint(ImmutableModel):
    """One printing. Number 0 is the first; every later one is a copy with its reason (R-4.1.2)."""

    receipt = models.ForeignKey("desk.Receipt", on_delete=models.PROTECT, related_name="prints")
    paper = models.CharField(max_length=8, choices=[(paper.value, paper.value) for paper in PrintedPaper])
    copy = models.IntegerField()
    layout = models.CharField(max_length=8, choices=[(layout.value, layout.value) for layout in PrintLayout])
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    at_ms = models.BigIntegerField()
    reason = models.CharField(max_length=120, blank=True)
    delivery = models.CharField(max_length=300, blank=True)
    """What a charge slip said about the supply at that instant."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt", "paper", "copy"], name="one_print_per_number"),
            models.CheckConstraint(
                condition=models.Q(copy=0) | ~models.Q(reason=""), name="a_copy_has_a_reason"
            ),
        ]


class ReceiptVoid(ImmutableModel):
    """A receipt that a correction made void (R-4.1.5): the new one prints the reason and this one's number."""

    receipt = models.OneToOneField(
        "desk.Receipt", on_delete=models.PROTECT, primary_key=True, related_name="void"
    )
    replaced_by = models.OneToOneField(
        "desk.Receipt", on_delete=models.PROTECT, null=True, related_name="replaces"
    )
    reason = models.CharField(max_length=200)
    shift = models.ForeignKey("desk.Shift", on_delete=models.PROTECT, null=True, related_name="voids")
    """The shift whose drawer gave the money back; the receipt's own sum is taken off this one's day."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
