"""What is kept of the finance system: account maps, templates, exports with their vouchers, imports with their rows. All
written once.
"""

from django.conf import settings
from django.db import models

from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Span
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL
REASON_LENGTH = 300


class K3Map(ImmutableModel):
    """An account map, in force for the days from `from_day` on until a later one."""

    from_day = models.DateField(db_index=True)
    rows = models.JSONField()
    """As `k3_map.rows_to_json` writes them."""
    approval = models.BigIntegerField(unique=True)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=REASON_LENGTH)
    at_ms = models.BigIntegerField()


class K3Template(ImmutableModel):
    """A layout that was taken from a file of the user's own K/3, or the standard one chosen again. The newest holds."""

    class Form(models.TextChoices):
        """How the file is written."""

        XLS = "xls", "XLS"
        XLSX = "xlsx", "XLSX"

    file_name = models.CharField(max_length=200, blank=True)
    """Empty for the standard layout."""
    digest = models.CharField(max_length=64, blank=True)
    form = models.CharField(max_length=4, choices=Form.choices)
    layout = models.JSONField()
    """As `k3_layout.layout_to_json` writes it."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class K3Export(ImmutableModel):
    """Vouchers that were made of some days. The file is made of `vouchers` and `layout` again whenever it is taken."""

    number = models.BigIntegerField(primary_key=True)
    first_day = models.DateField()
    last_day = models.DateField()
    """Both days belong to it."""
    span = models.CharField(max_length=8, choices=[(span.value, span.value) for span in Span])
    form = models.CharField(max_length=4, choices=K3Template.Form.choices)
    layout = models.JSONField()
    template_name = models.CharField(max_length=200, blank=True)
    vouchers = models.JSONField()
    """Day, group, number, serial, entries each."""
    voucher_count = models.PositiveIntegerField()
    entry_count = models.PositiveIntegerField()
    debit_fen = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    """SHA-256 over the days and all entries."""
    carried = models.JSONField()
    """By line, what these days' movements are in micro-yuan beyond what its vouchers say: below a fen a line."""
    left_out = models.JSONField()
    """What the map leaves out on purpose, in micro-yuan by kind of movement."""
    why = models.CharField(max_length=REASON_LENGTH, blank=True)
    """Why days are exported again."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class K3ExportDay(ImmutableModel):
    """A day of an export. A day is in one export that was not taken back."""

    export = models.ForeignKey(K3Export, on_delete=models.PROTECT, related_name="days")
    day = models.DateField(db_index=True)


class K3ExportEnd(ImmutableModel):
    """An export that K/3 has not got, or no longer: its days are free again."""

    export = models.OneToOneField(K3Export, on_delete=models.PROTECT, primary_key=True, related_name="end")
    why = models.CharField(max_length=REASON_LENGTH)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class K3Columns(models.Model):
    """Which title of K/3's lists holds which field: as it was chosen last."""

    kind = models.CharField(
        max_length=16, primary_key=True, choices=[(kind.value, kind.value) for kind in K3Kind]
    )
    headers = models.JSONField(default=dict)


class K3Import(ImmutableModel):
    """A list that K/3 exported, brought in whole: which days it is said to be of, by whom."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in K3Kind])
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, db_index=True)
    first_day = models.DateField()
    last_day = models.DateField()
    """Both days belong to it."""
    rows = models.PositiveIntegerField()
    """New ones; what an earlier list had is counted in `known`."""
    known = models.PositiveIntegerField(default=0)
    debit_fen = models.BigIntegerField()
    credit_fen = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class K3ImportEnd(ImmutableModel):
    """An import that no longer counts, and why: K/3 changed the vouchers since, or it was the wrong list."""

    made = models.OneToOneField(K3Import, on_delete=models.PROTECT, primary_key=True, related_name="end")
    why = models.CharField(max_length=REASON_LENGTH)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class K3VoucherRow(ImmutableModel):
    """An entry of a voucher as K/3 has it."""

    made = models.ForeignKey(K3Import, on_delete=models.PROTECT, related_name="entries")
    row = models.PositiveIntegerField()
    day = models.DateField(db_index=True)
    word = models.CharField(max_length=80, blank=True)
    number = models.CharField(max_length=80)
    entry = models.PositiveIntegerField()
    account = models.CharField(max_length=80, db_index=True)
    account_name = models.CharField(max_length=255, blank=True)
    item = models.CharField(max_length=255, blank=True)
    summary = models.CharField(max_length=255, blank=True)
    debit_fen = models.BigIntegerField()
    credit_fen = models.BigIntegerField()


class K3TotalRow(ImmutableModel):
    """An account's totals of a period as K/3 has them; balances are debit less credit."""

    made = models.ForeignKey(K3Import, on_delete=models.PROTECT, related_name="totals")
    row = models.PositiveIntegerField()
    account = models.CharField(max_length=80, db_index=True)
    account_name = models.CharField(max_length=255, blank=True)
    item = models.CharField(max_length=255, blank=True)
    opening_fen = models.BigIntegerField()
    debit_fen = models.BigIntegerField()
    credit_fen = models.BigIntegerField()
    closing_fen = models.BigIntegerField()
