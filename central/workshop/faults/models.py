"""Faults of modules, lines and concentrators; their steps are immutable (R-4.3.3b, R-4.3.6)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import Building, Room
from central.domain.fault_rules import Scope
from central.ledger.models import ImmutableModel
from central.workshop.devices.models import Device

USER = settings.AUTH_USER_MODEL
SCOPES = {
    Scope.MODULE: pgettext_lazy("device", "module"),
    Scope.LINE: pgettext_lazy("fault", "line"),
    Scope.CONCENTRATOR: pgettext_lazy("device", "concentrator"),
}


class Fault(models.Model):
    """One fault. Its number is its key; `state`, `cause` and `level` repeat what its steps say."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", pgettext_lazy("fault", "open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ON_SITE = "on-site", _("on site")
        FOUND = "found", _("found")
        SOLVED = "solved", pgettext_lazy("fault", "solved")
        CLOSED = "closed", pgettext_lazy("fault", "closed")

    class Cause(models.TextChoices):
        """What it was."""

        DEAD = "dead", _("module dead")
        COUNTS_WRONG = "counts-wrong", _("counts wrong")
        RELAY = "relay", pgettext_lazy("fault", "relay")
        DISPLAY = "display", pgettext_lazy("fault", "display")
        WIRING = "wiring", pgettext_lazy("fault", "wiring")
        LINE = "line", pgettext_lazy("fault", "line")
        ADAPTER = "adapter", _("adapter or concentrator")
        USER_SIDE = "user-side", _("the user's side")
        NOTHING = "nothing", _("no fault found")

    key = models.CharField(max_length=150, db_index=True)
    """What it is about, the same while it lasts: `meter:M1`, `line:1/a`, `gateway:b1`, `room:1-301`."""
    scope = models.CharField(max_length=16, choices=[(one.value, words) for one, words in SCOPES.items()])
    meter_no = models.CharField(max_length=64, blank=True, db_index=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="faults")
    """The store's record of the module, where there is one."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="faults")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="faults")
    about = models.CharField(max_length=150)
    """Numbers and names without words of a language: the meter, the line, the gateway."""
    sign = models.CharField(max_length=24)
    """By what it was seen first (`words.SIGNS`)."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    cause = models.CharField(max_length=16, choices=Cause.choices, blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    """How far up it has gone: 1 the head, 2 logistics."""
    opened_ms = models.BigIntegerField()
    due_ms = models.BigIntegerField()
    """The evening by which it was to be solved, by the settings as they were when it was opened."""
    solved_ms = models.BigIntegerField(null=True)
    closed_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-opened_ms", "-pk"]
        indexes = [models.Index(fields=["state", "building"], name="faults_that_stand")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(state="closed"), name="one_fault_per_module"
            )
        ]

    @property
    def is_over(self) -> bool:
        """Whether it is solved, or closed for good."""
        return self.state in (self.State.SOLVED, self.State.CLOSED)


UNSOLVED = (Fault.State.OPEN, Fault.State.ACKNOWLEDGED, Fault.State.ON_SITE, Fault.State.FOUND)


class FaultStep(ImmutableModel):
    """One step of a fault: who, when, what; with photographs."""

    class Kind(models.TextChoices):
        """What was done."""

        OPENED = "opened", pgettext_lazy("fault", "reported")
        SEEN_AGAIN = "seen-again", _("seen again")
        ENDED = "ended", _("the gateway says that it is over")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ON_SITE = "on-site", _("on site")
        FOUND = "found", _("found")
        NOTED = "noted", _("noted")
        CLAIMED = "claimed", _("the maker was told")
        REPLACEMENT_ASKED = "replacement-asked", _("replacement asked for")
        WENT_UP = "went-up", _("went up: not solved in time")
        SOLVED = "solved", pgettext_lazy("fault", "solved")
        CLOSED = "closed", pgettext_lazy("fault", "closed")

    fault = models.ForeignKey(Fault, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    step = models.CharField(max_length=80, unique=True)
    """Made by the page or named after the alarm: the same again is the same step."""
    at_ms = models.BigIntegerField()
    """When it happened."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="fault_steps")
    """None: central itself, or a resident."""
    account = models.CharField(max_length=64, blank=True, db_index=True)
    """The account whose residents reported it; they see what becomes of it. Never a name."""
    cause = models.CharField(max_length=16, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    facts = models.JSONField(default=dict)
    """Figures and codes by name."""
    photos = models.JSONField(default=list)
    """Digests."""

    class Meta:
        ordering = ["at_ms", "pk"]


class FaultWatch(models.Model):
    """Since when central looks at alarms without a gap: after its own outage what it knows of buildings is old. One row, pk 1."""

    since_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
