"""A month's list as it was computed, and what persons said of each room on it. Neither is ever edited."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building, Room
from central.ledger.models import ImmutableModel
from central.losses.case_models import Case


class AbnormalRun(ImmutableModel):
    """One building's list of a month, as it was computed once."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="abnormal_runs")
    month = models.CharField(max_length=7)
    """`2026-11`."""
    from_ms = models.BigIntegerField()
    """Where the past begins that the month is compared with."""
    month_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    made_ms = models.BigIntegerField()
    used = models.JSONField()
    """What it was computed with: rules' version and limits, rooms looked at, groups asked, and why rooms were not judged."""

    class Meta:
        ordering = ["-month", "building__code"]
        constraints = [models.UniqueConstraint(fields=["building", "month"], name="one_abnormal_list")]


class AbnormalRow(ImmutableModel):
    """One room of a list: how sure, and the figures that its reasons are made of."""

    run = models.ForeignKey(AbnormalRun, on_delete=models.PROTECT, related_name="rows")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="abnormal_rows")
    place = models.PositiveIntegerField()
    """1 is the most probable."""
    meter = models.CharField(max_length=64)
    confidence_ppm = models.PositiveIntegerField()
    score_milli = models.IntegerField()
    reasons = models.JSONField()
    """Objects with kind, before, now, expected (whole figures), z in thousandths."""
    loss = models.JSONField(default=dict)
    """What the group's loss says of the room: group, missing Wh with its uncertainty, pattern; empty where nothing is known."""
    days = models.JSONField()
    """For the chart, by day from the run's beginning: own Wh, and the same had it gone with its peers; None unknown."""

    class Meta:
        ordering = ["run_id", "place"]
        constraints = [models.UniqueConstraint(fields=["run", "room"], name="one_abnormal_row_per_room")]


class AbnormalReview(ImmutableModel):
    """What a person found out about a room on the list; the newest counts."""

    class Kind(models.TextChoices):
        """Why the use fell, or what is to be done."""

        VACANT = "vacant", _("the room was empty")
        HOLIDAY = "holiday", _("holiday or practice elsewhere")
        FEWER = "fewer", _("fewer people live there")
        SAVING = "saving", _("other habits, an appliance less")
        METER = "meter", _("the meter is faulty")
        LOOK = "look", _("to be looked at on site")

    row = models.ForeignKey(AbnormalRow, on_delete=models.PROTECT, related_name="reviews")
    step = models.CharField(max_length=64, unique=True)
    """Made by the page: the same again is the same review."""
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.CharField(max_length=1000)
    photos = models.JSONField(default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="abnormal_reviews"
    )
    at_ms = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="abnormal_reviews")
    """Opened for the building's electrician, where something is to be looked at or mended."""

    class Meta:
        ordering = ["at_ms", "pk"]
