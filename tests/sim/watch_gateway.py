"""What must be true of one gateway after each of its commits: its file is read by plain SQL, its rooms are looked at as they are.

Nothing here uses the ledger's, the tariff's or the cut-off's code: sums are made anew, in nano-yuan. Each fault begins with the
number of the contract's rule that it breaks.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from gateway.application.alarms import station
from gateway.application.records import OutboxMark
from gateway.application.status import station_status
from gateway.contract.facts import Decision, Entry, Instant, RelayReport
from gateway.contract.meter_facts import MeterBound
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState
from gateway.domain.tariff import TariffPrices
from tests.sim.gateway_site import GatewaySite
from tests.sim.timeline import MINUTE_MS
from tests.sim.watch_cuts import CutWatch
from tests.sim.wires import SPAN_WH, Room

if TYPE_CHECKING:
    from tests.sim.world import World

STEP_WH = 10
BELIEVABLE_MS = 130 * MINUTE_MS
"""A Pi that wakes by a clock two hours off, later than all it stored, can't know: what is off by more must not be believed."""
SEQ_MASK = (1 << 40) - 1
RESULT = b'{"kind":"command-result"'
RELAY, DECISION, BOUND = b'{"kind":"relay"', b'{"kind":"decision"', b'{"kind":"meter-bound"'


@dataclass
class Account:
    """One account as the entries of this store's present life tell it."""

    balances: Counter[tuple[str, str]] = field(default_factory=Counter)
    carried_nano: int = 0
    billed_wh: int = 0
    register: dict[str, int] = field(default_factory=dict)
    is_reopened: bool = False
    """A new epoch's opening told where it stands: its entries alone don't say what was billed before."""

    @property
    def balance(self) -> int:
        return sum(self.balances.values())


