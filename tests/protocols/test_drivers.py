"""Drivers on every shipped model: the question's bytes, and each kind of thing a line gives back."""

import struct

import pytest

from gateway.adapters.model_files import read_models
from gateway.protocols.dlt645 import edition1997, functions
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Driver,
    Exchange,
    Foreign,
    Item,
    MeterClock,
    MeterDate,
    MeterTime,
    Refused,
    RelayAction,
    Values,
    Verdict,
)
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.modbus.driver import silence_ms

MODELS = read_models()
METER = "123456789012"
UNTIL = MeterClock(2026, 11, 23, 14, 5, 9)


def verdicts(driver: Driver, exchange: Exchange, heard: bytes, portion: int = 1) -> list[Verdict]:
    """All verdicts about these bytes, the line's silence at the end included."""
    listener = driver.listen(exchange, 2400)
    found = []
    for position in range(0, len(heard), portion):
        listener.feed(heard[position : position + portion])
        while (verdict := listener.next_verdict()) is not None:
            found.append(verdict)
    verdict = listener.flush()
    while verdict is not None:
        found.append(verdict)
        verdict = listener.next_verdict()
    return found


def dlt645_reply(di: str, body: str, address: str = METER, control: int = 0x91) -> bytes:
    return dlt645.encode(address, control, bytes.fromhex(di)[::-1] + bytes.fromhex(body))


def modbus_reply(unit: int, function: int, data: bytes) -> bytes:
    return modbus.encode(unit, function, bytes((len(data),)) + data)


def floats(*values: float) -> bytes:
    return struct.pack(f">{len(values)}f", *values)


SINGLE = make_driver(MODELS["generic-dlt645-2007"], METER)
THREE = make_driver(MODELS["three-phase-dlt645-2007"], METER, ct_ratio=40)
OLD = make_driver(MODELS["generic-dlt645-1997"], METER)
SDM120 = make_driver(MODELS["eastron-sdm120"], "1")
SDM630 = make_driver(MODELS["eastron-sdm630"], "1", ct_ratio=60)
HIKING = make_driver(MODELS["hiking-dds238-zn-sr"], "7")
DDSU = make_driver(MODELS["chint-ddsu666"], "1")
DTSU = make_driver(MODELS["chint-dtsu666"], "1")
DTSU_CT = make_driver(MODELS["chint-dtsu666"], "1", ct_ratio=40)
ACREL = make_driver(MODELS["acrel-ddsy1352"], METER)
WORDS = "0000 0000 5000 0100 0000 0000 0000"


