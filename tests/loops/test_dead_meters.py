"""Meters that die take no turns from those that live: the real loops, journal and bus on virtual time, a line of 2400 baud."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.adapters.journal_store.journal import SqliteJournal
from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import PortSettings, open_line
from gateway.application.alarms import station
from gateway.application.boot import boot
from gateway.application.configure import apply_configure
from gateway.application.grant import apply_grant
from gateway.application.ports import StoreFull
from gateway.application.post_reading import post_reading
from gateway.application.relay_state import relay_of
from gateway.contract.commands import Configure, Grant, Opening
from gateway.contract.facts import Instant, RelayVerdict
from gateway.contract.rules import PolicyRule
from gateway.domain.reading import MeterReading
from gateway.loops.drive_relays import RelayDriver
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.poll_meters import LinePoller
from gateway.loops.signals import Signals
from gateway.loops.watch_meters import MeterWatcher
from gateway.protocols.meters import make_driver
from tests.application.site import PRICE, START_MS, YUAN, room, tie
from tests.virtual_time import VirtualLoop

BAUD = 2400
LIVE = [str(number) for number in range(101, 121)]
MORTAL = [str(number) for number in range(901, 911)]
ENERGY, CURRENT = "00010000", "02020100"
ANSWERS = {CURRENT: bytes(3), "04000503": bytes(2), "02030000": bytes(3)}
"""Current, status word 3 (closed) and power by their data identifier; anything else but the register is refused."""
DEATH_S, STALE_S, END_S = 120, 1_200, 2_100
"""They die, their proofs are stale, and a quarter of an hour was watched."""
T = TypeVar("T")


class SimulatedLine:
    """A port of meters that answer at the pace of the wire; the dead ones don't."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.reads: Counter[str] = Counter()

    async def open(self, settings: PortSettings, protocol: asyncio.Protocol) -> "SimulatedLine":
        self._protocol = protocol
        protocol.connection_made(self)  # type: ignore[arg-type]
        return self

    def write(self, request: bytes) -> None:
        frame = request.lstrip(b"\xfe")
        address, item = frame[1:7], bytes((byte - 0x33) & 0xFF for byte in frame[10:14])
        number, name = str(int(address[::-1].hex())), item[::-1].hex()
        if number in self.dead:
            return
        self.reads[number] += name == ENERGY
        value = bytes.fromhex("00001000")[::-1] if name == ENERGY else ANSWERS.get(name)
        code, data = (0xD1, b"\x02") if value is None else (0x91, item + value)
        reply = b"\x68" + address + bytes([0x68, code, len(data)]) + bytes((b + 0x33) & 0xFF for b in data)
        reply += bytes([sum(reply) & 0xFF, 0x16])
        takes_s = (len(request) + len(reply)) * 11 / BAUD + 0.05
        asyncio.get_running_loop().call_later(takes_s, self._protocol.data_received, reply)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    async def wait_closed(self, limit_s: float) -> None:
        pass


class LoopClock:
    """The loop's virtual time."""

    def now(self) -> Instant:
        ms = int(asyncio.get_running_loop().time() * 1000)
        return Instant("boot", 1_000 + ms, START_MS + ms, True)

    line_now = now


class PlainStore:
    """The journal without a thread of its own, whose waits virtual time would jump over."""

    trouble: StoreFull | None = None

    def __init__(self, folder: Path) -> None:
        self._journal = SqliteJournal(folder / "journal.db")

    async def run(self, use_case: Callable[[SqliteJournal], T]) -> T:
        result = self._journal.perform(use_case)
        self._journal.commit()
        await asyncio.sleep(0)
        return result


async def furnish(store: PlainStore, clock: LoopClock, numbers: list[str]) -> None:
    """Rooms with money, and a first reading of each."""
    await store.run(lambda journal: boot(journal, "g1", clock.now()))
    opening = Opening((await store.run(station)).epoch, [], {}, [])
    rooms, ties = [room(f"a{n}") for n in numbers], [tie(f"a{n}", f"m{n}") for n in numbers]
    policy = PolicyRule(new_account_grace_s=0, restore_gap_ms=0)
    body = Configure(1, rooms, ties, [PRICE], policy, opening, [])
    await store.run(lambda journal: apply_configure(journal, body, clock.now()))
    for number in numbers:
        grant = Grant(f"g{number}", f"a{number}", "paid", "yuan", 500 * YUAN)
        await store.run(lambda journal, grant=grant: apply_grant(journal, grant, clock.now()))
        reading = MeterReading(f"m{number}", 10_000, raw=b"x")
        for _ in range(2):
            await store.run(lambda journal, reading=reading: post_reading(journal, reading, clock.now()))


async def live_and_die(folder: Path) -> None:
    loop, clock, store, line = asyncio.get_running_loop(), LoopClock(), PlainStore(folder), SimulatedLine()
    numbers = LIVE + MORTAL
    await furnish(store, clock, numbers)
    bus = open_line("a", "/simulated", BAUD, "E", opener=line.open)
    bus.start()
    model = read_models()["generic-dlt645-2007"]
    fleet, signals, clocks = Fleet(), Signals(), MeterClocks(480)
    fleet.replace(FleetMeter(f"m{n}", make_driver(model, n, baud=BAUD), bus, "m", 10**9, 10) for n in numbers)
    moved_s, stood_s = dict.fromkeys(("line", "meters", "relays"), 0.0), 0.0

    def progress_of(name: str) -> Callable[[], None]:
        def progress() -> None:
            nonlocal stood_s
            stood_s = max(stood_s, loop.time() - moved_s[name])
            moved_s[name] = loop.time()

        return progress

    loops = [
        LinePoller(bus, fleet, store, clock, clocks, signals, progress_of("line")),
        MeterWatcher(store, clock, fleet, clocks, progress_of("meters")),
        RelayDriver(fleet, store, clock, clocks, signals, progress_of("relays")),
    ]
    tasks = [asyncio.create_task(one.run()) for one in loops]

    async def verdicts(of: list[str]) -> set[RelayVerdict]:
        return {await store.run(lambda journal, n=n: relay_of(journal, f"m{n}").verdict) for n in of}

    async def until(instant_s: float) -> None:
        await asyncio.sleep(instant_s - loop.time())

    await until(DEATH_S)
    assert await verdicts(numbers) == {RelayVerdict.CONFIRMED}
    line.dead.update(MORTAL)
    await until(STALE_S)
    assert await verdicts(MORTAL) == {RelayVerdict.UNKNOWN}
    before = line.reads.copy()
    await until(END_S)
    least = min(line.reads[number] - before[number] for number in LIVE)
    assert least >= 90, "every ten seconds"
    assert await verdicts(LIVE) == {RelayVerdict.CONFIRMED}
    line.dead.clear()
    await until(END_S + 330)
    assert await verdicts(MORTAL) == {RelayVerdict.CONFIRMED}, "found again, and looked at soon"
    assert stood_s <= 60

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bus.close()


def test_ten_dead_meters_leave_the_line_to_twenty_live_ones_at_2400(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(live_and_die(tmp_path))
