"""Everything that is owed to the card room now, debt by debt: one list for the arrears and the per-household detail (R-4.2.5).

Debts for electricity, persons' shares and penalties come from the desk's own list; beside them stand what the former system was
owed, monthly bills, and balances of live rooms below zero. What a monthly bill will ask for is no arrears before it is billed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F
from django.urls import reverse

from central.campus.models import Account
from central.campus.queries import prices_at
from central.clock import campus_day, start_of_day_ms
from central.desk.debts.listing import DebtLine, debts_now
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_queries import states_of
from central.ledger.models import LedgerAccount, Transfer
from central.reports.occupants import occupants_in
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit
from gateway.contract.rules import Billing


class OwedKind(StrEnum):
    """What a sum is owed for."""

    ENERGY = "energy"
    SHARE = "share"
    PENALTY = "penalty"
    OPENING = "opening"
    """From the former system."""
    BILL = "bill"
    BELOW_ZERO = "below-zero"
    """A live room's balance: the gateway takes it from the next payment."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One sum that is owed. `due_fen` is in money at the price of now, `energy_wh` what of it is kept in kWh."""

    account: Account
    people: str
    kind: OwedKind
    since_ms: int | None
    due_fen: int
    energy_wh: int
    page: str


OPENING, BILLED, CUSTOMER = "owed:opening:", "billed:", "customer:"


def owed_now(now_ms: int, until_ms: int) -> list[Owed]:
    """List all that is owed now by debts that began before an instant, by building and room."""
    found = [_of_debt(line) for line in debts_now(now_ms)]
    found += _openings(now_ms) + _bills(now_ms) + _below_zero(now_ms)
    return sorted((one for one in found if (one.since_ms or 0) < until_ms), key=_place)


def _place(one: Owed) -> tuple[str, int, str, str, str]:
    room = one.account.point.room
    return room.building.code, room.floor, room.label, one.kind, one.people


def _of_debt(line: DebtLine) -> Owed:
    kind = OwedKind.SHARE if line.share else OwedKind.PENALTY if line.penalty else OwedKind.ENERGY
    page = reverse("desk:debt", args=[line.account.code]) + line.query
    people = "、".join(line.people)
    return Owed(line.account, people, kind, line.since_ms, line.due_fen, line.energy_wh, page)


def _openings(now_ms: int) -> list[Owed]:
    """What the former system was owed, and nobody has paid or collected since."""
    sides = {row.code: row for row in _below(OPENING)}
    amounts: dict[str, dict[str, int]] = {}
    for row in sides.values():
        amounts.setdefault(row.code.split(":")[2], {})[row.unit] = row.debits - row.credits
    begun = dict(Transfer.objects.filter(debit__in=sides).order_by("-at_ms").values_list("debit", "at_ms"))
    since = {code.split(":")[2]: at_ms for code, at_ms in begun.items()}
    return _priced(amounts, OwedKind.OPENING, now_ms, since)


def _bills(now_ms: int) -> list[Owed]:
    """Give the open bills, each from the day it was due."""
    owing = {row.code.split(":")[1] for row in _below(BILLED)}
    bills = MonthlyBill.objects.filter(account__code__in=owing).order_by("number")
    related = bills.select_related("account__point__room__building", "account__point__customer_class")
    return [
        Owed(
            one.bill.account,
            one.bill.occupants,
            OwedKind.BILL,
            start_of_day_ms(one.bill.due_day),
            one.open_fen,
            0,
            reverse("desk:bill", args=[one.bill.pk]),
        )
        for one in states_of(related, campus_day(now_ms))
        if one.open_fen > 0
    ]


def _below_zero(now_ms: int) -> list[Owed]:
    """Give live prepaid rooms whose buckets together are below zero."""
    names = {row.code.split(":")[1] for row in _below(CUSTOMER)}
    live = Account.objects.filter(code__in=names, point__billing=Billing.PREPAID.value)
    codes = set(live.exclude(state=Account.State.CLOSED).values_list("code", flat=True))
    amounts: dict[str, dict[str, int]] = {}
    columns = ("code", "unit", "debits", "credits")
    rows = LedgerAccount.objects.filter(code__startswith=CUSTOMER).values_list(*columns) if codes else ()
    for side, unit, debits, credited in rows:  # of all rooms, and with the chain's head held: plain rows
        if (code := side.split(":")[1]) in codes:
            of_account = amounts.setdefault(code, {})
            of_account[unit] = of_account.get(unit, 0) + debits - credited
    below = {
        code: {unit: amount for unit, amount in units.items() if amount > 0}
        for code, units in amounts.items()
    }
    return _priced(below, OwedKind.BELOW_ZERO, now_ms, {})


def _below(prefix: str) -> Iterable[LedgerAccount]:
    """Give the ledger accounts of a kind that are owed to us: debited more than credited."""
    return LedgerAccount.objects.filter(code__startswith=prefix, debits__gt=F("credits"))


def _priced(
    amounts: dict[str, dict[str, int]], kind: OwedKind, now_ms: int, since: dict[str, int]
) -> list[Owed]:
    """Give one line an account, energy at the price of now."""
    related = ("point__room__building", "point__customer_class")
    accounts = list(Account.objects.filter(code__in=amounts).select_related(*related))
    prices = prices_at({one.point.customer_class.tariff_id for one in accounts}, now_ms)
    today = campus_day(now_ms)
    people = occupants_in(today, today, {one.code for one in accounts})
    found = []
    for one in accounts:
        energy_wh = amounts[one.code].get(Unit.KWH, 0)
        price = prices.get(one.point.customer_class.tariff_id)
        money = amounts[one.code].get(Unit.YUAN, 0)
        money += energy_wh * price.micro_yuan_per_kwh // 1000 if price else 0
        due_fen = money // MICRO_YUAN_PER_FEN
        if due_fen or energy_wh:
            who, page = people.get(one.code, ""), reverse("dashboard:room", args=[one.point.room_id])
            found.append(Owed(one, who, kind, since.get(one.code), due_fen, energy_wh, page))
    return found