@pytest.mark.parametrize(
    ("driver", "item", "reply", "values"),
    [
        (SINGLE, Item.ENERGY, dlt645_reply("00010000", "78563412"), Values(energy_wh=123_456_780)),
        (SINGLE, Item.ENERGY, dlt645_reply("00010000", "99999999"), Values(energy_wh=999_999_990)),
        (SINGLE, Item.VOLTAGE, dlt645_reply("02010100", "5023"), Values(voltage_mv=235_000)),
        (SINGLE, Item.CURRENT, dlt645_reply("02020100", "994900"), Values(current_ma=4_999)),
        (SINGLE, Item.CURRENT, dlt645_reply("02020100", "994980"), Values(current_ma=4_999)),
        (SINGLE, Item.POWER, dlt645_reply("02030000", "563492"), Values(power_w=-123_456 // 10)),
        (SINGLE, Item.POWER_FACTOR, dlt645_reply("02060000", "0105"), Values(power_factor_milli=501)),
        (SINGLE, Item.FREQUENCY, dlt645_reply("02800002", "9849"), Values(frequency_mhz=49_980)),
        (
            SINGLE,
            Item.RELAY,
            dlt645_reply("04000503", "5000"),
            Values(relay_closed=False, relay_commanded_closed=False, status_word=0x50),
        ),
        (
            SINGLE,
            Item.RELAY,
            dlt645_reply("04000503", "4010"),
            Values(relay_closed=True, relay_commanded_closed=False, status_word=0x1040),
        ),
        (
            SINGLE,
            Item.CLOCK,
            dlt645_reply("0400010C", "03070901231126"),
            Values(clock=MeterClock(2026, 11, 23, 9, 7, 3)),
        ),
        (SINGLE, Item.DATE, dlt645_reply("04000101", "01231126"), Values(date=MeterDate(2026, 11, 23))),
        (SINGLE, Item.TIME, dlt645_reply("04000102", "030709"), Values(time=MeterTime(9, 7, 3))),
        (
            OLD,
            Item.DATE,
            dlt645_reply("C010", "01231126", control=0x81),
            Values(date=MeterDate(2026, 11, 23)),
        ),
        (OLD, Item.TIME, dlt645_reply("C011", "030709", control=0x81), Values(time=MeterTime(9, 7, 3))),
        (SINGLE, Item.IDENTITY, dlt645_reply("04000402", "060504030201"), Values(identity="010203040506")),
        (THREE, Item.ENERGY, dlt645_reply("00010000", "01000000"), Values(energy_wh=400)),
        (THREE, Item.POWER, dlt645_reply("02030000", "020000"), Values(power_w=8)),
        (THREE, Item.VOLTAGE, dlt645_reply("0201FF00", "ffff01220222"), Values(voltage_mv=220_100)),
        (THREE, Item.CURRENT, dlt645_reply("0202FF00", "010000030080ffffff"), Values(current_ma=120)),
        (OLD, Item.ENERGY, dlt645_reply("9010", "78563412", control=0x81), Values(energy_wh=123_456_780)),
        (OLD, Item.VOLTAGE, dlt645_reply("B611", "2602", control=0x81), Values(voltage_mv=226_000)),
        (SINGLE, Item.REVERSE_ENERGY, dlt645_reply("00020000", "78563412"), Values(reverse_wh=123_456_780)),
        (
            THREE,
            Item.FROZEN_ENERGY,
            dlt645_reply("05010101", "0100000001000000" + "00" * 12),
            Values(frozen_wh=400),
        ),
        (
            SINGLE,
            Item.FROZEN_AT,
            dlt645_reply("05010001", "0709231126"),
            Values(frozen_at=MeterClock(2026, 11, 23, 9, 7, 0)),
        ),
        (SINGLE, Item.COVER_OPENINGS, dlt645_reply("03300D00", "120000"), Values(cover_openings=12)),
        (
            SINGLE,
            Item.STATUS_WORDS,
            dlt645_reply("040005FF", WORDS),
            Values(status_words=(0, 0, 0x50, 1, 0, 0, 0)),
        ),
        (OLD, Item.REVERSE_ENERGY, dlt645_reply("9020", "10000000", control=0x81), Values(reverse_wh=100)),
        (ACREL, Item.ENERGY, dlt645_reply("00010000", "01000000"), Values(energy_wh=10)),
        (
            ACREL,
            Item.RELAY,
            dlt645_reply("04000503", "5000"),
            Values(relay_closed=False, relay_commanded_closed=False, status_word=0x50),
        ),
        # The DDSU666 sends plain units, the DTSU666 tenths of volts and watts and thousandths of amperes.
        (DDSU, Item.ENERGY, modbus_reply(1, 3, floats(12.5)), Values(energy_wh=12_500)),
        (DDSU, Item.REVERSE_ENERGY, modbus_reply(1, 3, floats(0.25)), Values(reverse_wh=250)),
        (DDSU, Item.VOLTAGE, modbus_reply(1, 3, floats(230.5)), Values(voltage_mv=230_500)),
        (DDSU, Item.CURRENT, modbus_reply(1, 3, floats(4.25)), Values(current_ma=4_250)),
        (DDSU, Item.POWER, modbus_reply(1, 3, floats(0.75)), Values(power_w=750)),
        (DTSU, Item.ENERGY, modbus_reply(1, 3, floats(12.5)), Values(energy_wh=12_500)),
        (DTSU, Item.VOLTAGE, modbus_reply(1, 3, floats(2305.0, 2310.0, 2290.0)), Values(voltage_mv=230_500)),
        (DTSU, Item.CURRENT, modbus_reply(1, 3, floats(4250.0, 0.0, 5000.0)), Values(current_ma=5_000)),
        (DTSU, Item.POWER, modbus_reply(1, 3, floats(7500.0)), Values(power_w=750)),
        (DTSU_CT, Item.POWER, modbus_reply(1, 3, floats(7500.0)), Values(power_w=30_000)),
        (DTSU_CT, Item.REVERSE_ENERGY, modbus_reply(1, 3, floats(0.5)), Values(reverse_wh=20_000)),
        (SDM120, Item.ENERGY, modbus_reply(1, 4, floats(1234.5)), Values(energy_wh=1_234_500)),
        (SDM120, Item.ENERGY, modbus_reply(1, 4, floats(0.0)), Values(energy_wh=0)),
        (SDM120, Item.ENERGY, modbus_reply(1, 4, floats(0.0625)), Values(energy_wh=62)),
        (SDM120, Item.ENERGY, modbus_reply(1, 4, floats(0.0635)), Values(energy_wh=64)),
        (SDM120, Item.POWER, modbus_reply(1, 4, floats(-3.5)), Values(power_w=-4)),
        (SDM120, Item.VOLTAGE, modbus_reply(1, 4, floats(230.25)), Values(voltage_mv=230_250)),
        (SDM630, Item.ENERGY, modbus_reply(1, 4, floats(0.5)), Values(energy_wh=30_000)),
        (SDM630, Item.CURRENT, modbus_reply(1, 4, floats(1.0, -2.0, 0.5)), Values(current_ma=120_000)),
        (SDM630, Item.VOLTAGE, modbus_reply(1, 4, floats(230.0, 231.0, 232.0)), Values(voltage_mv=230_000)),
        (HIKING, Item.ENERGY, modbus_reply(7, 3, bytes.fromhex("00012345")), Values(energy_wh=0x12345 * 10)),
        (HIKING, Item.POWER, modbus_reply(7, 3, b"\xff\xfe"), Values(power_w=-2)),
        (HIKING, Item.CURRENT, modbus_reply(7, 3, b"\x00\x05"), Values(current_ma=50)),
        (HIKING, Item.RELAY, modbus_reply(7, 3, b"\x00\x01"), Values(relay_closed=True, status_word=1)),
        (HIKING, Item.RELAY, modbus_reply(7, 3, b"\x00\x00"), Values(relay_closed=False, status_word=0)),
    ],
)
def test_an_answer_becomes_exact_integers(driver: Driver, item: Item, reply: bytes, values: Values) -> None:
    exchange = driver.read(item)
    assert verdicts(driver, exchange, reply) == [Answer(values, reply)]


ENERGY_REPLY = dlt645_reply("00010000", "78563412")
ENERGY_ANSWER = Answer(Values(energy_wh=123_456_780), ENERGY_REPLY)
ECHO = SINGLE.read(Item.ENERGY).request


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param(b"", [], id="silence"),
        pytest.param(ECHO + ENERGY_REPLY, [Foreign("echo", ECHO.lstrip(b"\xfe")), ENERGY_ANSWER], id="echo"),
        pytest.param(b"\xfe" * 7 + ENERGY_REPLY, [ENERGY_ANSWER], id="seven-FE"),
        pytest.param(
            (other := dlt645_reply("00010000", "01000000", "123456789013")) + ENERGY_REPLY,
            [Foreign("other-meter", other), ENERGY_ANSWER],
            id="other-meter",
        ),
        pytest.param(
            (wild := dlt645_reply("00010000", "01000000", "AAAAAAAAAAAA")) + ENERGY_REPLY,
            [Foreign("other-meter", wild), ENERGY_ANSWER],
            id="wildcard-nobody-asked",
        ),
        pytest.param(
            (late := dlt645_reply("02010100", "5023")) + ENERGY_REPLY,
            [Foreign("stale", late), ENERGY_ANSWER],
            id="late-answer-to-an-older-question",
        ),
        pytest.param(
            (ack := dlt645.encode(METER, 0x9C)) + ENERGY_REPLY, [Foreign("stale", ack), ENERGY_ANSWER], id="late-ack"
        ),
        pytest.param(
            (master := dlt645.encode("000000000001", 0x11, b"\0\0\1\0")) + ENERGY_REPLY,
            [Foreign("unexpected", master), ENERGY_ANSWER],
            id="second-master",
        ),
        pytest.param(
            (no := dlt645.encode(METER, 0xD1, b"\x02")), [Refused("no-such-data", no)], id="refused"
        ),
        pytest.param(
            (no2 := dlt645.encode(METER, 0xD1, b"\x06")), [Refused("no-such-data+password", no2)], id="two-reasons"
        ),
        pytest.param((no3 := dlt645.encode(METER, 0xD1)), [Refused("other", no3)], id="refused-without-a-reason"),
        pytest.param(
            (bad := ENERGY_REPLY[:-2] + b"\0\x16") + ENERGY_REPLY,
            [Damaged("bad-checksum", bad), ENERGY_ANSWER],
            id="bad-checksum-then-good",
        ),
        pytest.param(ENERGY_REPLY[:-3], [Damaged("truncated", ENERGY_REPLY[:-3])], id="truncated"),
        pytest.param((empty := dlt645.encode(METER, 0x91)), [Damaged("wrong-length", empty)], id="empty-reply"),
        pytest.param(
            (five := dlt645_reply("00010000", "3726000001")), [Damaged("wrong-length", five)], id="five-bytes"
        ),
        pytest.param((bare := dlt645_reply("00010000", "")), [Damaged("wrong-length", bare)], id="no-bytes"),
        pytest.param((nib := dlt645_reply("00010000", "1a000000")), [Damaged("non-bcd", nib)], id="non-bcd"),
        pytest.param((ff := dlt645_reply("00010000", "ffffffff")), [Damaged("not-there", ff)], id="all-FF"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("portion", [1, 1000])
def test_the_answer_is_told_from_everything_else(heard: bytes, expected: list[Verdict], portion: int) -> None:
    assert verdicts(SINGLE, SINGLE.read(Item.ENERGY), heard, portion) == expected


def test_a_wildcard_question_takes_the_real_address_and_its_own_echoed_wildcard() -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], "AAAAAAAAAAAA")
    for address in (METER, "AAAAAAAAAAAA"):
        reply = dlt645_reply("00010000", "01000000", address)
        assert verdicts(driver, driver.read(Item.ENERGY), reply) == [Answer(Values(energy_wh=10), reply)]


def test_an_abbreviated_question_takes_only_what_it_fits() -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], "AAAAAAAA9012")
    fits, other = (dlt645_reply("00010000", "01000000", address) for address in (METER, "123456789112"))
    assert verdicts(driver, driver.read(Item.ENERGY), other + fits) == [
        Foreign("other-meter", other),
        Answer(Values(energy_wh=10), fits),
    ]


