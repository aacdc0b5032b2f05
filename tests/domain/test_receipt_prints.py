"""A workstation's printer: what its cookie says, and what the calibration sheet's cross corrects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.receipt_prints import CROSS_AT, MOST_OFFSET, PrintLayout, Workstation, read_workstation

offsets = st.integers(-MOST_OFFSET, MOST_OFFSET)


@given(st.sampled_from(PrintLayout), offsets, offsets)
def test_what_is_written_is_read(layout: PrintLayout, right: int, down: int) -> None:
    here = Workstation(layout, right, down)
    assert read_workstation(here.as_text()) == here


@pytest.mark.parametrize(
    "text", ["", "a4", "a4:x:0", "a3:0:0", "a4:201:0", "a4:0:-900", "a4:1", "::", "a4:1:2:3"]
)
def test_a_cookie_that_nobody_wrote_is_a_plain_printer(text: str) -> None:
    assert read_workstation(text) == Workstation()


@given(offsets, offsets, st.integers(-100, 100), st.integers(-100, 100))
def test_measuring_ends_with_the_cross_at_its_place(right: int, down: int, x: int, y: int) -> None:
    """A printer that puts everything x and y too far finds the cross there; the correction brings it back."""
    before = Workstation(PrintLayout.A4, right, down)
    after = before.measured(CROSS_AT + right + x, CROSS_AT + down + y)
    assert (after.right + x, after.down + y) == (0, 0)
    assert after.measured(CROSS_AT, CROSS_AT) == after
