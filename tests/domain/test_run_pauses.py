"""When a failed run is tried again, and which missed dues are run: pauses grow, three days end them, a lane's newest stays."""

from hypothesis import given
from hypothesis import strategies as st

from central.domain.scheduled_runs import DAY_MS, HOUR_MS, MINUTE_MS, Due, Late, next_try_ms, skipped

DUES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "1", "2"])), max_size=12).map(
    lambda told: [Due(str(place), at_ms, lane=lane) for place, (at_ms, lane) in enumerate(told)]
)


def test_a_run_that_always_fails_is_tried_for_three_days() -> None:
    at_ms, tries = 0, []
    while (again := next_try_ms(len(tries) + 1, 0, at_ms)) is not None:
        tries.append(again - at_ms)
        at_ms = again
    assert tries[:5] == [5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, 6 * HOUR_MS]
    assert 3 * DAY_MS - 6 * HOUR_MS < at_ms <= 3 * DAY_MS


def test_a_late_failure_of_a_slow_run_is_given_up() -> None:
    assert next_try_ms(1, 0, 3 * DAY_MS) is None


@given(DUES)
def test_the_newest_of_each_lane_is_run_and_nothing_else(dues: list[Due]) -> None:
    assert skipped(dues, Late.CATCH_UP) == []
    left = [due for due in dues if due not in skipped(dues, Late.NEWEST_ONLY)]
    assert len(left) == len({due.lane for due in dues})
    assert all(one.at_ms <= kept.at_ms for kept in left for one in dues if one.lane == kept.lane)
