"""What a relay does when told: the 1C extension as a table, and each way of betraying its owner."""

import pytest

from tests.firmware.master import PA_04, Bench, read, relay

TRIP, PERMIT, CLOSE, TRIP_CLOSE, TRIP_PERMIT, KEEP, KEEP_OFF = 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x3A, 0x3B
OPEN, COMMANDED_OPEN, KEEPING = 1 << 4, 1 << 6, 1 << 12
BOTH = OPEN | COMMANDED_OPEN
OTHER, PASSWORD = 0x01, 0x04


@pytest.mark.parametrize(
    ("spec", "actions", "status", "flows"),
    [
        ({}, [TRIP], BOTH, False),
        ({}, [TRIP, CLOSE], 0, True),
        ({}, [TRIP, PERMIT], OPEN, False),
        ({"key_needed": False}, [TRIP, PERMIT], 0, True),
        ({}, [PERMIT], 0, True),
        ({"keep_power": True}, [TRIP], KEEPING, True),
        ({}, [KEEP, TRIP], KEEPING, True),
        ({}, [KEEP, KEEP_OFF, TRIP], BOTH, False),
        ({"load": "8kW"}, [TRIP], COMMANDED_OPEN, True),
        ({"load": "8kW", "trip_limit_a": 60}, [TRIP], BOTH, False),
        ({"load": "8kW"}, [TRIP, CLOSE], 0, True),
        ({"relay_fault": "welded"}, [TRIP], BOTH, True),
        ({"relay_fault": "stuck"}, [TRIP], COMMANDED_OPEN, True),
        ({"relay_fault": "lying"}, [TRIP], COMMANDED_OPEN, False),
        ({"relay_open": True}, [], BOTH, False),
        ({"relay_open": True, "relay_fault": "stuck"}, [CLOSE], OPEN, False),
    ],
)
def test_commands_then_status_and_current(
    spec: dict[str, object], actions: list[int], status: int, flows: bool
) -> None:
    bench = Bench(**{"load": "1kW", **spec})
    for action in actions:
        bench.ask(relay("1", action))
        bench.pass_s(1)
    assert bench.status_3() == status
    assert (bench.meter.largest_current_ma() > 0) == flows


@pytest.mark.parametrize(
    ("spec", "request_frame", "err"),
    [
        ({}, relay("1", TRIP, password=bytes([2, 1, 0, 0])), PASSWORD),
        ({}, relay("1", TRIP, password=bytes([9, 0, 0, 0])), PASSWORD),
        ({}, relay("1", TRIP, expiry=bytes.fromhex("000000010120")), OTHER),
        ({}, relay("1", TRIP, expiry=bytes.fromhex("0000000113ff")), OTHER),
        ({"clock_year": 2098}, relay("1", TRIP, expiry=bytes.fromhex("000000010197")), OTHER),
        ({"keep_power": True}, relay("1", TRIP), OTHER),
        ({}, relay("1", TRIP_CLOSE, n2=0), OTHER),
        ({}, relay("1", 0x77), OTHER),
        ({"relay": False}, relay("1", TRIP), OTHER),
    ],
)
def test_refused_commands_name_their_error_and_do_nothing(
    spec: dict[str, object], request_frame: bytes, err: int
) -> None:
    bench = Bench(load="1kW", **spec)
    answer = bench.ask(request_frame)
    assert answer is not None
    assert answer[1:] == (0xDC, bytes([err]))
    bench.pass_s(10)
    assert bench.status_3() & BOTH == 0
    assert bench.meter.supply_mw() == 1_000_000


def test_the_same_expiry_is_good_on_a_slow_clock_and_stale_on_a_fast_one() -> None:
    slow, fast = Bench(clock_offset_s=-600), Bench(clock_offset_s=600)
    now = slow.meter.calendar.shown(slow.clock.at_ms + 600_000)
    expiry = bytes.fromhex(now.strftime("%S%M%H%d%m%y"))
    assert [bench.ask(relay("1", TRIP, expiry=expiry))[1] for bench in (slow, fast)] == [0x9C, 0xDC]


def test_the_ack_comes_before_the_contact_moves() -> None:
    bench = Bench(load="1kW", relay_delay_ms=100)
    assert bench.ask(relay("1", TRIP))[1:] == (0x9C, b"")
    assert bench.status_3() == COMMANDED_OPEN
    bench.pass_s(0.099)
    assert bench.status_3() == COMMANDED_OPEN
    bench.pass_s(0.001)
    assert bench.status_3() == BOTH
    assert bench.events == [("relay-command", bench.clock.at_ms - 100), ("relay", bench.clock.at_ms)]


def test_a_permitted_close_waits_for_the_key() -> None:
    bench = Bench(load="1kW")
    assert not bench.meter.press_key()
    bench.ask(relay("1", TRIP))
    bench.pass_s(1)
    assert not bench.meter.press_key()
    bench.ask(relay("1", PERMIT))
    bench.pass_s(3600)
    assert bench.status_3() == OPEN
    assert bench.meter.press_key()
    bench.pass_s(1)
    assert bench.status_3() == 0


def test_a_trip_held_back_by_the_current_happens_when_the_load_falls() -> None:
    bench = Bench(load="steps:0=8000,60=5000")
    bench.ask(relay("1", TRIP))
    bench.pass_s(59.9)
    assert bench.status_3() == COMMANDED_OPEN
    started = bench.meter.load_origin_ms
    bench.pass_s(3600)
    assert bench.events[-1] == ("relay", started + 60_000)
    assert bench.meter.energy.total_uws == 8000 * 1000 * 60_000


@pytest.mark.parametrize(("action", "after"), [(TRIP_CLOSE, 0), (TRIP_PERMIT, OPEN)])
def test_a_pre_trip_ends_after_n2_times_five_minutes(action: int, after: int) -> None:
    bench = Bench(load="1kW")
    bench.ask(relay("1", action, n2=2))
    bench.pass_s(599)
    assert bench.status_3() == BOTH
    bench.pass_s(2)
    assert bench.status_3() == after


def test_trips_and_closes_are_counted() -> None:
    bench = Bench()
    for action in (TRIP, CLOSE, TRIP):
        bench.ask(relay("1", action, password=PA_04))
        bench.pass_s(1)
    counts = [bench.ask(read("1", di))[2][4:] for di in ("1D000001", "1E000001")]
    assert counts == [bytes([2, 0, 0]), bytes([1, 0, 0])]


def test_a_repaired_relay_stands_where_its_mechanism_stands() -> None:
    bench = Bench(load="1kW", relay_fault="welded")
    bench.ask(relay("1", TRIP))
    bench.pass_s(1)
    bench.meter.break_relay(type(bench.meter.relay.fault)("none"))
    assert bench.meter.supply_mw() == 0
