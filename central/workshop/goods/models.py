"""Orders, deliveries against them, what came in each, and the check of each device."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.ledger.models import ImmutableModel
from central.workshop.claims.models import Claim
from central.workshop.devices.models import Device, DeviceType, Maker, Place


class Order(models.Model):
    """What was ordered of a maker."""

    number = models.CharField(max_length=40, unique=True)
    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="orders")
    day = models.DateField()
    """When it was ordered."""
    opened_ms = models.BigIntegerField()
    closed_ms = models.BigIntegerField(null=True)
    """Complete, or what is missing won't come any more."""
    closed_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-day", "number"]


class OrderLine(models.Model):
    """So many of a type."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    type = models.ForeignKey(DeviceType, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["order", "type"], name="a_type_once_in_an_order")]


class Delivery(models.Model):
    """What came at once: for an order, or in place of claimed devices."""

    step = models.CharField(max_length=64, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="deliveries")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="deliveries")
    note = models.CharField(max_length=80, blank=True)
    """The number of its delivery note."""
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    """Where its devices wait for their check."""
    begun_ms = models.BigIntegerField()
    finished_ms = models.BigIntegerField(null=True)
    """Everything of it is entered."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deliveries")

    class Meta:
        ordering = ["-begun_ms", "-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order__isnull=False, claim__isnull=True)
                | models.Q(order__isnull=True, claim__isnull=False),
                name="delivery_for_one",
            )
        ]


class Arrival(ImmutableModel):
    """One device of a delivery, as it was entered."""

    step = models.CharField(max_length=64, unique=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="arrivals")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="arrivals")
    remark = models.CharField(max_length=200, blank=True)
    """Why it was taken in though nobody ordered it so."""
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]


class GoodsCheck(ImmutableModel):
    """The check of one device: who it is, what is damaged, what came of it."""

    class Identity(models.TextChoices):
        """How it was found out that it is the device that it should be."""

        BENCH = "bench", _("read by the bench")
        PLATE = "plate", _("read off the plate")

    class Outcome(models.TextChoices):
        """What came of it."""

        GOOD = "good", pgettext_lazy("device", "good")
        FAULTY = "faulty", pgettext_lazy("device", "faulty")

    step = models.CharField(max_length=64, unique=True)
    """Also the id of the device's step."""
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="checks")
    identity = models.CharField(max_length=8, choices=Identity.choices)
    bench = models.CharField(max_length=32, blank=True)
    """The bench record that was looked at."""
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    findings = models.JSONField(default=list)
    """What is wrong: `{"what": code, "text": words, "photos": [digest]}`; empty only where it is good."""
    photos = models.JSONField(default=list)
    """All of the findings' photographs."""
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="checks")
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="goods_checks")

    class Meta:
        ordering = ["pk"]
