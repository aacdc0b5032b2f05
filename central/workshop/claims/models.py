"""Claims, the devices that each is about, and the immutable steps that made them what they are."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.ledger.models import ImmutableModel
from central.workshop.devices.models import Device, Maker


class Claim(models.Model):
    """What is asked of a maker. Its state repeats what its steps say."""

    class State(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", pgettext_lazy("claim", "not sent yet")
        SENT = "sent", pgettext_lazy("claim", "sent, no answer yet")
        ANSWERED = "answered", pgettext_lazy("claim", "answered")
        CLOSED = "closed", pgettext_lazy("claim", "closed")

    class Promise(models.TextChoices):
        """What the maker says he will do."""

        REPLACE = "replace", _("sends others in their place")
        REPAIR = "repair", _("repairs them")
        CREDIT = "credit", _("gives the money back")
        REFUSED = "refused", _("refuses")
        LATER = "later", _("answers later")

    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="claims")
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="zh-hans")
    """In which the maker is written to."""
    text = models.TextField(blank=True)
    """As a person wrote it; empty: what the findings propose."""
    source = models.CharField(max_length=80, blank=True)
    """What it came from: `delivery:7`, `device:M-000001`, `fault:12`, `form:ID`."""
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    promise = models.CharField(max_length=12, choices=Promise.choices, blank=True)
    due_day = models.DateField(null=True)
    """By when he keeps his promise, or answers."""
    opened_ms = models.BigIntegerField()
    sent_ms = models.BigIntegerField(null=True)
    called_ms = models.BigIntegerField(null=True)
    """The first logged call to him."""
    closed_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "maker"], name="claims_of_a_maker")]


class ClaimDevice(models.Model):
    """One device of a claim: what was found, and what became of it."""

    class End(models.TextChoices):
        """How it ended for this device."""

        RETURNED = "returned", pgettext_lazy("claimed device", "came back")
        REPLACED = "replaced", pgettext_lazy("claimed device", "another came in its place")
        CREDITED = "credited", pgettext_lazy("claimed device", "paid back")
        KEPT = "kept", pgettext_lazy("claimed device", "claim given up")

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="devices")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="claims")
    found = models.JSONField(default=list)
    """Findings by their codes (`central.domain.goods_in.Finding`): said in the maker's language."""
    finding = models.TextField(blank=True)
    """In a person's words."""
    end = models.CharField(max_length=12, choices=End.choices, blank=True)
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "device"], name="a_device_once_in_a_claim"),
            models.UniqueConstraint(
                fields=["device"], condition=models.Q(ended_ms=None), name="one_open_claim_per_device"
            ),
        ]


class ClaimStep(ImmutableModel):
    """One thing that was done about a claim."""

    class Kind(models.TextChoices):
        """What was done."""

        OPENED = "opened", pgettext_lazy("claim", "begun")
        ADDED = "added", pgettext_lazy("claim", "added to")
        WRITTEN = "written", pgettext_lazy("claim", "text written")
        MAILED = "mailed", pgettext_lazy("claim", "mailed")
        HANDED = "handed", pgettext_lazy("claim", "sent another way")
        SHIPPED = "shipped", pgettext_lazy("claim", "device sent after it")
        CALLED = "called", pgettext_lazy("claim", "telephoned")
        REPLIED = "replied", pgettext_lazy("claim", "the maker answered")
        DEVICE_ENDED = "device-ended", pgettext_lazy("claim", "settled for a device")
        NOTED = "noted", pgettext_lazy("claim", "note")
        CLOSED = "closed", pgettext_lazy("claim", "closed")

    step = models.CharField(max_length=64, unique=True)
    """The id that its originator made: the same again changes nothing."""
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    at_ms = models.BigIntegerField()
    """When it happened."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="claim_steps"
    )
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    """By kind: `devices` (stock numbers), `with` (who was on the telephone), `to`, `notice` (key), `promise`, `due`, `end`."""
    photos = models.JSONField(default=list)
    """Digests of the photographs that came with it."""

    class Meta:
        ordering = ["received_ms", "pk"]
