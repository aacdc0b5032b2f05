"""The contract's invariants, watched from outside: plain SQL on the journal's file, the true building, central's own records.

Nothing here uses the ledger's, the tariff's or the cut-off's code: the sums are made anew, in nano-yuan.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.contract.facts import Alarm, Entry, Readings, Watermark
from tests.simulate.decisions import (
    CAP_ROOM,
    CAP_W,
    DARK_ROOM,
    EMERGENCY_LIMIT,
    EMERGENCY_ROOM,
    HIGH_POWER_ROOM,
    NO_CUT_EXTRA,
    NO_CUT_ROOM,
    STEP_W,
    decision_faults,
    drawn_at,
    late_price_faults,
    loss_faults,
)
from tests.simulate.link import Central
from tests.simulate.tariffs import (
    BY_STEPS,
    BY_TIME,
    DAY_MS,
    DEAREST,
    FLAT,
    HOUR_MS,
    LATE,
    PRICES,
    START_MS,
    STEP_BASE,
    TARIFFS,
    WIDEST,
    bases_between,
    is_dark,
    month,
    step_at,
)
from tests.simulate.world import PROTECTED, ROOMS, Moved, World

STEP_WH = 10
LATE_FROM_MS = START_MS + next(day for version, day, _ in PRICES if version == LATE) * DAY_MS
SPARED = {NO_CUT_ROOM: NO_CUT_EXTRA, EMERGENCY_ROOM: EMERGENCY_LIMIT}
SEQ_MASK = (1 << 40) - 1


@dataclass
class Account:
    """One account as its entries tell it."""

    register_wh: int | None = None
    first_register_wh: int | None = None
    billed_wh: int = 0
    balance: int = 0
    carried_nano: int = 0
    granted: int = 0
    taken: int = 0
    adjusted_nano: int = 0
    provisional: int = 0
    across_edges_wh: int = 0
    """What was used in intervals that were split at an edge: which side it truly lay on is known to a meter reading only."""
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Watch:
    """Looks at everything, and keeps what it found wrong."""

    path: Path
    world: World
    central: Central
    faults: list[str] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=lambda: {f"a{name}": Account() for name in ROOMS})
    entries: int = 0
    grants_seen: Counter[str] = field(default_factory=Counter)
    locked: set[str] = field(default_factory=set)
    """Rooms that central has locked out, or may have."""
    looks: int = 0
    cuts: int = 0
    last_seq: int = 0
    rows_before: int = 0
    thinned: int = 0
    mispriced_wh: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ROOMS, 0.0))
    """What was used while the clock was wrong: a wrong clock that looks right prices it by the wrong side of an edge."""
    sampled_wh: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ROOMS, 0.0))
    was_misled: bool = False
    learnt: bool = False
    """The gateway knows the price that central published late."""
    learnt_ms: int = 0
    emergencies: set[int] = field(default_factory=set)
    """Numbers of the commands that asked for one."""
    used_before_wh: dict[str, float] = field(default_factory=dict)

    def blame(self, fault: str) -> None:
        self.faults.append(f"day {(self.world.now_ms() - START_MS) / DAY_MS:.3f}: {fault}")

    # --- the true building

    def sample(self, is_misled: bool) -> None:
        """Note what was used since the last sample, if the gateway believed a wrong clock meanwhile."""
        for name in ROOMS:
            used_wh = self.world.true_wh(name)
            unlearnt = self.world.now_ms() >= LATE_FROM_MS and not self.learnt and TARIFFS[name] == FLAT
            if is_misled or self.was_misled or unlearnt:
                self.mispriced_wh[name] += used_wh - self.sampled_wh[name]
            self.sampled_wh[name] = used_wh
        self.was_misled = is_misled

    def _slack(self, name: str) -> float:
        """Micro-yuan that a room may differ by: a register step, and what a wrong clock that looks right priced wrongly."""
        misled_wh = self.mispriced_wh[name]
        if self.was_misled:
            misled_wh += self.world.true_wh(name) - self.sampled_wh[name]
        misled_wh += self.accounts[f"a{name}"].across_edges_wh
        if not self.learnt and TARIFFS[name] == FLAT:
            misled_wh += self.world.true_wh(name) - self.sampled_wh[name]
        return (STEP_WH * DEAREST + misled_wh * WIDEST) / 1000

    def contact_moved(self, moved: Moved) -> None:
        """Nothing is cut wrongly: protected never, and never while there is credit by true energy beyond one register step."""
        if moved.closed or moved.room in self.locked:
            return
        self.cuts += 1
        self.look()
        if moved.room == PROTECTED:
            self.blame(f"the protected room {moved.room} was cut")
        if self._is_cut_by_rule(moved.room):
            return
        left = self._true_credit(moved.room)
        if left > self._slack(moved.room):
            self.blame(f"room {moved.room} was cut with {left / 1e6:.4f} yuan truly left")

    def _is_cut_by_rule(self, room: str) -> bool:
        """Lights out, or too much power: not for want of credit."""
        if room == DARK_ROOM:
            return self.was_misled or any(is_dark(self.world.now_ms() - n * HOUR_MS) for n in (0, 1))
        limits = {HIGH_POWER_ROOM: STEP_W, CAP_ROOM: CAP_W}
        return room in limits and self.world.recent_peak_w(room) >= limits[room]

    def _true_credit(self, room: str) -> float:
        """Give what a room truly has, in micro-yuan, by what the store has taken and the meter has truly counted."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as rows:
            known = {key for (key,) in rows.execute("SELECT key FROM known_grant")}
        rows.close()
        bodies = {body.grant: body for body in self.central.grants()}
        granted = sum(
            bodies[key].amount for key in known & bodies.keys() if bodies[key].account == f"a{room}"
        )
        taken = self.accounts[f"a{room}"].taken
        return granted - taken - self.world.true_spent(room)

    # --- the journal's file

    def look(self) -> None:
        """Read what is new in the ledger and the outbox, and check it."""
        self.looks += 1
        rows = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            found = rows.execute(
                "SELECT number, fact FROM ledger WHERE number > ? ORDER BY number", (self.entries,)
            )
            for number, fact in found.fetchall():
                if number != self.entries + 1:
                    self.blame(f"ledger entry {self.entries + 1} is missing")
                self.entries = number
                self._take(msgspec.json.decode(fact, type=Entry))
            self._check_file(rows)
        finally:
            rows.close()
        self.faults += [f"central: {fault}" for fault in self.central.faults]
        self.central.faults.clear()

    def _check_file(self, rows: sqlite3.Connection) -> None:
        balances = rows.execute("SELECT account, sum(balance) FROM bucket GROUP BY account").fetchall()
        for account, balance in balances:
            if balance != self.accounts[account].balance:
                self.blame(
                    f"{account}'s balance is {balance}, its entries make {self.accounts[account].balance}"
                )
        ends = rows.execute("SELECT max(id), min(id), count(*) FROM outbox").fetchone()
        last, first, count = (ends[0] or 0) & SEQ_MASK, (ends[1] or 0) & SEQ_MASK, ends[2]
        if count and last - first + 1 != count:
            self.blame(f"the outbox has {count} rows from {first} to {last}")
        held = max((len(held) for held in self.central.rows.values()), default=0)
        if last < max(held, self.last_seq):
            self.blame(f"central has row {held}, the store ends at {last}")
        self.last_seq = last
        if len(self.central.rows) > 1:
            self.blame("a new epoch began, though nobody restored anything")
        commands = rows.execute("SELECT count(*), max(cast(key AS INTEGER)) FROM inbox").fetchone()
        if commands[0] and commands[0] != commands[1]:
            self.blame(f"{commands[0]} commands stored, the last is {commands[1]}")

    def _take(self, entry: Entry) -> None:
        account = self.accounts[entry.account]
        account.entries.append(entry)
        gained = sum(line.amount for line in entry.lines)
        carried_more = entry.carried_nano_yuan - account.carried_nano
        nano = gained * 1000 - carried_more
        account.balance += gained
        account.carried_nano = entry.carried_nano_yuan
        if entry.lines and entry.lines[-1].balance_after != account.balance:
            self.blame(f"{entry.entry}: balance {entry.lines[-1].balance_after}, should be {account.balance}")
        match entry.entry_kind:
            case "consumption":
                self._take_consumption(entry, account, nano)
            case "grant":
                self._take_grant(entry, account, nano)
            case "taken-back":
                account.taken -= gained
            case "adjustment":
                account.adjusted_nano += nano
            case _:
                self.blame(f"{entry.entry}: unexpected {entry.entry_kind}")

    def _take_grant(self, entry: Entry, account: Account, nano: int) -> None:
        """Credit conservation: each grant of central's once, with its amount, to its account."""
        self.grants_seen[entry.source or ""] += 1
        body = next((body for body in self.central.grants() if body.grant == entry.source), None)
        if body is None or body.account != entry.account or body.amount * 1000 != nano:
            self.blame(f"{entry.entry} credits {nano} nano-yuan for {entry.source}: {body}")
        if self.grants_seen[entry.source or ""] > 1:
            self.blame(f"grant {entry.source} was credited twice")
        account.granted += nano // 1000

    def _take_consumption(self, entry: Entry, account: Account, nano: int) -> None:
        """No reading billed twice: registers follow one another; each Wh costs a price of the list, that of its time if trusted."""
        came_from, to, price = entry.register_from_wh, entry.register_to_wh, entry.price_micro_yuan_per_kwh
        if account.register_wh is None:
            account.register_wh = account.first_register_wh = came_from
        if (
            came_from != account.register_wh
            or to is None
            or (to - (came_from or 0)) % 10**9 != entry.energy_wh
        ):
            self.blame(
                f"{entry.entry}: {came_from}..{to} bills {entry.energy_wh} Wh, last was {account.register_wh}"
            )
        account.register_wh = to
        account.billed_wh += entry.energy_wh
        if price is None or nano != -entry.energy_wh * price:
            self.blame(f"{entry.entry}: {entry.energy_wh} Wh at {price} cost {-nano} nano-yuan")
        if entry.provisional:
            account.provisional += 1
        elif entry.from_ms is not None:
            self._check_price(entry, account)
        true_wh = self.world.true_wh(entry.account[1:])
        if account.billed_wh > true_wh + STEP_WH:
            self.blame(f"{entry.account} is billed {account.billed_wh} Wh, truly used {true_wh:.1f}")

    def _check_price(self, entry: Entry, account: Account) -> None:
        """One price held all the time, the entry has it, and a step's part is where the month's use says."""
        tariff, at_ms = TARIFFS[entry.account[1:]], entry.at.wall_ms
        price, from_ms, month_wh = entry.price_micro_yuan_per_kwh, entry.from_ms or 0, entry.month_wh or 0
        held = bases_between(tariff, from_ms, at_ms)
        if tariff == FLAT and at_ms > LATE_FROM_MS and (not self.learnt or at_ms <= self.learnt_ms):
            held.add(PRICES[[version for version, _, _ in PRICES].index(LATE) - 1][2])
        if tariff == BY_STEPS:
            added, mark = step_at(month_wh)
            held = {STEP_BASE + added}
            if mark is not None and month_wh + entry.energy_wh > mark:
                self.blame(
                    f"{entry.entry}: {entry.energy_wh} Wh after {month_wh} go across the step at {mark}"
                )
            if month(from_ms) != month(max(from_ms, at_ms - 1)):
                self.blame(f"{entry.entry}: lies in two months")
        elif tariff == BY_TIME and len(held) != 1:
            self.blame(f"{entry.entry}: its price changes from {from_ms} to {at_ms}: {sorted(held)}")
        if price not in held:
            self.blame(f"{entry.entry}: price {price} from {from_ms} to {at_ms}, should be of {sorted(held)}")
        if tariff != FLAT and (at_ms % HOUR_MS == 0 or from_ms % HOUR_MS == 0):
            account.across_edges_wh += entry.energy_wh + STEP_WH

    # --- the end

    def note_present(self) -> None:
        """An hour later at the latest all this must be settled."""
        self.rows_before = self.last_seq
        self.used_before_wh = {name: self.world.true_wh(name) for name in ROOMS}

    def conclude(self) -> None:
        """After a quiet time everything has arrived, agrees with the truth, and every contact is where it belongs."""
        self.look()
        central = self.central
        rows = sum(len(held) for held in central.rows.values())
        if rows < self.rows_before:
            self.blame(f"{self.rows_before - rows} rows never reached central")
        if len(central.results) != len(central.commands):
            self.blame(f"{len(central.commands) - len(central.results)} commands were never answered")
        lost = [body.grant for body in central.grants() if self.grants_seen[body.grant] != 1]
        if lost:
            self.blame(f"grants not credited once: {lost}")
        self._compare_watermark()
        self._look_for_readings()
        for name in ROOMS:
            self._conclude_room(name)
        standing = Counter(f.what for f in central.facts if isinstance(f, Alarm) and f.raised)
        for what in ("account-quarantined", "exists-with-different", "store-behind"):
            if standing[what]:
                self.blame(f"{standing[what]} alarms {what}")

        for fault in [
            *decision_faults(central.facts, drawn_at(central.facts, self.emergencies)),
            *loss_faults(central.facts),
        ]:
            self.blame(fault)
        for name, account in self.accounts.items():
            if TARIFFS[name[1:]] == FLAT:
                for fault in late_price_faults(account.entries, self.learnt):
                    self.blame(f"{name}: {fault}")

    def _compare_watermark(self) -> None:
        marks = [fact for fact in self.central.facts if isinstance(fact, Watermark)]
        told = {balance.account: balance.amount for balance in marks[-1].balances}
        told |= {
            f.account: f.lines[-1].balance_after for f in _after(self.central.facts, marks[-1]) if f.lines
        }
        for account, balance in told.items():
            if balance != self.accounts[account].balance:
                self.blame(
                    f"{account}: watermark and entries say {balance}, should be {self.accounts[account].balance}"
                )

    def _look_for_readings(self) -> None:
        """A reading behind an entry is never thinned (C-12): each entry's closing register came to central as a reading, too."""
        packs = [fact.rows for fact in self.central.facts if isinstance(fact, Readings)]
        read = {(row.meter, row.register_wh) for pack in packs for row in pack}
        self.thinned = sum(not pack for pack in packs)
        for fact in self.central.facts:
            if not isinstance(fact, Entry) or fact.entry_kind != "consumption" or fact.cause == "price-edge":
                continue
            if (fact.register_to_wh or 0) % STEP_WH or fact.at.wall_ms % HOUR_MS == 0:
                continue  # split at a price edge: nobody read it there
            if step_at((fact.month_wh or 0) + fact.energy_wh)[1] != step_at(fact.month_wh or 0)[1]:
                continue  # split at a step
            if (fact.meter, fact.register_to_wh) not in read:
                self.blame(f"{fact.entry}: no reading at {fact.register_to_wh} Wh came to central")

    def _conclude_room(self, name: str) -> None:
        """Nothing unbilled but the last hour, nothing overpaid beyond a register step; underpaid only by lost true-ups (C-14)."""
        account = self.accounts[f"a{name}"]
        if account.billed_wh < self.used_before_wh[name] - STEP_WH:
            self.blame(f"a{name} is billed {account.billed_wh} Wh of {self.used_before_wh[name]:.1f}")
        over = account.granted - account.taken - self.world.true_spent(name) - account.balance
        if over > self._slack(name):
            self.blame(f"a{name} paid {over / 1e6:.4f} yuan more than it used")
        closed = self.world.meters[name].relay.contact_closed
        lowest = -1_000_000 - SPARED.get(name, 0)
        wrong = account.balance < lowest and name != PROTECTED if closed else account.balance > 0
        if not closed and self._is_cut_by_rule(name):
            return
        if wrong:
            self.blame(f"room {name} has {account.balance / 1e6:.2f} yuan and its contact is closed={closed}")


def _after(facts: list, mark: Watermark) -> list[Entry]:
    place = max(index for index, fact in enumerate(facts) if fact is mark)
    return [fact for fact in facts[place:] if isinstance(fact, Entry)]
