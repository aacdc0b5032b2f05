"""The runs of jobs: when each was due, how far it is, each try; how far the jobs' dues are known; papers made by themselves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.domain.scheduled_runs import RunState
from central.ledger.models import ImmutableModel

LONGEST_DUE = 120


class JobWatch(models.Model):
    """Up to when a job's dues are on record. It begins with the first look that knows the job: nothing before is missed."""

    job = models.CharField(max_length=80, primary_key=True)
    begun_ms = models.BigIntegerField()
    seen_until_ms = models.BigIntegerField()


class ScheduledRun(models.Model):
    """One due of a job."""

    class State(models.TextChoices):
        """How far it is, in words."""

        WAITING = RunState.WAITING.value, _("to be run")
        RUNNING = RunState.RUNNING.value, _("is running")
        DONE = RunState.DONE.value, _("ran well")
        FAILED = RunState.FAILED.value, _("failed, is tried again")
        GIVEN_UP = RunState.GIVEN_UP.value, _("given up")
        SKIPPED = RunState.SKIPPED.value, _("run skipped")

    job = models.CharField(max_length=80)
    due = models.CharField(max_length=LONGEST_DUE)
    due_ms = models.BigIntegerField()
    period = models.CharField(max_length=24, blank=True)
    lane = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=RunState.WAITING)
    next_ms = models.BigIntegerField()
    """When it may be taken: from its due or its next try on; while it runs, when its claim ends."""
    tries = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    """In a row, since it was due or a person asked for it."""
    first_ms = models.BigIntegerField(null=True)
    """The first of these tries."""
    started_ms = models.BigIntegerField(null=True)
    ended_ms = models.BigIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    """What came of it, as `words.RUN_WORDS` says it."""
    params = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-due_ms", "-pk"]
        constraints = [models.UniqueConstraint(fields=["job", "due"], name="one_run_of_a_due")]
        indexes = [
            models.Index(fields=["state", "next_ms"], name="runs_to_take"),
            models.Index(fields=["job", "-due_ms"], name="runs_of_a_job"),
        ]


class RunTry(ImmutableModel):
    """One try of a run that has ended, or was cut short (`ended_ms` is None)."""

    run = models.ForeignKey(ScheduledRun, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)
    failed = models.BooleanField()
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_try_of_a_run")]


class MadePaper(ImmutableModel):
    """A report's paper as it was when it was made by itself. Not sealed: a later one of the same period may differ."""

    run = models.ForeignKey(ScheduledRun, on_delete=models.PROTECT, related_name="papers")
    code = models.CharField(max_length=40)
    period = models.CharField(max_length=24)
    contents = models.JSONField()
    """By language code, the paper as JSON text, as in a sealed one."""
    digest = models.CharField(max_length=64)
    made_ms = models.BigIntegerField()

    class Meta:
        ordering = ["-made_ms", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["code", "period", "digest"], name="one_made_paper_of_a_content")
        ]
