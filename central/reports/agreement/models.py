"""What is kept of the four-way agreement: other parties' lists, how each building stands now, what was signed, what is locked.

Only `Standing` changes: it is what the newest look found, and can be found again. All else is written once.
"""

from django.conf import settings
from django.db import models

from central.campus.models import Building
from central.domain.agreement_rows import Grain
from central.domain.four_way import Party
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL
REASON_LENGTH = 300
PERIOD_LENGTH = 24


class OutsideList(ImmutableModel):
    """A list of another party's sums or rows for one period, brought in whole or typed; it counts in place of ours."""

    party = models.CharField(max_length=16, choices=[(party.value, party.value) for party in Party])
    grain = models.CharField(max_length=8, choices=[(grain.value, grain.value) for grain in Grain])
    period = models.CharField(max_length=PERIOD_LENGTH, db_index=True)
    file_name = models.CharField(max_length=200, blank=True)
    """Empty for a sum that was typed."""
    digest = models.CharField(max_length=64, db_index=True)
    words = models.CharField(max_length=REASON_LENGTH, blank=True)
    """Where a typed sum stands."""
    rows_read = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    """The sum of all rows: fen, or Wh."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class OutsideListEnd(ImmutableModel):
    """A list that no longer counts, and why. Its rows stay."""

    made = models.OneToOneField(OutsideList, on_delete=models.PROTECT, primary_key=True, related_name="end")
    why = models.CharField(max_length=REASON_LENGTH)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class OutsideRow(ImmutableModel):
    """One row of such a list."""

    made = models.ForeignKey(OutsideList, on_delete=models.PROTECT, related_name="rows")
    row = models.PositiveIntegerField()
    """As a spreadsheet shows it."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    amount = models.BigIntegerField()
    written = models.BigIntegerField(null=True)
    """The register that the amount comes from, in Wh."""
    place = models.CharField(max_length=80, blank=True)
    document = models.CharField(max_length=80, blank=True)


class Standing(models.Model):
    """How a building stands in a period, as the newest look found it."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="standings")
    period = models.CharField(max_length=PERIOD_LENGTH, db_index=True)
    digest = models.CharField(max_length=64, blank=True)
    """Over all its rows; empty before the first look."""
    content = models.BinaryField(default=bytes)
    """As `content.py` packs it: lines and their rows."""
    lines = models.JSONField(default=list)
    """For the board: kind, unit, state, difference, verdict, missing parties."""
    explained = models.BinaryField(default=bytes)
    explained_for = models.CharField(max_length=64, blank=True)
    """The digest of all that was searched; empty: still to be looked for."""
    gathered_ms = models.BigIntegerField(default=0)
    wanted_ms = models.BigIntegerField(default=0)
    """A person asked for another look."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["building", "period"], name="one_standing_per_building_period")
        ]

    @property
    def has_rows(self) -> bool:
        """Say whether anybody told anything of it: else there is nothing to agree on."""
        return any(line["rows"] for line in self.lines)


class AgreementKept(ImmutableModel):
    """A building's lines, rows and explanations as they were when signatures were asked for."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=PERIOD_LENGTH)
    digest = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    explained = models.BinaryField()
    seal = models.CharField(max_length=64)
    """SHA-256 of both."""
    at_ms = models.BigIntegerField()


class AgreementLock(ImmutableModel):
    """A building's period that everybody signed: it prints as it was, what comes later is booked in the next one."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=PERIOD_LENGTH)
    kept = models.OneToOneField(AgreementKept, on_delete=models.PROTECT, related_name="lock")
    approval = models.BigIntegerField(unique=True)
    asked_by = models.CharField(max_length=150)
    signed_by = models.JSONField()
    """Office and name, in the order in which they signed."""
    why = models.CharField(max_length=REASON_LENGTH)
    at_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["building", "period"], name="one_agreement_lock_per_building_period"
            )
        ]
