"""The money line's sources: what the desk took for electricity, building by building, and what K/3 has of it (R-4.1.9).

What belongs: payments for electricity and debts for it, less receipts made void. Not: repairs, what is collected for others, theft
penalties: K/3 keeps these on accounts without a building.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from central.campus.models import Building
from central.clock import campus_day
from central.desk.day_sums import is_of_whole_days, payments_in, voids_in
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.domain.agreement_rows import Grain, Row
from central.domain.four_way import Origin, Party
from central.domain.k3_map import AccountMap, MapRow
from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Span
from central.domain.periods import Period, days_of
from central.reports.agreement.given import Given, How, ours
from central.reports.k3.maps import maps_at
from central.reports.k3.models import K3ExportDay, K3Import
from central.reports.k3.queries import K3Line, k3_entries

TAKINGS_ACCOUNTS = ("customer:", "sales:energy:", "billed:", "debt:")
"""Ours on which a payment for electricity is credited."""
MONEY_ACCOUNTS = ("cash:", "card-clearing", "bank-clearing", "card-paid-over")
"""Ours that money comes in on."""
_TOKENS = re.compile(r"[-—_/|,;，；\s]+")


def card_room(periods: Sequence[Period], buildings: Sequence[Building]) -> Given:
    """Give the desk's payments and void receipts of some periods."""
    here = Payment.objects.filter(account__point__room__building__in=buildings).values("pk")
    rows = [row for period in periods for row in (*_paid(period, here), *_voided(period, here))]
    frames = [(one.code, period.name) for period in periods for one in buildings]
    return ours(Party.CARD_ROOM, rows, frames)


def _of_electricity(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    return payments.exclude(purpose=Payment.Purpose.CHARGES).exclude(debt__penalty__isnull=False)


def _paid(period: Period, here: QuerySet[Payment, dict[str, object]]) -> Iterator[Row]:
    payments = _of_electricity(payments_in(period).filter(pk__in=here)).select_related(
        "receipt", "shift", "account__point__room__building"
    )
    for one in payments:
        yield _row(period, one, one.payment_id, one.amount_fen, one.at_ms, one.shift and one.shift.day)


def _voided(period: Period, here: QuerySet[Payment, dict[str, object]]) -> Iterator[Row]:
    counted = _of_electricity(Payment.objects.filter(pk__in=here)).values("pk")
    voids: QuerySet[ReceiptVoid] = voids_in(period).filter(receipt__payment__in=counted)
    for void in voids.select_related(
        "shift", "receipt__payment__receipt", "receipt__payment__account__point__room__building"
    ):
        paid, day = void.receipt.payment, void.shift and void.shift.day
        yield _row(period, paid, f"void:{paid.payment_id}", -paid.amount_fen, void.at_ms, day)


def _row(period: Period, paid: Payment, name: str, fen: int, at_ms: int, day: date | None) -> Row:
    room, number = paid.account.point.room, paid.receipt.number
    booked = day if day and is_of_whole_days(period) else campus_day(at_ms)
    return Row(
        id=name,
        building=room.building.code,
        period=period.name,
        day=booked,
        amount=fen,
        place=room.full_label,
        document=f"{number:08d}",
        at_ms=at_ms,
        origin=f"receipt:{number}",
    )


def k3(periods: Sequence[Period], buildings: Sequence[Building]) -> Given:
    """Give what K/3's own vouchers have: those in which money came in, credited to accounts of electricity, by their building."""
    given = Given(Party.K3)
    for period in periods:
        if _is_covered(period):
            grain = _grain_of(period)
            codes = {"", *(one.code for one in buildings)}
            rows = _takings(period, list(Building.objects.all()))
            given.rows += [row for row in rows if row.building in codes]
            given.frames |= {(one.code, period.name): How(Origin.IMPORTED, grain) for one in buildings}
    return given


def _is_covered(period: Period) -> bool:
    """Say whether K/3's lists that count tell of each day of a period: of half a period nothing is said."""
    lists = K3Import.objects.filter(kind=K3Kind.VOUCHERS, end__isnull=True)
    spans = lists.filter(first_day__lte=period.last, last_day__gte=period.first).values_list(
        "first_day", "last_day"
    )
    return all(any(first <= day <= last for first, last in spans) for day in days_of(period))


def _grain_of(period: Period) -> Grain:
    """Give how fine the vouchers are: as our own export made them, else one for each day."""
    made = K3ExportDay.objects.filter(
        export__end__isnull=True, day__gte=period.first, day__lte=period.last
    ).order_by("-export")
    newest = made.values_list("export__span", flat=True).first()
    return Grain.PERIOD if newest == Span.MONTH else Grain.DAYS


def _takings(period: Period, buildings: Sequence[Building]) -> Iterator[Row]:
    whose = _Whose.of(buildings)
    vouchers: dict[tuple[date, str], list[K3Line]] = {}
    for line in k3_entries(period.first, period.last):
        vouchers.setdefault((line.day, line.voucher), []).append(line)
    days = {day for day, _voucher in vouchers}
    maps = maps_at(days)
    codes_of = {day: _Codes.of(maps.get(day)) for day in days}
    for (day, voucher), lines in vouchers.items():
        codes = codes_of[day]
        if sum(line.debit_fen - line.credit_fen for line in lines if codes.is_money(line)) <= 0:
            continue  # nothing came in: energy used, a subsidy, a refund
        for line in lines:
            if codes.is_takings(line):
                yield Row(
                    id=line.source,
                    building=whose.building_in(line.item),
                    period=period.name,
                    day=day,
                    amount=line.credit_fen - line.debit_fen,
                    document=voucher,
                    origin=f"k3:{line.source}",
                )


@dataclass(frozen=True, slots=True)
class _Codes:
    """K/3's accounts that takings are on, and those that money comes in on, by the account map."""

    takings: frozenset[str]
    money: frozenset[str]

    @classmethod
    def of(cls, known: AccountMap | None) -> "_Codes":
        rows = known.rows if known else ()
        return cls(*(_codes(rows, starts) for starts in (TAKINGS_ACCOUNTS, MONEY_ACCOUNTS)))

    def is_takings(self, line: K3Line) -> bool:
        return line.account in self.takings

    def is_money(self, line: K3Line) -> bool:
        return line.account in self.money


def _codes(rows: Iterable[MapRow], starts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(row.code for row in rows if row.code and row.pattern.startswith(starts))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Which building an auxiliary item names: `部门---1---1号楼` by code or name."""

    by_word: dict[str, str]
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, buildings: Sequence[Building]) -> "_Whose":
        words = {one.code: one.code for one in buildings} | {one.name: one.code for one in buildings}
        longest_first = sorted(buildings, key=lambda one: -len(one.name))
        return cls(words, tuple((one.name, one.code) for one in longest_first if one.name))

    def building_in(self, item: str) -> str:
        """Give a building's code; "" where none is named: then the row is in no building, and is looked for."""
        told = {self.by_word[word] for word in _TOKENS.split(item) if word in self.by_word}
        if len(told) == 1:
            return told.pop()
        return next((code for name, code in self.names if name in item), "")