@pytest.mark.parametrize(
    ("item", "di", "body", "reason"),
    [
        (Item.CLOCK, "0400010C", "03070901231326", "out-of-range"),
        (Item.CLOCK, "0400010C", "03072401231126", "out-of-range"),
        (Item.CLOCK, "0400010C", "0a070901231126", "non-bcd"),
        (Item.CLOCK, "0400010C", "030709012311", "wrong-length"),
        (Item.DATE, "04000101", "01000026", "out-of-range"),
        (Item.DATE, "04000101", "ffffffff", "non-bcd"),
        (Item.TIME, "04000102", "600000", "out-of-range"),
        (Item.TIME, "04000102", "0000", "wrong-length"),
    ],
)
def test_a_calendar_that_no_wall_has_is_damage(item: Item, di: str, body: str, reason: str) -> None:
    (verdict,) = verdicts(SINGLE, SINGLE.read(item), dlt645_reply(di, body))
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("action", "code"), [(RelayAction.OPEN, "1a"), (RelayAction.PERMIT, "1b"), (RelayAction.CLOSE, "1c")]
)
def test_the_relay_is_commanded_until_an_instant(action: RelayAction, code: str) -> None:
    exchange = SINGLE.switch(action, UNTIL)
    decoder = dlt645.Decoder()
    decoder.feed(exchange.request)
    frame = decoder.next_event()
    assert frame.data.hex() == f"0200000000000000{code}00090514231126"
    ack = dlt645.encode(METER, 0x9C)
    assert verdicts(SINGLE, exchange, exchange.request + ack) == [Foreign("echo", frame.raw), Accepted(ack)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x04", "password"), (b"\x10\x00", "expired"), (b"\x20\x00", "keep-power"), (b"", "other")],
)
def test_a_refused_relay_command_says_why(data: bytes, reason: str) -> None:
    reply = dlt645.encode(METER, 0xDC, data)
    assert verdicts(SINGLE, SINGLE.switch(RelayAction.OPEN, UNTIL), reply) == [Refused(reason, reply)]


