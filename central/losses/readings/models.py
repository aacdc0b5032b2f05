"""Sheets of readings by hand, what was read, how disagreements ended, the agreed tables. All but a sheet's state is immutable."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building, Room
from central.ledger.models import ImmutableModel
from central.losses.case_models import Case

USER = settings.AUTH_USER_MODEL


class ReadingSheet(models.Model):
    """One building's readings of one accounting period. It is made by its first entry."""

    class State(models.TextChoices):
        """How far it is: read, closed by the electrician, checked by the card room, signed."""

        OPEN = "open", _("being read")
        CLOSED = "closed", _("read, to be checked")
        CHECKED = "checked", _("checked, to be signed")
        AGREED = "agreed", _("agreed")

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="reading_sheets")
    period = models.CharField(max_length=24)
    """Its accounting period's name: `period:2026-11`."""
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    closed_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    closed_ms = models.BigIntegerField(null=True)
    checked_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    checked_ms = models.BigIntegerField(null=True)
    returned = models.CharField(max_length=300, blank=True)
    """Why the card room gave it back last; empty when it is read again and closed."""

    approval = models.BigIntegerField(null=True)
    """The request that the card room's check asked."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "period"], name="one_sheet_per_period")]

    def case_key(self, meter: str) -> str:
        """Name what a disagreement of one meter is about."""
        return f"reading:{meter}:{self.period}"


class HandReading(ImmutableModel):
    """One entry: what stood on a meter, or why nothing could be read. Of a meter's entries on a sheet the last counts."""

    step = models.CharField(max_length=64, unique=True)
    """Made by the page or the phone: the same again is the same entry."""
    sheet = models.ForeignKey(ReadingSheet, on_delete=models.PROTECT, related_name="readings")
    meter = models.CharField(max_length=64)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    register_wh = models.BigIntegerField(null=True)
    unreadable = models.CharField(max_length=16, blank=True)
    found_meter = models.CharField(max_length=64, blank=True)
    """The number on the meter, where it is another one."""
    doubts = models.JSONField(default=list)
    """What was asked about it when it came."""
    words = models.CharField(max_length=300, blank=True)
    """The reader's answer to the doubts, or a remark."""
    photos = models.JSONField(default=list)
    """Digests."""
    is_listed = models.BooleanField(default=False)
    """From a list of readings that were written on paper."""
    at_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="hand_readings")

    class Meta:
        ordering = ["at_ms", "pk"]
        indexes = [models.Index(fields=["sheet", "meter"], name="readings_of_a_sheet")]

    @property
    def is_questioned(self) -> bool:
        """Say whether a doubt still waits for the reader's words."""
        return bool(self.doubts) and not self.words


class Settlement(ImmutableModel):
    """How a disagreement between hand and register ended; the last of a meter and sheet counts."""

    step = models.CharField(max_length=64, unique=True)
    sheet = models.ForeignKey(ReadingSheet, on_delete=models.PROTECT, related_name="settlements")
    meter = models.CharField(max_length=64)
    how = models.CharField(max_length=16)
    words = models.CharField(max_length=300, blank=True)
    reading = models.ForeignKey(HandReading, on_delete=models.PROTECT, related_name="settlements")
    """The entry it is about: a later one is judged anew."""
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="settlements")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["sheet", "meter"], name="settlements_of_a_sheet")]


class AgreedTable(ImmutableModel):
    """What was signed: number 1 is the sheet's table, later ones are supplements to it."""

    sheet = models.ForeignKey(ReadingSheet, on_delete=models.PROTECT, related_name="tables")
    number = models.PositiveSmallIntegerField()
    approval = models.BigIntegerField()
    asked_by = models.CharField(max_length=150)
    signed_by = models.JSONField(default=list)
    """Names, in the order in which they signed."""
    read_by = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=300, blank=True)
    groups = models.JSONField(default=list)
    """Masters against subs, as they were signed."""
    agreed_ms = models.BigIntegerField()

    class Meta:
        ordering = ["sheet_id", "number"]
        constraints = [models.UniqueConstraint(fields=["sheet", "number"], name="one_table_per_number")]


class AgreedReading(ImmutableModel):
    """One meter's line of an agreed table. Energies are Wh; None where nothing is known."""

    table = models.ForeignKey(AgreedTable, on_delete=models.PROTECT, related_name="lines")
    place = models.PositiveIntegerField()
    meter = models.CharField(max_length=64, db_index=True)
    room = models.CharField(max_length=64, blank=True)
    is_master = models.BooleanField(default=False)
    last_wh = models.BigIntegerField(null=True)
    last_ms = models.BigIntegerField(null=True)
    hand_wh = models.BigIntegerField(null=True)
    hand_ms = models.BigIntegerField(null=True)
    hand_use_wh = models.BigIntegerField(null=True)
    automatic_wh = models.BigIntegerField(null=True)
    automatic_use_wh = models.BigIntegerField(null=True)
    verdict = models.CharField(max_length=16)
    settled = models.CharField(max_length=16, blank=True)
    agreed_wh = models.BigIntegerField(null=True)
    agreed_ms = models.BigIntegerField()
    """The instant at which the agreed register stood there."""
    use_wh = models.BigIntegerField(null=True)
    source = models.CharField(max_length=16)
    remarks = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["table_id", "place"]
        constraints = [models.UniqueConstraint(fields=["table", "meter"], name="one_agreed_line_per_meter")]
