"""What the desk took and what it gave for it: payments and their numbered receipts. Neither is ever edited."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.desk import book_models, print_models
from central.ledger.models import ImmutableModel

TABLES_OF_PAPERS = (book_models, print_models)
"""Named here because Django looks for tables in this module."""


class Payment(ImmutableModel):
    """Money taken once. The id is made by the page that asked, so that a double click pays once."""

    class Method(models.TextChoices):
        """How it was paid."""

        CASH = "cash", _("cash")

    payment_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    bucket = models.CharField(max_length=32)
    amount_fen = models.BigIntegerField()
    method = models.CharField(max_length=16, choices=Method.choices, default=Method.CASH)
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments")
    at_ms = models.BigIntegerField(db_index=True)
    grant = models.CharField(max_length=64, unique=True)
    """The GrantId that carries the credit to the gateway."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payment_above_zero")
        ]


class Receipt(ImmutableModel):
    """The one legal original of a payment; numbers have no gap (R-4.1.2). It keeps what it printed."""

    number = models.BigIntegerField(primary_key=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    room = models.CharField(max_length=64)
    occupants = models.CharField(max_length=200, blank=True)
    class_name = models.CharField(max_length=80)
    cashier_name = models.CharField(max_length=150)
    amount_fen = models.BigIntegerField()
    credited = models.BigIntegerField()
    """Micro-yuan or watt-hours, by `unit`."""
    unit = models.CharField(max_length=8)
    balance_before = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    micro_yuan_per_kwh = models.BigIntegerField()
    at_ms = models.BigIntegerField()


class ReceiptSeries(models.Model):
    """Hands out receipt numbers; its row is locked until the receipt is committed, so that none is skipped."""

    name = models.CharField(max_length=16, primary_key=True)
    last_number = models.BigIntegerField(default=0)
