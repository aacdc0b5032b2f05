"""What each event leaves behind of a relay's state, and what its state means at an instant (C-15, C-16)."""

from typing import Any

import msgspec
import pytest

from gateway.contract.commands import RelayWish
from gateway.contract.facts import Instant, RelayVerdict
from gateway.domain.instants import later
from gateway.domain.relay import (
    MOVES,
    Move,
    ObservedStatus,
    Phase,
    RelayState,
    Send,
    Sight,
    accepted,
    commanded,
    heard,
    is_outdated,
    is_resting,
    looks_in_turn,
    move_for,
    observed,
    phase_of,
    rested,
    sight_of,
    wished,
)
from gateway.domain.relay_rests import retry_rest_ms, silent_rest_ms

NOW = Instant("b", 10_000_000, 1_700_000_000_000, True)


def at(ms: int) -> Instant:
    return later(NOW, ms)


def wanting(closed: bool, **more: Any) -> RelayState:
    return RelayState("m", credit_closed=closed, credit_why="credit", **more)


TABLE = """
wanted open    idle       opposed     sent        overdue       permitted     refused
unknown        read-back  read-back   read-back   read-back     read-back     read-back
open           confirm    look-again  confirm     confirm       confirm       confirm
closed         send       send        look-again  contradicted  wait-for-key  refused
trip-pending   delayed    delayed     delayed     delayed       delayed       delayed
keyed          send       send        look-again  contradicted  wait-for-key  refused
flowing        send       send        look-again  contradicted  -             contradicted
wanted closed  idle       opposed     sent        overdue       permitted     refused
unknown        read-back  read-back   read-back   read-back     read-back     read-back
open           send       send        look-again  contradicted  wait-for-key  refused
closed         confirm    look-again  confirm     confirm       confirm       confirm
trip-pending   send       send        look-again  contradicted  wait-for-key  refused
keyed          send       send        look-again  contradicted  wait-for-key  refused
flowing        send       send        look-again  contradicted  wait-for-key  refused
"""


def test_the_table_of_moves() -> None:
    """C-15: what is seen, where the last command is, what is done."""
    said, closed = {}, False
    for line in TABLE.strip().splitlines():
        if line.startswith("wanted"):
            _, wanted, *phases = line.split()
            closed = wanted == "closed"
            continue
        sight, *moves = line.split()
        for phase, move in zip(phases, moves, strict=True):
            if move != "-":
                said[closed, sight, phase] = move
    assert said == {
        (closed, str(sight), str(phase)): str(move)
        for closed, rows in MOVES.items()
        for sight, row in rows.items()
        for phase, move in row.items()
    }


@pytest.mark.parametrize(
    ("state", "closed", "why"),
    [
        (wanting(True), True, "credit"),
        (wanting(False), False, "credit"),
        (wanting(True, trip="power-cap"), False, "power-cap"),
        (wanting(True, dark=True), False, "lights-out"),
        (wanting(True, trip="power-cap", dark=True), False, "power-cap"),
        (wanting(False, trip="power-cap", override=RelayWish.CLOSE, override_why="desk"), True, "desk"),
        (wanting(True, override=RelayWish.OPEN, override_why="desk"), False, "desk"),
        (wanting(True, locks=("desk", "technician")), False, "locked out by desk, technician"),
    ],
)
def test_who_decides_also_says_why(state: RelayState, closed: bool, why: str) -> None:
    assert (state.desired_closed, state.desired_why) == (closed, why)


@pytest.mark.parametrize(
    ("state", "status", "sight"),
    [
        (wanting(False, permit=True), ObservedStatus(False, 0), Sight.KEYED),
        (wanting(True, permit=True), ObservedStatus(False, 0), Sight.OPEN),
        (wanting(False), ObservedStatus(True, 20_000, False), Sight.CLOSED),
        (wanting(False), ObservedStatus(True, 20_001, False), Sight.TRIP_PENDING),
        (wanting(False), ObservedStatus(True, None, False), Sight.TRIP_PENDING),
        (wanting(False), ObservedStatus(True, 50_000, True), Sight.CLOSED),
    ],
)
def test_what_a_read_back_shows(state: RelayState, status: ObservedStatus, sight: Sight) -> None:
    seen = observed(state, status, NOW)
    assert sight_of(seen, NOW) is sight
    assert sight_of(seen, at(900_000)) is sight
    assert seen.observed_at == NOW
    assert (seen.observed_closed, seen.observed_current_ma) == (status.closed, status.current_ma)


