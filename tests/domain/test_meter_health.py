"""What meters and modules say about themselves: compared with the look before, and never louder than chance (R-G3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.facts import Instant
from gateway.domain.meter_health import (
    MeterWatch,
    Still,
    Tries,
    fails_more,
    is_cover_told,
    look_at_cover,
    look_at_reverse,
    look_at_still,
    lost_phases,
    says_reverse,
    still_ms,
)

MS_PER_HOUR = 3_600_000


def at(ms: int, boot: str = "b") -> Instant:
    return Instant(boot, ms, ms, boot == "b")


@pytest.mark.parametrize(
    ("counts", "found"),
    [([5], [0]), ([5, 5], [0, 0]), ([5, 6], [0, 1]), ([5, 8, 8], [0, 3, 0]), ([5, 0, 0], [0, 0, 0]), ([0, 1], [0, 1])],
)  # fmt: skip
def test_only_openings_after_the_first_look_count(counts: list[int], found: list[int]) -> None:
    watch, said = MeterWatch(), []
    for number, count in enumerate(counts):
        watch, more = look_at_cover(watch, count, at(number))
        said.append(more)
    assert said == found


def test_an_opening_is_told_for_a_week_and_a_new_meter_ends_it() -> None:
    watch, _ = look_at_cover(MeterWatch(cover_openings=1), 2, at(0))
    watch, _ = look_at_cover(watch, 2, at(1_000))
    assert is_cover_told(watch, at(7 * 86_400_000 - 1))
    assert not is_cover_told(watch, at(7 * 86_400_000))
    assert is_cover_told(watch, at(0, "untrusted other boot"))
    watch, _ = look_at_cover(watch, 0, at(2_000))
    assert not is_cover_told(watch, at(2_000))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [(None, 500, 0), (500, 500, 0), (500, 510, 0), (500, 520, 20), (500, 0, 0), (0, 10_000, 10_000)],
)
def test_one_step_backwards_is_rounding(before: int | None, after: int, found: int) -> None:
    watch, back_wh = look_at_reverse(MeterWatch(reverse_wh=before), after, 10)
    assert (watch.reverse_wh, back_wh) == (after, found)


@pytest.mark.parametrize(
    ("words", "reverse", "phases"),
    [
        ((0, 0, 0, 0, 0, 0, 0), False, ""),
        ((0x10, 0, 0, 0, 0, 0, 0), True, ""),
        ((0x20, 0, 0x10, 0, 0, 0, 0), False, ""),
        ((0, 0, 0, 0x01, 0, 0, 0), False, "A"),
        ((0, 0, 0, 0x01, 0x80, 0x7E, 0), False, "A, B"),
        ((0, 0, 0, 0, 0xFFFF, 0xFFFF, 0), False, ""),
        ((0xFFFF, 0, 0, 0, 0, 0, 0), False, ""),
    ],
)
def test_what_the_status_words_say(words: tuple[int, ...], reverse: bool, phases: str) -> None:
    assert (says_reverse(words), lost_phases(words)) == (reverse, phases)


def follow(*looks: tuple[int, int | None]) -> Still | None:
    """One look an hour: (total, current)."""
    still = None
    for hour, (total_wh, current_ma) in enumerate(looks):
        still = look_at_still(still, total_wh, current_ma, at(hour * MS_PER_HOUR))
    return still


@pytest.mark.parametrize(
    ("looks", "hours"),
    [
        ([(100, 1_000)] * 2, 0),  # 44 Wh at the worst power factor: less than five steps
        ([(100, 1_000)] * 3, 2),
        ([(100, 1_000), (100, 1_000), (110, 1_000)], 0),
        ([(100, 1_000), (100, 50), (100, 1_000)], 0),
        ([(100, 1_000), (100, None), (100, 1_000)], 0),
        ([(100, 99)] * 99, 0),
        ([(100, 100)] * 12, 0),
        ([(100, 100)] * 13, 12),
        ([(100, 9_000), (100, 1_000), (100, 9_000)], 2),
    ],
)
def test_a_register_that_should_have_moved(looks: list[tuple[int, int | None]], hours: int) -> None:
    now = at((len(looks) - 1) * MS_PER_HOUR)
    assert still_ms(follow(*looks), 10, now) == hours * MS_PER_HOUR


def test_it_should_have_moved_by_the_least_current_seen_and_from_the_very_moment() -> None:
    """1 A at 220 V and a fifth of unity: 44 W. Five steps of 11 Wh take it 75 minutes."""
    still = look_at_still(Still(at(0), 100, 9_000), 100, 1_000, at(1_000))
    assert still == Still(at(0), 100, 1_000)
    assert look_at_still(still, 100, 9_000, at(2_000)) == still
    assert still_ms(still, 11, at(75 * 60_000)) == 75 * 60_000
    assert still_ms(still, 11, at(75 * 60_000 - 1)) == 0


def test_the_first_look_at_a_reverse_register_is_the_baseline() -> None:
    assert look_at_reverse(MeterWatch(), 500, 0) == (MeterWatch(reverse_wh=500), 0)


def test_a_restart_in_between_proves_nothing() -> None:
    assert still_ms(Still(at(0), 100, 9_000), 10, at(99 * MS_PER_HOUR, "other")) == 0


@pytest.mark.parametrize(
    ("mine", "others", "blamed"),
    [
        (Tries(90, 10), Tries(1_000, 0), True),
        (Tries(90, 10), Tries(900, 100), False),  # the whole line is bad
        (Tries(95, 5), Tries(1_000, 0), False),  # chance
        (Tries(980, 20), Tries(10_000, 0), False),  # below two percent
        (Tries(970, 30), Tries(10_000, 0), True),
        (Tries(970, 30), Tries(9_900, 100), False),  # only three times the others
        (Tries(960, 40), Tries(9_900, 100), False),  # four times the others
        (Tries(959, 41), Tries(9_900, 100), True),
        (Tries(89, 11), Tries(9_900, 100), False),  # one was expected: ten more are chance
        (Tries(88, 12), Tries(9_900, 100), True),
        (Tries(30, 20), Tries(1_000, 0), True),
        (Tries(29, 20), Tries(1_000, 0), False),
        (Tries(0, 100), Tries(1_000, 0), False),  # silent: has its own alarm
        (Tries(20, 20), Tries(1_000, 0), False),  # too few questions
        (Tries(90, 10), Tries(), False),
    ],
)
def test_a_module_that_fails_more_than_its_line(mine: Tries, others: Tries, blamed: bool) -> None:
    assert fails_more(mine, others) is blamed


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(2, 60))
def test_no_module_of_an_even_line_is_blamed(answered: int, missed: int, meters: int) -> None:
    others: Any = Tries(answered * (meters - 1), missed * (meters - 1))
    assert not fails_more(Tries(answered, missed), others)
    assert not fails_more(Tries(48, 1), others)
