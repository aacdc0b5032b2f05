"""What explains a gap closes it to the unit, is the smallest, does not depend on the order; all equal ones are there (R-B4)."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.domain.agreement_rows import Grain, Row, Rules
from central.domain.four_way import LineKind, Origin, Party, Source
from central.domain.gap_explanations import BRIDGE_RULES, ENERGY_RULES, explain, explain_line
from central.domain.gap_findings import Basis, Error, ErrorKind, GapExplanation, Side, Verdict
from tests.domain.agreement_rows_made import (
    AFTER,
    BUILDINGS,
    DAY_MS,
    FIRST,
    PERIOD,
    RULES,
    copy_of,
    row,
    two_lists,
)

Lists = tuple[list[Row], list[Row]]
GRAINS = st.sampled_from([Grain.ROWS, Grain.DAYS, Grain.PLACES, Grain.PERIOD])


def explained(
    left: list[Row], right: list[Row], rules: Rules = RULES, grain: Grain = Grain.ROWS
) -> GapExplanation:
    """Explain building 1."""
    return explain(left, right, ["1"], PERIOD, rules, right_grain=grain)[0]


def only(said: GapExplanation) -> Error:
    """Give the one error of the one explanation of the one part."""
    ((error,),) = said.parts[0].alternatives
    assert len(said.parts) == 1
    return error


@given(two_lists(), GRAINS, GRAINS)
@settings(max_examples=300)
def test_what_is_explained_closes_the_gap_to_the_unit(
    lists: Lists, left_grain: Grain, right_grain: Grain
) -> None:
    left, right = lists
    for said in explain(left, right, BUILDINGS, PERIOD, RULES, left_grain, right_grain):
        frame = (said.building, said.period)
        gap = sum(one.amount for one in left if one.frame == frame)
        gap -= sum(one.amount for one in right if one.frame == frame)
        assert said.gap == gap
        assert sum(part.delta for part in said.parts) == gap
        for part in said.parts:
            assert len(set(part.alternatives)) == len(part.alternatives)
            assert all(sum(error.delta for error in errors) == part.delta for errors in part.alternatives)
            named = [
                one
                for errors in part.alternatives
                for error in errors
                for one in (*error.rows, *error.against)
            ]
            assert {id(one) for one in named} <= {id(one) for one in (*left, *right)}, "an invented row"


@given(two_lists(), GRAINS, GRAINS, st.integers())
@settings(max_examples=200)
def test_the_order_of_the_rows_changes_nothing(
    lists: Lists, left_grain: Grain, right_grain: Grain, seed: int
) -> None:
    left, right = lists
    rng = random.Random(seed)
    turned = (rng.sample(left, len(left)), rng.sample(right, len(right)))
    straight = explain(left, right, BUILDINGS, PERIOD, RULES, left_grain, right_grain)
    assert explain(*turned, BUILDINGS, PERIOD, RULES, left_grain, right_grain) == straight


@given(two_lists())
def test_the_same_list_has_nothing_to_explain(lists: Lists) -> None:
    left, _right = lists
    same = [copy_of(one) for one in left]
    for said in explain(left, same, BUILDINGS, PERIOD, RULES):
        assert (said.gap, said.parts, said.verdict) == (0, (), Verdict.AGREES)


AMOUNTS = st.lists(st.sampled_from([1_000, 2_000, 3_000, 5_000, 7_700, 10_000]), min_size=1, max_size=6)


@given(AMOUNTS, st.lists(st.integers(-1, 2), min_size=6, max_size=6))
@settings(max_examples=300)
def test_sums_are_explained_by_all_smallest_sets_and_no_other(amounts: list[int], counted: list[int]) -> None:
    """Brute force: each row counts 0 (missing), 1, 2 (doubled) or -1 times (sign); the fewest changes that give the sum."""
    left = [row(str(at), amount, document="") for at, amount in enumerate(amounts)]
    total = sum(amount * times for amount, times in zip(amounts, counted, strict=False))
    rules = replace(RULES, most_rows=6, slip_rows=0, edges={}, budget_steps=10**9)
    said = explained(left, [row("sum", total, document="", place="", is_typed=False)], rules, Grain.PERIOD)
    best: dict[int, set[tuple[tuple[int, int], ...]]] = {}
    for times in _all_times(len(amounts)):
        if sum(amount * one for amount, one in zip(amounts, times, strict=True)) == total:
            changed = tuple(sorted((amounts[at], one) for at, one in enumerate(times) if one != 1))
            best.setdefault(len(changed), set()).add(changed)
    size = min(best)
    if size == 0:
        assert said.parts == ()
        return
    found = {_as_times(errors) for errors in said.parts[0].alternatives}
    assert found == best[size]
    assert said.parts[0].more == 0


def _all_times(count: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [()]
    for _row in range(count):
        found = [(*one, times) for one in found for times in (1, 0, 2, -1)]
    return found


def _as_times(errors: tuple[Error, ...]) -> tuple[tuple[int, int], ...]:
    times = {ErrorKind.MISSING: 0, ErrorKind.DOUBLED: 2, ErrorKind.SIGN_REVERSED: -1}
    return tuple(
        sorted((error.rows[0].amount, times[error.kind]) for error in errors for _time in range(error.take))
    )


@given(st.integers(1, 6), st.integers(1, 6))
def test_equal_rows_of_which_some_are_missing_are_all_given(here: int, there: int) -> None:
    """So many payments of 50 yuan on a day, and K3 has fewer of them without a word: any of them may be the ones."""
    left = [row(str(at), 5_000) for at in range(here + there)]
    right = [copy_of(one, document="", place="") for one in left[:there]]
    error = only(explained(left, right))
    assert (error.kind, error.side, error.take) == (ErrorKind.MISSING, Side.RIGHT, here)
    assert {one.id for one in error.rows} == {one.id for one in left}


ONE = row("a", 12_300, at_ms=10 * DAY_MS)
OTHERS = [row(name, amount) for name, amount in (("b", 5_000), ("c", 4_700), ("d", 12_300))]
BARE = {"document": "", "place": ""}


@pytest.mark.parametrize("keys", [{}, {"place": ""}, {"document": ""}], ids=["both", "document", "place"])
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": 13_200}, ErrorKind.TRANSPOSED),
        ({"amount": 12_800}, ErrorKind.ONE_DIGIT),
        ({"amount": -12_300}, ErrorKind.SIGN_REVERSED),
        ({"amount": 4_000}, ErrorKind.AMOUNT_DIFFERS),
        ({"building": "2"}, ErrorKind.WRONG_BUILDING),
        ({"period": AFTER}, ErrorKind.WRONG_PERIOD),
        ({"period": AFTER, "booked": FIRST.replace(day=30)}, ErrorKind.LATE),
    ],
)
def test_one_error_in_a_list_with_keys_is_named(
    changes: dict[str, object], kind: ErrorKind, keys: dict[str, object]
) -> None:
    right = [copy_of(one, **keys) for one in (ONE, *OTHERS)]
    right[0] = copy_of(right[0], id="kx", **changes)
    said = explained([ONE, *OTHERS], right)
    assert said.verdict is Verdict.NAMED
    error = only(said)
    assert (error.kind, error.rows, error.against) == (kind, (ONE,), (right[0],))
    assert error.basis is (Basis.PLACE if keys.get("document") == "" else Basis.DOCUMENT)


def test_a_row_near_the_edge_in_the_next_period_is_a_cut_off() -> None:
    late = replace(ONE, at_ms=30 * DAY_MS - 3_600_000)
    assert only(explained([late], [copy_of(late, period=AFTER)])).kind is ErrorKind.CUT_OFF


def test_a_voucher_that_stands_twice_is_named_once() -> None:
    left = [ONE, *OTHERS]
    right = [copy_of(one, place="") for one in left]
    said = explained(left, [*right, copy_of(ONE, id="again", place="")])
    assert (only(said).kind, only(said).side, said.verdict) == (ErrorKind.DOUBLED, Side.RIGHT, Verdict.NAMED)
    said = explained([*left, copy_of(ONE, id="again")], [copy_of(one, **BARE) for one in left])
    assert (only(said).kind, only(said).side, said.verdict) == (ErrorKind.DOUBLED, Side.LEFT, Verdict.NAMED)


def test_a_doubled_voucher_does_not_take_the_place_of_another_payment_of_the_room() -> None:
    left = [row("a", 5_000, day=1, place="101"), row("b", 5_000, day=4, place="101")]
    right = [copy_of(left[0]), copy_of(left[0], id="again")]
    kinds = [errors[0].kind for part in explained(left, right).parts for errors in part.alternatives]
    assert sorted(kinds) == [ErrorKind.DOUBLED, ErrorKind.MISSING]


def test_a_mistyped_number_is_a_remark_and_no_gap() -> None:
    left = [row("a", 5_000, document="1012"), row("b", 5_000, document="1013")]
    right = [copy_of(left[0], document="1021", place=""), copy_of(left[1], place="")]
    said = explained(left, right)
    assert (said.gap, only(said).kind) == (0, ErrorKind.OTHER_DOCUMENT)


def test_a_number_of_another_receipt_ties_nothing_of_another_day_and_sum() -> None:
    left = [row("a", 5_000, day=1, document="1012"), row("b", 7_700, day=20, document="1021")]
    right = [copy_of(left[0], document="1021", place=""), copy_of(left[1], place="")]
    kinds = Counter(
        error.kind
        for part in explained(left, right).parts
        for errors in part.alternatives
        for error in errors
    )
    assert kinds == {ErrorKind.OTHER_DOCUMENT: 1}


def test_a_row_with_a_mistyped_number_and_a_reversed_sign_fits_and_is_never_certain() -> None:
    left = [row("a", 5_000, document="10000126")]
    said = explained(left, [copy_of(left[0], document="10000216", place="", amount=-5_000)])
    assert (only(said).kind, said.verdict) == (ErrorKind.SIGN_REVERSED, Verdict.FITS)


def test_a_row_whose_own_number_stands_elsewhere_lends_its_place_to_no_mistyped_one() -> None:
    left = [row("a", 5_000, document="10000387"), row("b", 5_000, document="10000398")]
    right = [copy_of(left[0], period=AFTER, place=""), copy_of(left[1], document="10000389", place="")]
    errors = [one[0] for part in explained(left, right).parts for one in part.alternatives]
    moved = [one for one in errors if one.kind is not ErrorKind.OTHER_DOCUMENT]
    assert [(one.kind, one.rows[0].id) for one in moved] == [(ErrorKind.WRONG_PERIOD, "a")]


def test_all_rows_behind_one_instant_are_one_error() -> None:
    """K3 closed at noon of the last day, and its next month is not there yet."""
    day = [row(str(at), 1_000 * (at + 1), day=29, at_ms=29 * DAY_MS + at * 3_600_000) for at in range(1, 9)]
    error = only(explained(day, [copy_of(one) for one in day[:5]]))
    assert (error.kind, [one.id for one in error.rows]) == (ErrorKind.CUT_OFF, ["8", "7", "6"])
    total = row("sum", sum(one.amount for one in day[:5]), document="", place="")
    kinds = {errors[0].kind for errors in explained(day, [total], grain=Grain.PERIOD).parts[0].alternatives}
    assert ErrorKind.CUT_OFF in kinds


def test_two_gaps_of_one_size_are_one_row_in_the_wrong_building() -> None:
    left = [
        row("a", 7_700, document=""),
        row("b", 5_000, document=""),
        row("c", 3_000, building="2", document=""),
    ]
    right = [row("s1", 5_000, place=""), row("s2", 10_700, building="2", place="")]
    for building in BUILDINGS:
        (said,) = explain(left, right, [building], PERIOD, RULES, right_grain=Grain.DAYS)
        error = only(said)
        assert (error.kind, error.rows, said.verdict) == (ErrorKind.WRONG_BUILDING, (left[0],), Verdict.NAMED)


def test_a_gap_that_no_row_explains_says_so() -> None:
    left = [row(str(at), 1_000 * at) for at in range(1, 5)]
    said = explained(left, [row("sum", 10_037, place="", document="", is_typed=False)], grain=Grain.PERIOD)
    assert (said.verdict, said.unexplained, said.parts[0].alternatives) == (Verdict.UNEXPLAINED, -37, ())


def test_a_search_that_was_given_up_claims_nothing() -> None:
    left = [row(str(at), 1_001 + 97 * at * at) for at in range(40)]
    total = sum(one.amount for one in left[4:])
    said = explained(
        left, [row("sum", total, is_typed=False)], replace(RULES, budget_steps=2_000), Grain.PERIOD
    )
    assert said.verdict is Verdict.NOT_SEARCHED
    assert said.steps <= 4_000


@pytest.mark.parametrize(
    ("keys", "verdict"), [({}, Verdict.NAMED), (BARE, Verdict.NOT_SEARCHED)], ids=["numbers", "bare"]
)
def test_a_wrong_file_is_not_puzzled_over(keys: dict[str, object], verdict: Verdict) -> None:
    """1,200 rows that have nothing in common but their days: with numbers each row is named, without nothing is claimed."""
    left = [row(str(at), 3_000 + 100 * (at % 7), day=at % 30) for at in range(1_200)]
    right = [row(f"x{at}", 8_000 + 100 * (at % 5), day=at % 30, **keys) for at in range(1_200)]
    said = explained(left, right)
    assert sum(part.delta for part in said.parts) == said.gap
    assert (said.verdict, said.steps <= 2 * RULES.budget_steps) == (verdict, True)


def test_no_sum_for_a_day_is_said_and_is_not_zero() -> None:
    left = [row("a", 5_000, day=1), row("b", 3_000, day=1), row("c", 3_000, day=2)]
    said = explained(left, [row("sum", 3_000, day=2, place="")], grain=Grain.DAYS)
    assert only(said).kind is ErrorKind.TOTAL_MISSING


def meter(name: str, use_wh: int, register_wh: int, **more: object) -> Row:
    """Give a meter's reading."""
    return row(name, use_wh, document="", place=name, written=register_wh, at_ms=30 * DAY_MS, **more)


