"""The relay table: every state that can be has exactly one move, and what proves nothing is never believed (C-15)."""

from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.commands import RelayWish
from gateway.contract.facts import Instant, RelayVerdict
from gateway.domain.relay import (
    MOVES,
    SETTLE_MS,
    STALE_MS,
    Move,
    ObservedStatus,
    Phase,
    RelayState,
    Send,
    Sight,
    commanded,
    move_for,
    observed,
    phase_of,
    sight_of,
    wished,
)

NOW = Instant("b", 10_000_000, 1_700_000_000_000, True)


def at(ms: int) -> Instant:
    return Instant("b", NOW.monotonic_ms + ms, NOW.wall_ms + ms, True)


def wanting(closed: bool) -> RelayState:
    return RelayState("m", credit_closed=closed, credit_why="test")


def test_the_table_has_a_row_for_every_sight() -> None:
    assert set(MOVES) == {True, False}
    assert all(set(rows) == set(Sight) for rows in MOVES.values())


def test_permitted_has_no_meaning_for_a_contact_that_should_be_open() -> None:
    assert Phase.PERMITTED not in MOVES[False][Sight.FLOWING]


@pytest.mark.parametrize(("desired", "phase"), list(product((True, False), Phase)))
def test_the_unknown_is_read_before_anything_is_sent(desired: bool, phase: Phase) -> None:
    assert MOVES[desired][Sight.UNKNOWN][phase] is Move.READ_BACK


def test_nothing_is_confirmed_but_by_the_right_sight() -> None:
    confirming = {
        (desired, sight)
        for desired, rows in MOVES.items()
        for sight, row in rows.items()
        if Move.CONFIRM in row.values()
    }
    assert confirming == {(False, Sight.OPEN), (True, Sight.CLOSED)}


@pytest.mark.parametrize(
    ("status", "sight"),
    [
        (ObservedStatus(False, 0), Sight.OPEN),
        (ObservedStatus(False, 100), Sight.OPEN),
        (ObservedStatus(False, 101), Sight.FLOWING),
        (ObservedStatus(False, None), Sight.UNKNOWN),
        (ObservedStatus(True, 0), Sight.CLOSED),
        (ObservedStatus(True, None), Sight.CLOSED),
        (ObservedStatus(True, 40_000, commanded_closed=False), Sight.TRIP_PENDING),
    ],
)
def test_what_is_seen(status: ObservedStatus, sight: Sight) -> None:
    assert sight_of(observed(wanting(False), status, NOW), NOW) is sight


def test_an_open_status_word_is_enough_to_command_a_closing() -> None:
    assert sight_of(observed(wanting(True), ObservedStatus(False, None), NOW), NOW) is Sight.OPEN


def test_an_old_sight_or_one_before_the_command_or_of_another_boot_is_unknown() -> None:
    seen = observed(wanting(False), ObservedStatus(True, 0), NOW)
    assert sight_of(seen, at(STALE_MS + 1)) is Sight.UNKNOWN
    assert sight_of(commanded(seen, Send(close=False), at(5)), at(6)) is Sight.UNKNOWN
    assert sight_of(seen, Instant("other", NOW.monotonic_ms, NOW.wall_ms, True)) is Sight.UNKNOWN


def test_a_command_is_sent_then_overdue_and_a_new_wish_begins_anew() -> None:
    state = commanded(wanting(False), Send(close=False), NOW)
    assert phase_of(state, at(SETTLE_MS)) is Phase.SENT
    assert phase_of(state, at(SETTLE_MS + 1)) is Phase.OVERDUE
    there = wished(state, msgspec.structs.replace(state, credit_closed=True))
    back = wished(there, msgspec.structs.replace(there, credit_closed=False))
    assert phase_of(back, at(SETTLE_MS + 1)) is Phase.IDLE


def test_lock_out_beats_override_beats_credit() -> None:
    state = RelayState("m", credit_closed=True)
    assert state.desired_closed is True
    state = msgspec.structs.replace(state, override=RelayWish.OPEN, override_why="x")
    assert state.desired_closed is False
    state = msgspec.structs.replace(state, override=RelayWish.CLOSE, locks=("technician",))
    assert (state.desired_closed, state.desired_why) == (False, "locked out by technician")


def test_a_relay_that_nobody_wants_anything_of_is_refused() -> None:
    with pytest.raises(KeyError):
        move_for(RelayState("m"), NOW)


statuses = st.builds(
    ObservedStatus,
    closed=st.booleans(),
    current_ma=st.none() | st.integers(0, 50_000),
    commanded_closed=st.none() | st.booleans(),
)


@given(
    desired=st.booleans(),
    before=st.none() | statuses,
    sent=st.none() | st.builds(Send, close=st.booleans(), permit=st.just(False)),
    permit=st.booleans(),
    refused=st.sampled_from(["", "keep-power"]),
    after=st.none() | statuses,
    wait_ms=st.integers(0, 2_000_000),
)
def test_every_reachable_state_has_a_move(desired, before, sent, permit, refused, after, wait_ms) -> None:
    state = wanting(desired)
    if before is not None:
        state = observed(state, before, NOW)
    if sent is not None:
        state = commanded(state, Send(sent.close, permit=permit and sent.close), at(10))
        state = msgspec.structs.replace(state, refused=refused)
    if after is not None:
        state = observed(state, after, at(20))
    move = move_for(state, at(20 + wait_ms))
    if move is Move.CONFIRM:
        assert sight_of(state, at(20 + wait_ms)) in (Sight.OPEN, Sight.CLOSED)
    assert state.verdict is RelayVerdict.UNKNOWN
