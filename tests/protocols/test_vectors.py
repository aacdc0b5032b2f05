"""Every published frame: good ones say what was published and encode to the same bytes, damaged ones get their name, and the
next good frame of the stream is found.
"""

import pytest

from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage, Reason
from gateway.technician.decode import Named, decode_line
from tests.protocols.streams import hear_645, hear_modbus
from tests.protocols.vector_files import Vector, load, params

V2007, V1997, MODBUS = load("dlt645-2007"), load("dlt645-1997"), load("modbus-rtu")
V645 = V2007 + V1997

GOOD_645 = bytes.fromhex("6812907856341268910833333433ab896745cc16")
GOOD_MODBUS = bytes.fromhex("0b03023f803015")

DAMAGES = {
    "v004": Reason.LENGTH_MISMATCH,
    "v037": Reason.BAD_CHECKSUM,
    "v077": Reason.BAD_CHECKSUM,
    "v078": Reason.BAD_CHECKSUM,
    "v123": Reason.BAD_CHECKSUM,
    "v150": Reason.LENGTH_MISMATCH,
    "v152": Reason.BAD_CHECKSUM,
    "v181": Reason.BAD_CHECKSUM,
    "v184": Reason.BAD_CHECKSUM,
    "v209": Reason.BAD_END,
    "v213": Reason.BAD_SECOND_68,
    "v269": Reason.GARBAGE,
    "v272": Reason.BAD_SECOND_68,
    "v318": Reason.BAD_CRC,
    "v326": Reason.BAD_CRC,
    "v328": Reason.BAD_CRC,
}
ECHO_GLUED_TO_REPLY = "v340"
"""Published as one bad frame; it is two good ones."""

OPEN_IN_1997 = {"v028", "v029", "v055", "v075", "v076"}
"""Published without a value; we read them (a block, a date, voltage B613)."""


def events_of(stream: bytes, protocol: str, portion: int = 0) -> list:
    return hear_modbus(stream, portion) if protocol == "modbus-rtu" else hear_645(stream, portion)


def reencode(frame: dlt645.Frame | modbus.Frame) -> bytes:
    if isinstance(frame, modbus.Frame):
        return modbus.encode(frame.address, frame.function, frame.body)
    return dlt645.encode(frame.address, frame.control, frame.data)


def published_frames(vector: Vector) -> list[str]:
    return vector.get("frames_in_stream") or [vector["hex"]]


@pytest.mark.parametrize("vector", params([v for v in V645 + MODBUS if v["checksum_ok"]]))
def test_good_frames_are_found_and_encode_to_the_same_bytes(vector: Vector) -> None:
    frames = [
        e for e in events_of(bytes.fromhex(vector["hex"]), vector["protocol"]) if not isinstance(e, Damage)
    ]
    assert [frame.raw.hex() for frame in frames] == published_frames(vector)
    assert [reencode(frame) for frame in frames] == [frame.raw for frame in frames]


@pytest.mark.parametrize("vector", params([v for v in V645 + MODBUS if v["checksum_ok"]]))
@pytest.mark.parametrize("asked", ["auto", "named"])
def test_good_frames_say_what_was_published(vector: Vector, asked: str) -> None:
    protocol = Named.AUTO if asked == "auto" else Named(vector["protocol"])
    said = [fields for fields in decode_line(vector["hex"], protocol) if fields["event"] == "frame"]
    published = dict(vector["decoded"])
    if vector["id"] in OPEN_IN_1997:
        assert published.pop("value") is None
        assert published.pop("unit") is None
    direction = "response" if vector["id"] in ("v162", "v218") else vector["direction"]
    published |= {"protocol": vector["protocol"], "direction": direction}
    assert published in [{key: fields.get(key, "missing") for key in published} for fields in said]


@pytest.mark.parametrize("vector", params([v for v in V645 + MODBUS if not v["checksum_ok"]]))
@pytest.mark.parametrize("portion", [0, 1])
def test_damaged_frames_get_their_name(vector: Vector, portion: int) -> None:
    events = events_of(bytes.fromhex(vector["hex"]), vector["protocol"], portion)
    if vector["id"] == ECHO_GLUED_TO_REPLY:
        assert [event.role for event in events] == ["request", "response"]
    else:
        assert [event.reason for event in events] == [DAMAGES[vector["id"]]]


@pytest.mark.parametrize("vector", params([v for v in V645 + MODBUS if not v["checksum_ok"]]))
def test_the_good_frame_behind_a_damaged_one_is_found(vector: Vector) -> None:
    good = GOOD_MODBUS if vector["protocol"] == "modbus-rtu" else GOOD_645
    events = events_of(bytes.fromhex(vector["hex"]) + good, vector["protocol"])
    assert events[-1].raw == good
    assert not isinstance(events[-1], Damage)
    assert vector["id"] == ECHO_GLUED_TO_REPLY or events[0].reason == DAMAGES[vector["id"]]


@pytest.mark.parametrize("vector", params([v for v in V2007 if "computed_checksum" in v["decoded"]]))
def test_a_bad_checksum_is_shown_with_the_right_one(vector: Vector) -> None:
    (said,) = decode_line(vector["hex"], Named.AUTO)
    assert (said["reason"], said["computed_checksum"]) == (
        "bad-checksum",
        vector["decoded"]["computed_checksum"],
    )


@pytest.mark.parametrize("vector", params([v for v in MODBUS if v["id"] in DAMAGES]))
def test_a_bad_crc_is_shown_with_the_right_one(vector: Vector) -> None:
    (said,) = decode_line(vector["hex"], Named.AUTO)
    assert (said["reason"], said["crc_computed"]) == ("bad-crc", vector["decoded"]["crc_computed"])


@pytest.mark.parametrize("vector", params(V645 + MODBUS))
def test_byte_by_byte_hears_the_same_as_at_once(vector: Vector) -> None:
    stream = bytes.fromhex(vector["hex"])
    at_once = events_of(stream, vector["protocol"])
    for portion in (1, 2, 5):
        assert events_of(stream, vector["protocol"], portion) == at_once
