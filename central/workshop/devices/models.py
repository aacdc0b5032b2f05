"""Makers, types, places; devices as they are now, and the immutable steps that made them so."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import Building
from central.domain.device_states import DeviceAct, DeviceState, Holds
from central.ledger.models import ImmutableModel

STATES = {
    DeviceState.ARRIVED: _("to be checked"),
    DeviceState.GOOD: pgettext_lazy("device", "good"),
    DeviceState.IN_USE: pgettext_lazy("device", "in use"),
    DeviceState.FAULTY: _("to repair"),
    DeviceState.CLAIMED: _("claimed"),
    DeviceState.MISSING: pgettext_lazy("device", "missing"),
    DeviceState.SCRAPPED: _("scrapped"),
}
ACTS = {
    DeviceAct.RECEIVED: pgettext_lazy("device", "received"),
    DeviceAct.ADOPTED: _("entered, in use already"),
    DeviceAct.PASSED: _("checked: good"),
    DeviceAct.FAILED: _("checked: faulty"),
    DeviceAct.REPAIRED: _("repaired and tested"),
    DeviceAct.INSTALLED: _("installed"),
    DeviceAct.REMOVED: pgettext_lazy("device", "removed"),
    DeviceAct.CLAIMED: _("sent to its maker"),
    DeviceAct.RETURNED: _("back from its maker"),
    DeviceAct.SCRAPPED: _("scrapped"),
    DeviceAct.MOVED: _("moved"),
    DeviceAct.LOST: _("not found when stock was taken"),
    DeviceAct.FOUND: _("found again"),
}
HOLDS = {
    Holds.ARRIVALS: _("what is to be checked"),
    Holds.GOOD: _("good devices"),
    Holds.FAULTY: _("faulty devices"),
}


class Maker(models.Model):
    """Who makes devices, and how he is reached with a claim."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    mail = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]


class DeviceType(models.Model):
    """A model as it is ordered and stored."""

    class Kind(models.TextChoices):
        """The two kinds of the procedure (模块, 中卫机)."""

        MODULE = "module", pgettext_lazy("device", "module")
        CONCENTRATOR = "concentrator", pgettext_lazy("device", "concentrator")

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="types")
    name = models.CharField(max_length=80)
    """The model as its plate and its order say it."""
    meter_model = models.CharField(max_length=80, blank=True)
    """The gateways' name of such a meter (`gateway/protocols/models`); empty where they know none."""
    least_good = models.PositiveIntegerField(default=0)
    """Fewer good ones than this in stock are told (minimum stock); 0: nobody is told."""
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]


class Place(models.Model):
    """A shelf, a bench, a box. It holds one kind of devices only."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    holds = models.CharField(max_length=12, choices=[(one.value, words) for one, words in HOLDS.items()])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]


class Device(models.Model):
    """One module or concentrator. Its state, place and building repeat what its last steps say."""

    number = models.CharField(max_length=16, primary_key=True)
    """The store's own number: M-000123, C-000004; on its label."""
    type = models.ForeignKey(DeviceType, on_delete=models.PROTECT, related_name="devices")
    serial = models.CharField(max_length=80)
    """As its plate says; once per type."""
    meter_no = models.CharField(max_length=64, blank=True)
    """The campus's number of it as a meter, from its first use on; once among all devices."""
    state = models.CharField(max_length=12, choices=[(one.value, words) for one, words in STATES.items()])
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="devices")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="devices")
    """Where it is in use."""
    where = models.CharField(max_length=80, blank=True)
    """The room's label, or the cabinet, where it is in use."""
    order = models.CharField(max_length=80, blank=True)
    """The order it came by."""
    arrived_ms = models.BigIntegerField(null=True)
    since_ms = models.BigIntegerField()
    """Since when it is in this state."""

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["state", "type"], name="stock_of_a_type")]
        constraints = [
            models.UniqueConstraint(fields=["type", "serial"], name="one_device_per_serial"),
            models.UniqueConstraint(
                fields=["meter_no"], condition=~models.Q(meter_no=""), name="one_device_per_meter"
            ),
        ]


class DeviceStep(ImmutableModel):
    """One step of a device: what was done, by whom, from where to where."""

    step = models.CharField(max_length=64, unique=True)
    """The id that its originator made: the same again changes nothing."""
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=12, choices=[(one.value, words) for one, words in ACTS.items()])
    state = models.CharField(max_length=12)
    """After it."""
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="+")
    where = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=80, blank=True)
    """What it belongs to: `bench:ID`, `claim:7`, `fault:12`, `replacement:3`, `stock-taking:2`."""
    why = models.CharField(max_length=300, blank=True)
    at_ms = models.BigIntegerField()
    """When it happened."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="device_steps"
    )
    """None: central itself, for what a gateway told."""

    class Meta:
        ordering = ["received_ms", "pk"]


class DeviceCounter(models.Model):
    """The last stock number given, for each first letter."""

    letter = models.CharField(max_length=1, primary_key=True)
    last = models.PositiveIntegerField(default=0)
