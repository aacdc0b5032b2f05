"""Photographs as evidence: the row is immutable, the picture lies in a file named by its own digest."""

from django.conf import settings
from django.db import models

from central.ledger.models import ImmutableModel


class Photo(ImmutableModel):
    """One picture as it was received; the same picture again is the same row."""

    digest = models.CharField(max_length=64, primary_key=True)
    """SHA-256 of the bytes, in hexadecimal; also the file's name."""
    kind = models.CharField(max_length=16)
    """`jpeg`, `png` or `webp`."""
    size_bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="photos"
    )
    """None: a resident, from the own page of his room."""
    received_ms = models.BigIntegerField()

    class Meta(ImmutableModel.Meta):
        db_table = "losses_photo"  # where it was first kept; the rows and their triggers stay
