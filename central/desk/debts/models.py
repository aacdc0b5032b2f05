"""Debts split among persons, what was paid of them, what was written off. Written once; the ledger says what is left."""

from django.conf import settings
from django.db import models

from central.campus.models import Account
from central.desk.debts.penalty_models import DebtPenalty
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class DebtSplit(ImmutableModel):
    """A departed room's arrears, laid on the persons who lived there."""

    split_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page that asks: the same again is the same split."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debt_splits")
    total_fen = models.BigIntegerField()
    why = models.CharField(max_length=200)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"


class DebtShare(ImmutableModel):
    """One person's part: paid or written off by itself."""

    split = models.ForeignKey(DebtSplit, on_delete=models.PROTECT, related_name="shares")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    amount_fen = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["split", "number"]
        constraints = [
            models.UniqueConstraint(fields=["split", "number"], name="one_share_per_number"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="share_above_zero"),
        ]


class DebtPayment(ImmutableModel):
    """Which debt a payment was for: a room's, one person's share, or a penalty."""

    payment = models.OneToOneField(
        "desk.Payment", on_delete=models.PROTECT, primary_key=True, related_name="debt"
    )
    share = models.ForeignKey(DebtShare, on_delete=models.PROTECT, null=True, related_name="payments")
    penalty = models.ForeignKey(DebtPenalty, on_delete=models.PROTECT, null=True, related_name="payments")

    class Meta:
        app_label = "desk"


class DebtWriteOff(ImmutableModel):
    """A debt that nobody will pay any more, by whose approval."""

    approval = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="write_offs")
    share = models.ForeignKey(DebtShare, on_delete=models.PROTECT, null=True, related_name="write_offs")
    penalty = models.ForeignKey(DebtPenalty, on_delete=models.PROTECT, null=True, related_name="write_offs")
    amount_fen = models.BigIntegerField()
    why = models.CharField(max_length=300)
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="write_off_above_zero")
        ]
