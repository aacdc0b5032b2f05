"""A Modbus meter as its driver asks and hears it: registers, blocks, factors, and what is no measurement."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.model_files import read_models
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Driver,
    Foreign,
    Item,
    MeterClock,
    Refused,
    RelayAction,
    Values,
    Verdict,
)
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.modbus.driver import silence_ms
from gateway.protocols.models import LineSettings, ModelRow, Register, RegisterRelay

MODELS = read_models()
UNTIL = MeterClock(2026, 11, 23, 14, 5, 9)
HIKING = make_driver(MODELS["hiking-dds238-zn-sr"], "7")
SDM120 = make_driver(MODELS["eastron-sdm120"], "1")


def meter(items: dict[Item, Register], ratio: int = 1) -> Driver:
    """A driver of a site's own model with these registers, at address 7."""
    return make_driver(ModelRow("x", "x", "modbus-rtu", 1, LineSettings(9600, "N"), {}, items), "7", ratio)


def reply(data: bytes, function: int = 3) -> bytes:
    return modbus.encode(7, function, bytes((len(data),)) + data)


def heard(driver: Driver, item: Item, raw: bytes) -> Verdict | None:
    listener = driver.listen(driver.read(item), 9600)
    listener.feed(raw)
    return listener.next_verdict()


def value_of(register: Register, data: bytes, item: Item = Item.VOLTAGE, ratio: int = 1) -> Verdict | None:
    return heard(meter({item: register}, ratio), item, reply(data))


def test_a_question_tells_its_line_how_to_ask() -> None:
    """The specification's example of one second (serial line V1.02, 2.4.1); 3.5 characters of silence (2.5.1.1)."""
    for exchange, what in (
        (HIKING.read(Item.VOLTAGE), "voltage"),
        (HIKING.switch(RelayAction.OPEN, UNTIL), "relay open"),
        (HIKING.read_block((Item.CURRENT, Item.POWER)), "current+power"),
    ):
        assert exchange.expects_reply
        assert exchange.first_byte_timeout_ms == 1000
        assert exchange.byte_gap_timeout_ms == 50
        assert exchange.silence_before_ms == 5
        assert exchange.preamble_bytes == 0
        assert exchange.label == f"7 {what}"


@pytest.mark.parametrize(
    ("baud", "silence"),
    [
        (300, 129),
        (500, 77),
        (1200, 33),
        (2400, 17),
        (4800, 9),
        (9600, 5),
        (19_200, 3),
        (19_201, 2),
        (38_400, 2),
        (115_200, 2),
    ],
)
def test_silence_is_three_and_a_half_characters_or_1_75_ms(baud: int, silence: int) -> None:
    """3.5 x 11 bits, in whole milliseconds rounded up; above 19200 baud a fixed 1.75 ms."""
    assert silence_ms(baud) == silence
    assert (
        make_driver(MODELS["eastron-sdm120"], "1", baud=baud).read(Item.ENERGY).silence_before_ms == silence
    )


@pytest.mark.parametrize(("function", "register"), [(3, 0x0000), (4, 0x0102), (3, 0xFFFE)])
def test_a_question_names_function_start_and_quantity(function: int, register: int) -> None:
    asked = meter({Item.CURRENT: Register(function, register, "float32", count=3)}).read(Item.CURRENT).request
    assert asked[:-2] == bytes((7, function)) + register.to_bytes(2, "big") + b"\x00\x06"


NUMBERS = [
    # (type, decimals, wire, thousandths): the high word first, the high byte first
    ("uint16", 0, "0001", 1_000),
    ("uint16", 0, "8000", 32_768_000),
    ("uint16", 1, "0903", 230_700),
    ("int16", 3, "8000", -32_768),
    ("int16", 3, "7FFF", 32_767),
    ("uint32", 2, "00010000", 655_360),
    ("uint32", 2, "80000000", 21_474_836_480),
    ("uint32", 4, "00000005", 0),
    ("uint32", 4, "0000000F", 2),
    ("float32", 0, "3FC00000", 1_500),
    ("float32", 0, "BFC00000", -1_500),
    ("float32", 3, "42F60000", 123),
    ("float32", 4, "42F60000", 12),
    ("float32", 5, "45E4F000", 73),
    ("float32", 6, "459C4000", 5),
]


@pytest.mark.parametrize(("kind", "decimals", "wire", "shown"), NUMBERS)
def test_a_register_becomes_thousandths(kind: str, decimals: int, wire: str, shown: int) -> None:
    raw = bytes.fromhex(wire)
    assert value_of(Register(3, 0, kind, decimals), raw) == Answer(Values(voltage_mv=shown), reply(raw))


