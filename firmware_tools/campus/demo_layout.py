"""The demo's campus: two dormitories and a street of shops, every everyday case in view and every ugly one once.

Loads follow what real prepaid dormitories use: 3 to 7 kWh a day, a fifth of the days empty, an evening peak.
"""

import random
from dataclasses import replace

from firmware_tools.campus.layout import (
    DDS238,
    DLT645_3P,
    SDM120,
    Building,
    Campus,
    CustomerClass,
    Line,
    Room,
)

CLASSES = (
    CustomerClass("dormitory", "学生宿舍", "0.5583", warn_at="10;5"),
    CustomerClass("staff", "教工住户", "0.5583", unit="kwh", group="staff", warn_at="20;10"),
    CustomerClass("merchant", "商户", "0.8366", group="merchant", warn_at="50"),
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = ("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "杰", "娟", "涛", "明", "超", "霞", "平")


def demo_campus() -> Campus:
    """Describe the campus. The same rooms and people each time."""
    buildings = (_first_dormitory(), _second_dormitory(), _shops())
    return Campus(buildings, CLASSES, seed="demo", polling={"readings_commit_s": 5})  # somebody looks on


def _first_dormitory() -> Building:
    """Ten rooms on two lines; the odd ones: 103 protected and unpaid, 105 about to run out, 107 welded, 109 dead."""
    rooms = {label: _room("1", str(label), "a" if label <= 105 else "b", label) for label in range(101, 111)}
    rooms[103] = replace(rooms[103], protected=True, load="350W", pays_yuan=())
    rooms[105] = replace(rooms[105], load="1.8kW", pays_yuan=("1.00",))
    rooms[107] = replace(rooms[107], relay_fault="welded", load="900W", pays_yuan=())
    rooms[109] = replace(rooms[109], dead=True)
    return Building("1", "1号学生宿舍", "b1", (Line("a", 2400), Line("b", 9600)), tuple(rooms.values()))


def _second_dormitory() -> Building:
    """DL/T 645 on one line, Modbus on the other: a meter with a relay of its own, one without, and the building's master.

    Behind the master hang the rooms, 150 W of corridor lamps that the groups know of, and 200 W that nobody told: a tap.
    """
    rooms = {label: _room("2", str(label), "a", label) for label in range(201, 209)}
    rooms[204] = replace(rooms[204], customer_class="staff", pays_yuan=("60.00",), load="dormitory:6")
    rooms[207] = replace(rooms[207], kind=DDS238, line="m", address="7")
    rooms[208] = replace(rooms[208], kind=SDM120, line="m", address="8", cut_off="none")
    master = replace(
        _room("2", "MAIN", "a", 299),
        kind=DLT645_3P,
        load="350W",
        behind=tuple(room.meter for room in rooms.values()),
        lost_ppm=15_000,
        own_use_w=150,
        cut_off="none",
        billing="monthly",
        occupants=(),
        pays_yuan=(),
    )
    return Building(
        "2", "2号学生宿舍", "b2", (Line("a", 9600), Line("m", 9600, "N")), (*rooms.values(), master)
    )


def _shops() -> Building:
    """Shops with a merchant's tariff, and staff households that count in kWh."""
    shops = [
        replace(
            _room("3", f"S{number}", "a", 300 + number),
            customer_class="merchant",
            load=f"dormitory:{9 + 3 * number}",
            pays_yuan=("200.00",),
        )
        for number in range(1, 5)
    ]
    homes = [
        replace(
            _room("3", f"H{number}", "a", 310 + number),
            customer_class="staff",
            load="dormitory:7",
            pays_yuan=("50.00",),
        )
        for number in range(1, 5)
    ]
    return Building("3", "商业街与教工楼", "b3", (Line("a", 9600),), (*shops, *homes))


def _room(building: str, label: str, line: str, number: int) -> Room:
    """An everyday room whose people, use and register follow from its label."""
    dice = random.Random(f"{building}-{label}")  # noqa: S311 - a simulation wants a repeatable sequence
    return Room(
        label=label,
        meter=f"M{building}-{label}",
        line=line,
        address=f"2020{number:08d}",
        load=f"dormitory:{dice.uniform(3, 7):.1f}",
        floor=number // 100 if label.isdigit() else 1,
        register_kwh=f"{dice.randrange(10_000, 900_000) / 100:.2f}",
        occupants=tuple(_person(dice) for _ in range(dice.randrange(1, 5))),
        pays_yuan=(f"{dice.randrange(10, 60)}.00",),
    )


def _person(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + "".join(dice.choice(GIVEN) for _ in range(dice.randrange(1, 3)))
