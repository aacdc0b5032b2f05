"""Batches of opening balances, as asked, carried out and accepted. Each is written once: what was signed stays.

Amounts without a unit in their name are in the unit beside them: micro-yuan or watt-hours. Instants are milliseconds since 1970 in
UTC (`*_ms`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account, Building
from central.ledger.models import ImmutableModel


class OpeningBatch(ImmutableModel):
    """Rows that are signed and carried out together: a go-live, a correction of one, or its way back."""

    class Kind(models.TextChoices):
        """What it is for; the rule of what moves is the same (`domain/opening_moves.py`)."""

        OPEN = "open", _("go-live")
        CORRECT = "correct", _("correction of opening balances")
        BACK = "back", _("taking back of opening balances")

    batch_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page that asks: the same again is the same batch. Grants are named after it."""
    kind = models.CharField(max_length=8, choices=Kind.choices)
    of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="later")
    """The go-live that is corrected or taken back."""
    change_over_ms = models.BigIntegerField()
    """When the former system stopped counting."""
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    """SHA-256 of the rows: what is signed is what is carried out."""
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"


class OpeningBalance(ImmutableModel):
    """One bucket of one room: from what to what its opening balance goes, and what the list said beside it."""

    batch = models.ForeignKey(OpeningBatch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    sheet_row = models.PositiveIntegerField(default=0)
    """As the spreadsheet counts; 0 for a room that was not in the list."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="openings")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    room = models.CharField(max_length=64)
    class_name = models.CharField(max_length=80)
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    before = models.BigIntegerField(default=0)
    after = models.BigIntegerField()
    """Below zero it is a debt: owed at central, nothing at the gateway."""
    meter_no = models.CharField(max_length=64, blank=True)
    register_wh = models.BigIntegerField(null=True)
    reading_wh = models.BigIntegerField(null=True)
    """The meter's own register as its gateway had reported it last, when this was asked for."""
    reading_ms = models.BigIntegerField(null=True)
    old_receipt = models.CharField(max_length=64, blank=True)

    class Meta:
        app_label = "desk"
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_opening_per_number"),
            models.UniqueConstraint(fields=["batch", "account", "bucket"], name="one_opening_per_bucket"),
        ]

    @property
    def grant_id(self) -> str:
        """The grant that carries its credit; fixed by the row, so that it is given once (C-1)."""
        return f"o-{self.batch_id}-{self.number}"

    @property
    def back_id(self) -> str:
        """The request that asks its credit back (C-7)."""
        return f"ob-{self.batch_id}-{self.number}"


class OpeningDone(ImmutableModel):
    """A batch was carried out, by whose signatures. Its key says in which order."""

    id = models.BigAutoField(primary_key=True)
    batch = models.OneToOneField(OpeningBatch, on_delete=models.PROTECT, related_name="done")
    done_ms = models.BigIntegerField()
    approval = models.BigIntegerField()
    signed_by = models.CharField(max_length=400)

    class Meta:
        app_label = "desk"


class OpeningAcceptance(ImmutableModel):
    """A building's go-live was compared and accepted: from now on there is no way back for it."""

    batch = models.ForeignKey(OpeningBatch, on_delete=models.PROTECT, related_name="acceptances")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    accepted_ms = models.BigIntegerField()
    approval = models.BigIntegerField()
    signed_by = models.CharField(max_length=400)

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(fields=["batch", "building"], name="one_acceptance_per_building")
        ]
