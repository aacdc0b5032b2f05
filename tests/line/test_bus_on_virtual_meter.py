"""The bus against the virtual meter: paced bytes, real frames, and each fault of the line by its name."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import ManualClock
from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.adapters.serial_bus.health import FIRST_PAUSE_S
from gateway.application.ports import BackedOff, Garbled, LineGone, LineReply, MeterCounts, Rank, Sent, Silent
from gateway.loops.read_clock import read_clock
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.driver import Accepted, Answer, Driver, Item, MeterClock, RelayAction
from gateway.protocols.meters import make_driver
from gateway.technician.relay import add_life

MODELS = read_models()
GENERIC = MODELS["generic-dlt645-2007"]
BAUD = 9600
WELL, OTHER, DEAD = "652022122003", "000000000002", "000000000003"
UNIT = "7"


def meter(address: str, **spec: object) -> VirtualMeter:
    return VirtualMeter(
        MeterSpec(name=f"m{address}", address=address, load="500W", register_kwh="1234.56", **spec),  # type: ignore[arg-type]
        ManualClock().at_ms,
    )


def make_line(meters: list[VirtualMeter], **settings: object) -> VirtualLine:
    return VirtualLine(meters, PtyEndpoint(), ManualClock(), baud=BAUD, turn_round_ms=(20, 30), **settings)  # type: ignore[arg-type]


def dlt645(address: str = WELL) -> Driver:
    return make_driver(MODELS["generic-dlt645-2007"], address)


@pytest.fixture
async def line() -> AsyncIterator[VirtualLine]:
    line = make_line([meter(WELL), meter(OTHER), meter(DEAD, dead=True), meter(UNIT, model="sdm120")])
    await line.start()
    yield line
    await line.stop()


@pytest.fixture
async def bus(line: VirtualLine) -> AsyncIterator[SerialBus]:
    bus = open_line("north", line.address, BAUD, "E")
    bus.start()
    yield bus
    await bus.close()


async def energy(bus: SerialBus, driver: Driver, rank: Rank = Rank.READ_BACK) -> LineReply:
    return await bus.read(driver, Item.ENERGY, rank)


def is_right(reply: LineReply) -> bool:
    return isinstance(reply, Answer) and reply.values.energy_wh == 1234560


async def test_both_protocols_share_a_line(bus: SerialBus) -> None:
    sdm120 = make_driver(MODELS["eastron-sdm120"], UNIT, baud=BAUD)
    for driver in (dlt645(), sdm120, dlt645(OTHER), sdm120):
        assert is_right(await energy(bus, driver))


@pytest.mark.parametrize("chunk_bytes", [1, 3, 64])
async def test_answers_in_chunks_of_any_size(chunk_bytes: int) -> None:
    line = make_line([meter(WELL)], chunk_bytes=chunk_bytes)
    await line.start()
    bus = open_line("north", line.address, BAUD, "E")
    bus.start()
    assert is_right(await energy(bus, dlt645()))
    await bus.close()
    await line.stop()


@pytest.mark.parametrize(
    "faults",
    [
        LineFaults(echo=True),
        LineFaults(noise=1.0),
        LineFaults(split=1.0),
        LineFaults(delay=1.0),
        LineFaults(foreign=1.0),
        LineFaults(echo=True, noise=0.5, split=0.5, foreign=0.5, delay=0.5),
    ],
    ids=["echo", "noise", "split", "delay", "foreign", "all"],
)
async def test_a_disturbed_line_still_gives_the_right_answer(
    line: VirtualLine, bus: SerialBus, faults: LineFaults
) -> None:
    line.faults = faults
    for driver in (dlt645(), dlt645(OTHER)):
        assert is_right(await energy(bus, driver))
    assert bus.echoes == faults.echo


async def test_a_fifth_of_all_answers_lost_costs_tries_and_no_truth(
    line: VirtualLine, bus: SerialBus
) -> None:
    line.faults = LineFaults(loss=0.2, flip=0.05)
    replies = [
        await energy(bus, driver, Rank.AFTER_GRANT) for driver in (dlt645(), dlt645(OTHER)) for _ in range(8)
    ]
    assert all(is_right(reply) or isinstance(reply, Silent | Garbled) for reply in replies)
    assert sum(map(is_right, replies)) >= 13
    assert bus.counters()["retries"] >= 1


async def test_wrong_parity_is_suspected_by_name(line: VirtualLine, bus: SerialBus) -> None:
    line.faults = LineFaults(wrong_parity=1.0)
    assert await energy(bus, dlt645()) == Garbled("wrong-parity", tries=3)
    assert bus.counters()["garbled:wrong-parity"] == 1


async def test_two_meters_with_one_address_are_a_collision() -> None:
    line = make_line([meter(WELL), meter(WELL, preamble_fe=1), meter(OTHER)])
    await line.start()
    bus = open_line("north", line.address, BAUD, "E")
    bus.start()
    assert is_right(await energy(bus, dlt645(OTHER)))
    reply = await energy(bus, dlt645())
    assert isinstance(reply, Garbled)
    assert reply.reason == "collision"
    await asyncio.sleep(FIRST_PAUSE_S + 0.1)
    alone = await bus.read(dlt645(), Item.ENERGY, Rank.POLL)
    assert alone == Garbled("collision", tries=1), "one try alone tells nothing; with those before it does"
    await bus.close()
    await line.stop()


async def test_a_dead_meter_is_silent_then_backed_off_and_its_neighbours_are_not(bus: SerialBus) -> None:
    assert await energy(bus, dlt645(DEAD), Rank.POLL) == Silent(tries=3)
    assert isinstance(await energy(bus, dlt645(DEAD), Rank.POLL), BackedOff)
    assert is_right(await energy(bus, dlt645(), Rank.POLL))


async def test_a_relay_is_opened_and_read_back(line: VirtualLine, bus: SerialBus) -> None:
    clock = await bus.read(dlt645(), Item.CLOCK, Rank.RELAY)
    assert isinstance(clock, Answer)
    assert clock.values.clock is not None
    until = add_life(clock.values.clock)
    assert until is not None
    assert isinstance(await bus.switch(dlt645(), RelayAction.OPEN, until), Accepted)
    assert line.meters[0].relay.commanded_closed is False


async def test_a_clock_put_together_is_the_clock_read_at_once(bus: SerialBus) -> None:
    at_once = await read_clock(bus, dlt645(), Rank.RELAY)
    bare = replace(
        GENERIC, identifiers={i: di for i, di in GENERIC.identifiers.items() if i is not Item.CLOCK}
    )
    put_together = await read_clock(bus, make_driver(bare, WELL), Rank.RELAY)
    assert isinstance(at_once, MeterClock)
    assert put_together == at_once


async def test_an_unplugged_line_says_so_and_comes_back(tmp_path: Path) -> None:
    line = VirtualLine([meter(WELL)], PtyEndpoint(tmp_path / "ttyUSB0"), ManualClock(), baud=BAUD)
    await line.start()
    bus = open_line("north", line.address, BAUD, "E")
    bus.start()
    assert is_right(await energy(bus, dlt645()))
    await line.stop()
    assert isinstance(await energy(bus, dlt645()), LineGone)
    await line.start()
    while not is_right(await energy(bus, dlt645())):
        await asyncio.sleep(0.02)
    await bus.close()
    await line.stop()


async def test_a_broadcast_freezes_all_meters_of_a_line_and_waits_for_none(
    line: VirtualLine, bus: SerialBus
) -> None:
    everybody = Dlt645Broadcast()
    sent = await bus.broadcast(everybody, everybody.freeze_now(), Rank.AFTER_GRANT)
    assert isinstance(sent, Sent)
    assert sent.ago_ms >= 500
    for one in line.meters[:2]:
        one.jump_register(500)
    for address in (WELL, OTHER):
        reply = await bus.read(dlt645(address), Item.FROZEN_ENERGY, Rank.POLL)
        assert isinstance(reply, Answer)
        assert reply.values.frozen_wh == 1_234_560
        now = await bus.read(dlt645(address), Item.ENERGY, Rank.POLL)
        assert isinstance(now, Answer)
        assert now.values.energy_wh == 1_239_560
    counts = bus.counters()
    assert (counts["broadcasts"], counts["exchanges"], counts.get("silences", 0)) == (1, 5, 0)
    assert everybody.address not in bus.meter_counts()


async def test_a_question_is_no_broadcast(bus: SerialBus) -> None:
    with pytest.raises(ValueError, match="answered"):
        await bus.broadcast(dlt645(), dlt645().read(Item.ENERGY), Rank.POLL)


async def test_a_meter_that_answers_a_broadcast_answers_nobody() -> None:
    line = make_line([meter(WELL)])
    await line.start()
    bus = open_line("north", line.address, BAUD, "E")
    bus.start()
    everybody = Dlt645Broadcast()
    try:
        asked = replace(everybody.freeze_now(), request=dlt645().read(Item.ENERGY).request)
        assert isinstance(await bus.broadcast(everybody, asked, Rank.POLL), Sent)
        assert bus.counters().get("answers", 0) == 0
        assert is_right(await energy(bus, dlt645()))
        assert bus.counters()["answers"] == 1
    finally:
        await bus.close()
        await line.stop()


async def test_what_each_address_did_is_counted(bus: SerialBus) -> None:
    await energy(bus, dlt645())
    await energy(bus, dlt645(DEAD))
    counts = bus.meter_counts()
    assert counts[dlt645().address] == MeterCounts(answered=1, missed=0, collisions=0)
    assert counts[dlt645(DEAD).address] == MeterCounts(answered=0, missed=3, collisions=0)
