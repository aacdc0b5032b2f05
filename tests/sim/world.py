"""One run: gateways, meters, broker, central, people and troubles on one timeline, and the watch over all of them."""

import random
import shutil
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract.envelope import KeySigner, key_id_of
from tests.sim import hands, troubles
from tests.sim.broker import Broker
from tests.sim.central_site import CentralRoom, CentralSite
from tests.sim.desk import Desk
from tests.sim.gateway_parts import PowerCut
from tests.sim.gateway_site import GatewaySite
from tests.sim.plan import Shape, troubles_of
from tests.sim.timeline import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, Timeline, shown
from tests.sim.watch_books import BooksWatch
from tests.sim.watch_central import CentralWatch
from tests.sim.watch_gateway import STEP_WH, GatewayWatch
from tests.sim.wires import SPAN_WH, Room, SimLine

CENTRAL_SEED = bytes(range(32))
TWICE = 0.3
"""The share of days with a second sweep."""
HOUSE_EVERY_MS = 2 * HOUR_MS
BACKUPS_KEPT = 3


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
    day: int
    """In which day it ended."""


present: "World"
"""The world that is being run: a planted bug asks for it."""


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
        self.leaving: dict[str, str] = {}
        """Accounts that are being closed, and the closings' names."""
        self.ever_locked: set[str] = set()
        self.unsure_locks: set[str] = set()
        """Once locked out, and then their gateway's store was put back: an old lock-out may stand again, a newer one be gone."""
        self.unsure: set[str] = set()
        """Rooms whose meter was swapped before their gateway's store was put back: the swap may have to be done again."""
        self.damaged: set[str] = set()
        """Accounts whose books were spoilt on the card."""
        self.forgotten: set[str] = set()
        """Grants and commands that a restored central doesn't know any more: it says so of each, when it hears of it."""
        self.central_forgot: set[str] = set()
        """Gateways that hold more rows for acknowledged than a restored central has, until they sent them again."""
        self.day_begins_ms = START_MS
        self._backups: dict[str, list[Path]] = {}
        self._central_backups: list[Path] = []
        self.broker = Broker(self.timeline, random.Random(f"{shape.seed}:broker"))
        names = random.Random(f"{shape.seed}:names")
        self.central = CentralSite(folder, self.timeline, self.broker, room, names)
        self.rooms = [
            self._room(building, number)
            for building in range(1, shape.buildings + 1)
            for number in range(shape.rooms)
        ]
        self.room_of_meter = {one.name: one for one in self.rooms}
        self.room_of_account = {one.account: one for one in self.rooms}
        self.sites = [self._site(building) for building in range(1, shape.buildings + 1)]
        self.desk = Desk(self)
        self.watches = [GatewayWatch(self, site) for site in self.sites]
        self.central_watch = CentralWatch(self)
        self.books_watch = BooksWatch(self)
        self.central.on_kill = self._central_died
        self.central.after_act = self.books_watch.look
        self.watch_of = {account: watch for watch in self.watches for account in watch.accounts}

    @property
    def is_last_day(self) -> bool:
        return self.day_begins_ms >= START_MS + (self.shape.days - 1) * DAY_MS

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
        return GatewaySite(
            f"gw-{building}", rooms, folder, self.timeline, self.broker, line, signer, central_key
        )

    # --- what watches and troubles ask

    def blame(self, rule: str, fault: str) -> None:
        """Note a broken rule; the run ends with it."""
        self.faults.append(f"{rule}: {fault} ({shown(self.now_ms)})")

    def balance(self, account: str) -> int:
        return self.watch_of[account].accounts[account].balance

    def slack_nano(self, room: Room) -> float:
        """What a price that is about to change, or a wrong clock, may make of energy that is not billed yet."""
        watch = self.watch_of[room.account]
        last = watch.accounts[room.account].register.get(room.name, room.register_wh)
        unbilled_wh = (room.register_wh - last) % SPAN_WH
        prices = [price for _, price in self.desk.prices]
        return unbilled_wh * (max(prices) - min(prices))

    def check_energy(self, room: Room, billed_wh: int) -> None:
        """What was booked is what flowed, but for a register step of each meter and what waits for its settlement."""
        used_wh = room.true_wh - room.first_wh
        if billed_wh > used_wh + STEP_WH * (1 + room.installed):
            self.blame("C-12", f"{room.account} was booked {billed_wh} Wh, truly used {used_wh:.1f}")
        rested = room.account in self.leaving or room.account in self.damaged or room.account in self.unsure
        if not rested and billed_wh < self.used_before_rest[room.account] - STEP_WH * (1 + room.installed):
            self.blame("C-12", f"{room.account} used {used_wh:.1f} Wh, {billed_wh} were booked")

    def look_for_forged(self, site: GatewaySite) -> None:
        """Nothing of a forger's acts, at either end (R-G5)."""
        from gateway.application.records import InboxRow

        if not site.is_on:
            return
        inbox = site.store.do(lambda journal: journal.records(InboxRow))
        if any(row.command == "forged" for row in inbox.values()) or site.name_of_forged():
            self.blame("R-G5", f"{site.name} took a forged command")
        if self.central.do(_forged_rows):
            self.blame("R-G5", "central took a forged row")

    def unlock(self, account: str) -> None:
        self.locked.discard(account)

    # --- lives

    def power_back(self, site: GatewaySite, dice: random.Random, *, restored: bool = False) -> None:
        """Turn the power on again after a while."""
        off_ms = dice.choice([20_000, 10 * MINUTE_MS, 4 * HOUR_MS, 20 * HOUR_MS])
        if restored:
            self.restoring.add(site.name)
        self.timeline.after(off_ms, lambda: self.power_on(site))

    def power_on(self, site: GatewaySite) -> None:
        """Turn a gateway on; one whose store was put back begins a new epoch."""
        if site.is_on:
            return
        restored = site.name in self.restoring
        self.restoring.discard(site.name)
        looks = site.on_commit
        if restored:
            site.on_commit = _not_yet  # the watch knows another store still
        try:
            site.start(new_epoch=restored)
            site.on_commit = looks
        except PowerCut:
            site.on_commit = looks
            self.timeline.after(10 * MINUTE_MS, lambda: self.power_on(site))
            return
        if restored:
            self.counts["new epochs by restored gateways"] += 1
            self.watch_at(site).begin_anew()
        self.watch_at(site).look_at_start()

    def watch_at(self, site: GatewaySite) -> GatewayWatch:
        return next(watch for watch in self.watches if watch.site is site)

    def _gateway_died(self, site: GatewaySite) -> None:
        """It was killed in a commit: somebody turns it on again."""
        self.watch_at(site).let_go()
        dice = random.Random(f"{self.shape.seed}:{site.name}:{site.boots}")
        self.power_back(site, dice)

    def _central_died(self) -> None:
        self.counts["central killed"] += 1
        self.central_back(7 * MINUTE_MS)

    def central_back(self, after_ms: int) -> None:
        self.timeline.after(after_ms, self.start_central)

    def start_central(self) -> None:
        """Start central's process again, and look at once at what it left."""
        if not self.central.is_up:
            self.central.start()
            self.central.do(self.central_watch.look)

    def back_up(self) -> None:
        """Keep a copy of each store and of central, of this night and the two before."""
        for site in self.sites:
            if site.is_on:
                path = site.path.parent / f"backup-{self.day_begins_ms}.db"
                site.back_up(path)
                self._keep(self._backups.setdefault(site.name, []), path)
        if self.central.is_up:
            folder = self.folder / f"backup-{self.day_begins_ms}"
            self.central.back_up(folder)
            self._keep(self._central_backups, folder)

    def _keep(self, kept: list[Path], path: Path) -> None:
        kept.append(path)
        if len(kept) > BACKUPS_KEPT:
            old = kept.pop(0)
            shutil.rmtree(old) if old.is_dir() else old.unlink()

    def backups_of(self, site: GatewaySite) -> list[Path]:
        return self._backups.get(site.name, [])

    def restore_central(self, dice: random.Random) -> None:
        """Central's disk died; a backup of some nights ago is put back: one that knows each gateway's present epoch.

        One that doesn't opens that epoch anew, while its gateway goes on with what a lost central opened: every balance differs
        then, and is named. Two disasters at once, left to a person.
        """
        present = {site.name: site.last_epoch for site in self.sites}
        fit = [path for path in self._central_backups if self.central.opened(path) >= set(present.values())]
        if not fit:
            return
        self.counts["backups of central put back"] += 1
        self.central.stop()
        backup = dice.choice(fit)
        self.forgotten |= self.central.named() - self.central.named(backup)
        self.central.put_back(backup)
        del self._central_backups[self._central_backups.index(backup) + 1 :]
        self.central_forgot = {site.name for site in self.sites}
        self.central.start()
        self.central.do(self.central_watch.begin_anew)

    # --- the run

    def live(self) -> None:
        """Set up, live through the days, come to rest. Raises Broken at the first fault."""
        self.timeline.after_each = self._after_each
        self.restoring: set[str] = set()
        self.used_before_rest: dict[str, float] = {}
        self.central.start()
        self.central.do(self.desk.set_up)
        for site in self.sites:
            site.on_died = lambda site=site: self._gateway_died(site)
            site.start()
        for trouble in troubles_of(self.shape):
            self.timeline.at(trouble.at_ms, lambda trouble=trouble: troubles.begin(self, trouble))
        for day in range(self.shape.days):
            self.day_begins_ms = START_MS + day * DAY_MS
            self._plan_day(self.day_begins_ms)
            if day == self.shape.days - 1:
                self._plan_rest(self.day_begins_ms)
            self.timeline.run_until(self.day_begins_ms + DAY_MS)
            self._look_daily()
        self.central.do(self.central_watch.conclude)
        self._after_each()

    def _after_each(self) -> None:
        if self.central.errors:
            self.blame("C-11", self.central.errors.pop())
        if self.faults:
            raise Broken(self.faults[0])

    def _plan_day(self, day_ms: int) -> None:
        at = self.timeline.at
        at(day_ms + 7 * HOUR_MS, self.desk.open_day)
        at(day_ms + 10 * MINUTE_MS, self.desk.end_day)
        at(day_ms + 3 * HOUR_MS, self.back_up)
        self.desk.plan_purchases(day_ms)
        for hour_ms in range(HOUR_MS, DAY_MS, HOUSE_EVERY_MS):
            at(day_ms + hour_ms, self.central.keep_house)
        for site in self.sites:
            dice = random.Random(f"{self.shape.seed}:{site.name}:{day_ms}")
            for _ in range(1 + (dice.random() < TWICE)):
                at(day_ms + dice.randrange(DAY_MS), lambda site=site: self._sweep(site))
        at(day_ms + 6 * HOUR_MS, self._live_on)

    def _plan_rest(self, day_ms: int) -> None:
        """The last evening: troubles end, everything is read twice and sent."""
        at = self.timeline.at
        at(day_ms + 10 * HOUR_MS, lambda: troubles.calm(self))
        for hour in (14, 19):
            at(day_ms + hour * HOUR_MS, lambda: hands.send_refused_again(self))
        at(day_ms + 22 * HOUR_MS + 30 * MINUTE_MS, self._note_used)
        for hour in (11, 13, 15, 18, 20, 22.6, 23.7):
            for site in self.sites:
                at(day_ms + int(hour * HOUR_MS), lambda site=site: self._sweep(site))
            at(day_ms + int((hour + 0.1) * HOUR_MS), self.central.keep_house)

    def _note_used(self) -> None:
        for room in self.rooms:
            room.meter.advance(self.now_ms)
            self.used_before_rest[room.account] = room.true_wh - room.first_wh

    def _sweep(self, site: GatewaySite) -> None:
        site.sweep()
        self.counts["sweeps"] += 1

    def _live_on(self) -> None:
        for room in self.rooms:
            room.live_on(self.now_ms)

    def _look_daily(self) -> None:
        for watch in self.watches:
            if watch.site.is_on:
                watch.look()
                watch.check_truth()
        self.central.do(self.central_watch.look_daily)
        self._after_each()


