"""The rules of commissioning without a line: what fits a scanned number, a known load, two readings; what the acts fold into."""

from datetime import datetime

import pytest

from gateway.protocols.driver import MeterClock
from gateway.technician.commission.acts import (
    AnyAct,
    LineFound,
    MeterFound,
    RelayMoved,
    RelayRestored,
    Renumbered,
    Ticked,
    Tied,
    Undone,
)
from gateway.technician.commission.case_numbers import Numbers, meters_with
from gateway.technician.commission.known_load import Samples, find_step, narrowed
from gateway.technician.commission.room_list import read_rooms
from gateway.technician.commission.standing import stands, undo_of
from gateway.technician.commission.ticks import (
    CHECKS,
    SENTENCES,
    Level,
    judge_clock,
    judge_identity,
    judge_readings,
)

METERS = [
    Numbers("202411110001", "202411110001", "202411110001"),
    Numbers("202411110002", "202411110002", "202411110002"),
    Numbers("000000120002", "", "120002"),
    Numbers("a-7", "", "7"),
]


@pytest.mark.parametrize(
    ("scanned", "fits"),
    [
        ("202411110001", ["202411110001"]),
        (" 2024-1111 0001\r", ["202411110001"]),
        ("120002", ["000000120002"]),
        ("NO.0000000120002", ["000000120002"]),
        ("1330001202411110002000", ["202411110002"]),
        ("0002", ["202411110002", "000000120002"]),
        ("110002", ["202411110002"]),
        ("7", ["a-7"]),
        ("002", []),
        ("202411110003", []),
        ("表", []),
    ],
)
def test_a_scanned_number_finds_its_meters_and_guesses_none(scanned: str, fits: list[str]) -> None:
    assert meters_with(scanned, METERS) == fits


QUIET = ([40, 45, 40], [40, 42, 41], [44, 40, 40])
KETTLE = ([100, 120, 110], [1540, 1560, 1555], [110, 108, 112])


@pytest.mark.parametrize(
    ("others", "meter", "fits"),
    [
        ({}, "101", ("101",)),
        ({"102": ([800, 790, 800], [300, 310, 305], [300, 305, 310])}, "101", ("101",)),
        ({"102": ([50, 50, 50], [1400, 1420, 1410], [1400, 1420, 1400])}, None, ("101",)),
        ({"102": ([10, 10, 10], [1500, 1510, 1505], [10, 12, 11])}, None, ("101", "102")),
        ({"102": ([10, 1900, 10], [2000, 20, 1800], [10, 10, 1900])}, None, ("101",)),
        ({"102": ([], [], [])}, "101", ("101",)),
        ({"102": ([900, 950, 920], [2900, 2950, 2910], [940, 900, 930])}, "101", ("101",)),
    ],
    ids=["alone", "switched-off", "came-on-too", "another-kettle", "restless", "unread", "twice-as-much"],
)
def test_a_known_load_is_found_and_doubt_is_said(
    others: dict[str, tuple[list[int], list[int], list[int]]], meter: str | None, fits: tuple[str, ...]
) -> None:
    phases = {"101": KETTLE, "103": QUIET, **others}
    sighting = find_step({name: Samples(*one) for name, one in phases.items()}, 1500)
    assert (sighting.meter, sighting.fits) == (meter, fits)
    assert sighting.unread == (("102",) if others.get("102") == ([], [], []) else ())


def test_a_second_round_settles_what_one_could_not() -> None:
    both = find_step({"101": Samples(*KETTLE), "102": Samples(*KETTLE)}, 1500)
    one = find_step({"101": Samples(*KETTLE), "102": Samples(*QUIET)}, 1500)
    assert both.meter is None
    assert narrowed(both, one).meter == "101"
    assert narrowed(both, both).meter is None


