"""The DL/T 645-2007 face of a meter, function by function."""

from datetime import datetime, timedelta

import pytest

from firmware_tools.virtual_meter.control import MeterChange, change_meter
from tests.firmware.master import OPERATOR, PA_02, PA_04, Bench, frame, read, value

NO_DATA, PASSWORD = bytes([0x02]), bytes([0x04])
BROADCAST = "999999999999"


@pytest.mark.parametrize(
    ("sent_to", "heard"),
    [
        ("202411110002", True),
        ("AAAAAAAAAAAA", True),
        ("AAAAAAAA0002", True),
        ("AAAAAAAAAA02", True),
        ("AAAAAAAA0003", False),
        ("202411110003", False),
        (BROADCAST, False),
    ],
)
def test_who_is_meant(sent_to: str, heard: bool) -> None:
    answer = Bench(address="202411110002").ask(read(sent_to, "00010000"))
    assert (answer is not None) == heard
    if answer:
        assert answer[0] == "202411110002"


@pytest.mark.parametrize("at", range(16))
def test_one_wrong_byte_means_silence(at: int) -> None:
    good = bytearray(read("1", "00010000"))
    good[at] ^= 0x11
    assert Bench().ask(bytes(good)) is None


def test_energy_current_block_and_settlements() -> None:
    bench = Bench(register_kwh="123456.78")
    assert bench.ask(read("1", "00010000"))[1:] == (0x91, bytes.fromhex("00000100" + "78563412"))
    assert bench.ask(read("1", "0001FF00"))[2][4:] == bytes.fromhex("78563412" * 2) + bytes(12)
    assert len(bench.ask(read("1", "000100FF"))[2]) == 4 + 13 * 4
    assert value(bench.ask(read("1", "00020000"))[2][4:]) == 0


@pytest.mark.parametrize(
    "di", ["00900200", "00010500", "0001000D", "02010200", "07000000", "33343233", "05010101", "0201FF01"]
)
def test_what_the_meter_does_not_have_is_err_bit_1(di: str) -> None:
    assert Bench().ask(read("1", di))[1:] == (0xD1, NO_DATA)


def test_instantaneous_values_agree_with_the_supply() -> None:
    bench = Bench(load="1kW", power_factor_milli=950)
    volts, amps, kilowatts, factor, hertz = (
        value(bench.ask(read("1", di))[2][4:])
        for di in ("02010100", "02020100", "02030000", "02060000", "02800002")
    )
    assert 2200 <= volts <= 2350
    assert kilowatts == 10_000
    assert factor == 950
    assert volts / 10 * amps / 1000 * 0.95 == pytest.approx(1000, rel=0.01)
    assert 4990 < hertz < 5010


def test_a_phase_that_is_not_there_is_ff_in_a_block() -> None:
    assert Bench().ask(read("1", "0201FF00"))[2][6:] == b"\xff" * 4
    three = Bench(model="dlt645-3p").ask(read("1", "0201FF00"))[2][4:]
    assert all(2200 <= value(three[at : at + 2]) <= 2350 for at in (0, 2, 4))


def test_a_long_block_comes_in_numbered_parts_and_each_can_be_repeated() -> None:
    bench = Bench(tariffs=63, register_kwh="1.00")
    _, control, data = bench.ask(read("1", "0001FF00"))
    assert (control, len(data)) == (0xB1, 200)
    di, whole = data[:4], data[4:]
    follow = frame("1", 0x12, di + b"\x01")
    assert bench.ask(follow) == bench.ask(follow)
    _, control, data = bench.ask(follow)
    assert (control, data[:4], data[-1]) == (0x92, di, 1)
    whole += data[4:-1]
    assert whole == bytes.fromhex("00010000" * 2) + bytes(62 * 4)
    assert bench.ask(frame("1", 0x12, di + b"\x02"))[1:] == (0xD2, NO_DATA)


def test_small_frames_force_follow_up_on_everyday_blocks() -> None:
    bench = Bench(frame_data_limit=20, register_kwh="5.00")
    _, control, data = bench.ask(read("1", "0001FF00"))
    assert (control, len(data)) == (0xB1, 20)
    assert bench.ask(frame("1", 0x12, data[:4] + b"\x01"))[1] == 0x92
    assert bench.ask(read("1", "00010000"))[1] == 0x91
    assert bench.ask(frame("1", 0x12, data[:4] + b"\x01"))[1:] == (0xD2, NO_DATA)


