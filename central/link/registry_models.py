"""What an electrician found, as a building's gateway told it last: kept for the day on which its Pi is dead (R-G6)."""

from django.db import models


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
