"""Appeals against a penalty and what became of them. Written once; reports and findings are steps of their case."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.ledger.models import ImmutableModel
from central.losses.case_models import Case

USER = settings.AUTH_USER_MODEL


class TheftAppeal(ImmutableModel):
    """What an occupant says against a penalty, taken down by the card room or student affairs; one for each case."""

    appeal_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page: the same again is the same appeal."""
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="appeal")
    who = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    photos = models.JSONField(default=list)
    """Digests."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "losses"


class TheftAppealEnd(ImmutableModel):
    """How an appeal was decided, by which approval."""

    class Outcome(models.TextChoices):
        """What is left of the penalty."""

        UPHELD = "upheld", _("penalty upheld")
        REDUCED = "reduced", _("penalty reduced")
        ANNULLED = "annulled", _("penalty annulled")

    appeal = models.OneToOneField(TheftAppeal, on_delete=models.PROTECT, primary_key=True, related_name="end")
    approval = models.BigIntegerField(unique=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    energy_wh = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    """What stands of the penalty."""
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "losses"