def test_an_installation_has_its_own_password() -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], METER, password="04123456", operator="01000000")
    assert b"\x37\x45\x67\x89\x34\x33\x33\x33" in driver.switch(RelayAction.OPEN, UNTIL).request


def test_hiking_writes_the_relay_and_nothing_else() -> None:
    requests = {action: HIKING.switch(action, UNTIL).request for action in HIKING.relay_actions}
    assert {action: raw[:-2].hex() for action, raw in requests.items()} == {
        RelayAction.OPEN: "0710001a0001020000",
        RelayAction.CLOSE: "0710001a0001020001",
    }
    for item in HIKING.items:
        assert HIKING.read(item).request[1] == 3


def test_hiking_accepts_and_refuses() -> None:
    exchange = HIKING.switch(RelayAction.OPEN, UNTIL)
    done = modbus.encode(7, 16, bytes.fromhex("001a0001"))
    other = modbus.encode(7, 16, bytes.fromhex("00000001"))
    no = modbus.encode(7, 0x90, b"\x02")
    assert verdicts(HIKING, exchange, exchange.request + other + done) == [
        Foreign("echo", exchange.request),
        Foreign("stale", other),
        Accepted(done),
    ]
    assert verdicts(HIKING, exchange, no) == [Refused("illegal-address", no)]


