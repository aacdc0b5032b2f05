"""Cases: something about the power that a person must look at, from its opening to its end. Steps are immutable."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import Building, Room
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class Case(models.Model):
    """One matter. Its number is its key; `state` and `finding` repeat what its last steps say."""

    class Kind(models.TextChoices):
        """What opened it."""

        LOSS = "loss", _("more is missing than the fixed loss")
        THEFT = "theft", _("reported theft")
        READING = "reading", _("readings disagree")
        METER = "meter", _("a meter or its wiring")

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", pgettext_lazy("case", "open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ARRIVED = "arrived", _("on site")
        FOUND = "found", _("found")
        CLOSED = "closed", pgettext_lazy("case", "closed")

    class Finding(models.TextChoices):
        """What it was."""

        LEAKAGE = "leakage", _("leakage")
        THEFT = "theft", _("theft")
        METER = "meter", _("faulty or swapped meter")
        WIRING = "wiring", _("wiring or list of meters wrong")
        UNMETERED = "unmetered", _("load without a meter")
        READING = "reading", _("reading was wrong")
        NOTHING = "nothing", _("nothing found")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=150, db_index=True)
    """What it is about, the same while it lasts: at most one case of a key is not closed."""
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="cases")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    about = models.CharField(max_length=200)
    """Names and figures without words of a language, such as the group's name."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    finding = models.CharField(max_length=16, choices=Finding.choices, blank=True)
    opened_ms = models.BigIntegerField()
    closed_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_ms", "-pk"]
        indexes = [models.Index(fields=["state", "building"], name="cases_that_stand")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(state="closed"), name="one_open_case_per_key"
            )
        ]


class CaseStep(ImmutableModel):
    """One step of a case: who, when, what; with photographs."""

    class Kind(models.TextChoices):
        """What was done."""

        OPENED = "opened", _("opened")
        SEEN_AGAIN = "seen-again", _("seen again")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ARRIVED = "arrived", _("on site")
        FOUND = "found", _("found")
        NOTED = "noted", _("noted")
        CLOSED = "closed", _("closed")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    step = models.CharField(max_length=64, unique=True)
    """Made by the page or the phone: the same again is the same step."""
    at_ms = models.BigIntegerField()
    """When it happened: a phone without network sends it later."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="case_steps")
    """None: central itself."""
    finding = models.CharField(max_length=16, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    facts = models.JSONField(default=dict)
    """Figures by name: whole numbers, texts, lists of these."""
    photos = models.JSONField(default=list)
    """Digests."""

    class Meta:
        ordering = ["at_ms", "pk"]

    @property
    def is_late_news(self) -> bool:
        """Whether a phone told it more than a minute after it happened."""
        return self.received_ms - self.at_ms > 60_000
