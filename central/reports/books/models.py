"""The fold of the ledger by account and period, how far it came, and which periods are locked.

Locks are facts and never change. All else here is made of the ledger and of gateways' entries, and can be made anew from them.
Periods are numbered as in `domain/book_periods`; amounts are in the account's unit, micro-yuan or Wh.
"""

from django.db import models
from django.db.models import F, Q

from central.domain.book_periods import Locked
from central.domain.book_rows import OPEN_END
from central.ledger.models import ImmutableModel


class PeriodLock(ImmutableModel):
    """An accounting period of a building that all have agreed on: what comes later counts in a later one (R-4.1.9)."""

    building = models.CharField(max_length=16)
    period = models.CharField(max_length=16)
    """Its name, `period:2026-11`."""
    ordinal = models.IntegerField()
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    """The edges as they were used."""
    position = models.BigIntegerField()
    """Of the ledger's chain: what has a higher one came after the lock."""
    entries = models.JSONField(default=dict)
    """By gateway and epoch, the last row whose energy was counted before the lock."""
    locked_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "ordinal"], name="one_lock_per_period")]

    @property
    def locked(self) -> Locked:
        """Give it as the rules take it."""
        return Locked(self.ordinal, self.from_ms, self.until_ms, self.position, self.entries)


class FoldState(models.Model):
    """How far the fold came. One row; who writes what is folded locks it."""

    turns = models.BigIntegerField(default=0)
    """Moved by each write: what was made of an older state is thrown away."""
    position = models.BigIntegerField(default=0)
    """The last row of the ledger's chain that is folded."""
    newest_ms = models.BigIntegerField(default=0)
    """The latest instant of all that is folded."""
    edges = models.JSONField(default=dict)
    """When accounting periods begin, by number, as used."""
    settings = models.CharField(max_length=40, default="")
    """Which dated settings the edges were read from: another mark means that they are to be read anew."""

    @property
    def begins(self) -> dict[int, int]:
        """Give the edges by number: JSON keeps its keys as text."""
        return {int(number): at_ms for number, at_ms in self.edges.items()}


class EnergyPosition(models.Model):
    """Up to which row a gateway's entries are folded, by epoch."""

    gateway = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch"], name="one_fold_per_epoch")]


class BookRow(models.Model):
    """What an account's balance did in a period. It lasts until the account's next row: a period without a change has none."""

    kind = models.CharField(max_length=8)
    ordinal = models.IntegerField()
    account = models.CharField(max_length=64)
    unit = models.CharField(max_length=8)
    until = models.IntegerField(default=OPEN_END)
    """The number of the account's next row."""
    building = models.CharField(max_length=16)
    """Empty for an account that no building has."""
    opening = models.BigIntegerField(default=0)
    takings = models.BigIntegerField(default=0)
    subsidies = models.BigIntegerField(default=0)
    refunds = models.BigIntegerField(default=0)
    consumption = models.BigIntegerField(default=0)
    other = models.BigIntegerField(default=0)
    closing = models.BigIntegerField(default=0)
    energy_wh = models.BigIntegerField(default=0)
    outside = models.BigIntegerField(default=0)
    """How much of the closing balance is no credit: debts and bills (below zero), what was taken back and not paid out."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "unit", "kind", "ordinal"], name="one_row_per_account_period"
            )
        ]
        indexes = [
            models.Index(fields=["kind", "ordinal", "building"], name="rows_of_period"),
            models.Index(fields=["account"], condition=Q(until=OPEN_END), name="newest_row_of_account"),
            models.Index(
                fields=["kind", "ordinal"], condition=Q(until__gt=F("ordinal") + 1), name="rows_that_last"
            ),
        ]


class BookSheet(models.Model):
    """A building's rows of a period as they are read, made by the first reader; the fold drops it when one of them changes."""

    kind = models.CharField(max_length=8)
    ordinal = models.BigIntegerField()
    """Of 64 bits, as prepared statements ask for it."""
    building = models.CharField(max_length=16)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "ordinal", "building"], name="one_sheet_per_building_and_period"
            )
        ]


class LateBooking(models.Model):
    """A row that counts later than it happened, since its own period was locked when it came."""

    ordinal = models.IntegerField()
    """In which accounting period it counts."""
    belongs_to = models.IntegerField()
    building = models.CharField(max_length=16)
    source = models.CharField(max_length=120)
    """The transfer; for energy that cost nothing, the gateway's entry."""
    what = models.CharField(max_length=32)
    account = models.CharField(max_length=64)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    """By how much the account's balance grew; energy in Wh."""
    at_ms = models.BigIntegerField()
    booked_ms = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["ordinal", "building"], name="late_rows_of_period")]
