"""Energy is exact however time is cut; loads are functions of the instant; the register is a counting wheel."""

from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_tools.virtual_meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.load import DAY_MS, DormitoryLoad, StepLoad, parse_load, read_trace
from firmware_tools.virtual_meter.relay import Action
from firmware_tools.virtual_meter.supply import UWS_PER_WH, register_centi_kwh, split_phases
from tests.firmware.master import build_spec

START_MS = 1_764_000_000_000
LOADS = ["500W", "steps:0=500,7=12000,11=0.5,3600=1", "dormitory:5", "0.001W"]


def meter(**spec: object) -> VirtualMeter:
    return VirtualMeter(build_spec(**spec), START_MS)


@given(load=st.sampled_from(LOADS), cuts=st.lists(st.integers(1, 20_000_000), max_size=12))
def test_energy_does_not_depend_on_how_often_one_looks(load: str, cuts: list[int]) -> None:
    often, once = meter(load=load), meter(load=load)
    at_ms = START_MS
    for cut in cuts:
        at_ms += cut
        often.advance(at_ms)
    once.advance(at_ms)
    assert often.energy == once.energy
    assert often.state() == once.state()


@given(
    moves=st.lists(
        st.tuples(st.integers(0, 5_000), st.sampled_from([Action.TRIP, Action.CLOSE])), max_size=6
    ),
    cuts=st.lists(st.integers(1, 5_000), max_size=20),
)
def test_relay_moves_fall_at_their_instant_however_often_one_looks(
    moves: list[tuple[int, Action]], cuts: list[int]
) -> None:
    often, once = meter(load="steps:0=9000,2=100,4=9000"), meter(load="steps:0=9000,2=100,4=9000")
    at_ms = START_MS
    for pause_ms, action in moves:
        for cut in cuts:
            often.advance(at_ms + min(cut, pause_ms))
        at_ms += pause_ms
        for one in (often, once):
            one.advance(at_ms)
            one.command_relay(action)
    for one in (often, once):
        one.advance(at_ms + 10_000)
    assert often.state() == once.state()


def test_500_watts_for_an_hour_are_500_watt_hours() -> None:
    one = meter(load="500W", register_kwh="123.45")
    one.advance(START_MS + 3_600_000)
    assert one.energy.total_uws == 500 * UWS_PER_WH
    assert one.register_centi_kwh() == 12345 + 50


def test_nothing_flows_through_an_open_contact() -> None:
    one = meter(load="500W", relay_open=True)
    one.advance(START_MS + DAY_MS)
    assert one.energy.total_uws == 0
    assert one.largest_current_ma() == 0


def test_a_welded_contact_delivers_while_it_reports_open() -> None:
    one = meter(load="1kW", relay_fault="welded", relay_delay_ms=0)
    one.command_relay(Action.TRIP)
    one.advance(START_MS + 3_600_000)
    assert not one.relay.reported_closed
    assert one.energy.while_reported_open_uws == one.energy.total_uws == 1000 * UWS_PER_WH


@given(start=st.integers(0, 99_999_999), energy_wh=st.integers(0, 3_000_000_000), ct=st.integers(1, 200))
def test_the_register_is_the_wrapped_truncated_sum(start: int, energy_wh: int, ct: int) -> None:
    shown = register_centi_kwh(start, energy_wh * UWS_PER_WH, ct)
    assert shown == (start + energy_wh // (10 * ct)) % 100_000_000


def test_the_register_rolls_over() -> None:
    one = meter(load="1kW", register_kwh="999999.99")
    one.advance(START_MS + 36_000)
    assert one.register_centi_kwh() == 0


def test_a_meter_behind_transformers_shows_the_secondary_side() -> None:
    one = meter(model="dlt645-3p", ct_ratio=40, load="40kW")
    one.advance(START_MS + 3_600_000)
    assert one.energy.total_uws == 40_000 * UWS_PER_WH
    assert one.register_centi_kwh() == 100
    assert sum(phase.power_mw for phase in one.phases()) == 1_000_000


@given(power_mw=st.integers(0, 60_000_000), phases=st.sampled_from([1, 3]), at_ms=st.integers(0, 10**12))
def test_voltage_current_and_power_agree(power_mw: int, phases: int, at_ms: int) -> None:
    parts = split_phases(power_mw, phases, 1, 950, "seed", at_ms)
    assert len(parts) == phases
    assert sum(part.power_mw for part in parts) == power_mw
    for part in parts:
        assert 190_000 < part.voltage_mv < 236_000
        apparent = part.voltage_mv * part.current_ma / 1000
        assert apparent * 0.95 == pytest.approx(part.power_mw, rel=0.01, abs=200)


def test_a_dormitory_room_uses_what_dormitory_rooms_use() -> None:
    days = []
    for seed in range(20):
        load = DormitoryLoad(4500, str(seed), 0)
        days += [
            sum(load.power_mw(day * DAY_MS + slot * 300_000) for slot in range(288)) / 12e6
            for day in range(60)
        ]
    assert 3.0 < mean(days) < 7.0
    assert 0.13 < sum(day == 0 for day in days) / len(days) < 0.40
    assert max(days) < 40


def test_a_dormitory_evening_outweighs_its_morning() -> None:
    load = DormitoryLoad(4500, "x", 0)
    by_hour = [
        mean(load.power_mw(day * DAY_MS + hour * 3_600_000) for day in range(40)) for hour in range(24)
    ]
    assert mean(by_hour[18:23]) > 3 * mean(by_hour[1:6])


def test_steps_repeat_after_their_period() -> None:
    load = StepLoad([(0, 5), (10, 7)], origin_ms=100, period_ms=30)
    assert [load.power_mw(at) for at in (0, 100, 109, 110, 129, 130, 140)] == [5, 5, 5, 7, 7, 5, 7]
    assert [load.next_change_ms(at) for at in (0, 100, 110, 129)] == [100, 110, 130, 130]


def test_a_trace_of_seconds_and_watts_is_played(tmp_path: Path) -> None:
    (tmp_path / "trace.csv").write_text("seconds,watts\n0,100\n60,200.5\n120,0\n")
    load = read_trace(tmp_path / "trace.csv", origin_ms=0)
    assert [load.power_mw(at) for at in (0, 59_999, 60_000, 120_000, 180_000)] == [
        100_000,
        100_000,
        200_500,
        0,
        100_000,
    ]


def test_a_trace_of_quarter_hours_keeps_its_energy(tmp_path: Path) -> None:
    (tmp_path / "wh.csv").write_text("# Wh per quarter hour\n7\n0\n113\n")
    one = VirtualMeter(MeterSpec(name="m", address="1", load="trace:wh.csv"), START_MS, base=tmp_path)
    one.advance(START_MS + 3 * 900_000)
    assert one.energy.total_uws == 120 * UWS_PER_WH


@pytest.mark.parametrize(
    "text", ["", "W", "five", "-5W", "steps:1=5", "steps:0=5,0=6", "steps:x", "trace:none.csv", "dormitory:x"]
)
def test_a_load_that_is_not_understood_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="load"):
        parse_load(text, "seed", 0, 0, Path())