@given(
    st.floats(width=32, min_value=-(2.0**23), max_value=2.0**23).filter(
        lambda x: x == 0 or abs(x) >= 2.0**-126
    ),
    st.integers(0, 6),
    st.integers(1, 10_000),
)
def test_a_float_is_the_exact_value_rounded_to_even(value: float, decimals: int, ratio: int) -> None:
    found = value_of(Register(3, 0, "float32", decimals), struct.pack(">f", value), Item.POWER, ratio)
    exact = round(Fraction(value) * ratio * 1000 / 10**decimals)
    assert found.values == Values(power_w=exact)


@pytest.mark.parametrize(("decimals", "ratio", "value", "power"), [(5, 60, 317.5, 190), (6, 40, 4662.5, 186)])
def test_a_half_stays_a_half_whatever_the_factor(decimals: int, ratio: int, value: float, power: int) -> None:
    """190.5 and 186.5: a factor of 0.01 or 0.001, multiplied in binary, would make them a little more."""
    found = value_of(Register(3, 0, "float32", decimals), struct.pack(">f", value), Item.POWER, ratio)
    assert found.values == Values(power_w=power)


@pytest.mark.parametrize(
    ("item", "values"),
    [
        (Item.ENERGY, Values(energy_wh=80_000)),
        (Item.REVERSE_ENERGY, Values(reverse_wh=80_000)),
        (Item.FROZEN_ENERGY, Values(frozen_wh=80_000)),
        (Item.POWER, Values(power_w=80_000)),
        (Item.CURRENT, Values(current_ma=80_000)),
        (Item.VOLTAGE, Values(voltage_mv=2_000)),
        (Item.POWER_FACTOR, Values(power_factor_milli=2_000)),
        (Item.FREQUENCY, Values(frequency_mhz=2_000)),
        (Item.COVER_OPENINGS, Values(cover_openings=2)),
    ],
)
def test_transformers_multiply_energy_power_and_current(item: Item, values: Values) -> None:
    for register, data in ((Register(3, 0, "uint16"), b"\0\2"), (Register(3, 0, "float32"), b"\x40\0\0\0")):
        assert value_of(register, data, item, ratio=40) == Answer(values, reply(data))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not-a-number"),
        (float("inf"), "not-a-number"),
        (float("-inf"), "not-a-number"),
        (2.0**-127, "not-a-number"),
        (-(2.0**-127), "not-a-number"),
        (2.0**-126, None),
        (0.0, None),
        (999_999_936.0, None),
        (1_000_000_000.0, None),
        (1_000_000_064.0, "out-of-range"),
        (-1_000_000_064.0, "out-of-range"),
    ],
)
@pytest.mark.parametrize("ratio", [1, 40])
def test_what_no_meter_measures_is_damage(value: float, reason: str | None, ratio: int) -> None:
    """A million megawatt-hours, times what the transformers divide, is beyond any sub-meter."""
    found = value_of(Register(3, 0, "float32"), struct.pack(">f", value), Item.ENERGY, ratio)
    assert getattr(found, "reason", None) == reason
    assert isinstance(found, Damaged if reason else Answer)


def test_one_phase_that_is_no_number_spoils_the_answer() -> None:
    data = struct.pack(">3f", 1.0, 2.0, float("nan"))
    raw = reply(data)
    assert value_of(Register(3, 0, "float32", count=3), data, Item.CURRENT) == Damaged("not-a-number", raw)


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (modbus.encode(8, 3, b"\2\0\1"), Foreign),
        (modbus.encode(7, 4, b"\2\0\1"), Foreign),
        (modbus.encode(7, 3, b"\4\0\1\0\2"), Foreign),
        (modbus.encode(7, 0x84, b"\2"), Foreign),
        (modbus.encode(7, 16, b"\0\x1a\0\1"), Foreign),
        (modbus.encode(7, 0x83, b"\2"), Refused),
        (modbus.encode(7, 3, b"\2\0\1"), Answer),
    ],
)
def test_an_answer_has_our_address_function_and_length(raw: bytes, verdict: type) -> None:
    assert type(heard(HIKING, Item.VOLTAGE, raw)) is verdict


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1, "illegal-function"),
        (2, "illegal-address"),
        (3, "illegal-value"),
        (4, "device-failure"),
        (5, "acknowledged"),
        (6, "busy"),
        (8, "memory-parity"),
        (10, "no-gateway-path"),
        (11, "no-gateway-answer"),
        (12, "exception-12"),
    ],
)
def test_a_refusal_says_the_specifications_reason(code: int, reason: str) -> None:
    no = modbus.encode(7, 0x83, bytes((code,)))
    assert heard(HIKING, Item.VOLTAGE, no) == Refused(reason, no)


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (modbus.encode(7, 16, bytes.fromhex("001a0001")), Accepted),
        (modbus.encode(7, 16, bytes.fromhex("001a0002")), Foreign),
        (modbus.encode(7, 16, bytes.fromhex("001b0001")), Foreign),
        (modbus.encode(8, 16, bytes.fromhex("001a0001")), Foreign),
        (modbus.encode(7, 3, b"\2\0\1"), Foreign),
        (modbus.encode(7, 0x90, b"\4"), Refused),
        (modbus.encode(7, 0x83, b"\4"), Foreign),
    ],
)
def test_a_written_relay_is_acknowledged_by_its_own_register(raw: bytes, verdict: type) -> None:
    listener = HIKING.listen(HIKING.switch(RelayAction.OPEN, UNTIL), 9600)
    listener.feed(raw)
    assert type(listener.next_verdict()) is verdict


