"""When meters are told the time: the standard's rule, line by line, and what is learnt of each meter (DL/T 645, 08H; C-14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.commands import Configure
from gateway.contract.facts import Instant
from gateway.contract.rules import ClockRule, PolicyRule
from gateway.domain.clock_setting import (
    MOST_OFF_S,
    TRY_AGAIN_MS,
    UNABLE_AFTER,
    ClockHabit,
    Need,
    is_hopeful,
    learn,
    may_tell,
    need,
    rule_of,
)
from gateway.domain.configuration import mistakes

ZONE = 480
DAY_MS = 86_400_000
MINUTE_MS = 60_000
DAY = 20_000
RULE = ClockRule(hour=4)


def at(hour: int, minute: int, *, trusted: bool = True) -> Instant:
    """An instant of DAY in local time."""
    wall_ms = DAY * DAY_MS + (hour * 60 + minute - ZONE) * MINUTE_MS
    return Instant("b", wall_ms, wall_ms, trusted)


EDGE_MS = at(4, 30).wall_ms

MAY: dict[str, tuple[ClockRule, Instant, int | None, list[int], bool]] = {
    "in its hour": (RULE, at(4, 5), None, [], True),
    "to the last minute but five": (RULE, at(4, 55), DAY - 1, [], True),
    "not in the hour's first five minutes": (RULE, at(4, 4), None, [], False),
    "nor in its last five": (RULE, at(4, 56), None, [], False),
    "not in another hour": (RULE, at(5, 30), None, [], False),
    "not twice a day": (RULE, at(4, 30), DAY, [], False),
    "again the next day": (RULE, at(4, 30), DAY - 1, [], True),
    "not where it is switched off": (ClockRule(on=False, hour=4), at(4, 30), None, [], False),
    "never on a clock that is not trusted": (RULE, at(4, 30, trusted=False), None, [], False),
    "not near a price edge ahead": (RULE, at(4, 26), None, [EDGE_MS], False),
    "nor near one that is past": (RULE, at(4, 34), None, [EDGE_MS], False),
    "five minutes from a price edge": (RULE, at(4, 25), None, [EDGE_MS], True),
    "midnight's hour, away from midnight": (ClockRule(hour=0), at(0, 5), None, [], True),
    "not at midnight": (ClockRule(hour=0), at(0, 4), None, [], False),
    "not before midnight": (ClockRule(hour=23), at(23, 56), None, [], False),
}


@pytest.mark.parametrize(("rule", "now", "told_day", "edges", "may"), MAY.values(), ids=MAY.keys())
def test_when_a_line_may_be_told(
    rule: ClockRule, now: Instant, told_day: int | None, edges: list[int], may: bool
) -> None:
    assert may_tell(rule, now, told_day, edges, ZONE) is may


@given(minute=st.integers(0, 1439), hour=st.integers(0, 23))
def test_no_telling_ever_comes_within_five_minutes_of_a_full_hour(minute: int, hour: int) -> None:
    now = at(0, minute)
    if may_tell(ClockRule(hour=hour), now, None, [], ZONE):
        assert 5 <= minute % 60 <= 55
        assert minute // 60 == hour


@pytest.mark.parametrize(
    ("off_s", "wanted"),
    [
        (0, Need.NOTHING),
        (29, Need.NOTHING),
        (-29, Need.NOTHING),
        (30, Need.TELLING),
        (-30, Need.TELLING),
        (MOST_OFF_S, Need.TELLING),
        (-MOST_OFF_S, Need.TELLING),
        (MOST_OFF_S + 1, Need.PERSON),
        (-MOST_OFF_S - 1, Need.PERSON),
        (-365 * 86_400, Need.PERSON),
    ],
)
def test_what_a_calendar_needs(off_s: int, wanted: Need) -> None:
    assert need(RULE, off_s) is wanted


def test_a_rule_holds_from_its_instant_on() -> None:
    early, late = ClockRule(100, drift_s=10), ClockRule(200, on=False)
    assert rule_of([late, early], 199) == early
    assert rule_of([late, early], 200) == late
    assert rule_of([late, early], 99).on is False
    assert rule_of([], 0) == ClockRule()


def test_one_telling_missed_is_none_and_a_meter_that_never_follows_is_left_alone_for_a_while() -> None:
    habit: ClockHabit | None = None
    for number in range(UNABLE_AFTER):
        assert is_hopeful(habit, at(4, 30))
        habit = learn(habit, 90, 91, at(4, number))
    assert habit is not None
    assert not is_hopeful(habit, at(5, 0))
    again = at(4, UNABLE_AFTER - 1).wall_ms + TRY_AGAIN_MS
    assert is_hopeful(habit, Instant("b", again, again, True))
    assert learn(habit, 90, 1, at(4, 40)) == ClockHabit(True, at(4, 40))


def test_a_success_between_two_misses_starts_the_count_anew() -> None:
    habit = learn(learn(learn(None, 90, 90, at(4, 0)), 90, 0, at(4, 1)), 90, 90, at(4, 2))
    assert habit == ClockHabit(True, at(4, 2), 1)
    assert learn(ClockHabit(True, at(4, 0)), -200, 5, at(4, 9)) == ClockHabit(True, at(4, 0))


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        (ClockRule(hour=24), "there is no hour 24"),
        (ClockRule(drift_s=0), "off by 0 s"),
        (ClockRule(drift_s=MOST_OFF_S + 1), "off by 301 s"),
    ],
)
def test_a_rule_that_can_tell_nobody_is_refused(rule: ClockRule, mistake: str) -> None:
    configure = Configure(1, [], [], [], PolicyRule(clocks=[rule]))
    assert [mistake in listed for listed in mistakes(configure, [])] == [True]
    assert mistakes(Configure(1, [], [], [], PolicyRule(clocks=[RULE])), []) == []
