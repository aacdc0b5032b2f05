"""The tables of this room: when a model fell below its minimum, and stock-takings with each scan. Scans and ends are immutable."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.ledger.models import ImmutableModel
from central.workshop.devices.models import Device, DeviceType, Place


class ShortStock(models.Model):
    """A time in which fewer good devices of a type were in stock than its minimum: told once, at its beginning."""

    type = models.ForeignKey(DeviceType, on_delete=models.PROTECT, related_name="short_times")
    since_ms = models.BigIntegerField()
    good = models.PositiveIntegerField()
    """How many there were when it began."""
    least = models.PositiveIntegerField()
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-since_ms", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["type"], condition=models.Q(ended_ms=None), name="one_short_time_per_type"
            )
        ]


class StockTaking(ImmutableModel):
    """A stock-taking as it began: of one place, or (`place` empty) of all."""

    taking = models.CharField(max_length=36, unique=True)
    """The form's id: the same again begins nothing."""
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="stock_takings")
    expected = models.JSONField(default=dict)
    """Number -> code of the place, of every device that lay there when it began."""
    note = models.CharField(max_length=200, blank=True)
    begun_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stock_takings")

    class Meta:
        ordering = ["-begun_ms", "-pk"]


class StockScan(ImmutableModel):
    """One label that was read, or one taken back (`is_struck`): each is kept at once."""

    scan = models.CharField(max_length=36, unique=True)
    taking = models.ForeignKey(StockTaking, on_delete=models.PROTECT, related_name="scans")
    label = models.CharField(max_length=80)
    """As it was read or typed."""
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="scans")
    """None: nobody knows this label."""
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="scans")
    is_struck = models.BooleanField(default=False)
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stock_scans")

    class Meta:
        ordering = ["pk"]


class StockTakingEnd(ImmutableModel):
    """The end of a stock-taking, with both counts as they were then."""

    class Kind(models.TextChoices):
        """Closed with its differences booked, or given up without any."""

        CLOSED = "closed", pgettext_lazy("stock", "closed")
        GIVEN_UP = "given-up", _("given up")

    taking = models.OneToOneField(StockTaking, on_delete=models.PROTECT, related_name="end")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    lines = models.JSONField(default=list)
    """`[number, outcome, code of the recorded place, code of the counted place]`, of all devices; "" for no place."""
    unknown = models.JSONField(default=list)
    """`[label, code of the place]` of labels that nobody knows."""
    why = models.CharField(max_length=300, blank=True)
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
