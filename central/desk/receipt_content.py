"""What a receipt's page and its papers say beside its own row: what it was for, how it was paid, what was paid together with it."""

from dataclasses import dataclass

from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.receipts import receipts_of_sale
from gateway.contract.quantities import (
    Fen,
    MicroYuanPerKwh,
    WattHours,
    energy_for,
    micro_yuan_from_fen,
)


@dataclass(frozen=True, slots=True)
class Content:
    """Electricity in cash, unless said otherwise."""

    purpose: str = Payment.Purpose.ENERGY
    method: str = Payment.Method.CASH
    reference: str = ""
    tendered_fen: int | None = None
    """The cash that was given for the whole sale."""
    sum_fen: int = 0
    """Of the whole sale."""
    together: tuple[int, ...] = ()
    """Numbers of the sale's other receipts."""
    lines: tuple[ChargeLine, ...] = ()
    bill: int | None = None
    """The monthly bill that was paid, and its month."""
    bill_month: str = ""
    penalty: int | None = None
    """The theft case whose penalty was paid."""

    @property
    def is_energy(self) -> bool:
        """Whether credit was bought: only then are there a price per kWh, energy, balances and a delivery."""
        return self.purpose == Payment.Purpose.ENERGY

    @property
    def change_fen(self) -> int | None:
        """What was given back of the cash; None where nobody said what was given."""
        return None if self.tendered_fen is None else self.tendered_fen - self.sum_fen


def content_of(receipt: Receipt) -> Content:
    """Give what belongs to a receipt."""
    payment = receipt.payment
    paid = getattr(payment, "bill_payment", None)
    debt = getattr(payment, "debt", None)
    sold = receipts_of_sale(receipt)
    return Content(
        purpose=payment.purpose,
        method=payment.method,
        reference=payment.method_reference,
        tendered_fen=payment.tendered_fen,
        sum_fen=sum(one.amount_fen for one in sold),
        together=tuple(one.number for one in sold if one.pk != receipt.pk),
        lines=tuple(payment.lines.order_by("number")),
        bill=paid.bill_id if paid else None,
        bill_month=paid.bill.period.partition(":")[2] if paid else "",
        penalty=debt.penalty.case if debt and debt.penalty else None,
    )


def energy_of(receipt: Receipt) -> WattHours | None:
    """Give the energy that a receipt's money bought at its price; None where it had no price."""
    if receipt.micro_yuan_per_kwh <= 0:
        return None
    return energy_for(
        micro_yuan_from_fen(Fen(receipt.amount_fen)), MicroYuanPerKwh(receipt.micro_yuan_per_kwh)
    )
