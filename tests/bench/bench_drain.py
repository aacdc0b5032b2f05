"""`make bench-drain`: 72 hours of 208 meters, gathered without central, drained while polling goes on; and a restart on it.

    python -m tests.bench.bench_drain [--hours 72]

Real: the journal with its writer thread, the drain and command loops, the MQTT client, Mosquitto. A stand-in: central, which stores
each batch in SQLite (FULL) and then acknowledges (`central_standin`), in a process of its own. The hours are filled as the daemon
fills them (a row of readings each 25 s, a settlement per room and hour), by the use cases where money is meant; readings alone go
straight into the outbox, so that filling takes a minute. Polling is 208 readings booked at the pace of a line at 9600 baud.
Before that the real daemon is started on this journal and killed (-9), some times: from the process's start, its imports included,
to the first question that a meter hears.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from gateway.adapters.journal_store import JournalStore
from gateway.adapters.mqtt_session import Broker
from gateway.adapters.mqtt_uplink import Uplink
from gateway.adapters.system_clock import SystemClock
from gateway.application.boot import boot
from gateway.application.outbox import depth
from gateway.application.post_reading import post_reading
from gateway.application.settle_due import settle_due
from gateway.config.schema import Polling
from gateway.contract.commands import CENTRAL, PolicyRule
from gateway.contract.envelope import keyring_from_hex, seal
from gateway.contract.facts import Birth, ReadingOutcome, ReadingRow
from gateway.contract.topics import BIRTH
from gateway.domain.reading import MeterReading
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.signals import Signals
from tests.application.site import HOUR_MS, Site, room, tie
from tests.bench.bench_poll import Daemon, line_specs
from tests.bench.figures import Figures
from tests.bench.meters_process import MetersProcess, exchanges
from tests.brokers import Mosquitto
from tests.free_ports import free_port
from tests.simulate.link import GATEWAY, signer

METERS = 208
COMMIT_EVERY_MS = 1000 * Polling().readings_commit_s
SWEEP_MS = 15_000
"""208 meters at 9600 baud (performance.md)."""
PER_COMMIT = METERS * COMMIT_EVERY_MS // SWEEP_MS
DRAIN_GOAL_S = 180.0
START_GOAL_S = 3.0
STARTS = 5
LINES = 8
SHORTEST_LOOK_S = 15.0
"""The pace of polling is looked at for a sweep at least."""


class Lonely(Site):
    """A building that nobody hears."""

    def fill(self, hours: int) -> None:
        self.wall_ms = time.time_ns() // 1_000_000 - hours * HOUR_MS
        names = [f"a{n}" for n in range(METERS)]
        ties = [tie(name, f"m{name[1:]}") for name in names]
        self.configure(*map(room, names), bindings=ties, policy=PolicyRule(new_account_grace_s=0))
        for name in names:
            self.grant(f"g-{name}", 900_000_000, account=name)
        for hour in range(hours):
            self._an_hour(1_000_000 + 300 * hour)

    def _an_hour(self, register_wh: int) -> None:
        for commit in range(HOUR_MS // COMMIT_EVERY_MS):
            self.wait(COMMIT_EVERY_MS)
            for place in range(PER_COMMIT):
                number = (commit * PER_COMMIT + place) % METERS
                self.journal.perform(lambda journal, n=number: journal.add_reading(self._row(n, register_wh)))
            self.journal.commit()
        for number in range(METERS):
            self.look(register_wh + 300, f"m{number}")
        self.do(settle_due)
        self.journal.commit()

    def _row(self, number: int, register_wh: int) -> ReadingRow:
        return ReadingRow(f"m{number}", self.wall_ms, register_wh, 412, 1_890, True, ReadingOutcome.ADVANCED)


class Draining:
    """The daemon's parts that a drain needs, and a poller at a line's pace."""

    def __init__(self, folder: Path, port: int) -> None:
        self.signals, self.clock = Signals(), SystemClock()
        self.store = JournalStore(folder / "journal.db", on_commit=self.signals.outbox.set)
        key = signer(2)
        broker = Broker(
            host="127.0.0.1", port=port, username=None, password=None, tls=False, ca_file=None,
            certificate_file=None, key_file=None, reconnect_min_ms=100, reconnect_max_ms=1_000,
        )  # fmt: skip
        self.uplink = Uplink(broker, GATEWAY, self.clock.boot, self._birth)
        self.drain = OutboxDrain(GATEWAY, key, self.uplink, self.store, self.clock, self.signals, _nothing)
        ring = keyring_from_hex([signer(1).private_key.public_key().public_bytes_raw().hex()])
        self.receiver = CommandReceiver(
            GATEWAY, ring, lambda *_: False, key, self.uplink, self.store, self.clock,
            self.clock.heard_central, self.drain, self.signals,
        )  # fmt: skip
        self.booked: list[float] = []

    async def _birth(self) -> bytes:
        birth = Birth(self.clock.boot, "", "bench", 0, 0, 0, [])
        return seal(
            signer(2), kind=BIRTH, sender=GATEWAY, recipient=CENTRAL, message_id="b", issued_ms=0,
            body=msgspec.json.encode(birth),
        )  # fmt: skip

    async def poll(self) -> None:
        """Book 208 readings per sweep of the wire; remember how long each took."""
        pace_s, loop, due_s = (
            SWEEP_MS / METERS / 1000,
            asyncio.get_running_loop(),
            asyncio.get_running_loop().time(),
        )
        number, register_wh = 0, 1_000_000 + 300 * 80
        while True:
            due_s += pace_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            reading = MeterReading(f"m{number}", register_wh, raw=os.urandom(24))
            now, began_s = self.clock.now(), loop.time()
            await self.store.run(lambda journal, r=reading, t=now: post_reading(journal, r, t))
            self.booked.append(loop.time() - began_s)
            number = (number + 1) % METERS
            register_wh += 10 * (number == 0)

    async def waiting(self) -> int:
        return (await self.store.run(depth)).rows


def _nothing() -> None:
    pass


async def restart(folder: Path, figures: Figures) -> None:
    """Start the daemon's process on the gathered journal, nobody behind the broker's port, and kill it once a meter was asked."""
    folder = folder.absolute()
    specs = line_specs(LINES, METERS // LINES, 9600)
    with MetersProcess(specs) as meters:
        daemon = Daemon(folder, free_port(), gateway=GATEWAY, data=folder)
        daemon.enter(meters.ports, specs)
        starts = [await _first_poll_s(daemon, meters) for _ in range(STARTS)]
    figures.at_most(
        "restart after kill -9: process, imports, journal, first poll",
        max(took_s for took_s, _ in starts),
        START_GOAL_S,
        " s",
        f"slowest of {STARTS}, quickest {min(starts)[0]:.2f} s; {min(cpu_s for _, cpu_s in starts):.2f} s of processor",
    )


async def _first_poll_s(daemon: Daemon, meters: MetersProcess) -> tuple[float, float]:
    """Give what passed until a meter was asked, and the daemon's processor time in it."""
    before, began_s = meters.count(), time.monotonic()
    process = await daemon.spawn()
    try:
        while exchanges(before, meters.count()) == 0:
            assert process.returncode is None, daemon.log_text()
            await asyncio.sleep(0.01)
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return time.monotonic() - began_s, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        await daemon.kill()


