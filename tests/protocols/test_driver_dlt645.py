"""A DL/T 645 meter as its driver asks and hears it: what an exchange says to its line, and where the edges of an answer lie."""

import pytest

from gateway.adapters.model_files import read_models
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Driver,
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
from gateway.protocols.meters import make_driver, names_one_meter
from gateway.protocols.models import LineSettings, ModelRow

MODELS = read_models()
METER = "123456789012"
UNTIL = MeterClock(2026, 11, 23, 14, 5, 9)
SINGLE = make_driver(MODELS["generic-dlt645-2007"], METER)
THREE = make_driver(MODELS["three-phase-dlt645-2007"], METER, ct_ratio=40)
OLD = make_driver(MODELS["generic-dlt645-1997"], METER)


def reply(di: str, written: str, control: int = 0x91) -> bytes:
    """A meter's frame; the data bytes `written` highest first, as annex A shows them."""
    return dlt645.encode(METER, control, bytes.fromhex(di)[::-1] + bytes.fromhex(written)[::-1])


def heard(driver: Driver, item: Item, raw: bytes) -> Verdict | None:
    listener = driver.listen(driver.read(item), 2400)
    listener.feed(raw)
    return listener.next_verdict()


def asking(item: Item, di: str, model: str = "dlt645-2007", ratio: int = 1) -> Driver:
    """A driver of a site's own model that has this one item."""
    return make_driver(ModelRow("x", "x", model, 1, LineSettings(2400, "E", 4), {item: di}), METER, ratio)


def test_a_question_tells_its_line_how_to_ask() -> None:
    """Clause 5.3: the first byte within 500 ms, pauses up to 500 ms, no silence before, FE bytes in front that only wake."""
    for exchange, what in (
        (SINGLE.read(Item.VOLTAGE), "voltage"),
        (SINGLE.switch(RelayAction.OPEN, UNTIL), "relay open"),
    ):
        assert exchange.request[:5] == b"\xfe\xfe\xfe\xfe\x68"
        assert exchange.expects_reply
        assert exchange.first_byte_timeout_ms == 500
        assert exchange.byte_gap_timeout_ms == 500
        assert exchange.silence_before_ms == 0
        assert exchange.preamble_bytes == 4
        assert exchange.label == f"{METER} {what}"


def test_a_broadcast_tells_its_line_to_hold_and_expect_nothing() -> None:
    everybody = Dlt645Broadcast()
    freeze = everybody.freeze_now()
    assert (everybody.address, everybody.items, everybody.relay_actions) == (
        "9" * 12,
        frozenset(),
        frozenset(),
    )
    assert (freeze.first_byte_timeout_ms, freeze.byte_gap_timeout_ms, freeze.silence_before_ms) == (
        500,
        500,
        0,
    )
    assert freeze.label == "all meters freeze"
    assert everybody.groups([Item.ENERGY]) == []
    with pytest.raises(KeyError):
        everybody.read_block([Item.ENERGY])
    listener = everybody.listen(freeze, 2400)
    listener.feed(reply("00010000", "00000001"))
    assert (listener.next_verdict(), listener.flush()) == (None, None)


@pytest.mark.parametrize("items", [list(Item), []])
def test_each_item_is_asked_by_itself(items: list[Item]) -> None:
    assert SINGLE.groups(items) == [(item,) for item in items if item in SINGLE.items]
    assert OLD.groups([Item.RELAY, Item.ENERGY, Item.CLOCK]) == [(Item.ENERGY,)]


def test_the_register_is_asked_again_by_the_same_bytes() -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], METER)
    first = driver.read(Item.ENERGY)
    assert driver.read(Item.ENERGY) == first
    assert driver.read_block([Item.ENERGY]) == first
    assert driver.read(Item.VOLTAGE).request != first.request
    assert (first.request[-8:-2].hex(), first.label) == ("110433333433", f"{METER} energy")


