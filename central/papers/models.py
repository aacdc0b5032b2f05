"""Papers that were sealed: their content as it was, in every language, under a number without gaps. Never edited."""

from django.db import models

from central.ledger.models import ImmutableModel


class SealedPaper(ImmutableModel):
    """A report of a period, closed: it prints the same content years later. Its seal is in the audit chain."""

    number = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=40)
    """Which report of the catalogue."""
    period = models.CharField(max_length=24)
    """Its period's name: `month:2026-11`."""
    contents = models.JSONField()
    """By language code, the paper as JSON text, exactly as it was sealed."""
    seal = models.CharField(max_length=64)
    sealed_ms = models.BigIntegerField()
    sealed_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["code", "period"], name="one_sealed_paper_per_period")]
