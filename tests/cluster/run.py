"""`make cluster`: three brokers, two ingest workers and a spare one, a PostgreSQL primary and its replica, stopped one at a time.

    python -m tests.cluster.run [--buildings 6] [--rooms 8] [--keep]

Everything is on loopback. Under load (each building posts a sweep a second, two desks sell) each part is killed without warning and
started again. Afterwards every gateway's journal is compared with central's books: nothing may be lost, nothing doubled.
"""

import argparse
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figures
from tests.brokers import Mosquitto, start_mosquitto
from tests.central.private_postgresql import Unavailable
from tests.cluster.campus_of_many import ROOT, Central, make
from tests.cluster.database_pair import DatabasePair
from tests.cluster.desks import DESKS
from tests.free_ports import free_port

WORKERS = 2
WARM_S, DOWN_S, CALM_S = 6.0, 6.0, 3.0
SEEN_AFTER_S = 1.0
"""Whoever watches the primary, a person or a program, needs a moment to be sure; here it is one second."""
DESK_PAUSE_S = 0.25
RECOVERED_WITHIN_S = 90.0
RECOVERY_GOAL_S = 30.0
"""From the kill to the last row of before it, the time that a part is left dead and a Python process's start included."""


class Listening:
    """A process that prints JSON lines, read as they come; it ends when its standard input is closed."""

    def __init__(self, environment: dict[str, str], log: Path, *arguments: str) -> None:
        self.lines: list[dict] = []
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.startswith("{"):
                self.lines.append(json.loads(line))

    def last(self) -> dict:
        return self.lines[-1] if self.lines else {}

    def end(self) -> int:
        """Close its input and wait for its end; give its exit code."""
        self._process.stdin.close()
        self._reader.join(180)
        return self._process.wait(30)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()


class Cluster:
    """All that runs, and what can be stopped of it."""

    def __init__(self, folder: Path, buildings: int, rooms: int) -> None:
        self.folder, self.gateways = folder, folder / "gateways"
        self.gateways.mkdir()
        self.pair = DatabasePair()
        self.ports = [free_port() for _ in range(3)]
        self.brokers: list[Mosquitto] = []
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.buildings: Listening | None = None
        self.desks: Listening | None = None
        self.central = Central(folder / "central", self.pair.addresses())
        self._size = buildings, rooms

    def begin(self) -> None:
        """Make and start everything; the load begins when every gateway was heard."""
        self.central.folder.mkdir()
        make(self.central, self.gateways, *self._size, self.ports)
        self.pair.begin_replica()
        for port in self.ports:
            place = self.folder / f"broker-{port}"
            place.mkdir()
            self.brokers.append(start_mosquitto(place, port))
        for number in range(1, WORKERS + 1):
            self.start_worker(f"worker {number}")
        environment, log = self.central.environment, self.folder
        self.buildings = Listening(
            environment, log / "buildings.log", "tests.cluster.buildings", str(self.gateways)
        )
        _until(lambda: self._all_acked(), "every gateway is heard")
        self.start_worker("spare of worker 1")
        self.desks = Listening(environment, log / "desks.log", "tests.cluster.desks", str(DESK_PAUSE_S))
        _until(lambda: len(self.desks.lines) >= DESKS, "both desks sell")

    def start_worker(self, name: str) -> None:
        number = name.rpartition(" ")[2]
        brokers = [word for port in self.ports for word in ("--mqtt-broker", f"127.0.0.1:{port}")]
        log = self.folder / f"{name.replace(' ', '-')}.log"
        self.workers[name] = self.central.start(log, "ingest", "--worker", f"{number}/{WORKERS}", *brokers)

    def kill_worker(self, name: str) -> None:
        self.workers[name].kill()
        self.workers[name].wait()

    def fail_over(self) -> None:
        """The primary dies; after a moment the replica takes over."""
        self.pair.primary.stop_at_once()
        time.sleep(SEEN_AFTER_S)
        self.pair.replica_takes_over()

    def go_on_alone(self) -> None:
        """The replica dies; after a moment the primary is told to wait for it no longer."""
        self.pair.replica.stop_at_once()
        time.sleep(SEEN_AFTER_S)
        self.pair.primary.wait_for(None)

    def depths(self) -> dict[str, tuple[int, int]]:
        return {name: tuple(depth) for name, depth in self.buildings.last().get("depths", {}).items()}

    def _all_acked(self) -> bool:
        return bool(self.depths()) and all(acked > 0 for _, acked in self.depths().values())

    def close(self) -> None:
        for listening in (self.desks, self.buildings):
            if listening is not None:
                listening.kill()
        for process in self.workers.values():
            process.kill()
        for broker in self.brokers:
            broker.kill()
        self.pair.close()


def _until(true: Callable[[], object], what: str, within_s: float = RECOVERED_WITHIN_S) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        if time.monotonic() > give_up:
            raise RuntimeError(f"never: {what}")
        time.sleep(0.05)