def test_identity_is_ascii_last_character_first() -> None:
    bench = Bench(address="12345678", meter_number="87654321")
    assert bench.ask(frame("AAAAAAAAAAAA", 0x13)) == ("000012345678", 0x93, bytes.fromhex("785634120000"))
    assert bench.ask(read("12345678", "04000401"))[2][4:] == bytes.fromhex("785634120000")
    assert bench.ask(read("12345678", "04000402"))[2][4:] == bytes.fromhex("214365870000")
    assert bench.ask(read("12345678", "0400040B"))[2][4:][::-1] == b"DDZY-VM".ljust(10, b"\0")
    assert bench.ask(read("12345678", "04000404"))[2][4:] == b"\0\0V022"
    assert len(bench.ask(read("12345678", "04800003"))[2][4:]) == 32


def test_the_clock_is_shown_written_and_drifts() -> None:
    bench = Bench(clock_drift_ppm=1000)
    write_date = frame("1", 0x14, bytes.fromhex("01010004") + PA_04 + OPERATOR + bytes.fromhex("05280226"))
    write_time = frame("1", 0x14, bytes.fromhex("02010004") + PA_04 + OPERATOR + bytes.fromhex("304523"))
    assert [bench.ask(request)[1] for request in (write_date, write_time)] == [0x94, 0x94]
    assert bench.ask(read("1", "04000101"))[2][4:] == bytes.fromhex("06280226")
    assert bench.ask(read("1", "04000102"))[2][4:] == bytes.fromhex("304523")
    bench.pass_s(1000)
    assert bench.ask(read("1", "04000102"))[2][4:] == bytes.fromhex("110200")
    assert value(bench.ask(read("1", "04000101"))[2][5:]) == 260301


@pytest.mark.parametrize(
    ("spec", "data", "err"),
    [
        ({}, "01010004" + "04010000" + "00000000" + "06280226", PASSWORD),
        ({"programming_key": False}, "01010004" + "04000000" + "00000000" + "06280226", PASSWORD),
        ({}, "01010004" + "04000000" + "00000000" + "06300226", b"\x01"),
        ({}, "03010004" + "04000000" + "00000000" + "01", NO_DATA),
    ],
)
def test_refused_writes(spec: dict[str, object], data: str, err: bytes) -> None:
    assert Bench(**spec).ask(frame("1", 0x14, bytes.fromhex(data)))[1:] == (0xD4, err)


def broadcast_time(moment: datetime) -> bytes:
    return frame(BROADCAST, 0x08, bytes.fromhex(moment.strftime("%S%M%H%d%m%y")))


@pytest.mark.parametrize(("offset_s", "obeyed"), [(240, True), (-240, True), (301, False), (-301, False)])
def test_broadcast_time_within_five_minutes_once_a_day(offset_s: int, obeyed: bool) -> None:
    bench, right = Bench(clock_offset_s=offset_s), Bench()
    noon_s = (24 + 12) * 3600 - right.meter.calendar.local_ms(right.clock.at_ms) // 1000 % 86400
    bench.pass_s(noon_s)
    true_time = right.meter.calendar.shown(bench.clock.at_ms)
    assert bench.ask(broadcast_time(true_time)) is None
    shown = bench.meter.calendar.shown(bench.clock.at_ms)
    assert (abs((shown - true_time).total_seconds()) < 1) == obeyed


def test_broadcast_time_is_obeyed_once_a_day() -> None:
    bench = Bench()
    for offset_s, obeyed in ((60, True), (120, False)):
        wanted = bench.meter.calendar.shown(bench.clock.at_ms).replace(microsecond=0) + timedelta(
            seconds=offset_s
        )
        bench.ask(broadcast_time(wanted))
        assert (bench.meter.calendar.shown(bench.clock.at_ms) == wanted) == obeyed


def test_an_instant_freeze_by_broadcast_is_kept_and_read_later() -> None:
    bench = Bench(load="36kW", register_kwh="1.00", trip_limit_a=999)
    assert bench.ask(frame(BROADCAST, 0x16, b"\x99" * 4)) is None
    moment = bench.meter.calendar.shown(bench.clock.at_ms)
    bench.pass_s(3600)
    assert value(bench.ask(read("1", "05010101"))[2][4:8]) == 100
    assert bench.ask(read("1", "05010001"))[2][4:] == bytes.fromhex(moment.strftime("%M%H%d%m%y"))
    assert bench.ask(frame("1", 0x16, b"\x99" * 4))[1:] == (0x96, b"")
    assert value(bench.ask(read("1", "05010101"))[2][4:8]) == 3700
    assert value(bench.ask(read("1", "05010102"))[2][4:8]) == 100


