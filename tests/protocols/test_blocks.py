"""Several answers behind one question: which items a model's block joins, and that a block says what single questions say."""

import struct

import pytest

from gateway.adapters.model_files import read_models
from gateway.protocols.driver import Answer, Damaged, Foreign, Item, Refused, Values, Verdict, merged
from gateway.protocols.meters import make_driver
from gateway.protocols.modbus import frame as modbus

BESIDE = (Item.RELAY, Item.CURRENT, Item.POWER)
MODELS = read_models()
ADDRESSES = {"modbus-rtu": "7"}

GROUPS = {
    "hiking-dds238-zn-sr": [(Item.CURRENT, Item.POWER, Item.RELAY)],
    "eastron-sdm120": [(Item.CURRENT, Item.POWER)],
    "chint-ddsu666": [(Item.CURRENT, Item.POWER)],
    "chint-dtsu666": [(Item.CURRENT, Item.POWER)],
    "acrel-ddsy1352": [(Item.RELAY,), (Item.CURRENT,), (Item.POWER,)],
    "eastron-sdm630": [(Item.CURRENT,), (Item.POWER,)],
    "generic-dlt645-2007": [(Item.RELAY,), (Item.CURRENT,), (Item.POWER,)],
    "three-phase-dlt645-2007": [(Item.RELAY,), (Item.CURRENT,), (Item.POWER,)],
    "generic-dlt645-1997": [(Item.CURRENT,), (Item.POWER,)],
}


def heard(driver: object, items: tuple[Item, ...], reply: bytes) -> Verdict | None:
    listener = driver.listen(driver.read_block(items), 9600)  # type: ignore[attr-defined]
    listener.feed(reply)
    return listener.next_verdict()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_what_one_question_answers(name: str) -> None:
    driver = make_driver(MODELS[name], ADDRESSES.get(MODELS[name].protocol, "123"))
    assert driver.groups(BESIDE) == GROUPS[name]
    for group in driver.groups(BESIDE):
        if len(group) == 1:
            assert driver.read_block(group).request == driver.read(group[0]).request


def test_a_block_costs_less_of_the_wire_than_its_questions_one_by_one() -> None:
    """Bytes out and in, and the silence of 3.5 characters around each request."""
    for name, groups in GROUPS.items():
        row = MODELS[name]
        if row.protocol != "modbus-rtu":
            continue
        driver = make_driver(row, "7")
        for group in groups:
            asked = int.from_bytes(driver.read_block(group).request[4:6], "big")
            apart = sum(8 + 5 + 2 * row.registers[item].registers + 7 for item in group)
            assert 8 + 5 + 2 * asked + 7 <= apart


HIKING = make_driver(MODELS["hiking-dds238-zn-sr"], "7")
BLOCK = GROUPS["hiking-dds238-zn-sr"][0]


def hiking_reply(current: int, power: int, relay: int, count: int = 14) -> bytes:
    registers = [0] * count
    registers[0], registers[1], registers[13] = current, power & 0xFFFF, relay
    return modbus.encode(7, 3, bytes((2 * count,)) + struct.pack(f">{count}H", *registers))


def test_a_block_is_asked_from_its_first_register_to_its_last() -> None:
    assert HIKING.read_block(BLOCK).request[:-2].hex() == "0703000d000e"


@pytest.mark.parametrize("relay", [0, 1])
def test_a_block_says_what_single_questions_say(relay: int) -> None:
    reply = hiking_reply(512, -1100, relay)
    verdict = heard(HIKING, BLOCK, reply)
    one_by_one = []
    for item, raw in ((Item.CURRENT, 512), (Item.POWER, -1100), (Item.RELAY, relay)):
        listener = HIKING.listen(HIKING.read(item), 9600)
        listener.feed(modbus.encode(7, 3, b"\x02" + struct.pack(">H", raw & 0xFFFF)))
        answer = listener.next_verdict()
        assert isinstance(answer, Answer)
        one_by_one.append(answer.values)
    assert verdict == Answer(merged(*one_by_one), reply)
    assert verdict.values == Values(
        current_ma=5_120, power_w=-1_100, relay_closed=bool(relay), status_word=relay
    )


def test_a_block_of_another_length_is_an_older_answer_and_an_odd_relay_no_measurement() -> None:
    short = modbus.encode(7, 3, b"\x02\x00\x01")
    assert heard(HIKING, BLOCK, short) == Foreign("stale", short)
    odd = hiking_reply(1, 1, 7)
    assert heard(HIKING, BLOCK, odd) == Damaged("out-of-range", odd)
    no = modbus.encode(7, 0x83, b"\x02")
    assert heard(HIKING, BLOCK, no) == Refused("illegal-address", no)
