"""Penalties for stolen power as debts of their own: laid on whom by which approval, what an appeal left of it (R-4.2.4)."""

from django.conf import settings
from django.db import models

from central.campus.models import Account
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class DebtPenalty(ImmutableModel):
    """A penalty owed by those who lived in a room. It is paid at the desk and never taken from the room's credit."""

    approval = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="penalties")
    case = models.BigIntegerField(unique=True)
    """The number of the case: one penalty each."""
    names = models.CharField(max_length=200)
    """Those who lived there when it was discovered: it stays theirs, whoever lives there later."""
    energy_wh = models.BigIntegerField()
    micro_yuan_per_kwh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="penalty_above_zero")
        ]


class PenaltyChange(ImmutableModel):
    """What an appeal left of a penalty: the ledger was moved by entries, the penalty's row stays as it was."""

    approval = models.BigIntegerField(primary_key=True)
    penalty = models.OneToOneField(DebtPenalty, on_delete=models.PROTECT, related_name="change")
    energy_wh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    """What stands of it."""
    back_fen = models.BigIntegerField()
    """What had been paid above that: owed back to who paid."""
    why = models.CharField(max_length=300)
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0, back_fen__gte=0, energy_wh__gte=0),
                name="penalty_change_not_below_zero",
            )
        ]


class PenaltyPaidBack(ImmutableModel):
    """What was owed back of a penalty left the drawer of an open shift."""

    change = models.OneToOneField(
        PenaltyChange, on_delete=models.PROTECT, primary_key=True, related_name="paid_back"
    )
    amount_fen = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
