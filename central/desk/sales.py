"""A sale: what one customer pays for at once. Electricity and charges have a receipt each (R-4.1.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from central.desk.charges import Wanted, charge, price_lines
from central.desk.models import Payment, Receipt
from central.desk.money_in import CASH, HowPaid, fault_of
from central.desk.numbering import RECEIPTS, locked_series
from central.desk.operations import Paid, pay
from central.desk.refusals import DeskRefusal, Refused
from central.ledger.one_writer import one_writer
from central.office.models import User

CHARGES_SUFFIX = "-c"


@dataclass(frozen=True, slots=True)
class Basket:
    """What is wanted: electricity for so much money (0: none), and items of the list."""

    energy_fen: int = 0
    items: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Sold:
    """The receipts of a sale, electricity first; `existed` when it had been paid before: nothing was taken twice."""

    receipts: tuple[Receipt, ...]
    existed: bool


@one_writer
@transaction.atomic
def sell(
    sale_id: str,
    account_code: str,
    basket: Basket,
    cashier: User,
    *,
    now_ms: int,
    pages: Sequence[str] = (),
    how: HowPaid = CASH,
) -> Sold | Refused:
    """Take the money of a sale once per `sale_id` (made by the page), all or nothing. `pages` are the book's, one per receipt."""
    parts = _parts(basket)
    if not parts:
        return Refused(DeskRefusal.NOTHING_WANTED)
    locked_series(RECEIPTS)
    known = Payment.objects.filter(Q(pk=sale_id) | Q(sale=sale_id)).count()
    if known and known != len(parts):
        return Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    if fault := None if known else _fault_of_whole(sale_id, basket, how, now_ms):
        return fault
    receipts = []
    for place, part in enumerate(parts):
        page = pages[place] if place < len(pages) else ""
        done = _take(part, sale_id, account_code, basket, cashier, now_ms, page, how)
        if isinstance(done, Refused):
            transaction.set_rollback(True)
            return done
        receipts.append(done.receipt)
    return Sold(tuple(receipts), known > 0)


def _take(
    part: Payment.Purpose,
    sale_id: str,
    account_code: str,
    basket: Basket,
    cashier: User,
    now_ms: int,
    page: str,
    how: HowPaid,
) -> Paid | Refused:
    given = {"now_ms": now_ms, "page": page, "how": how, "sale": sale_id}
    if part is Payment.Purpose.ENERGY:
        return pay(sale_id, account_code, basket.energy_fen, cashier, **given)
    return charge(charges_id(sale_id, basket), account_code, basket.items, cashier, **given)


def charges_id(sale_id: str, basket: Basket) -> str:
    """Name the payment of a sale's charges: the sale's own id when they are all of it."""
    return f"{sale_id}{CHARGES_SUFFIX}" if basket.energy_fen else sale_id


def _parts(basket: Basket) -> list[Payment.Purpose]:
    parts = [Payment.Purpose.ENERGY] if basket.energy_fen else []
    return [*parts, Payment.Purpose.CHARGES] if basket.items else parts


def _fault_of_whole(sale_id: str, basket: Basket, how: HowPaid, now_ms: int) -> Refused | None:
    """Hold the cash given to the sum of all parts; each part by itself would be satisfied with less."""
    lines = price_lines(basket.items, now_ms) if basket.items else []
    if isinstance(lines, Refused):
        return lines
    return fault_of(how, basket.energy_fen + sum(line.amount_fen for line in lines), sale_id)
