"""The roster: crews take turns, the newest plan holds, a day changed by hand beats it; desk hours are another thing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.roster import Change, Duty, DutyKind, Rotation, duty_on, is_open

FIRST, LAST = date(2026, 9, 1), date(2027, 1, 15)
TERM = Rotation(DutyKind.TERM, FIRST, LAST, ((1, 2), (3,)))
BREAK = Rotation(DutyKind.BREAK, date(2027, 1, 10), date(2027, 2, 20), ((9,),))
HOURS = [["11:30", "13:30"], ["17:00", "22:00"]]


def test_two_crews_take_turns() -> None:
    crews = [duty_on(FIRST + timedelta(days=n), [TERM], []).people for n in range(4)]
    assert crews == [(1, 2), (3,), (1, 2), (3,)]


def test_turns_of_several_days() -> None:
    weekly = Rotation(DutyKind.TERM, FIRST, LAST, ((1,), (2,)), 7)
    assert [weekly.crew_on(FIRST + timedelta(days=n)) for n in (0, 6, 7, 13, 14)] == [
        (1,),
        (1,),
        (2,),
        (2,),
        (1,),
    ]


def test_what_was_planned_last_holds_where_it_reaches() -> None:
    plans = [TERM, BREAK]
    assert duty_on(date(2027, 1, 12), plans, []).kind is DutyKind.BREAK
    assert duty_on(date(2027, 1, 9), plans, []).kind is DutyKind.TERM
    assert duty_on(date(2027, 1, 12), [BREAK, TERM], []).kind is DutyKind.TERM
    assert duty_on(date(2027, 3, 1), plans, []) == Duty(date(2027, 3, 1), None, ())


def test_a_day_changed_by_hand_beats_the_rotation_and_says_why() -> None:
    changes = [Change(FIRST, (7,), "first"), Change(FIRST, (8,), "ill"), Change(LAST, (), "closed")]
    assert duty_on(FIRST, [TERM], changes) == Duty(FIRST, DutyKind.TERM, (8,), "ill")
    assert duty_on(LAST, [TERM], changes).people == ()


@given(st.integers(0, 136), st.integers(1, 9), st.integers(1, 4))
def test_everybody_has_equally_long_turns(offset: int, turn_days: int, crews: int) -> None:
    plan = Rotation(DutyKind.TERM, FIRST, LAST, tuple((n,) for n in range(crews)), turn_days)
    day = FIRST + timedelta(days=offset)
    later = day + timedelta(days=turn_days * crews)
    assert plan.crew_on(day) == ((offset // turn_days) % crews,)
    assert plan.crew_on(later) == plan.crew_on(day)


@pytest.mark.parametrize(
    ("minute", "is_now"),
    [
        (689, False),
        (690, True),
        (809, True),
        (810, False),
        (1019, False),
        (1020, True),
        (1319, True),
        (1320, False),
    ],
)
def test_the_desk_is_open_from_its_first_minute_and_no_more_at_its_last(minute: int, is_now: bool) -> None:
    assert is_open(HOURS, minute) is is_now


def test_open_until_midnight() -> None:
    assert is_open([["20:00", "24:00"]], 1439)
    assert not is_open([], 720)
