"""What gateways told of meters: replaced on site, read at a period's end (kept as long as the money they explain), found."""

from django.db import models

from central.ledger.models import ImmutableModel


class MeterSwap(ImmutableModel):
    """A meter that was replaced on site, as its gateway told it; the binding it made has the same code (R-4.3.5, C-3)."""

    swap = models.CharField(max_length=150, primary_key=True)
    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="swaps")
    account = models.CharField(max_length=64, blank=True, db_index=True)
    binding = models.CharField(max_length=64, blank=True)
    old_meter = models.CharField(max_length=64, db_index=True)
    new_meter = models.CharField(max_length=64, db_index=True)
    last_wh = models.BigIntegerField()
    first_wh = models.BigIntegerField()
    last_frame = models.TextField(blank=True)
    first_frame = models.TextField(blank=True)
    last_read_by = models.CharField(max_length=64, blank=True)
    """Who read the display; empty where the gateway read the meter."""
    first_read_by = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=500)
    from_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    at_trusted = models.BooleanField()
    last_at_ms = models.BigIntegerField()
    """From here to `at_ms` nothing was metered, and nothing is billed."""
    received_ms = models.BigIntegerField()


class PeriodRegister(models.Model):
    """A meter's register at an accounting period's closing instant (R-4.1.9): kept as long as the period is."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="period_registers")
    meter = models.CharField(max_length=64)
    period_ms = models.BigIntegerField()
    account = models.CharField(max_length=64, blank=True, db_index=True)
    register_wh = models.BigIntegerField()
    uncertainty_wh = models.BigIntegerField()
    method = models.CharField(max_length=16)
    at_ms = models.BigIntegerField()
    """When it became known: later than `period_ms` where it is booked late."""
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    own_wh = models.BigIntegerField(null=True)
    """The meter's own monthly register, where it ends its month at the same instant."""
    raw_frame = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meter", "period_ms"], name="one_register_per_period")]


class RegistryCopy(models.Model):
    """A gateway's registry, the newest of each life of its store: what a half-filled new one says spoils no earlier one."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="registries")
    epoch = models.CharField(max_length=64)
    lines = models.JSONField()
    """Objects with the message's fields."""
    meters = models.JSONField()
    received_ms = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch"], name="one_registry_per_epoch")]
