"""What was corrected and adjusted, and what became of the credit that had been given wrongly. Nothing here is ever edited."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class Reclaim(ImmutableModel):
    """Credit that an account was given wrongly: what is left of it is taken back, the rest is owed (C-7)."""

    reclaim_id = models.CharField(max_length=48, primary_key=True)
    """Also the first request's id; asked again, the request has a dot and a number behind it."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reclaims")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    """Micro-yuan or watt-hours, by `unit`."""
    why = models.CharField(max_length=200)
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="reclaim_above_zero")]


class ReclaimEnd(ImmutableModel):
    """What was taken back in the end, and what is owed; together they are the reclaim's amount."""

    reclaim = models.OneToOneField(Reclaim, on_delete=models.PROTECT, primary_key=True, related_name="end")
    taken = models.BigIntegerField()
    owed = models.BigIntegerField()
    request = models.CharField(max_length=64, blank=True)
    """The request whose answer it was; empty when central's own books decided: no gateway had the credit."""
    at_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(taken__gte=0, owed__gte=0), name="reclaim_end_not_below_zero"
            )
        ]


class Correction(ImmutableModel):
    """A receipt made void on the day of its payment, with or without one in its place (R-4.1.5)."""

    class Kind(models.TextChoices):
        """What had been wrong."""

        ROOM = "room", _("wrong room")
        AMOUNT = "amount", _("wrong amount")
        ITEMS = "items", _("wrong items")
        NONE = "none", _("should not have been")

    correction_id = models.CharField(max_length=40, primary_key=True)
    """Made by the page that asked; also the id of the payment in its place."""
    void = models.OneToOneField("desk.ReceiptVoid", on_delete=models.PROTECT, related_name="correction")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reclaim = models.OneToOneField(Reclaim, on_delete=models.PROTECT, null=True, related_name="correction")
    """None for charges: no credit was bought with them."""


class Adjustment(ImmutableModel):
    """An error of the college itself, put right after its day with two approvals: credit given, or credit asked back."""

    approval = models.BigIntegerField(primary_key=True)
    """The request that was signed."""
    receipt = models.ForeignKey("desk.Receipt", on_delete=models.PROTECT, related_name="adjustments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adjustments")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    """Above zero it was given, below zero taken; micro-yuan or watt-hours, by `unit`."""
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    signed_by = models.CharField(max_length=400)
    at_ms = models.BigIntegerField(db_index=True)
    grant = models.CharField(max_length=64, unique=True, null=True)
    reclaim = models.OneToOneField(Reclaim, on_delete=models.PROTECT, null=True, related_name="adjustment")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, grant__isnull=False, reclaim__isnull=True)
                | models.Q(amount__lt=0, grant__isnull=True, reclaim__isnull=False),
                name="adjustment_gives_or_takes",
            )
        ]