def test_what_waits_to_be_decided_is_counted() -> None:
    listener = HIKING.listen(HIKING.read(Item.VOLTAGE), 9600)
    listener.feed(b"\x07\x03\x02\x00")
    assert (listener.next_verdict(), listener.pending_bytes) == (None, 4)
    assert listener.flush() == Damaged("truncated", b"\x07\x03\x02\x00")


def test_a_relays_register_says_what_its_model_writes() -> None:
    """A model of its own: 5 opens, 9 closes, 3 lets the customer close; what was permitted is not open."""
    relay = RegisterRelay(0x20, {RelayAction.OPEN: 5, RelayAction.CLOSE: 9, RelayAction.PERMIT: 3})
    registers = {Item.RELAY: Register(3, 0x20, "uint16")}
    row = ModelRow("x", "x", "modbus-rtu", 1, LineSettings(9600, "N"), {}, registers, relay)
    driver = make_driver(row, "7")
    assert driver.relay_actions == set(RelayAction)
    for value, closed in ((5, False), (9, True), (3, True)):
        raw = reply(bytes((0, value)))
        assert heard(driver, Item.RELAY, raw) == Answer(Values(relay_closed=closed, status_word=value), raw)
    for value in (0, 1, 0x0500):
        raw = reply(value.to_bytes(2, "big"))
        assert heard(driver, Item.RELAY, raw) == Damaged("out-of-range", raw)


def test_without_a_relay_its_register_proves_nothing() -> None:
    raw = reply(b"\0\1")
    driver = meter({Item.RELAY: Register(3, 0x20, "uint16")})
    assert heard(driver, Item.RELAY, raw) == Damaged("out-of-range", raw)
    assert driver.relay_actions == frozenset()
    with pytest.raises(KeyError):
        driver.switch(RelayAction.OPEN, UNTIL)


def grouped(*places: tuple[int, int, int]) -> list[tuple[int, ...]]:
    """Group items at (function, register, values); each group as the registers its items start at."""
    names = (Item.ENERGY, Item.VOLTAGE, Item.CURRENT)
    items = {
        item: Register(function, at, "uint16", count=count)
        for item, (function, at, count) in zip(names, places, strict=False)
    }
    return [tuple(items[item].address for item in group) for group in meter(items).groups(list(Item))]


def test_neighbours_are_read_together_while_it_costs_less() -> None:
    """A gap of 11 registers is 22 bytes: what a request, a reply's frame and the silences cost."""
    assert grouped((3, 0, 1), (3, 1, 1)) == [(0, 1)]
    assert grouped((3, 0, 1), (3, 12, 1)) == [(0, 12)]
    assert grouped((3, 0, 1), (3, 13, 1)) == [(0,), (13,)]
    assert grouped((3, 0, 3), (3, 14, 1)) == [(0, 14)]
    assert grouped((3, 20, 1), (3, 10, 1), (3, 0, 1)) == [(0, 10, 20)]
    assert grouped((3, 0, 1), (4, 1, 1)) == [(0,), (1,)]
    assert grouped((3, 0, 2), (3, 1, 1)) == [(0,), (1,)]
    assert grouped((3, 0, 2), (3, 2, 1), (3, 30, 1)) == [(0, 2), (30,)]


def test_a_block_is_as_long_as_meters_of_this_class_take() -> None:
    names = [Item.ENERGY, Item.VOLTAGE, Item.CURRENT, Item.POWER, Item.POWER_FACTOR]
    forty = {item: Register(3, at, "uint16") for item, at in zip(names, (0, 12, 24, 36, 39), strict=True)}
    assert meter(forty).groups(names) == [tuple(names)]
    one_more = forty | {Item.POWER_FACTOR: Register(3, 40, "uint16")}
    assert meter(one_more).groups(names) == [tuple(names[:4]), (Item.POWER_FACTOR,)]


