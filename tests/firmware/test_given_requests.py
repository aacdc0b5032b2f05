"""Requests that real masters sent: each gets a well-formed answer, or the silence that the standard asks for."""

import json
from pathlib import Path

import pytest

from firmware_tools.virtual_meter import ManualClock, VirtualMeter
from firmware_tools.virtual_meter.dlt645_server import Dlt645Server
from firmware_tools.virtual_meter.dlt645_wire import RequestReceiver
from firmware_tools.virtual_meter.modbus_server import ModbusServer
from firmware_tools.virtual_meter.modbus_wire import ModbusReceiver, crc16
from tests.firmware.master import build_spec, parse

FOLDER = Path(__file__).parent.parent / "vectors"
VECTORS = [
    vector
    for name in ("dlt645-2007", "modbus-rtu")
    for vector in json.loads((FOLDER / f"{name}.json").read_text())
]
REQUESTS = [
    vector
    for vector in VECTORS
    if vector["direction"] == "request" and "private-control" not in vector["oddity"]
]
DAMAGED = [vector for vector in REQUESTS if not vector["checksum_ok"]]
ANSWERED_DLT645 = [
    vector
    for vector in REQUESTS
    if vector["protocol"] == "dlt645-2007"
    and vector["checksum_ok"]
    and vector["decoded"]["address"] not in ("999999999999", "FFFFFFFFFFFF")
]
MODBUS = [vector for vector in REQUESTS if vector["protocol"] == "modbus-rtu" and vector["checksum_ok"]]


def named(vector: dict) -> str:
    return vector["id"]


@pytest.mark.parametrize("vector", ANSWERED_DLT645, ids=named)
def test_a_real_dlt645_request_gets_a_well_formed_reply(vector: dict) -> None:
    wanted = vector["decoded"]
    own = "000000000077" if wanted["address"] == "A" * 12 else wanted["address"]
    meter = VirtualMeter(build_spec(address=own), ManualClock().now_ms())
    found = RequestReceiver().feed(bytes.fromhex(vector["hex"]))
    assert len(found) == 1
    assert f"{found[0][0].control:02X}" == wanted["control"]
    reply = Dlt645Server(meter).answer(found[0][0])
    address, control, data = parse(reply)
    assert address == own
    assert control & 0x1F == int(wanted["control"], 16)
    if wanted["control"] == "11" and control == 0x91:
        assert data[:4][::-1].hex().upper() == wanted["di"]
    if control & 0x40:
        assert len(data) == 1


@pytest.mark.parametrize(
    "vector", [one for one in REQUESTS if one["decoded"].get("address") == "999999999999"], ids=named
)
def test_a_broadcast_read_is_not_answered(vector: dict) -> None:
    meter = VirtualMeter(build_spec(), ManualClock().now_ms())
    ((request, _),) = RequestReceiver().feed(bytes.fromhex(vector["hex"]))
    assert Dlt645Server(meter).answer(request) is None


@pytest.mark.parametrize("vector", MODBUS, ids=named)
@pytest.mark.parametrize("model", ["sdm120", "dds238-zn-sr"])
def test_a_real_modbus_request_gets_an_answer_or_an_exception(vector: dict, model: str) -> None:
    sent = bytes.fromhex(vector["hex"])
    meter = VirtualMeter(build_spec(model=model, address=str(sent[0])), ManualClock().now_ms())
    ((request, _),) = ModbusReceiver().feed(sent)
    reply = ModbusServer(meter).answer(request)
    assert crc16(reply) == 0
    assert reply[0] == sent[0]
    assert reply[1] & 0x7F == sent[1]


@pytest.mark.parametrize("vector", DAMAGED, ids=named)
def test_a_damaged_request_is_met_with_silence(vector: dict) -> None:
    receiver = ModbusReceiver() if vector["protocol"] == "modbus-rtu" else RequestReceiver()
    assert receiver.feed(bytes.fromhex(vector["hex"])) == []
