"""A frozen register is ours if the minute beside it is: whatever the meter's calendar, as far as it is known (R-B2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.freeze_moment import MINUTE_S, SLACK_S, Took, took

HOUR_S = 3600


@pytest.mark.parametrize(
    ("shown_less_told_s", "off_s", "said"),
    [
        (0, 0, Took.THIS),
        (-59, 0, Took.THIS),
        (-MINUTE_S - SLACK_S, 0, Took.THIS),
        (-MINUTE_S - SLACK_S - 1, 0, Took.OTHER),
        (SLACK_S + 1, 0, Took.OTHER),
        (-HOUR_S, 0, Took.OTHER),
        (-HOUR_S, None, Took.UNKNOWN),
        (-30, None, Took.THIS),
        (400 - 30, 400, Took.THIS),
        (400 - 30 - HOUR_S, 400, Took.OTHER),
        (-30, 400, Took.OTHER),
    ],
)
def test_what_a_moment_says(shown_less_told_s: int, off_s: int | None, said: Took) -> None:
    assert took(shown_less_told_s, off_s) is said


@given(
    told_s=st.integers(0, 10**6),
    off_s=st.integers(-(10**6), 10**6),
    seen_off_by_s=st.integers(-SLACK_S, SLACK_S),
    missed_s=st.integers(300, 10**5),
)
def test_ours_is_always_known_and_one_that_was_missed_is_never_ours(
    told_s: int, off_s: int, seen_off_by_s: int, missed_s: int
) -> None:
    """The calendar is seen some seconds wrong; a freeze five minutes or more ago is told apart."""
    minute_s = (told_s + off_s) // MINUTE_S * MINUTE_S
    assert took(minute_s - told_s, off_s + seen_off_by_s) is Took.THIS
    before_s = (told_s - missed_s + off_s) // MINUTE_S * MINUTE_S
    assert took(before_s - told_s, off_s + seen_off_by_s) is Took.OTHER
