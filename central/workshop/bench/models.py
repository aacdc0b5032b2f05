"""Bench records as they came: immutable, each under the id that its bench made (R-4.3.1, R-4.3.3b)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.ledger.models import ImmutableModel


class BenchRecord(ImmutableModel):
    """One device, once on the bench. `content` is what was hashed; the other columns are for finding it."""

    class Verdict(models.TextChoices):
        """As `gateway.contract.bench_record.Verdict`."""

        PASSED = "passed", _("passed")
        FAILED = "failed", _("not passed")
        UNDECIDED = "undecided", _("undecided")
        SKIPPED = "skipped", _("not tested")

    class Occasion(models.TextChoices):
        """As `gateway.contract.bench_record.Occasion`."""

        GOODS_IN = "goods-in", _("goods-in check")
        REPAIR = "repair", _("repair")

    record_id = models.CharField(max_length=32, primary_key=True)
    sha256 = models.CharField(max_length=64)
    signer = models.CharField(max_length=64, blank=True)
    """The key that signed it, in hex; empty: it was not signed."""
    occasion = models.CharField(max_length=12, choices=Occasion.choices)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    model = models.CharField(max_length=80)
    maker = models.CharField(max_length=80, blank=True)
    identity = models.CharField(max_length=80, blank=True, db_index=True)
    address = models.CharField(max_length=80, blank=True)
    order = models.CharField(max_length=80, blank=True)
    tester = models.CharField(max_length=80, blank=True)
    at_ms = models.BigIntegerField()
    """The bench machine's clock."""
    content = models.TextField()
    imported_ms = models.BigIntegerField()
    imported_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-imported_ms", "record_id"]
        indexes = [models.Index(fields=["-imported_ms"], name="bench_newest")]