@pytest.mark.parametrize(
    ("address", "full"), [("1", "000000000001"), ("aaaaaaaa9012", "AAAAAAAA9012"), (METER, METER)]
)
def test_a_short_address_is_filled_with_zeros_at_the_top(address: str, full: str) -> None:
    assert make_driver(MODELS["generic-dlt645-2007"], address).address == full


@pytest.mark.parametrize(
    ("address", "one"),
    [
        (METER, True),
        ("1", True),
        ("999999999998", True),
        ("999999999999", False),
        ("AAAAAAAAAAAA", False),
        ("AA3456789012", False),
        ("aa3456789012", False),
    ],
)
def test_one_meter_is_named_by_no_wildcard_and_no_broadcast(address: str, one: bool) -> None:
    """Clause 5.2.3: wildcards are for reading, and nobody answers a broadcast."""
    assert names_one_meter(address) is one
    driver = make_driver(MODELS["generic-dlt645-2007"], address)
    assert bool(driver.relay_actions) is one


def test_a_model_without_a_relay_is_told_nothing() -> None:
    for driver in (OLD, asking(Item.ENERGY, "00010000")):
        assert driver.relay_actions == frozenset()
        with pytest.raises(KeyError):
            driver.switch(RelayAction.OPEN, UNTIL)


def test_what_waits_to_be_decided_is_counted() -> None:
    listener = SINGLE.listen(SINGLE.read(Item.ENERGY), 2400)
    listener.feed(reply("00010000", "12345678")[:7])
    assert (listener.next_verdict(), listener.pending_bytes) == (None, 7)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("260228 235959", MeterClock(2026, 2, 28, 23, 59, 59)),
        ("240229 000000", MeterClock(2024, 2, 29, 0, 0, 0)),
        ("000101 000000", MeterClock(2000, 1, 1, 0, 0, 0)),
        ("991231 010203", MeterClock(2099, 12, 31, 1, 2, 3)),
        ("260430 120000", MeterClock(2026, 4, 30, 12, 0, 0)),
        ("260229 120000", "out-of-range"),
        ("260431 120000", "out-of-range"),
        ("260100 120000", "out-of-range"),
        ("260132 120000", "out-of-range"),
        ("260001 120000", "out-of-range"),
        ("261301 120000", "out-of-range"),
        ("260101 240000", "out-of-range"),
        ("260101 236000", "out-of-range"),
        ("260101 235960", "out-of-range"),
        ("2601A1 235959", "non-bcd"),
    ],
)
def test_only_a_moment_that_a_calendar_has_is_one(written: str, shown: MeterClock | str) -> None:
    """Date and time by themselves (04000101, 04000102; C010, C011) and together (0400010C), with any weekday."""
    date, time = written.split()
    together = heard(SINGLE, Item.CLOCK, reply("0400010C", date + "06" + time))
    if isinstance(shown, str):
        assert isinstance(together, Damaged)
        assert together.reason == shown
        parts = [
            heard(SINGLE, Item.DATE, reply("04000101", date + "06")),
            heard(SINGLE, Item.TIME, reply("04000102", time)),
        ]
        assert shown in [part.reason for part in parts if isinstance(part, Damaged)]
        return
    assert together.values == Values(clock=shown)
    day, hour = (
        MeterDate(shown.year, shown.month, shown.day),
        MeterTime(shown.hour, shown.minute, shown.second),
    )
    assert heard(SINGLE, Item.DATE, reply("04000101", date + "06")).values == Values(date=day)
    assert heard(SINGLE, Item.TIME, reply("04000102", time)).values == Values(time=hour)
    assert heard(OLD, Item.DATE, reply("C010", date + "06", 0x81)).values == Values(date=day)
    assert heard(OLD, Item.TIME, reply("C011", time, 0x81)).values == Values(time=hour)
    assert (
        f"{day} {hour}"
        == str(shown)
        == f"20{date[:2]}-{date[2:4]}-{date[4:]} {time[:2]}:{time[2:4]}:{time[4:]}"
    )


