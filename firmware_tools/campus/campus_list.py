"""The lists that central imports: classes, their prices, and rooms with meters and people (docs/campus-import.md)."""

from firmware_tools.campus.files import csv_text
from firmware_tools.campus.layout import Building, Campus, Room

PRICES_FROM = "2020-01-01"


def campus_lists(campus: Campus) -> dict[str, str]:
    """Give each list's CSV by its name, in the order in which they must be imported."""
    return {
        "classes": csv_text(
            [
                {
                    "class": found.code,
                    "name": found.name,
                    "group": found.group,
                    "unit": found.unit,
                    "warn_at": found.warn_at,
                }
                for found in campus.classes
            ]
        ),
        "prices": csv_text(
            [
                {"class": found.code, "price": found.yuan_per_kwh, "from": PRICES_FROM}
                for found in campus.classes
            ]
        ),
        "rooms": csv_text([_room(building, room) for building, room in campus.rooms()]),
    }


def _room(building: Building, room: Room) -> dict[str, str]:
    return {
        "building": building.code,
        "building_name": building.name,
        "floor": str(room.floor),
        "room": room.label,
        "class": room.customer_class,
        "meter": room.meter,
        "cut_off": room.cut_off,
        "billing": room.billing,
        "protected": "yes" if room.protected else "no",
        "max_power_w": str(room.max_power_w),
        "occupants": ";".join(room.occupants),
    }
