"""One run: gateways, meters, broker, central, people and troubles on one timeline, and the watch over all of them."""

import random
import shutil
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract.envelope import KeySigner, key_id_of
from tests.sim.broker import Broker
from tests.sim.central_site import CentralRoom, CentralSite
from tests.sim.desk import Desk
from tests.sim.gateway_site import GatewaySite
from tests.sim.plan import Shape
from tests.sim.timeline import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, Timeline, shown
from tests.sim.watch_gateway import GatewayWatch
from tests.sim.wires import Room, SimLine

CENTRAL_SEED = bytes(range(32))
TWICE = 0.3
"""The share of days with a second sweep."""
HOUSE_EVERY_MS = 2 * HOUR_MS


class Broken(Exception):
    """An invariant does not hold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    shape: Shape
    faults: tuple[str, ...]
    said: tuple[str, ...]
    counts: dict[str, int]
    cpu_s: float


def signer_of(seed: bytes) -> KeySigner:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return KeySigner(key_id_of(private.public_key()), private)


class World:
    """Everything of one run."""

    def __init__(self, shape: Shape, room: CentralRoom, folder: Path) -> None:
        self.shape, self.folder = shape, folder
        self.timeline = Timeline()
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.locked: set[str] = set()
        """Accounts whose relay somebody has locked out."""
        self.leaving: set[str] = set()
        """Accounts that are being closed."""
        self.broker = Broker(self.timeline, random.Random(f"{shape.seed}:broker"))
        self.central = CentralSite(folder, self.timeline, self.broker, room)
        self.rooms = [
            self._room(building, number)
            for building in range(1, shape.buildings + 1)
            for number in range(shape.rooms)
        ]
        self.room_of_meter = {one.name: one for one in self.rooms}
        self.sites = [self._site(building) for building in range(1, shape.buildings + 1)]
        self.desk = Desk(self)
        self.watches = [GatewayWatch(self, site) for site in self.sites]
        self.watch_of = {account: watch for watch in self.watches for account in watch.accounts}

    @property
    def now_ms(self) -> int:
        return self.timeline.now_ms

    def _room(self, building: int, number: int) -> Room:
        room = Room(building, number, random.Random(f"{self.shape.seed}:room:{building}:{number}"))
        room.install(START_MS)
        return room

    def _site(self, building: int) -> GatewaySite:
        folder = self.folder / f"gateway{building}"
        folder.mkdir()
        rooms = [room for room in self.rooms if room.building == building]
        dice = random.Random(f"{self.shape.seed}:line:{building}")
        line = SimLine("line-1", rooms, self.timeline, dice)
        central_key = signer_of(CENTRAL_SEED).private_key.public_key().public_bytes_raw().hex()
        signer = signer_of(bytes([building]) * 32)
        return GatewaySite(f"gw-{building}", rooms, folder, self.timeline, self.broker, line, signer, central_key)

    # --- what watches ask

    def blame(self, rule: str, fault: str) -> None:
        """Note a broken rule, and end the run."""
        self.faults.append(f"{rule}: {fault} ({shown(self.now_ms)})")

    def balance(self, account: str) -> int:
        return self.watch_of[account].accounts[account].balance

    def slack_nano(self, room: Room) -> float:
        return 0.0

    def price_is_new(self, at_ms: int) -> bool:
        return False

    # --- the run

    def live(self) -> None:
        """Set up, live through the days, come to rest. Raises Broken at the first fault."""
        self.timeline.after_each = self._after_each
        self.central.start()
        self.central.do(self.desk.set_up)
        for site in self.sites:
            site.start()
        for day in range(self.shape.days):
            self._plan_day(START_MS + day * DAY_MS)
            self.timeline.run_until(START_MS + (day + 1) * DAY_MS)
            self._look_daily()

    def _after_each(self) -> None:
        if self.central.errors:
            self.blame("R", self.central.errors.pop())
        if self.faults:
            raise Broken(self.faults[0])

    def _plan_day(self, day_ms: int) -> None:
        at = self.timeline.at
        at(day_ms + 7 * HOUR_MS, self.desk.open_day)
        at(day_ms + DAY_MS + 10 * MINUTE_MS, self.desk.end_day)
        self.desk.plan_purchases(day_ms)
        for hour_ms in range(HOUR_MS, DAY_MS, HOUSE_EVERY_MS):
            at(day_ms + hour_ms, self.central.keep_house)
        for site in self.sites:
            dice = random.Random(f"{self.shape.seed}:{site.name}:{day_ms}")
            for _ in range(1 + (dice.random() < TWICE)):
                at(day_ms + dice.randrange(DAY_MS), lambda site=site: self._sweep(site))
        at(day_ms + 6 * HOUR_MS, self._live_on)

    def _sweep(self, site: GatewaySite) -> None:
        site.sweep()
        self.counts["sweeps"] += 1

    def _live_on(self) -> None:
        for room in self.rooms:
            room.live_on(self.now_ms)

    def _look_daily(self) -> None:
        for watch in self.watches:
            watch.look()
            watch.check_truth()
        self._after_each()


def run(shape: Shape, room: CentralRoom) -> Outcome:
    """Live through one run in a folder of its own."""
    began_s = time.process_time()
    folder = Path(tempfile.mkdtemp(prefix="world-", dir=room.folder))
    world = World(shape, room, folder)
    try:
        with world.central.seams(), suppress(Broken):
            world.live()
    finally:
        world.central.stop()
        for watch in world.watches:
            watch.let_go()
        for site in world.sites:
            if site.is_on:
                site.store.close()
        shutil.rmtree(folder, ignore_errors=True)
    counts = {**world.counts, **world.broker.counts, "sales": len(world.desk.sales)}
    counts["entries"] = sum(watch.entries for watch in world.watches)
    counts |= {f"refused {what}": count for what, count in world.desk.refusals.items()}
    return Outcome(
        shape, tuple(world.faults), tuple(world.timeline.said), counts, time.process_time() - began_s
    )
