"""What a new list changes, for random lists; when a list begins; how prices, days and times are typed."""

from hypothesis import given
from hypothesis import strategies as st

from central.domain import price_form
from central.domain.price_list import (
    ClassPrice,
    begins,
    class_price,
    difference_ppm,
    is_overtaken,
    month_cost,
)
from central.domain.repair_list import (
    Change,
    Item,
    ItemFault,
    ItemKind,
    ItemUnit,
    compare,
    item,
    read_item,
    read_table,
)

ITEMS = st.builds(
    Item,
    code=st.sampled_from(["a", "b", "c", "d", "e"]),
    kind=st.sampled_from(ItemKind),
    name=st.sampled_from(["插座", "灯管"]),
    name_en=st.just(""),
    unit=st.sampled_from(ItemUnit),
    price_fen=st.integers(0, 5),
    active=st.booleans(),
)
LISTS = st.lists(ITEMS, max_size=5, unique_by=lambda one: one.code)


@given(LISTS, LISTS)
def test_r_4_1_3_the_changes_lead_from_the_old_list_to_the_new_one(old: list[Item], new: list[Item]) -> None:
    changes = compare(old, new)
    assert [one.old for one in changes if one.old is not None and one.new is None] == [
        one for one in old if one.code not in {other.code for other in new}
    ]
    assert [one.new for one in changes if one.new is not None] == new
    assert sorted(one.old.code for one in changes if one.old is not None) == sorted(one.code for one in old)
    for one in changes:
        prices = [side.price_fen for side in (one.old, one.new) if side is not None]
        assert one.change is {
            (True, False): Change.REMOVED,
            (False, True): Change.ADDED,
        }.get(
            (one.new is None, one.old is None),
            Change.DEARER
            if prices[0] < prices[-1]
            else Change.CHEAPER
            if prices[0] > prices[-1]
            else Change.SAME
            if one.old == one.new
            else Change.OTHERWISE,
        )


@given(LISTS)
def test_a_list_compared_with_itself_changes_nothing(items: list[Item]) -> None:
    assert {one.change for one in compare(items, items)} <= {Change.SAME}


@given(ITEMS)
def test_an_item_is_read_as_it_was_written(one: Item) -> None:
    assert item(one.content()) == one


@given(st.integers(1, 10**8), st.integers(0, 10**8))
def test_a_difference_in_percent_is_the_nearest(old: int, new: int) -> None:
    ppm = difference_ppm(old, new)
    assert ppm is not None
    assert abs(ppm * old - (new - old) * 1_000_000) * 2 <= old


def test_nothing_has_no_percent() -> None:
    assert difference_ppm(0, 5) is None
    assert difference_ppm(558_300, 558_300) == 0


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_list_never_begins_before_its_last_signature(asked: int, signed: int) -> None:
    assert begins(asked, signed) >= signed
    assert begins(asked, signed) in (asked, signed)


def test_a_late_list_is_overtaken_only_by_what_began_meanwhile() -> None:
    assert is_overtaken(10, 20, [15])
    assert is_overtaken(10, 20, [20])
    assert not is_overtaken(10, 20, [5, 10, 21])
    assert not is_overtaken(0, 20, [15]), "it was meant for the last signature"


def test_a_month_costs_what_its_steps_say() -> None:
    flat = ClassPrice("c", 500_000)
    assert month_cost(flat, 100_000) == 50_000_000
    steps = [
        {"above_wh": 100_000, "add_micro_yuan_per_kwh": 100_000},
        {"above_wh": 200_000, "add_micro_yuan_per_kwh": 300_000},
    ]
    stepped = ClassPrice("c", 500_000, [], steps)
    assert [month_cost(stepped, wh) for wh in (0, 100_000, 150_000, 250_000)] == [
        0,
        50_000_000,
        80_000_000,
        150_000_000,
    ]
    window = {"window": {"days": [1], "from_minute": 0, "to_minute": 60}, "micro_yuan_per_kwh": 1}
    assert month_cost(ClassPrice("c", 1, [window]), 5) is None
    assert class_price(stepped.content()) == stepped


@given(st.sets(st.integers(1, 7), min_size=1))
def test_days_are_read_as_they_are_written(days: set[int]) -> None:
    assert price_form.read_days(price_form.write_days(sorted(days))) == sorted(days)


@given(st.integers(0, 1440))
def test_times_are_read_as_they_are_written(minute: int) -> None:
    assert price_form.read_minute(price_form.write_minute(minute)) == minute


@given(st.integers(0, 1_000_000))
def test_prices_are_read_as_they_are_written(hundreds: int) -> None:
    assert price_form.read_price(price_form.write_price(hundreds * 100)) == hundreds * 100


def test_what_is_no_price_day_or_time_is_none() -> None:
    assert [price_form.read_price(text) for text in ("0.55831", "cheap", "-1", "101", "")] == [None] * 5
    assert [price_form.read_days(text) for text in ("0", "5-1", "8", "mon", "")] == [None] * 5
    assert [price_form.read_minute(text) for text in ("25:00", "24:01", "8", "08:60")] == [None] * 4
    assert [price_form.read_step_kwh(text) for text in ("0", "-5", "x", "1000000")] == [None] * 4


GOOD = {"code": "R-01", "kind": "维修", "name": "插座", "unit": "个", "price": "15"}


def test_a_line_of_a_table_is_read_in_chinese_and_english() -> None:
    read = read_item(2, GOOD)
    assert read == Item("R-01", ItemKind.REPAIR, "插座", "", ItemUnit.EACH, 1500)
    other = read_item(2, {**GOOD, "kind": "on-behalf", "unit": "metre", "active": "no", "price": "0.05"})
    assert other == Item("R-01", ItemKind.ON_BEHALF, "插座", "", ItemUnit.METRE, 5, active=False)


def test_everything_wrong_with_a_line_is_named() -> None:
    bad = {"code": "插 座", "kind": "gift", "name": "", "unit": "mile", "price": "1.234", "active": "perhaps"}
    found = read_item(7, bad)
    assert isinstance(found, list)
    assert {(one.row, one.column, one.fault) for one in found} == {
        (7, "name", ItemFault.EMPTY),
        (7, "code", ItemFault.NOT_A_CODE),
        (7, "price", ItemFault.NOT_A_PRICE),
        (7, "kind", ItemFault.NOT_A_CHOICE),
        (7, "unit", ItemFault.NOT_A_CHOICE),
        (7, "active", ItemFault.NOT_A_CHOICE),
    }


def test_a_table_needs_its_header_rows_and_codes_of_their_own() -> None:
    assert [one.fault for one in read_table(["a", "b"], [])[1]] == [ItemFault.NO_HEADER]
    header = ["编号", "名称", "单价"]
    assert [one.fault for one in read_table(header, [])[1]] == [ItemFault.NO_ROWS]
    rows = [(2, ["a", "灯", "1"]), (3, ["a", "灯", "2"])]
    problems = read_table(header, rows)[1]
    assert [(one.row, one.fault, one.expected) for one in problems] == [(3, ItemFault.CODE_TWICE, "2")]
    many = [(n, [f"a{n}", "灯", "1"]) for n in range(2, 300)]
    assert [one.fault for one in read_table(header, many)[1]] == [ItemFault.TOO_MANY]
