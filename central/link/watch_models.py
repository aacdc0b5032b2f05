"""What is watched on the link: alarms, rows that can't be taken, balances compared, what was received and refused."""

from django.db import models


class Alarm(models.Model):
    """Something a person must know, raised by a gateway or by central; `code` is the same when it is cleared."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, null=True, related_name="alarms")
    code = models.CharField(max_length=128)
    by_central = models.BooleanField(default=False)
    what = models.CharField(max_length=64)
    subject = models.CharField(max_length=120)
    detail = models.CharField(max_length=500, blank=True)
    raised_ms = models.BigIntegerField()
    cleared_ms = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        ordering = ["-raised_ms"]
        constraints = [models.UniqueConstraint(fields=["gateway", "code"], name="one_alarm_per_code")]


class QuarantinedRow(models.Model):
    """A row central couldn't take: kept as it came, shown, and acknowledged all the same (C-11)."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="quarantine")
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    fact = models.TextField()
    reason = models.CharField(max_length=200)
    received_ms = models.BigIntegerField()
    resolved_ms = models.BigIntegerField(null=True)
    resolution = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "epoch", "seq", "reason"], name="one_quarantine_per_row"
            )
        ]


class WatermarkCheck(models.Model):
    """A comparison of balances at a common watermark; differences name the accounts (C-2)."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="watermarks")
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    last_command = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    checked_ms = models.BigIntegerField()
    accounts = models.PositiveIntegerField()
    differences = models.JSONField(default=list)
    """Objects with account, bucket, unit, gateway and central amounts, or account and the missing grant."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "epoch", "seq"], name="one_check_per_watermark")
        ]


class LinkCounter(models.Model):
    """What was received, refused, quarantined: counted by name, so that nothing disappears silently."""

    gateway_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway_id", "name"], name="one_counter_per_name")]