def _not_yet() -> None:
    pass


def _forged_rows() -> bool:
    from central.link.models import Alarm

    return Alarm.objects.filter(what="forged").exists()


def run(shape: Shape, room: CentralRoom) -> Outcome:
    """Live through one run in a folder of its own."""
    began_s = time.process_time()
    folder = Path(tempfile.mkdtemp(prefix="world-", dir=room.folder))
    world = World(shape, room, folder)
    global present
    present = world
    try:
        with world.central.seams(), suppress(Broken):
            world.live()
    finally:
        world.central.stop()
        world.books_watch.let_go()
        for watch in world.watches:
            watch.let_go()
        for site in world.sites:
            if site.is_on:
                site.store.close()
        shutil.rmtree(folder, ignore_errors=True)
    counts = {**world.counts, **world.broker.counts, "sales": len(world.desk.sales)}
    counts["entries"] = sum(watch.entries for watch in world.watches)
    counts["answers spoilt on a line"] = sum(site.line.damaged for site in world.sites)
    counts |= sum((site.counts for site in world.sites), Counter())
    counts |= {f"refused {what}": count for what, count in world.desk.refusals.items()}
    return Outcome(
        shape,
        tuple(world.faults),
        tuple(world.timeline.said),
        counts,
        time.process_time() - began_s,
        (world.now_ms - START_MS) // DAY_MS,
    )