async def drain(folder: Path, port: int, figures: Figures) -> None:
    began_s = time.monotonic()
    parts = Draining(folder, port)
    async with parts.store:
        now = parts.clock.now()
        await parts.store.run(lambda journal: boot(journal, GATEWAY, now))
        reading = MeterReading("m0", 1_000_000 + 300 * 79, raw=b"x")
        await parts.store.run(lambda journal: post_reading(journal, reading, parts.clock.now()))
        figures.at_most(
            "start: journal opened, checked, booted, first reading booked",
            time.monotonic() - began_s,
            START_GOAL_S,
            " s",
        )
        rows = await parts.waiting()
        tasks = [
            asyncio.create_task(work) for work in (parts.poll(), parts.drain.run(), parts.receiver.run())
        ]
        began_s, cpu_s = time.monotonic(), time.process_time()
        await parts.uplink.start()
        while await parts.waiting() > 50 and time.monotonic() - began_s < 4 * DRAIN_GOAL_S:
            await asyncio.sleep(0.25)
        took_s = time.monotonic() - began_s
        await asyncio.sleep(max(0.0, SHORTEST_LOOK_S - took_s))
        polled_s = time.monotonic() - began_s
        used = (time.process_time() - cpu_s) / took_s
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await parts.uplink.stop()
    figures.at_most(
        "drained",
        took_s,
        DRAIN_GOAL_S,
        " s",
        f"{rows} rows, {rows / took_s:.0f} rows/s, {used:.0%} of a core",
    )
    pace = len(parts.booked) / polled_s * SWEEP_MS / 1000 / METERS
    figures.at_least("polling meanwhile: share of the wire's pace", pace, 0.97)
    booked = sorted(parts.booked)
    figures.note("a reading booked meanwhile, p99", f"{1000 * booked[len(booked) * 99 // 100]:.0f} ms")
    figures.note("batches sent again", str(parts.drain.sent_again))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--hours", type=int, default=72)
    options = arguments.parse_args()
    figures = Figures("bench-drain")
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder, port = Path(name), free_port()
        began_s = time.monotonic()
        site = Lonely(folder / "journal.db")
        site.fill(options.hours)
        readings = options.hours * HOUR_MS // COMMIT_EVERY_MS * PER_COMMIT
        site.journal.close()
        size = (folder / "journal.db").stat().st_size
        figures.note(
            "gathered",
            f"{readings} readings",
            f"{size / 1e6:.0f} MB, filled in {time.monotonic() - began_s:.0f} s",
        )
        broker = Mosquitto(folder, port, ["set_tcp_nodelay true"])
        broker.start()
        command = [sys.executable, "-m", "tests.bench.central_standin", str(port), str(folder / "central.db")]
        central = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert central.stdout is not None
        central.stdout.readline()
        try:
            asyncio.run(restart(folder, figures))
            asyncio.run(drain(folder, port, figures))
        finally:
            central.terminate()
            central.wait()
            broker.kill()
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
