"""Bills that were printed: their data file as it was, under a number, with its digest in the audit chain. Never edited."""

from django.db import models

from central.ledger.models import ImmutableModel


class PrintedBill(ImmutableModel):
    """An explained bill, as it was when somebody printed it: the same data again is the same number."""

    number = models.BigIntegerField(primary_key=True)
    account = models.CharField(max_length=64, db_index=True)
    period = models.CharField(max_length=24)
    digest = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    """The data file, packed by zlib."""
    made_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-number"]