def test_the_status_word_is_kept_as_it_was_read() -> None:
    assert observed(wanting(True), ObservedStatus(True, status_word=0x10), NOW).observed_status_word == 0x10


def test_a_sight_ends_with_a_later_command_and_with_the_end_of_a_rest() -> None:
    seen = observed(wanting(False), ObservedStatus(True, 0), NOW)
    assert sight_of(commanded(seen, Send(close=False), NOW), at(1)) is Sight.CLOSED
    assert sight_of(commanded(seen, Send(close=False), at(5)), at(5)) is Sight.UNKNOWN
    resting = rested(seen, RelayVerdict.CONTRADICTED, "no-effect", NOW, 2_000)
    assert sight_of(resting, at(1_999)) is Sight.CLOSED
    assert sight_of(resting, at(2_000)) is Sight.UNKNOWN


@pytest.mark.parametrize(
    ("desired", "send", "ms", "phase"),
    [
        (True, Send(close=False), 2_000, Phase.OPPOSED),
        (True, Send(close=False), 2_001, Phase.IDLE),
        (True, Send(close=True, permit=True), 2_000, Phase.SENT),
        (True, Send(close=True, permit=True), 2_001, Phase.PERMITTED),
        (True, Send(close=True), 2_001, Phase.OVERDUE),
        (False, Send(close=False, permit=True), 2_001, Phase.OVERDUE),
    ],
)
def test_where_a_command_is(desired: bool, send: Send, ms: int, phase: Phase) -> None:
    assert phase_of(commanded(wanting(desired), send, NOW), at(ms)) is phase


def test_the_move_is_the_tables() -> None:
    assert move_for(wanting(True), NOW) is Move.READ_BACK
    assert move_for(observed(wanting(True), ObservedStatus(True), NOW), NOW) is Move.CONFIRM
    with pytest.raises(KeyError, match="nobody wants"):
        move_for(RelayState("m"), NOW)


@pytest.mark.parametrize(
    ("state", "began", "outdated"),
    [
        (RelayState("m"), NOW, False),
        (RelayState("m", commanded_at=at(5)), at(4), True),
        (RelayState("m", commanded_at=at(5)), at(5), False),
        (RelayState("m", commanded_at=at(5)), at(6), False),
        (RelayState("m", observed_at=at(5)), at(4), True),
        (RelayState("m", observed_at=at(5), commanded_at=at(1)), at(4), True),
        (RelayState("m", commanded_at=Instant("other", 99_000_000, 0, False)), NOW, False),
    ],
)
def test_a_read_back_that_began_before_a_command_or_a_later_look_is_old(
    state: RelayState, began: Instant, outdated: bool
) -> None:
    assert is_outdated(state, began) is outdated


def busy(closed: bool, **more: Any) -> RelayState:
    """A state with something in everything that a new wish or a command ends."""
    worn = {"tries": 3, "refused": "keep-power", "rest_until": at(9), "silences": 4, "why": "before"}
    return wanting(closed, **{"verdict": RelayVerdict.CONFIRMED} | worn | more)


def test_another_wish_begins_anew() -> None:
    before = busy(False)
    after = wished(before, msgspec.structs.replace(before, credit_closed=True))
    assert after == wanting(True, why="credit")


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (busy(False), "lights-out"),
        (busy(False, verdict=RelayVerdict.CONTRADICTED), "before"),
        (busy(True, locks=("desk",)), "locked out by desk"),
    ],
)
def test_a_proved_cut_that_stays_says_its_new_reason(before: RelayState, why: str) -> None:
    changed = msgspec.structs.replace(before, dark=True)
    assert wished(before, changed) == msgspec.structs.replace(changed, why=why)


def test_a_supply_that_stays_keeps_its_story() -> None:
    before = busy(True)
    changed = msgspec.structs.replace(before, credit_why="monthly")
    assert wished(before, changed) == changed


