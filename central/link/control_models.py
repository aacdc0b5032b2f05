"""What gateways told of rooms under software control, and of lock-outs (R-4.3.4, R-4.3.5): kept as long as money is."""

from django.db import models

from central.ledger.models import ImmutableModel


class SoftwareControl(ImmutableModel):
    """A room whose meter is faulty, from its last good register on: supplied, and billed nothing by its gateway (R-4.3.5)."""

    control = models.CharField(max_length=150, primary_key=True)
    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="controls")
    account = models.CharField(max_length=64, db_index=True)
    meter = models.CharField(max_length=64, blank=True)
    """The faulty one; empty where the account had none."""
    began_ms = models.BigIntegerField()
    began_trusted = models.BooleanField()
    last_good_wh = models.BigIntegerField(null=True)
    """The account is billed up to here; None where the meter was never read."""
    last_good_ms = models.BigIntegerField(null=True)
    """From here on nothing was metered."""
    last_good_trusted = models.BooleanField(default=False)
    last_good_frame = models.TextField(blank=True)
    last_read_by = models.CharField(max_length=64, blank=True)
    """Who read the display; empty where the gateway read the meter."""
    wh_per_day = models.BigIntegerField(default=0)
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=500)
    ref = models.CharField(max_length=64, blank=True, db_index=True)
    """The fault or work order it belongs to."""
    received_ms = models.BigIntegerField()


class SoftwareControlEnd(ImmutableModel):
    """How it ended. What the faulty meter counted meanwhile is billed to nobody; from `first_wh` on the room is metered."""

    control = models.OneToOneField(
        SoftwareControl, on_delete=models.PROTECT, primary_key=True, related_name="ended"
    )
    end = models.CharField(max_length=16)
    """`swapped`, `good-again`, `bound` or `account-gone`."""
    at_ms = models.BigIntegerField()
    at_trusted = models.BooleanField()
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=500)
    last_wh = models.BigIntegerField(null=True)
    """What the faulty meter showed at the end; None where it could not be read."""
    last_read_by = models.CharField(max_length=64, blank=True)
    counted_wh = models.BigIntegerField(null=True)
    new_meter = models.CharField(max_length=64, blank=True)
    first_wh = models.BigIntegerField(null=True)
    first_frame = models.TextField(blank=True)
    first_read_by = models.CharField(max_length=64, blank=True)
    swap = models.CharField(max_length=150, blank=True)
    received_ms = models.BigIntegerField()


class LockOut(models.Model):
    """A person's lock-out of a relay, as its gateway told it: nothing closes the relay until `owner` releases it (R-4.3.4)."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="lock_outs")
    meter = models.CharField(max_length=64, db_index=True)
    owner = models.CharField(max_length=16)
    """`technician` (on site) or `central`."""
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=500)
    ref = models.CharField(max_length=64, blank=True, db_index=True)
    command = models.CharField(max_length=64, blank=True)
    since_ms = models.BigIntegerField()
    since_trusted = models.BooleanField()
    ended_ms = models.BigIntegerField(null=True)
    ended_trusted = models.BooleanField(default=False)
    ended_by = models.CharField(max_length=64, blank=True)
    ended_why = models.CharField(max_length=500, blank=True)
    received_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meter", "owner"],
                condition=models.Q(ended_ms=None),
                name="one_standing_lock_per_owner",
            )
        ]
