"""A warden's round: its beginning, an entry for each room, its end. Each row immutable; what comes after the end is an addition."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building, Room
from central.ledger.models import ImmutableModel
from central.losses.case_models import Case

USER = settings.AUTH_USER_MODEL


class Round(ImmutableModel):
    """One round of one warden through one building."""

    round_id = models.CharField(max_length=64, unique=True)
    """Made by the page: a phone may begin without a network."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="rounds")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="rounds")
    started_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()

    class Meta:
        ordering = ["-started_ms", "-pk"]


class RoundEntry(ImmutableModel):
    """What a round says of one room. Several may stand: `domain.round_coverage` says which counts."""

    class Outcome(models.TextChoices):
        """What was seen."""

        IN_ORDER = "in-order", _("in order")
        FOUND = "found", _("something found")
        NO_ACCESS = "no-access", _("no access")

    class What(models.TextChoices):
        """What was found."""

        CABLE = "cable", _("cable from the corridor")
        DEVICE = "device", _("forbidden device")
        SEAL = "seal", _("tampered meter or seal")
        OTHER = "other", _("something else")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="entries")
    entry = models.CharField(max_length=64, unique=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="round_entries")
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    what = models.CharField(max_length=16, choices=What.choices, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    photos = models.JSONField(default=list)
    at_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="round_entries")
    is_addition = models.BooleanField(default=False)
    """It came after the end, which it does not change."""
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="round_entries")
    """The case it opened, or that it was added to."""

    class Meta:
        ordering = ["at_ms", "pk"]


class RoundEnd(ImmutableModel):
    """The end of a round, and what it came to then."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="end")
    end_id = models.CharField(max_length=64, unique=True)
    at_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()
    seen = models.PositiveIntegerField()
    rooms = models.PositiveIntegerField()
    floors = models.JSONField(default=list)
    """`[[floor, seen, rooms], ...]`"""
    left = models.JSONField(default=list)
    """Rooms not seen, by name, and why: `[[label, why], ...]`."""
    text = models.CharField(max_length=1000, blank=True)