def phase(
    cluster: Cluster, figures: Figures, what: str, stop: Callable[[], None], start: Callable[[], None]
) -> None:
    """Stop a part, start it again, and wait until all that was written by then is acknowledged and the desks sell."""
    before, stopped_s = cluster.depths(), time.monotonic()
    stop()
    written = {name: depth[0] for name, depth in cluster.depths().items()}
    recovered: dict[str, float] = {}
    started = False

    def look() -> bool:
        nonlocal started
        if not started and time.monotonic() - stopped_s > DOWN_S:
            started = True
            start()
        depths = cluster.depths()
        if "rows" not in recovered and all(depths[name][1] >= seq for name, seq in written.items()):
            recovered["rows"] = time.monotonic() - stopped_s
        if "desks" not in recovered and any(line["began"] > stopped_s for line in cluster.desks.lines[-4:]):
            recovered["desks"] = time.monotonic() - stopped_s
        return started and len(recovered) == 2

    _until(look, f"{what}: recovered")
    time.sleep(CALM_S)
    after = cluster.depths()
    sent = sum(after[name][0] - before[name][0] for name in after)
    acked = sum(after[name][1] - before[name][1] for name in after)
    beside = f"{sent} rows sent, {acked} acknowledged meanwhile; a desk's next sale after {recovered['desks']:.1f} s"
    figures.at_most(f"{what}: all rows taken after", recovered["rows"], RECOVERY_GOAL_S, " s", beside)


def _phases(cluster: Cluster, figures: Figures) -> None:
    for number, broker in enumerate(cluster.brokers, start=1):
        phase(cluster, figures, f"broker {number} killed", broker.kill, broker.start)
    for number, how in ((1, "its spare takes over"), (2, "its share waits")):
        name = f"worker {number}"
        phase(
            cluster, figures, f"{name} killed, {how}",
            lambda name=name: cluster.kill_worker(name), lambda name=name: cluster.start_worker(name),
        )  # fmt: skip
    phase(
        cluster,
        figures,
        "replica killed, primary goes on alone",
        cluster.go_on_alone,
        cluster.pair.begin_replica,
    )
    phase(cluster, figures, "primary killed, replica promoted", cluster.fail_over, cluster.pair.begin_replica)


def _compare(cluster: Cluster, figures: Figures) -> None:
    desk_code, building_code = cluster.desks.end(), cluster.buildings.end()
    figures.at_most("processes of the load that failed", int(desk_code != 0) + int(building_code != 0), 0)
    found = json.loads(
        cluster.central.module("tests.cluster.comparison", str(cluster.gateways)).splitlines()[-1]
    )
    told = [line["paid"] for line in cluster.desks.lines]
    again = sum(line["tries"] - 1 for line in cluster.desks.lines)
    beside = f"{found['sent']} sent, {found['stored']} stored; {found['readings']} readings, {found['entries']} entries in them"
    figures.at_most("rows lost", found["lost"], 0, "", beside)
    figures.at_most("rows doubled", found["doubled"], 0)
    figures.at_most("rows in quarantine", found["quarantined"], 0)
    lost = len(set(told) - set(found["paid"]))
    figures.at_most(
        "payments lost that a cashier was told of", lost, 0, "", f"{len(told)} told, {again} tried again"
    )
    figures.at_most("payments doubled", len(found["paid"]) - len(set(told)), 0)
    missing = found["issued"] - found["applied"]
    beside = f"{found['issued']} issued, {found['applied']} credited, {found['proved']} proved to central"
    figures.at_most("grants not credited", missing + found["issued"] - found["proved"], 0, "", beside)
    figures.at_most("grants credited twice, or never given", found["applied_twice"], 0)
    differing = [
        name for name in found["alarms"] if name in ("balance-differs", "row-differs", "grant-twice")
    ]
    figures.at_most("alarms about the books", len(differing), 0, "", ", ".join(found["alarms"]))
    verified = "holds" if _verify(cluster) else "does not hold"
    figures.at_most("the books' proof fails", int(verified != "holds"), 0, "", "cardroom-central verify")


def _verify(cluster: Cluster) -> bool:
    try:
        cluster.central.run("verify")
    except RuntimeError as error:
        print(error)
        return False
    return True


@contextlib.contextmanager
def _folder(*, keep: bool) -> Iterator[str]:
    name = tempfile.mkdtemp(prefix="cluster-")
    try:
        yield name
    finally:
        if keep:
            print(f"kept: {name}")
        else:
            shutil.rmtree(name, ignore_errors=True)


def main() -> int:
    """Run it once; exit code 0 only if every goal is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--buildings", type=int, default=6)
    parser.add_argument("--rooms", type=int, default=8)
    parser.add_argument("--keep", action="store_true", help="keep the folder with journals and logs")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    figures = Figures("CLUSTER")
    with _folder(keep=options.keep) as name:
        try:
            cluster = Cluster(Path(name), options.buildings, options.rooms)
        except Unavailable as reason:
            figures.at_least(f"PostgreSQL: not tried ({reason})", 0, 1)
            return figures.close()
        try:
            cluster.begin()
            time.sleep(WARM_S)
            _phases(cluster, figures)
            _compare(cluster, figures)
        finally:
            cluster.close()
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
