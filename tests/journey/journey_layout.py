"""The campus of the journey: one building, 9600 baud, meters that take 50 ms to answer, rooms that empty a yuan quickly."""

from firmware_tools.campus.layout import Building, Campus, CustomerClass, Line, Room

LOAD = "12kW"
YUAN_PER_KWH = "9.9999"
"""Dear on purpose: one yuan is 100 Wh, half a minute at 12 kW, and no path is shortened."""


def journey_campus(lines: int = 2, rooms_per_line: int = 10) -> Campus:
    """Describe it. All rooms begin unpaid."""
    names = [chr(ord("a") + index) for index in range(lines)]
    rooms = [
        _room(floor, number, line)
        for floor, line in enumerate(names, start=1)
        for number in range(1, rooms_per_line + 1)
    ]
    buildings = (
        Building(
            "7",
            "7号楼",
            "b7",
            tuple(Line(name, 9600, turn_round_ms=(50, 50)) for name in names),
            tuple(rooms),
        ),
    )
    classes = (CustomerClass("dormitory", "学生宿舍", YUAN_PER_KWH),)
    return Campus(buildings, classes, seed="journey", polling={"readings_commit_s": 1})


def _room(floor: int, number: int, line: str) -> Room:
    label = f"{floor}{number:02d}"
    return Room(
        label=label,
        meter=f"M7-{label}",
        line=line,
        address=f"2020070{floor}{number:04d}",
        load=LOAD,
        floor=floor,
        register_kwh=f"{100 * floor + number}.00",
        occupants=(f"住户{label}",),
        trip_limit_a=100,
    )
