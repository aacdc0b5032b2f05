"""Backups that were made and rehearsed, and what a central that was restored from one still has to do (C-11)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.ledger.models import ImmutableModel


class BackupRun(ImmutableModel):
    """One backup or rehearsal, as it ended."""

    class Kind(models.TextChoices):
        """What was tried."""

        BACKUP = "backup", _("Backup")
        REHEARSAL = "rehearsal", _("Rehearsal")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    at_ms = models.BigIntegerField(db_index=True)
    took_ms = models.BigIntegerField(default=0)
    good = models.BooleanField()
    place = models.CharField(max_length=400)
    """The file's path."""
    size = models.BigIntegerField(default=0)
    with_telemetry = models.BooleanField(default=True)
    detail = models.CharField(max_length=500, blank=True)
    """What was in the way, or what was counted."""


class Restoration(ImmutableModel):
    """This central was restored: a new incarnation, whose books end at the backup's instant."""

    incarnation = models.CharField(max_length=32, unique=True)
    backup_ms = models.BigIntegerField()
    restored_ms = models.BigIntegerField()
    software = models.CharField(max_length=64, blank=True)


class RestoredGateway(models.Model):
    """One gateway that a restored central asked for its last number and for its rows; nothing else is sent before it answered."""

    restoration = models.ForeignKey(Restoration, on_delete=models.PROTECT, related_name="gateways")
    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="restorations")
    epoch = models.CharField(max_length=64, blank=True)
    from_seq = models.BigIntegerField(default=0)
    """The first row that the backup doesn't have."""
    last_number = models.BigIntegerField()
    """The last command number that the backup knows."""
    heard_ms = models.BigIntegerField(null=True)
    expected = models.BigIntegerField(null=True)
    """The number that the gateway expected next: what lies between was given by the central that was lost."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["restoration", "gateway"], name="one_question_per_gateway")
        ]

    @property
    def lost_commands(self) -> int | None:
        """How many commands the lost central gave since the backup; None before the gateway was heard."""
        return None if self.expected is None else max(self.expected - 1 - self.last_number, 0)


class RestorationTick(ImmutableModel):
    """A point of the checklist that a person did."""

    restoration = models.ForeignKey(Restoration, on_delete=models.PROTECT, related_name="ticks")
    point = models.CharField(max_length=32)
    by = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["restoration", "point"], name="one_tick_per_point")]


class NumberLeap(ImmutableModel):
    """Numbers that a restored central left out, because the lost one may have printed them: the gap has a name (R-4.1.4)."""

    restoration = models.ForeignKey(Restoration, on_delete=models.PROTECT, related_name="leaps")
    series = models.CharField(max_length=64)
    """A name of `config/backup/leaping`: a series of the desk, a counter, or the table whose key is counted."""
    after = models.BigIntegerField()
    """The last number before the gap."""
    first = models.BigIntegerField()
    """The first number after it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["restoration", "series"], name="one_leap_per_series")]
