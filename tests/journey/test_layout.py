"""The demo's campus as data: it must be one that meters, gateway and central all accept."""

from collections import Counter

import pytest

from central.campus.list_file import read_list
from firmware_tools.campus.campus_list import campus_sheets, write_workbook
from firmware_tools.campus.demo_layout import demo_campus
from firmware_tools.campus.files import meters_csv, virtual_meters_toml
from firmware_tools.virtual_meter.campus_file import check_campus, read_campus
from gateway.adapters.model_files import read_models
from gateway.technician.registry import read_sheet

CAMPUS = demo_campus()


def test_meters_and_addresses_are_unique():
    meters = Counter(room.meter for _, room in CAMPUS.rooms())
    places = Counter((building.gateway, room.line, room.address) for building, room in CAMPUS.rooms())
    assert max(meters.values()) == max(places.values()) == 1


def test_every_room_is_on_a_line_of_its_building_and_of_a_known_class():
    for building, room in CAMPUS.rooms():
        assert room.line in {line.name for line in building.lines}
        assert CAMPUS.class_of(room).code == room.customer_class


def test_the_virtual_meters_accept_their_file(tmp_path):
    path = tmp_path / "meters.toml"
    path.write_text(virtual_meters_toml(CAMPUS, sample_s=20))
    spec = read_campus(path)
    check_campus(spec)
    assert sum(len(line.meter) for line in spec.line) == len(CAMPUS.rooms())


@pytest.mark.parametrize("building", CAMPUS.buildings, ids=lambda building: building.gateway)
def test_the_gateways_accept_their_meters(building):
    sheet = read_sheet(meters_csv(building).encode())
    assert sheet.problems == []
    assert {row.model for row in sheet.rows} <= set(read_models())


def test_the_workbook_names_every_class_price_and_room(tmp_path):
    sheets = campus_sheets(CAMPUS)
    assert list(sheets) == ["classes", "prices", "rooms"]
    assert {row["class"] for row in sheets["rooms"]} == {row["class"] for row in sheets["prices"]}
    write_workbook(sheets, tmp_path / "campus.xlsx")
    read = read_list((tmp_path / "campus.xlsx").read_bytes())
    assert [(sheet.name, len(sheet.rows)) for sheet in read] == [
        (name, len(rows)) for name, rows in sheets.items()
    ]


def test_each_ugly_case_is_there():
    rooms = [room for _, room in CAMPUS.rooms()]
    assert sum(room.dead for room in rooms) == 1
    assert sum(room.relay_fault == "welded" for room in rooms) == 1
    assert sum(room.protected for room in rooms) == 1
    assert {CAMPUS.class_of(room).unit for room in rooms} == {"yuan", "kwh"}
    assert {line.baud for building in CAMPUS.buildings for line in building.lines} == {2400, 9600}
