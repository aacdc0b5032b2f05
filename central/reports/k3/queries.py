"""What pages and the four-way agreement ask of the finance system: days not exported, voucher numbers, K/3's own rows
(R-4.1.9).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from central.clock import campus_day
from central.domain.k3_rows import K3Kind
from central.reports.k3.ledger_days import days_not_over
from central.reports.k3.maps import first_day
from central.reports.k3.models import K3Export, K3ExportDay, K3TotalRow, K3VoucherRow


def days_not_exported(now_ms: int) -> tuple[list[tuple[date, date]], date | None]:
    """Give the spans of past days that are kept in K/3 and in no export, and the last day that can be exported now (None:
    none).
    """
    begins = first_day()
    yesterday = campus_day(now_ms) - timedelta(days=1)
    if begins is None or begins > yesterday:
        return [], None
    exported = set(
        K3ExportDay.objects.filter(export__end__isnull=True, day__gte=begins).values_list("day", flat=True)
    )
    days = [begins + timedelta(days=n) for n in range((yesterday - begins).days + 1)]
    growing = days_not_over(begins, yesterday, now_ms)
    ready_until = min(growing, default=yesterday + timedelta(days=1)) - timedelta(days=1)
    return spans_of(
        [day for day in days if day not in exported]
    ), ready_until if ready_until >= begins else None


def spans_of(days: Sequence[date]) -> list[tuple[date, date]]:
    """Join neighbouring days, which are in order, into spans."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and spans[-1][1] + timedelta(days=1) == day:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def next_numbers(periods: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Give the voucher number that follows our own and K/3's imported ones in each K/3 period."""
    found = {}
    for year, month in periods:
        first, after = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        ours = [
            voucher["number"]
            for vouchers in K3Export.objects.filter(
                end__isnull=True, first_day__lt=after, last_day__gte=first
            ).values_list("vouchers", flat=True)
            for voucher in vouchers
            if voucher["day"].startswith(f"{year}-{month:02d}-")
        ]
        theirs = K3VoucherRow.objects.filter(made__end__isnull=True, day__gte=first, day__lt=after)
        numbers = [int(number) for number in theirs.values_list("number", flat=True).distinct()]
        found[year, month] = max([*ours, *numbers], default=0) + 1
    return found


@dataclass(frozen=True, slots=True)
class K3Line:
    """A row of K/3's own books: an entry, or (without voucher) an account's total. Sums in fen."""

    source: str
    """`import 3, row 17`: where it can be looked at."""
    day: date
    voucher: str
    account: str
    account_name: str
    item: str
    summary: str
    debit_fen: int
    credit_fen: int


def import_of(source: str) -> str:
    """Give the number of the import that a `source` names."""
    return source.partition(",")[0].rpartition(" ")[2]


def k3_entries(first: date, last: date, accounts: Sequence[str] = ()) -> Iterator[K3Line]:
    """Give K/3's entries of some days from the imports that count, in order; of these accounts (and those below them) only."""
    rows = K3VoucherRow.objects.filter(made__end__isnull=True, day__gte=first, day__lte=last)
    for row in rows.order_by("day", "word", "number", "entry", "pk"):
        if not accounts or row.account.startswith(tuple(accounts)):
            yield K3Line(
                source=f"import {row.made_id}, row {row.row}",
                day=row.day,
                voucher=f"{row.word}-{row.number}",
                account=row.account,
                account_name=row.account_name,
                item=row.item,
                summary=row.summary,
                debit_fen=row.debit_fen,
                credit_fen=row.credit_fen,
            )


def k3_totals(year: int, month: int) -> Iterator[K3Line]:
    """Give K/3's totals of one of its periods from the imports that count, by account and item."""
    first, after = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    rows = K3TotalRow.objects.filter(
        made__end__isnull=True,
        made__kind=K3Kind.TOTALS,
        made__first_day__gte=first,
        made__last_day__lt=after,
    )
    for row in rows.order_by("account", "item", "pk").select_related("made"):
        yield K3Line(
            source=f"import {row.made_id}, row {row.row}",
            day=row.made.last_day,
            voucher="",
            account=row.account,
            account_name=row.account_name,
            item=row.item,
            summary="",
            debit_fen=row.debit_fen,
            credit_fen=row.credit_fen,
        )