GOOD = modbus_reply(1, 4, floats(1.0))
MODBUS_ECHO = SDM120.read(Item.ENERGY).request


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param(MODBUS_ECHO, [Foreign("echo", MODBUS_ECHO)], id="echo"),
        pytest.param((other := modbus_reply(2, 4, floats(9.0))), [Foreign("other-meter", other)], id="other-meter"),
        pytest.param((stale := modbus_reply(1, 3, floats(9.0))), [Foreign("stale", stale)], id="other-function"),
        pytest.param((more := modbus_reply(1, 4, floats(9.0, 8.0))), [Foreign("stale", more)], id="other-length"),
        pytest.param((no := modbus.encode(1, 0x84, b"\x02")), [Refused("illegal-address", no)], id="exception"),
        pytest.param((odd := modbus.encode(1, 0x84, b"\x63")), [Refused("exception-99", odd)], id="odd-exception"),
        pytest.param((bad := GOOD[:-1] + b"\0"), [Damaged("bad-crc", bad)], id="bad-crc"),
        pytest.param(
            (nan := modbus_reply(1, 4, floats(float("nan")))), [Damaged("not-a-number", nan)], id="NaN"
        ),
        pytest.param(
            (inf := modbus_reply(1, 4, floats(float("inf")))), [Damaged("not-a-number", inf)], id="infinity"
        ),
        pytest.param((tiny := modbus_reply(1, 4, b"\0\0\x6e\x8c")), [Damaged("not-a-number", tiny)], id="denormal"),
        pytest.param((huge := modbus_reply(1, 4, floats(1e30))), [Damaged("out-of-range", huge)], id="huge"),
    ],
)  # fmt: skip
def test_modbus_the_answer_is_told_from_everything_else(heard: bytes, expected: list[Verdict]) -> None:
    answer = [Answer(Values(energy_wh=1000), GOOD)]
    exchange = SDM120.read(Item.ENERGY)
    assert verdicts(SDM120, exchange, heard) == expected
    assert verdicts(SDM120, exchange, heard + GOOD)[-1:] == answer


