"""How much of the wire the gateway uses, and what that costs: the whole daemon, and the serial bus alone.

    make bench-poll            all of it, about ten minutes
    make bench-poll SHORT=1    moments, to see that it works

The daemon is the real process with its store, its outbox and a broker; central acknowledges what comes. The meters answer at the
pace of the wire from another process (tests/bench/responder). "Share of the wire" is the time that bytes and the meters' own
turn-round fill, of all time that passes, over eight lines; a bare asyncio loop on the descriptor shows what this machine allows.
"""

import argparse
import asyncio
import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.protocols.dlt645 import functions
from tests.app.station import Central, Station, central_for, rooms
from tests.bench.figures import Figures
from tests.bench.masters import Master, Pace, bare, bare_requests, our_bus, pace_of, peer_pymodbus
from tests.bench.meters_process import MetersProcess, exchanges, share_of_wire
from tests.bench.responder import LineSpec, MeterSpec
from tests.brokers import MOSQUITTO, start_amqtt, start_mosquitto
from tests.free_ports import free_port

MODEL = "generic-dlt645-2007"
LINES = 8
SETTLE_S = 20.0
"""After the first sweep: identities asked, preambles tried."""


@dataclass(frozen=True)
class Size:
    """How long and how large a run is."""

    meters: int = 26
    """Per line; eight lines make 208."""
    paced_s: float = 60.0
    fast_s: float = 5.0
    rounds: int = 3
    dead_known_s: float = 260.0
    dead_s: float = 240.0
    many_meters: int = 600
    transactions: int = 100_000
    settle_s: float = SETTLE_S
    bauds: tuple[int, ...] = (2400, 9600)


SHORT = Size(3, 2.0, 0.3, 1, 6.0, 4.0, 16, 500, 1.0, (9600,))


def rss_mb(pid: int) -> float:
    """Resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@functools.cache
def as_installed() -> dict[str, str]:
    """The environment of a daemon whose bytecode lies ready, as pip leaves it: to compile is work and memory of the first start."""
    folder = Path(tempfile.gettempdir()) / f"cardroom-bench-bytecode-{os.getuid()}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder)
    subprocess.run(
        [sys.executable, "-m", "gateway", "run", "--help"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return environment


def line_specs(lines: int, meters: int, baud: int) -> list[LineSpec]:
    """Lines of living meters, each with a kilowatt on it."""
    return [
        LineSpec(
            [MeterSpec(str(100 * line + number), loads=[(0, 1000)]) for number in range(1, meters + 1)], baud
        )
        for line in range(lines)
    ]


@contextlib.asynccontextmanager
async def broker_in(folder: Path) -> AsyncIterator[int]:
    port = free_port()
    if MOSQUITTO is None:
        async with start_amqtt(port):
            yield port
    else:
        folder.mkdir()
        with start_mosquitto(folder, port):
            yield port


class Daemon(Station):
    """The daemon as a station has it, asking a bench's meters without a pause."""

    module = "gateway"

    def write_config(self, port: int, extra: str = "") -> None:
        super().write_config(port, extra)
        text = self.config.read_text().replace("pause_ms = 50\n", "pause_ms = 0\n")
        self.config.write_text(text.replace("readings_commit_s = 1\n", ""))

    def enter(self, ports: list[str], specs: list[LineSpec]) -> list[str]:
        """Enter lines and meters in the registry; give the meters' names."""
        registry = RegistryStore(self.data, read_models())
        rows = []
        for number, (port, spec) in enumerate(zip(ports, specs, strict=True)):
            name = f"line{number}"
            assert registry.add_line(LineRow(name, port, spec.baud or 115_200, "E")) is None
            rows += [MeterRow(f"m{meter.address}", name, meter.address, MODEL) for meter in spec.meters]
        assert registry.add_meters(rows) == []
        return [row.meter_number[1:] for row in rows]

    async def spawn(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            self.log_from = log.tell()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, "run", "--config", str(self.config),
                stdout=log, stderr=log, env=as_installed(),
            )  # fmt: skip
        return self.process

    @property
    def rss_mb(self) -> float:
        assert self.process is not None
        return rss_mb(self.process.pid)


