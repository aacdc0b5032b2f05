"""What was asked for, who signed it, and where its papers lie (R-4.2.1)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.ledger.models import ImmutableModel


class Approval(models.Model):
    """A request that a chain of people must sign. What it asks for never changes: its hash is in the audit chain."""

    class State(models.TextChoices):
        """Only `waiting` goes on to another."""

        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved and done")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")
        FAILED = "failed", _("approved, but could not be done")

    number = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)
    """Made by the page that asked: a double click asks once."""
    act = models.CharField(max_length=32)
    subject = models.CharField(max_length=120)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    """SHA-256 of act and content as canonical JSON, in hexadecimal digits."""
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="asked")
    asked_ms = models.BigIntegerField()
    chain = models.JSONField()
    """As it was when asked: a later change of the chain does not reach what is under way."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=300, blank=True)
    """Why it could not be done, or the reason of who withdrew it."""
    step_since_ms = models.BigIntegerField()
    """Since when the present step waits."""
    reminded_ms = models.BigIntegerField(default=0)
    escalated_ms = models.BigIntegerField(default=0)
    """Since when those above may sign this step, too; 0 while they may not."""
    ended_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["state", "act"])]

    def __str__(self) -> str:
        return f"{self.number}"


class Signature(ImmutableModel):
    """One person's yes or no to a request."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="signatures")
    step = models.PositiveSmallIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    office = models.CharField(max_length=16)
    """For which office: his own, or that of whom he stood in for."""
    approve = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "person"], name="one_signature_per_person")
        ]


class Filing(ImmutableModel):
    """Where a paper of an approved request lies: the original with the last office of the chain, copies with others."""

    class Kind(models.TextChoices):
        """What lies there."""

        ORIGINAL = "original", _("original")
        COPY = "copy", _("copy")

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="filings")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    office = models.CharField(max_length=16)
    place = models.CharField(max_length=120)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="filings")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "kind", "office"], name="one_filing_per_office")
        ]
