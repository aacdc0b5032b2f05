"""What was done while central could not be reached, as it was entered afterwards; the stock of vouchers. No row is ever edited."""

from django.conf import settings
from django.db import models

from central.campus.models import Building
from central.desk.book_models import ReceiptBook
from central.desk.shift_models import Shift
from central.ledger.models import ImmutableModel
from central.link.models import StockVoucher

USER = settings.AUTH_USER_MODEL


class OutageSheet(ImmutableModel):
    """A supplementary day sheet: pages that one cashier wrote in one book, entered at once. Numbers have no gap (R-4.1.9)."""

    number = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=32, unique=True)
    """Made by the page that enters: the same again is the same sheet."""
    digest = models.CharField(max_length=64)
    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="outage_sheets")
    written_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    """Who took the cash and wrote the pages."""
    day = models.DateField()
    """The day that the first page bears."""
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="outage_sheets")
    """The open shift in whose drawer the cash lies now."""
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    entered_ms = models.BigIntegerField(db_index=True)
    sum_fen = models.BigIntegerField()
    counted_fen = models.BigIntegerField()
    """What was counted for these pages; a difference is named here, and booked by the shift's own count."""
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "desk"

    @property
    def difference_fen(self) -> int:
        """Counted above what the pages say."""
        return self.counted_fen - self.sum_fen


class OutagePage(ImmutableModel):
    """One page of a sheet: a payment, or void with its reason."""

    sheet = models.ForeignKey(OutageSheet, on_delete=models.PROTECT, related_name="pages")
    page = models.IntegerField()
    written_ms = models.BigIntegerField(null=True)
    """As it stands on the page; None for a void one."""
    payment = models.OneToOneField(
        "desk.Payment", on_delete=models.PROTECT, null=True, related_name="outage_page"
    )
    voucher = models.OneToOneField(
        StockVoucher, on_delete=models.PROTECT, null=True, related_name="outage_page"
    )
    """The sealed voucher that was handed out for it."""
    void_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        app_label = "desk"
        ordering = ["sheet_id", "page"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "page"], name="one_outage_page_per_number"),
            models.CheckConstraint(
                condition=models.Q(payment__isnull=False, void_reason="")
                | (models.Q(payment__isnull=True) & ~models.Q(void_reason="")),
                name="outage_page_paid_or_void",
            ),
        ]


class VoucherStock(ImmutableModel):
    """Sealed vouchers of one value for the rooms of a building, made by signatures. Numbers have no gap."""

    number = models.BigIntegerField(primary_key=True)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="voucher_stocks")
    value_fen = models.BigIntegerField()
    vouchers = models.PositiveIntegerField()
    why = models.CharField(max_length=300)
    approval = models.BigIntegerField()
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    made_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"


class VoucherPrint(ImmutableModel):
    """The vouchers of a stock were printed. Number 0 is the first time; every later one has its reason."""

    stock = models.ForeignKey(VoucherStock, on_delete=models.PROTECT, related_name="prints")
    copy = models.IntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(fields=["stock", "copy"], name="one_voucher_print_per_number"),
            models.CheckConstraint(
                condition=models.Q(copy=0) | ~models.Q(reason=""), name="vouchers_again_have_a_reason"
            ),
        ]


class VoucherCount(ImmutableModel):
    """Somebody counted the envelopes in the safe; what differs is named with its reason."""

    stock = models.ForeignKey(VoucherStock, on_delete=models.PROTECT, related_name="counts")
    counted = models.IntegerField()
    expected = models.IntegerField()
    reason = models.CharField(max_length=200, blank=True)
    """Which are missing, or too many, and why."""
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(counted=models.F("expected")) | ~models.Q(reason=""),
                name="a_differing_count_has_a_reason",
            )
        ]