def test_only_what_the_model_has_is_grouped_and_each_once() -> None:
    driver = meter({Item.ENERGY: Register(3, 0, "uint32")})
    assert driver.groups([Item.ENERGY, Item.VOLTAGE, Item.ENERGY]) == [(Item.ENERGY,)]
    assert driver.groups([]) == []


def test_a_block_gives_each_item_its_own_registers() -> None:
    """What lies between is passed over; transformers multiply only what they divide."""
    items = {
        Item.VOLTAGE: Register(4, 0x10, "uint16", 1),
        Item.ENERGY: Register(4, 0x12, "uint32", 2),
        Item.CURRENT: Register(4, 0x15, "uint16", 3, count=2),
    }
    driver = meter(items, ratio=10)
    block = (Item.VOLTAGE, Item.ENERGY, Item.CURRENT)
    assert driver.groups(list(Item)) == [block]
    exchange = driver.read_block(block)
    assert exchange.request[:-2].hex() == "070400100007"
    raw = reply(bytes.fromhex("08FC FFFF 00010000 FFFF 0001 0003"), 4)
    short = reply(bytes.fromhex("08FC FFFF 00010000 FFFF 0001"), 4)
    found = []
    listener = driver.listen(exchange, 9600)
    listener.feed(short + raw)
    while (verdict := listener.next_verdict()) is not None:
        found.append(verdict)
    values = Values(voltage_mv=230_000, energy_wh=6_553_600, current_ma=30)
    assert found == [Foreign("stale", short), Answer(values, raw)]


@pytest.mark.parametrize("address", ["1", "01", "9", "10", "247"])
def test_addresses_from_1_to_247_are_meters(address: str) -> None:
    """Serial line V1.02, clause 2.2: 0 is everybody, 248 to 255 are reserved."""
    assert address_mistake(MODELS["eastron-sdm120"], address) is None
    assert make_driver(MODELS["eastron-sdm120"], address).read(Item.ENERGY).request[0] == int(address)


@pytest.mark.parametrize(
    "address", ["", "0", "000", "248", "255", "0001", "1000", "-1", "1 ", "x", "1.0", "²", "１"]
)
def test_others_are_not_and_the_mistake_shows_them(address: str) -> None:
    mistake = f"a Modbus address is a number from 1 to 247, not {address!r}"
    assert address_mistake(MODELS["eastron-sdm120"], address) == mistake
    with pytest.raises(ValueError, match="a Modbus address"):
        make_driver(MODELS["eastron-sdm120"], address)


def test_a_long_mistake_is_shown_by_its_beginning() -> None:
    assert address_mistake(MODELS["eastron-sdm120"], "12" * 1000).endswith(f"not {'12' * 10!r}")


@pytest.mark.parametrize("ratio", [1, 2, 10_000])
def test_a_ratio_is_what_is_installed(ratio: int) -> None:
    assert make_driver(MODELS["eastron-sdm630"], "1", ct_ratio=ratio).ct_ratio == ratio


@pytest.mark.parametrize("ratio", [0, -1, 10_001])
def test_no_installation_has_other_ratios(ratio: int) -> None:
    with pytest.raises(ValueError, match=f"a CT ratio is a whole number from 1 to 10000, not {ratio}"):
        make_driver(MODELS["eastron-sdm630"], "1", ct_ratio=ratio)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "1234567890123",
        "12345678901A",
        "AA",
        "AAAA",
        "AAAAAAAAAA1",
        "AAAAAAAAAA123",
        "12AA34567890",
        "AAB456789012",
        "1 2",
        "１２",
    ],
)
def test_a_mistaken_dlt645_address_is_shown(address: str) -> None:
    """Twelve digits at most; wildcard bytes stand first, then all twelve places are written."""
    mistake = f"a DL/T 645 address has up to 12 digits (or AA bytes first, 12 in all), not {address!r}"
    assert address_mistake(MODELS["generic-dlt645-2007"], address) == mistake


@pytest.mark.parametrize(
    "address", ["1", "12345678901", "123456789012", "AAAAAAAAAAAA", "aaaaaaaaaa12", "AA1234567890"]
)
def test_a_good_dlt645_address_has_none(address: str) -> None:
    for model in ("generic-dlt645-2007", "generic-dlt645-1997"):
        assert address_mistake(MODELS[model], address) is None
