"""The search for meters on real ptys: what is planted is found, nothing else, whatever the line does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.technician.find.found import Event, FindState, Found, FoundMeter, PortDone, Progress, Trouble
from gateway.technician.find.plan import DLT645, Pace, Plan
from gateway.technician.find.searching import find
from gateway.technician.find.together import Together
from gateway.technician.find.wording import progress_line

FAST = 115_200
PACE = Pace(latency_s=0.0, margin_ms=40, unit_window_ms=40, full_window_ms=150)
"""For meters that answer within 3 ms, where a building's take 20 to 500; the rest is for a machine that is busy."""
OLD, OLDER = "000000009701", "000000009702"


def meter(address: str, **spec: object) -> VirtualMeter:
    register = str(spec.pop("register", f"{int(address) % 100_000}.50"))
    described = MeterSpec(
        name=f"{address}{spec}", address=address, register_kwh=register, load="500W", **spec
    )  # type: ignore[arg-type]
    return VirtualMeter(described, WallClock().now_ms())


@asynccontextmanager
async def line_of(*meters: VirtualMeter, baud: int = FAST, **settings: object) -> AsyncIterator[VirtualLine]:
    line = VirtualLine(meters, PtyEndpoint(), WallClock(), baud=baud, turn_round_ms=(1, 3), **settings)  # type: ignore[arg-type]
    await line.start()
    try:
        yield line
    finally:
        await line.stop()


async def search(
    ports: Sequence[str], state: FindState, plan: Plan, until: Callable[[Event], bool] = lambda event: False
) -> list[Event]:
    """Follow a search until it ends or an event is the last one wanted."""
    events = []
    following = find(ports, state, plan)
    async for event in following:
        events.append(event)
        if until(event):
            break
    await following.aclose()  # type: ignore[attr-defined]
    return events


def by_address(state: FindState) -> dict[str, FoundMeter]:
    found = {one.address: one for one in state.meters}
    assert len(found) == len(state.meters)
    return found


def codes(events: Sequence[Event]) -> list[str]:
    return [event.code for event in events if isinstance(event, Trouble)]


async def test_a_line_with_everything_on_it_is_found_exactly_though_it_is_stopped_again_and_again() -> None:
    plain = [f"20241111{number:04d}" for number in range(1, 28)]
    odd = {
        "202411110105": {"discovery": "echo"},
        "202411110206": {"own_prepay": "money", "own_credit": "3.20"},
        "202411110028": {"own_prepay": "energy"},
        "202411110029": {"model": "dlt645-3p", "clock_offset_s": -400},
        "202411110030": {"relay_open": True},
    }
    meters = [
        *(meter(address) for address in plain),
        *(meter(address, **spec) for address, spec in odd.items()),
        meter("202411110333"),
        meter("202411110333", register="7.00"),
        meter("202411110444", dead=True),
        meter(OLD, model="dlt645-1997"),
        meter(OLDER, model="dlt645-1997"),
        meter("7", model="sdm120"),
        meter("8", model="sdm630"),
        meter("200", model="dds238-zn-sr"),
    ]
    assert len(meters) == 40
    state, plan, stops = FindState(), Plan(bauds=(FAST,), expect=38, pace=PACE), 0
    async with line_of(*meters) as line:
        stop_at = iter((1, 9, 25, 30, 10_000))
        while not state.port(line.address).done:
            left = next(stop_at)

            def is_enough(event: Event) -> bool:
                nonlocal left
                left -= isinstance(event, Found)
                return not left

            await search([line.address], state, plan, is_enough)
            state = FindState.from_json(json.loads(json.dumps(state.as_json())))
            stops += 1
    found = by_address(state)
    assert stops == 5
    assert set(found) == {*plain, *odd, "202411110333", OLD, OLDER, "7", "8", "200"}
    assert [one.address for one in state.meters if one.duplicate] == ["202411110333"]
    assert all(one.is_read or one.duplicate for one in state.meters)
    assert {one.model for one in map(found.get, plain) if one} == {"generic-dlt645-2007"}
    energies = {address: found[address].energy_wh for address in plain}
    assert energies == {address: (int(address) % 100_000) * 1000 + 500 for address in plain}
    assert found[OLD].model == "generic-dlt645-1997"
    assert found[OLD].meter_number == "800000009701"
    assert [found[unit].model for unit in ("7", "8", "200")] == [
        "eastron-sdm120",
        "eastron-sdm630",
        "hiking-dds238-zn-sr",
    ]
    assert found["200"].relay_closed
    assert found["202411110029"].model == "three-phase-dlt645-2007"
    assert -405 < (found["202411110029"].clock_offset_s or 0) < -395
    assert found["202411110030"].relay_closed is False
    prepaid = {address: one.notes for address, one in found.items() if one.own_prepay}
    assert prepaid == {
        "202411110206": ("prepay-by:status-word-3-money", "prepay-account-open"),
        "202411110028": ("prepay-by:status-word-3-energy", "prepay-account-open"),
    }
    assert found["202411110001"].own_prepay is False
    (on_line,) = state.lines()
    assert on_line.protocols == ("dlt645-1997", "dlt645-2007", "modbus-rtu")


