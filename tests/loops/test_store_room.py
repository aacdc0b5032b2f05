"""How long the card will last: by the pace of the last day, or not at all rather than by a guess."""

import pytest

from gateway.application.outbox import Depth
from gateway.contract.facts import Instant
from gateway.loops.store_room import StoreRoom

HOUR_MS = 3_600_000


def at(hour: float, trusted: bool = True) -> Instant:
    return Instant("boot", int(hour * HOUR_MS), int(hour * HOUR_MS) + 50_000, trusted)


@pytest.mark.parametrize(
    ("looks", "hours_left", "grows_a_day"),
    [
        ([(0, 1_000)], None, None),
        ([(0, 1_000), (0.5, 2_000)], None, None),
        ([(0, 1_000), (1, 2_000)], 1_000, 24_000),
        ([(0, 1_000), (1, 1_000)], None, 0),
        ([(0, 1_000), (1, 500)], None, -12_000),
        ([(0, 0), (24, 24_000), (48, 24_000 + 240_000)], 100, 240_000),
    ],
)
def test_hours_left(looks: list[tuple[float, int]], hours_left: int | None, grows_a_day: int | None) -> None:
    room = StoreRoom(lambda: 1_000_000)
    for hour, stored in looks:
        room.note(stored, Depth(0, None), at(hour))
    assert room.hours_left == hours_left
    assert (room.used_bytes, room.grows_bytes_a_day) == (looks[-1][1], grows_a_day)
    assert room.counters().get("store:hours-left") == hours_left


def test_depth_and_age_are_told_and_the_age_only_on_a_trusted_clock() -> None:
    room = StoreRoom(lambda: 7)
    room.note(5, Depth(12, 50_000), at(2))
    assert room.counters() == {
        "outbox:rows": 12,
        "outbox:oldest-s": 7_200,
        "store:used-bytes": 5,
        "store:free-bytes": 7,
    }
    room.note(5, Depth(12, 50_000), at(3, trusted=False))
    assert "outbox:oldest-s" not in room.counters()
