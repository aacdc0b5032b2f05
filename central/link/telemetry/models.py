"""Readings and histories in bulk. Written by ingest, and what is summed up of it by who reads it; nothing here is money."""

from django.db import models

from central.ledger.monthly_tables import MonthlyModel


class Reading(MonthlyModel):
    """One reading as the gateway took it; a reading is not an entry (C-12)."""

    month_by = "wall_ms"

    meter = models.CharField(max_length=64)
    wall_ms = models.BigIntegerField()
    register_wh = models.BigIntegerField()
    power_w = models.BigIntegerField(null=True)
    current_ma = models.BigIntegerField(null=True)
    relay_closed = models.BooleanField(null=True)
    outcome = models.CharField(max_length=16)
    trusted = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["meter", "wall_ms"])]


class LastReading(models.Model):
    """A meter's newest reading, for pages that show many meters at once."""

    meter = models.CharField(max_length=64, primary_key=True)
    gateway = models.CharField(max_length=64, blank=True)
    """Who read it: a building's figures are summed here, without a word from the other database."""
    wall_ms = models.BigIntegerField()
    register_wh = models.BigIntegerField()
    """Of the newest reading that was accepted: the base of the next hour's use."""
    power_w = models.BigIntegerField(null=True)
    current_ma = models.BigIntegerField(null=True)
    relay_closed = models.BooleanField(null=True)
    outcome = models.CharField(max_length=16)


class HourlyUse(MonthlyModel):
    """A meter's use by the hour it was read in, kept by ingest for charts; money is billed from entries."""

    month_by = "hour_ms"

    meter = models.CharField(max_length=64)
    hour_ms = models.BigIntegerField()
    energy_wh = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meter", "hour_ms"], name="one_use_per_hour")]


class RelayEvent(MonthlyModel):
    """Every relay report, in the order received."""

    month_by = "at_ms"

    meter = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    desired_closed = models.BooleanField(null=True)
    commanded_closed = models.BooleanField(null=True)
    observed_closed = models.BooleanField(null=True)
    verdict = models.CharField(max_length=16)
    why = models.CharField(max_length=200, blank=True)
    current_ma = models.BigIntegerField(null=True)
    status_word = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["meter", "at_ms"])]


class DecisionEvent(MonthlyModel):
    """Every decision, in the order received."""

    month_by = "at_ms"

    account = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    decision = models.CharField(max_length=16)
    reason = models.CharField(max_length=64)
    balance = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account", "at_ms"])]


class LossBalance(MonthlyModel):
    """Every balance of master and subs that a gateway made, in the order received (R-B2); energies in Wh."""

    month_by = "to_ms"

    gateway = models.CharField(max_length=64)
    group = models.CharField(max_length=64)
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    verdict = models.CharField(max_length=20)
    rule = models.CharField(max_length=16)
    master_wh = models.BigIntegerField()
    subs_wh = models.BigIntegerField()
    own_use_wh = models.BigIntegerField()
    technical_wh = models.BigIntegerField()
    unexplained_wh = models.BigIntegerField()
    uncertainty_wh = models.BigIntegerField()
    z_milli = models.BigIntegerField(null=True)
    frozen = models.IntegerField()
    meters = models.IntegerField()
    missing = models.JSONField(default=list)
    """Meters that were not heard in time, in doubt, or that count backwards."""

    class Meta:
        indexes = [models.Index(fields=["gateway", "group", "to_ms"])]


class InstantTotal(MonthlyModel):
    """A meter's running total at the instant of its building's balances: all meters of a building at one and the same (R-B2)."""

    month_by = "at_ms"

    gateway = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    """Totals of two epochs are not compared: the store was begun anew in between."""
    meter = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    trusted = models.BooleanField(default=True)
    total_wh = models.BigIntegerField()
    offset_wh = models.BigIntegerField()
    """The total less the register: another one than before means swapped or begun anew, nothing counted in between."""
    step_wh = models.BigIntegerField()
    skew_wh = models.BigIntegerField(default=0)
    frozen = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["gateway", "at_ms"], name="totals_of_an_instant"),
            models.Index(fields=["meter", "at_ms"], name="totals_of_a_meter"),
        ]


class BalanceDay(models.Model):
    """A campus day of which a gateway told balances; `version` moves with every row that comes, however late."""

    gateway = models.CharField(max_length=64)
    day_ms = models.BigIntegerField()
    """The day's beginning."""
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "day_ms"], name="one_row_per_balance_day")]


class GroupDay(models.Model):
    """A group's balance of a whole day, made once so that months are cheap; worthless when rows or rules are newer than it."""

    gateway = models.CharField(max_length=64)
    group = models.CharField(max_length=64)
    day_ms = models.BigIntegerField()
    version = models.BigIntegerField()
    """Of the `BalanceDay` that it was made of."""
    rules = models.CharField(max_length=16)
    """A digest of the rules that it was made by."""
    figures = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "group", "day_ms"], name="one_balance_per_group_and_day"
            )
        ]


class LossFollowed(models.Model):
    """What a group's unexplained loss was found to follow, by the window's end: the newest is shown, the others are history."""

    gateway = models.CharField(max_length=64)
    group = models.CharField(max_length=64)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    made_ms = models.BigIntegerField()
    found = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "group", "until_ms"], name="one_finding_per_window")
        ]


class ReceivedRow(models.Model):
    """The digest of a row received, so that the same sequence with other content is noticed; until `forgetting_digests`."""

    gateway = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch", "seq"], name="one_digest_per_row")]


class TelemetryPosition(models.Model):
    """The last row of an epoch whose telemetry is committed; apart from the ledger's, since the databases commit apart."""

    gateway = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField(default=0)
    marks = models.JSONField(default=list)
    """`[instant in ms, seq]`, one a night, the oldest first: up to where rows were received by then."""
    forgotten_seq = models.BigIntegerField(default=0)
    """Digests up to this row are gone."""
    forgotten_ms = models.BigIntegerField(default=0)
    """Those rows were received before this instant: a batch issued later that has one of them is no copy of theirs."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch"], name="one_position_per_epoch")]


class ArchivedMonth(models.Model):
    """A file of a month's rows that lie, or lay, in these tables. Rows that come for an archived month go into its next part."""

    class State(models.TextChoices):
        """Where its rows lie."""

        WRITTEN = "written"
        """In the file and still in the tables: removing them is not over, or was cut short."""
        REMOVED = "removed"
        """In the file alone."""
        LOADED = "loaded"
        """In the file, and loaded back for a while."""

    month = models.IntegerField()
    """Year times twelve plus the month from zero, as `monthly_tables.month_at` gives it."""
    part = models.IntegerField()
    file_name = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    """SHA-256 of the whole file, also in the audit chain."""
    size = models.BigIntegerField()
    rows = models.JSONField()
    """By kind, the number of rows."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.WRITTEN)
    written_ms = models.BigIntegerField()
    removed_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["month", "part"]
        constraints = [models.UniqueConstraint(fields=["month", "part"], name="one_part_of_a_month")]