def test_a_relay_value_the_model_has_not_got_is_damage() -> None:
    (verdict,) = verdicts(HIKING, HIKING.read(Item.RELAY), modbus_reply(7, 3, b"\x00\x02"))
    assert verdict.reason == "out-of-range"


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_shipped_model_can_be_asked_all_it_claims(name: str) -> None:
    driver = make_driver(MODELS[name], "1")
    assert driver.items
    for item in driver.items:
        exchange = driver.read(item)
        assert exchange.expects_reply
        assert exchange.label == f"{driver.address} {item.value}"
        assert verdicts(driver, exchange, b"") == []
    for action in driver.relay_actions:
        assert driver.switch(action, UNTIL).request
    for item in set(Item) - driver.items:
        with pytest.raises(KeyError):
            driver.read(item)
    if not driver.relay_actions:
        with pytest.raises(KeyError):
            driver.switch(RelayAction.OPEN, UNTIL)


def test_waits_are_the_standards() -> None:
    exchange = SINGLE.read(Item.ENERGY)
    assert (exchange.first_byte_timeout_ms, exchange.byte_gap_timeout_ms) == (500, 500)
    assert [silence_ms(baud) for baud in (1200, 2400, 9600, 19200, 38400)] == [33, 17, 5, 3, 2]
    assert make_driver(MODELS["eastron-sdm120"], "1", baud=9600).read(Item.ENERGY).silence_before_ms == 5


@pytest.mark.parametrize(
    "address", ["", "1234567890123", "12345678901A", "12AA", "AA", "AAAAAAAAAA1", "１２"]
)
def test_bad_addresses_645(address: str) -> None:
    assert "address" in address_mistake(MODELS["generic-dlt645-2007"], address)
    with pytest.raises(ValueError, match="address"):
        make_driver(MODELS["generic-dlt645-2007"], address)


@pytest.mark.parametrize("address", ["", "0", "248", "-1", "x", "1.0", "²"])
def test_bad_addresses_modbus(address: str) -> None:
    assert "1 to 247" in address_mistake(MODELS["eastron-sdm120"], address)


@pytest.mark.parametrize("address", ["1", METER, "aaaaaaaaaaaa", "AAAAAAAA9012"])
def test_good_addresses_645(address: str) -> None:
    assert address_mistake(MODELS["generic-dlt645-2007"], address) is None


@pytest.mark.parametrize("ratio", [0, -1, 10_001])
def test_bad_ratios(ratio: int) -> None:
    with pytest.raises(ValueError, match="CT ratio"):
        make_driver(MODELS["eastron-sdm630"], "1", ct_ratio=ratio)


def test_a_driver_listens_only_to_its_own_exchanges() -> None:
    plain = Exchange(b"", True, 0, 0, 0, "")
    for driver in (SINGLE, SDM120):
        with pytest.raises(TypeError):
            driver.listen(plain, 2400)


@pytest.mark.parametrize("address", ["AAAAAAAAAAAA", "aaaaaaaa9012", "999999999999"])
def test_a_relay_is_never_told_by_an_address_that_more_than_one_meter_takes(address: str) -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], address)
    assert driver.relay_actions == frozenset()
    for action in RelayAction:
        with pytest.raises(KeyError):
            driver.switch(action, UNTIL)


def test_a_status_word_of_all_ones_proves_no_cut() -> None:
    reply = dlt645_reply("04000503", "ffff")
    driver = make_driver(MODELS["generic-dlt645-2007"], METER)
    assert verdicts(driver, driver.read(Item.RELAY), reply) == [Damaged("not-there", reply)]


