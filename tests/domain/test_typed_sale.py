"""What a cashier types for a sale is read exactly or named as doubtful; nothing is guessed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.domain.typed_sale import (
    MOST_NAMED,
    Chosen,
    Doubtful,
    ItemDoubt,
    energy_typed,
    quantity_text,
    read_items,
)


def item(code: str, name: str, unit: ItemUnit = ItemUnit.EACH, name_en: str = "") -> Item:
    return Item(code, ItemKind.REPAIR, name, name_en, unit, 1_500)


LIST = [
    item("R-01", "更换插座", name_en="Replace a socket"),
    item("R-02", "更换日光灯管"),
    item("R-03", "更换灯座"),
    item("W-01", "电线", ItemUnit.METRE),
    item("LED", "LED 12W"),
    item("led", "小夜灯"),
    item("H-1", "检修 2", ItemUnit.HOUR),
]


def chosen(text: str) -> list[tuple[str, int]]:
    read = read_items(text, LIST)
    assert all(isinstance(one, Chosen) for one in read), read
    return [(one.item.code, one.quantity_milli) for one in read if isinstance(one, Chosen)]


@pytest.mark.parametrize(
    ("text", "wh"),
    [
        *(("100度", 100_000), ("100 度电", 100_000), ("１００度", 100_000), ("12.5kWh", 12_500)),
        *(("0.001千瓦时", 1), ("7 KW·h", 7_000), ("100.度", 100_000)),
        *(("100", None), ("度", None), ("-5度", None), ("1e3度", None), ("0.0001度", None), ("", None)),
    ],
)
def test_an_amount_with_a_unit_of_energy_is_energy(text: str, wh: int | None) -> None:
    assert energy_typed(text) == wh


@given(st.integers(0, 10**9))
def test_energy_is_read_as_it_is_written(wh: int) -> None:
    assert energy_typed(f"{wh // 1000}.{wh % 1000:03d}度") == wh


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *(
            ("R-01", [("R-01", 1000)]),
            ("r-01 2", [("R-01", 2000)]),
            ("插座×3", [("R-01", 3000)]),
            ("R-01x3", [("R-01", 3000)]),
            ("插座X2", [("R-01", 2000)]),
        ),
        *(("R-01*2", [("R-01", 2000)]), ("socket x2", [("R-01", 2000)]), ("插座 2个", [("R-01", 2000)])),
        ("插座, w-01 2.5米；灯座", [("R-01", 1000), ("W-01", 2500), ("R-03", 1000)]),
        *(("R-01、R-01 2", [("R-01", 3000)]), ("电线 0.125m", [("W-01", 125)])),
        *(("LED", [("LED", 1000)]), ("led", [("led", 1000)])),
        *(("LED 12", [("LED", 12_000)]), ("LED 12W", [("LED", 1000)]), ("D 12", [("LED", 1000)])),
        *(("检修 2", [("H-1", 1000)]), ("检修 2 2", [("H-1", 2000)])),
        *(("", []), (" ,、 ", [])),
    ],
)
def test_items_are_found_by_code_name_or_a_part_of_it(text: str, wanted: list[tuple[str, int]]) -> None:
    assert chosen(text) == wanted


@pytest.mark.parametrize(
    ("text", "doubt", "fits"),
    [
        ("灯", ItemDoubt.SEVERAL, ("R-02", "R-03", "led")),
        ("xyz", ItemDoubt.UNKNOWN, ()),
        ("插座 2.5", ItemDoubt.QUANTITY, ("R-01",)),
        ("插座 0", ItemDoubt.QUANTITY, ("R-01",)),
        ("电线 0.1234", ItemDoubt.QUANTITY, ("W-01",)),
        ("电线 99999999", ItemDoubt.QUANTITY, ("W-01",)),
    ],
)
def test_what_is_doubtful_is_named_with_what_it_fits(
    text: str, doubt: ItemDoubt, fits: tuple[str, ...]
) -> None:
    (one,) = read_items(f"R-01, {text}", LIST)
    assert isinstance(one, Doubtful)
    assert (one.doubt, tuple(found.code for found in one.fits)) == (doubt, fits)


@given(
    st.lists(
        st.tuples(st.sampled_from([one.code for one in LIST]), st.integers(1, 999)), min_size=1, max_size=9
    ),
    st.sampled_from([", ", "、", "；", "\n"]),
)
def test_codes_with_quantities_are_read_back_as_they_were_meant(
    wanted: list[tuple[str, int]], between: str
) -> None:
    sums: dict[str, int] = {}
    for code, pieces in wanted:
        sums[code] = sums.get(code, 0) + pieces * 1000
    assert dict(chosen(between.join(f"{code} {pieces}" for code, pieces in wanted))) == sums


@given(st.text(max_size=60), st.integers(0, 9))
def test_whatever_is_typed_is_items_or_doubts_of_the_list(text: str, number: int) -> None:
    read = read_items(f"{text} {number}", LIST)
    kinds = {type(one) for one in read}
    assert len(kinds) <= 1
    for one in read:
        if isinstance(one, Chosen):
            assert one.item in LIST
            assert one.quantity_milli > 0
            assert one.item.unit is not ItemUnit.EACH or one.quantity_milli % 1000 == 0
        else:
            assert len(one.fits) <= MOST_NAMED


@given(st.integers(1, 10**7))
def test_a_quantity_is_written_without_needless_zeros(milli: int) -> None:
    text = quantity_text(milli)
    assume("." in text)
    assert not text.endswith("0")
    assert round(float(text) * 1000) == milli
