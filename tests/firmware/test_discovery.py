"""How virtual meters answer those who don't know their address, the 1997 edition, and a prepayment of the meter's own."""

import pytest

from firmware_tools.virtual_meter.dlt645_1997 import Dlt645Server1997
from firmware_tools.virtual_meter.dlt645_server import Dlt645Server
from firmware_tools.virtual_meter.dlt645_wire import Request
from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.meter_spec import MeterSpec

ALL, SHORT, OWN, BROADCAST = b"\xaa" * 6, b"\x07" + b"\xaa" * 5, b"\x07" + bytes(5), b"\x99" * 6
READ_2007, READ_1997, READ_ADDRESS = (
    (0x11, bytes.fromhex("00000100")),
    (0x01, bytes.fromhex("1090")),
    (0x13, b""),
)


def ask(address: bytes, question: tuple[int, bytes], **spec: object) -> tuple[bytes, int, bytes] | None:
    """Ask one meter at address 7; give the reply's address, control and data."""
    described = MeterSpec(name="m", address="7", preamble_fe=0, register_kwh="12.34", **spec)  # type: ignore[arg-type]
    meter = VirtualMeter(described, 0)
    server = Dlt645Server1997(meter) if meter.model.edition == 1997 else Dlt645Server(meter)
    request = Request(address, *question)
    reply = server.answer(request) if server.hears(request) else None
    return reply and (reply[1:7], reply[8], bytes((byte - 0x33) & 0xFF for byte in reply[10:-2]))


@pytest.mark.parametrize(
    ("discovery", "answered_by"),
    [
        ("standard", {("all", "read"): OWN, ("short", "read"): OWN, ("all", "address"): OWN}),
        ("echo", {("all", "read"): ALL, ("short", "read"): SHORT, ("all", "address"): ALL}),
        ("address-only", {("all", "address"): OWN}),
        ("unabbreviated", {("all", "read"): OWN, ("all", "address"): OWN}),
    ],
)
def test_manners_of_2007_meters(discovery: str, answered_by: dict[tuple[str, str], bytes]) -> None:
    for at, address in (("all", ALL), ("short", SHORT)):
        for what, question in (("read", READ_2007), ("address", READ_ADDRESS)):
            reply = ask(address, question, discovery=discovery)
            wanted = answered_by.get((at, what))
            if (at, what) == ("short", "address") and discovery in ("standard", "address-only", "echo"):
                wanted = SHORT if discovery == "echo" else OWN
            assert (reply and reply[0]) == wanted, (at, what)
            if reply and what == "address":
                assert reply[2] == OWN
    exact = ask(OWN, READ_2007, discovery=discovery)
    assert exact == (OWN, 0x91, bytes.fromhex("0000010034120000"))


def test_1997_meters_read_only_and_some_answer_at_999999999999() -> None:
    assert ask(ALL, READ_1997, model="dlt645-1997") == (OWN, 0x81, bytes.fromhex("109034120000"))
    assert ask(ALL, READ_2007, model="dlt645-1997") is None
    assert ask(ALL, READ_1997) is None, "a 2007 meter knows no 01H"
    assert ask(OWN, (0x04, bytes(8)), model="dlt645-1997") == (OWN, 0xC4, b"\x04")
    assert ask(OWN, (0x01, bytes.fromhex("ffff")), model="dlt645-1997") == (OWN, 0xC1, b"\x02")
    assert ask(BROADCAST, READ_1997, model="dlt645-1997") is None
    answered = ask(BROADCAST, READ_1997, model="dlt645-1997", discovery="broadcast")
    assert answered is not None
    assert answered[0] == OWN


def test_a_prepayment_of_its_own_is_told_by_word_and_register() -> None:
    def read(di: str, **spec: object) -> tuple[int, str] | None:
        reply = ask(OWN, (0x11, bytes.fromhex(di)[::-1]), **spec)
        return reply and (reply[1], reply[2][4:].hex())

    assert read("04000503") == (0x91, "0000")
    assert read("00900200") == (0xD1, "")
    money = {"own_prepay": "money", "own_credit": "5.20"}
    assert read("04000503", **money) == (0x91, "0002")
    assert read("00900200", **money) == (0x91, "20050000")
    assert read("00900201", **money) == (0x91, "00000000")
    assert read("00900100", **money) == (0xD1, "")
    assert read("04000503", own_prepay="energy") == (0x91, "0001")
