"""The line: pacing, sharing, and what can go wrong on it, over real pseudo-terminals."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serial

from firmware_tools.virtual_meter import (
    LineFaults,
    ManualClock,
    PtyEndpoint,
    TcpEndpoint,
    VirtualLine,
    VirtualMeter,
)
from firmware_tools.virtual_meter.faults import garble
from tests.firmware.master import Master, build_spec, frame, parse, read, relay, value

FAST = 115_200
ENERGY = read("1", "00010000")


def make_line(*specs: dict[str, object], clock: ManualClock | None = None, **options: object) -> VirtualLine:
    clock = clock or ManualClock()
    built = (build_spec(**{"name": f"m{index}", **spec}) for index, spec in enumerate(specs or ({},)))
    meters = [VirtualMeter(spec, clock.now_ms()) for spec in built]
    settings = {"baud": FAST, "turn_round_ms": (1, 1), **options}
    return VirtualLine(meters, PtyEndpoint(), clock, **settings)


@asynccontextmanager
async def joined(line: VirtualLine) -> AsyncIterator[Master]:
    await line.start()
    master = Master(line)
    try:
        yield master
    finally:
        master.close()
        await line.stop()


async def test_one_meter_among_many_answers() -> None:
    line = make_line(*({"address": str(number), "register_kwh": f"{number}.00"} for number in range(1, 31)))
    async with joined(line) as master:
        for number in (1, 17, 30):
            master.send(b"\xfe" * number + read(str(number), "00010000"))
            address, _, data = parse(await master.hear())
            assert (int(address), value(data[4:])) == (number, number * 100)


async def test_silence_for_others_damage_and_dead_meters() -> None:
    async with joined(make_line({"address": "1"}, {"address": "2", "dead": True})) as master:
        damaged = ENERGY[:-2] + bytes([ENERGY[-2] ^ 1, 0x16])
        for nothing in (
            read("3", "00010000"),
            read("2", "00010000"),
            damaged,
            frame("999999999999", 0x16, b"\x99" * 4),
        ):
            master.send(nothing)
        master.send(read("1", "04000401"))
        reply = await master.hear()
        assert parse(reply)[2].hex().endswith("010000000000")
        assert reply.count(0x68) == 2


async def test_both_protocols_share_a_line() -> None:
    async with joined(make_line({"address": "1"}, {"address": "7", "model": "sdm120"})) as master:
        master.send(bytes.fromhex("070400000002702d")[:6] + crc("070400000002"))
        assert (await master.hear_bytes(9))[:3] == bytes.fromhex("070404")
        master.send(ENERGY)
        assert parse(await master.hear())[1] == 0x91


def crc(hexes: str) -> bytes:
    register = 0xFFFF
    for byte in bytes.fromhex(hexes):
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register.to_bytes(2, "little")


@pytest.mark.parametrize(("parity", "bits"), [("E", 11), ("N", 10)])
async def test_an_exchange_takes_its_time_on_the_wire(parity: str, bits: int) -> None:
    line = make_line(baud=1200, parity=parity, turn_round_ms=(30, 30), chunk_bytes=1)
    async with joined(line) as master:
        started = time.monotonic()
        master.send(ENERGY)
        first_s, reply = None, b""
        while len(reply) < 24:
            reply += await master.hear_bytes(1)
            first_s = first_s or time.monotonic() - started
        whole_s = time.monotonic() - started
    byte_s = bits / 1200
    assert 17 * byte_s + 0.03 - 0.002 <= first_s <= 17 * byte_s + 0.5
    assert 40 * byte_s + 0.03 - 0.002 <= whole_s <= 40 * byte_s + 0.5


async def test_bytes_leave_in_chunks_not_at_once() -> None:
    async with joined(make_line(baud=1200, chunk_bytes=4)) as master:
        master.send(ENERGY)
        first = await master.hear_bytes(1)
        assert len(first) <= 8
        assert parse(first + await master.hear())[1] == 0x91


async def test_duplicate_addresses_collide_into_rubbish() -> None:
    line = make_line({"address": "1", "register_kwh": "1.11"}, {"address": "1", "register_kwh": "6.66"})
    async with joined(line) as master:
        master.send(ENERGY)
        heard = await master.hear_bytes(24)
        assert line.counts.collisions == 1
        with pytest.raises(AssertionError):
            assert value(parse(heard)[2][4:]) in (111, 666)


async def test_a_wildcard_on_a_shared_line_collides() -> None:
    line = make_line({"address": "1"}, {"address": "2"})
    async with joined(line) as master:
        master.send(frame("AAAAAAAAAAAA", 0x13))
        await master.hear_bytes(18)
        assert line.counts.collisions == 1


async def exchange(line: VirtualLine) -> bytes:
    async with joined(line) as master:
        master.send(ENERGY)
        return await master.hear()


def is_whole(heard: bytes) -> bool:
    try:
        return parse(heard)[1] == 0x91
    except (AssertionError, IndexError):
        return False


async def test_echo_comes_before_the_reply() -> None:
    heard = await exchange_bytes(LineFaults(echo=True), len(ENERGY) + 24)
    assert heard.startswith(ENERGY)
    assert is_whole(heard[len(ENERGY) :])


async def exchange_bytes(faults: LineFaults, count: int) -> bytes:
    async with joined(make_line(faults=faults)) as master:
        master.send(ENERGY)
        return await master.hear_bytes(count)


async def test_noise_comes_before_the_reply() -> None:
    heard = await exchange_bytes(LineFaults(noise=1), 25)
    assert is_whole(heard[-24:])
    assert not heard.startswith(b"\xfe\xfe\xfe\xfe\x68")


async def test_a_foreign_reply_comes_first() -> None:
    heard = await exchange_bytes(LineFaults(foreign=1), 22 + 24)
    assert parse(heard[:22])[0] != parse(heard[22:])[0] == "000000000001"


async def test_late_switching_destroys_the_head() -> None:
    heard = await exchange_bytes(LineFaults(late_switch=1), 24 - 9)
    assert len(heard) < 24
    assert is_whole(b"\xfe" * 4 + heard) == (len(heard) >= 20)


@pytest.mark.parametrize("faults", [LineFaults(flip=1), LineFaults(wrong_parity=1)])
async def test_damaged_replies_arrive_damaged(faults: LineFaults) -> None:
    heard = await exchange_bytes(faults, 24)
    assert len(heard) == 24
    assert heard != await exchange(make_line())


@pytest.mark.parametrize("faults", [LineFaults(split=1, split_ms=80), LineFaults(delay=1, delay_ms=80)])
async def test_pauses_cost_their_time_and_nothing_else(faults: LineFaults) -> None:
    started = time.monotonic()
    assert is_whole(await exchange(make_line(faults=faults)))
    assert time.monotonic() - started >= 0.08


async def test_a_lost_reply_means_that_the_meter_acted_and_a_lost_request_that_it_did_not() -> None:
    for faults, acted in ((LineFaults(loss=1), True), (LineFaults(deaf=1), False)):
        line = make_line({"relay_delay_ms": 0}, faults=faults)
        async with joined(line) as master:
            master.send(relay("1", 0x1A))
            await until(lambda line=line: line.counts.requests == 1)
            assert (not line.meters[0].relay.commanded_closed) == acted
            line.faults = LineFaults()
            master.send(ENERGY)
            assert is_whole(await master.hear())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def test_the_same_seed_makes_the_same_faults() -> None:
    faults = LineFaults(
        loss=0.2, split=0.3, noise=0.5, flip=0.5, late_switch=0.3, wrong_parity=0.2, foreign=0.2
    )

    def heard(seed: int) -> list[object]:
        dice = random.Random(seed)
        return [garble(ENERGY, faults, dice) for _ in range(50)]

    assert heard(7) == heard(7) != heard(8)


async def test_talking_into_a_reply_is_not_heard() -> None:
    line = make_line(baud=1200)
    async with joined(line) as master:
        master.send(ENERGY)
        await master.hear_bytes(1)
        master.send(read("1", "04000503"))
        await master.hear()
        assert line.counts.collisions == 1
        assert line.counts.requests == 1


async def test_unplugging_hangs_up_and_the_same_path_comes_back(tmp_path: Path) -> None:
    clock = ManualClock()
    meter = VirtualMeter(build_spec(register_kwh="4.00"), clock.now_ms())
    line = VirtualLine([meter], PtyEndpoint(tmp_path / "ttyRS485"), clock, baud=FAST)
    await line.start()
    master = Master(line)
    await line.stop()
    assert await master.hear() == b""
    assert not (tmp_path / "ttyRS485").exists()
    await line.start()
    again = Master(line)
    again.send(ENERGY)
    assert is_whole(await again.hear())
    again.close()
    await line.stop()


async def test_a_strict_line_hears_only_the_right_speed() -> None:
    line = make_line(baud=2400, strict_baud=True)
    async with joined(line) as master:
        with serial.Serial(line.address, 9600) as port:
            port.write(ENERGY)
            assert await master.silence(0.2) == b""
        with serial.Serial(line.address, 2400) as port:
            port.write(ENERGY)
            assert is_whole(await master.hear())


async def test_a_relay_moves_on_time_though_nobody_looks() -> None:
    clock = ManualClock()
    line = make_line({"relay_delay_ms": 500}, clock=clock)
    moved = asyncio.Event()
    line.meters[0].observers.append(lambda meter, event: moved.set() if event.kind == "relay" else None)
    async with joined(line) as master:
        master.send(relay("1", 0x1A))
        assert parse(await master.hear())[1] == 0x9C
        clock.at_ms += 500
        await asyncio.wait_for(moved.wait(), 60)


async def test_a_tcp_port_is_a_line_too() -> None:
    clock = ManualClock()
    line = VirtualLine([VirtualMeter(build_spec(), clock.now_ms())], TcpEndpoint(0), clock, baud=FAST)
    await line.start()
    host, port = line.address.removeprefix("socket://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(ENERGY)
    assert is_whole(await reader.readexactly(24))
    await line.stop()
    assert await read_or_reset(reader.read) == b""
    writer.close()


async def read_or_reset(reading: Callable[[], Awaitable[bytes]]) -> bytes:
    try:
        return await reading()
    except ConnectionError:
        return b""


async def test_a_full_wire_forgets_instead_of_blocking() -> None:
    endpoint = PtyEndpoint()
    await endpoint.plug(lambda data: None)
    for _ in range(100):
        endpoint.send(bytes(1000))
    await endpoint.unplug()
    endpoint.send(b"nobody")
