"""Which movements of the ledger belong to which day of the finance system: every yuan on one day, and no day changes once it is
over.

A movement belongs to the day on which it was booked: what came late is booked late (R-4.1.9). What was taken or paid out in a
shift belongs to the day that the shift is booked on, as in the day's table (R-4.1.7): a shift that runs past midnight, or
begins after the day was closed, is not cut apart.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from central.campus.models import Account, CustomerClass
from central.clock import campus_day, start_of_day_ms
from central.desk.day_close import open_days
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import CashDifference, CashOut, Shift
from central.domain.account_moves import account_of
from central.domain.k3_map import Fact, Facts
from central.domain.k3_voucher import Movement
from central.ledger.models import Transfer
from gateway.contract.quantities import Unit

SETTLES_MS = 10 * 60_000
"""A transaction that began before midnight is committed by then."""
TAKEN = ("payment", "charge", "bill-payment", "debt-paid")
CLASS_SIDES = ("revenue:energy:", "sales:energy:")


def days_not_over(first: date, last: date, now_ms: int) -> list[date]:
    """Give the days whose movements may still grow: not past, or with shifts and not closed."""
    growing = [day for day in open_days(since=first) if day <= last]
    future = [
        day for day in _days(first, last) if start_of_day_ms(day + timedelta(days=1)) + SETTLES_MS > now_ms
    ]
    return sorted({*growing, *future})


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def movements_of(day: date, whose: "Whose") -> list[Movement]:
    """Give a day's movements in yuan, summed by kind, both accounts and whose they were."""
    sums: dict[tuple[str, str, str, str], int] = {}
    rows = transfers_of(day).order_by().values_list("kind", "debit_id", "credit_id", "paid_for")
    for kind, debit, credit, account, micro in rows.annotate(sum=Sum("amount")):
        key = (kind, debit, credit, whose.account_of(debit, credit) or account or "")
        sums[key] = sums.get(key, 0) + micro
    return [
        Movement(day, kind, debit, credit, micro, whose.facts(account, (debit, credit)))
        for (kind, debit, credit, account), micro in sums.items()
    ]


def transfers_of(day: date) -> QuerySet[Transfer]:
    """Give a day's transfers in yuan; `paid_for` is the account of the payment or pay-out that its reference names."""
    from_ms, until_ms = start_of_day_ms(day), start_of_day_ms(day + timedelta(days=1))
    booked = Q(booked_ms__gte=from_ms, booked_ms__lt=until_ms)
    odd = _odd_shifts(day)
    elsewhere = [own for shift, own in odd if shift.day != day]
    here = [own for shift, own in odd if shift.day == day]
    transfers = Transfer.objects.filter(unit=Unit.YUAN.value)
    for own in elsewhere:
        booked &= ~own
    for own in here:
        booked |= own
    paid = Payment.objects.filter(pk=OuterRef("reference")).values("account__code")[:1]
    out = CashOut.objects.filter(pk=OuterRef("reference")).values("account__code")[:1]
    return transfers.filter(booked).annotate(paid_for=Coalesce(Subquery(paid), Subquery(out)))


def _odd_shifts(day: date) -> list[tuple[Shift, Q]]:
    """Give the shifts that touch the day and do not lie within the day they are booked on, with what belongs to each."""
    from_ms, until_ms = start_of_day_ms(day), start_of_day_ms(day + timedelta(days=1))
    lasts = Q(opened_ms__lt=until_ms) & (Q(end__ended_ms__gte=from_ms) | Q(end__isnull=True))
    shifts = Shift.objects.filter(lasts | Q(day=day)).select_related("end")
    return [(shift, _own(shift)) for shift in shifts if not _lies_within(shift)]


def _lies_within(shift: Shift) -> bool:
    end = getattr(shift, "end", None)
    return end is not None and campus_day(shift.opened_ms) == campus_day(end.ended_ms) == shift.day


def _own(shift: Shift) -> Q:
    """Say which transfers were booked in a shift: receipts, receipts made void, pay-outs, its float, counts and way to the
    safe.
    """
    end = getattr(shift, "end", None)
    during = Q(booked_ms__gte=shift.opened_ms)
    if end is not None:
        during &= Q(booked_ms__lte=end.ended_ms)
    payments = Payment.objects.filter(shift=shift).values("pk")
    voids = ReceiptVoid.objects.filter(shift=shift).values("receipt__payment")
    outs = CashOut.objects.filter(shift=shift).values("request_id")
    counts = [
        f"difference:{pk}" for pk in CashDifference.objects.filter(shift=shift).values_list("pk", flat=True)
    ]
    return during & (
        Q(kind__in=TAKEN, reference__in=payments)
        | Q(kind="void", reference__in=voids)
        | Q(kind="pay-out", reference__in=outs)
        | Q(pk__in=[f"to-safe:{shift.pk}", f"float:{shift.pk}", *counts])
    )  # fmt: skip


@dataclass(frozen=True)
class Whose:
    """Whose an account of the ledger is: building and class by the account's code, read once."""

    @cached_property
    def _accounts(self) -> dict[str, Facts]:
        rows = Account.objects.values_list(
            "code",
            "point__room__building__code",
            "point__room__building__name",
            "point__customer_class__code",
            "point__customer_class__name",
        )
        names = (Fact.BUILDING, Fact.BUILDING_NAME, Fact.CLASS, Fact.CLASS_NAME)
        return {code: dict(zip(names, facts, strict=True)) for code, *facts in rows}

    @cached_property
    def _classes(self) -> dict[str, str]:
        return dict(CustomerClass.objects.values_list("code", "name"))

    def account_of(self, *sides: str) -> str:
        """Give the account that one of two ledger accounts is about; "" for none."""
        return next((code for side in sides if (code := account_of(side))), "")

    def facts(self, account: str, sides: tuple[str, str]) -> Facts:
        """Give what the map's texts may say of a movement. The class in a ledger account's name goes before that of now."""
        known = dict(self._accounts.get(account, {}))
        for side in sides:
            start = next((start for start in CLASS_SIDES if side.startswith(start)), None)
            if start is not None:
                code = side.removeprefix(start).partition(":")[0]
                known |= {Fact.CLASS: code, Fact.CLASS_NAME: self._classes.get(code, code)}
        return known
