"""What two recorded instants say about time: within a boot, across boots, and where nothing can be known (C-14)."""

import pytest

from gateway.contract.facts import Instant
from gateway.domain.instants import elapsed_ms, is_due, later, passed_at_least_ms, wall_of

THEN = Instant("b1", 500, 1_000_000, True)
GUESSED = Instant("b1", 500, 7, False)


@pytest.mark.parametrize(
    ("then", "now", "elapsed", "at_least"),
    [
        (THEN, Instant("b1", 900, 5, False), 400, 400),
        (THEN, Instant("b1", 400, 2_000_000, True), 0, 0),
        (THEN, Instant("b2", 30, 1_000_100, True), 100, 100),
        (THEN, Instant("b2", 30, 1_000_000, True), 0, 0),
        (THEN, Instant("b2", 30, 999_999, True), None, 30),
        (THEN, Instant("b2", 30, 1_000_100, False), None, 30),
        (GUESSED, Instant("b2", 30, 1_000_100, True), None, 30),
    ],
)
def test_what_has_passed(then: Instant, now: Instant, elapsed: int | None, at_least: int) -> None:
    assert (elapsed_ms(then, now), passed_at_least_ms(then, now)) == (elapsed, at_least)


@pytest.mark.parametrize(
    ("then", "now", "wall_ms"),
    [
        (THEN, Instant("b2", 30, 5, False), 1_000_000),
        (GUESSED, Instant("b1", 700, 1_000_100, True), 999_900),
        (GUESSED, Instant("b1", 700, 1_000_100, False), None),
        (GUESSED, Instant("b2", 700, 1_000_100, True), None),
    ],
)
def test_the_wall_time_of_an_instant_as_far_as_it_is_known(
    then: Instant, now: Instant, wall_ms: int | None
) -> None:
    assert wall_of(then, now) == wall_ms


@pytest.mark.parametrize(
    ("until", "due"),
    [
        (None, True),
        (Instant("b1", 499, 0, False), True),
        (THEN, True),
        (Instant("b1", 501, 0, False), False),
        (Instant("b0", 501, 0, False), True),
    ],
)
def test_a_rest_ends_at_its_instant_or_with_its_boot(until: Instant | None, due: bool) -> None:
    assert is_due(until, THEN) is due


def test_later_is_later_on_both_clocks() -> None:
    assert later(THEN, 25) == Instant("b1", 525, 1_000_025, True)
    assert later(GUESSED, 25) == Instant("b1", 525, 32, False)
