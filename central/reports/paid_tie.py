"""Why the per-household detail's payments are not the takings of HNKJ/C4/1012 to the fen: each difference by its reason (R-6.2).

Takings belong to the day that their shift is booked on, a household's payments to their instant; money for kWh is in no yuan.
"""

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from central.desk.day_sums import payments_in, voids_in
from central.desk.day_table_views import report_address
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.domain.account_moves import PARTS, Part
from central.domain.book_periods import ordinal_of
from central.domain.paper import Column, Kind, Row, Table
from central.domain.periods import Period, PeriodKind
from central.ledger.models import Transfer
from central.papers.accounting import instants_of
from central.reports.books.models import LateBooking
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

KINDS = tuple(kind for kind, part in PARTS.items() if part is Part.TAKINGS)
SALE = "card-meter-sale"


def tie_table(period: Period, paid: int) -> Table:
    """Lead from the takings for electricity to what households paid (`paid`, micro-yuan), reason by reason."""
    booked = _net(payments_in(period), voids_in(period))
    from_ms, until_ms = instants_of(period)
    inside = Q(at_ms__gte=from_ms, at_ms__lt=until_ms)
    payments, voids = Payment.objects.filter(inside), ReceiptVoid.objects.filter(inside)
    went = _net(payments_in(period).exclude(inside), voids_in(period).exclude(inside))
    came = _net(payments, voids) - (booked - went)
    in_kwh = _net(payments, voids, receipt__unit=Unit.KWH, purpose=Payment.Purpose.ENERGY)
    reasons = [
        (_("Booked on days of this period, paid before or after it"), -went),
        (_("Paid in this period, booked on days of another one"), came),
        (_("For balances that are kept in kWh"), -in_kwh),
        (_("Sold by card meters"), _card_sales(inside)),
        (_("Late, since a period was locked"), _late(period)),
    ]
    rest = paid - booked - sum(amount for _words, amount in reasons)
    lines = [
        (_("Takings for electricity, HNKJ/C4/1012"), booked),
        *((words, amount) for words, amount in [*reasons, (_("Not explained"), rest)] if amount),
        (_("Paid, of balances kept in yuan"), paid),
    ]
    columns = [Column("what", _("What"), width=50), Column("amount", _("Amount"), Kind.YUAN, 14)]
    links = {"what": report_address(period)}
    rows = [Row([words, amount], links if place == 0 else {}) for place, (words, amount) in enumerate(lines)]
    return Table(_("Takings and what households paid"), columns, rows)


def _net(payments: QuerySet[Payment], voids: QuerySet[ReceiptVoid], **only: object) -> int:
    """Sum payments for electricity and its debts, less what was made void, in micro-yuan."""
    gone = Payment.objects.filter(receipt__void__in=voids.order_by())
    return (_sum(payments, **only) - _sum(gone, **only)) * MICRO_YUAN_PER_FEN


def _sum(payments: QuerySet[Payment], **only: object) -> int:
    counted = payments.exclude(purpose=Payment.Purpose.CHARGES).exclude(debt__penalty__isnull=False)
    return counted.filter(**only).order_by().aggregate(fen=Sum("amount_fen"))["fen"] or 0


def _card_sales(inside: Q) -> int:
    """Sum what card meters sold to accounts in yuan; what was taken back takes off."""
    rows = Transfer.objects.filter(inside, kind=SALE).order_by().values_list("debit", "credit", "amount")
    return sum(
        amount * (credit.startswith("customer:") - debit.startswith("customer:"))
        for debit, credit, amount in rows
    )


def _late(period: Period) -> int:
    """What is counted here though it was paid in a locked period, less what was paid here and is counted later."""
    if period.kind is not PeriodKind.ACCOUNTING:
        return 0
    late = LateBooking.objects.filter(what__in=KINDS, unit=Unit.YUAN).order_by()
    here, elsewhere = (
        late.filter(**{which: ordinal_of(period)}).aggregate(sum=Sum("amount"))["sum"] or 0
        for which in ("ordinal", "belongs_to")
    )
    return here - elsewhere
