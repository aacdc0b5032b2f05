"""The values of settings, each from an instant on, for the campus, a class, a building or a room. Append only."""

from django.db import models

from central.ledger.models import ImmutableModel
from central.office.approval_models import Approval


class DatedValue(ImmutableModel):
    """A setting's value from an instant on. Of two that begin at the same instant the later one made counts."""

    code = models.CharField(max_length=48)
    place = models.CharField(max_length=8)
    """`central.domain.known_settings.Place`."""
    where = models.CharField(max_length=64, blank=True)
    """The code of the class or building, the full label of the room; empty for the campus."""
    value = models.JSONField(null=True)
    """None: from here on nothing is said for this place, and what is said for a wider one counts again."""
    from_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="+", null=True)
    """None: said at the server's console, before there was anybody to sign."""
    made_ms = models.BigIntegerField()

    class Meta:
        ordering = ["code", "from_ms", "pk"]
        indexes = [models.Index(fields=["code", "place", "where", "from_ms"])]
