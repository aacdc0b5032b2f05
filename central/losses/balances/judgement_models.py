"""What was judged of each group's days and accounting periods, once and for good (R-4.2.3): a page shows what was said then."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.domain.loss_judgement import LossVerdict
from central.ledger.models import ImmutableModel


class LossJudgement(ImmutableModel):
    """One group over one day or period, with the figures that it was judged by."""

    class Kind(models.TextChoices):
        """How long."""

        DAY = "day", _("Day")
        PERIOD = "period", _("Accounting period")

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="loss_judgements")
    group = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    verdict = models.CharField(max_length=20, choices=[(one.value, one.value) for one in LossVerdict])
    facts = models.JSONField(default=dict)
    """Whole numbers by name."""
    judged_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["building", "group", "kind", "from_ms"], name="one_judgement_each"
            )
        ]
