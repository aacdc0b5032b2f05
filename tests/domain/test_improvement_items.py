"""Improvement items: what may follow what, and who may do it; which week a meeting speaks of (R-5.1, R-4.2.6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.improvement_items import (
    FINISHED,
    LEADS_TO,
    Act,
    Actor,
    Fault,
    State,
    acts_for,
    after,
    days_late,
    fault_of,
    is_soon,
)
from central.domain.meeting_days import (
    WEEKDAYS,
    is_first_of_month,
    meeting_day,
    month_before,
    week_before,
    week_spoken_of,
    weeks_until,
)
from central.domain.periods import read_period, week_of

OWNER, KEEPER = Actor(is_owner=True), Actor(is_keeper=True, is_checker=True)
CHECKER, DOER = Actor(is_checker=True), Actor(is_owner=True, is_keeper=True, is_checker=True, did_it=True)
ACTS = """
open     owner    taken noted done
open     keeper   taken noted changed done dropped
open     checker  -
open     nobody   -
in-work  owner    noted done
in-work  keeper   noted changed done dropped
done     owner    noted
done     checker  checked given-back
done     doer     noted changed dropped
done     nobody   -
checked  keeper   -
dropped  doer     -
"""
ACTORS = {"owner": OWNER, "keeper": KEEPER, "checker": CHECKER, "doer": DOER, "nobody": Actor()}
DAYS = st.dates(date(2001, 2, 1), date(2198, 11, 30))


@pytest.mark.parametrize("line", ACTS.strip().splitlines())
def test_what_can_be_done_by_whom(line: str) -> None:
    state, actor, *acts = line.split()
    assert [act.value for act in acts_for(State(state), ACTORS[actor])] == [one for one in acts if one != "-"]


@pytest.mark.parametrize(
    ("state", "act", "actor", "words", "fault"),
    [
        (State.OPEN, Act.CHECKED, CHECKER, "x", Fault.NOT_NOW),
        (State.CHECKED, Act.NOTED, KEEPER, "x", Fault.NOT_NOW),
        (State.DONE, Act.CHECKED, DOER, "x", Fault.OWN_WORK),
        (State.DONE, Act.GIVEN_BACK, DOER, "x", Fault.OWN_WORK),
        (State.DONE, Act.CHECKED, OWNER, "x", Fault.NOT_HIS),
        (State.OPEN, Act.DROPPED, OWNER, "x", Fault.NOT_HIS),
        (State.OPEN, Act.DROPPED, KEEPER, " \n", Fault.NO_WORDS),
        (State.OPEN, Act.TAKEN, OWNER, "", None),
    ],
)
def test_what_is_refused_and_why(
    state: State, act: Act, actor: Actor, words: str, fault: Fault | None
) -> None:
    assert fault_of(state, act, actor, words) is fault


@given(st.lists(st.sampled_from([act for act in Act if act is not Act.OPENED]), max_size=12))
def test_only_a_done_item_is_checked_and_a_finished_one_stays(acts: list[Act]) -> None:
    state = after([Act.OPENED, *acts])
    if state is State.CHECKED:
        others = [act for act in acts if act is not Act.NOTED and act is not Act.CHANGED]
        assert others[-2:] == [Act.DONE, Act.CHECKED]
    if state in FINISHED:
        assert all(after([Act.OPENED, *acts, act]) is None for act in Act)
    assert after(acts) is None or not acts, "an item begins with its opening"


def test_every_state_is_reached_and_none_but_the_finished_is_an_end() -> None:
    assert {State.OPEN, *LEADS_TO.values()} == set(State)
    assert set(State) - {state for state, _act in LEADS_TO} == FINISHED


@given(DAYS, st.integers(-40, 40), st.integers(0, 30))
def test_an_item_is_late_or_soon_never_both(due: date, off: int, before: int) -> None:
    today = due + timedelta(days=off)
    for state in State:
        late, soon = days_late(state, due, today), is_soon(state, due, today, before)
        assert not (late and soon)
        assert late == (off if off > 0 and state in (State.OPEN, State.IN_WORK) else 0)
        assert soon == (state in (State.OPEN, State.IN_WORK) and -before <= off <= 0)


@given(DAYS, st.sampled_from(WEEKDAYS))
def test_each_week_has_one_meeting_that_speaks_of_it(day: date, weekday: str) -> None:
    week = week_of(day)
    meets = meeting_day(week, weekday)
    assert week.last < meets <= week.last + timedelta(days=7)
    assert WEEKDAYS[meets.weekday()] == weekday
    assert week_spoken_of(meets) == week
    assert meeting_day(week_before(week), weekday) == meets - timedelta(days=7)
    assert is_first_of_month(meets) == (meets.day <= 7)
    assert month_before(meets).after == meets.replace(day=1)
    assert weeks_until(week, 8).first == week.first - timedelta(days=49)


def test_the_first_meeting_of_december_2026() -> None:
    week = read_period("week:2026-W49")
    assert meeting_day(week, "monday") == date(2026, 12, 7)
    assert is_first_of_month(date(2026, 12, 7))
    assert not is_first_of_month(date(2026, 12, 14))
    assert month_before(date(2026, 12, 7)).name == "month:2026-11"