def test_registers_are_looked_at_for_slips_and_whole_kwh_are_no_mistake() -> None:
    automatic = [meter("m1", 81_230, 4_561_230), meter("m2", 40_010, 912_310), meter("m3", 99_990, 700_990)]
    read = [
        copy_of(automatic[0], amount=171_000, written=4_651_000),
        copy_of(automatic[1], amount=40_000, written=912_000),
        copy_of(automatic[2], amount=99_000, written=700_000),
    ]
    (said,) = explain(read, automatic, ["1"], PERIOD, replace(ENERGY_RULES, edges=RULES.edges))
    kinds = {error.kind: error for part in said.parts for errors in part.alternatives for error in errors}
    assert set(kinds) == {ErrorKind.TRANSPOSED, ErrorKind.ROUNDED}
    assert kinds[ErrorKind.TRANSPOSED].rows == (read[0],)
    assert (kinds[ErrorKind.ROUNDED].take, said.verdict) == (2, Verdict.NAMED)


def source(party: Party, *rows: Row) -> Source:
    """Give a source for building 1."""
    return Source(party, Origin.OURS, rows, frozenset({("1", PERIOD)}))


def test_the_bridge_is_compared_room_by_room() -> None:
    fresh = {"document": "", "is_typed": False}
    sources = [
        source(
            Party.OPENING,
            row("o1", 10_000_000, place="101", **fresh),
            row("o2", 5_000_000, place="102", **fresh),
        ),
        source(Party.TAKINGS, row("t1", 50_000_000, place="101"), row("t2", 30_000_000, place="102")),
        source(Party.SUBSIDIES),
        source(Party.REFUNDS, row("r2", 1_000_000, place="102")),
        source(Party.CONSUMPTION, row("u1", 12_345_678, place="101", **fresh)),
        source(
            Party.CLOSING,
            row("c1", 47_654_322, place="101", **fresh),
            row("c2", 4_000_000, place="102", **fresh),
        ),
    ]
    (said,) = explain_line(LineKind.BRIDGE, {one.party: one for one in sources}, ["1"], PERIOD, BRIDGE_RULES)
    assert said.gap == 30_000_000
    assert (only(said).kind, [one.id for one in only(said).rows]) == (ErrorKind.MISSING, ["t2"])
    assert said.verdict is Verdict.FITS
    without = {one.party: one for one in sources if one.party is not Party.CLOSING}
    assert explain_line(LineKind.BRIDGE, without, ["1"], PERIOD, BRIDGE_RULES) == ()


def test_a_building_without_its_list_lends_no_rows_to_another() -> None:
    """K3 has nothing for building 2 yet: its payments are no reason for a row too many in building 1."""
    left = [ONE, row("x", 8_800, building="2")]
    right = [copy_of(ONE, **BARE), row("y", 8_800, **BARE)]
    sources = {
        Party.CARD_ROOM: Source(
            Party.CARD_ROOM, Origin.OURS, tuple(left), frozenset((one, PERIOD) for one in BUILDINGS)
        ),
        Party.K3: Source(Party.K3, Origin.IMPORTED, tuple(right), frozenset({("1", PERIOD)})),
    }
    (said,) = explain_line(LineKind.MONEY, sources, BUILDINGS, PERIOD, RULES)
    assert (only(said).kind, only(said).side) == (ErrorKind.MISSING, Side.LEFT)
