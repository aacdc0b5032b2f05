"""Replacements with their steps, and true-ups of what nobody metered. Steps are immutable; a row repeats the last one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import UNIT_CHOICES, Account, Building, Room
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class Replacement(ImmutableModel):
    """A module that was replaced by another (R-4.3.5): told by its gateway, or said on central's page."""

    class Method(models.TextChoices):
        """How it is known."""

        ON_SITE = "on-site", _("on site, read by the gateway or typed there")
        HERE = "here", _("said on this server's page")

    source = models.CharField(max_length=170, unique=True)
    """`swap:ID` as the gateway named it, or `here:ID` of the page: one record each."""
    method = models.CharField(max_length=8, choices=Method.choices)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="replacements")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="replacements")
    """None: a meter that bills nobody, such as a group's master."""
    account = models.CharField(max_length=64, blank=True, db_index=True)
    old_meter = models.CharField(max_length=64, db_index=True)
    new_meter = models.CharField(max_length=64, db_index=True)
    last_wh = models.BigIntegerField()
    first_wh = models.BigIntegerField()
    last_frame = models.TextField(blank=True)
    first_frame = models.TextField(blank=True)
    last_read_by = models.CharField(max_length=64, blank=True)
    """Who read the display; empty where the gateway read the meter."""
    first_read_by = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=500)
    at_ms = models.BigIntegerField(db_index=True)
    at_trusted = models.BooleanField(default=True)
    last_at_ms = models.BigIntegerField()
    """When the last register was so: from here to `at_ms` nothing was metered."""
    received_ms = models.BigIntegerField()
    made_ms = models.BigIntegerField()

    class Meta:
        ordering = ["-at_ms", "-pk"]


class ReplacementStep(ImmutableModel):
    """What was said or done about a replacement afterwards."""

    class Kind(models.TextChoices):
        """What it was."""

        PHOTOS = "photos", _("photographs of the displays")
        SOLVED = "solved", _("solved")
        NOT_SOLVED = "not-solved", _("not solved")
        DEVICE_OUT = "device-out", _("the store has the old one")
        DEVICE_IN = "device-in", _("the store has recorded the new one")
        LINKED = "linked", _("fault or work order named")
        NOTE = "note", _("note")

    step = models.CharField(max_length=64, unique=True)
    """Made by the page: the same again changes nothing."""
    replacement = models.ForeignKey(Replacement, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=500, blank=True)
    ref = models.CharField(max_length=80, blank=True)
    """A device's stock number, `fault:12`, `work-order:7`."""
    photos = models.JSONField(default=list)
    """Digests."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    """None: central itself."""
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["at_ms", "pk"]


class TrueUp(models.Model):
    """What an account used while nobody metered it, or while its module counted wrong; one for each interval and account."""

    class Kind(models.TextChoices):
        """Why it was not metered."""

        CONTROL = "control", _("software control")
        SWAP = "swap", _("between two modules")
        MISCOUNT = "miscount", _("the module counted wrong")

    class Method(models.TextChoices):
        """How the figure is known."""

        ESTIMATE = "estimate", _("estimated from its past and its peers")
        REGISTER = "register", _("the old module's register")
        BENCH = "bench", _("the module's error on the bench")
        PERSON = "person", _("a person's figure")
        NONE = "none", _("no figure yet")

    class State(models.TextChoices):
        """Where it stands."""

        NO_FIGURE = "no-figure", _("needs a figure")
        COMPUTED = "computed", pgettext_lazy("true-up", "to be checked")
        CHECKED = "checked", _("to be told")
        TOLD = "told", _("told and booked")
        NOTHING = "nothing", _("nothing to book")
        REVERSED = "reversed", _("taken back")

    interval = models.CharField(max_length=170)
    """`control:ID`, `swap:ID`, `here:ID` or `miscount:ID`."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="unmetered")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="true_ups")
    meter = models.CharField(max_length=64, blank=True)
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    unit = models.CharField(max_length=8, choices=UNIT_CHOICES)
    energy_wh = models.BigIntegerField()
    low_wh = models.BigIntegerField()
    high_wh = models.BigIntegerField()
    amount = models.BigIntegerField()
    """What it costs, in the unit; below zero it is given back."""
    method = models.CharField(max_length=8, choices=Method.choices)
    figures = models.JSONField(default=dict)
    """All that the rule used, by name."""
    hours = models.JSONField(default=list)
    """The energy hour by hour, as it was priced."""
    state = models.CharField(max_length=12, choices=State.choices)
    disputed = models.BooleanField(default=False)
    told_ms = models.BigIntegerField(null=True)
    collect_from_ms = models.BigIntegerField(null=True)
    computed_ms = models.BigIntegerField()

    class Meta:
        ordering = ["to_ms", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["interval", "account"], name="one_true_up_per_interval_and_account"
            ),
            models.CheckConstraint(
                condition=models.Q(from_ms__lt=models.F("to_ms")), name="true_up_in_order"
            ),
        ]
        indexes = [models.Index(fields=["building", "state", "to_ms"], name="true_ups_not_decided")]

    @property
    def name(self) -> str:
        """What the desk's books call it."""
        return f"tu-{self.pk}"


UNDECIDED = (TrueUp.State.NO_FIGURE, TrueUp.State.COMPUTED, TrueUp.State.CHECKED)
"""A period isn't locked while one of these stands in it."""


class TrueUpStep(ImmutableModel):
    """One step of a true-up, with the figures as they were then."""

    class Kind(models.TextChoices):
        """What was done."""

        COMPUTED = "computed", _("computed")
        REPLACED = "replaced", _("another figure in its place")
        CHECKED = "checked", _("checked")
        TOLD = "told", _("customer told, and booked")
        DISPUTED = "disputed", _("disputed")
        SETTLED = "settled", _("dispute settled")
        REVERSED = "reversed", _("taken back")

    step = models.CharField(max_length=64, unique=True)
    true_up = models.ForeignKey(TrueUp, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    energy_wh = models.BigIntegerField()
    amount = models.BigIntegerField()
    method = models.CharField(max_length=8, choices=TrueUp.Method.choices)
    text = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["at_ms", "pk"]


class ControlDecision(ImmutableModel):
    """Why a room was put under software control, and who decided it (R-4.3.5)."""

    control = models.CharField(max_length=150, primary_key=True)
    """The id that its gateway was asked by."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="control_decisions")
    why = models.CharField(max_length=200)
    decided_by = models.CharField(max_length=80)
    """Who decided that the room stays on, by name and office; `by` typed it."""
    ref = models.CharField(max_length=64, blank=True)
    wh_per_day = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
