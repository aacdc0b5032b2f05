"""A drawer's count: one equation whatever is in it, and what is no count is said to be none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.cash_count import (
    DENOMINATIONS_FEN,
    PIECES_AT_MOST,
    DrawerTie,
    NotACount,
    total_of,
    waits_for_approval,
)

FEN = st.integers(0, 10_000_000)
PIECES = st.dictionaries(st.sampled_from(DENOMINATIONS_FEN), st.integers(0, 1_000))


def test_a_count_is_the_sum_of_its_pieces() -> None:
    assert total_of({10_000: 3, 5_000: 1, 10: 7, 1: 4}) == 35_074
    assert total_of({}) == 0


@pytest.mark.parametrize("pieces", [{300: 1}, {100: -1}, {100: PIECES_AT_MOST + 1}])
def test_what_is_no_count(pieces: dict[int, int]) -> None:
    with pytest.raises(NotACount):
        total_of(pieces)


@given(PIECES, PIECES)
def test_two_piles_counted_apart_or_together_are_the_same(one: dict[int, int], other: dict[int, int]) -> None:
    together = {fen: one.get(fen, 0) + other.get(fen, 0) for fen in DENOMINATIONS_FEN}
    assert total_of(one) + total_of(other) == total_of(together)


@given(st.integers(0, 100_000_000))
def test_every_sum_can_be_counted(fen: int) -> None:
    pieces, rest = {}, fen
    for denomination in DENOMINATIONS_FEN:
        pieces[denomination], rest = divmod(rest, denomination)
    assert rest == 0
    if max(pieces.values()) <= PIECES_AT_MOST:
        assert total_of(pieces) == fen


@given(FEN, FEN, FEN, FEN, FEN)
def test_what_is_counted_is_accounted_for(fund: int, taken: int, out: int, counted: int, left: int) -> None:
    tie = DrawerTie(fund, taken, out, counted, left)
    assert tie.counted_fen == fund + taken - out + tie.difference_fen
    assert tie.moved_fen + tie.left_fen == counted


@given(FEN, st.lists(st.tuples(FEN, FEN, FEN), min_size=1, max_size=6))
def test_a_chain_of_hand_overs_loses_nothing(fund: int, shifts: list[tuple[int, int, int]]) -> None:
    """The count of one is the float of the next: the last drawer holds all that was taken, with every difference named."""
    start, taken_all, out_all, differences = fund, 0, 0, 0
    for taken, out, counted in shifts:
        tie = DrawerTie(start, taken, out, counted, counted)
        taken_all, out_all, differences = taken_all + taken, out_all + out, differences + tie.difference_fen
        start = tie.left_fen
        assert tie.moved_fen == 0
    assert start == fund + taken_all - out_all + differences


@pytest.mark.parametrize(
    ("difference", "limit", "waits"),
    [(0, 0, False), (1, 0, True), (-1, 0, True), (500, 500, False), (-500, 500, False), (-501, 500, True)],
)
def test_up_to_the_limit_nobody_signs(difference: int, limit: int, waits: bool) -> None:
    assert waits_for_approval(difference, limit) is waits