async def test_speeds_noise_and_meters_with_manners_of_their_own() -> None:
    two_speeds = line_of(
        meter("000000000001"), meter("000000000002", baud=4800), baud=9600, strict_baud=True, name="speeds"
    )
    noisy = line_of(
        meter("202411110001"),
        meter("202411110002"),
        faults=LineFaults(noise=0.05, flip=0.05, loss=0.03, foreign=0.05, echo=True),
        name="noisy",
    )
    lone_echo = line_of(meter("202411110009", discovery="echo"), name="echo")
    lone_13h = line_of(meter("202411110010", discovery="address-only"), name="13h")
    lone_97 = line_of(meter(OLD, model="dlt645-1997", discovery="broadcast"), name="97")
    empty = line_of(name="empty")
    async with two_speeds as a, noisy as b, lone_echo as c, lone_13h as d, lone_97 as e, empty as f:
        fast = Plan(DLT645, bauds=(FAST,), pace=PACE)
        several, quick, loud = FindState(), FindState(), FindState()
        told = await asyncio.gather(
            search([a.address], several, Plan(("dlt645-2007",), (4800, 9600), pace=PACE)),
            search([b.address], loud, Plan(("dlt645-2007",), (FAST,), thorough=True, pace=PACE)),
            search([c.address, d.address, e.address, f.address], quick, fast),
        )
        ports = {one: line.address for one, line in zip("abcdef", (a, b, c, d, e, f), strict=True)}
    assert {address: one.line.baud for address, one in by_address(several).items()} == {
        "000000000001": 9600,
        "000000000002": 4800,
    }
    assert codes(told[0]) == ["several-speeds"]
    assert set(by_address(loud)) == {"202411110001", "202411110002"}
    assert not any(one.duplicate for one in loud.meters)
    assert {address: one.line.port for address, one in by_address(quick).items()} == {
        "202411110009": ports["c"],
        "202411110010": ports["d"],
        OLD: ports["e"],
    }
    troubles = {(event.port, event.code) for event in told[2] if isinstance(event, Trouble)}
    assert troubles == {(ports["f"], "nothing-found")}


async def test_a_port_that_goes_away_is_told_and_taken_up_again_later() -> None:
    state, plan = FindState(), Plan(("dlt645-2007",), (FAST,), expect=2, pace=PACE)
    async with line_of(meter("202411110001"), meter("202411110009")) as line:

        def unplug(event: Event) -> bool:
            if isinstance(event, Found):
                asyncio.get_running_loop().create_task(line.stop())
            return False

        port = line.address
        events = await search([port], state, plan, unplug)
        assert codes(events) == ["port-lost"]
        assert len(state.meters) == 1
        events = await search([port], state, plan)
        assert codes(events) == ["port-missing"]
    async with line_of(meter("202411110001"), meter("202411110009")) as line:
        state.ports[line.address] = state.ports.pop(port)
        state.meters = [
            FoundMeter(one.line.__class__(line.address, FAST, "E"), one.address, one.protocol)
            for one in state.meters
        ]
        events = await search([line.address], state, plan)
    assert codes(events) == []
    assert {one.address: one.is_read for one in state.meters} == {"202411110001": True, "202411110009": True}
    assert not [event for event in events if isinstance(event, Progress) and event.found > 2]


def test_two_ports_are_one_progress_that_never_goes_back() -> None:
    def progress(port: str, asked: int, left: int, found: int) -> Progress:
        return Progress(port, 9600, "E", DLT645[0], "searching", asked, left, left, found)

    together = Together()
    together.take(progress("/dev/a", 90, 10, 5))
    assert together.line() == progress_line(progress("/dev/a", 90, 10, 5))
    shares = []
    for event in (
        progress("/dev/b", 1, 99, 0), progress("/dev/a", 100, 0, 6), progress("/dev/b", 20, 80, 1),
        PortDone("/dev/a", 6), Trouble("/dev/b", "port-lost"),
    ):  # fmt: skip
        together.take(event)
        shares.append(together.asked / (together.asked + together.left))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert together.line().startswith("2 ports: 120 asked, 0 to ask")
    assert "7 meters" in together.line()
