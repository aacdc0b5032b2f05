"""The workbook that central imports: classes, their prices, and rooms with meters and people (docs/campus-import.md)."""

from pathlib import Path

from openpyxl import Workbook  # type: ignore[import-untyped]  # it publishes no types

from firmware_tools.campus.layout import Building, Campus, Room

PRICES_FROM = "2020-01-01"

Sheet = list[dict[str, str]]


def campus_sheets(campus: Campus) -> dict[str, Sheet]:
    """Give the sheets by name, in the order of the workbook."""
    return {
        "classes": [
            {
                "class": found.code,
                "name": found.name,
                "group": found.group,
                "unit": found.unit,
                "warn_at": found.warn_at,
            }
            for found in campus.classes
        ],
        "prices": [
            {"class": found.code, "price": found.yuan_per_kwh, "from": PRICES_FROM}
            for found in campus.classes
        ],
        "rooms": [_room(building, room) for building, room in campus.rooms()],
    }


def write_workbook(sheets: dict[str, Sheet], path: Path) -> None:
    """Write the sheets as one workbook."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)


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
