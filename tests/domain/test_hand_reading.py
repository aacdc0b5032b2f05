"""Readings by hand: what a display's figure is, what is asked about it, which slip explains it, how it stands beside a register."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.hand_reading import DisplayFault, Doubt, Usual, doubts, read_display, use_since, usual_use
from central.domain.reading_slips import Pair, Slip, exchanged_with, explanations
from central.domain.readings_compared import (
    Allowances,
    Automatic,
    Settled,
    Source,
    Verdict,
    agreed,
    group_by_hand,
    needs_settling,
    tolerance_wh,
    verdict,
)
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupRule

hundredths = st.integers(min_value=0, max_value=99_999_999)


@given(hundredths)
def test_what_stands_on_a_display_is_read_exactly(figure: int) -> None:
    assert read_display(f"{figure // 100:06d}.{figure % 100:02d}") == figure * 10


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12345.67", 12_345_670),
        (" 0012345.6 ", 12_345_600),
        ("１２３４５．６７", 12_345_670),
        ("12345。67", 12_345_670),
        ("12345.", 12_345_000),
        ("7", 7_000),
        ("", DisplayFault.EMPTY),
        ("1 234,56", DisplayFault.SEPARATORS),
        ("1,234.56", DisplayFault.SEPARATORS),
        ("1234,56", DisplayFault.SEPARATORS),
        ("12345.678", DisplayFault.TOO_FINE),
        ("123456789", DisplayFault.TOO_LONG),
        ("-5", DisplayFault.NOT_A_FIGURE),
        ("1e5", DisplayFault.NOT_A_FIGURE),
        (".5", DisplayFault.NOT_A_FIGURE),
        ("=1+1", DisplayFault.NOT_A_FIGURE),
        ("٣", DisplayFault.NOT_A_FIGURE),
        ("二", DisplayFault.NOT_A_FIGURE),
    ],
)
def test_a_figure_is_typed_as_it_stands(typed: str, read: object) -> None:
    assert read_display(typed) == read


@given(st.text(max_size=30))
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    assert isinstance(read_display(text), int | DisplayFault)


USUAL = Usual(25_000, 120_000)


@pytest.mark.parametrize(
    ("this", "at", "last", "asked"),
    [
        (1_060_000, 9, 1_000_000, []),
        (990_000, 9, 1_000_000, [Doubt.BELOW_LAST]),
        (1_500_000, 9, 1_000_000, [Doubt.ABOVE_USUAL]),
        (1_000_000, 9, 1_000_000, [Doubt.UNMOVED]),
        (40_000, 9, 99_980_000, [Doubt.ROLLED_OVER]),
        (40_000, 9, 999_980_000, [Doubt.ROLLED_OVER]),
        (1_060_000, 3, 1_000_000, [Doubt.EARLIER]),
        (7, 9, None, []),
    ],
)
def test_what_is_asked(this: int, at: int, last: int | None, asked: list[Doubt]) -> None:
    assert doubts(this, at, last, 5, USUAL) == asked


def test_without_a_past_only_a_figure_below_the_last_one_is_asked() -> None:
    assert doubts(10_000_000, 9, 1_000, 5, None) == []
    assert doubts(999, 9, 1_000, 5, None) == [Doubt.BELOW_LAST]


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=6), st.integers(1, 62), st.data())
def test_a_use_within_what_was_used_before_is_never_asked(
    daily: list[int], days: int, data: st.DataObject
) -> None:
    usual = usual_use(daily, days)
    a_day = data.draw(st.integers(min(daily), max(daily)))
    found = doubts(1_000_000 + a_day * days, 9, 1_000_000, 5, usual)
    assert found == []


@given(hundredths, st.integers(1, 400))
def test_a_display_that_began_anew_uses_what_it_used(last: int, use: int) -> None:
    end_wh = 1_000_000_000
    last_wh, use_wh = end_wh - last % use * 10 - 10, use * 10
    this_wh = (last_wh + use_wh) % end_wh
    expected = (use_wh, this_wh < last_wh)
    assert use_since(last_wh, this_wh, Usual(0, 5_000)) == expected


@given(hundredths, st.data())
def test_each_single_slip_is_found_again(figure: int, data: st.DataObject) -> None:
    digits = f"{figure:08d}".lstrip("0").rjust(3, "0")
    expected = int(digits) * 10
    place = data.draw(st.integers(0, len(digits) - 1))
    slip = data.draw(st.sampled_from([Slip.TRANSPOSED, Slip.MISTYPED, Slip.LEFT_OUT, Slip.TYPED_TWICE]))
    if slip is Slip.TRANSPOSED:
        other = data.draw(st.integers(0, len(digits) - 1))
        written = list(digits)
        written[place], written[other] = written[other], written[place]
        text = "".join(written)
    elif slip is Slip.MISTYPED:
        text = digits[:place] + data.draw(st.sampled_from("0123456789")) + digits[place + 1 :]
    elif slip is Slip.LEFT_OUT:
        text = digits[:place] + digits[place + 1 :]
    else:
        text = digits[:place] + digits[place] + digits[place:]
    found = explanations(int(text or "0") * 10, expected, 0)
    is_same = int(text or "0") * 10 == expected
    # Of a digit left out before a zero, no length is left to see.
    is_unseen = slip is Slip.LEFT_OUT and text[:1] in ("", "0")
    assert (found == []) if is_same else is_unseen or any(one.meant_wh == expected for one in found)


@given(hundredths, hundredths, st.integers(0, 1000))
def test_an_explanation_always_explains(written: int, expected: int, within: int) -> None:
    for one in explanations(written * 10, expected * 10, within):
        assert abs(one.meant_wh - expected * 10) <= within < abs(written - expected) * 10


def test_the_places_of_two_digits_that_changed_places_are_named() -> None:
    (first, *_rest) = explanations(1_243_560, 1_234_560, 50)
    assert (first.slip, first.places, first.meant_wh) == (Slip.TRANSPOSED, (3, 4), 1_234_560)


def test_a_point_in_another_place_and_a_display_begun_anew_are_found() -> None:
    assert {one.slip for one in explanations(123_450, 1_234_500, 50)} == {Slip.POINT, Slip.LEFT_OUT}
    assert Slip.ROLLED_OVER in {one.slip for one in explanations(40_000, 100_040_000, 50)}


def test_two_exchanged_meters_are_found_and_three_in_a_ring_are_not() -> None:
    pairs = {"a": Pair(20, 10), "b": Pair(10, 20), "c": Pair(30, 30), "d": Pair(None, 20)}
    assert [one.meter for one in exchanged_with("a", pairs, 0)] == ["b", "d"]
    assert exchanged_with("c", pairs, 0) == []
    ring = {"a": Pair(20, 10), "b": Pair(30, 20), "c": Pair(10, 30)}
    assert exchanged_with("a", ring, 0) == []


ALLOWED = Allowances(skew_ms=300_000)


def test_the_tolerance_grows_with_each_of_its_causes() -> None:
    automatic = Automatic(1_000_000, 40, 10, "reading", rate_w=1_200)
    assert tolerance_wh(automatic, 50_000, ALLOWED) == 10 + 10 + 40 + 100
    assert tolerance_wh(automatic, 50_000, Allowances(300_000, 7, 10_000)) == 160 + 7 + 500


@pytest.mark.parametrize(
    ("hand", "automatic", "judged"),
    [
        (1_000_060, Automatic(1_000_000, 0, 10, "r"), Verdict.AGREES),
        (1_000_061, Automatic(1_000_000, 0, 10, "r"), Verdict.DIFFERS),
        (999_939, Automatic(1_000_000, 0, 10, "r"), Verdict.DIFFERS),
        (1_000_000, None, Verdict.NO_AUTOMATIC),
        (1_500_000, Automatic(1_000_000, 0, 10, "r", is_late=True), Verdict.LATE),
        (900_000, Automatic(1_000_000, 0, 10, "r", is_late=True), Verdict.DIFFERS),
        (1_000_000, Automatic(1_000_000, 2_001, 10, "r"), Verdict.NO_AUTOMATIC),
        (1_500_000, Automatic(1_000_000, 2_001, 10, "r"), Verdict.DIFFERS),
        (None, Automatic(1_000_000, 0, 10, "r"), Verdict.NOT_READ),
    ],
)
def test_a_meter_is_judged(hand: int | None, automatic: Automatic | None, judged: Verdict) -> None:
    assert verdict(hand, automatic, 60) is judged


def test_the_agreed_value_and_its_source() -> None:
    automatic = Automatic(1_000, 0, 10, "r")
    assert agreed(1_005, automatic, Verdict.AGREES, None) == (1_005, Source.BOTH)
    assert agreed(9_000, automatic, Verdict.DIFFERS, Settled.READING_WRONG) == (1_000, Source.AUTOMATIC)
    assert agreed(9_000, automatic, Verdict.DIFFERS, Settled.AUTOMATIC_WRONG) == (9_000, Source.HAND)
    assert agreed(None, automatic, Verdict.NOT_READ, None) == (1_000, Source.AUTOMATIC)
    assert agreed(None, None, Verdict.NOT_READ, None) == (None, Source.NONE)
    assert agreed(None, Automatic(1, 0, 10, "r", is_late=True), Verdict.NOT_READ, None) == (None, Source.NONE)
    assert needs_settling(Verdict.DIFFERS, None)
    assert not needs_settling(Verdict.DIFFERS, Settled.FAULTY)


GROUP = GroupRule(
    "g", "building", MeterNo("m"), [MeterNo("a"), MeterNo("b")], fixed_loss_ppm=20_000, tolerance_ppm=30_000
)


@pytest.mark.parametrize(
    ("uses", "lost_ppm", "beyond", "below"),
    [
        ({"m": 1_000_000, "a": 500_000, "b": 480_000}, 20_000, False, False),
        ({"m": 1_000_000, "a": 500_000, "b": 440_000}, 60_000, True, False),
        ({"m": 1_000_000, "a": 600_000, "b": 480_000}, -80_000, False, True),
    ],
)
def test_a_group_by_hand_against_its_fixed_loss(
    uses: dict[str, int | None], lost_ppm: int, beyond: bool, below: bool
) -> None:
    found = group_by_hand(GROUP, {}, uses, 30 * 86_400_000, {})
    assert (found.lost_ppm, found.is_beyond, found.is_below) == (lost_ppm, beyond, below)


def test_a_group_that_lacks_a_meter_is_not_judged_and_names_it() -> None:
    found = group_by_hand(GROUP, {}, {"m": 1_000_000, "a": 1, "b": None}, 1, {})
    assert (found.balance, found.missing, found.is_beyond) == (None, ("b",), False)


def test_a_sub_read_days_after_its_master_is_no_loss() -> None:
    uses: dict[str, int | None] = {"m": 1_000_000, "a": 500_000, "b": 440_000}
    assert not group_by_hand(GROUP, {}, uses, 1, {"a": 60_000}).is_beyond
