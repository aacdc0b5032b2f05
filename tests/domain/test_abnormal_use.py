"""The monthly list: both signs together rank better than each, and a room without a master is judged by its change alone."""

from dataclasses import replace

import numpy as np
import pytest

from central.domain.abnormal_use import Abnormal, abnormal_rooms
from central.domain.attribution import Attribution, Verdict, attribute
from central.domain.change_of_use import RoomChange, RoomsHours, judge_changes
from central.domain.group_hours import GroupHours
from central.domain.usual_loss import learn
from tests.domain.made_up_rooms import MIDNIGHT_MS, Array, group, loads

ROOMS, DAYS, PAST = 16, 42, 21
THIEF, MOVED, SOBER = 3, 8, 11


@pytest.fixture(scope="module")
def shown() -> tuple[Array, GroupHours]:
    """One steals three fifths, one moved out, one has learnt to save a third: only the first leaves a loss behind."""
    true = loads(ROOMS, DAYS, 4)
    later = slice(PAST * 24, None)
    true[later, MOVED] *= 0.02
    true[later, SOBER] *= 0.65
    showing = true.copy()
    showing[later, THIEF] *= 0.4
    return showing, group(true, showing)


def cut(hours: GroupHours, from_day: int, to_day: int) -> GroupHours:
    part = slice(24 * from_day, 24 * to_day)
    subs = {room: row[part] for room, row in hours.subs_wh.items()}
    return replace(
        hours, from_ms=MIDNIGHT_MS + from_day * 86_400_000, master_wh=hours.master_wh[part], subs_wh=subs
    )


def changes(hours: GroupHours, empty: dict[str, frozenset[int]] | None = None) -> tuple[RoomChange, ...]:
    return judge_changes(RoomsHours(MIDNIGHT_MS, hours.subs_wh, reference_days=PAST, empty_days=empty or {}))


def by_room(found: tuple[Abnormal, ...]) -> dict[str, Abnormal]:
    return {one.room: one for one in found}


def test_the_thief_is_first_and_sure(shown: tuple[Array, GroupHours]) -> None:
    _, hours = shown
    quiet, now = cut(hours, 0, PAST), cut(hours, PAST, DAYS)
    said = attribute(replace(now, usual=learn(quiet)))
    empty = {f"r{MOVED:02}": frozenset(range(PAST, DAYS))}
    found = abnormal_rooms(changes(hours, empty), [said], [attribute(quiet)])
    assert found[0].room == f"r{THIEF:02}"
    assert found[0].confidence > 0.95
    assert found[0].suspect is not None
    assert found[0].change is not None
    assert [one.room for one in found if one.is_listed] == [f"r{THIEF:02}"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert by_room(found)[f"r{SOBER:02}"].confidence < 0.1


def test_without_a_master_the_change_alone_ranks(shown: tuple[Array, GroupHours]) -> None:
    _, hours = shown
    nothing = attribute(replace(hours, master_wh=()))
    assert nothing.verdict == Verdict.NO_MASTER
    found = abnormal_rooms(changes(hours), [nothing])
    assert found == abnormal_rooms(changes(hours), [])
    assert len(found) == ROOMS
    assert all(one.suspect is None for one in found)
    assert {one.room for one in found[:3]} == {f"r{room:02}" for room in (THIEF, MOVED, SOBER)}


def test_without_a_past_the_loss_alone_ranks(shown: tuple[Array, GroupHours]) -> None:
    _, hours = shown
    said = attribute(cut(hours, PAST, DAYS))
    found = abnormal_rooms([], [said])
    assert found[0].room == f"r{THIEF:02}"
    assert found[0].is_listed
    assert all(one.change is None for one in found)


def test_who_was_followed_all_along_needs_no_change() -> None:
    true = loads(ROOMS, DAYS, 4)
    showing = true.copy()
    showing[:, THIEF] *= 0.4
    hours = group(true, showing)
    found = abnormal_rooms(
        changes(hours), [attribute(cut(hours, PAST, DAYS))], [attribute(cut(hours, 0, PAST))]
    )
    assert found[0].room == f"r{THIEF:02}"
    assert found[0].is_listed


def test_nothing_gives_an_empty_list() -> None:
    assert abnormal_rooms([], []) == ()
    assert (
        abnormal_rooms(
            judge_changes(RoomsHours(MIDNIGHT_MS, {"r1": [1] * 24})), [Attribution(Verdict.NO_SUBS)]
        )
        == ()
    )


def test_honest_rooms_are_not_listed() -> None:
    for seed in range(3):
        true = loads(ROOMS, DAYS, seed)
        hours = group(true, true * (1 + np.random.default_rng(seed).uniform(-0.008, 0.008, ROOMS)))
        found = abnormal_rooms(
            changes(hours), [attribute(cut(hours, PAST, DAYS))], [attribute(cut(hours, 0, PAST))]
        )
        assert not [one for one in found if one.is_listed]
