"""Vouchers that were signed before anybody paid, for when central is down; which of them a gateway credited, which were destroyed.

A voucher of the stock is a grant that is not given yet: it has its id and serial (C-6), and no transfer, delivery or command.
When its sale is entered it becomes an ordinary grant under that very serial, so that it credits once whatever came first.
"""

from django.db import models

from central.campus.models import Account
from central.ledger.models import ImmutableModel


class StockVoucher(ImmutableModel):
    """One sealed voucher: whose account it credits with how much, and by which keys its code was made."""

    number = models.CharField(max_length=24, primary_key=True)
    """As it is printed on the envelope: `3-012`."""
    stock = models.BigIntegerField(db_index=True)
    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="stock_vouchers")
    serial = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="stock_vouchers")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    grant_id = models.CharField(max_length=64, unique=True)
    keys = models.CharField(max_length=64)
    """A digest of the two public keys: a replaced key makes every earlier code a stranger's."""
    made_ms = models.BigIntegerField()

    class Meta:
        app_label = "link"
        ordering = ["stock", "number"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "serial"], name="one_stock_voucher_per_serial"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="stock_voucher_above_zero"),
        ]


class VoucherRedeemed(ImmutableModel):
    """A gateway credited a voucher before its sale was entered: booked as credit of unknown origin until it is."""

    voucher = models.OneToOneField(
        StockVoucher, on_delete=models.PROTECT, primary_key=True, related_name="redeemed"
    )
    entry = models.CharField(max_length=120)
    at_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()

    class Meta:
        app_label = "link"


class VoucherDestroyed(ImmutableModel):
    """An unsold voucher was destroyed by two people: it can never be sold. What its code would still do is an alarm."""

    voucher = models.OneToOneField(
        StockVoucher, on_delete=models.PROTECT, primary_key=True, related_name="destroyed"
    )
    approval = models.BigIntegerField()
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "link"
