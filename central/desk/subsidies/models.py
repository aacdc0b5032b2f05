"""Batches of subsidies, as asked, carried out and undone. Each row is written once: what was signed stays.

Amounts without a unit in their name are in the batch's unit: micro-yuan or watt-hours. Instants are milliseconds since 1970 in
UTC (`*_ms`).
"""

from django.conf import settings
from django.db import models

from central.campus.models import Account, Building, CustomerClass
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class SubsidyBatch(ImmutableModel):
    """So much a head for rooms of one class, into one of its subsidy buckets."""

    batch_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page that asks: the same again is the same batch. Grants are named after it."""
    customer_class = models.ForeignKey(CustomerClass, on_delete=models.PROTECT, related_name="+")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    per_head = models.BigIntegerField()
    heads_on = models.DateField()
    """The day whose occupants are counted."""
    expires_ms = models.BigIntegerField(default=0)
    """0: never."""
    digest = models.CharField(max_length=64)
    """SHA-256 of what is above and of the rows: what is signed is what is carried out."""
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"


class SubsidyRow(ImmutableModel):
    """One room's heads and amount. `account` is credited: the room's own, or the one that it pays from (C-4)."""

    batch = models.ForeignKey(SubsidyBatch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="subsidies")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    room = models.CharField(max_length=64)
    heads = models.PositiveIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_subsidy_per_number"),
            models.UniqueConstraint(fields=["batch", "room"], name="one_subsidy_per_room"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="subsidy_above_zero"),
        ]

    @property
    def grant_id(self) -> str:
        """The grant that carries it; fixed by the row, so that it is given once (C-1)."""
        return f"s-{self.batch_id}-{self.number}"

    @property
    def back_id(self) -> str:
        """The request that asks it back (C-7)."""
        return f"su-{self.batch_id}-{self.number}"


class SubsidyDone(ImmutableModel):
    """A batch was carried out, by whose signatures."""

    batch = models.OneToOneField(
        SubsidyBatch, on_delete=models.PROTECT, primary_key=True, related_name="done"
    )
    done_ms = models.BigIntegerField(db_index=True)
    approval = models.BigIntegerField()
    signed_by = models.CharField(max_length=400)

    class Meta:
        app_label = "desk"


class SubsidyLeftOut(ImmutableModel):
    """A signed row that could not be credited when the last signature was given; its room got nothing by this batch."""

    row = models.OneToOneField(
        SubsidyRow, on_delete=models.PROTECT, primary_key=True, related_name="left_out"
    )
    why = models.CharField(max_length=32)

    class Meta:
        app_label = "desk"


class SubsidyUndo(ImmutableModel):
    """The one way back of a batch: what is left of it was asked back of the gateways."""

    batch = models.OneToOneField(
        SubsidyBatch, on_delete=models.PROTECT, primary_key=True, related_name="undo"
    )
    why = models.CharField(max_length=300)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