def test_readings_are_judged_by_what_a_load_can_do() -> None:
    def code(first: int, again: int, between_ms: int, power_w: int | None = None) -> tuple[str, Level]:
        verdict = judge_readings(first, again, between_ms, power_w, 1)
        return verdict.code, verdict.level

    assert code(88_400, 88_410, 3_000) == ("reads", Level.GOOD)
    assert code(88_400, 88_400, 3_000, 1_000) == ("too-soon", Level.GOOD)
    assert code(88_400, 88_400, 3_000, 0) == ("stands", Level.GOOD)
    assert code(88_400, 88_400, 600_000, 1_000) == ("stuck", Level.ASK)
    assert code(88_400, 88_390, 3_000) == ("backwards", Level.BAD)
    assert code(88_400, 90_000, 3_000) == ("implausible", Level.BAD)


def test_numbers_and_clocks_are_compared_honestly() -> None:
    here = datetime(2026, 11, 30, 12, 0, 0)
    assert judge_identity("000123456789", "123456789").level is Level.GOOD
    assert judge_identity("123456780", "123456789").level is Level.BAD
    assert judge_identity("123456780", "").level is Level.ASK
    assert judge_clock(MeterClock(2026, 11, 30, 12, 0, 50), here).level is Level.GOOD
    assert judge_clock(MeterClock(2026, 11, 30, 11, 50, 0), here).facts == {"seconds": "-600"}
    assert judge_clock(MeterClock(2026, 13, 30, 11, 50, 0), here).code == "clock-impossible"
    assert judge_clock(MeterClock(2026, 11, 30, 12, 0, 0), None).level is Level.ASK


WHO = {"at_ms": 1, "by": "li"}
FOUND = [
    LineFound(**WHO, name="a", port="/dev/a", baud=2400, parity="E"),
    MeterFound(**WHO, number="m1", line="a", address="1", model="x"),
    MeterFound(**WHO, number="m2", line="a", address="2", model="x"),
]


def tick(number: str, check: str, level: Level = Level.GOOD) -> Ticked:
    return Ticked(**WHO, number=number, check=check, level=level.value, code=next(iter(SENTENCES)))


def test_acts_fold_and_an_undo_takes_back_what_belongs_together() -> None:
    acts: list[AnyAct] = [
        *FOUND,
        Tied(**WHO, number="m1", room="101", how="scan"),
        *(tick("m1", check) for check in CHECKS),
        RelayMoved(**WHO, number="m2"),
    ]
    standing = stands(acts)
    assert standing.meters["m1"].level is Level.GOOD
    assert [meter.number for meter in standing.opened()] == ["m2"]
    assert standing.open_points() == 1
    undone: list[str] = []
    while places := undo_of(acts):
        undone.append(f"{type(acts[places[-1]]).__name__} {len(places)}")
        acts.append(Undone(**WHO, places=places))
    assert undone == [f"Ticked {len(CHECKS)}", "Tied 1", "MeterFound 2", "LineFound 1"]
    assert not stands(acts).meters
    assert not stands([*FOUND, RelayMoved(**WHO, number="m2"), RelayRestored(**WHO, number="m2")]).opened()


def test_a_bad_tick_outweighs_all_and_a_number_follows_its_meter() -> None:
    acts = [
        *FOUND,
        Renumbered(**WHO, number="m1", to="77"),
        Tied(**WHO, number="77", room="101", how="typed"),
        tick("77", "reading", Level.BAD),
    ]
    meters = stands(acts).meters
    assert list(meters) == ["77", "m2"]
    assert (meters["77"].level, meters["77"].room) == (Level.BAD, "101")
    assert meters["m2"].level is None


def test_a_list_of_rooms_is_read_as_spreadsheets_save_it() -> None:
    text = '房间,保电\r\n101,\r\n"102",是\r\n\r\n101\r\n# note\r\n'
    for content in (text.encode("utf-8-sig"), text.encode("gb18030"), text.replace(",", "\t").encode()):
        found = read_rooms(content)
        assert (found.rooms, found.protected) == (("101", "102"), ("102",))
    assert read_rooms(b"").rooms == ()
