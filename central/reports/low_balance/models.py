"""Low-balance lists as they were made, and who looked at a day's check of the buildings. Both are written once.

A list has rooms and balances, no names. What became of its notice stands with the notices (`key_of`).
"""

from django.conf import settings
from django.db import models

from central.campus.models import Building
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class LowBalanceList(ImmutableModel):
    """One building's list at an instant."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="low_balance_lists")
    due = models.CharField(max_length=80, unique=True)
    """What asked for it: the day's hour, or a person's page. The same again is the same list."""
    day = models.DateField(db_index=True)
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    """Empty: it was made by itself."""
    as_of_ms = models.BigIntegerField(null=True)
    """How old the figures are: when the building's gateway was heard last. Empty: no gateway was ever heard."""
    is_silent = models.BooleanField()
    rooms = models.PositiveIntegerField()
    """Looked at."""
    unheard = models.PositiveIntegerField()
    """Not on the list, but their meters were not heard lately."""
    rows = models.JSONField()
    """As `lists.rows_to_json` writes them."""
    limits = models.JSONField()
    """The limits that it was made by, and where they were said: unit, amount, place, name each."""
    digest = models.CharField(max_length=64)
    """SHA-256 over all of it; its beginning is in the audit chain."""

    class Meta:
        ordering = ["-at_ms", "building__code"]
        indexes = [models.Index(fields=["building", "at_ms"])]


class BuildingCheckLook(ImmutableModel):
    """Somebody looked at the check of a day: what it said then, and his words where he found something."""

    day = models.DateField(db_index=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    findings = models.JSONField()
    """What stood out then: building code and finding each."""
    text = models.CharField(max_length=500, blank=True)
    step = models.CharField(max_length=64, unique=True)
    """Made by the page: the same again is the same look."""

    class Meta:
        ordering = ["-at_ms"]
