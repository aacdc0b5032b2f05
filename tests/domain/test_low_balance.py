"""Who is low, in which order rooms are told, and that a room is told once for each fall."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.low_balance import (
    DAY_MS,
    LEAST_BETWEEN_MS,
    Limits,
    LowRoom,
    Told,
    crossing,
    group_of,
    in_order,
    is_low,
    is_old,
)

TEN = Limits(micro_yuan=10_000_000, energy_wh=10_000)
HOUR_MS = DAY_MS // 24


@pytest.mark.parametrize(
    ("amounts", "low"),
    [
        ([(9_999_999, "yuan")], True),
        ([(10_000_000, "yuan")], False),
        ([(-1, "yuan")], True),
        ([(9_999, "kwh")], True),
        ([(10_000, "kwh")], False),
        ([(0, "yuan"), (10_000, "kwh")], False),
        ([(0, "yuan"), (9_999, "kwh")], True),
        ([(50_000_000, "yuan"), (0, "kwh")], False),
        ([], False),
    ],
)
def test_low_is_below_the_limit_in_every_unit(amounts: list[tuple[int, str]], low: bool) -> None:
    assert is_low(amounts, TEN) is low


def test_rooms_stand_as_people_look_for_them() -> None:
    places = ((10, "1001"), (2, "B2"), (1, "102"), (1, "99"), (2, "A10"), (2, "A9"))
    rooms = [LowRoom(label, floor, (), 0) for floor, label in places]
    assert [room.label for room in in_order(rooms)] == ["99", "102", "A9", "A10", "B2", "1001"]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_labels_can_be_put_in_order(labels: list[str]) -> None:
    rooms = [LowRoom(label, 1, (), 0) for label in labels]
    assert sorted(room.label for room in in_order(rooms)) == sorted(labels)


@pytest.mark.parametrize(
    ("code", "group"),
    [("1", "building-1"), ("A座", "building-a"), ("East_2", "building-east-2"), ("x" * 60, "building-" + "x" * 31)],
)  # fmt: skip
def test_a_buildings_group_is_a_code_that_a_channel_may_have(code: str, group: str) -> None:
    assert group_of(code) == group


def test_a_figure_is_old_half_an_hour_after_its_meter_was_heard() -> None:
    now_ms = 100 * HOUR_MS
    assert [is_old(heard, now_ms) for heard in (None, now_ms - 1_800_001, now_ms - 1_800_000, now_ms)] == [
        True,
        True,
        False,
        False,
    ]


def told_of(below: list[bool], again_days: int, step_ms: int = 6 * HOUR_MS) -> list[int]:
    """Look at a room every six hours, as the caller does; give at which looks it was told."""
    state, told = Told(False, None), []
    for place, is_below in enumerate(below):
        now_ms = place * step_ms
        tells = crossing(state, is_below=is_below, again_days=again_days, now_ms=now_ms)
        if tells:
            told.append(place)
        state = Told(is_below and (tells or state.is_below), now_ms if tells else state.told_ms)
    return told


@pytest.mark.parametrize(
    ("below", "again_days", "told"),
    [
        ("....", 3, []),
        ("..xxxx", 0, [2]),
        ("x" * 30, 0, [0]),
        ("x" * 30, 3, [0, 12, 24]),
        ("x....x", 0, [0, 5]),
        ("x.x.x.xxx", 0, [0, 4, 8]),
        ("x.xxxx", 0, [0, 4]),
    ],
)
def test_a_room_is_told_once_for_each_fall(below: str, again_days: int, told: list[int]) -> None:
    """Six hours between two looks: within a day of the last mail there is none, but the fall is not forgotten."""
    assert told_of([letter == "x" for letter in below], again_days) == told


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_nobody_is_told_while_above_nor_twice_a_day(below: list[bool], again_days: int) -> None:
    told = told_of(below, again_days)
    assert all(below[place] for place in told)
    assert all((b - a) * 6 * HOUR_MS >= LEAST_BETWEEN_MS for a, b in pairwise(told))
    assert bool(told) == any(below)
