"""Shifts at the desk (R-4.1.1a): who had which drawer from when to when, with its counts; and the roster they stand beside.

What began and what ended a shift are rows of their own and are never edited; only the drawer says which shift has it now.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.domain.roster import DutyKind
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL
DRAWER_LENGTH = 40


class Shift(ImmutableModel):
    """One cashier at one drawer. Numbers have no gap. What is taken in it belongs to its `day`."""

    number = models.BigIntegerField(primary_key=True)
    drawer = models.CharField(max_length=DRAWER_LENGTH)
    cashier = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="shifts")
    stands_in_for = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, related_name="shifts_stood_in"
    )
    """Whom a delegation lets the cashier act for; both names go on the receipts."""
    day = models.DateField(db_index=True)
    """The day it is booked on: that of its beginning, or the next one that is not closed."""
    opened_ms = models.BigIntegerField()
    float_fen = models.BigIntegerField()
    pieces = models.JSONField(default=dict, blank=True)
    """Number of pieces by denomination in fen; empty when only the total was typed."""
    float_change_fen = models.BigIntegerField(default=0)
    """Counted above what the shift before had left; below zero it was missing."""
    reason = models.CharField(max_length=200, blank=True)
    """Why the float is another one than was left."""
    follows = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="handed_over_to")
    outside_hours = models.BooleanField(default=False)
    off_roster = models.BooleanField(default=False)
    """The roster names others for this day."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(float_fen__gte=0), name="shift_float_not_below_zero")
        ]


class ShiftEnd(ImmutableModel):
    """The count that ended a shift: by its cashier, or by another one who gives the reason."""

    shift = models.OneToOneField(Shift, on_delete=models.PROTECT, primary_key=True, related_name="end")
    ended_ms = models.BigIntegerField()
    ended_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    pieces = models.JSONField()
    counted_fen = models.BigIntegerField()
    taken_fen = models.BigIntegerField()
    """In cash."""
    paid_out_fen = models.BigIntegerField()
    expected_fen = models.BigIntegerField()
    left_fen = models.BigIntegerField()
    """What stays in the drawer; the rest went to the safe."""
    receipts = models.IntegerField()
    reason = models.CharField(max_length=200, blank=True)

    @property
    def difference_fen(self) -> int:
        """Counted above what the books expect."""
        return self.counted_fen - self.expected_fen

    @property
    def moved_fen(self) -> int:
        """What went to the safe."""
        return self.counted_fen - self.left_fen


class Drawer(models.Model):
    """A drawer of the desk as it is now. Locking its row keeps a shift open until what is done in it is committed."""

    name = models.CharField(max_length=DRAWER_LENGTH, primary_key=True)
    open_shift = models.OneToOneField(Shift, on_delete=models.PROTECT, null=True, related_name="open_at")
    left_fen = models.BigIntegerField(default=0)
    """What lies in it between shifts."""


class CashOut(ImmutableModel):
    """Cash that left a drawer for a customer, once per request (C-7, C-8)."""

    request_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cash_outs")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="cash_outs")
    cashier = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="cash_outs")
    amount_fen = models.BigIntegerField()
    at_ms = models.BigIntegerField()


class CashDifference(ImmutableModel):
    """Cash that is not what the books say: named, with its reason, booked. The sign is the cash's: below zero it is missing."""

    class Where(models.TextChoices):
        """At which count it was found."""

        OPENING = "opening", _("float at the opening")
        ENDING = "ending", _("count at the end")
        HAND_IN = "hand-in", _("hand-in to finance")

    id = models.CharField(max_length=40, primary_key=True)
    """`shift-12-ending`, `hand-in-3`."""
    where = models.CharField(max_length=16, choices=Where.choices)
    day = models.DateField(db_index=True)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="differences")
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    at_ms = models.BigIntegerField()
    named_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    needs_approval = models.BooleanField()


class DifferenceApproved(ImmutableModel):
    """A difference that the offices approved: only then it is booked as over or short."""

    difference = models.OneToOneField(
        CashDifference, on_delete=models.PROTECT, primary_key=True, related_name="approved"
    )
    approval = models.BigIntegerField()
    at_ms = models.BigIntegerField()


class RosterRotation(ImmutableModel):
    """Crews that take turns over a span of days; the newest that covers a day holds."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in DutyKind])
    first = models.DateField()
    last = models.DateField()
    crews = models.JSONField()
    """Lists of people's ids."""
    turn_days = models.IntegerField(default=1)
    made_by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()


class RosterChange(ImmutableModel):
    """A day's duty changed by hand; the newest holds."""

    day = models.DateField(db_index=True)
    people = models.JSONField()
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()
