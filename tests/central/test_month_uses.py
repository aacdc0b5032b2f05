"""What an opening says of each account's use in the month: a rebuilt store's price steps go on from there (C-9, C-11)."""

from central.domain.price_list import ClassPrice
from central.office.price_comparison import tables
from central.office.typical_use import typical_month_wh
from gateway.contract.commands import MonthUsed
from gateway.contract.facts import Instant
from gateway.domain.calendar import DAY_MS, month_of, month_starts_ms
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, credit, last, order, rebuilt, up


def test_c9_an_opening_carries_what_each_account_used_in_the_month_and_the_last(taker, twin, cashier):
    credit(taker, twin, cashier)
    month = month_of(NOW_MS, 480)
    begins_ms = month_starts_ms(month, 480)
    spans = [
        (begins_ms - 40 * DAY_MS, begins_ms - 39 * DAY_MS, 64_000),  # two months ago
        (begins_ms - 2 * DAY_MS, begins_ms - DAY_MS, 500),
        (begins_ms - DAY_MS, begins_ms, 30),  # ends with the month
        (begins_ms, begins_ms, 8),
        (begins_ms - 1_000, begins_ms + 3_000, 400),  # a quarter before, three behind
        (begins_ms + DAY_MS, begins_ms + DAY_MS + 1, 7),
    ]
    used = [
        twin.consumption(ROOM, wh, 70_000 + number, from_ms=from_ms, at=Instant("boot-1", 1, to_ms, True))
        for number, (from_ms, to_ms, wh) in enumerate(spans)
    ]
    unknown = twin.consumption(ROOM, 5_000, 80_000, from_ms=begins_ms, provisional=True)
    up(taker, twin, *used, unknown)
    rebuilt(taker, twin)
    assert order(last("configure")).opening.billed_ms == {}, "the last entry was dated by no clock"
    assert order(last("configure")).opening.months == [
        MonthUsed(ROOM, month - 1, 500 + 30 + 100),
        MonthUsed(ROOM, month, 8 + 300 + 7),
    ]


def test_c9_an_opening_says_when_a_register_was_billed_where_the_clock_was_trusted(taker, twin, cashier):
    credit(taker, twin, cashier)
    at_ms = NOW_MS - 7_000
    up(
        taker,
        twin,
        twin.consumption(ROOM, 10, 70_000, from_ms=at_ms - 1, at=Instant("boot-1", 1, at_ms, True)),
    )
    rebuilt(taker, twin)
    assert order(last("configure")).opening.billed_ms == {"m-301": at_ms}


def test_a_typical_month_is_what_a_room_used_in_the_last_whole_month(taker, twin, cashier):
    credit(taker, twin, cashier)
    begins_ms = month_starts_ms(month_of(NOW_MS, 480), 480)
    spans = [(begins_ms - 40 * DAY_MS, 7), (begins_ms - DAY_MS, 500), (begins_ms, 30), (begins_ms + 1, 9)]
    used = [
        twin.consumption(ROOM, wh, 70_000 + number, from_ms=at_ms - 1, at=Instant("boot-1", 1, at_ms, True))
        for number, (at_ms, wh) in enumerate(spans)
    ]
    other = twin.consumption(
        "1-302.1", 300, 80_000, from_ms=begins_ms - 9, at=Instant("boot-1", 1, begins_ms - 5, True)
    )
    up(taker, twin, *used, other)
    assert typical_month_wh(["dormitory", "staff"], NOW_MS) == {"dormitory": (500 + 30 + 300) // 2}
    row = tables([(ClassPrice("dormitory", 500_000), ClassPrice("dormitory", 600_000))], NOW_MS)[0].rows[0]
    assert row.cells[-3:] == [415, 207_500, 249_000]
