"""True-ups of what nobody metered, as they were booked: owed or given back, and until when nothing of it is collected (R-4.3.5)."""

from django.db import models

from central.campus.models import Account
from central.ledger.models import ImmutableModel


class DebtTrueUp(ImmutableModel):
    """One true-up of one account, or its reversal. Above zero its occupants owe it, below zero it was given to them."""

    name = models.CharField(max_length=64, primary_key=True)
    """`tu-12`; its reversal is `tu-12-r`: each is booked once."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="true_ups")
    """Who pays: the account itself, or the one it pays from."""
    used_by = models.CharField(max_length=64)
    """The account whose room it was."""
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    """Micro-yuan or watt-hours, by `unit`."""
    energy_wh = models.BigIntegerField()
    is_estimated = models.BooleanField()
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    """The interval that it belongs to; `at_ms` is when it was booked: both dates of what comes late (R-4.1.9)."""
    collect_from_ms = models.BigIntegerField()
    """Before this instant nothing of it is taken from the room's credit."""
    owed_before = models.BigIntegerField(default=0)
    """A reversal: so much of it was still owed and is owed no longer; the rest had been paid, and was given back."""
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [models.CheckConstraint(condition=~models.Q(amount=0), name="true_up_not_zero")]
