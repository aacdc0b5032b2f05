"""Signs of life, counts, samples and standing findings. All of it is about the running of this system, nothing about people.

Instants that tell whether a process lives (`*_real_ms`) are the world's on a bench, too: a process beats in real time.
"""

from django.db import models

LONGEST_SUBJECT = 120


class ProcessBeat(models.Model):
    """One of central's processes: when it began, when it last said that it runs, and what it said of itself."""

    name = models.CharField(max_length=64, primary_key=True)
    """`ingest`, `ingest-2`, `notices`, `web`: the kind, and where there are several, which one."""
    kind = models.CharField(max_length=16)
    started_real_ms = models.BigIntegerField()
    beat_real_ms = models.BigIntegerField()
    said = models.JSONField(default=dict)
    """Numbers and yes or no by name."""


class ServiceCount(models.Model):
    """What a kind of process counted since it was first set up; it only ever grows."""

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_service_count_per_name")]


class GatewayPulse(models.Model):
    """What ingest saw of a gateway beside its books: its lines' counts, its clock, how late its readings come."""

    gateway = models.OneToOneField(
        "link.Gateway", on_delete=models.CASCADE, primary_key=True, related_name="pulse"
    )
    lines = models.JSONField(default=dict)
    """Line -> asked, answered, and both as they were at the health row before it."""
    health_trusted = models.BooleanField(null=True)
    """Whether the gateway trusted its clock at the last health row."""
    clock_off_ms = models.BigIntegerField(null=True)
    """Its clock less ours, at the freshest message of the last look."""
    clock_seen_ms = models.BigIntegerField(null=True)
    lag_ms = models.BigIntegerField(null=True)
    """From the newest reading of its last batch to the commit."""
    lag_seen_ms = models.BigIntegerField(null=True)


class Sample(models.Model):
    """How much of something there was at an instant: sizes, and counts of the web server. Once an hour, kept for a month."""

    what = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    value = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "at_ms"], name="one_sample_of_an_instant")]


class StandingFinding(models.Model):
    """A finding that is not good, since when it stands and whether anybody was told. Deleted some time after it has ended."""

    code = models.CharField(max_length=64)
    subject = models.CharField(max_length=LONGEST_SUBJECT, blank=True)
    level = models.CharField(max_length=8)
    params = models.JSONField(default=dict)
    since_ms = models.BigIntegerField()
    bad_since_ms = models.BigIntegerField(null=True)
    """Since when it is bad without a break; None while a person need only look."""
    told_ms = models.BigIntegerField(null=True)
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "subject"], name="one_finding_of_a_subject")]
