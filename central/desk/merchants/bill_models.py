"""Monthly bills: as they were signed, with the registers and prices they come from; credit notes, and payments of them."""

from django.conf import settings
from django.db import models

from central.campus.models import Account
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class MonthlyBill(ImmutableModel):
    """A bill: what an account's occupants owe for the energy between two registers. Numbers have no gap."""

    number = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="monthly_bills")
    period = models.CharField(max_length=24)
    """The accounting period's name whose run made it: `period:2026-11`."""
    room = models.CharField(max_length=64)
    occupants = models.CharField(max_length=200, blank=True)
    class_name = models.CharField(max_length=80)
    unit = models.CharField(max_length=8)
    """In which the gateway keeps the account: what is used is owed here from now on."""
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    energy_wh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    due_day = models.DateField()
    approval = models.BigIntegerField()
    signed_by = models.CharField(max_length=400)
    issued_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="bill_above_zero"),
            models.CheckConstraint(condition=models.Q(until_ms__gt=models.F("from_ms")), name="bill_span"),
        ]


class BillMeter(ImmutableModel):
    """A meter's part of a bill: its first and last register, and how each is known."""

    bill = models.ForeignKey(MonthlyBill, on_delete=models.PROTECT, related_name="meters")
    place = models.PositiveSmallIntegerField()
    meter = models.CharField(max_length=64)
    from_ms = models.BigIntegerField()
    first_wh = models.BigIntegerField()
    first_source = models.CharField(max_length=16)
    until_ms = models.BigIntegerField()
    last_wh = models.BigIntegerField()
    last_source = models.CharField(max_length=16)

    class Meta:
        app_label = "desk"
        ordering = ["bill_id", "place"]
        constraints = [models.UniqueConstraint(fields=["bill", "place"], name="one_bill_meter_per_place")]


class BillLine(ImmutableModel):
    """Energy at one price; the lines' fen make the bill."""

    bill = models.ForeignKey(MonthlyBill, on_delete=models.PROTECT, related_name="lines")
    place = models.PositiveSmallIntegerField()
    micro_yuan_per_kwh = models.BigIntegerField()
    energy_wh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["bill_id", "place"]
        constraints = [models.UniqueConstraint(fields=["bill", "place"], name="one_bill_line_per_place")]


class CreditNote(ImmutableModel):
    """A bill, or a part of it, taken back with signatures. What is taken back whole is billed anew by the next run."""

    number = models.BigIntegerField(primary_key=True)
    bill = models.ForeignKey(MonthlyBill, on_delete=models.PROTECT, related_name="credits")
    amount_fen = models.BigIntegerField()
    energy_wh = models.BigIntegerField(default=0)
    """Of an account kept in kWh: goes back to its use."""
    why = models.CharField(max_length=300)
    approval = models.BigIntegerField(unique=True)
    signed_by = models.CharField(max_length=400)
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="credit_note_above_zero")
        ]


class BillPayment(ImmutableModel):
    """A payment of a bill, or of a part of it."""

    payment = models.OneToOneField(
        "desk.Payment", on_delete=models.PROTECT, primary_key=True, related_name="bill_payment"
    )
    bill = models.ForeignKey(MonthlyBill, on_delete=models.PROTECT, related_name="payments")

    class Meta:
        app_label = "desk"
