"""Prove that every entered page is its payment's original, that sheets add up, and that every voucher is paid for or an alarm."""

from django.db.models import Sum

from central.desk.book_models import BookPageIssue
from central.desk.models import Payment
from central.desk.outage.entering import OUTAGE_SHEETS
from central.desk.outage.models import OutagePage, OutageSheet
from central.ledger.models import Transfer
from central.ledger.verification import Check
from central.link.models import Grant, StockVoucher, VoucherRedeemed
from central.link.number_leaps import numbers_of


def verify_outage() -> list[Check]:
    """Check sheets against pages and payments, vouchers against grants and transfers."""
    return [_sheets(), _pages(), _vouchers()]


def _sheets() -> Check:
    sheets = OutageSheet.objects.order_by("number").annotate(paid=Sum("pages__payment__amount_fen"))
    seen = f"{len(sheets)} sheets"
    for place, sheet in zip(numbers_of(OUTAGE_SHEETS), sheets, strict=False):
        if sheet.number != place:
            return Check("supplementary sheets", seen, f"sheet {place} is missing")
        if (sheet.paid or 0) != sheet.sum_fen:
            return Check("supplementary sheets", seen, f"sheet {sheet.number}: its pages make another sum")
    return Check("supplementary sheets", seen)


def _pages() -> Check:
    pages = OutagePage.objects.filter(payment__isnull=False).select_related("sheet", "payment")
    issued = dict(
        BookPageIssue.objects.filter(payment__outage_page__isnull=False).values_list("payment", "page")
    )
    seen = f"{len(issued)} pages entered later"
    for page in pages:
        same_shift = page.payment.shift_id == page.sheet.shift_id
        if issued.get(page.payment_id) != page.page or not same_shift:
            return Check(
                "pages entered later", seen, f"sheet {page.sheet_id} page {page.page}: not its original"
            )
    strays = Payment.objects.filter(payment_id__startswith="w-", outage_page=None).first()
    return Check("pages entered later", seen, f"payment {strays.pk} has no sheet" if strays else "")


def _vouchers() -> Check:
    """Sold as it was signed; credited before it was entered: booked once; destroyed: never sold."""
    vouchers = StockVoucher.objects.select_related("account", "destroyed")
    grants = Grant.objects.in_bulk(list(vouchers.values_list("grant_id", flat=True)))
    entered = dict(Transfer.objects.filter(kind="voucher-entered").values_list("reference", "amount"))
    redeemed = set(VoucherRedeemed.objects.values_list("pk", flat=True))
    seen = f"{len(vouchers)} vouchers, {len(grants)} sold"
    for one in vouchers:
        grant = grants.get(one.grant_id)
        if grant is not None and (grant.account_id, grant.bucket, grant.unit, grant.amount) != (
            *(one.account_id, one.bucket, one.unit, one.amount),
        ):
            return Check("vouchers", seen, f"voucher {one.pk} was sold as another than was signed")
        if grant is not None and hasattr(one, "destroyed"):
            return Check("vouchers", seen, f"voucher {one.pk} was destroyed and sold")
        wanted = one.amount if grant is not None and one.pk in redeemed else None
        if entered.pop(one.pk, None) != wanted:
            return Check(
                "vouchers", seen, f"voucher {one.pk}: its credit of unknown origin is not settled so"
            )
    return Check("vouchers", seen, f"transfer of {next(iter(entered))} has no voucher" if entered else "")
