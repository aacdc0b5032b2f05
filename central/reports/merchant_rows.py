"""What the ledger says of merchants in a span: openings, payments by method, imported sales, use, closings. Figures, no words.

An account's position is what we owe its occupants less what they owe us; a bill moves between the two and changes nothing of it.
Each movement is counted once, by the instant at which it happened; openings are found from today's balances backwards, so that
only the span and what came after it is read.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from central.campus.models import Account
from central.desk.merchants.models import CardMeterSale
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.ledger.models import LedgerAccount, Transfer, own_side
from central.link.models import GatewayEntry
from gateway.contract.facts import EntryKind
from gateway.contract.quantities import Unit

ASKED_AT_ONCE = 400
OWED = ("billed", "debt")
"""How the ledger accounts begin that hold what occupants owe us (`chart_of_accounts`)."""
METHOD_SIDES = {
    "cash:": Payment.Method.CASH.value,
    "card-clearing:": Payment.Method.CARD.value,
    "bank-clearing:": Payment.Method.TRANSFER.value,
    "card-meters:": "imported",
}
SOLD = ("payment-energy", "card-meter-energy")


@dataclass(slots=True)
class Movements:
    """One account's span in its own unit (micro-yuan or watt-hours), and its payments in fen where that unit is kWh."""

    account: Account
    opening: int = 0
    moved: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By method, `imported`, `sold`, `used` (below zero) and `other`."""
    paid_fen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    used_wh: int = 0
    owed_micro_yuan: int = 0
    """At the end of the span; it is in the position of an account kept in yuan."""

    @property
    def unit(self) -> str:
        """The unit of its class."""
        return str(self.account.point.customer_class.unit)

    @property
    def closing(self) -> int:
        """The position at the end."""
        return self.opening + sum(self.moved.values())

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to tell of it."""
        return not (self.opening or any(self.moved.values()) or self.used_wh or any(self.paid_fen.values()))


def movements(accounts: Iterable[Account], from_ms: int, until_ms: int) -> list[Movements]:
    """Give each account's span, in their order."""
    found = {account.code: Movements(account) for account in accounts}
    owners = _ledger_codes(found)
    for begin in range(0, len(owners), ASKED_AT_ONCE):
        part = dict(list(owners.items())[begin : begin + ASKED_AT_ONCE])
        _count(part, owners, found, from_ms, until_ms)
    _count_used(found, from_ms, until_ms)
    _count_payments(found, from_ms, until_ms)
    return list(found.values())


def _ledger_codes(found: dict[str, Movements]) -> dict[str, tuple[str, str]]:
    """Give by ledger account whose it is, and in which unit; only those that exist."""
    starts = [Q(code__startswith=f"{start}:") for start in ("customer", *OWED)]
    named = LedgerAccount.objects.filter(reduce(or_, starts))
    codes = {}
    for code, unit in named.values_list("code", "unit"):
        account = code.split(":")[1]
        if account in found:
            codes[code] = (account, unit)
    return codes


def _count(
    part: dict[str, tuple[str, str]],
    owners: dict[str, tuple[str, str]],
    found: dict[str, Movements],
    from_ms: int,
    until_ms: int,
) -> None:
    """Count every transfer that touches these ledger accounts, from each one's own side."""
    later: dict[str, int] = defaultdict(int)
    within: dict[str, int] = defaultdict(int)
    for transfer in _transfers(part, from_ms):
        at_ms = _counted_ms(transfer)
        if at_ms < from_ms:
            continue
        is_later = at_ms >= until_ms
        for mine, other, sign in (
            (transfer["credit"], transfer["debit"], 1),
            (transfer["debit"], transfer["credit"], -1),
        ):
            if mine not in part:
                continue
            amount = sign * transfer["amount"]
            (later if is_later else within)[mine] += amount
            account, unit = part[mine]
            one = found[account]
            if is_later or unit != one.unit or (other in owners and owners[other] == part[mine]):
                continue
            one.moved[_column(other, transfer["kind"])] += amount
    for code, kind, debits, credited in LedgerAccount.objects.filter(code__in=list(part)).values_list(
        "code", "kind", "debits", "credits"
    ):
        account, unit = part[code]
        one = found[account]
        sign = 1 if own_side(kind, 0, 1) == 1 else -1
        closing = sign * own_side(kind, debits, credited) - later[code]
        if unit == one.unit:
            one.opening += closing - within[code]
        if code.partition(":")[0] in OWED and unit == Unit.YUAN:
            one.owed_micro_yuan -= closing


def _transfers(part: dict[str, tuple[str, str]], from_ms: int) -> QuerySet[Transfer, dict[str, object]]:
    codes = list(part)
    touching = Transfer.objects.filter(Q(debit__in=codes) | Q(credit__in=codes), at_ms__gte=from_ms)
    return touching.order_by().values("debit", "credit", "kind", "amount", "at_ms").iterator()


def _counted_ms(transfer: dict[str, object]) -> int:
    """Give the instant that says whose span it is: use up to a closing instant was used before it, as an explained bill has it."""
    return int(transfer["at_ms"]) - (transfer["kind"] == EntryKind.CONSUMPTION)


def _column(other: str, kind: str) -> str:
    for prefix, column in METHOD_SIDES.items():
        if other.startswith(prefix):
            return column
    if kind == EntryKind.CONSUMPTION:
        return "used"
    return "sold" if kind in SOLD else "other"


def _count_used(found: dict[str, Movements], from_ms: int, until_ms: int) -> None:
    entries = GatewayEntry.objects.filter(
        kind=EntryKind.CONSUMPTION, booked=True, at_ms__gt=from_ms, at_ms__lte=until_ms
    ).annotate(user=Coalesce("used_by", "account"))
    used = entries.filter(user__in=list(found)).order_by().values_list("user").annotate(Sum("energy_wh"))
    for code, energy_wh in used:
        found[code].used_wh = energy_wh


def _count_payments(found: dict[str, Movements], from_ms: int, until_ms: int) -> None:
    """Count money in fen: the only way to tell it where an account is kept in kWh. Void receipts take off again (R-4.1.5).

    Penalties are no takings of energy (R-4.2.4).
    """
    span = {"at_ms__gte": from_ms, "at_ms__lt": until_ms}
    codes = list(found)
    electric = Payment.objects.filter(account__code__in=codes, debt__penalty=None, **span).exclude(
        purpose=Payment.Purpose.CHARGES
    )
    for code, method, fen in electric.values_list("account__code", "method", "amount_fen"):
        found[code].paid_fen[method] += fen
    voids = ReceiptVoid.objects.filter(receipt__payment__account__code__in=codes, **span).exclude(
        receipt__payment__purpose=Payment.Purpose.CHARGES
    )
    rows = voids.values_list(
        "receipt__payment__account__code", "receipt__payment__method", "receipt__amount_fen"
    )
    for code, method, fen in rows:
        found[code].paid_fen[method] -= fen
    sold = CardMeterSale.objects.filter(account__code__in=codes, **span).order_by()
    for code, fen in sold.values_list("account__code").annotate(Sum("amount_fen")):
        found[code].paid_fen["imported"] += fen
