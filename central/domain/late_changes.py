"""What changed in a period's rows after it was locked: booked in the next one, with both dates (R-4.1.9). Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from central.domain.agreement_rows import Row

_Key = tuple[date, str, str, int]


def changes_since(
    kept: Iterable[Row], now: Iterable[Row], period: str, booked: Callable[[Row], date]
) -> list[Row]:
    """Give the rows that came since as they are, and those that went since as taken off, both in `period`.

    Rows are the same by day, paper, place and amount: a list that was brought in anew changes nothing.
    """
    before, after = list(kept), list(now)
    came = _not_in(after, Counter(map(_key, before)))
    went = _not_in(before, Counter(map(_key, after)))
    return [
        replace(
            row,
            id=f"{name} {row.id}",
            period=period,
            amount=sign * row.amount,
            written=None,
            booked=booked(row),
        )
        for name, sign, rows in (("late", 1, came), ("back", -1, went))
        for row in rows
    ]


def _not_in(rows: Iterable[Row], known: "Counter[_Key]") -> list[Row]:
    left = []
    for row in rows:
        key = _key(row)
        if known[key]:
            known[key] -= 1
        else:
            left.append(row)
    return left


def _key(row: Row) -> _Key:
    return row.day, row.document, row.place, row.amount
