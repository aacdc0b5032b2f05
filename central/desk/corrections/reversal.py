"""The transfers that take a void receipt's money and credit off again: each of its own transfers has its reverse (R-4.1.5)."""

from central.desk.models import Payment
from central.desk.money_in import money_side
from central.desk.print_models import ReceiptVoid
from central.ledger import chart_of_accounts as chart
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.operations import Draft

VOID = "void"
MONEY_CAME_IN = ("cash:", "card-clearing:", "bank-clearing:")


def reversal_drafts(void: ReceiptVoid) -> list[Draft]:
    """Give the reverse of a receipt's transfers, in their order; the money leaves where its method keeps it in the void's shift.

    The credit stays with the account until its gateway has said what is left: meanwhile it lies on the reclaim's side.
    """
    payment = void.receipt.payment
    return [
        Draft(
            id=_id_of(booked),
            debit=_given(booked.credit, payment),
            credit=_came_from(booked.debit, void),
            amount=booked.amount,
            kind=VOID,
            at_ms=void.at_ms,
            reference=payment.pk,
            note=f"receipt {void.receipt_id} void",
        )
        for booked in _transfers_of(payment)
    ]


def _transfers_of(payment: Payment) -> list[Transfer]:
    ids = [f"payment:{payment.pk}", f"payment:{payment.pk}:energy"]
    ids += [f"charge:{payment.pk}:{number}" for number in payment.lines.values_list("number", flat=True)]
    booked = Transfer.objects.select_related("debit", "credit").filter(pk__in=ids)
    return list(booked.order_by("position"))


def _id_of(booked: Transfer) -> str:
    """`payment:x` and `charge:x:1` become `void:x` and `void:x:1`."""
    return f"{VOID}:{booked.pk.partition(':')[2]}"


def _given(side: LedgerAccount, payment: Payment) -> chart.Side:
    if side.code.startswith("customer:"):
        return chart.reclaim(payment.account.code, side.unit)
    return chart.Side(side.code, side.unit, side.kind)


def _came_from(side: LedgerAccount, void: ReceiptVoid) -> chart.Side:
    if side.code.startswith(MONEY_CAME_IN):
        return money_side(void.receipt.payment.method, void.shift)
    return chart.Side(side.code, side.unit, side.kind)
