"""Work orders, their rooms and locks as they are now; the answers and steps that made them so, immutable (R-4.3.4)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import Building, Room
from central.domain.work_agreement import Says
from central.domain.work_order import OrderAct, OrderState
from central.ledger.models import ImmutableModel
from central.link.models import Command

USER = settings.AUTH_USER_MODEL
STATES = {
    OrderState.PLANNED: pgettext_lazy("work order", "planned"),
    OrderState.TOLD: _("rooms are asked"),
    OrderState.STARTED: _("being locked out"),
    OrderState.WORKING: _("work goes on"),
    OrderState.ENDED: _("supply comes back"),
    OrderState.CLOSED: pgettext_lazy("work order", "closed"),
    OrderState.CANCELLED: pgettext_lazy("work order", "cancelled"),
}
ACTS = {
    OrderAct.PLANNED: pgettext_lazy("work order", "planned"),
    OrderAct.ROOMS: _("rooms corrected"),
    OrderAct.WINDOW: _("time changed: the asking begins anew"),
    OrderAct.PERSON: _("person in charge named"),
    OrderAct.TOLD: _("rooms told"),
    OrderAct.OVERRIDDEN: _("decided by a head"),
    OrderAct.STARTED: _("started: lock-outs asked for"),
    OrderAct.ISOLATED: _("isolated, proved dead, earthed, tagged"),
    OrderAct.ENDED: _("work ended: releases asked for"),
    OrderAct.EXPLAINED: pgettext_lazy("work order", "explained"),
    OrderAct.CLOSED: pgettext_lazy("work order", "closed"),
    OrderAct.CANCELLED: pgettext_lazy("work order", "cancelled"),
}
SAYS = {
    Says.AGREES: pgettext_lazy("work order", "agrees"),
    Says.REFUSES: pgettext_lazy("work order", "refuses"),
}


class Scope(models.TextChoices):
    """What is switched off: the affected rooms follow from it by the topology."""

    ROOM = "room", _("one room's module")
    LINE = "line", _("a line of the gateway")
    GROUP = "group", _("a master meter and all behind it")
    FLOOR = "floor", _("a floor or its concentrator")
    BUILDING = "building", _("the building or its concentrator")
    ROOMS = "rooms", _("rooms by their numbers")


class WorkOrder(models.Model):
    """One piece of work that needs the power off."""

    key = models.CharField(max_length=64, unique=True)
    """Made by the form: the same again is the same order."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="work_orders")
    scope = models.CharField(max_length=12, choices=Scope.choices)
    place = models.CharField(max_length=300, blank=True)
    """Which one: the room, line, group or floor; the rooms' numbers, apart by commas."""
    task = models.CharField(max_length=300)
    why = models.CharField(max_length=300)
    source = models.CharField(max_length=80, blank=True)
    """What it belongs to, such as `fault:12`."""
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    asking = models.PositiveIntegerField(default=1)
    """Counts the windows: an answer counts for the one it was given to."""
    state = models.CharField(max_length=12, choices=[(one.value, words) for one, words in STATES.items()])
    person = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="work_orders")
    """Who isolates, proves dead and answers for it."""
    planned_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    planned_ms = models.BigIntegerField()
    told_ms = models.BigIntegerField(null=True)
    """When the rooms were told of the present window."""
    override = models.BigIntegerField(null=True)
    """The approval by which a head decided, for the present window."""
    is_danger = models.BooleanField(default=False)
    """The head decided that it can't wait."""
    started_ms = models.BigIntegerField(null=True)
    ended_ms = models.BigIntegerField(null=True)
    closed_ms = models.BigIntegerField(null=True)
    is_cancelled = models.BooleanField(default=False)
    is_solved = models.BooleanField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "building"], name="work_orders_live")]

    @property
    def number(self) -> str:
        """As it is written on papers and at the gateway: `WO-12`."""
        return f"WO-{self.pk}"


class WorkRoom(models.Model):
    """A room of an order: found by the topology, added or left out by hand."""

    class Origin(models.TextChoices):
        """Why it is on the list."""

        TOPOLOGY = "topology", _("by the topology")
        ADDED = "added", _("added by hand")
        LEFT_OUT = "left-out", _("left out by hand")

    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="rooms")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="work")
    origin = models.CharField(max_length=12, choices=Origin.choices)
    why = models.CharField(max_length=300, blank=True)
    """Of a correction by hand."""
    told_ms = models.BigIntegerField(null=True)
    """Of the present window."""

    class Meta:
        ordering = ["room__floor", "room__label"]
        constraints = [models.UniqueConstraint(fields=["order", "room"], name="one_row_per_room_of_work")]


class WorkAnswer(ImmutableModel):
    """What a room said to a window; the latest counts, all are kept."""

    class Way(models.TextChoices):
        """Who entered it."""

        RESIDENT = "resident", _("resident's page")
        DESK = "desk", _("card room")
        WARDEN = "warden", _("building warden")
        WORKSHOP = "workshop", _("workshop")

    answer = models.CharField(max_length=64, primary_key=True)
    """Made by the form: the same again is the same answer."""
    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="answers")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    asking = models.PositiveIntegerField()
    says = models.CharField(max_length=8, choices=[(one.value, words) for one, words in SAYS.items()])
    why = models.CharField(max_length=300, blank=True)
    who = models.CharField(max_length=80, blank=True)
    """Whose words they are, where somebody else enters them."""
    way = models.CharField(max_length=12, choices=Way.choices)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    """None: the residents themselves, by room and PIN."""
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["at_ms", "answer"]
        indexes = [models.Index(fields=["order", "room"], name="answers_of_a_room")]


class WorkLock(models.Model):
    """One meter of an order that was started: its lock-out, its release."""

    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="locks")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    meter = models.CharField(max_length=64, blank=True)
    """Empty: the room has none."""
    was_off = models.BooleanField(default=False)
    """Its relay was read back open before the lock-out was asked for."""
    lock = models.ForeignKey(Command, on_delete=models.PROTECT, null=True, related_name="+")
    """None: nothing could be asked: no meter, or no gateway."""
    release = models.ForeignKey(Command, on_delete=models.PROTECT, null=True, related_name="+")
    handed_to = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, null=True, related_name="+")
    """The order that still needed it locked out when this one ended: that one releases it."""

    class Meta:
        ordering = ["room__floor", "room__label", "meter"]
        constraints = [models.UniqueConstraint(fields=["order", "room", "meter"], name="one_lock_per_meter")]


class WorkStep(ImmutableModel):
    """One step of an order: what was done, by whom, when."""

    step = models.CharField(max_length=64, unique=True)
    """The id that its form made: the same again changes nothing."""
    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=12, choices=[(one.value, words) for one, words in ACTS.items()])
    text = models.CharField(max_length=1000, blank=True)
    facts = models.JSONField(default=dict)
    """What the act was about, by stable names: rooms, window, measures, meter, approval."""
    photos = models.JSONField(default=list)
    """Digests."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
