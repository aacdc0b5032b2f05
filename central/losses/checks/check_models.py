"""A recorded daily check: who looked at what, from when until when, and what was found. Immutable."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.ledger.models import ImmutableModel


class DailyCheck(ImmutableModel):
    """One check, or a part of a day's check."""

    class Party(models.TextChoices):
        """Whose check it is (`domain.daily_checks.Party`)."""

        FINANCE = "finance", _("finance")
        CARD_ROOM = "card-room", _("card room")
        WARDENS = "wardens", _("wardens")
        SECURITY = "security", _("security")
        TECHNICIANS = "technicians", _("technicians")

    check_id = models.CharField(max_length=64, unique=True)
    """Made by the page or the phone: the same again is the same check."""
    party = models.CharField(max_length=16, choices=Party.choices)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="daily_checks")
    """Only wardens check by building."""
    day = models.DateField(db_index=True)
    """The campus's day on which it began."""
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    told_ms = models.BigIntegerField()
    """When it was written down: a phone without a network sends it later."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="daily_checks")
    points = models.JSONField(default=list)
    """`[[point, is in order], ...]` in the words of that day."""
    text = models.CharField(max_length=1000, blank=True)
    photos = models.JSONField(default=list)
    """Digests."""

    class Meta:
        ordering = ["-from_ms", "-pk"]
