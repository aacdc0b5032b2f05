"""Prove that bills, their payments, imported sales and pay-overs say what the ledger says (R-4.2.1)."""

from django.db.models import Count, Max, Sum

from central.desk.merchants.bill_models import BillPayment, CreditNote, MonthlyBill
from central.desk.merchants.models import CardMeterSale, CardPayOver, ImportedList
from central.desk.numbering import BILLS
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.verification import Check
from central.link.number_leaps import numbers_of
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def verify_merchants() -> list[Check]:
    """Check bills against their lines, registers and transfers, then what paid or took them back, imported sales, pay-overs."""
    return [_bills(), _bill_payments(), _imported(), _pay_overs()]


def _bills() -> Check:
    booked = dict(Transfer.objects.filter(kind="bill").values_list("id", "amount"))
    taken = dict(Transfer.objects.filter(kind="bill-credit").values_list("id", "amount"))
    bills = MonthlyBill.objects.order_by("number").prefetch_related("lines", "meters", "credits")
    seen = f"{len(bills)} monthly bills"
    for place, bill in zip(numbers_of(BILLS), bills, strict=False):
        if bill.pk != place:
            return Check("bills", seen, f"number {place} is missing")
        lines, meters = list(bill.lines.all()), list(bill.meters.all())
        same = (
            sum(line.amount_fen for line in lines) == bill.amount_fen
            and sum(line.energy_wh for line in lines) == bill.energy_wh
            and sum(meter.last_wh - meter.first_wh for meter in meters) == bill.energy_wh
        )
        if not same:
            return Check("bills", seen, f"bill {bill.pk}: lines or registers make another sum")
        if booked.pop(f"bill:{bill.pk}", None) != bill.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("bills", seen, f"bill {bill.pk}: its transfer is missing or differs")
        if sum(note.amount_fen for note in bill.credits.all()) > bill.amount_fen:
            return Check("bills", seen, f"bill {bill.pk}: more was taken back than it is")
    for note in CreditNote.objects.order_by("number"):
        if taken.pop(f"bill-credit:{note.pk}", None) != note.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("bills", seen, f"credit note {note.pk}: its transfer is missing or differs")
    left = next(iter({**booked, **taken}), "")
    return Check("bills", seen, f"transfer {left} has no bill" if left else "")


def _bill_payments() -> Check:
    booked = {t.id: t for t in Transfer.objects.filter(kind="bill-payment")}
    paid = BillPayment.objects.select_related("payment__account", "bill").order_by("payment__at_ms", "pk")
    seen = f"{len(paid)} payments of bills"
    for one in paid:
        transfer = booked.pop(f"bill-payment:{one.pk}", None)
        owed = chart.billed(one.payment.account.code).code
        wanted = (owed, one.payment.amount_fen * MICRO_YUAN_PER_FEN)
        if transfer is None or (transfer.credit_id, transfer.amount) != wanted:
            return Check("bill payments", seen, f"payment {one.pk} of bill {one.bill_id} is not booked so")
        if one.bill.account_id != one.payment.account_id:
            return Check("bill payments", seen, f"payment {one.pk} is not of bill {one.bill_id}'s account")
    left = next(iter(booked), "")
    return Check("bill payments", seen, f"transfer {left} has no payment" if left else "")


def _imported() -> Check:
    booked: dict[int, int] = {}
    transfers = Transfer.objects.filter(kind="card-meter-sale")
    side = chart.card_meter_sales().code
    for transfer_id, debit, amount in transfers.values_list("id", "debit", "amount"):
        of_list = int(transfer_id.split(":")[1])
        booked[of_list] = booked.get(of_list, 0) + (amount if debit == side else -amount)
    sums = dict(CardMeterSale.objects.values_list("list").annotate(Sum("amount_fen")).order_by())
    counts = dict(CardMeterSale.objects.values_list("list").annotate(Count("pk")).order_by())
    lists = ImportedList.objects.filter(kind="card-meters").order_by("pk")
    seen = f"{len(lists)} lists of card meters"
    for one in lists:
        same = (sums.get(one.pk, 0), counts.get(one.pk, 0)) == (one.amount_fen, one.rows)
        if not same or booked.pop(one.pk, 0) != one.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("card meters", seen, f"list {one.pk}: its rows, its sum and its transfers differ")
    left = next(iter(booked), "")
    return Check("card meters", seen, f"transfers of list {left} have no list" if left else "")


def _pay_overs() -> Check:
    booked = dict(Transfer.objects.filter(kind="card-pay-over").values_list("id", "amount"))
    last = CardPayOver.objects.aggregate(last=Max("number"))["last"] or 0
    overs = CardPayOver.objects.order_by("number").annotate(settled=Sum("payments__payment__amount_fen"))
    seen = f"{len(overs)} pay-overs of the card system"
    if last != len(overs):
        return Check("pay-overs", seen, f"their numbers go to {last}")
    for one in overs:
        parts = [booked.pop(f"card-pay-over:{one.pk}{suffix}", 0) for suffix in ("", ":fee")]
        wanted = [one.amount_fen * MICRO_YUAN_PER_FEN, one.fee_fen * MICRO_YUAN_PER_FEN]
        if parts != wanted or one.settled != one.amount_fen + one.fee_fen:
            return Check(
                "pay-overs", seen, f"pay-over {one.pk}: its receipts, its sum and its transfers differ"
            )
    left = next(iter(booked), "")
    return Check("pay-overs", seen, f"transfer {left} has no pay-over" if left else "")
