"""Double entry after TigerBeetle's model, and the audit trail; both in one hash chain. It knows no room and no desk.

Nothing here is edited or deleted: triggers in the database refuse it (`immutability.py`). A mistake is reversed by a new
transfer. Amounts are integers: micro-yuan or watt-hours, by the accounts' unit.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gateway.contract.quantities import Unit


class ImmutableModel(models.Model):
    """A table whose rows are written once. Its migration must add `immutability.ForbidChanges` (verified after each migrate)."""

    class Meta:
        abstract = True


class LedgerAccount(models.Model):
    """One side of transfers: `cash:desk`, `customer:1-301.1:paid`, `revenue:energy:dormitory`."""

    class Kind(models.TextChoices):
        """On which side the balance grows: assets and expenses by debit, the others by credit."""

        ASSET = "asset", _("asset")
        LIABILITY = "liability", _("liability")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")

    code = models.CharField(max_length=120, primary_key=True)
    unit = models.CharField(max_length=8, choices=[(unit.value, unit.value) for unit in Unit])
    kind = models.CharField(max_length=16, choices=Kind.choices)
    debits = models.BigIntegerField(default=0)
    """Sum of all debits; a cache that `verify` recomputes."""
    credits = models.BigIntegerField(default=0)

    @property
    def balance(self) -> int:
        """What is owed or owned: grows with the account's own side."""
        return own_side(self.kind, self.debits, self.credits)


def own_side(kind: str, debits: int, credited: int) -> int:
    """Give the balance of an account of this kind."""
    is_debit = kind in (LedgerAccount.Kind.ASSET, LedgerAccount.Kind.EXPENSE)
    return debits - credited if is_debit else credited - debits


class Chained(ImmutableModel):
    """A row of the hash chain; transfers and audit entries share its positions."""

    position = models.BigIntegerField(unique=True)
    chain_hash = models.BinaryField(max_length=32)

    class Meta:
        abstract = True


class Transfer(Chained):
    """Move an amount from one account to another. The id is made by its originator: the same again is EXISTS (C-1)."""

    id = models.CharField(max_length=120, primary_key=True)
    debit = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="debit_transfers")
    credit = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="credit_transfers")
    amount = models.BigIntegerField()
    unit = models.CharField(max_length=8)
    kind = models.CharField(max_length=32)
    """`payment`, `consumption`, `subsidy`, `taken-back`, `pay-out`, ..."""
    at_ms = models.BigIntegerField()
    """When it happened."""
    booked_ms = models.BigIntegerField()
    """When central learnt it: what comes late is booked late, with both dates (R-4.1.9)."""
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["reference"]),
            models.Index(fields=["kind", "at_ms"]),
            models.Index(fields=["kind", "position"], name="transfer_by_kind"),
            models.Index(fields=["booked_ms", "position"], name="transfer_by_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="transfer_above_zero"),
            models.CheckConstraint(
                condition=~models.Q(debit=models.F("credit")), name="transfer_between_two"
            ),
        ]


class AuditEntry(Chained):
    """Who did what, when: everything that changes what people pay or how they are supplied."""

    at_ms = models.BigIntegerField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=120)
    detail = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["actor", "position"], name="audit_by_actor"),
            models.Index(fields=["action", "position"], name="audit_by_action"),
            models.Index(fields=["subject", "position"], name="audit_by_subject"),
            models.Index(fields=["at_ms", "position"], name="audit_by_day"),
        ]


class ChainHead(models.Model):
    """The chain's last position and hash. One row; locking it puts all bookings in one order."""

    position = models.BigIntegerField(default=0)
    chain_hash = models.BinaryField(max_length=32)


class BooksCheck(models.Model):
    """A person's verification of the books, made in steps: how far it came, and what it found. Its end is in the audit chain."""

    class State(models.TextChoices):
        """Whether it goes on, and how it ended."""

        RUNNING = "running", _("running")
        WHOLE = "whole", _("whole")
        BROKEN = "broken", _("broken")
        LEFT = "left", _("left unfinished")

    started_by = models.CharField(max_length=150)
    started_ms = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    position = models.BigIntegerField(default=0)
    """Up to which row the chain held."""
    chain_hash = models.BinaryField(max_length=32)
    """Of that row."""
    aim = models.BigIntegerField(default=0)
    """How many rows there were when it was looked last: what its progress is measured by."""
    sums = models.JSONField(default=dict)
    """By account what the rows so far debit and credit it."""
    faults = models.JSONField(default=list)
    """The first row or account that doesn't hold, then triggers that are missing: kind, name, position each."""
    stepped_ms = models.BigIntegerField()
    claimed_until_ms = models.BigIntegerField(default=0)
    """A step is under way until then, and no other begins."""
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]
