"""Meetings with all that was said in them, and improvement items with their steps. What was said is written once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.ledger.models import ImmutableModel
from central.office.roles import Role

USER = settings.AUTH_USER_MODEL
LONGEST_TEXT, LONGEST_NAME = 2000, 200


class Meeting(models.Model):
    """A quality review of a week, or the cross-department meeting of a month. `state` repeats what its entries say."""

    class Kind(models.TextChoices):
        """What is met for."""

        REVIEW = "review", _("quality review")
        MONTHLY = "monthly", _("cross-department meeting")

    class State(models.TextChoices):
        """Whether something can still be added."""

        OPEN = "open", pgettext_lazy("meeting", "under way")
        CLOSED = "closed", pgettext_lazy("meeting", "closed")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    period = models.CharField(max_length=16)
    """`week:2026-W48` of a review, `month:2026-11` of a meeting."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    procedures = models.JSONField(default=list)
    """Of a review: the rows of its grid, as the setting named them when it was opened; `departments` its columns."""
    departments = models.JSONField(default=list)
    opened_ms = models.BigIntegerField()
    opened_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    closed_ms = models.BigIntegerField(null=True, blank=True)
    closed_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-opened_ms", "-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "period"], name="one_meeting_per_period")]

    @property
    def is_review(self) -> bool:
        """Whether it is a quality review."""
        return self.kind == self.Kind.REVIEW

    @property
    def is_closed(self) -> bool:
        """Whether it is closed: from then on it is only added to, with a reason."""
        return self.state == self.State.CLOSED

    @property
    def label(self) -> str:
        """Its week or month."""
        return str(self.period).partition(":")[2]


class MeetingEntry(ImmutableModel):
    """One thing that was said or decided. Of several of one kind and place the newest holds; decisions go by their number."""

    class Kind(models.TextChoices):
        """What was said."""

        CALL = "call", _("call before the meeting")
        HELD = "held", _("held on, attended by")
        FINDING = "finding", _("finding")
        MINUTES = "minutes", _("minutes")
        DECISION = "decision", _("decision")
        CLOSED = "closed", pgettext_lazy("meeting", "closed")
        ADDED = "added", _("added after the close")

    class Rating(models.TextChoices):
        """How a department does with a procedure."""

        GOOD = "good", pgettext_lazy("rating", "good")
        FAIR = "fair", pgettext_lazy("rating", "to be improved")
        POOR = "poor", pgettext_lazy("rating", "poor")

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    step = models.CharField(max_length=64, unique=True)
    """Made by the page: the same again is the same entry."""
    number = models.PositiveIntegerField(default=0)
    """Of a decision; said again under its number, the newer words hold."""
    procedure = models.CharField(max_length=LONGEST_NAME, blank=True)
    department = models.CharField(max_length=LONGEST_NAME, blank=True)
    rating = models.CharField(max_length=8, choices=Rating.choices, blank=True)
    whom = models.CharField(max_length=LONGEST_NAME, blank=True)
    """Who was called."""
    day = models.DateField(null=True)
    """On which the meeting was held."""
    text = models.CharField(max_length=LONGEST_TEXT, blank=True)
    why = models.CharField(max_length=LONGEST_NAME, blank=True)
    """Why something is added after the close."""
    facts = models.JSONField(default=dict)
    """With the close: the agenda as it stood."""
    at_ms = models.BigIntegerField()
    """When it happened; a call is written down later."""
    received_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]


class Item(models.Model):
    """An improvement: a problem, its measure, who does it until when. `state` and what follows repeat its steps."""

    class Found(models.TextChoices):
        """Where the problem came up."""

        WEEKLY = "weekly", _("weekly meeting")
        REVIEW = "review", _("quality review")
        MONTHLY = "monthly", _("cross-department meeting")
        CASE = "case", _("a power case")
        OTHER = "other", _("elsewhere")

    class State(models.TextChoices):
        """How far it is (`domain.improvement_items.State`)."""

        OPEN = "open", pgettext_lazy("improvement", "open")
        IN_WORK = "in-work", pgettext_lazy("improvement", "in work")
        DONE = "done", pgettext_lazy("improvement", "done, to be checked")
        CHECKED = "checked", pgettext_lazy("improvement", "checked")
        DROPPED = "dropped", pgettext_lazy("improvement", "dropped")

    problem = models.CharField(max_length=LONGEST_TEXT)
    found = models.CharField(max_length=16, choices=Found.choices)
    link = models.CharField(max_length=LONGEST_NAME, blank=True)
    """The page that shows what it is about: a path of this site."""
    source = models.ForeignKey(
        MeetingEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    """The finding or decision that it came from."""
    measure = models.CharField(max_length=LONGEST_TEXT)
    owner = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="improvements"
    )
    office = models.CharField(max_length=16, choices=Role.choices, blank=True)
    """Owns it where no person does."""
    due = models.DateField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    opened_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]
        indexes = [models.Index(fields=["state", "due"], name="items_that_stand")]


class ItemStep(ImmutableModel):
    """One step of an item: who, when, what."""

    class Kind(models.TextChoices):
        """What was done (`domain.improvement_items.Act`)."""

        OPENED = "opened", pgettext_lazy("improvement", "opened")
        TAKEN = "taken", pgettext_lazy("improvement", "taken in hand")
        NOTED = "noted", pgettext_lazy("improvement", "noted")
        CHANGED = "changed", pgettext_lazy("improvement", "changed")
        DONE = "done", pgettext_lazy("improvement", "done")
        CHECKED = "checked", pgettext_lazy("improvement", "checked")
        GIVEN_BACK = "given-back", pgettext_lazy("improvement", "given back to work")
        DROPPED = "dropped", pgettext_lazy("improvement", "dropped")

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    step = models.CharField(max_length=64, unique=True)
    """Made by the page: the same again is the same step."""
    text = models.CharField(max_length=LONGEST_TEXT, blank=True)
    measure = models.CharField(max_length=LONGEST_TEXT, blank=True)
    """With the opening and a change: measure, owner and day as they are from then on."""
    owner = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    office = models.CharField(max_length=16, blank=True)
    due = models.DateField(null=True)
    at_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