@pytest.mark.parametrize(
    ("permit", "send", "permitted"),
    [
        (False, Send(close=True, permit=True), True),
        (False, Send(close=True), False),
        (True, Send(close=True), False),
        (True, Send(close=False), True),
        (False, Send(close=False), False),
    ],
)
def test_a_command_is_counted_and_a_permit_lasts_until_the_meter_took_another_command(
    permit: bool, send: Send, permitted: bool
) -> None:
    after = commanded(busy(False, permit=permit), send, NOW)
    assert after == wanting(
        False,
        permit=permitted,
        tries=4,
        silences=4,
        why="commanded",
        commanded_closed=send.close,
        commanded_at=NOW,
    )


@pytest.mark.parametrize(
    ("permit", "closed", "left"),
    [(True, False, False), (True, True, True), (False, True, False), (True, None, False)],
)
def test_only_an_accepted_opening_withdraws_the_permit(permit: bool, closed: bool | None, left: bool) -> None:
    assert accepted(wanting(False, permit=permit, commanded_closed=closed)).permit is left


def test_a_rest_is_begun_once_and_ends_by_itself() -> None:
    state = rested(wanting(False), RelayVerdict.CONTRADICTED, "no-effect", NOW, 2_000)
    assert (state.verdict, state.why, state.rest_until) == (RelayVerdict.CONTRADICTED, "no-effect", at(2_000))
    assert not is_resting(wanting(False), NOW)
    assert is_resting(state, at(1_999))
    assert not is_resting(state, at(2_000))
    assert rested(state, RelayVerdict.UNKNOWN, "silent", at(1_999), 9_000).rest_until == at(2_000)
    assert rested(state, RelayVerdict.UNKNOWN, "silent", at(2_000), 9_000).rest_until == at(11_000)


@pytest.mark.parametrize(
    ("tries", "rest_s"), [(0, 2), (1, 2), (2, 10), (3, 60), (4, 300), (5, 900), (99, 900)]
)
def test_retries_grow_rare_and_never_end(tries: int, rest_s: int) -> None:
    assert retry_rest_ms(tries) == rest_s * 1_000


@pytest.mark.parametrize(
    ("silences", "rest_s"), [(0, 10), (1, 10), (2, 20), (3, 40), (5, 160), (6, 300), (9_999, 300)]
)
def test_the_rest_after_silence_grows(silences: int, rest_s: int) -> None:
    assert silent_rest_ms(silences) == rest_s * 1000


@pytest.mark.parametrize(
    ("state", "meter_is_silent", "in_turn"),
    [
        (wanting(True, verdict=RelayVerdict.CONFIRMED), False, True),
        (wanting(True), False, False),
        (wanting(True), True, True),
        (wanting(True, silences=1), False, True),
        (wanting(True, silences=1, commanded_closed=True, commanded_at=at(-9_000), tries=1), True, False),
        (wanting(True, silences=1, commanded_closed=False, commanded_at=at(-1_000), tries=1), True, False),
        (
            wanting(
                True, silences=1, commanded_closed=True, commanded_at=Instant("old", 0, 0, True), tries=1
            ),
            False,
            True,
        ),
    ],
    ids=["old proof", "new wish", "polls say silent", "silent", "commanded", "opposed", "of another boot"],
)
def test_only_a_look_behind_a_command_or_a_new_wish_goes_before_polls(
    state: RelayState, meter_is_silent: bool, in_turn: bool
) -> None:
    assert looks_in_turn(state, meter_is_silent, NOW) is in_turn


@pytest.mark.parametrize(("rest_s", "left_s"), [(300, 10), (10, 10), (3, 3), (None, None)])
def test_a_meter_heard_again_is_looked_at_soon_and_not_at_each_poll(
    rest_s: int | None, left_s: int | None
) -> None:
    rests = {seconds: None if seconds is None else at(seconds * 1000) for seconds in (rest_s, left_s)}
    after = heard(wanting(True, silences=6, rest_until=rests[rest_s]), NOW)
    assert (after.silences, after.rest_until) == (1, rests[left_s])
    assert heard(after, at(1_000)) == after


def test_an_answer_ends_the_rest_for_silence_and_no_other() -> None:
    seen = ObservedStatus(True, 0)
    silent = observed(wanting(True, silences=3, rest_until=at(40_000)), seen, NOW)
    assert (silent.silences, is_resting(silent, NOW), sight_of(silent, NOW)) == (0, False, Sight.CLOSED)
    assert is_resting(observed(wanting(True, rest_until=at(40_000)), seen, NOW), NOW)
