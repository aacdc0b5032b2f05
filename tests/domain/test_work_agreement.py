"""The rule for refusal and silence, room by room; what a start lacks; how locks stand and supplies return (R-4.3.4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.delivery import RelayWord
from central.domain.work_agreement import HOUR_MS, SETTLED, RoomAsked, Rule, Says, Stand, decide
from central.domain.work_lock import BACK, Asked, Locking, PointFacts, Return, locking_of, return_of
from central.domain.work_order import (
    LIVE,
    TABLE,
    Lack,
    OrderAct,
    OrderState,
    is_late,
    start_lacks,
    state_after,
)

FROM_MS, UNTIL_MS = 1000 * HOUR_MS, 1002 * HOUR_MS
USUAL = Rule()
TOLD = FROM_MS - 30 * HOUR_MS

rules = st.builds(Rule, st.integers(0, 72), st.integers(0, 72), st.integers(0, 100))
rooms = st.builds(
    RoomAsked,
    st.just("1-301"),
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, FROM_MS),
    st.none() | st.sampled_from(Says),
)
many = st.lists(rooms, max_size=8)
moments = st.integers(0, UNTIL_MS)


def decided(asked, rule=USUAL, now_ms=FROM_MS, **more):
    return decide(asked, rule, from_ms=FROM_MS, now_ms=now_ms, **more)


@pytest.mark.parametrize(
    ("one", "rule", "stand"),
    [
        (RoomAsked("a", says=Says.AGREES), USUAL, Stand.AGREED),
        (RoomAsked("a", says=Says.REFUSES, told_ms=TOLD), USUAL, Stand.REFUSED),
        (RoomAsked("a", told_ms=TOLD), USUAL, Stand.SILENCE_COUNTS),
        (RoomAsked("a", told_ms=TOLD), Rule(silence_hours=31), Stand.WAITS),
        (RoomAsked("a", told_ms=TOLD), Rule(silence_hours=0), Stand.SILENT),
        (RoomAsked("a", told_ms=FROM_MS - 24 * HOUR_MS + 1), USUAL, Stand.TOLD_LATE),
        (RoomAsked("a"), USUAL, Stand.NOT_TOLD),
        (RoomAsked("a", is_lived_in=False), USUAL, Stand.UNOCCUPIED),
        (RoomAsked("a", is_lived_in=False, is_protected=True), USUAL, Stand.MUST_AGREE),
        (RoomAsked("a", is_protected=True, told_ms=TOLD), USUAL, Stand.MUST_AGREE),
    ],
)
def test_r_4_3_4_each_room_says_why_it_counts_as_it_does(one, rule, stand):
    assert decided([one], rule).rooms[0].stand is stand


@pytest.mark.parametrize(("percent", "agreed"), [(0, False), (24, False), (25, True)])
def test_a_share_of_the_rooms_with_somebody_in_them_may_refuse(percent, agreed):
    asked = [RoomAsked(str(n), says=Says.AGREES) for n in range(3)]
    asked += [RoomAsked("no", says=Says.REFUSES), *(RoomAsked("empty", is_lived_in=False) for _ in range(9))]
    assert decided(asked, Rule(refusals_percent=percent)).is_agreed is agreed
    refuses = [replace(asked[3], is_protected=True)]
    assert not decided([*asked[:3], *refuses], Rule(refusals_percent=100)).is_agreed


@given(many, rules, moments)
def test_nothing_protected_loses_power_without_a_yes_or_a_heads_decision(asked, rule, now_ms):
    found = decided(asked, rule, now_ms)
    if found.is_agreed:
        assert all(one.says is Says.AGREES for one in asked if one.is_protected)
    assert decided(asked, rule, now_ms, is_overridden=True).is_agreed
    assert decided(asked, rule, now_ms, is_overridden=True).rooms == found.rooms


@given(many, rules, moments)
def test_a_room_more_that_agrees_never_harms_and_one_that_refuses_never_helps(asked, rule, now_ms):
    before = decided(asked, rule, now_ms).is_agreed
    for place, one in enumerate(asked):
        if one.says is None:
            yes = [*asked[:place], replace(one, says=Says.AGREES), *asked[place + 1 :]]
            assert decided(yes, rule, now_ms).is_agreed or not before
    refused = [*asked, RoomAsked("no", is_protected=True, says=Says.REFUSES)]
    assert not decided(refused, rule, now_ms).is_agreed


@given(many, rules, moments, moments)
def test_waiting_longer_never_takes_an_agreement_back(asked, rule, earlier_ms, later_ms):
    earlier_ms, later_ms = sorted((earlier_ms, later_ms))
    assert decided(asked, rule, later_ms).is_agreed or not decided(asked, rule, earlier_ms).is_agreed


@given(many, rules, moments)
def test_silence_counts_only_for_who_was_told_in_time(asked, rule, now_ms):
    for one, stood in zip(asked, decided(asked, rule, now_ms).rooms, strict=True):
        if stood.stand is Stand.SILENCE_COUNTS:
            assert one.told_ms is not None
            assert FROM_MS - one.told_ms >= rule.notice_hours * HOUR_MS
            assert rule.silence_hours > 0
            assert now_ms - one.told_ms >= rule.silence_hours * HOUR_MS
        assert stood.lacks == (stood.stand not in SETTLED) or stood.stand is Stand.REFUSED


def lacks(decision, now_ms=FROM_MS, **more):
    said = {"has_person": True, "is_danger": False} | more
    return start_lacks(decision, from_ms=FROM_MS, until_ms=UNTIL_MS, now_ms=now_ms, **said)


def test_a_start_names_all_that_it_lacks():
    silent, free = decided([RoomAsked("a")]), decided([])
    assert lacks(silent, FROM_MS - 1, has_person=False) == [Lack.NO_PERSON, Lack.NOT_AGREED, Lack.TOO_EARLY]
    assert [lacks(free, at) for at in (FROM_MS, UNTIL_MS - 1)] == [[], []]
    assert lacks(free, UNTIL_MS) == [Lack.WINDOW_OVER]
    assert lacks(free, FROM_MS - 1, is_danger=True) == []
    assert lacks(decided([RoomAsked("a")], is_overridden=True), FROM_MS - 1) == [Lack.TOO_EARLY]


def test_no_state_leads_past_the_release_of_what_was_locked():
    for act, after in TABLE.items():
        for before, state in after.items():
            assert before in LIVE
            if before in (OrderState.STARTED, OrderState.WORKING):
                assert state not in (OrderState.CLOSED, OrderState.CANCELLED), act
    assert state_after(OrderAct.ISOLATED, OrderState.TOLD) is None
    assert state_after(OrderAct.STARTED, OrderState.STARTED) is None
    assert [is_late(UNTIL_MS, 10, at) for at in (UNTIL_MS + 599_999, UNTIL_MS + 600_000)] == [False, True]


SENT, DONE, NO = Asked(is_made=True), Asked(is_made=True, outcome="applied"), Asked()


def word(verdict, *, closed=None, why="locked out by central", wanted=None):
    return RelayWord(closed, wanted, verdict, why, 1)


@pytest.mark.parametrize(
    ("facts", "locking"),
    [
        (PointFacts(False, NO, NO, None), Locking.NO_METER),
        (PointFacts(True, NO, NO, None), Locking.NO_GATEWAY),
        (PointFacts(True, SENT, NO, word("confirmed", closed=True, why="credit-left")), Locking.ASKED),
        (PointFacts(True, DONE, NO, word("unknown")), Locking.RECEIVED),
        (PointFacts(True, DONE, NO, word("unknown", why="commanded")), Locking.RECEIVED),
        (PointFacts(True, DONE, NO, word("confirmed", closed=False)), Locking.LOCKED),
        (PointFacts(True, DONE, NO, word("confirmed", closed=False), was_off=True), Locking.WAS_OFF),
        (PointFacts(True, DONE, NO, word("confirmed", closed=False, why="credit-spent")), Locking.RECEIVED),
        (PointFacts(True, DONE, NO, word("unknown", why="silent")), Locking.SILENT),
        (PointFacts(True, DONE, NO, word("held", why="no-relay")), Locking.NO_RELAY),
        (PointFacts(True, DONE, NO, word("contradicted", why="no-effect")), Locking.NOT_OPENED),
        (PointFacts(True, Asked(True, "refused"), NO, None), Locking.REFUSED),
        (PointFacts(True, Asked(True, "expired"), NO, None), Locking.TOO_LATE),
        (PointFacts(True, Asked(True, "", True), NO, None), Locking.TOO_LATE),
        (PointFacts(True, Asked(True, "", True), NO, word("confirmed", closed=False)), Locking.LOCKED),
        (PointFacts(True, Asked(True, "applied", True), NO, None), Locking.RECEIVED),
        (PointFacts(True, SENT, NO, word("confirmed", closed=False, why="locked out by technician")), Locking.LOCKED),
        (PointFacts(True, SENT, NO, word("confirmed", closed=False, why="locked out by closing")), Locking.ASKED),
    ],
)  # fmt: skip
def test_a_lock_is_what_was_read_back_whoever_set_it(facts, locking):
    assert locking_of(facts) is locking


@pytest.mark.parametrize(
    ("release", "relay", "back"),
    [
        (SENT, word("confirmed", closed=False), Return.STILL_LOCKED),
        (SENT, word("confirmed", closed=True, why="credit-left"), Return.STILL_LOCKED),
        (DONE, word("confirmed", closed=False), Return.STILL_LOCKED),
        (DONE, word("confirmed", closed=False, why="locked out by central, technician"), Return.LOCKED_ON_SITE),
        (DONE, word("unknown", why="commanded"), Return.UNDER_WAY),
        (DONE, word("confirmed", closed=True, why="credit-left"), Return.CLOSED),
        (DONE, word("confirmed", closed=False, why="lights-out", wanted=False), Return.OPEN_BY_RULE),
        (DONE, word("confirmed", closed=False, why="locked out by closing", wanted=False), Return.OPEN_BY_RULE),
        (DONE, word("unknown", why="silent"), Return.UNKNOWN),
        (DONE, word("held", why="no-relay"), Return.NOT_SWITCHED),
    ],
)  # fmt: skip
def test_a_supply_is_back_when_it_is_read_back(release, relay, back):
    assert return_of(PointFacts(True, DONE, release, relay)) is back


@given(
    st.sampled_from(["confirmed", "unknown", "held", "contradicted", "delayed"]),
    st.sampled_from([None, True, False]),
)
def test_nothing_is_back_while_a_lock_stands(verdict, closed):
    for relay in (word(verdict, closed=closed), word(verdict, closed=closed, why="locked out by technician")):
        assert return_of(PointFacts(True, DONE, SENT, relay)) not in BACK
