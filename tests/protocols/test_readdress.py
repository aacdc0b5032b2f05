"""How a meter is moved to another address: the frames of the standard and of the makers, and who may answer them."""

import struct

import pytest

from gateway.adapters.model_files import read_models
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.driver import Accepted, Answer, Damaged, Foreign, Item, Refused, Values
from gateway.protocols.meters import make_driver
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.models import month_row
from gateway.protocols.readdress import readdressing, who_answered

MODELS = read_models()
SINGLE = MODELS["generic-dlt645-2007"]


def heard(moving, raw: bytes):
    listener = moving.driver.listen(moving.exchange, 9600)
    listener.feed(raw)
    return listener.next_verdict()


def test_15h_is_sent_to_everybody_and_answered_from_the_new_address() -> None:
    """Clause 7.5: data A0 to A5 with 33H added, the reply 95H without data."""
    moving = readdressing(SINGLE, "1", "123456789012", 2400)
    assert moving is not None
    assert moving.alone
    body = bytes.fromhex("68AAAAAAAAAAAA681506") + bytes(b + 0x33 for b in bytes.fromhex("129078563412"))
    assert moving.exchange.request.lstrip(b"\xfe") == body + bytes([sum(body) % 256, 0x16])
    assert isinstance(heard(moving, dlt645.encode("123456789012", 0x95, b"")), Accepted)
    assert isinstance(heard(moving, dlt645.encode("000000000001", 0x95, b"")), Foreign)
    assert isinstance(heard(moving, moving.exchange.request), Foreign)
    assert isinstance(heard(moving, dlt645.encode("123456789012", 0x91, b"")), Foreign)


def test_a_modbus_meter_is_written_to_at_its_old_number_and_answers_from_there() -> None:
    moving = readdressing(MODELS["eastron-sdm120"], "5", "17", 9600)
    assert moving is not None
    assert not moving.alone
    written = bytes.fromhex("0014 0002 04") + struct.pack(">f", 17.0)
    assert moving.exchange.request == modbus.encode(5, 0x10, written)
    assert isinstance(heard(moving, modbus.encode(5, 0x10, bytes.fromhex("00140002"))), Accepted)
    assert isinstance(heard(moving, modbus.encode(17, 0x10, bytes.fromhex("00140002"))), Foreign)
    assert isinstance(heard(moving, modbus.encode(5, 0x90, b"\x02")), Refused)


@pytest.mark.parametrize("model", ["generic-dlt645-1997", "hiking-dds238-zn-sr", "chint-ddsu666"])
def test_others_are_set_by_hand(model: str) -> None:
    assert readdressing(MODELS[model], "5", "17", 9600) is None


def test_a_reply_says_who_answered() -> None:
    assert who_answered(dlt645.encode("000000000042", 0x91, b"1234")) == "000000000042"


def reply(di: str, body: str) -> bytes:
    return dlt645.encode("000000000001", 0x91, bytes.fromhex(di)[::-1] + bytes.fromhex(body))


@pytest.mark.parametrize(
    ("item", "di", "body", "verdict"),
    [
        (Item.SETTLED_ENERGY, "00010001", "78563412", Values(settled_wh=123_456_780)),
        (Item.SETTLEMENT_DAY, "04000B01", "0026", Values(settles_on=(26, 0))),
        (Item.SETTLEMENT_DAY, "04000B01", "2301", Values(settles_on=(1, 23))),
        (Item.SETTLEMENT_DAY, "04000B01", "9999", "not-there"),
        (Item.SETTLEMENT_DAY, "04000B01", "2401", "not-there"),
        (Item.SETTLEMENT_DAY, "04000B01", "0032", "not-there"),
        (Item.SETTLEMENT_DAY, "04000B01", "0000", "not-there"),
        (Item.SETTLEMENT_DAY, "04000B01", "0A01", "non-bcd"),
    ],
)
def test_a_meters_own_month(item: Item, di: str, body: str, verdict: Values | str) -> None:
    driver = make_driver(SINGLE, "1")
    listener = driver.listen(driver.read(item), 2400)
    listener.feed(reply(di, body))
    said = listener.next_verdict()
    if isinstance(verdict, str):
        assert isinstance(said, Damaged)
        assert said.reason == verdict
    else:
        assert isinstance(said, Answer)
        assert said.values == verdict


def test_the_transformer_counts_in_a_month_too() -> None:
    driver = make_driver(MODELS["three-phase-dlt645-2007"], "1", ct_ratio=40)
    listener = driver.listen(driver.read(Item.SETTLED_ENERGY), 2400)
    listener.feed(reply("00010001", "01000000"))
    said = listener.next_verdict()
    assert isinstance(said, Answer)
    assert said.values.settled_wh == 400


def test_each_settlement_has_its_identifier() -> None:
    assert [month_row(SINGLE, month).identifiers[Item.SETTLED_ENERGY] for month in (1, 10, 12)] == [  # type: ignore[union-attr]
        "00010001", "0001000A", "0001000C",
    ]  # fmt: skip
    assert month_row(MODELS["eastron-sdm120"], 1) is None
    assert month_row(MODELS["acrel-ddsy1352"], 1) is None


def test_an_address_register_is_none_that_is_counted_in() -> None:
    for row in MODELS.values():
        if row.address is not None:
            assert not [
                item
                for item, one in row.registers.items()
                if one.function == 3 and one.covers(row.address.address)
            ]
