"""Each room against its own past and its peers: every kind of change is named, and holidays and vacancies are nobody's theft."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.domain.change_of_use import NotJudged, ReasonKind, RoomChange, RoomsHours, judge_changes
from tests.domain.made_up_rooms import MIDNIGHT_MS, SUB_STEP_WH, Array, loads, named, stepped

ROOMS, DAYS, PAST = 20, 42, 21
LATER = slice(PAST * 24, None)
ROOM = 4
HOUR = np.arange(DAYS * 24) % 24


def told(use: Array, **more: object) -> RoomsHours:
    return RoomsHours(MIDNIGHT_MS, named(stepped(use, SUB_STEP_WH)), reference_days=PAST, **more)  # type: ignore[arg-type]


def ranked(rooms: RoomsHours) -> list[RoomChange]:
    return sorted(judge_changes(rooms), key=lambda one: -one.score)


def steal(kind: ReasonKind) -> Array:
    use = loads(ROOMS, DAYS, 3)
    if kind == ReasonKind.LESS:
        use[LATER, ROOM] *= 0.4
    elif kind == ReasonKind.NOTHING:
        use[LATER, ROOM] = 0.0
    elif kind == ReasonKind.NIGHT:
        use[LATER, ROOM] *= np.where((HOUR >= 22) | (HOUR < 6), 0.1, 1.0)[LATER]
    else:
        use[LATER, ROOM] *= np.where((HOUR >= 9) & (HOUR < 15), 0.0, 1.0)[LATER]
    return use


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_each_kind_is_first_and_named(kind: ReasonKind) -> None:
    first, second = ranked(told(steal(kind)))[:2]
    assert first.room == f"r{ROOM:02}"
    assert first.reasons[0].kind == kind
    assert first.score > 2 > 1 > second.score
    assert first.missing_wh_per_day > 0
    assert first.since_day is not None
    assert abs(first.since_day - PAST) <= 2


def test_the_reason_has_numbers_for_a_sentence() -> None:
    use = steal(ReasonKind.LESS)
    reason = ranked(told(use))[0].reasons[0]
    per_day = use[:, ROOM].reshape(DAYS, 24).sum(axis=1)
    assert reason.before == pytest.approx(per_day[:PAST].mean(), rel=0.02)
    assert reason.now == pytest.approx(per_day[PAST:].mean(), rel=0.02)
    assert reason.expected == pytest.approx(reason.before, rel=0.1)
    assert reason.z < -4
    blocks = ranked(told(steal(ReasonKind.BLOCKS)))[0].reasons[0]
    assert (blocks.before, blocks.now) == (0, 360)


def test_a_holiday_of_all_is_nobodys_change() -> None:
    use = loads(ROOMS, DAYS, 3)
    use[LATER] *= 0.3
    assert all(one.score < 1 for one in judge_changes(told(use)))
    use[LATER, ROOM] *= 0.4
    assert ranked(told(use))[0].room == f"r{ROOM:02}"


def test_an_empty_house_is_no_house_full_of_silent_meters() -> None:
    use = loads(ROOMS, DAYS, 3)
    use[LATER] *= 0.02
    found = judge_changes(told(use))
    assert not [one for one in found if ReasonKind.NOTHING in [reason.kind for reason in one.reasons]]


def test_a_room_that_uses_more_or_moved_out_is_not_accused() -> None:
    use = loads(ROOMS, DAYS, 3)
    use[LATER, 1] *= 2.5
    use[30 * 24 :, 2] = 0.0
    use[:, 5] = 0.0
    found = {
        one.room: one for one in judge_changes(told(use, empty_days={"r02": frozenset(range(30, DAYS))}))
    }
    assert found["r01"].score < 0
    assert found["r01"].missing_wh_per_day == 0
    assert found["r02"].score < 1
    assert found["r05"].not_judged == NotJudged.NO_USE_BEFORE
    assert judge_changes(told(use))[2].score > found["r02"].score
    gone = told(use, empty_days={"r02": frozenset(range(PAST, DAYS)), "r03": frozenset(range(DAYS))})
    assert [judge_changes(gone)[room].not_judged for room in (2, 3)] == [NotJudged.EMPTY] * 2


def test_too_little_is_said() -> None:
    use = loads(ROOMS, DAYS, 3)
    rooms = told(use)
    rows: dict[str, list[int | None]] = {room: list(row) for room, row in rooms.rooms_wh.items()}
    rows["r01"] = [None] * len(rows["r01"])
    found = judge_changes(RoomsHours(MIDNIGHT_MS, rows, reference_days=PAST))
    assert found[1].not_judged == NotJudged.TOO_LITTLE_DATA
    assert [one.not_judged for one in found].count(None) == ROOMS - 1
    few = judge_changes(RoomsHours(MIDNIGHT_MS, dict(list(rows.items())[2:6]), reference_days=PAST))
    assert {one.not_judged for one in few} == {NotJudged.NO_PEERS}
    short = judge_changes(
        RoomsHours(MIDNIGHT_MS, {room: row[:100] for room, row in rows.items()}, reference_days=PAST)
    )
    assert {one.not_judged for one in short} == {NotJudged.TOO_LITTLE_DATA}
    assert judge_changes(RoomsHours(MIDNIGHT_MS, {})) == ()


def test_missing_hours_are_no_zeros() -> None:
    rooms = told(loads(ROOMS, DAYS, 3))
    rows: dict[str, list[int | None]] = {room: list(row) for room, row in rooms.rooms_wh.items()}
    rows["r04"] = [
        None if at >= PAST * 24 and at % 24 in (3, 4, 5, 6) else value for at, value in enumerate(rows["r04"])
    ]
    found = judge_changes(RoomsHours(MIDNIGHT_MS, rows, reference_days=PAST))[4]
    assert found.not_judged is None
    assert found.score < 1


WH = st.one_of(st.none(), st.just(0), st.integers(-5, 3_000))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 12), st.integers(0, 40), st.lists(WH, min_size=5, max_size=5))
def test_no_rubbish_makes_it_fall_over(rooms: int, days: int, values: list[int | None]) -> None:
    rows = {f"r{room}": [values[(at * (room + 1)) % 5] for at in range(days * 24)] for room in range(rooms)}
    found = judge_changes(
        RoomsHours(MIDNIGHT_MS, rows, reference_days=PAST, empty_days={"r1": frozenset({0, 99})})
    )
    assert [one.room for one in found] == list(rows)
    assert all(np.isfinite(one.score) for one in found)