@pytest.mark.parametrize(
    ("item", "written", "verdict"),
    [
        (Item.VOLTAGE, "0230 0229 0228", Values(voltage_mv=22_800)),
        (Item.VOLTAGE, "0230 0229 FFFF", Values(voltage_mv=22_900)),
        (Item.VOLTAGE, "FFFF FFFF FFFF", "not-there"),
        (Item.VOLTAGE, "0230 0229 0A28", "non-bcd"),
        (Item.VOLTAGE, "0230 0229 28", "wrong-length"),
        (Item.CURRENT, "000001 800003 000002", Values(current_ma=120)),
        (Item.CURRENT, "FFFFFF 000003 FFFFFF", Values(current_ma=120)),
        (Item.CURRENT, "FFFFFF FFFFFF FFFFFF", "not-there"),
        (Item.FROZEN_ENERGY, "00000007 00000009", Values(frozen_wh=3_600)),
        (Item.FROZEN_ENERGY, "FFFFFFFF 00000009", Values(frozen_wh=3_600)),
        (Item.FROZEN_ENERGY, "00000007 FFFFFFFF", "not-there"),
        (Item.FROZEN_ENERGY, "07 00000009", "wrong-length"),
        (Item.COVER_OPENINGS, "000012", Values(cover_openings=12)),
        (Item.COVER_OPENINGS, "FFFFFF", "not-there"),
    ],
)
def test_a_block_speaks_by_its_first_phase_or_its_total(
    item: Item, written: str, verdict: Values | str
) -> None:
    """A total that is not there is not replaced by one of its tariffs. Transformers multiply energy and current alone."""
    di = {
        Item.VOLTAGE: "0201FF00",
        Item.CURRENT: "0202FF00",
        Item.FROZEN_ENERGY: "05010101",
        Item.COVER_OPENINGS: "03300D00",
    }[item]
    found = heard(THREE, item, raw := reply(di, written))
    assert found == (Damaged(verdict, raw) if isinstance(verdict, str) else Answer(verdict, raw))


@pytest.mark.parametrize(
    ("item", "di", "written", "values"),
    [
        (Item.POWER, "0203FF00", "000003 000002 000001 000006", Values(power_w=24)),
        (Item.ENERGY, "0001FF00", "00000002 00000007", Values(energy_wh=2_800)),
        (Item.POWER_FACTOR, "02060000", "8501", Values(power_factor_milli=-501)),
        (Item.FREQUENCY, "02800002", "5001", Values(frequency_mhz=50_010)),
        (Item.REVERSE_ENERGY, "00020000", "00000001", Values(reverse_wh=400)),
    ],
)
def test_a_total_stands_first(item: Item, di: str, written: str, values: Values) -> None:
    driver = asking(item, di, ratio=40)
    raw = reply(di, written)
    assert heard(driver, item, raw) == Answer(values, raw)


@pytest.mark.parametrize(
    ("di", "written", "verdict"),
    [
        ("04000402", METER, Values(identity=METER)),
        ("04800003", b"SN-7".rjust(32, b"\0").hex(), Values(identity="SN-7")),
        ("04800003", "FF" * 32, "not-there"),
        ("04000402", "1234", "wrong-length"),
        ("04000402", METER * 2, "wrong-length"),
    ],
)
def test_an_identity_is_digits_or_text(di: str, written: str, verdict: Values | str) -> None:
    raw = reply(di, written)
    expected = Damaged(verdict, raw) if isinstance(verdict, str) else Answer(verdict, raw)
    assert heard(asking(Item.IDENTITY, di), Item.IDENTITY, raw) == expected


@pytest.mark.parametrize("words", [6, 8])
def test_status_words_are_seven(words: int) -> None:
    raw = reply("040005FF", "0001" * words)
    assert heard(SINGLE, Item.STATUS_WORDS, raw) == Damaged("wrong-length", raw)


def test_status_words_come_first_word_first() -> None:
    raw = reply("040005FF", "0007 0006 0005 0004 0003 0002 8001")
    assert heard(SINGLE, Item.STATUS_WORDS, raw) == Answer(
        Values(status_words=(0x8001, 2, 3, 4, 5, 6, 7)), raw
    )


