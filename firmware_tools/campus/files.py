"""Turns a campus description into the files that its programs read. Pure: text in, text out; where it goes is the caller's."""

import csv
import io
import json
from pathlib import Path

from firmware_tools.campus.layout import Building, Campus, Line, Room

RECONNECT_MAX_MS = 2_000
"""A bench loses its broker often and on purpose."""


def virtual_meters_toml(campus: Campus, *, sample_s: float) -> str:
    """The campus file of `cardroom-firmware virtual-meter --campus`; ports are links `lines/<gateway>-<line>` beside it."""
    settings = {
        "truth": "truth.db",
        "clock_file": "clock.json",
        "seed": campus.seed,
        "sample_s": sample_s,
        "outage": "metering",
    }
    blocks = [_table("[campus]", settings)]
    for building in campus.buildings:
        for line in building.lines:
            blocks.append(_table("[[line]]", _virtual_line(building, line)))
            blocks += [
                _table("[[line.meter]]", _virtual_meter(room))
                for room in building.rooms
                if room.line == line.name
            ]
    return "\n\n".join(blocks) + "\n"


def _virtual_line(building: Building, line: Line) -> dict[str, object]:
    return {
        "name": line_link(building, line.name),
        "port": f"pty:lines/{line_link(building, line.name)}",
        "baud": line.baud,
        "parity": line.parity,
        "turn_round_ms": list(line.turn_round_ms),
    }


def _virtual_meter(room: Room) -> dict[str, object]:
    master = {"behind": list(room.behind), "lost_ppm": room.lost_ppm} if room.behind else {}
    return master | {
        "name": room.meter,
        "address": room.address,
        "model": room.kind.virtual,
        "load": room.load,
        "register_kwh": room.register_kwh,
        "relay_fault": room.relay_fault,
        "dead": room.dead,
        "trip_limit_a": room.trip_limit_a,
        "ct_ratio": room.ct_ratio,
    }


def groups_json(building: Building) -> str:
    """The building's masters with what is counted behind each, as `cardroom-central meter-groups` reads them; "" without one."""
    groups = [
        {
            "group": room.label,
            "kind": "building",
            "master": room.meter,
            "subs": list(room.behind),
            "own_use_w": room.own_use_w,
            "fixed_loss_ppm": room.lost_ppm,
        }
        for room in building.rooms
        if room.behind
    ]
    return json.dumps(groups) if groups else ""


def _table(header: str, values: dict[str, object]) -> str:
    return "\n".join(
        [header, *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())]
    )


def line_link(building: Building, line_name: str) -> str:
    """A line's name on the bench, unique in the campus."""
    return f"{building.gateway}-{line_name}"


def gateway_toml(
    campus: Campus,
    building: Building,
    *,
    data: Path,
    central_key: str,
    mqtt_port: int,
    password_file: Path,
    clock: Path,
) -> str:
    """A gateway's configuration for the bench."""
    return (
        "\n\n".join(
            [
                _table("[gateway]", {"id": building.gateway, "data": str(data)}),
                _table("[central]", {"public_keys": [central_key]}),
                _table(
                    "[mqtt]",
                    {
                        "host": "127.0.0.1",
                        "port": mqtt_port,
                        "tls": False,
                        "username": building.gateway,
                        "password_file": str(password_file),
                        "reconnect_max_ms": RECONNECT_MAX_MS,
                    },
                ),
                _table("[clock]", {"utc_offset_minutes": 480, "bench_file": str(clock)}),
                _table("[polling]", dict(campus.polling)),
                _table("[log]", {"level": "info", "format": "human"}),
            ]
        )
        + "\n"
    )


def csv_text(rows: list[dict[str, str]]) -> str:
    """Rows with the same keys as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def meters_csv(building: Building) -> str:
    """What the electrician found, for `cardroom-gateway meters import`."""
    return csv_text(
        [
            {
                "meter_number": room.meter,
                "line": room.line,
                "address": room.address,
                "model": room.kind.model,
                "ct_ratio": str(room.ct_ratio),
                "location": room.label,
            }
            for room in building.rooms
        ]
    )