class GatewayWatch:
    """Watches one gateway."""

    def __init__(self, world: "World", site: GatewaySite) -> None:
        self.world, self.site = world, site
        self.entries = self.rows = 0
        self.accounts: dict[str, Account] = {room.account: Account() for room in site.rooms}
        self.by_account = {room.account: room for room in site.rooms}
        self.grants: Counter[str] = Counter()
        self._credited: dict[str, str] = {}
        self.made: dict[str, tuple[str, int]] = {}
        """Entries of this life by their ids: account and amount."""
        self.unproved: list[Entry] = []
        """Grant entries whose grant central has not been asked about."""
        self.was_wrong = False
        """The gateway's clock has been turned in this life: what it dated meanwhile may lie anywhere."""
        self._has_answered = False
        """A command's result is on the disk: the first one taken is the configuration."""
        self._told: Instant | None = None
        """In this boot, when it had its configuration: looked at until all its accounts have begun."""
        self.cuts = CutWatch(BELIEVABLE_MS)
        self._acked = ("", 0)
        """Of its present epoch, up to which row it knows central to have it."""
        self._connection: sqlite3.Connection | None = None
        site.on_commit = self.look
        site.on_heard = self._look_at_acks
        site.on_power_cut = self.let_go
        for room in site.rooms:
            room.on_contact = self.contact_moved

    def blame(self, rule: str, fault: str) -> None:
        self.world.blame(rule, f"{self.site.name}: {fault}")

    def _blame_if(self, rule: str, fault: str, account: str) -> None:
        if fault:
            self.blame(rule, f"{account}: {fault}")

    # --- lives

    def let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def begin_anew(self) -> None:
        """The store is another one: what it says is read from its beginning."""
        self.let_go()
        self.entries = self.rows = 0
        for account in self.accounts.values():
            account.balances.clear()
            account.carried_nano = account.billed_wh = 0
            account.register.clear()
            account.is_reopened = True
        self.grants.clear()
        self._credited.clear()
        self.unproved.clear()
        self.cuts.forget()
        self.look(is_known=True)
        self._forget_beginnings()

    def look_at_start(self) -> None:
        """A start finds what the last commit left: spoilt books are in quarantine, nobody else's are (C-17)."""
        quarantined, spoilt = self.site.quarantined_at_boot, self.world.damaged & self.accounts.keys()
        if quarantined != spoilt:
            self.blame("C-17", f"in quarantine are {sorted(quarantined)}, spoilt were {sorted(spoilt)}")
        self.world.central.do(self._check_nothing_forgotten)

    def _check_nothing_forgotten(self) -> None:
        """What left the gateway was stored before (C-13): the store knows every row that central has of its epoch."""
        from central.link.models import GatewayEpoch

        here = self.site.store.do(station_status)
        held = GatewayEpoch.objects.filter(gateway=self.site.name, epoch=here.epoch, closed=False).first()
        if held is not None and held.received_seq > here.last_seq:
            self.blame(
                "C-13",
                f"central has row {held.received_seq} of {here.epoch}, the store ends at {here.last_seq}",
            )

    # --- after each commit

    def look(self, *, is_known: bool = False) -> None:
        """Read what was committed since the last look. `is_known`: it was judged when it was new."""
        if self._connection is None:
            self._connection = sqlite3.connect(f"file:{self.site.path}?mode=ro", uri=True)
        rows = self._connection.execute(
            "SELECT number, fact FROM ledger WHERE number > ? ORDER BY number", (self.entries,)
        ).fetchall()
        for number, fact in rows:
            if number != self.entries + 1 and self.entries and not is_known:
                self.blame("C-11", f"ledger entry {self.entries + 1} is missing")
            self.entries = number
            self._take(msgspec.json.decode(fact, type=Entry), is_known)
        self._look_at_outbox(is_known)
        if not is_known:
            self._look_at_beginnings()

    def _look_at_acks(self) -> None:
        """What it has just heard to be acknowledged is committed at central (C-11), though it may forget it in a power cut."""
        if not self.site.is_on:
            return
        epoch = self.site.last_epoch
        mark = self.site.store.journal.record(OutboxMark, epoch)
        if mark is not None and (epoch, mark.acked_seq) != self._acked:
            self._acked = epoch, mark.acked_seq
            self.world.books_watch.look_at_ack(self.site.name, epoch, mark.acked_seq)

    def _look_at_outbox(self, is_known: bool) -> None:
        assert self._connection is not None
        found = self._connection.execute(
            "SELECT id, fact FROM outbox WHERE id > ? ORDER BY id", (self.rows,)
        ).fetchall()
        for row, fact in found:
            if row != self.rows + 1 and (row & SEQ_MASK) != 1 and self.rows and not is_known:
                self.blame("C-11", f"outbox row {(self.rows & SEQ_MASK) + 1} is missing")
            self.rows = row
            if fact is None or is_known:
                continue
            raw = bytes(fact)
            self._has_answered = self._has_answered or raw.startswith(RESULT)
            if raw.startswith(RELAY):
                self._take_relay(msgspec.json.decode(raw, type=RelayReport))
            elif raw.startswith(DECISION):
                self._take_decision(msgspec.json.decode(raw, type=Decision))
            elif raw.startswith(BOUND):
                self._take_bound(msgspec.json.decode(raw, type=MeterBound))

    def _take(self, entry: Entry, is_known: bool) -> None:
        account = self.accounts[entry.account]
        gained = 0
        for line in entry.lines:
            key = (line.bucket, line.unit)
            account.balances[key] += line.amount
            gained += line.amount
            if line.balance_after != account.balances[key] and entry.account not in self.world.damaged:
                self.blame(
                    "C-4",
                    f"{entry.entry}: {line.bucket} is {line.balance_after}, its entries make {account.balances[key]}",
                )
        carried_more = entry.carried_nano_yuan - account.carried_nano
        account.carried_nano = entry.carried_nano_yuan
        self.made[entry.entry] = (entry.account, gained)
        match entry.entry_kind:
            case "consumption":
                self._take_consumption(entry, account, gained * 1000 - carried_more, is_known)
            case "grant":
                self._take_grant(entry, is_known)
            case "taken-back":
                if account.balance < 0 and not is_known:
                    self.blame("C-7", f"{entry.entry}: more was taken back than was left ({account.balance})")
            case "opening":
                self._forget_grants(entry.account)
                account.register.clear()
                account.is_reopened = True

    def _forget_grants(self, account: str) -> None:
        """An opening puts central's balance in place of what was credited before: what it doesn't hold comes again (C-11)."""
        for source in [source for source, of in self._credited.items() if of == account]:
            del self.grants[source], self._credited[source]

    def _take_grant(self, entry: Entry, is_known: bool) -> None:
        source = entry.source or ""
        self.grants[source] += 1
        self._credited[source] = entry.account
        if self.grants[source] > 1:
            self.blame("C-6", f"grant {source} was credited {self.grants[source]} times")
        if not is_known:
            self.unproved.append(entry)

    def _take_consumption(self, entry: Entry, account: Account, nano: int, is_known: bool) -> None:
        """No reading is billed twice, each Wh costs a price that held, and no more is billed than was used."""
        meter, came_from, to = entry.meter or "", entry.register_from_wh or 0, entry.register_to_wh or 0
        last = account.register.get(meter)
        if (last is not None and came_from != last) or (to - came_from) % 10**9 != entry.energy_wh:
            self.blame(
                "C-12", f"{entry.entry}: {came_from}..{to} bills {entry.energy_wh} Wh, last was {last}"
            )
        account.register[meter] = to
        account.billed_wh += entry.energy_wh
        price = entry.price_micro_yuan_per_kwh or 0
        if nano != -entry.energy_wh * price:
            self.blame("C-4", f"{entry.entry}: {entry.energy_wh} Wh at {price} cost {-nano} nano-yuan")
        if not is_known:
            self._check_price(entry, price)

    def _check_price(self, entry: Entry, price: int) -> None:
        """Each interval has the one price that held in it, as far as the gateway was told of it (C-9); C-14 bills the lowest."""
        if entry.at.trusted and entry.at.wall_ms > self.world.now_ms + BELIEVABLE_MS:
            self.blame(
                "C-14", f"{entry.entry} is dated {entry.at.wall_ms} on a clock that is said to be right"
            )
        if entry.provisional or entry.from_ms is None or not entry.at.trusted:
            return
        tariffs = self.site.store.journal.records(TariffPrices).values()
        told = sorted((one.from_ms, one.micro_yuan_per_kwh) for tariff in tariffs for one in tariff.prices)
        held = {micro_yuan for from_ms, micro_yuan in told if entry.from_ms < from_ms < entry.at.wall_ms}
        held |= {
            micro_yuan
            for from_ms, micro_yuan in told
            if from_ms <= entry.from_ms and (from_ms, 0) >= _last(told, entry.from_ms)
        }
        if held != {price} and self.site.time.wrong_by_ms == 0 and not self.was_wrong:
            self.blame(
                "C-9",
                f"{entry.entry} costs {price} from {entry.from_ms} to {entry.at.wall_ms}, told were {told}",
            )

    def _take_bound(self, bound: MeterBound) -> None:
        """An account begins by its first binding, at what its meter shows now; each Wh from there on is billed (C-12)."""
        room = self.by_account[bound.account]
        if room.has_begun:
            return
        since_wh = (room.register_wh - bound.register_wh) % SPAN_WH
        if bound.meter != room.name or since_wh > STEP_WH:
            self.blame(
                "C-12",
                f"{bound.account} begins at {bound.register_wh} Wh, its meter shows {room.register_wh}",
            )
        room.has_begun, room.first_wh = True, room.true_wh - since_wh

    def _look_at_beginnings(self) -> None:
        """What has its configuration binds a meter by its first good reading, not by a later one (C-12)."""
        waiting = [room for room in self.site.rooms if not room.has_begun]
        if not waiting:
            return
        journal, now = self.site.store.journal, self.site.clock.now()
        if self._told is None or self._told.boot != now.boot:
            self._told = now if self._has_answered and station(journal).config_version else None
            return
        for room in waiting:
            state = journal.record(MeterState, room.name)
            is_read = state is not None and state.at is not None and state.at.boot == now.boot
            if is_read and state.at.monotonic_ms > self._told.monotonic_ms and not self.was_wrong:
                self.blame(
                    "C-12", f"{room.name} shows {state.register_wh} Wh, and nobody is billed from there on"
                )

    def _forget_beginnings(self) -> None:
        """What neither the store that was put back nor central has heard of begins again, by another binding."""
        known, states = self.world.central.billed(), self.site.store.journal.records(AccountState)
        for room in self.site.rooms:
            if room.account not in known and (
                room.account not in states or states[room.account].meter is None
            ):
                room.has_begun = False

    def _take_relay(self, report: RelayReport) -> None:
        """Supplied is read back (C-15): what is confirmed is what the contact truly does at this moment."""
        room = self.world.room_of_meter.get(report.meter)
        if room is None or report.verdict != "confirmed" or report.meter != room.name:
            return
        if report.desired_closed != room.is_closed or report.observed_closed != room.is_closed:
            self.blame(
                "C-15",
                f"{report.meter} is told confirmed closed={report.desired_closed}, it is not: {report}",
            )

    def _take_decision(self, decision: Decision) -> None:
        """A cut for credit needs a second look at once (C-16); its date is right, or known not to be (C-14)."""
        if decision.at.trusted and abs(decision.at.wall_ms - self.world.now_ms) > BELIEVABLE_MS:
            self.blame(
                "C-14",
                f"{decision.account} is decided on at {decision.at.wall_ms}, by a clock said to be right",
            )
        room = self.by_account.get(decision.account)
        if decision.reason == "cut-guard":
            self.world.counts["cuts held by the guard"] += 1
            self.cuts.held()
        if decision.decision != "open" or decision.reason != "credit-spent" or room is None:
            return
        self.world.counts["cuts for credit"] += 1
        self._blame_if("C-10", self.cuts.cut(decision.at, self.world.now_ms), decision.account)
        looks = list(room.energy_reads)[-2:]
        if len(looks) < 2 or self.world.now_ms - looks[0] > 2 * MINUTE_MS:
            self.blame("C-16", f"{decision.account} is to be cut without a confirming re-read")

    # --- rooms

    def contact_moved(self, room: Room, closed: bool) -> None:
        """Nothing is cut that shouldn't be, and nothing closes what a technician locked out."""
        if closed:
            self.world.counts["contacts closed"] += 1
            self._blame_if("C-10", self.cuts.closed(self.world.now_ms), room.account)
        if room.account in self.world.unsure_locks:
            return
        if closed:
            if room.account in self.world.locked:
                self.blame("C-16", f"{room.account} was closed under a technician's lock-out")
            return
        self.world.counts["contacts opened"] += 1
        if room.account in self.world.locked or room.account in self.world.leaving:
            return
        if room.protected:
            self.blame("C-16", f"the protected room {room.account} was cut")
        left_nano = self.true_left_nano(room)
        step = STEP_WH * max(price for _, price in self.world.desk.prices)
        if left_nano > step + self.world.slack_nano(room):
            self.blame(
                "C-16",
                f"{room.account} was cut with {left_nano / 1e9:.4f} yuan truly left: {self._why(room)}",
            )

    def _why(self, room: Room) -> str:
        state = self.site.store.journal.record(RelayState, room.name)
        return state.desired_why if state is not None else "nobody asked for it"

    def true_left_nano(self, room: Room) -> float:
        """What a room truly has: what its entries say, less what its meter counted beyond them."""
        self.look()
        account = self.accounts[room.account]
        last = account.register.get(room.name)
        if last is None:
            return 0.0  # a meter, or an epoch, whose first energy is not billed yet
        unbilled_wh = (room.register_wh - last) % SPAN_WH
        price = self.world.desk.price_at(self.world.now_ms)
        return account.balance * 1000 - account.carried_nano - unbilled_wh * price

    def check_truth(self) -> None:
        """No room is billed for more than it used."""
        for room in self.site.rooms:
            billed_wh = self.accounts[room.account].billed_wh
            used_wh = room.true_wh - room.first_wh
            if self.accounts[room.account].is_reopened:
                continue
            if billed_wh > used_wh + STEP_WH * (1 + room.installed):
                self.blame("C-12", f"{room.account} is billed {billed_wh} Wh, truly used {used_wh:.1f}")


def _last(told: list[tuple[int, int]], at_ms: int) -> tuple[int, int]:
    """Give where the price of an instant begins."""
    return max((from_ms, 0) for from_ms, _ in told if from_ms <= at_ms)