def test_midnight_freezes_the_day_and_the_first_settles_the_month() -> None:
    bench = Bench(load="1kW")
    bench.pass_s(40 * 86400)
    last = bench.ask(read("1", "05060001"))[2][4:]
    assert last[:2] == bytes(2)
    day_kwh = value(bench.ask(read("1", "05060101"))[2][4:8]) - value(
        bench.ask(read("1", "05060102"))[2][4:8]
    )
    assert day_kwh == 2400
    settled = value(bench.ask(read("1", "00010001"))[2][4:])
    assert 0 < settled < value(bench.ask(read("1", "00010000"))[2][4:])
    assert settled == bench.meter.freezes.settlements[0][1]


@pytest.mark.parametrize(("pattern", "freezes_a_day"), [("30999999", 24), ("30129999", 1)])
def test_timed_freezes(pattern: str, freezes_a_day: int) -> None:
    bench = Bench(load="1kW")
    assert bench.ask(frame("1", 0x16, bytes.fromhex(pattern)))[1] == 0x96
    bench.pass_s(2 * 86400)
    assert len(bench.meter.freezes.timed) == 2 * freezes_a_day
    assert bench.ask(read("1", "05000001"))[2][4] == 0x30


@pytest.mark.parametrize("pattern", ["60999999", "00249999", "AA999999", "00000132"])
def test_an_impossible_freeze_time_is_refused(pattern: str) -> None:
    assert Bench().ask(frame("1", 0x16, bytes.fromhex(pattern)))[1:] == (0xD6, b"\x01")


def test_baud_word_is_acknowledged_and_one_bit_only() -> None:
    bench = Bench()
    assert bench.ask(frame("1", 0x17, b"\x20"))[1:] == (0x97, b"\x20")
    assert bench.meter.baud == 9600
    assert bench.ask(frame("1", 0x17, b"\x30"))[1:] == (0xD7, b"\x08")


def test_a_new_address_answers_from_the_new_address() -> None:
    bench = Bench()
    assert bench.ask(frame("AAAAAAAAAAAA", 0x15, bytes.fromhex("785634120000"))) == (
        "000012345678",
        0x95,
        b"",
    )
    assert bench.ask(read("1", "00010000")) is None
    assert bench.ask(read("12345678", "00010000")) is not None


def test_register_faults_and_replacement_show_on_the_wire() -> None:
    bench = Bench(register_kwh="500.00", load="1kW")
    energy = read("1", "00010000")
    bench.meter.glitches.zero_reads = 1
    assert [value(bench.ask(energy)[2][4:]) for _ in range(2)] == [0, 50_000]
    bench.meter.jump_register(-300)
    assert value(bench.ask(energy)[2][4:]) == 49_700
    before = bench.ask(read("1", "04000402"))
    bench.meter.replace(None, None, "3.00")
    assert value(bench.ask(energy)[2][4:]) == 300
    assert bench.ask(read("1", "04000402")) != before
    assert [kind for kind, _ in bench.events] == ["register-jump", "removed", "installed"]


def test_tampering_shows_on_the_wire_and_outlives_the_process() -> None:
    bench = Bench()
    change_meter(
        bench.meter,
        MeterChange(cover_openings=3, reverse_centi_kwh=1234, is_reversed=True, lost_phases=0b101),
    )
    bench.meter.restore(bench.meter.state(), bench.meter.at_ms)
    assert value(bench.ask(read("1", "03300D00"))[2][4:]) == 3
    assert value(bench.ask(read("1", "00020000"))[2][4:]) == 1234
    words = bench.ask(read("1", "040005FF"))[2][4:]
    assert words == bytes.fromhex("1000 0000 0000 0100 0000 0100 0000")
    old = {name: part for name, part in bench.meter.state().items() if name != "tamper"}
    bench.meter.restore(old, bench.meter.at_ms)
    assert value(bench.ask(read("1", "03300D00"))[2][4:]) == 0


def test_functions_without_meaning_are_refused_or_ignored() -> None:
    bench = Bench()
    assert bench.ask(frame("1", 0x19, PA_02 + OPERATOR))[1:] == (0xD9, b"\x01")
    assert bench.ask(frame("1", 0x00)) is None
    assert bench.ask(frame("1", 0x12, bytes(5)))[1:] == (0xD2, NO_DATA)
