"""Slips of the pen: digits that change places, one digit, the sign; and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.gap_findings import ErrorKind
from central.domain.written_slips import slip_between


@pytest.mark.parametrize(
    ("meant", "written", "kind"),
    [
        (12_300, 13_200, ErrorKind.TRANSPOSED),
        (12_300, 12_800, ErrorKind.ONE_DIGIT),
        (5_000, 8_000, ErrorKind.ONE_DIGIT),
        (5_000, -5_000, ErrorKind.SIGN_REVERSED),
        (-12_300, -13_200, ErrorKind.TRANSPOSED),
        (12_345, 12_543, None),  # the third and the fifth changed places: no neighbours
        (5_000, 500, None),  # a digit lost
        (5_000, -8_000, None),  # two slips at once
        (12_300, 12_300, None),
        (0, 5, None),
        (10, 1, None),
    ],
)
def test_what_is_a_slip(meant: int, written: int, kind: ErrorKind | None) -> None:
    assert slip_between(meant, written) is kind
    assert slip_between(written, meant) is kind


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_the_unit_changes_no_slip(a: int, b: int, zeros: int) -> None:
    """What is a slip in yuan is the same slip in fen or micro-yuan."""
    assert slip_between(a * 10**zeros, b * 10**zeros) is slip_between(a, b)


@given(st.integers(10, 10**9), st.data())
def test_neighbours_that_change_places_differ_by_nines(number: int, data: st.DataObject) -> None:
    digits = str(number)
    at = data.draw(st.integers(0, len(digits) - 2))
    turned = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    if turned[0] != "0" and turned != digits:
        assert slip_between(number, int(turned)) is ErrorKind.TRANSPOSED
        assert (number - int(turned)) % 9 == 0