class SlowDaemon(Daemon):
    """The same on a disk whose every sync takes 100 ms longer."""

    module = "tests.bench.slow_disk"


@contextlib.asynccontextmanager
async def running(kind: type[Daemon], ports: list[str], specs: list[LineSpec]) -> AsyncIterator[Daemon]:
    """A daemon that bills every meter, with central behind a broker."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = await stack.enter_async_context(broker_in(folder / "broker"))
        daemon = kind(folder, port)
        stack.push_async_callback(daemon.kill)
        names = daemon.enter(ports, specs)
        central: Central = await stack.enter_async_context(central_for(daemon, port))
        await daemon.start()
        await central.configure(*rooms(*names))
        for name in names:
            daemon_grants = central.grant(f"g{name}", f"a{name}", 500)
            await daemon_grants
        yield daemon


async def until_settled(meters: MetersProcess, settle_s: float) -> None:
    """Wait until every meter was asked some times, and a while longer."""
    while True:
        counts = meters.count()
        answered = [meter["answered"] for line in counts["lines"] for meter in line["meters"].values()]
        if min(answered) >= 6:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(settle_s)


async def daemon_share(kind: type[Daemon], size: Size, baud: int) -> tuple[float, str]:
    """The share of eight wires that the whole daemon uses, and what else was seen."""
    specs = line_specs(LINES, size.meters, baud)
    with MetersProcess(specs) as meters:
        async with running(kind, meters.ports, specs) as daemon:
            await until_settled(meters, size.settle_s)
            before = meters.go()
            await asyncio.sleep(size.paced_s)
            after = meters.count()
            resident = daemon.rss_mb
    woken = sum(
        b["with_preamble"] - a["with_preamble"] for a, b in zip(before["lines"], after["lines"], strict=True)
    )
    said = exchanges(before, after)
    late_ms = 1000 * sum(
        b["lag_s"] - a["lag_s"] for a, b in zip(before["lines"], after["lines"], strict=True)
    )
    late = f"meters {late_ms / max(1, said):.2f} ms late each"
    seen = f"{said / size.paced_s:.0f} exchanges/s, {woken} woken, {late}, {resident:.0f} MB"
    return share_of_wire(before, after), seen


async def bare_share(size: Size, baud: int) -> float:
    """What a loop that does nothing but ask and listen reaches with the same meters."""
    specs = line_specs(LINES, size.meters, baud)
    with MetersProcess(specs) as meters:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + size.paced_s / 3
        before = meters.go()
        talks = [
            bare_requests(
                port, [functions.read(m.address.zfill(12), "00010000", 0) for m in spec.meters], 20, until_s
            )
            for port, spec in zip(meters.ports, specs, strict=True)
        ]
        await asyncio.gather(*talks)
        return share_of_wire(before, meters.count())


async def paced(figures: Figures, size: Size) -> None:
    for baud in size.bauds:
        limit = await bare_share(size, baud)
        share, seen = await daemon_share(Daemon, size, baud)
        figures.at_least(
            f"share of the wire, whole daemon, 8 lines, {baud}",
            share,
            0.975,
            "",
            f"bare asyncio {limit:.3f}; {seen}",
        )
    baud = size.bauds[-1]
    share, seen = await daemon_share(SlowDaemon, size, baud)
    figures.at_least(f"the same with 100 ms more in every sync, {baud}", share, 0.97, "", seen)


async def fast(figures: Figures, size: Size) -> None:
    """The bus alone on meters that answer at once; the masters take turns, and the best round counts.

    The bus and the bare loop speak DL/T 645, which asks for no silence; pymodbus leaves out the 3.5 characters of Modbus RTU.
    """
    meters_of_a_line = [MeterSpec(str(n)) for n in range(1, 9)]
    specs = {
        "dlt645": [LineSpec(meters_of_a_line) for _ in range(LINES)],
        "modbus": [LineSpec(meters_of_a_line, protocol="modbus") for _ in range(LINES)],
    }
    masters: dict[str, tuple[Master, str]] = {
        "bare": (bare, "dlt645"),
        "bus": (our_bus, "dlt645"),
        "pymodbus": (peer_pymodbus, "modbus"),
    }
    for lines in (1, LINES):
        best: dict[str, Pace] = {}
        for _ in range(size.rounds):
            for name, (master, protocol) in masters.items():
                with MetersProcess(specs[protocol][:lines]) as meters:
                    pace = await pace_of(master, meters.ports, 0, 8, size.fast_s)
                if name not in best or pace.per_s > best[name].per_s:
                    best[name] = pace
        say = ", ".join(f"{name} {pace.per_s:.0f}/s {pace.cpu_ms:.3f} ms" for name, pace in best.items())
        ours, peer = best["bus"], best["pymodbus"]
        if lines == LINES:
            figures.at_least(
                "bus alone, 8 lines, beside bare", ours.per_s / best["bare"].per_s, 0.5, " x", say
            )
        else:
            figures.note("bus alone, 1 line, beside bare", f"{ours.per_s / best['bare'].per_s:.2f} x", say)
        figures.at_least(f"bus alone, {lines} lines, beside pymodbus", ours.per_s / peer.per_s, 1.2, " x")
        figures.at_most(
            f"its processor time, {lines} lines, beside pymodbus", ours.cpu_ms / peer.cpu_ms, 0.8, " x"
        )


async def dead(figures: Figures, size: Size) -> None:
    """Two lines side by side, one of them with three that died with a wish for their relay, once their silence is known."""
    count = max(4, min(32, size.meters + 6))
    specs = line_specs(2, count, 9600)
    for number in (3, count // 2, count - 2):
        specs[1].meters[number].dies = True
    with MetersProcess(specs) as meters:
        async with running(Daemon, meters.ports, specs):
            await until_settled(meters, size.settle_s)
            meters.go()
            await asyncio.sleep(size.dead_known_s)
            before = meters.count()
            await asyncio.sleep(size.dead_s)
            after = meters.count()
    shares = []
    for place in range(2):
        one = {"at_s": before["at_s"], "lines": [before["lines"][place]]}
        other = {"at_s": after["at_s"], "lines": [after["lines"][place]]}
        shares.append(share_of_wire(one, other))
    unheard = after["lines"][1]["unheard"] - before["lines"][1]["unheard"]
    what = f"3 dead meters of {count}: line time lost once known"
    lost = 100 * (1 - shares[1] / shares[0])
    seen = f"share {shares[0]:.3f} without, {shares[1]:.3f} with them; {unheard} questions unheard"
    if size is SHORT:  # a silence is not known so soon
        figures.note(what, f"{lost:.4g} %", seen)
    else:
        figures.at_most(what, lost, 2, " %", seen)


async def memory(figures: Figures, size: Size) -> None:
    """Resident memory: with nothing to do, with many meters, and what many transactions add."""
    async with running(Daemon, [], []) as daemon:
        await asyncio.sleep(min(10.0, size.settle_s))
        figures.at_most("resident, idle", daemon.rss_mb, 50, " MB")
    specs = line_specs(LINES, size.many_meters // LINES, 0)
    with MetersProcess(specs) as meters:
        async with running(Daemon, meters.ports, specs) as daemon:
            await until_settled(meters, size.settle_s)
            figures.at_most(f"resident, {size.many_meters} meters", daemon.rss_mb, 65, " MB")
            before, began_mb = meters.count(), daemon.rss_mb
            while (said := exchanges(before, meters.count())) < size.transactions:
                await asyncio.sleep(0.2)
            passed_s = meters.count()["at_s"] - before["at_s"]
            figures.at_most(
                f"growth over {size.transactions} transactions",
                daemon.rss_mb - began_mb,
                1,
                " MB",
                f"{said / passed_s:.0f} transactions/s with store and outbox",
            )


PARTS = {"paced": paced, "fast": fast, "dead": dead, "memory": memory}


async def run(size: Size, parts: list[str]) -> int:
    figures = Figures("bench-poll")
    for name in parts:
        await PARTS[name](figures, size)
    return figures.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="moments, to see that it works")
    parser.add_argument("parts", nargs="*", help=f"only these of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    return asyncio.run(run(SHORT if arguments.short else Size(), arguments.parts or list(PARTS)))


if __name__ == "__main__":
    sys.exit(main())
