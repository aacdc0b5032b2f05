"""Days, months and years tie by construction: whatever was taken on whatever days, every way of summing gives the same."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from central.domain.day_totals import Item, Taken, TieOut, Totals, sum_of, tally
from central.domain.periods import days_of, month_period, months_of, year_period

DAYS = st.dates(date(2025, 12, 1), date(2027, 1, 31))
TAKEN = st.builds(Taken, st.sampled_from(Item), st.integers(1, 1_000_000), st.booleans())
PAYMENTS = st.lists(st.tuples(DAYS, TAKEN), max_size=60)


def by_day(payments: list[tuple[date, Taken]]) -> dict[date, Totals]:
    days = {day for day, _taken in payments}
    return {day: tally(taken for at, taken in payments if at == day) for day in days}


@given(PAYMENTS)
def test_days_make_months_make_years(payments: list[tuple[date, Taken]]) -> None:
    days = by_day(payments)
    for year in (2025, 2026, 2027):
        months = [
            sum_of(days.get(day, Totals()) for day in days_of(month))
            for month in months_of(year_period(year))
        ]
        whole = sum_of(days.get(day, Totals()) for day in days_of(year_period(year)))
        assert sum_of(months) == whole == tally(taken for day, taken in payments if day.year == year)
    assert sum_of(days.values()).total == sum(taken.fen for _day, taken in payments)


@given(st.lists(TAKEN, max_size=30))
def test_the_columns_make_the_total(payments: list[Taken]) -> None:
    totals = tally(payments)
    electricity = totals.dormitory + totals.merchant + totals.staff
    assert totals.total == electricity + totals.repair + totals.on_behalf + totals.penalty
    assert totals.owners == totals.merchant + totals.staff
    assert totals.cash + totals.card == totals.total
    assert totals.cash == sum(taken.fen for taken in payments if taken.is_cash)
    assert totals.receipts == len(payments)


@given(st.lists(st.builds(Totals, *[st.integers(0, 99)] * 9), max_size=8), st.randoms())
def test_the_order_of_days_does_not_matter(days: list[Totals], dice) -> None:
    shuffled = dice.sample(days, len(days))
    assert sum_of(days) == sum_of(shuffled)


@given(st.lists(TAKEN, max_size=20), st.integers(0, 9_999), st.integers(-999, 999), st.integers(-999, 999))
def test_a_fen_that_is_lost_anywhere_is_named(
    payments: list[Taken], out: int, difference: int, kept: int
) -> None:
    totals = tally(payments, paid_out=out, difference=difference)
    moved = totals.cash - out + difference - kept
    assert TieOut(totals, totals.total, moved, kept).mistakes() == ()
    assert TieOut(totals, totals.total, moved - 1, kept).mistakes() == ("cash",)
    assert TieOut(totals, totals.total + 1, moved, kept).mistakes() == ("receipts",)


def test_a_month_has_no_day_twice() -> None:
    days = days_of(month_period(2026, 2))
    assert len(days) == len(set(days)) == 28
    assert days[-1] - days[0] == timedelta(days=27)