@pytest.mark.parametrize(
    ("driver", "item", "function", "register", "count"),
    [
        (DDSU, Item.ENERGY, 3, 0x4000, 2),
        (DDSU, Item.REVERSE_ENERGY, 3, 0x400A, 2),
        (DDSU, Item.POWER, 3, 0x2004, 2),
        (DTSU, Item.ENERGY, 3, 0x101E, 2),
        (DTSU, Item.REVERSE_ENERGY, 3, 0x1028, 2),
        (DTSU, Item.VOLTAGE, 3, 0x2006, 6),
        (DTSU, Item.CURRENT, 3, 0x200C, 6),
        (DTSU, Item.POWER, 3, 0x2012, 2),
    ],
)
def test_where_the_chint_meters_keep_their_items(
    driver: Driver, item: Item, function: int, register: int, count: int
) -> None:
    assert driver.read(item).request[:6] == bytes((1, function)) + register.to_bytes(2, "big") + bytes(
        (0, count)
    )


def test_a_short_status_block_is_damage() -> None:
    found = verdicts(SINGLE, SINGLE.read(Item.STATUS_WORDS), dlt645_reply("040005FF", "0000 0000"))
    assert isinstance(found[0], Damaged)
    assert found[0].reason == "wrong-length"


def test_all_meters_are_told_the_time_by_one_frame_of_both_editions() -> None:
    """Control code 08H: ss mm hh DD MM YY in BCD, +33H each, to 999999999999."""
    exchange = Dlt645Broadcast().set_time(MeterClock(2026, 11, 24, 4, 5, 59))
    body = bytes.fromhex("68 999999999999 68 08 06 8C 38 37 57 44 59")
    assert exchange.request == b"\xfe" * 4 + body + bytes((sum(body) & 0xFF, 0x16))
    assert not exchange.expects_reply
    assert edition1997.BROADCAST_TIME == functions.BROADCAST_TIME == 0x08


def test_all_meters_are_told_to_freeze_by_the_standards_frame() -> None:
    """Clause 7.6: C=16H, DATA 99999999, to 999999999999; CS is the sum from the first 68H."""
    everybody = Dlt645Broadcast()
    exchange = everybody.freeze_now()
    body = bytes.fromhex("68 999999999999 68 16 04 CCCCCCCC")
    assert exchange.request == b"\xfe" * 4 + body + bytes((sum(body) & 0xFF, 0x16))
    assert (exchange.expects_reply, exchange.first_byte_timeout_ms) == (False, 500)
    assert verdicts(everybody, exchange, ENERGY_REPLY) == []
    with pytest.raises(KeyError):
        everybody.read(Item.ENERGY)
    with pytest.raises(KeyError):
        everybody.switch(RelayAction.OPEN, UNTIL)


def test_a_clock_is_written_by_address_with_its_weekday() -> None:
    """14H: DI, PA P0..P2, C0..C3, then WW DD MM YY, or ss mm hh; 24 November 2026 is a Tuesday."""
    when = MeterClock(2026, 11, 24, 4, 5, 59)
    for part, di, content in ((Item.DATE, "04000101", "02241126"), (Item.TIME, "04000102", "590504")):
        data = bytes.fromhex(di)[::-1] + bytes.fromhex("04000000 00000000" + content)
        body = (
            bytes.fromhex("68 020111112420 68 14")
            + bytes((len(data),))
            + bytes((b + 0x33) & 0xFF for b in data)
        )
        driver = make_driver(MODELS["generic-dlt645-2007"], "202411110102")
        asked = driver.write_clock(part, when)
        assert asked.request == b"\xfe" * 4 + body[:1] + bytes.fromhex("020111112420") + body[7:] + bytes(
            (sum(body) & 0xFF, 0x16)
        )
    for model in ("chint-ddsu666", "generic-dlt645-1997", "acrel-ddsy1352"):
        with pytest.raises(KeyError):
            make_driver(MODELS[model], "1").write_clock(Item.DATE, when)