@pytest.mark.parametrize(("written", "verdict"), [("50", "wrong-length"), ("005000", "wrong-length")])
def test_a_relays_word_has_two_bytes(written: str, verdict: str) -> None:
    raw = reply("04000503", written)
    assert heard(SINGLE, Item.RELAY, raw) == Damaged(verdict, raw)


def test_a_word_that_is_half_ones_is_a_word() -> None:
    for word in ("FF00", "00FF"):
        found = heard(SINGLE, Item.RELAY, reply("04000503", word))
        assert found.values.status_word == int(word, 16)


@pytest.mark.parametrize(
    ("control", "data", "verdict"),
    [
        (0x91, "0000", "wrong-length"),
        (0x91, "000001", "wrong-length"),
        (0x91, "00000100", "wrong-length"),
        (0x91, "0100010001000000", Foreign),
        (0x91, "0000020001000000", Foreign),
        (0xB1, "0000010001000000", Answer),
        (0x92, "0000010001000000", Foreign),
        (0x81, "0000010001000000", Foreign),
        (0xD1, "02", Refused),
        (0xD2, "02", Foreign),
        (0x11, "00000100", Foreign),
    ],
)
def test_an_answer_has_our_function_and_our_identifier(control: int, data: str, verdict: str | type) -> None:
    found = heard(SINGLE, Item.ENERGY, dlt645.encode(METER, control, bytes.fromhex(data)))
    if isinstance(verdict, str):
        assert (type(found), found.reason) == (Damaged, verdict)
    else:
        assert type(found) is verdict


def test_a_meter_of_1997_answers_by_its_own_codes() -> None:
    asked = OLD.read(Item.ENERGY).request
    assert asked.lstrip(b"\xfe")[8:12].hex() == "010243c3"
    new = reply("00010000", "00000001")
    assert heard(OLD, Item.ENERGY, new) == Foreign("stale", new)
    no = dlt645.encode(METER, 0xC1, b"\x01")
    assert heard(OLD, Item.ENERGY, no) == Refused("illegal-data", no)
    more = reply("9010", "00000001", 0xA1)
    assert heard(OLD, Item.ENERGY, more) == Answer(Values(energy_wh=10), more)


@pytest.mark.parametrize("ahead", [0, 1, 11])
def test_an_echo_is_our_own_request_whole(ahead: int) -> None:
    asked = SINGLE.read(Item.ENERGY).request.lstrip(b"\xfe")
    assert heard(SINGLE, Item.ENERGY, asked) == Foreign("echo", asked)
    other = dlt645.encode(METER, 0x11, bytes((ahead,)) * 4)
    assert heard(SINGLE, Item.ENERGY, other) == Foreign("unexpected", other)


def test_only_the_acknowledgement_of_1c_accepts_a_relay_command() -> None:
    exchange = SINGLE.switch(RelayAction.OPEN, UNTIL)
    for control, data, verdict in (
        (0x9C, b"", Accepted),
        (0x9C, b"\x04\x00", Accepted),
        (0x91, b"\0\0\1\0\0\0\0\0", Foreign),
        (0x94, b"", Foreign),
        (0xDC, b"\x04", Refused),
    ):
        listener = SINGLE.listen(exchange, 2400)
        listener.feed(dlt645.encode(METER, control, data))
        assert type(listener.next_verdict()) is verdict


@pytest.mark.parametrize(
    ("codes", "hexes"),
    [
        ({}, "0200000000000000"),
        ({"password": "04123456"}, "0412345600000000"),
        ({"operator": "01020304"}, "0200000001020304"),
        ({"password": "04123456", "operator": "01020304"}, "0412345601020304"),
    ],
)
def test_a_site_replaces_either_code_of_the_model(codes: dict[str, str], hexes: str) -> None:
    driver = make_driver(MODELS["generic-dlt645-2007"], METER, **codes)
    decoder = dlt645.Decoder()
    decoder.feed(driver.switch(RelayAction.OPEN, UNTIL).request)
    assert decoder.next_event().data.hex() == f"{hexes}1a00090514231126"
